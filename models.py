"""Every table of the metadata database; the existing system's five keep their names and columns."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base; names constraints so that migrations can address them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy as a class attribute
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[str]: JSONB,
    }


def _now() -> Any:
    return mapped_column(server_default=func.clock_timestamp())


def _part_of(
    column: str, kind: type[Integer] = Integer, *, primary_key: bool = False, index: bool = False
) -> Any:
    """A reference to a row that this one goes with when it is deleted."""
    reference = ForeignKey(column, ondelete="CASCADE")
    return mapped_column(kind, reference, primary_key=primary_key, index=index)


def _points_to(
    column: str, kind: type[Integer] = Integer, *, primary_key: bool = False, index: bool = False
) -> Any:
    """A reference that becomes None when the other row is deleted."""
    reference = ForeignKey(column, ondelete="SET NULL")
    return mapped_column(kind, reference, primary_key=primary_key, index=index)


class User(Base):
    """A person who logs in. Password hashes: argon2id, or Werkzeug's until the next login."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('root','moderator','normal')", name="role"),)

    user_id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    session_version: Mapped[int] = mapped_column(server_default=text("1"))


class Connection(Base):
    """A saved address with credentials; the password is encrypted and bound to this row.

    At most `max_runs` runs use it at a time, and none starts from `quiet_start` to `quiet_end`,
    wall-clock times of the default zone; the end may lie on the next day.
    """

    __tablename__ = "connections"

    connection_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    host: Mapped[str | None]
    port: Mapped[int | None]
    database: Mapped[str | None]
    dsn: Mapped[str | None]
    username: Mapped[str]
    password_encrypted: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    max_runs: Mapped[int | None]
    quiet_start: Mapped[time | None]
    quiet_end: Mapped[time | None]
    created_at: Mapped[datetime] = _now()
    updated_at: Mapped[datetime] = _now()


class Parameter(Base):
    """A named query whose answer says whether a period is closed."""

    __tablename__ = "parameters"

    parameter_id: Mapped[int] = mapped_column(primary_key=True)
    parameter_name: Mapped[str]
    sql_script: Mapped[str | None]


