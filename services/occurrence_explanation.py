"""Why nothing ran in a range of time: one code and one sentence, also when nothing was due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from models import OccurrenceSpan
from services.occurrence_report import Occurrence, OccurrenceReport, Situation
from services.occurrence_words import why
from timing.moments import next_moments
from timing.sentences import describe
from vocabulary import Absence, Outcome

RUNS = (Outcome.RAN, Outcome.LATE, Outcome.RUNNING)
NOT_RUN = (Outcome.SKIPPED, Outcome.CANCELLED, Outcome.NOT_PLANNED)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is the English of `code` with `values`: counts, words of the ledger, days and moments.

    An interface in another language words code and values itself; moments in `text` are of the
    job's zone.
    """

    code: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """`code` is an Outcome, an Absence or a Reason."""

    code: str
    sentences: tuple[Sentence, ...]

    @property
    def message(self) -> str:
        """All of it in English."""
        return " ".join(sentence.text for sentence in self.sentences)


def explain(report: OccurrenceReport) -> Explanation:
    """What to tell somebody who asks why the job did not run in the range."""
    items, situation = report.items, report.situation
    if not items:
        return _explain_nothing(situation)
    told = _explain_items(items, situation)
    unlisted = sum(span.occurrences for span in _unlisted_spans(situation))
    if not unlisted:
        return told
    more = f"Besides, {_times(unlisted)} not run, recorded together."
    return Explanation(
        told.code, (*told.sentences, Sentence("others_not_run", more, {"count": unlisted}))
    )


def _explain_items(items: Sequence[Occurrence], situation: Situation) -> Explanation:
    outcomes = Counter(item.outcome for item in items)
    ran = sum(outcomes[outcome] for outcome in RUNS)
    if ran:
        rest = "" if ran == len(items) else " The others say what became of them."
        verb = "is" if ran == 1 else "are"
        told = f"{ran} of {len(items)} occurrences ran or {verb} running.{rest}"
        values = {"ran": ran, "count": len(items)}
        return Explanation(Outcome.RAN, (Sentence("some_ran", told, values),))
    if failed := outcomes[Outcome.FAILED]:
        told = f"{_times(failed, 'failed')}; each says why."
        return Explanation(Outcome.FAILED, (Sentence("failed", told, {"count": failed}),))
    if outcomes[Outcome.WAITING]:
        return _explain_reasons(items, Outcome.WAITING)
    if any(outcomes[outcome] for outcome in NOT_RUN):
        return _explain_not_run(items, situation)
    return _explain_reasons(items, Outcome.PLANNED)


def _explain_reasons(items: Sequence[Occurrence], outcome: Outcome) -> Explanation:
    """Of occurrences that wait or are to come; without a scheduler they will go on to do so."""
    found = [item for item in items if item.outcome == outcome]
    told = Sentence(outcome, f"{_times(len(found), outcome)}.", {"count": len(found)})
    if any(item.reason == Absence.NO_SCHEDULER for item in found):
        return Explanation(Absence.NO_SCHEDULER, (told, _reason(Absence.NO_SCHEDULER)))
    return Explanation(outcome, (told,))


def _explain_not_run(items: Sequence[Occurrence], situation: Situation) -> Explanation:
    found = [item for item in items if item.outcome in NOT_RUN]
    planned = len(items) - len(found)
    to_come = [Sentence("planned", f"{_times(planned, 'planned')}.", {"count": planned})]
    more = to_come if planned else []
    reasons = Counter(item.reason or item.outcome for item in found)
    (code, _), *others = reasons.most_common()
    not_run = f"Nothing ran. {_times(len(found))} not run"
    if others:
        counts = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        values = {"count": len(found), "reasons": dict(reasons.most_common())}
        told = Sentence("not_run_each", f"{not_run}: {counts}.", values)
        return Explanation(Outcome.SKIPPED, (told, *more))
    told = Sentence("not_run", f"{not_run}.", {"count": len(found)})
    why_not = Sentence("reason", found[0].message, {"reason": code})
    days_off = _days_off(found, situation)
    return Explanation(code, (told, why_not, *days_off, *_since(code, situation), *more))


def _days_off(items: Sequence[Occurrence], situation: Situation) -> list[Sentence]:
    """Which holidays they fall on, and when the first that is moved runs."""
    found = []
    names = list(dict.fromkeys(item.holiday for item in items if item.holiday))
    if names:
        listed = ", ".join(names)
        found.append(Sentence("holidays", f"Holidays: {listed}.", {"holidays": listed}))
    for moves_to in [item.moves_to for item in items if item.moves_to][:1]:
        text = f"The first of them runs at {_local(moves_to, situation)}."
        found.append(Sentence("moves_to", text, {"at": moves_to}))
    return found


def _reason(reason: str) -> Sentence:
    return Sentence("reason", why(reason), {"reason": reason})


