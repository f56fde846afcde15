"""Which due occurrences of a job run and which are recorded with a reason. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vocabulary import MissedPolicy, OverlapPolicy, Reason

# An occurrence seen within this time is on time; later ones are missed, and a policy decides.
ON_TIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a job says of missed and overlapping occurrences; one runs if it is late by `within`."""

    missed: MissedPolicy = MissedPolicy.LAST
    cap: int = 24
    within: timedelta = timedelta(hours=6)
    overlap: OverlapPolicy = OverlapPolicy.SKIP


@dataclass(frozen=True, slots=True)
class Pause:
    """Occurrences later than `since`, up to `until` (None: it lasts), were not to be run."""

    reason: Reason
    since: datetime
    until: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        return self.since < moment and (self.until is None or moment <= self.until)


@dataclass(frozen=True, slots=True)
class ActiveRuns:
    """How many runs of the job wait and run; those of a backfill do not count."""

    waiting: int = 0
    running: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of each due moment, both in order."""

    run: list[datetime]
    skipped: list[tuple[datetime, Reason]]

    def with_days_off(self, moments: Sequence[datetime]) -> Verdict:
        """With those that were left out because their day is no business day."""
        if not moments:
            return self
        known = {*self.run, *(moment for moment, _ in self.skipped)}
        off = [(m, Reason.NOT_BUSINESS_DAY) for m in moments if m not in known]
        return Verdict(self.run, sorted([*self.skipped, *off]))


def decide(
    due: Sequence[datetime],
    *,
    now: datetime,
    policy: Policy,
    pauses: Sequence[Pause],
    active: ActiveRuns,
) -> Verdict:
    """Every moment of `due` (sorted, none later than `now`) is in exactly one of both lists.

    Occurrences that are made up for together do not overlap one another: they run in turn.
    """
    reasons: dict[datetime, Reason] = {}
    for moment in due:
        pause = next((p for p in pauses if p.covers(moment)), None)
        if pause is not None:
            reasons[moment] = pause.reason
    chosen = _chosen([moment for moment in due if moment not in reasons], now, policy)
    if not _may_join(policy.overlap, active):
        reasons |= dict.fromkeys(chosen, Reason.OVERLAP)
        chosen = []
    running = set(chosen)
    return Verdict(chosen, [(m, reasons.get(m, Reason.MISSED)) for m in due if m not in running])


def _chosen(due: Sequence[datetime], now: datetime, policy: Policy) -> list[datetime]:
    within = ON_TIME if policy.missed == MissedPolicy.NONE else max(policy.within, ON_TIME)
    fresh = [moment for moment in due if now - moment <= within]
    return fresh[-policy.cap :] if policy.missed == MissedPolicy.ALL else fresh[-1:]


def _may_join(overlap: OverlapPolicy, active: ActiveRuns) -> bool:
    if overlap == OverlapPolicy.ALLOW:
        return True
    if overlap == OverlapPolicy.QUEUE:
        return active.waiting == 0
    return active.waiting + active.running == 0
