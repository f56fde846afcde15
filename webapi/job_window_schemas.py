"""Members of a job about the days its query reads and the gate it waits at."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from auxiliares import TimeZoneName
from services.dependencies import Dependency
from services.job_rules import MAX_DAYS_OFFSET
from timing.business_days import BusinessCalendar
from timing.date_expressions import Days, window_for
from vocabulary import Condition
from webapi.schemas import Model, OptionalInt, blank_is_none

# What date arithmetic can neither leave nor mistake.
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
DataDate = Annotated[date | None, Field(ge=EARLIEST, le=LATEST), BeforeValidator(blank_is_none)]
OnDeadline = Literal["fail", "run"]
GateMinutes = Annotated[int | None, Field(ge=1, le=10_080), BeforeValidator(blank_is_none)]


class GateUnit(Model):
    """A unit that is open, and the last day it has closed; null: none."""

    unit: str
    closed_until: date | None


class DependencyIn(Model):
    """The job runs after each run of that one that ends so."""

    job_id: int
    condition: Condition = Condition.SUCCESS


class DependencyOut(DependencyIn):
    """With the name of the other job."""

    job_name: str

    @classmethod
    def of(cls, found: Dependency) -> Self:
        return cls(job_id=found.job_id, job_name=found.job_name, condition=found.condition)


class JobWindowIn(Model):
    """`last_data_date`: the last day that was exported; the next window starts from it. The gate
    is asked again every `gate_check_every_min` until `gate_deadline_min` after the due time.
    `after`: the jobs it follows; it needs no schedule then."""

    last_data_date: DataDate = None
    gate_check_every_min: GateMinutes = None
    gate_deadline_min: GateMinutes = None
    gate_on_deadline: OnDeadline = "fail"
    after: list[DependencyIn] = Field(default_factory=list, max_length=100)


class WindowOfText(Model):
    """What the dates of a query that belongs to no run are counted from; `reference_date` is
    today unless it says another day; business days are counted by a calendar."""

    time_zone: TimeZoneName | None = None
    reference_date: DataDate = None
    days_offset: Annotated[
        int | None, Field(ge=0, le=MAX_DAYS_OFFSET), BeforeValidator(blank_is_none)
    ] = None
    last_data_date: DataDate = None
    calendar_id: OptionalInt = None

    def days(
        self, now: datetime, default_zone: str, calendar: BusinessCalendar | None = None
    ) -> Days:
        today = (
            self.reference_date or now.astimezone(ZoneInfo(self.time_zone or default_zone)).date()
        )
        window = window_for(today, days_offset=self.days_offset, last_data_date=self.last_data_date)
        return Days(today, window, calendar)


class RunDatesOut(Model):
    """`binds`: what stood for each date the query named, `window_*` the days it read. `gate_units`
    were open when the gate was last asked; it is asked until `gate_deadline_at`."""

    reference_date: date | None
    binds: dict[str, date] | None
    window_start: date | None
    window_end: date | None
    gate_units: list[GateUnit] | None
    gate_deadline_at: datetime | None
    backfill_id: int | None
    caused_by_run_id: int | None


class JobWindowOut(Model):
    """Null minutes mean the defaults of the server."""

    last_data_date: date | None
    gate_check_every_min: int | None
    gate_deadline_min: int | None
    gate_on_deadline: OnDeadline
    after: list[DependencyOut]
