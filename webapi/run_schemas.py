"""Requests and responses of runs and log records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, RootModel, StringConstraints

from models import LogRecord, Run, RunAttempt
from services.log_records import LEVELS
from services.run_history import Expectation
from vocabulary import Phase, RunState, Trigger
from webapi.job_window_schemas import RunDatesOut
from webapi.schemas import CommaList, Model, Moment, Name, OptionalInt, PageQuery, one_of

States = Annotated[list[str], CommaList, one_of(tuple(RunState)), Field(max_length=20)]
Levels = Annotated[
    list[str],
    CommaList,
    AfterValidator(lambda values: [value.upper() for value in values]),
    one_of(LEVELS),
    Field(max_length=20),
]
SearchText = Annotated[str, StringConstraints(max_length=200)]


def _known_trigger(value: str | None) -> str | None:
    if value and value not in tuple(Trigger):
        raise ValueError(f"must be one of: {', '.join(Trigger)}")
    return value or None


class RunPath(Model):
    """A run by number."""

    run_id: int


class RunQuery(PageQuery):
    """Which runs; `since` and `until` compare with the due time, or with when it was asked for."""

    job_id: OptionalInt = None
    state: States = Field(default_factory=list)
    trigger: Annotated[str | None, AfterValidator(_known_trigger)] = None
    since: Moment = None
    until: Moment = None
    q: SearchText | None = None
    backfill_id: OptionalInt = None


class RunOut(RunDatesOut):
    """One row of the ledger. `bytes` equals `size_bytes`, `version` is what was published.

    `phase` is null once it has ended; `waiting_for` says why a queued run is given to no worker,
    `not_before` that it will not be before then."""

    run_id: int
    job_id: int | None
    job_name: str
    due_at: datetime | None
    trigger: str
    attempt: int
    state: str
    reason: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    rows: int | None
    size_bytes: int | None
    bytes: int | None
    version: int | None
    error_code: str | None
    error_message: str | None
    requested_by: str | None
    worker: str | None
    warning: str | None
    priority: int
    phase: str | None
    waiting_for: str | None
    not_before: datetime | None
    holiday: str | None

    @classmethod
    def of(cls, run: Run, workers: dict[int, str]) -> Self:
        return cls(**_run_members(run, workers))


_DERIVED = {"duration_ms", "bytes", "version", "worker", "phase"}


def _run_members(run: Run, workers: dict[int, str]) -> dict[str, Any]:
    same = {name: getattr(run, name) for name in RunOut.model_fields if name not in _DERIVED}
    return same | {
        "duration_ms": _duration_ms(run),
        "bytes": run.size_bytes,
        "version": run.version_id,
        "phase": _phase(run),
        "worker": workers.get(run.worker_id) if run.worker_id is not None else None,
    }


def _phase(run: Run) -> str | None:
    """Kept in the table while it runs; the one it ended in is nobody's business."""
    if run.state == RunState.RUNNING:
        return run.phase or Phase.CONNECTING
    return Phase.WAITING if run.state == RunState.QUEUED else None


def _duration_ms(run: Run) -> int | None:
    if run.started_at is None or run.finished_at is None:
        return None
    return round((run.finished_at - run.started_at).total_seconds() * 1000)


class RunPage(Model):
    """One page of runs, newest first."""

    items: list[RunOut]
    total: int
    page: int
    size: int


class AttemptOut(Model):
    """One try of a run. `error_class`: whether trying again may help (transient, permanent,
    unknown); `retry_at`: when it was to be tried again, null: not at all."""

    attempt: int
    worker_name: str
    state: str
    reason: str | None
    error_code: str | None
    error_message: str | None
    error_class: str | None
    started_at: datetime
    finished_at: datetime | None
    retry_at: datetime | None

    @classmethod
    def of(cls, attempt: RunAttempt) -> Self:
        return cls(**{name: getattr(attempt, name) for name in cls.model_fields})


class Progress(Model):
    """How far a running attempt is, written at most once a second; rates are means since it
    started."""

    rows: int | None
    size_bytes: int | None
    rows_per_s: float | None
    bytes_per_s: float | None
    updated_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> Self:
        elapsed_s = 0.0
        if run.started_at is not None and run.progress_at is not None:
            elapsed_s = (run.progress_at - run.started_at).total_seconds()
        return cls(
            rows=run.rows,
            size_bytes=run.size_bytes,
            rows_per_s=rate(run.rows, elapsed_s),
            bytes_per_s=rate(run.size_bytes, elapsed_s),
            updated_at=run.progress_at,
        )


def rate(count: int | None, elapsed_s: float) -> float | None:
    """How many a second; None where nothing is known yet."""
    return round(count / elapsed_s, 1) if count is not None and elapsed_s > 0 else None


class RunDetail(RunOut):
    """A run with its attempts and the text it executed. `expected_duration_ms` and
    `expected_rows` are medians of the ten succeeded runs of its job before it, null where there
    are fewer than two."""

    attempts: list[AttemptOut]
    executed_sql: str | None
    cancel_requested_by: str | None
    retry_at: datetime | None
    progress: Progress | None
    expected_duration_ms: int | None
    expected_rows: int | None

    @classmethod
    def with_attempts(cls, run: Run, workers: dict[int, str], *, expected: Expectation) -> Self:
        """`run.attempts` must be loaded."""
        return cls(
            attempts=[AttemptOut.of(attempt) for attempt in run.attempts],
            executed_sql=run.executed_sql,
            cancel_requested_by=run.cancel_requested_by,
            retry_at=run.retry_at,
            progress=Progress.of(run) if run.state == RunState.RUNNING else None,
            expected_duration_ms=expected.duration_ms,
            expected_rows=expected.rows,
            **_run_members(run, workers),
        )


class HistoryQuery(Model):
    """How many runs."""

    limit: Annotated[int, Field(ge=1, le=200)] = 30


class HistoryEntry(Model):
    """A run that was started and has ended."""

    run_id: int
    due_at: datetime | None
    state: str
    duration_ms: int | None
    rows: int | None
    size_bytes: int | None

    @classmethod
    def of(cls, run: Run) -> Self:
        same = {name: getattr(run, name) for name in cls.model_fields if name != "duration_ms"}
        return cls(duration_ms=_duration_ms(run), **same)


class History(RootModel[list[HistoryEntry]]):
    """Oldest first."""


class LogQuery(PageQuery):
    """Which log records."""

    level: Levels = Field(default_factory=list)
    job_id: OptionalInt = None
    run_id: OptionalInt = None
    user: Name | None = None
    q: SearchText | None = None
    since: Moment = None
    until: Moment = None


class LogOut(Model):
    """One log record."""

    log_id: int
    timestamp: datetime
    log_level: str | None
    logger_name: str | None
    job_id: int | None
    run_id: int | None
    user_name: str | None
    log_text: str
    duration_ms: int | None

    @classmethod
    def of(cls, record: LogRecord) -> Self:
        return cls(**{name: getattr(record, name) for name in cls.model_fields})


class LogPage(Model):
    """One page of log records, newest first."""

    items: list[LogOut]
    total: int
    page: int
    size: int
