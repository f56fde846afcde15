"""The timetable of a job, from its stored slots, cron text or interval."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from models import Job
from services.job_rules import check_time_zone
from timing.slots import Schedule
from timing.timetable import Timetable, make_timetable

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


def timetable_of(job: Job, default_zone: str) -> Timetable:
    """`job.slots` must be loaded. Raises what make_timetable raises, and TimeZoneUnknown."""
    return read_timetable(
        job.time_zone or default_zone,
        slots_text(job),
        job.cron_text,
        job.every_minutes,
        job.starts_on,
        job.ends_on,
    )


@lru_cache(maxsize=_KEPT)
def read_timetable(
    zone: str,
    slots: str,
    cron_text: str | None,
    every_minutes: int | None,
    starts_on: date | None,
    ends_on: date | None,
) -> Timetable:
    """The timetable of stored members; `slots` as slots_text makes it. Raises as timetable_of."""
    check_time_zone(zone)
    return make_timetable(
        ZoneInfo(zone),
        slots=read_slots(slots),
        cron_text=cron_text,
        every_minutes=every_minutes,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def plannable(job: Job, default_zone: str) -> Timetable | None:
    """The timetable, or None when what is stored cannot be read: typed past the API."""
    try:
        return timetable_of(job, default_zone)
    except AutomacaoError:
        return None