class Job(Base):
    """A definition: query, connection, schedule, target.

    `next_due_at` is the earliest moment not yet enqueued, None when there is none; moments up to
    `planned_until` have been accounted for; the present plan holds since `schedule_since`.
    `revision` rises with every saved change. The schedule is its slots, or `cron_text`, or
    `every_minutes`; dates are days of its time zone, both ends included. `last_data_date` is the
    last day of data it has exported. None in a limit or in `versions_kept*` means the setting of
    that name.
    """

    __tablename__ = "jobs_he"
    __table_args__ = (
        CheckConstraint("job_status IN ('Y','N')", name="job_status"),
        CheckConstraint("check_parameter IN ('Y','N')", name="check_parameter"),
        CheckConstraint("missed_policy IN ('none','last','all')", name="missed_policy"),
        CheckConstraint("overlap_policy IN ('skip','queue','allow')", name="overlap_policy"),
        CheckConstraint("gate_on_deadline IN ('fail','run')", name="gate_on_deadline"),
        Index("ix_jobs_he_due", "next_due_at", postgresql_where=text("job_status = 'Y'")),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True)
    job_name: Mapped[str]
    job_status: Mapped[str] = mapped_column(CHAR(1))
    export_type: Mapped[str]
    export_path: Mapped[str]
    export_name: Mapped[str]
    days_offset: Mapped[int | None]
    check_parameter: Mapped[str] = mapped_column(CHAR(1))
    parameter_id: Mapped[int | None] = mapped_column(ForeignKey("parameters.parameter_id"))
    data_primary_key: Mapped[str | None]
    sql_script: Mapped[str | None]
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connections.connection_id"))
    time_zone: Mapped[str | None]
    time_limit_s: Mapped[int | None]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    planned_until: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    schedule_since: Mapped[datetime] = _now()

    cron_text: Mapped[str | None]
    every_minutes: Mapped[int | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    missed_policy: Mapped[str] = mapped_column(server_default=text("'last'"))
    missed_cap: Mapped[int] = mapped_column(server_default=text("24"))
    missed_within_min: Mapped[int | None]
    overlap_policy: Mapped[str] = mapped_column(server_default=text("'skip'"))
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    retry_limit: Mapped[int | None]
    no_progress_limit_s: Mapped[int | None]

    last_data_date: Mapped[date | None]
    gate_check_every_min: Mapped[int | None]
    gate_deadline_min: Mapped[int | None]
    gate_on_deadline: Mapped[str] = mapped_column(server_default=text("'fail'"))

    file_format: Mapped[str] = mapped_column(server_default=text("'csv'"))
    compression: Mapped[str] = mapped_column(server_default=text("'none'"))
    dialect: Mapped[dict[str, Any] | None]
    split: Mapped[dict[str, Any] | None]
    key_columns: Mapped[list[str] | None]
    guards: Mapped[dict[str, Any] | None]
    versions_kept: Mapped[int | None]
    versions_kept_days: Mapped[int | None]

    created_by_id: Mapped[int | None] = _points_to("users.user_id")
    created_at: Mapped[datetime] = _now()
    updated_at: Mapped[datetime] = _now()

    slots: Mapped[list[JobSlot]] = relationship(
        back_populates="job",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="JobSlot.schedule_id",
        lazy="raise",
    )
    connection: Mapped[Connection | None] = relationship(lazy="raise")
    targets: Mapped[list[JobTarget]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )

    @property
    def is_active(self) -> bool:
        return self.job_status == "Y"


class JobSlot(Base):
    """One weekday, hour and minute of a job, as text, the way the existing system stores it."""

    __tablename__ = "jobs_de"

    schedule_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = _part_of("jobs_he.job_id", index=True)
    job_minute: Mapped[str]
    job_hour: Mapped[str]
    job_day: Mapped[str]

    job: Mapped[Job] = relationship(back_populates="slots", lazy="raise")


class JobDependency(Base):
    """`job_id` runs after each run of `after_job_id` that ends as `condition` says."""

    __tablename__ = "job_dependencies"
    __table_args__ = (
        CheckConstraint("condition IN ('success','failure','completion')", name="condition"),
    )

    job_id: Mapped[int] = _part_of("jobs_he.job_id", primary_key=True)
    after_job_id: Mapped[int] = _part_of("jobs_he.job_id", primary_key=True, index=True)
    condition: Mapped[str]


class Maintenance(Base):
    """The one row that says whether everything is paused: what runs ends, nothing starts.

    `last_paused_at` and `last_resumed_at` bound the last pause that is over.
    """

    __tablename__ = "maintenance"
    __table_args__ = (CheckConstraint("only_row", name="only_row"),)

    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    note: Mapped[str | None]
    last_paused_at: Mapped[datetime | None]
    last_resumed_at: Mapped[datetime | None]


class Backfill(Base):
    """A range of days asked for again, as a batch of runs: one a day, one a month, or one."""

    __tablename__ = "backfills"
    __table_args__ = (CheckConstraint("step IN ('day','month','whole')", name="step"),)

    backfill_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    job_id: Mapped[int | None] = _points_to("jobs_he.job_id", index=True)
    job_name: Mapped[str]
    first_date: Mapped[date]
    last_date: Mapped[date]
    step: Mapped[str]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = _now()
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]


class Worker(Base):
    """A process that executes runs, and perhaps schedules them; `heartbeat_at` says it lives."""

    __tablename__ = "workers"

    worker_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    is_scheduler: Mapped[bool]
    concurrency: Mapped[int]
    started_at: Mapped[datetime] = _now()
    heartbeat_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]


