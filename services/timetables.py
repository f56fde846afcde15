"""The timetable of a job, from its stored slots, cron text, interval or business days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from models import Job
from services.job_rules import check_time_zone
from timing.business_days import BusinessCalendar
from timing.month_days import MonthDays, MonthDaysForm, read_month_days
from timing.off_days import OffDayRule, check_calendar
from timing.slots import Schedule
from timing.timetable import Timetable, check_kinds, make_timetable
from vocabulary import OffDayPolicy

# Separators that nobody types, so that whatever an adopted database holds stays one cell.
CELL_END, ROW_END = "\x1f", "\x1e"
# One entry a job, so that a reload of ten thousand reads each text once.
_KEPT = 20_000


def schedule_of(job: Job) -> Schedule:
    """The slots of a job; `job.slots` must be loaded. Unreadable rows are left out."""
    return read_slots(slots_text(job))


def zone_of(job: Job, default_zone: str) -> ZoneInfo:
    """The zone of the job's days and times. Raises TimeZoneUnknown."""
    name = job.time_zone or default_zone
    check_time_zone(name)
    return ZoneInfo(name)


def slots_text(job: Job) -> str:
    """The stored rows as one text, in stored order; `job.slots` must be loaded."""
    rows = ((slot.job_day, slot.job_hour, slot.job_minute) for slot in job.slots)
    return ROW_END.join(CELL_END.join(cell or "" for cell in row) for row in rows)


STORED_SLOTS = """
select job_id, string_agg(
    concat(job_day, cast(:cell as text), job_hour, cast(:cell as text), job_minute),
    cast(:row as text) order by schedule_id
) as slots
from jobs_de
where cast(:job_id as integer) is null or job_id = :job_id
group by job_id
"""


def stored_slots(session: Session, job_id: int | None = None) -> dict[int, str]:
    """The rows of every job, or of one, as slots_text makes them; jobs without any are absent.

    Ten times as fast as objects of each of them.
    """
    values = {"cell": CELL_END, "row": ROW_END, "job_id": job_id}
    return {found.job_id: found.slots for found in session.execute(text(STORED_SLOTS), values)}


@lru_cache(maxsize=_KEPT)
def read_slots(rows_text: str) -> Schedule:
    """The slots of a text that slots_text made."""
    rows = (row.split(CELL_END) for row in rows_text.split(ROW_END)) if rows_text else ()
    schedule, _ = Schedule.from_rows((row[0], row[1], row[2]) for row in rows if len(row) == 3)
    return schedule


def timetable_of(
    job: Job, default_zone: str, calendars: Mapping[int, BusinessCalendar]
) -> Timetable:
    """`job.slots` must be loaded; `calendars` has the job's, by number.

    Raises what make_timetable and read_month_days raise, TimeZoneUnknown and CalendarRequired.
    """
    stored = StoredSchedule(
        job.time_zone or default_zone,
        slots_text(job),
        job.cron_text,
        job.every_minutes,
        job.starts_on,
        job.ends_on,
        None if job.business_days is None else json.dumps(job.business_days),
        job.off_day_policy,
        None if job.calendar_id is None else calendars.get(job.calendar_id),
    )
    return read_timetable(stored)


class StoredSchedule(NamedTuple):
    """What is stored of a job's schedule; `slots` as slots_text makes it, `business_days` JSON.

    A tuple, because ten thousand of them are made and hashed each minute.
    """

    zone: str
    slots: str
    cron_text: str | None
    every_minutes: int | None
    starts_on: date | None
    ends_on: date | None
    business_days: str | None
    off_day_policy: str
    calendar: BusinessCalendar | None


@lru_cache(maxsize=_KEPT)
def read_timetable(stored: StoredSchedule) -> Timetable:
    """The timetable it means. Raises as timetable_of."""
    check_time_zone(stored.zone)
    slots = read_slots(stored.slots)
    check_kinds(
        has_slots=bool(slots.slots),
        cron_text=stored.cron_text,
        every_minutes=stored.every_minutes,
        has_month_days=stored.business_days is not None,
    )
    timetable = make_timetable(
        ZoneInfo(stored.zone),
        slots=slots,
        cron_text=stored.cron_text,
        every_minutes=stored.every_minutes,
        starts_on=stored.starts_on,
        ends_on=stored.ends_on,
    )
    month_days = _month_days(stored.business_days, stored.calendar)
    if month_days is not None:
        return replace(timetable, pattern=month_days)
    return replace(timetable, rule=rule_of(stored.off_day_policy, stored.calendar))


def _month_days(text: str | None, calendar: BusinessCalendar | None) -> MonthDays | None:
    if text is None:
        return None
    return month_days_of(json.loads(text), calendar)


def month_days_of(form: MonthDaysForm, calendar: BusinessCalendar | None) -> MonthDays:
    """Raises BusinessDaysInvalid or CalendarRequired."""
    check_calendar(has_calendar=calendar is not None, policy="", has_month_days=True)
    assert calendar is not None
    return MonthDays(*read_month_days(form), calendar)


def rule_of(policy: str, calendar: BusinessCalendar | None) -> OffDayRule | None:
    """None: the days are all alike. Raises CalendarRequired."""
    check_calendar(has_calendar=calendar is not None, policy=policy, has_month_days=False)
    if calendar is None or policy == OffDayPolicy.RUN:
        return None
    return OffDayRule(calendar, OffDayPolicy(policy))


def plannable(
    job: Job, default_zone: str, calendars: Mapping[int, BusinessCalendar]
) -> Timetable | None:
    """The timetable, or None when what is stored cannot be read: typed past the API."""
    try:
        return timetable_of(job, default_zone, calendars)
    except AutomacaoError:
        return None
