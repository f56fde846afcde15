"""Calendars: make, change, delete, read. A change plans the jobs that use it anew at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypedDict, cast

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from auxiliares import AutomacaoError, Settings
from metadb.engine import notify
from models import Calendar, Job
from services.business_calendars import own_days
from services.calendar_lines import read_lines
from services.calendar_rules import check_calendar_fields
from services.new_names import flush_new_name
from services.occurrences import settle_all
from services.planning import JOBS_CHANNEL, replan_all
from timing.business_days import BusinessCalendar, OwnDay
from vocabulary import DaySource

log = logging.getLogger(__name__)

# What of a calendar says which days are business days.
DAY_FIELDS = frozenset({"country", "subdivision", "optional_days", "weekend", "days"})


class CalendarNotFound(AutomacaoError):
    """No calendar has this number."""

    code = "calendar_not_found"
    status = 404


class CalendarExists(AutomacaoError):
    """The name is taken."""

    code = "calendar_exists"
    status = 409


class CalendarInUse(AutomacaoError):
    """Jobs are planned by this calendar."""

    code = "calendar_in_use"
    status = 409


class CalendarChanged(AutomacaoError):
    """Somebody saved the calendar after the caller read it."""

    code = "calendar_changed"
    status = 412


class CalendarFields(TypedDict, total=False):
    """What a caller may set; absent means unchanged, or the default of a new calendar."""

    name: str
    country: str | None
    subdivision: str | None
    optional_days: str
    weekend: list[str]
    days: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of a year that the calendar says something of."""

    day: date
    name: str
    source: DaySource
    is_business_day: bool


def list_calendars(session: Session) -> Sequence[tuple[Calendar, int]]:
    """By name, each with the number of jobs that use it."""
    jobs = select(Job.calendar_id, func.count().label("jobs")).group_by(Job.calendar_id).subquery()
    found = session.execute(
        select(Calendar, func.coalesce(jobs.c.jobs, 0))
        .outerjoin(jobs, jobs.c.calendar_id == Calendar.calendar_id)
        .order_by(Calendar.name)
    )
    return [(row, count) for row, count in found]


def get_calendar(session: Session, calendar_id: int, *, lock: bool = False) -> Calendar:
    """Raises CalendarNotFound."""
    held = {"key_share": True} if lock else None
    found = session.get(Calendar, calendar_id, with_for_update=held, populate_existing=lock)
    if found is None:
        raise CalendarNotFound(f"There is no calendar with the number {calendar_id}.")
    return found


def jobs_of(session: Session, calendar_id: int) -> Sequence[str]:
    """The names of the jobs that use it."""
    chosen = select(Job.job_name).where(Job.calendar_id == calendar_id).order_by(Job.job_name)
    return session.scalars(chosen).all()


def days_of_year(calendar: BusinessCalendar, year: int) -> list[CalendarDay]:
    """Its holidays, in order, and those that were taken out; days of the weekend may be among
    them."""
    found = [
        CalendarDay(day, holiday.name, holiday.source, is_business_day=False)
        for day, holiday in calendar.holidays(year).items()
    ]
    found += [
        CalendarDay(day, own.name, DaySource.TAKEN_OUT, calendar.is_business_day(day))
        for day, own in calendar.taken_out(year).items()
        if day not in calendar.holidays(year)
    ]
    return sorted(found, key=lambda one: one.day)


def create_calendar(session: Session, fields: CalendarFields) -> Calendar:
    """Raises CalendarInvalid or CalendarExists."""
    calendar = Calendar(
        country=None, subdivision=None, optional_days="none", weekend=["Sáb", "Dom"], days=[]
    )
    _assign(calendar, fields)
    check_calendar_fields(calendar)
    flush_new_name(session, calendar, CalendarExists)
    log.info("calendar_created", extra={"calendar": calendar.name})
    return calendar


