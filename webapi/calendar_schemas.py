"""Requests and responses of calendars, and of what jobs say of business days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, RootModel, StringConstraints

from models import Calendar
from services.business_calendars import business_calendar
from services.calendar_rules import MAX_DAYS
from services.calendars import CalendarDay
from timing.national_holidays import FIRST_YEAR, LAST_YEAR
from vocabulary import DaySource, OffDayPolicy, OptionalDays
from webapi.schemas import Model, Name, OptionalInt, OptionalName, blank_is_none

Revision = Annotated[
    Annotated[int, Field(ge=1)] | None,
    BeforeValidator(blank_is_none),
    Field(description="The revision that was read; 412 when the calendar has another by now."),
]
Weekend = Annotated[list[Name], Field(max_length=7)]


class MonthDaysIn(Model):
    """Times on business days of every month: 1 is the first, -1 the last, -2 the one before it."""

    days: Annotated[list[int], Field(max_length=62)]
    times: Annotated[list[Name], Field(max_length=24 * 60)]


class JobCalendarIn(Model):
    """`business_days` instead of `schedule`; what becomes of times on days that are no business
    days of the calendar. Without a calendar every day is like every other."""

    business_days: MonthDaysIn | None = None
    calendar_id: OptionalInt = None
    off_day_policy: OffDayPolicy = OffDayPolicy.RUN


class JobCalendarOut(Model):
    """As they were saved."""

    business_days: MonthDaysIn | None
    calendar_id: int | None
    off_day_policy: OffDayPolicy


class CalendarPath(Model):
    """A calendar by number."""

    calendar_id: int


class CalendarYearQuery(Model):
    """Which year."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


class OwnDayModel(Model):
    """A holiday of the calendar's own; `yearly`: in every year; `taken_out`: a computed holiday
    that is worked."""

    day: Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
    name: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    yearly: bool = False
    taken_out: bool = False


OwnDays = Annotated[list[OwnDayModel], Field(max_length=MAX_DAYS)]


class CalendarUpdate(Model):
    """Absent members stay; `days` are replaced as a whole."""

    name: Name = ""
    country: OptionalName = None
    subdivision: OptionalName = None
    optional_days: OptionalDays = OptionalDays.NONE
    weekend: Weekend = ["Sáb", "Dom"]  # noqa: RUF012 - pydantic copies a default
    days: OwnDays = []  # noqa: RUF012
    revision: Revision = None

    def given(self) -> dict[str, Any]:
        """The fields that were sent, without the revision; an entry of a list is whole."""
        sent = self.model_dump(mode="json", exclude_unset=True, exclude={"revision"})
        return sent | self.model_dump(mode="json", include={"days"} & sent.keys())


class CalendarCreate(CalendarUpdate):
    """A new calendar; `country` BR: with the national holidays of Brazil."""

    name: Name


class CalendarLines(Model):
    """Lines such as `25/12/2026;Natal`; `25/12;Natal` is every year; or a CSV."""

    text: Annotated[str, StringConstraints(max_length=200_000)]


class CalendarCreated(Model):
    """The number of the new calendar."""

    calendar_id: int


class CalendarLinesAdded(Model):
    """How many days were not there before."""

    added: int


class CalendarOut(Model):
    """A calendar in short: with how many days of its own, and how many `jobs` that use it."""

    calendar_id: int
    name: str
    country: str | None
    subdivision: str | None
    optional_days: OptionalDays
    weekend: list[str]
    revision: int
    own_days: int
    jobs: int

    @classmethod
    def of(cls, row: Calendar, jobs: int) -> Self:
        same = {name: getattr(row, name) for name in CALENDAR_COLUMNS}
        return cls(**same, own_days=len(row.days), jobs=jobs)


CALENDAR_COLUMNS = [name for name in CalendarOut.model_fields if name not in ("own_days", "jobs")]


class CalendarList(RootModel[list[CalendarOut]]):
    """Calendars by name."""


class CalendarDetail(CalendarOut):
    """With the days of its own, and the names of the jobs that use it."""

    days: list[OwnDayModel]
    job_names: list[str]

    @classmethod
    def with_days(cls, row: Calendar, job_names: list[str]) -> Self:
        short = CalendarOut.of(row, len(job_names))
        days = [OwnDayModel(**day) for day in row.days]
        return cls(**short.model_dump(), days=days, job_names=job_names)


class CalendarDayOut(Model):
    """A day the calendar says something of; `business_day`: it is worked all the same."""

    day: date
    name: str
    source: DaySource
    business_day: bool

    @classmethod
    def of(cls, found: CalendarDay) -> Self:
        return cls(
            day=found.day,
            name=found.name,
            source=found.source,
            business_day=found.is_business_day,
        )


class CalendarYear(Model):
    """The holidays of a year, and what was taken out; `business_days` of each month."""

    year: int
    days: list[CalendarDayOut]
    business_days: list[int]

    @classmethod
    def of(cls, row: Calendar, year: int, days: list[CalendarDay]) -> Self:
        calendar = business_calendar(row)
        counts = [len(calendar.business_days(year, month)) for month in range(1, 13)]
        return cls(year=year, days=[CalendarDayOut.of(d) for d in days], business_days=counts)
