"""What a chaos run changes in a daemon it starts; the product has no switch for any of it.

`pace`: module constants of schedule.py, so that slow duties come round within a test.
`unfenced`: takes the fence away, for the twin that must find double publications.
`clock`: a file whose seconds are added to the wall clock the daemon's beat goes by.
"""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import ModuleType
from typing import Self


def apply(
    daemon: ModuleType,
    *,
    pace: Mapping[str, int] | None = None,
    unfenced: bool = False,
    clock: str | None = None,
) -> None:
    for name, value in (pace or {}).items():
        assert hasattr(daemon, name), f"schedule.py has no {name}"
        setattr(daemon, name, value)
    if unfenced:
        _take_the_fence_away()
    if clock is not None:
        _shift_the_clock(Path(clock))


def _take_the_fence_away() -> None:
    """Every transition touches the run whatever its attempt and state; so does publication."""
    from sqlalchemy import Update, update

    from models import Run
    from services import ledger, publication

    def unfenced(key: ledger.AttemptKey) -> Update:
        return update(Run).where(Run.run_id == key.run_id)

    def pass_always(*_: object) -> None:
        return None

    ledger.fenced = unfenced
    for fence in ("pass_fence", "check_fence"):
        assert hasattr(publication, fence), "the fence has moved"
        setattr(publication, fence, pass_always)


def _shift_the_clock(file: Path) -> None:
    """Without libfaketime: the clocks the process asks for, moved by what the file says."""
    import timing.beat
    from timing.pypi_schedule import Scheduler

    real_time: Callable[[], float] = time.time

    def shift_s() -> float:
        try:
            return float(file.read_text() or 0)
        except (FileNotFoundError, ValueError):
            return 0.0

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(seconds=shift_s())

    time.time = lambda: real_time() + shift_s()
    timing.beat.datetime = Shifted
    library = sys.modules[Scheduler.__module__]
    library.datetime = types.SimpleNamespace(**{**vars(library.datetime), "datetime": Shifted})
