"""The beat goes on, whatever its functions or the clock do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
