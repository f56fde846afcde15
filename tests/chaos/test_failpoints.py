"""Every dangerous moment, three ways to harm it: killed, frozen past its lease, failing.

All cases run at once, each on a ledger of its own; the tests then look at one case each.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.chaos.ground import Case, Ground
from tests.chaos.invariants import Findings
from tests.chaos.nursery import ROOT

ACTIONS = ("kill", "stop", "error")
AT_ONCE = 8
PACKAGES = ("execution", "services", "datafiles", "timing", "metadb")


def failpoints() -> list[str]:
    """Every name the code of the product knows."""
    texts = [file.read_text() for name in PACKAGES for file in (ROOT / name).rglob("*.py")]
    return sorted({name for text in texts for name in re.findall(r'failpoint\("(\w+)"\)', text)})


MOMENTS = {
    "after_slot_insert",
    "after_claim",
    "before_first_heartbeat",
    "after_connect",
    "mid_fetch",
    "after_last_row",
    "after_fsync",
    "after_rename",
    "before_publish_commit",
    "after_publish_commit",
    "before_projection",
    "mid_cleanup",
}
# Of deliveries to other places, which come after the run; tests/integration/test_delivery_crash.py.
DELIVERIES = {"after_delivery_claim", "before_delivery_rename", "after_delivery"}
# Of messages about runs, which are sent at most once.
NOTIFICATIONS = {"after_notification"}
CASES = [(name, action) for name in sorted(MOMENTS) for action in ACTIONS]


@dataclass
class Outcome:
    """What became of a case."""

    fired: bool
    findings: Findings
    output: str


def play(case: Case, name: str, action: str) -> Outcome:
    """Harm the first daemon at the moment, bring a second, wait for rest, and check."""
    case.make_due()
    once = case.data / "fired"
    victim = case.start("victim", FAILPOINT=f"{name}:{action}", FAILPOINT_ONCE=str(once))
    case.wait(once.exists, f"{name}:{action} to fire")
    if action == "kill":
        case.wait(lambda: not victim.is_alive(), "the victim to die")
    if action == "stop":
        case.wait(victim.is_frozen, "the victim to freeze")
    rescuer = case.start("rescuer")
    case.wait_for_rest()
    if action == "stop":
        victim.send(signal.SIGCONT)
        case.wait(lambda: _beats_again(case, victim.pid), "the victim to wake up")
    findings = case.check()
    for child in (victim, rescuer):
        if child.is_alive():
            child.stop()
    return Outcome(once.exists(), findings, case.output())


def _beats_again(case: Case, pid: int) -> bool:
    """The woken daemon is a living worker by the ledger."""
    with closing(case.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            """select 1 from workers where pid = %s and stopped_at is null
               and heartbeat_at > clock_timestamp() - interval '2 s'""",
            (pid,),
        )
        return cursor.fetchone() is not None


@pytest.fixture(scope="module")
def outcomes(ground: Ground) -> Iterator[dict[tuple[str, str], Future[Outcome]]]:
    """All cases, under way."""
    cases = {key: ground.case("-".join(key)) for key in CASES}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {key: pool.submit(play, case, *key) for key, case in cases.items()}


def test_every_dangerous_moment_is_named_in_the_code() -> None:
    assert set(failpoints()) == MOMENTS | DELIVERIES | NOTIFICATIONS


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("name", "action"), CASES, ids=[f"{n}-{a}" for n, a in CASES])
def test_every_promise_holds_after(
    name: str, action: str, outcomes: dict[tuple[str, str], Future[Outcome]]
) -> None:
    outcome = outcomes[name, action].result()
    assert outcome.fired
    assert outcome.findings.violations == []
    assert outcome.findings.counts["slots"] >= 1
    if action != "error":
        # A lost worker costs no slot: its run is repeated until it is published
        assert outcome.findings.counts["publications"] >= 1, outcome.output[-3000:]
