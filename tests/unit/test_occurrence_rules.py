"""Which due occurrences run: every policy, pause and overlap, as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.occurrence_rules import ActiveRuns, Pause, Policy, decide
from vocabulary import MissedPolicy, OverlapPolicy, Reason

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@dataclass(frozen=True)
class Case:
    """Minutes ago of what is due, of what runs, and of what is skipped by reason."""

    name: str
    due: list[float]
    run: list[float]
    skipped: dict[Reason, list[float]] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    pauses: list[Pause] = field(default_factory=list)
    active: ActiveRuns = field(default_factory=ActiveRuns)


NONE, ALL = Policy(missed=MissedPolicy.NONE), Policy(missed=MissedPolicy.ALL, cap=3)
QUEUE, ALLOW = Policy(overlap=OverlapPolicy.QUEUE), Policy(overlap=OverlapPolicy.ALLOW)
MISSED, OVERLAP, PAUSED = Reason.MISSED, Reason.OVERLAP, Reason.PAUSED
ONE_RUNS, ONE_WAITS = ActiveRuns(running=1), ActiveRuns(waiting=1)

CASES = [
    Case("nothing due", [], []),
    Case("on time", [0], [0]),
    Case("last of three", [30, 20, 10], [10], {MISSED: [30, 20]}),
    Case("last and on time are one", [10, 0], [0], {MISSED: [10]}),
    Case("older than six hours", [600, 361], [], {MISSED: [600, 361]}),
    Case("six hours old", [360], [360]),
    Case("own lateness", [11, 10], [10], {MISSED: [11]}, Policy(within=10 * HOUR / 60)),
    Case("no lateness at all, on time", [0.9], [0.9], policy=Policy(within=timedelta())),
    Case("no lateness at all, late", [1.1], [], {MISSED: [1.1]}, Policy(within=timedelta())),
    Case("none and late", [30, 20, 2], [], {MISSED: [30, 20, 2]}, NONE),
    Case("none and on time", [30, 0.5], [0.5], {MISSED: [30]}, NONE),
    Case("all within the cap", [30, 20, 10], [30, 20, 10], policy=ALL),
    Case("all beyond the cap", [40, 30, 20, 10], [30, 20, 10], {MISSED: [40]}, ALL),
    Case("all beyond the lateness", [400, 20], [20], {MISSED: [400]}, ALL),
    Case("skip while one runs", [0], [], {OVERLAP: [0]}, active=ONE_RUNS),
    Case("skip while one waits", [0], [], {OVERLAP: [0]}, active=ONE_WAITS),
    Case("queue while one runs", [0], [0], policy=QUEUE, active=ONE_RUNS),
    Case("queue while one waits", [0], [], {OVERLAP: [0]}, QUEUE, active=ONE_WAITS),
    Case("queue while both", [0], [], {OVERLAP: [0]}, QUEUE, active=ActiveRuns(1, 1)),
    Case("allow", [0], [0], policy=ALLOW, active=ActiveRuns(4, 4)),
    Case("missed before overlap", [9, 0], [], {MISSED: [9], OVERLAP: [0]}, active=ONE_RUNS),
    Case("paused", [9, 0], [], {PAUSED: [9, 0]}, pauses=[Pause(PAUSED, ago(20))]),
    Case("before the pause", [9, 0], [9], {PAUSED: [0]}, pauses=[Pause(PAUSED, ago(5))]),
    Case("at the pause", [9], [9], pauses=[Pause(PAUSED, ago(9))]),
    Case(
        "maintenance that is over",
        [30, 20, 10],
        [10],
        {MISSED: [30], Reason.MAINTENANCE: [20]},
        pauses=[Pause(Reason.MAINTENANCE, ago(25), ago(15))],
    ),
    Case(
        "paused counts before maintenance",
        [10],
        [],
        {PAUSED: [10]},
        pauses=[Pause(PAUSED, ago(60)), Pause(Reason.MAINTENANCE, ago(60))],
    ),
    Case("paused while one runs", [0], [], {PAUSED: [0]}, pauses=[Pause(PAUSED, ago(5))],
         active=ONE_RUNS),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_occurrences_are_decided_by_the_policies(case: Case) -> None:
    verdict = decide(
        [ago(minutes) for minutes in case.due],
        now=NOW,
        policy=case.policy,
        pauses=case.pauses,
        active=case.active,
    )
    assert verdict.run == [ago(minutes) for minutes in case.run]
    assert verdict.skipped == sorted(
        (ago(minutes), reason) for reason, group in case.skipped.items() for minutes in group
    )


MOMENTS = st.lists(st.integers(0, 900), unique=True).map(
    lambda minutes: [ago(minute) for minute in sorted(minutes, reverse=True)]
)
POLICIES = st.builds(
    Policy,
    missed=st.sampled_from(MissedPolicy),
    cap=st.integers(1, 5),
    within=st.integers(0, 500).map(lambda minutes: timedelta(minutes=minutes)),
    overlap=st.sampled_from(OverlapPolicy),
)
PAUSES = st.lists(
    st.builds(
        lambda since, length: Pause(
            Reason.MAINTENANCE, ago(since), None if length is None else ago(since - length)
        ),
        st.integers(0, 900),
        st.none() | st.integers(0, 300),
    ),
    max_size=2,
)


@given(MOMENTS, POLICIES, PAUSES, st.builds(ActiveRuns, st.integers(0, 2), st.integers(0, 2)))
def test_every_moment_gets_one_verdict(
    due: list[datetime], policy: Policy, pauses: list[Pause], active: ActiveRuns
) -> None:
    verdict = decide(due, now=NOW, policy=policy, pauses=pauses, active=active)
    assert sorted(verdict.run + [moment for moment, _ in verdict.skipped]) == due
    assert not any(pause.covers(moment) for pause in pauses for moment in verdict.run)
    assert len(verdict.run) <= (policy.cap if policy.missed == MissedPolicy.ALL else 1)
