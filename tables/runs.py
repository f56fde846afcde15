"""The ledger: what was due, what ran, and who ran it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, now, part_of, points_to


class Worker(Base):
    """A process that executes runs, and perhaps schedules them; `heartbeat_at` says it lives.

    `clock_ahead_s`: by how much its machine's clock was ahead of the database's then.
    """

    __tablename__ = "workers"

    worker_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    is_scheduler: Mapped[bool]
    concurrency: Mapped[int]
    started_at: Mapped[datetime] = now()
    heartbeat_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    clock_ahead_s: Mapped[float | None]


class Run(Base):
    """The ledger: one row per occurrence or request, whatever became of it.

    `attempt` counts from 1; the pair (attempt, state = running) is the fence every publication
    checks. `due_at` is None for runs asked for by hand. `retry_at` is set while a run waits to be
    repeated. A queued run does not start before `not_before`, and `waiting_for` says why it
    waits. `is_exclusive` keeps other runs of the job from running meanwhile. `binds` are the
    values the query was given: {name: ISO date}, counted from `reference_date`; `gate_units` the
    units that were open when the gate was last asked: [{unit, closed_until}, ...]. Of an occurrence
    left out for its day, `holiday` is the day's name, None on a weekend. `chosen_sets`: labels of
    the sets it was asked for; None: all that its job has.
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
    worker_id: Mapped[int | None] = points_to("workers.worker_id", BigInteger)
    queued_at: Mapped[datetime] = now()
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
    backfill_id: Mapped[int | None] = points_to("backfills.backfill_id", BigInteger)
    caused_by_run_id: Mapped[int | None] = points_to("runs.run_id", BigInteger)
    holiday: Mapped[str | None]
    chosen_sets: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))

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
    job_id: Mapped[int] = part_of("jobs_he.job_id", index=True)
    first_due_at: Mapped[datetime]
    last_due_at: Mapped[datetime]
    occurrences: Mapped[int]
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = now()


class RunAttempt(Base):
    """One try of a run; written when it starts, closed when it ends."""

    __tablename__ = "run_attempts"

    run_id: Mapped[int] = part_of("runs.run_id", BigInteger, primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    worker_name: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    error_class: Mapped[str | None]
    started_at: Mapped[datetime] = now()
    finished_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]


class RunSet(Base):
    """One parameter set of a run; together they say what a later attempt still has to do.

    Written when the run knows its sets, so that every attempt has the same. `done` is written in
    the transaction that publishes its version. `binds`: {name: text or None}.
    """

    __tablename__ = "run_sets"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','running','done','held','failed')", name="state"),
        # The newest run of each set of a job.
        Index("ix_run_sets_dataset_id", "dataset_id", "run_id"),
    )

    run_id: Mapped[int] = part_of("runs.run_id", BigInteger, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    binds: Mapped[dict[str, Any]]
    dataset_id: Mapped[int | None] = points_to("datasets.dataset_id")
    target_path: Mapped[str]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    rows: Mapped[int | None] = mapped_column(BigInteger)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    version_id: Mapped[int | None] = points_to("dataset_versions.version_id", BigInteger)
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    error_class: Mapped[str | None]
    warning: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class RunTable(Base):
    """One table of a run that moves tables; together they say where a later attempt goes on.

    `committing` with `target_xid`: the target was about to commit this transaction, and only the
    target knows whether it has. `checks`: counts and checksums of both sides. `rows_expected`:
    those of the last run that succeeded, or what the statistics of the source say.
    """

    __tablename__ = "run_tables"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting','running','committing','done','failed')", name="state"
        ),
    )

    run_id: Mapped[int] = part_of("runs.run_id", BigInteger, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    target: Mapped[str]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    target_xid: Mapped[int | None] = mapped_column(BigInteger)
    rows_expected: Mapped[int | None] = mapped_column(BigInteger)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    inserted: Mapped[int | None] = mapped_column(BigInteger)
    updated: Mapped[int | None] = mapped_column(BigInteger)
    deleted: Mapped[int | None] = mapped_column(BigInteger)
    skipped: Mapped[int | None] = mapped_column(BigInteger)
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    checks: Mapped[dict[str, Any] | None]
    notes: Mapped[list[str] | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
