"""Due occurrences and their rows in the ledger: each moment gets one, whatever becomes of it.

Restarts, clock jumps and two daemons at once lose and double nothing: a job's row is locked while
its moments are written, and `planned_until` moves in the same transaction.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.orm import Session, selectinload

from failpoints import failpoint
from models import Job, OccurrenceSpan, Run
from services import admission, notification_events
from services.business_calendars import Calendars, calendars_of
from services.clock import database_now
from services.ledger import RUNS_CHANNEL
from services.maintenance import maintenance_pauses
from services.occurrence_rules import ON_TIME, ActiveRuns, Pause, Policy, Verdict, decide
from services.planning import plan_from
from services.runs import is_active
from services.timetables import plannable
from timing.moments import moments_between
from timing.off_moments import OffMoment, left_out
from vocabulary import (
    MissedPolicy,
    OffDayPolicy,
    OverlapPolicy,
    Reason,
    RunState,
    Trigger,
    WaitingFor,
)

log = logging.getLogger(__name__)

JOBS_A_TICK = 200
# What one transaction looks at and writes at most, but for the last job it takes.
MOMENTS_A_TICK = 50_000
ROWS_A_TICK = 5_000
# Of the occurrences of one job that are not run the newest get a row each, those before them one
# record of how many there were.
ROWS_A_JOB = 500
# After an outage; occurrences on time are never held back.
STARTS_A_SECOND = 5
_EVER = datetime.min.replace(tzinfo=UTC)


NOTIFY = text(
    "select pg_notify(:channel, run_id::text) from unnest(cast(:run_ids as bigint[])) as run_id"
)


@dataclass(frozen=True, slots=True)
class _Due:
    """A locked job with its moments that are due, and those left out for a day off."""

    job: Job
    moments: list[datetime]
    off: list[OffMoment]


def enqueue_due(session: Session, *, default_zone: str, missed_within: timedelta) -> list[Run]:
    """Write a row for every due occurrence of up to 200 jobs and queue what shall run.

    Those on time come first. `missed_within` counts for jobs that say nothing themselves. Jobs
    another daemon holds are left to it, and what is more than one transaction should write stays
    due for the next call.
    """
    now = database_now(session)
    jobs = session.scalars(
        select(Job)
        .where(Job.job_status == "Y", Job.next_due_at <= now)
        .order_by(Job.next_due_at.desc())
        .limit(JOBS_A_TICK)
        .options(selectinload(Job.slots))
        .with_for_update(skip_locked=True, of=Job)
    ).all()
    return _account(session, jobs, now, default_zone, missed_within) if jobs else []


def settle(session: Session, job: Job, *, default_zone: str, missed_within: timedelta) -> datetime:
    """Account for what is due of this job before it is changed; returns up to when.

    The job must be locked and its slots loaded. The change counts from that moment on, so that
    none is lost or repeated.
    """
    return settle_all(session, [job], default_zone=default_zone, missed_within=missed_within)


def settle_all(
    session: Session, jobs: Sequence[Job], *, default_zone: str, missed_within: timedelta
) -> datetime:
    """The same for several jobs. What a day off left out is written down, too."""
    now = database_now(session)
    open_jobs = [job for job in jobs if _has_unaccounted(job, now)]
    while open_jobs:
        _account(session, open_jobs[:JOBS_A_TICK], now, default_zone, missed_within)
        open_jobs = [job for job in open_jobs if job.planned_until != now]
    return now


def _has_unaccounted(job: Job, now: datetime) -> bool:
    if not job.is_active:
        return False
    is_due = job.next_due_at is not None and job.next_due_at <= now
    return is_due or (job.off_day_policy != OffDayPolicy.RUN and (job.planned_until or now) < now)


def _account(
    session: Session,
    jobs: Sequence[Job],
    now: datetime,
    default_zone: str,
    missed_within: timedelta,
) -> list[Run]:
    calendars = calendars_of(session, jobs)
    due = list(_due_moments(jobs, now, default_zone, calendars))
    pauses = maintenance_pauses(session)
    active = _active_runs(session, [found.job.job_id for found in due])
    verdicts = [
        (
            found.job,
            decide(
                found.moments,
                now=now,
                policy=_policy(found.job, missed_within),
                pauses=[*_own_pause(found.job), *pauses],
                active=active.get(found.job.job_id, ActiveRuns()),
            ).with_days_off([off.moment for off in found.off]),
        )
        for found in due
    ]
    holidays = {(found.job.job_id, off.moment): off.holiday for found in due for off in found.off}
    _record_skipped(session, verdicts, now, holidays)
    queued = _queue(session, verdicts, now)
    failpoint("after_slot_insert")
    for found in due:
        plan_from(found.job, now, default_zone, calendars)
    session.flush()
    return queued


def _due_moments(
    jobs: Sequence[Job], now: datetime, default_zone: str, calendars: Calendars
) -> Iterator[_Due]:
    """Jobs in order until there is enough for one transaction; the first in any case."""
    looked_at = rows = 0
    for job in jobs:
        if looked_at >= MOMENTS_A_TICK or rows >= ROWS_A_TICK:
            return
        timetable = plannable(job, default_zone, calendars)
        since = job.planned_until or now
        moments = [] if timetable is None else moments_between(timetable, since, now)
        off = [] if timetable is None else left_out(timetable, since, now)
        count = len(moments) + len(off)
        looked_at += count
        rows += min(count, ROWS_A_JOB)
        yield _Due(job, moments, off)


def _policy(job: Job, missed_within: timedelta) -> Policy:
    minutes = job.missed_within_min
    return Policy(
        missed=MissedPolicy(job.missed_policy),
        cap=job.missed_cap,
        within=missed_within if minutes is None else timedelta(minutes=minutes),
        overlap=OverlapPolicy(job.overlap_policy),
    )


def _own_pause(job: Job) -> list[Pause]:
    """Of a paused job all that is not accounted for: what was due before was, when it was paused.

    Not since `paused_at`: the clock may have been set back and the job planned anew before it.
    """
    return [] if job.paused_at is None else [Pause(Reason.PAUSED, _EVER)]


def _active_runs(session: Session, job_ids: Sequence[int]) -> dict[int, ActiveRuns]:
    is_running = Run.state == RunState.RUNNING
    found = session.execute(
        select(
            Run.job_id,
            func.count().filter(~is_running),
            func.count().filter(is_running),
        )
        .where(Run.job_id.in_(job_ids), is_active(), Run.backfill_id.is_(None))
        .group_by(Run.job_id)
    )
    return {
        job_id: ActiveRuns(waiting, running)
        for job_id, waiting, running in found
        if job_id is not None
    }


def _record_skipped(
    session: Session,
    verdicts: Sequence[tuple[Job, Verdict]],
    now: datetime,
    holidays: Mapping[tuple[int, datetime], str | None],
) -> None:
    """Rows of occurrences that are not run, with the reason; one record for those long ago."""
    rows = []
    for job, verdict in verdicts:
        single = verdict.skipped[-ROWS_A_JOB:]
        rows += [
            _row(job, due_at)
            | {
                "state": RunState.CANCELLED,
                "reason": reason,
                "finished_at": now,
                "holiday": holidays.get((job.job_id, due_at)),
            }
            for due_at, reason in single
        ]
        many = verdict.skipped[: len(verdict.skipped) - len(single)]
        for reason, group in groupby(many, key=lambda skipped: skipped[1]):
            _record_span(session, job, [due_at for due_at, _ in group], reason)
        _tell_skipped(session, job, verdict)
    for start in range(0, len(rows), 1000):
        session.execute(
            insert_new(Run)
            .values(rows[start : start + 1000])
            .on_conflict_do_nothing(
                index_elements=[Run.job_id, Run.due_at], index_where=Run.trigger == "schedule"
            )
        )


def _record_span(session: Session, job: Job, moments: Sequence[datetime], reason: Reason) -> None:
    session.execute(
        insert(OccurrenceSpan).values(
            job_id=job.job_id,
            first_due_at=moments[0],
            last_due_at=moments[-1],
            occurrences=len(moments),
            reason=reason,
        )
    )


def _tell_skipped(session: Session, job: Job, verdict: Verdict) -> None:
    for reason, count in Counter(reason for _, reason in verdict.skipped).items():
        moments = [moment for moment, why in verdict.skipped if why == reason]
        notification_events.not_run(
            session, job.job_id, reason, first=moments[0], last=moments[-1], count=count
        )
        log.log(
            logging.INFO if reason == Reason.NOT_BUSINESS_DAY else logging.WARNING,
            "occurrences_skipped",
            extra={"job_id": job.job_id, "reason": reason, "count": count},
        )


def _queue(session: Session, verdicts: Sequence[tuple[Job, Verdict]], now: datetime) -> list[Run]:
    starts = _spread_starts(session, verdicts, now)
    rows = [
        _row(job, due_at)
        | {
            "state": RunState.QUEUED,
            "priority": job.priority,
            "is_exclusive": job.overlap_policy != OverlapPolicy.ALLOW,
            "not_before": not_before,
            "waiting_for": None if not_before is None else WaitingFor.SPREAD,
        }
        for job, verdict in verdicts
        for due_at in verdict.run
        for not_before in [starts.get(job.job_id) if now - due_at > ON_TIME else None]
    ]
    if not rows:
        return []
    runs = session.scalars(
        insert_new(Run)
        .values(rows)
        .on_conflict_do_nothing(
            index_elements=[Run.job_id, Run.due_at], index_where=Run.trigger == "schedule"
        )
        .returning(Run)
    ).all()
    admission.offer(session, only=[run.run_id for run in runs])
    session.execute(NOTIFY, {"channel": RUNS_CHANNEL, "run_ids": [run.run_id for run in runs]})
    return list(runs)


def _spread_starts(
    session: Session, verdicts: Sequence[tuple[Job, Verdict]], now: datetime
) -> Mapping[int, datetime]:
    """When the missed runs of each job may start, so that an outage does not end in a storm.

    Of the jobs that are behind, those of this call come after all that are still to be looked at:
    `STARTS_A_SECOND` without any state but the plan itself. A start within a second is no wait.
    """
    late = [job for job, verdict in verdicts if verdict.run and now - verdict.run[0] > ON_TIME]
    if not late:
        return {}
    behind = session.scalar(
        select(func.count())
        .select_from(Job)
        .where(Job.job_status == "Y", Job.next_due_at < now - ON_TIME)
    )
    first = max(0, (behind or 0) - len(late))
    late.sort(key=lambda job: (-job.priority, job.job_id))
    waits = {job.job_id: (first + n) / STARTS_A_SECOND for n, job in enumerate(late)}
    return {
        job_id: now + timedelta(seconds=wait_s) for job_id, wait_s in waits.items() if wait_s >= 1
    }


def _row(job: Job, due_at: datetime) -> dict[str, object]:
    return {
        "job_id": job.job_id,
        "job_name": job.job_name,
        "due_at": due_at,
        "trigger": Trigger.SCHEDULE,
    }
