"""A machine whose clock differs from the database's is found with its heartbeat, and named."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

import pytest

from execution.context import ActiveRuns
from execution.pulse import Pulse
from metadb.engine import DatabaseAddress, unit_of_work
from models import Worker
from services import health, workers
from services.clock import CLOCK_LIMIT_S, clock_ahead_s
from tests.waiting import wait_for


@pytest.fixture
def worker_id(metadata_db: DatabaseAddress) -> int:
    with unit_of_work() as session:
        return workers.register(
            session, name="w", host="h", pid=1, is_scheduler=True, concurrency=1
        ).worker_id


def _shift(monkeypatch: pytest.MonkeyPatch, by_s: float) -> None:
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + by_s)


def _measured(worker_id: int) -> float | None:
    with unit_of_work() as session:
        return session.get_one(Worker, worker_id).clock_ahead_s


def test_shifted_clock_is_found_told_and_named(
    worker_id: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _shift(monkeypatch, 90)
    caplog.set_level(logging.INFO, "execution.pulse")
    pulse = Pulse(
        ActiveRuns(),
        worker_id=lambda: worker_id,
        rejoin=lambda: None,
        heartbeat_s=0.05,
        lost_after=timedelta(seconds=600),
        max_attempts=3,
    )
    pulse.start()
    try:
        wait_for(lambda: _measured(worker_id), timeout_s=60, what="the clock to be measured")
        found = _measured(worker_id)
        assert found is not None
        # An answer tells the clock by half the time it took at worst, which is at most two seconds
        assert abs(found - 90) < 2
        wait_for(lambda: "clock_differs" in caplog.messages, timeout_s=60, what="the line about it")
        monkeypatch.undo()
        wait_for(lambda: "clock_agrees" in caplog.messages, timeout_s=60, what="the clock to agree")
    finally:
        pulse.stop()
    assert caplog.messages.count("clock_differs") == 1


@pytest.mark.parametrize(
    ("ahead_s", "said"), [(7.5, "7.5 s ahead of"), (-90.0, "90.0 s behind"), (5.0, None)]
)
def test_warning_names_worker_distance_and_what_to_do(
    worker_id: int, ahead_s: float, said: str | None
) -> None:
    with unit_of_work() as session:
        assert workers.beat(session, worker_id, clock_ahead_s=ahead_s)
    with unit_of_work() as session:
        # A heartbeat that measured nothing leaves what is known
        assert workers.beat(session, worker_id)
        (found,) = health.check_readiness(session).workers
    assert found.clock_ahead_s == ahead_s
    warning = found.clock_warning
    assert (warning is None) == (said is None)
    if warning is not None and said is not None:
        assert said in warning
        assert found.name in warning
        assert f"{CLOCK_LIMIT_S:g} s" in warning
        assert "timedatectl" in warning


def test_answer_that_took_too_long_tells_nothing(metadata_db: DatabaseAddress) -> None:
    clock = iter((100.0, 103.0))
    with unit_of_work() as session:
        assert clock_ahead_s(session, lambda: next(clock)) is None
