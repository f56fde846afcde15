"""A daemon whose line to the metadata database breaks while it starts waits and comes up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.chaos.ground import Case, Ground
from tests.chaos_proxy import ChaosProxy

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
