"""The short form: every operation once, sent by two of the actors, and some raw requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import look_at_the_end
from tests.fuzz.attack import Attack
from tests.fuzz.ground import ACTORS, attacked
from tests.fuzz.tally import Tally

RAW = 24


@pytest.mark.slow
@pytest.mark.timeout(900)  # a machine ten times slower than this one
def test_security_fuzz_every_route_by_some_actors(reachable_folder: Path) -> None:
    tally = Tally(seed=7)
    with attacked(reachable_folder, is_whole=False) as ground:
        attack = Attack(ground, tally, limit=10**6, callers=2)
        attack.limit = attack.callers * len(attack.operations) + RAW
        attack.run(cases=1)
        look_at_the_end(ground, tally)
    assert tally.faults == {}, tally.as_text()
    # All of the document was asked for, and it let those in who may: it was no wall of refusals.
    assert len(tally.routes) == len(attack.operations)
    assert sum(n for (who, status), n in tally.statuses.items() if status < 300) > 30
    assert {who for who, _ in tally.statuses} == set(ACTORS)
