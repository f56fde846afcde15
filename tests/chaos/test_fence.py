"""Freezes aimed at the moment before publication: the fence refuses; without it, the check finds.

Random kills never come to this point, so the freezes are aimed and their refusals counted.
"""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.ground import Case, Ground
from tests.chaos.invariants import Findings

FREEZES = 3


def _freeze(case: Case, *, unfenced: bool) -> tuple[Findings, str]:
    """Freeze a daemon before it publishes, let another do its work, and wake it up."""
    case.make_due()
    once = case.data / "fired"
    victim = case.start(
        "victim",
        alter={"unfenced": unfenced},
        FAILPOINT="before_publish_commit:stop",
        FAILPOINT_ONCE=str(once),
    )
    case.wait(victim.is_frozen, "the victim to freeze")
    rescuer = case.start("rescuer")
    case.wait_for_rest()
    victim.send(signal.SIGCONT)
    case.wait(
        lambda: "publication_refused" in victim.output() or "run_succeeded" in victim.output(),
        "the woken victim to publish or to be refused",
    )
    findings = case.check()
    for child in (victim, rescuer):
        child.stop()
    return findings, victim.output()


def _freezes(ground: Ground, name: str, *, unfenced: bool) -> list[tuple[Findings, str]]:
    with ThreadPoolExecutor(FREEZES) as pool:
        cases = [ground.case(f"{name}-{n}") for n in range(FREEZES)]
        return list(pool.map(lambda case: _freeze(case, unfenced=unfenced), cases))


@pytest.mark.timeout(400)
def test_woken_worker_publishes_nothing(ground: Ground) -> None:
    outcomes = _freezes(ground, "fence", unfenced=False)
    assert [findings.violations for findings, _ in outcomes] == [[]] * FREEZES
    # The fence was put to the test each time
    assert sum("publication_refused" in output for _, output in outcomes) == FREEZES


@pytest.mark.timeout(400)
def test_without_the_fence_double_publications_are_found(ground: Ground) -> None:
    outcomes = _freezes(ground, "twin", unfenced=True)
    assert sum(findings.counts["published twice"] for findings, _ in outcomes) >= FREEZES
    for findings, _ in outcomes:
        assert any("was published 2 times" in sentence for sentence in findings.violations)