class Run(Base):
    """The ledger: one row per occurrence or request, whatever became of it.

    `attempt` counts from 1; the pair (attempt, state = running) is the fence every publication
    checks. `due_at` is None for runs asked for by hand. `retry_at` is set while a run waits to be
    repeated. A queued run does not start before `not_before`, and `waiting_for` says why it
    waits. `is_exclusive` keeps other runs of the job from running meanwhile. `binds` are the
    values the query was given: {name: ISO date}, counted from `reference_date`; `gate_units` the
    units that were open when the gate was last asked: [{unit, closed_until}, ...].
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index(
            "uq_runs_occurrence",
            "job_id",
            "due_at",
            unique=True,
            postgresql_where=text("trigger = 'schedule'"),
        ),
        Index(
            "uq_runs_running",
            "job_id",
            unique=True,
            postgresql_where=text("state = 'running' AND is_exclusive"),
        ),
        Index(
            "uq_runs_caused",
            "job_id",
            "caused_by_run_id",
            unique=True,
            postgresql_where=text("caused_by_run_id IS NOT NULL"),
        ),
        Index(
            "ix_runs_backfill_id",
            "backfill_id",
            postgresql_where=text("backfill_id IS NOT NULL"),
        ),
        Index("ix_runs_job", "job_id", text("run_id DESC")),
        Index(
            "ix_runs_open",
            "state",
            postgresql_where=text("state IN ('queued','running','interrupted')"),
        ),
        Index(
            "ix_runs_waiting",
            "run_id",
            postgresql_where=text("state = 'queued' AND queue_entry_id IS NULL"),
        ),
        Index(
            "ix_runs_active",
            "job_id",
            postgresql_where=text("state IN ('queued','running')"),
        ),
        Index("ix_runs_due", text("coalesce(due_at, queued_at) DESC")),
        CheckConstraint(
            "state IN ('queued','running','succeeded','failed','cancelled','interrupted')",
            name="state",
        ),
    )

    run_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs_he.job_id", ondelete="SET NULL"))
    job_name: Mapped[str]
    due_at: Mapped[datetime | None]
    trigger: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str]
    reason: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    requested_by: Mapped[str | None]
    cancel_requested_by: Mapped[str | None]
    queue_entry_id: Mapped[int | None] = mapped_column(BigInteger)
    worker_id: Mapped[int | None] = _points_to("workers.worker_id", BigInteger)
    queued_at: Mapped[datetime] = _now()
    retry_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    progress_at: Mapped[datetime | None]
    rows: Mapped[int | None] = mapped_column(BigInteger)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    executed_sql: Mapped[str | None]
    warning: Mapped[str | None]
    version_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("dataset_versions.version_id", ondelete="SET NULL", use_alter=True)
    )
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    is_exclusive: Mapped[bool] = mapped_column(server_default=text("true"))
    not_before: Mapped[datetime | None]
    waiting_for: Mapped[str | None]
    phase: Mapped[str | None]
    binds: Mapped[dict[str, Any] | None]
    reference_date: Mapped[date | None]
    window_start: Mapped[date | None]
    window_end: Mapped[date | None]
    gate_units: Mapped[list[dict[str, Any]] | None]
    gate_deadline_at: Mapped[datetime | None]
    backfill_id: Mapped[int | None] = _points_to("backfills.backfill_id", BigInteger)
    caused_by_run_id: Mapped[int | None] = _points_to("runs.run_id", BigInteger)

    attempts: Mapped[list[RunAttempt]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="RunAttempt.attempt",
        lazy="raise",
    )


class OccurrenceSpan(Base):
    """So many occurrences of a job in a row that were not run, all for one reason.

    Takes the place of their rows in `runs` when there are too many to write one by one.
    """

    __tablename__ = "occurrence_spans"

    span_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    job_id: Mapped[int] = _part_of("jobs_he.job_id", index=True)
    first_due_at: Mapped[datetime]
    last_due_at: Mapped[datetime]
    occurrences: Mapped[int]
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = _now()


class RunAttempt(Base):
    """One try of a run; written when it starts, closed when it ends."""

    __tablename__ = "run_attempts"

    run_id: Mapped[int] = _part_of("runs.run_id", BigInteger, primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    worker_name: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    error_class: Mapped[str | None]
    started_at: Mapped[datetime] = _now()
    finished_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]


class Dataset(Base):
    """A published result; readers follow `current_version_id`, never a path.

    `name_key` is the case-folded name: two jobs cannot own the same file on any file system.
    """

    __tablename__ = "datasets"

    dataset_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    name_key: Mapped[str] = mapped_column(unique=True)
    job_id: Mapped[int | None] = _points_to("jobs_he.job_id", index=True)
    current_version_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("dataset_versions.version_id", use_alter=True, ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = _now()


class DatasetVersion(Base):
    """An immutable file of a dataset with its manifest.

    `columns`: [{name, type, native_type}, ...] in file order. `file_name` is relative to the
    versions folder. `form`: delimiter, date style and time zone it was written with. `files`: the
    parts of a split version, [{file_name, target_path, size_bytes, rows, sha256}, ...]. A guard
    that failed holds the version back: `held_at` is set, `findings` say why, [{guard, ...}, ...],
    and it is not the current one until somebody releases it, or never when it is discarded.
    `restored_at`: somebody made this older version the current one again.
    """

    __tablename__ = "dataset_versions"
    __table_args__ = (
        UniqueConstraint("run_id", "attempt"),
        Index(
            "ix_dataset_versions_newest",
            "dataset_id",
            text("data_as_of DESC"),
            text("version_id DESC"),
        ),
        Index(
            "ix_dataset_versions_kept", "dataset_id", postgresql_where=text("removed_at IS NULL")
        ),
    )

    version_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.dataset_id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = _points_to("runs.run_id", BigInteger)
    attempt: Mapped[int]
    file_name: Mapped[str]
    target_path: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    columns: Mapped[list[dict[str, Any]]]
    form: Mapped[dict[str, Any]]
    data_as_of: Mapped[datetime]
    published_at: Mapped[datetime] = _now()
    removed_at: Mapped[datetime | None]
    files: Mapped[list[dict[str, Any]] | None]
    held_at: Mapped[datetime | None]
    findings: Mapped[list[dict[str, Any]] | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    restored_at: Mapped[datetime | None]
    restored_by: Mapped[str | None]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str | None]


class Target(Base):
    """Another place versions are delivered to; its secret is encrypted and bound to this row."""

    __tablename__ = "targets"

    target_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    secret_encrypted: Mapped[str | None]
    created_at: Mapped[datetime] = _now()
    updated_at: Mapped[datetime] = _now()


class JobTarget(Base):
    """A job's versions go to this target, under `path`."""

    __tablename__ = "job_targets"

    job_id: Mapped[int] = _part_of("jobs_he.job_id", primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("targets.target_id"), primary_key=True)
    path: Mapped[str]