def _since(code: str, situation: Situation) -> list[Sentence]:
    """Since when what is named lasts, as far as it still does."""
    job = situation.job
    if code == Absence.PAUSED and job.paused_at is not None:
        by = f" by {job.paused_by}" if job.paused_by else ""
        text = f"It has been paused since {_local(job.paused_at, situation)}{by}."
        if job.paused_by:
            return [Sentence("paused_by", text, {"since": job.paused_at, "by": job.paused_by})]
        return [Sentence("paused_since", text, {"since": job.paused_at})]
    if code == Absence.INACTIVE:
        since = job.schedule_since
        text = f"It has been so since {_local(since, situation)} at the latest."
        return [Sentence("so_since", text, {"since": since})]
    if code == Absence.OUTSIDE_VALIDITY:
        return [_validity("It", job.starts_on, job.ends_on)]
    return []


def _explain_nothing(situation: Situation) -> Explanation:
    job, chosen = situation.job, situation.range
    since = _local(job.schedule_since, situation)
    spans = _unlisted_spans(situation)
    if spans:
        count = sum(span.occurrences for span in spans)
        first, last = spans[0].first_due_at, spans[-1].last_due_at
        text = f"{_times(count)} not run from {_local(first, situation)} to "
        told = Sentence(
            "not_run_together",
            f"{text}{_local(last, situation)}.",
            {"count": count, "first": first, "last": last},
        )
        return Explanation(spans[0].reason, (told, _reason(spans[0].reason)))
    if chosen.end <= job.created_at:
        text = f"The job was created later, at {_local(job.created_at, situation)}."
        return _alone(Absence.CREATED_LATER, text, at=job.created_at)
    if chosen.end <= job.schedule_since:
        text = (
            f"By the schedule and status the job had then, nothing was due. They were changed "
            f"since, last at {since}."
        )
        return _alone(Absence.SCHEDULE_CHANGED, text, since=job.schedule_since)
    if not job.is_active:
        text = f"The job is inactive, at least since {since}. Activate it to run it."
        return _alone(Absence.INACTIVE, text, since=job.schedule_since)
    if situation.timetable is None:
        return _alone(
            Absence.SCHEDULE_UNREADABLE,
            "The stored schedule cannot be read; save the job again to see what is wrong with it.",
        )
    if situation.timetable.is_empty:
        return _explain_no_schedule(situation)
    return _explain_no_slot(situation)


def _alone(code: str, text: str, **values: Any) -> Explanation:
    return Explanation(code, (Sentence(code, text, values),))


def _explain_no_schedule(situation: Situation) -> Explanation:
    told = [Sentence(Absence.NO_SCHEDULE, "The job has no schedule.")]
    if count := situation.runs_after:
        told.append(Sentence("runs_after", f"It runs after {count} other jobs.", {"count": count}))
    return Explanation(Absence.NO_SCHEDULE, tuple(told))


def _explain_no_slot(situation: Situation) -> Explanation:
    job, timetable = situation.job, situation.timetable
    assert timetable is not None
    first, last = _days(situation)
    if (job.ends_on is not None and job.ends_on < first) or (
        job.starts_on is not None and job.starts_on > last
    ):
        validity = _validity("The job", job.starts_on, job.ends_on)
        return Explanation(Absence.OUTSIDE_VALIDITY, (validity,))
    text = f"No time of its schedule lies in this range: {describe(timetable)}."
    told = [Sentence(Absence.NO_SLOT, text)]
    for coming in next_moments(timetable, max(situation.now, situation.range.end), 1):
        text = f"The next time is {_local(coming, situation)}."
        told.append(Sentence("next_time", text, {"at": coming}))
    if job.schedule_since > situation.range.start:
        since = _local(job.schedule_since, situation)
        text = f"This schedule holds since {since}; before it nothing was due either."
        told.append(Sentence("holds_since", text, {"since": job.schedule_since}))
    return Explanation(Absence.NO_SLOT, tuple(told))


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


def _validity(subject: str, starts_on: date | None, ends_on: date | None) -> Sentence:
    if starts_on and ends_on:
        text, code = f"{subject} runs from {starts_on} until {ends_on}.", "runs_between"
    elif starts_on:
        text, code = f"{subject} runs from {starts_on}.", "runs_from"
    else:
        text, code = f"{subject} runs until {ends_on}.", "runs_until"
    return Sentence(code, text, {"first_day": starts_on, "last_day": ends_on})


def _times(count: int, word: str = "") -> str:
    """`3 occurrences were`, with a word `3 occurrences failed`, `1 occurrence is planned`."""
    noun = "occurrence" if count == 1 else "occurrences"
    if word == "failed":
        return f"{count} {noun} failed"
    if word:
        return f"{count} {noun} {'is' if count == 1 else 'are'} {word}"
    return f"{count} {noun} {'was' if count == 1 else 'were'}"
