"""Every table of the metadata database; the existing system's five keep their names and columns."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
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


class Role(StrEnum):
    """What a user may do; stored in users.role."""

    ROOT = "root"
    MODERATOR = "moderator"
    NORMAL = "normal"


class RunState(StrEnum):
    """The states of a run and of an attempt, and no others."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class Trigger(StrEnum):
    """Why a run exists."""

    SCHEDULE = "schedule"
    MANUAL = "manual"


class Reason(StrEnum):
    """Why a run is in its state, where the state alone does not say it."""

    OVERLAP = "overlap"
    MISSED = "missed"
    WORKER_LOST = "worker_lost"
    WORKER_STOPPED = "worker_stopped"
    ATTEMPTS_USED_UP = "attempts_used_up"
    JOB_DELETED = "job_deleted"
    ON_REQUEST = "on_request"


class ExportType(StrEnum):
    """Kinds of export the existing system knows."""

    UNICO = "Único"
    MES = "Mês"
    ACUMULADO = "Acumulado"


class Base(DeclarativeBase):
    """Declarative base; names constraints so that migrations can address them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy as a class attribute
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


def _now() -> Any:
    return mapped_column(server_default=func.clock_timestamp())


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
    """A saved address with credentials; the password is encrypted and bound to this row."""

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
    `planned_until` have been accounted for. `revision` rises with every saved change.
    """

    __tablename__ = "jobs_he"
    __table_args__ = (
        CheckConstraint("job_status IN ('Y','N')", name="job_status"),
        CheckConstraint("check_parameter IN ('Y','N')", name="check_parameter"),
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
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.user_id", ondelete="SET NULL")
    )
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

    @property
    def is_active(self) -> bool:
        return self.job_status == "Y"


class JobSlot(Base):
    """One weekday, hour and minute of a job, as text, the way the existing system stores it."""

    __tablename__ = "jobs_de"

    schedule_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(
        ForeignKey("jobs_he.job_id", ondelete="CASCADE"), index=True
    )
    job_minute: Mapped[str]
    job_hour: Mapped[str]
    job_day: Mapped[str]

    job: Mapped[Job] = relationship(back_populates="slots", lazy="raise")


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
    checks. `due_at` is None for runs asked for by hand. `retry_at` is set while an interrupted
    run waits to be repeated.
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
        Index("uq_runs_running", "job_id", unique=True, postgresql_where=text("state = 'running'")),
        Index("ix_runs_job", "job_id", text("run_id DESC")),
        Index(
            "ix_runs_open",
            "state",
            postgresql_where=text("state IN ('queued','running','interrupted')"),
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
    worker_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("workers.worker_id", ondelete="SET NULL")
    )
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

    attempts: Mapped[list[RunAttempt]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="RunAttempt.attempt",
        lazy="raise",
    )


class RunAttempt(Base):
    """One try of a run; written when it starts, closed when it ends."""

    __tablename__ = "run_attempts"

    run_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True
    )
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    worker_name: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    started_at: Mapped[datetime] = _now()
    finished_at: Mapped[datetime | None]


class Dataset(Base):
    """A published result; readers follow `current_version_id`, never a path.

    `name_key` is the case-folded name: two jobs cannot own the same file on any file system.
    """

    __tablename__ = "datasets"

    dataset_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    name_key: Mapped[str] = mapped_column(unique=True)
    job_id: Mapped[int | None] = mapped_column(
        ForeignKey("jobs_he.job_id", ondelete="SET NULL"), index=True
    )
    current_version_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("dataset_versions.version_id", use_alter=True, ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = _now()


class DatasetVersion(Base):
    """An immutable file of a dataset with its manifest.

    `columns`: [{name, type, native_type}, ...] in file order. `file_name` is relative to the
    versions folder. `form`: delimiter, date style and time zone it was written with.
    """

    __tablename__ = "dataset_versions"
    __table_args__ = (UniqueConstraint("run_id", "attempt"),)

    version_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    dataset_id: Mapped[int] = mapped_column(
        ForeignKey("datasets.dataset_id", ondelete="CASCADE"), index=True
    )
    run_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("runs.run_id", ondelete="SET NULL")
    )
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
