"""Members of a job that moves tables, and the tables of its runs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, RootModel
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from models import RunTable
from vocabulary import TableState
from webapi.run_schemas import rate
from webapi.schemas import Model, OptionalInt

Kind = Literal["export", "transfer", "sync"]


class JobMovementIn(Model):
    """`job_kind`: what the job does. A transfer or a sync needs a target connection that is
    writable, and `movement`: the tables, as the schemas Transfer and Sync say."""

    job_kind: Kind = "export"
    target_connection_id: OptionalInt = None
    movement: dict[str, Any] | None = None


class JobMovementOut(Model):
    """As they were saved."""

    job_kind: Kind
    target_connection_id: int | None
    movement: dict[str, Any] | None


class RunTableOut(Model):
    """One table of a run. `rows` were read, `inserted`, `updated`, `deleted` and `skipped` are
    those of a sync; `checks` are counts and checksums of both sides.

    While it is being moved `rows` and `size_bytes` have arrived so far and `duration_ms` counts
    on. `rows_expected` is an estimate: of the source's statistics, or the rows of the last run;
    null where there is neither."""

    position: int
    source: str
    target: str
    state: str
    attempt: int
    rows: int | None
    rows_expected: int | None
    size_bytes: int | None
    inserted: int | None
    updated: int | None
    deleted: int | None
    skipped: int | None
    duration_ms: int | None
    rows_per_s: float | None
    bytes_per_s: float | None
    checks: dict[str, Any] | None
    notes: list[str] | None
    error_code: str | None
    error_message: str | None
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: RunTable, until: datetime) -> Self:
        """`until`: the end of the run, or now."""
        derived = {"duration_ms", "rows_per_s", "bytes_per_s"}
        same = {name: getattr(row, name) for name in cls.model_fields if name not in derived}
        elapsed_ms = row.duration_ms
        if row.state == TableState.RUNNING and row.started_at is not None:
            elapsed_ms = max(0, round((until - row.started_at).total_seconds() * 1000))
        elapsed_s = (elapsed_ms or 0) / 1000
        return cls(
            duration_ms=elapsed_ms,
            rows_per_s=rate(row.rows, elapsed_s),
            bytes_per_s=rate(row.size_bytes, elapsed_s),
            **same,
        )


class RunTableList(RootModel[list[RunTableOut]]):
    """The tables of a run in order."""


class DryRunIn(Model):
    """A job that need not be saved; `days_offset` and `last_data_date` are for `:inicio` and
    `:fim`, `calendar_id` for business days; they stand for what they would today."""

    job_kind: Literal["transfer", "sync"]
    connection_id: int
    target_connection_id: int
    movement: dict[str, Any]
    days_offset: OptionalInt = None
    last_data_date: date | None = None
    calendar_id: OptionalInt = None


class DryRunTable(Model):
    """What a run would do to one table now; null: not counted for this kind of job."""

    source: str
    target: str
    rows: int | None
    inserted: int | None
    updated: int | None
    deleted: int | None
    error: str | None


class DryRunOut(Model):
    """Every table in order; look-ups are not asked."""

    tables: list[DryRunTable]


class LookUpTrialIn(Model):
    """A look-up of a job that need not be saved. Its row: `values` by column, else the first one
    of `table`, which says the source as a table of the job does."""

    connection_id: OptionalInt = None
    table: dict[str, Any] | None = None
    lookup: dict[str, Any]
    values: Annotated[dict[str, str], Field(default_factory=dict, max_length=100)]


class LookUpTrialOut(Model):
    """`outcome`: found, absent or failed; `answer`: the start of what the service said."""

    values: dict[str, str]
    outcome: str
    value: str | None
    problem: str
    status: int | None
    answer: str
    duration_ms: int


def refuse_absent(body: BaseModel, *names: str) -> None:
    """Refuse a body that lacks a member it needs, in the words of any other missing one."""
    absent = [name for name in names if name not in body.model_fields_set]
    if absent:
        missing = PydanticCustomError("missing", "Field required")
        raise ValidationError.from_exception_data(
            type(body).__name__,
            [InitErrorDetails(type=missing, loc=(name,), input=None) for name in absent],
        )
