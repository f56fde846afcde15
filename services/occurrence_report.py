"""What became of each occurrence of a job in a range of time, and why nothing did if nothing did.

Rows of the ledger are the truth for what is past. The present timetable adds what is to come, and
what it names since it holds and was not written down because the job was inactive and the like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from models import Job, JobDependency, OccurrenceSpan, Run, RunAttempt, Worker
from services.business_calendars import calendars_of
from services.clock import database_now
from services.maintenance import get_maintenance
from services.occurrence_range import TimeRange, read_range
from services.occurrence_words import off_day_words, waiting_words, why
from services.timetables import plannable, zone_of
from timing.moments import moments_between
from timing.off_moments import OffMoment, off_moments
from timing.timetable import Timetable
from vocabulary import Absence, Outcome, Reason, RunState

MAX_ITEMS = 1000
LATE_AFTER_S = 60
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One occurrence; `reason` is a Reason, a WaitingFor, an error code or an Absence.

    `holiday` names the day that is no business day, None a weekend; `moves_to`: it runs then.
    """

    due_at: datetime
    outcome: Outcome
    reason: str | None
    message: str
    run_id: int | None = None
    state: str | None = None
    attempt: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    late_s: int | None = None
    holiday: str | None = None
    moves_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides about occurrences that have no row."""

    job: Job
    zone: ZoneInfo
    timetable: Timetable | None
    now: datetime
    range: TimeRange
    spans: Sequence[OccurrenceSpan]
    in_maintenance: bool
    scheduler_seen_at: datetime | None
    has_scheduler: bool
    runs_after: int


@dataclass(frozen=True, slots=True)
class OccurrenceReport:
    """Occurrences by due time; `is_cut`: there are more in the range than the first 1,000."""

    situation: Situation
    items: list[Occurrence]
    is_cut: bool


def report_occurrences(
    session: Session,
    job: Job,
    *,
    first: str | None,
    last: str | None,
    default_zone: str,
    lost_after: timedelta,
) -> OccurrenceReport:
    """`job.slots` must be loaded; `first` and `last` as read_range takes them, and its errors."""
    situation = _situation(session, job, first, last, default_zone, lost_after)
    recorded = [
        _of_run(run, started_at, situation.now)
        for run, started_at in _runs(session, job, situation.range)
    ]
    known = {item.due_at for item in recorded}
    expected, off = _expected(situation), _off(situation)
    moments = sorted({*expected, *off} - known)[: MAX_ITEMS + 1]
    others = [
        _unrecorded(moment, situation, off.get(moment) if moment not in expected else None)
        for moment in moments
    ]
    items = sorted(recorded + others, key=lambda item: item.due_at)
    return OccurrenceReport(situation, items[:MAX_ITEMS], len(items) > MAX_ITEMS)


def _situation(
    session: Session,
    job: Job,
    first: str | None,
    last: str | None,
    default_zone: str,
    lost_after: timedelta,
) -> Situation:
    now = database_now(session)
    try:
        zone = zone_of(job, default_zone)
    except AutomacaoError:
        zone = ZoneInfo(default_zone)
    chosen = read_range(first, last, zone=zone, now=now)
    seen_at = session.scalar(
        select(func.max(Worker.heartbeat_at)).where(
            Worker.is_scheduler, Worker.stopped_at.is_(None)
        )
    )
    spans = session.scalars(
        select(OccurrenceSpan)
        .where(
            OccurrenceSpan.job_id == job.job_id,
            OccurrenceSpan.first_due_at < chosen.end,
            OccurrenceSpan.last_due_at >= chosen.start,
        )
        .order_by(OccurrenceSpan.first_due_at)
    ).all()
    return Situation(
        job=job,
        zone=zone,
        timetable=plannable(job, default_zone, calendars_of(session, [job])),
        now=now,
        range=chosen,
        spans=spans,
        in_maintenance=get_maintenance(session).paused_at is not None,
        scheduler_seen_at=seen_at,
        has_scheduler=seen_at is not None and now - seen_at <= lost_after,
        runs_after=session.scalar(
            select(func.count())
            .select_from(JobDependency)
            .where(JobDependency.job_id == job.job_id)
        )
        or 0,
    )


def _runs(session: Session, job: Job, chosen: TimeRange) -> Sequence[tuple[Run, datetime | None]]:
    """Runs of the schedule by due time, each with its first start; one more than are shown."""
    found = session.execute(
        select(Run, func.coalesce(RunAttempt.started_at, Run.started_at))
        .outerjoin(RunAttempt, (RunAttempt.run_id == Run.run_id) & (RunAttempt.attempt == 1))
        .where(
            Run.job_id == job.job_id,
            Run.trigger == "schedule",
            Run.due_at >= chosen.start,
            Run.due_at < chosen.end,
        )
        .order_by(Run.due_at)
        .limit(MAX_ITEMS + 1)
    )
    return [(run, started_at) for run, started_at in found]


def _of_run(run: Run, started_at: datetime | None, now: datetime) -> Occurrence:
    assert run.due_at is not None
    waits = run.state == RunState.QUEUED or (
        run.state == RunState.INTERRUPTED and run.retry_at is not None
    )
    started_or_now = started_at or (now if waits else None)
    late_s = None
    if started_or_now is not None:
        late_s = max(0, int((started_or_now - run.due_at).total_seconds()))
    outcome = _outcome(run, late_s or 0, waits=waits)
    return Occurrence(
        due_at=run.due_at,
        outcome=outcome,
        reason=run.waiting_for if waits else run.reason or run.error_code,
        message=_message(run, outcome, late_s or 0),
        run_id=run.run_id,
        state=run.state,
        attempt=run.attempt,
        started_at=started_at,
        finished_at=run.finished_at,
        late_s=late_s,
        holiday=run.holiday,
    )


def _outcome(run: Run, late_s: int, *, waits: bool) -> Outcome:
    if waits:
        return Outcome.WAITING
    if run.state == RunState.RUNNING:
        return Outcome.RUNNING
    if run.state == RunState.SUCCEEDED:
        return Outcome.LATE if late_s > LATE_AFTER_S else Outcome.RAN
    if run.state == RunState.CANCELLED:
        asked = run.reason in (Reason.ON_REQUEST, Reason.JOB_DELETED)
        return Outcome.CANCELLED if asked else Outcome.SKIPPED
    return Outcome.FAILED


def _message(run: Run, outcome: Outcome, late_s: int) -> str:
    if outcome == Outcome.WAITING:
        return waiting_words(run.waiting_for)
    if outcome == Outcome.RUNNING:
        return "It is running."
    if outcome == Outcome.RAN:
        return "It ran and succeeded."
    if outcome == Outcome.LATE:
        return f"It ran and succeeded, {timedelta(seconds=late_s)} late."
    if run.error_message:
        return run.error_message
    return off_day_words(run.holiday) if run.reason == Reason.NOT_BUSINESS_DAY else why(run.reason)


def _expected(situation: Situation) -> set[datetime]:
    """What the present timetable names in the range since it holds, bounds of days left aside."""
    if situation.timetable is None:
        return set()
    after = max(situation.range.start - _TICK, situation.job.schedule_since)
    timetable = situation.timetable.without_bounds()
    return set(moments_between(timetable, after, situation.range.end - _TICK))


def _off(situation: Situation) -> dict[datetime, OffMoment]:
    """What it names there on days that are no business days, by the moment."""
    if situation.timetable is None:
        return {}
    after = max(situation.range.start - _TICK, situation.job.schedule_since)
    found = off_moments(situation.timetable.without_bounds(), after, situation.range.end - _TICK)
    return {off.moment: off for off in found}


def _unrecorded(moment: datetime, situation: Situation, off: OffMoment | None) -> Occurrence:
    outcome, reason, message = _fate(moment, situation)
    holiday = None if off is None else off.holiday
    is_told = outcome == Outcome.SKIPPED  # recorded together with others
    if off is None or is_told or reason in (Absence.OUTSIDE_VALIDITY, Absence.INACTIVE):
        return Occurrence(
            due_at=moment, outcome=outcome, reason=reason, message=message, holiday=holiday
        )
    moves_to = off.moves_to if _runs_then(off.moves_to, situation) else None
    return Occurrence(
        due_at=moment,
        outcome=Outcome.NOT_PLANNED,
        reason=Absence.NOT_BUSINESS_DAY if moves_to is None else Absence.MOVED,
        message=off_day_words(off.holiday, moves_to and moves_to.astimezone(situation.zone)),
        holiday=holiday,
        moves_to=moves_to,
    )


def _runs_then(moment: datetime | None, situation: Situation) -> bool:
    """The day it would move to lies within the first and the last."""
    timetable = situation.timetable
    if moment is None or timetable is None:
        return False
    return timetable.covers(moment.astimezone(situation.zone).date())


def _fate(moment: datetime, situation: Situation) -> tuple[Outcome, str | None, str]:
    """What becomes of a moment without a row, the reason, and a sentence."""
    job, timetable = situation.job, situation.timetable
    if timetable is not None and not timetable.covers(moment.astimezone(situation.zone).date()):
        return _not_planned(Absence.OUTSIDE_VALIDITY)
    if not job.is_active:
        return _not_planned(Absence.INACTIVE)
    for span in situation.spans:
        if span.first_due_at <= moment <= span.last_due_at:
            together = f" It was recorded together with others, {span.occurrences} in all."
            return Outcome.SKIPPED, span.reason, why(span.reason) + together
    if moment <= (job.planned_until or job.schedule_since):
        return _not_planned(Absence.NO_RECORD)
    if moment > situation.now and job.paused_at is not None:
        return _not_planned(Absence.PAUSED)
    if moment > situation.now and situation.in_maintenance:
        return _not_planned(Absence.MAINTENANCE)
    outcome = Outcome.PLANNED if moment > situation.now else Outcome.WAITING
    if not situation.has_scheduler:
        return outcome, Absence.NO_SCHEDULER, why(Absence.NO_SCHEDULER)
    if outcome == Outcome.WAITING:
        return outcome, None, "It is due and is given to a worker within seconds."
    return outcome, None, "It is planned."


def _not_planned(reason: Absence) -> tuple[Outcome, str, str]:
    return Outcome.NOT_PLANNED, reason, why(reason)
