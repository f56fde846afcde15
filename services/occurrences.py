"""Which occurrences are due, and their rows in the ledger.

A job's durable state is enough: moments up to `planned_until` are accounted for, `next_due_at`
is the first that is not. Restarts, clock jumps and two daemons at once lose and double nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session, selectinload

from metadb.engine import notify
from models import Job, Run
from services import queue
from services.ledger import RUNS_CHANNEL
from services.runs import active_run
from timing.moments import moments_between, next_moments
from timing.slots import Schedule
from vocabulary import Reason, RunState, Trigger

log = logging.getLogger(__name__)

JOBS_A_TICK = 200


def schedule_of(job: Job) -> Schedule:
    """The slots of a job; `job.slots` must be loaded. Unreadable rows are left out."""
    schedule, _ = Schedule.from_rows((s.job_day, s.job_hour, s.job_minute) for s in job.slots)
    return schedule


def zone_of(job: Job, default_zone: str) -> ZoneInfo:
    return ZoneInfo(job.time_zone or default_zone)


def database_now(session: Session) -> datetime:
    """The clock of record."""
    now: datetime | None = session.scalar(select(func.clock_timestamp()))
    assert now is not None
    return now


def replan(session: Session, job: Job, *, default_zone: str) -> None:
    """Plan the job from now on; call after its slots, zone or status changed.

    Moments up to now are never run because of the change. `job.slots` must be loaded.
    """
    now = database_now(session)
    job.planned_until = now
    job.next_due_at = _next_due(job, now, default_zone)
    session.flush()


def _next_due(job: Job, after: datetime, default_zone: str) -> datetime | None:
    if not job.is_active:
        return None
    found = next_moments(schedule_of(job), zone_of(job, default_zone), after, 1)
    return found[0] if found else None


def reload_jobs(session: Session, *, default_zone: str) -> int:
    """Compute `next_due_at` of every active job again; returns how many differed.

    Heals what was written past the API: adopted rows, slots typed into the table, new time zone
    data, another default zone.
    """
    now = database_now(session)
    jobs = session.scalars(
        select(Job)
        .where(Job.job_status == "Y")
        .options(selectinload(Job.slots))
        .with_for_update(skip_locked=True, of=Job)
    ).all()
    changed = 0
    for job in jobs:
        job.planned_until = job.planned_until or now
        due = _next_due(job, job.planned_until, default_zone)
        if due != job.next_due_at:
            job.next_due_at = due
            changed += 1
    session.flush()
    return changed


def enqueue_due(session: Session, *, default_zone: str, missed_within: timedelta) -> list[Run]:
    """Write a row for every due occurrence of up to 200 jobs and queue what shall run.

    Of several moments that passed unobserved the latest runs, unless it is older than
    `missed_within`; the others are recorded as missed. A moment at which the job still has an
    active run is recorded as overlap. Jobs another daemon holds are left to it.
    """
    now = database_now(session)
    jobs = session.scalars(
        select(Job)
        .where(Job.job_status == "Y", Job.next_due_at <= now)
        .order_by(Job.next_due_at)
        .limit(JOBS_A_TICK)
        .options(selectinload(Job.slots))
        .with_for_update(skip_locked=True, of=Job)
    ).all()
    queued = []
    for job in jobs:
        run = _account_for(session, job, now, default_zone, missed_within)
        if run is not None:
            queued.append(run)
        job.planned_until = now
        job.next_due_at = _next_due(job, now, default_zone)
    session.flush()
    return queued


def _account_for(
    session: Session, job: Job, now: datetime, default_zone: str, missed_within: timedelta
) -> Run | None:
    since = job.planned_until or now
    due = moments_between(schedule_of(job), zone_of(job, default_zone), since, now)
    if not due:
        return None
    latest = due[-1]
    if now - latest > missed_within:
        _record_missed(session, job, due, now)
        return None
    _record_missed(session, job, due[:-1], now)
    overlapping = active_run(session, job.job_id)
    if overlapping is not None:
        _record(session, job, [latest], Reason.OVERLAP, now)
        log.warning(
            "occurrence_skipped",
            extra={"job_id": job.job_id, "reason": Reason.OVERLAP, "active": overlapping.run_id},
        )
        return None
    return _queue(session, job, latest)


def _queue(session: Session, job: Job, due_at: datetime) -> Run | None:
    values = {
        "job_id": job.job_id,
        "job_name": job.job_name,
        "due_at": due_at,
        "trigger": Trigger.SCHEDULE,
        "state": RunState.QUEUED,
    }
    run: Run | None = session.scalars(_insert_new([values]).returning(Run)).first()
    if run is None:
        return None
    queue.defer_run(session, run)
    notify(session, RUNS_CHANNEL, str(run.run_id))
    return run


def _record_missed(session: Session, job: Job, due: Sequence[datetime], now: datetime) -> None:
    if due:
        _record(session, job, due, Reason.MISSED, now)
        log.warning(
            "occurrences_missed",
            extra={"job_id": job.job_id, "count": len(due), "first": due[0], "last": due[-1]},
        )


def _record(
    session: Session, job: Job, due: Sequence[datetime], reason: Reason, now: datetime
) -> None:
    """Rows of occurrences that are not run, with the reason."""
    session.execute(
        _insert_new(
            [
                {
                    "job_id": job.job_id,
                    "job_name": job.job_name,
                    "due_at": moment,
                    "trigger": Trigger.SCHEDULE,
                    "state": RunState.CANCELLED,
                    "reason": reason,
                    "finished_at": now,
                }
                for moment in due
            ]
        )
    )


def _insert_new(rows: list[dict[str, object]]) -> Insert:
    return (
        insert(Run)
        .values(rows)
        .on_conflict_do_nothing(
            index_elements=[Run.job_id, Run.due_at], index_where=Run.trigger == "schedule"
        )
    )


def seconds_to_next(session: Session) -> float | None:
    """Seconds until the earliest planned occurrence by the database's clock; None: none planned."""
    seconds = session.scalar(
        select(func.extract("epoch", func.min(Job.next_due_at) - func.clock_timestamp())).where(
            Job.job_status == "Y"
        )
    )
    return None if seconds is None else float(seconds)
