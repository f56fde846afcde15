"""The calendars of jobs as planning needs them: read once for many jobs, one object for equals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Calendar, Job
from timing.business_days import BusinessCalendar, NationalHolidays, OwnDay
from timing.slots import DAY_NAMES
from vocabulary import OptionalDays

Calendars = Mapping[int, BusinessCalendar]


def calendars_of(session: Session, jobs: Iterable[Job]) -> Calendars:
    """The calendars these jobs name, by number; the database is asked only if one does."""
    return calendars_by_id(session, {job.calendar_id for job in jobs} - {None})


def calendars_by_id(session: Session, numbers: Collection[int | None]) -> Calendars:
    """Those that are there."""
    if not numbers:
        return {}
    chosen = select(Calendar).where(Calendar.calendar_id.in_(numbers))
    return {row.calendar_id: business_calendar(row) for row in session.scalars(chosen)}


def calendar_numbered(session: Session, number: int | None) -> BusinessCalendar | None:
    """None where there is none of that number."""
    return None if number is None else calendars_by_id(session, [number]).get(number)


def all_calendars(session: Session) -> Calendars:
    """Every calendar, by number."""
    return {row.calendar_id: business_calendar(row) for row in session.scalars(select(Calendar))}


def business_calendar(row: Calendar) -> BusinessCalendar:
    """What the columns mean together; equal ones are one object, which keeps its years."""
    national = None
    if row.country is not None:
        national = NationalHolidays(row.subdivision, OptionalDays(row.optional_days))
    return _kept(
        BusinessCalendar(
            name=row.name,
            weekend=frozenset(DAY_NAMES.index(name) for name in row.weekend),
            national=national,
            own=frozenset(own_days(row.days)),
        )
    )


def own_days(stored: Sequence[Mapping[str, Any]]) -> list[OwnDay]:
    """The days a calendar stores, as `days_form` of services.calendars makes them."""
    return [
        OwnDay(
            date.fromisoformat(day["day"]),
            day["name"],
            is_yearly=day["yearly"],
            is_taken_out=day["taken_out"],
        )
        for day in stored
    ]


@lru_cache(maxsize=256)
def _kept(calendar: BusinessCalendar) -> BusinessCalendar:
    return calendar
