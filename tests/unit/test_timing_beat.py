"""The beat goes on, whatever its functions or the clock do."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from auxiliares import AutomacaoError
from tests.waiting import wait_for
from timing.beat import Beat

ROOT = Path(__file__).resolve().parents[2]
SHOW = "from timing.pypi_schedule import Scheduler; print(Scheduler.__module__, Scheduler().jobs)"


class Clocks:
    """A wall clock that can be set beside a steady one."""

    def __init__(self) -> None:
        self.wall = 1000.0
        self.steady = 50.0

    def pass_s(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def _beaten(beat: Beat, calls: list[str]) -> bool:
    beat.run_pending()
    return bool(calls)


def test_function_is_called_after_its_interval() -> None:
    beat, calls = Beat(), []
    beat.every(1, lambda: calls.append("tick"), "tick")
    beat.run_pending()
    assert calls == []
    assert 0 < beat.idle_s() <= 1
    wait_for(lambda: _beaten(beat, calls), timeout_s=5, what="the tick")


def test_failing_function_stops_neither_the_beat_nor_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    beat, calls = Beat(), []

    def fail() -> None:
        calls.append("fail")
        raise ValueError("broken")

    beat.every(1, fail, "fail")
    wait_for(lambda: _beaten(beat, calls), timeout_s=5, what="the first call")
    calls.clear()
    wait_for(lambda: _beaten(beat, calls), timeout_s=5, what="the second call")
    assert "beat_failed" in caplog.text


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
def test_clock_jump_plans_everything_anew(jump_s: float, caplog: pytest.LogCaptureFixture) -> None:
    clocks, calls = Clocks(), []
    beat = Beat(wall_clock_s=lambda: clocks.wall, steady_clock_s=lambda: clocks.steady)
    beat.every(1, lambda: calls.append("tick"), "tick")
    clocks.pass_s(500)
    beat.run_pending()
    assert "clock_jumped" not in caplog.text
    clocks.wall += jump_s
    beat.run_pending()
    assert "clock_jumped" in caplog.text
    assert 0 < beat.idle_s() <= 1
    wait_for(lambda: _beaten(beat, calls), timeout_s=5, what="the tick after the jump")


class LibraryClock:
    """The clock of the library itself: its module's `datetime`, which can be set."""

    timedelta = dt.timedelta

    def __init__(self) -> None:
        self.local = dt.datetime(2024, 5, 5, 12)
        self.steady = 50.0
        self.datetime = self

    def now(self, _zone: object = None) -> dt.datetime:
        return self.local

    def wall_s(self) -> float:
        return self.local.replace(tzinfo=dt.UTC).timestamp()

    def pass_s(self, seconds: float, *, jump_s: float = 0) -> None:
        self.local += dt.timedelta(seconds=seconds + jump_s)
        self.steady += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> LibraryClock:
    clock = LibraryClock()
    monkeypatch.setattr(sys.modules["_pypi_schedule"], "datetime", clock)
    return clock


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0, -1.5, 86400.0])
def test_beat_keeps_its_pace_through_jumps_of_the_clock(clock: LibraryClock, jump_s: float) -> None:
    calls: list[float] = []
    beat = Beat(wall_clock_s=clock.wall_s, steady_clock_s=lambda: clock.steady)
    beat.every(5, lambda: calls.append(clock.steady), "five")
    for second in range(120):
        clock.pass_s(1, jump_s=jump_s if second == 62 else 0)
        beat.run_pending()
    gaps = [b - a for a, b in itertools.pairwise(calls)]
    assert max(gaps) <= 10
    assert len(calls) >= 22


def test_duty_that_goes_on_failing_is_told_once_and_then_every_half_minute(
    clock: LibraryClock, caplog: pytest.LogCaptureFixture
) -> None:
    beat = Beat(wall_clock_s=clock.wall_s, steady_clock_s=lambda: clock.steady)
    caplog.set_level(logging.INFO)
    is_away = True

    def need_database() -> None:
        if is_away:
            raise ConnectionError("the database is away")

    beat.every(1, need_database, "enqueue")
    beat.every(2, need_database, "sweep")
    for _ in range(100):
        clock.pass_s(1)
        beat.run_pending()
    events = [record.message for record in caplog.records if record.name == "timing.beat"]
    assert events.count("beat_failed") == 2
    assert 2 <= events.count("beat_still_fails") <= 4
    assert caplog.text.count("Traceback") == 2

    is_away = False
    clock.pass_s(2)
    beat.run_pending()
    events = [record.message for record in caplog.records if record.name == "timing.beat"]
    assert events.count("beat_recovered") == 2


def test_foreseen_fault_is_told_in_its_own_words(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise AutomacaoError("The metadata database does not answer.")

    beat = Beat()
    beat.every(60, fail, "fail")
    beat.run_now("fail")
    [record] = caplog.records
    assert record.__dict__["problem"] == "The metadata database does not answer."
    assert record.exc_info is None


def test_run_now_calls_at_once() -> None:
    beat, calls = Beat(), []
    beat.every(3600, lambda: calls.append("rare"), "rare")
    beat.run_now("rare")
    assert calls == ["rare"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", SHOW],
        ["-m", "timeit", "-n", "1", "-r", "1", SHOW],
        ["-P", "-c", f"import sys; sys.path.insert(0, '.'); {SHOW}"],
    ],
)
def test_library_is_loaded_however_python_is_started(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("_pypi_schedule []")