def update_calendar(
    session: Session,
    calendar_id: int,
    fields: CalendarFields,
    *,
    settings: Settings,
    expected_revision: int | None = None,
) -> list[str]:
    """Store what differs; returns the names of the changed fields. Days are replaced as a whole.

    What was due before is accounted for by the calendar as it was, and the jobs that use it are
    planned from now on. Raises CalendarNotFound, CalendarChanged, CalendarInvalid, CalendarExists.
    """
    jobs = _lock_jobs(session, calendar_id)
    calendar = get_calendar(session, calendar_id, lock=True)
    if expected_revision is not None and expected_revision != calendar.revision:
        raise CalendarChanged(
            f"The calendar was saved by somebody else: it is at revision {calendar.revision}, you "
            f"changed revision {expected_revision}. Read it again and repeat your change."
        )
    scheduler = settings.scheduler
    now = settle_all(
        session,
        jobs,
        default_zone=scheduler.time_zone,
        missed_within=timedelta(hours=scheduler.missed_within_hours),
    )
    with session.no_autoflush:
        changed = _assign(calendar, fields)
        if not changed:
            return []
        check_calendar_fields(calendar)
    calendar.revision += 1
    calendar.updated_at = func.clock_timestamp()
    flush_new_name(session, calendar, CalendarExists)
    if DAY_FIELDS & set(changed):
        replan_all(session, jobs, default_zone=scheduler.time_zone, now=now)
        for job in jobs:
            notify(session, JOBS_CHANNEL, str(job.job_id))
    log.info("calendar_updated", extra={"calendar": calendar.name, "changed": sorted(changed)})
    return changed


def add_lines(session: Session, calendar_id: int, text: str, *, settings: Settings) -> int:
    """Add the days of pasted lines; returns how many were not there before.

    A day that is there gets the name of the line. Raises CalendarLinesInvalid, and what
    update_calendar raises.
    """
    sent = read_lines(text)
    calendar = get_calendar(session, calendar_id)
    days = {_key(day): day for day in own_days(calendar.days)}
    before = len(days)
    days |= {_key(day): day for day in sent}
    fields = CalendarFields(days=days_form(days.values()))
    update_calendar(
        session, calendar_id, fields, settings=settings, expected_revision=calendar.revision
    )
    return len(days) - before


def delete_calendar(session: Session, calendar_id: int) -> None:
    """Raises CalendarNotFound, or CalendarInUse naming the jobs."""
    calendar = get_calendar(session, calendar_id)
    names = jobs_of(session, calendar_id)
    if names:
        raise _in_use(calendar, names)
    session.delete(calendar)
    try:
        session.flush()
    except IntegrityError as exc:  # a job took it in this moment
        raise CalendarInUse(f"A job uses the calendar {calendar.name}.") from exc
    log.info("calendar_deleted", extra={"calendar": calendar.name})


def days_form(days: Iterable[OwnDay]) -> list[dict[str, Any]]:
    """As a calendar stores and shows them: in order, each once."""
    unique = {_key(day): day for day in days}
    return [
        {
            "day": day.day.isoformat(),
            "name": day.name,
            "yearly": day.is_yearly,
            "taken_out": day.is_taken_out,
        }
        for _, day in sorted(unique.items())
    ]


def _key(day: OwnDay) -> tuple[bool, date, bool]:
    """Two days of one key are one; the year of a yearly one says nothing."""
    plain = day.day.replace(year=2000) if day.is_yearly else day.day
    return day.is_yearly, plain, day.is_taken_out


def _lock_jobs(session: Session, calendar_id: int) -> Sequence[Job]:
    """The active jobs that use it, before the calendar's own row, as everybody does who saves a
    job."""
    chosen = select(Job).where(Job.calendar_id == calendar_id, Job.job_status == "Y")
    return session.scalars(
        chosen.order_by(Job.job_id).options(selectinload(Job.slots)).with_for_update(of=Job)
    ).all()


def _assign(calendar: Calendar, fields: CalendarFields) -> list[str]:
    changed = []
    for name, value in cast("Mapping[str, Any]", fields).items():
        wanted = days_form(own_days(value)) if name == "days" else value
        if getattr(calendar, name) != wanted:
            setattr(calendar, name, wanted)
            changed.append(name)
    return changed


def _in_use(calendar: Calendar, names: Sequence[str]) -> CalendarInUse:
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return CalendarInUse(
        f"The calendar {calendar.name} is used by: {shown}. Choose another one in these jobs first."
    )