class Delivery(Base):
    """One version on its way to one target; done when size and hash were read back there."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("version_id", "target_id"),
        CheckConstraint(
            "state IN ('waiting','delivering','delivered','failed','superseded')", name="state"
        ),
        Index("ix_deliveries_run_id", "run_id"),
        Index(
            "ix_deliveries_open",
            "next_try_at",
            postgresql_where=text("state IN ('waiting','delivering')"),
        ),
    )

    delivery_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version_id: Mapped[int] = _part_of("dataset_versions.version_id", BigInteger)
    target_id: Mapped[int | None] = _points_to("targets.target_id")
    run_id: Mapped[int | None] = _points_to("runs.run_id", BigInteger)
    target_name: Mapped[str]
    path: Mapped[str]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    next_try_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = _now()
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]


class ApiKey(Base):
    """A key for readers of data; only the SHA-256 of the secret part is stored."""

    __tablename__ = "api_keys"

    api_key_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = _now()
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class LogRecord(Base):
    """What happened. `job_id` carries no foreign key: the record outlives the job."""

    __tablename__ = "logs"
    __table_args__ = (
        Index("ix_logs_job", "job_id", text("log_id DESC")),
        Index("ix_logs_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_logs_timestamp", "timestamp"),
    )

    log_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    log_level: Mapped[str | None]
    logger_name: Mapped[str | None]
    job_id: Mapped[int | None]
    run_id: Mapped[int | None] = mapped_column(BigInteger)
    user_name: Mapped[str | None]
    log_text: Mapped[str]
    duration_ms: Mapped[int | None]
