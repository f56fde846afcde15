"""What the home page shows: what needs attention, today's occurrences, how fresh the data is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased, selectinload

from models import Job, Run
from services.business_calendars import calendars_of
from services.clock import database_now
from services.timetables import plannable
from timing.moments import next_moments
from vocabulary import RunState

FAILED_SHOWN = 20
FAILED_SINCE = timedelta(days=7)
LATE_AFTER = timedelta(seconds=60)
TIMELINE_RUNS = 500
TIMELINE_JOBS = 200
PLANNED_PER_JOB = 48


@dataclass(frozen=True, slots=True)
class Planned:
    """An occurrence still to come today."""

    job_id: int
    job_name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """`failed`: the last run of its job, and failed. `late`: due over a minute ago and waiting."""

    now: datetime
    day_start: datetime
    day_end: datetime
    states_today: dict[str, int]
    failed: Sequence[Run]
    late: Sequence[Run]
    running: Sequence[Run]
    oldest_queued_at: datetime | None
    today: Sequence[Run]
    planned: list[Planned]
    active_jobs: int
    inactive_jobs: int


def get_overview(session: Session, *, time_zone: str) -> Overview:
    """Everything at one moment; the day is that of `time_zone`."""
    now = database_now(session)
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    start = datetime.combine(today, time.min, zone)
    end = datetime.combine(today + timedelta(days=1), time.min, zone)
    moment = func.coalesce(Run.due_at, Run.queued_at)
    of_today = and_(moment >= start, moment < end)
    states = session.execute(select(Run.state, func.count()).where(of_today).group_by(Run.state))
    statuses = session.execute(select(Job.job_status, func.count()).group_by(Job.job_status))
    jobs = dict(statuses.all())
    return Overview(
        now=now,
        day_start=start,
        day_end=end,
        states_today=dict(states.all()),
        failed=_failed(session, now),
        late=_late(session, now),
        running=session.scalars(
            select(Run).where(Run.state == RunState.RUNNING).order_by(Run.started_at).limit(100)
        ).all(),
        oldest_queued_at=session.scalar(
            select(func.min(Run.queued_at)).where(
                Run.state == RunState.QUEUED, Run.backfill_id.is_(None)
            )
        ),
        today=session.scalars(
            select(Run).where(of_today).order_by(moment.desc(), Run.run_id).limit(TIMELINE_RUNS)
        ).all(),
        planned=_planned(session, now, end, time_zone),
        active_jobs=jobs.get("Y", 0),
        inactive_jobs=jobs.get("N", 0),
    )


def _failed(session: Session, now: datetime) -> Sequence[Run]:
    """Jobs whose last ended run failed or was given up, newest first."""
    later = aliased(Run)
    ended = (RunState.SUCCEEDED, RunState.FAILED, RunState.INTERRUPTED)
    superseded = (
        select(later.run_id)
        .where(
            later.job_id == Run.job_id,
            later.backfill_id.is_not_distinct_from(Run.backfill_id),
            later.run_id > Run.run_id,
            later.state.in_(ended),
        )
        .exists()
    )
    return session.scalars(
        select(Run)
        .where(
            Run.state.in_((RunState.FAILED, RunState.INTERRUPTED)),
            Run.retry_at.is_(None),
            Run.job_id.is_not(None),
            Run.finished_at > now - FAILED_SINCE,
            ~superseded,
        )
        .order_by(Run.finished_at.desc())
        .limit(FAILED_SHOWN)
    ).all()


def _late(session: Session, now: datetime) -> Sequence[Run]:
    return session.scalars(
        select(Run)
        .where(
            Run.state == RunState.QUEUED,
            Run.backfill_id.is_(None),
            func.coalesce(Run.due_at, Run.queued_at) < now - LATE_AFTER,
        )
        .order_by(Run.due_at)
        .limit(100)
    ).all()


def _planned(session: Session, now: datetime, end: datetime, default_zone: str) -> list[Planned]:
    """What is to come today of jobs that are not paused."""
    jobs = session.scalars(
        select(Job)
        .where(Job.job_status == "Y", Job.next_due_at < end, Job.paused_at.is_(None))
        .order_by(Job.next_due_at)
        .limit(TIMELINE_JOBS)
        .options(selectinload(Job.slots))
    ).all()
    found = []
    calendars = calendars_of(session, jobs)
    for job in jobs:
        timetable = plannable(job, default_zone, calendars)
        moments = [] if timetable is None else next_moments(timetable, now, PLANNED_PER_JOB)
        found += [Planned(job.job_id, job.job_name, m) for m in moments if m < end]
    return sorted(found, key=lambda planned: planned.due_at)[:TIMELINE_RUNS]
