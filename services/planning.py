"""When jobs are due next: the plan in the database, made anew from what is stored.

A job's durable state is enough: moments up to `planned_until` are accounted for, `next_due_at` is
the first that is not.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from models import Job
from services.business_calendars import Calendars, all_calendars, calendars_of
from services.clock import database_now
from services.timetables import StoredSchedule, plannable, read_timetable, stored_slots
from timing.moments import next_moments
from timing.timetable import Timetable

log = logging.getLogger(__name__)

# Told of each job whose plan or definition changed, by its number.
JOBS_CHANNEL = "jobs_changed"


def replan(session: Session, job: Job, *, default_zone: str, now: datetime | None = None) -> None:
    """Plan the job from now on; call after its schedule, zone or status changed.

    Moments up to now are never run because of the change. `now` is the moment up to which the plan
    before was accounted for, so that nothing falls between. `job.slots` must be loaded.
    """
    now = now or database_now(session)
    replan_all(session, [job], default_zone=default_zone, now=now)


def replan_all(session: Session, jobs: Sequence[Job], *, default_zone: str, now: datetime) -> None:
    """The same for jobs whose calendar changed; their slots must be loaded."""
    calendars = calendars_of(session, jobs)
    for job in jobs:
        job.schedule_since = now
        plan_from(job, now, default_zone, calendars)
    session.flush()


def plan_from(job: Job, now: datetime, default_zone: str, calendars: Calendars) -> None:
    """Moments up to now are accounted for; `job.slots` must be loaded."""
    job.planned_until = now
    timetable = plannable(job, default_zone, calendars) if job.is_active else None
    job.next_due_at = None if timetable is None else next_due(timetable, now)


@lru_cache(maxsize=20_000)
def next_due(timetable: Timetable, after: datetime) -> datetime | None:
    """The first moment later than `after`."""
    found = next_moments(timetable, after, 1)
    return found[0] if found else None


def seconds_to_next(session: Session) -> float | None:
    """Seconds until the earliest planned occurrence by the database's clock; None: none planned."""
    earliest = session.scalar(select(func.min(Job.next_due_at)).where(Job.job_status == "Y"))
    return None if earliest is None else (earliest - database_now(session)).total_seconds()


STORED = """
select job_id, revision, planned_until, next_due_at, time_zone, cron_text, every_minutes,
       starts_on, ends_on, cast(business_days as text), off_day_policy, calendar_id
from jobs_he
where job_status = 'Y'
"""


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is stored of a job's plan, in the order of the query."""

    job_id: int
    revision: int
    planned_until: datetime | None
    next_due_at: datetime | None
    time_zone: str | None
    cron_text: str | None
    every_minutes: int | None
    starts_on: date | None
    ends_on: date | None
    business_days: str | None
    off_day_policy: str
    calendar_id: int | None
    slots: str


def reload_jobs(session: Session, *, default_zone: str) -> int:
    """Compute `next_due_at` of every active job again; returns how many differed.

    Heals what was written past the API: adopted rows, slots typed into the table, new time zone
    data, another default zone. A moment of the past that appears by such a change is not run. What
    is due already is left to enqueue_due, and what somebody changes meanwhile to the next reload.
    """
    now = database_now(session)
    changes = []
    slots = stored_slots(session)
    calendars = all_calendars(session)
    for row in session.execute(text(STORED)).mappings():
        stored = _Stored(slots=slots.get(row["job_id"], ""), **row)
        if stored.next_due_at is not None and stored.next_due_at <= now:
            continue
        since = stored.planned_until or now
        due = _due_after(stored, since, default_zone, calendars)
        if due is not None and due <= now:
            since, due = now, _due_after(stored, now, default_zone, calendars)
        if (since, due) != (stored.planned_until, stored.next_due_at):
            changes.append((stored, since, due))
    return _store(session, changes) if changes else 0


def _due_after(
    stored: _Stored, after: datetime, default_zone: str, calendars: Calendars
) -> datetime | None:
    try:
        timetable = read_timetable(
            StoredSchedule(
                stored.time_zone or default_zone,
                stored.slots,
                stored.cron_text,
                stored.every_minutes,
                stored.starts_on,
                stored.ends_on,
                stored.business_days,
                stored.off_day_policy,
                None if stored.calendar_id is None else calendars.get(stored.calendar_id),
            )
        )
    except AutomacaoError as exc:
        if stored.next_due_at is not None or stored.planned_until is None:
            told = {"job_id": stored.job_id, "problem": exc.message}
            log.warning("schedule_unreadable", extra=told)
        return None
    return next_due(timetable, after)


# A job that was changed or planned since it was read keeps what it has.
STORE = """
update jobs_he as job
set planned_until = plan.since,
    next_due_at = plan.due,
    schedule_since = case
        when plan.since is distinct from plan.since_before then plan.since
        else job.schedule_since
    end
from unnest(
    cast(:ids as integer[]), cast(:revisions as integer[]), cast(:since_before as timestamptz[]),
    cast(:since as timestamptz[]), cast(:due as timestamptz[])
) as plan (job_id, revision, since_before, since, due)
where job.job_id = plan.job_id
  and job.revision = plan.revision
  and job.planned_until is not distinct from plan.since_before
returning job.job_id
"""


def _store(session: Session, changes: Sequence[tuple[_Stored, datetime, datetime | None]]) -> int:
    """Write the plans of jobs that nobody holds; returns how many were written."""
    ids = [stored.job_id for stored, _, _ in changes]
    # On its own: as a part of the UPDATE it was planned as a loop within a loop, for minutes.
    free = set(
        session.scalars(
            select(Job.job_id)
            .where(Job.job_id.in_(ids))
            .order_by(Job.job_id)
            .with_for_update(skip_locked=True)
        )
    )
    chosen = [change for change in changes if change[0].job_id in free]
    stored = session.scalars(
        text(STORE),
        {
            "ids": [job.job_id for job, _, _ in chosen],
            "revisions": [job.revision for job, _, _ in chosen],
            "since_before": [job.planned_until for job, _, _ in chosen],
            "since": [since for _, since, _ in chosen],
            "due": [due for _, _, due in chosen],
        },
    )
    return len(stored.all())
