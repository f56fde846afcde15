"""Why nothing ran in a range of time: one code and one sentence, also when nothing was due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models import OccurrenceSpan
from services.occurrence_report import Occurrence, OccurrenceReport, Situation
from services.occurrence_words import why
from timing.moments import next_moments
from timing.sentences import describe
from vocabulary import Absence, Outcome

RUNS = (Outcome.RAN, Outcome.LATE, Outcome.RUNNING)
NOT_RUN = (Outcome.SKIPPED, Outcome.CANCELLED, Outcome.NOT_PLANNED)


@dataclass(frozen=True, slots=True)
class Explanation:
    """`code` is an Outcome, an Absence or a Reason; the message names moments of the job's zone."""

    code: str
    message: str


def explain(report: OccurrenceReport) -> Explanation:
    """What to tell somebody who asks why the job did not run in the range."""
    items, situation = report.items, report.situation
    if not items:
        return _explain_nothing(situation)
    told = _explain_items(items, situation)
    unlisted = sum(span.occurrences for span in _unlisted_spans(situation))
    more = f" Besides, {_times(unlisted)} not run, recorded together." if unlisted else ""
    return Explanation(told.code, told.message + more)


def _explain_items(items: Sequence[Occurrence], situation: Situation) -> Explanation:
    outcomes = Counter(item.outcome for item in items)
    ran = sum(outcomes[outcome] for outcome in RUNS)
    if ran:
        rest = "" if ran == len(items) else " The others say what became of them."
        verb = "is" if ran == 1 else "are"
        told = f"{ran} of {len(items)} occurrences ran or {verb} running.{rest}"
        return Explanation(Outcome.RAN, told)
    if outcomes[Outcome.FAILED]:
        return Explanation(
            Outcome.FAILED, f"{_times(outcomes[Outcome.FAILED], 'failed')}; each says why."
        )
    if outcomes[Outcome.WAITING]:
        return _explain_reasons(items, Outcome.WAITING, "waiting")
    if any(outcomes[outcome] for outcome in NOT_RUN):
        return _explain_not_run(items, situation)
    return _explain_reasons(items, Outcome.PLANNED, "planned")


def _explain_reasons(items: Sequence[Occurrence], outcome: Outcome, word: str) -> Explanation:
    """Of occurrences that wait or are to come; without a scheduler they will go on to do so."""
    found = [item for item in items if item.outcome == outcome]
    told = f"{_times(len(found), word)}."
    if any(item.reason == Absence.NO_SCHEDULER for item in found):
        return Explanation(Absence.NO_SCHEDULER, f"{told} {why(Absence.NO_SCHEDULER)}")
    return Explanation(outcome, told)


def _explain_not_run(items: Sequence[Occurrence], situation: Situation) -> Explanation:
    found = [item for item in items if item.outcome in NOT_RUN]
    planned = len(items) - len(found)
    more = f" {_times(planned, 'planned')}." if planned else ""
    reasons = Counter(item.reason or item.outcome for item in found)
    (code, _), *others = reasons.most_common()
    if others:
        counts = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        return Explanation(
            Outcome.SKIPPED, f"Nothing ran. {_times(len(found))} not run: {counts}.{more}"
        )
    since = _since(code, situation)
    told = f"Nothing ran. {_times(len(found))} not run. {found[0].message}{since}{more}"
    return Explanation(code, told)


def _since(code: str, situation: Situation) -> str:
    """Since when what is named lasts, as far as it still does."""
    job = situation.job
    if code == Absence.PAUSED and job.paused_at is not None:
        by = f" by {job.paused_by}" if job.paused_by else ""
        return f" It has been paused since {_local(job.paused_at, situation)}{by}."
    if code == Absence.INACTIVE:
        return f" It has been so since {_local(job.schedule_since, situation)} at the latest."
    if code == Absence.OUTSIDE_VALIDITY:
        return f" It runs {_validity(job.starts_on, job.ends_on)}."
    return ""


def _explain_nothing(situation: Situation) -> Explanation:
    job, chosen = situation.job, situation.range
    since = _local(job.schedule_since, situation)
    spans = _unlisted_spans(situation)
    if spans:
        count = sum(span.occurrences for span in spans)
        first, last = spans[0].first_due_at, spans[-1].last_due_at
        told = f"{_times(count)} not run from {_local(first, situation)} to "
        return Explanation(
            spans[0].reason, f"{told}{_local(last, situation)}. {why(spans[0].reason)}"
        )
    if chosen.end <= job.created_at:
        created = _local(job.created_at, situation)
        return Explanation(Absence.CREATED_LATER, f"The job was created later, at {created}.")
    if chosen.end <= job.schedule_since:
        return Explanation(
            Absence.SCHEDULE_CHANGED,
            f"By the schedule and status the job had then, nothing was due. They were changed "
            f"since, last at {since}.",
        )
    if not job.is_active:
        return Explanation(
            Absence.INACTIVE, f"The job is inactive, at least since {since}. Activate it to run it."
        )
    if situation.timetable is None:
        return Explanation(
            Absence.SCHEDULE_UNREADABLE,
            "The stored schedule cannot be read; save the job again to see what is wrong with it.",
        )
    if situation.timetable.is_empty:
        after = f" It runs after {situation.runs_after} other jobs." if situation.runs_after else ""
        return Explanation(Absence.NO_SCHEDULE, f"The job has no schedule.{after}")
    return _explain_no_slot(situation, since)


def _explain_no_slot(situation: Situation, since: str) -> Explanation:
    job, timetable = situation.job, situation.timetable
    assert timetable is not None
    first, last = _days(situation)
    if (job.ends_on is not None and job.ends_on < first) or (
        job.starts_on is not None and job.starts_on > last
    ):
        return Explanation(
            Absence.OUTSIDE_VALIDITY, f"The job runs {_validity(job.starts_on, job.ends_on)}."
        )
    coming = next_moments(timetable, max(situation.now, situation.range.end), 1)
    then = f" The next time is {_local(coming[0], situation)}." if coming else ""
    changed = ""
    if job.schedule_since > situation.range.start:
        changed = f" This schedule holds since {since}; before it nothing was due either."
    return Explanation(
        Absence.NO_SLOT,
        f"No time of its schedule lies in this range: {describe(timetable)}.{then}{changed}",
    )


def _unlisted_spans(situation: Situation) -> list[OccurrenceSpan]:
    """Records of a plan that holds no more: their single moments are not known."""
    return [s for s in situation.spans if s.last_due_at <= situation.job.schedule_since]


def _days(situation: Situation) -> tuple[date, date]:
    """First and last day of the range in the job's zone."""
    last = situation.range.end - timedelta(microseconds=1)
    return (
        situation.range.start.astimezone(situation.zone).date(),
        last.astimezone(situation.zone).date(),
    )


def _local(moment: datetime, situation: Situation) -> str:
    return f"{moment.astimezone(situation.zone):%Y-%m-%d %H:%M}"


def _validity(starts_on: date | None, ends_on: date | None) -> str:
    from_day = f"from {starts_on}" if starts_on else ""
    until = f"until {ends_on}" if ends_on else ""
    return " ".join(part for part in (from_day, until) if part)


def _times(count: int, word: str = "") -> str:
    """`3 occurrences were`, with a word `3 occurrences failed`, `1 occurrence is planned`."""
    noun = "occurrence" if count == 1 else "occurrences"
    if word == "failed":
        return f"{count} {noun} failed"
    if word:
        return f"{count} {noun} {'is' if count == 1 else 'are'} {word}"
    return f"{count} {noun} {'was' if count == 1 else 'were'}"
