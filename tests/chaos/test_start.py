"""A daemon whose line to the metadata database breaks while it starts waits and comes up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.chaos.ground import PACE, Case, Ground
from tests.chaos.nursery import Child
from tests.chaos_proxy import ChaosProxy

pytestmark = pytest.mark.timeout(400)

# Bytes of answers after which each line breaks: in the login, the look at the schema, the first
# transactions, the registration of the worker.
CUTS = (1, 400, 600, 800, 1_200, 2_000, 4_000)


def _start(case: Case, cut: int) -> tuple[int, str]:
    """Start through a line that is cut again and again, heal it; the faults and what was said."""
    address = case.metadata
    with ChaosProxy(f"{address.host}/.s.PGSQL.{address.port}") as line:
        case.way = replace(address, host="127.0.0.1", port=line.port)
        line.cut_after(cut)
        daemon = case.start("daemon")
        case.wait(lambda: line.faults >= 2 or not daemon.is_alive(), "the line to be cut")
        line.heal()
        case.wait(lambda: "daemon_started" in daemon.output(), "the daemon to come up")
        daemon.stop()
        return line.faults, daemon.output()


def test_daemon_survives_a_line_that_breaks_while_it_starts(ground: Ground) -> None:
    cases = [ground.case(f"start-{cut}") for cut in CUTS]
    with ThreadPoolExecutor(len(CUTS)) as pool:
        outcomes = list(pool.map(_start, cases, CUTS))
    assert all(faults for faults, _ in outcomes)
    for _, output in outcomes:
        assert "daemon_cannot_start" not in output
        assert "Traceback" not in output


def test_stop_ends_while_the_database_hangs(ground: Ground) -> None:
    """It keeps its lines and answers nothing; a second request to stop is not needed."""
    case = ground.case("stop-hanging")
    address = case.metadata
    with ChaosProxy(f"{address.host}/.s.PGSQL.{address.port}") as line:
        case.way = replace(address, host="127.0.0.1", port=line.port)
        daemon = case.start(
            "daemon",
            alter={"pace": {**PACE, "LEAVE_LIMIT_S": 2}},
            ASQL_SCHEDULER__STOP_GRACE_S="1",
        )
        case.wait(lambda: "daemon_started" in daemon.output(), "the daemon to come up")
        line.silence()
        case.wait(lambda: _waits_in_a_call(daemon), "its main thread to wait for an answer")
        daemon.stop(timeout_s=25)


def _waits_in_a_call(daemon: Child) -> bool:
    main = daemon.threads().rpartition("most recent call first")[2]
    return "watchdog.py" in main or "engine.py" in main
