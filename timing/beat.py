"""The daemon's beat: what is done every so many seconds, kept by the library `schedule`.

It is never the truth about anything: a beat that comes late, twice or not at all loses nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from auxiliares import AutomacaoError
from timing.pypi_schedule import Scheduler

log = logging.getLogger(__name__)

JUMP_S = 2.0
REMIND_S = 30.0


def _wall_clock_s() -> float:
    """The clock the library goes by: local time without a zone, as seconds."""
    return datetime.now().replace(tzinfo=UTC).timestamp()  # noqa: DTZ005 - the library's own clock


@dataclass(frozen=True, slots=True)
class _Stroke:
    seconds: int
    function: Callable[[], object]
    name: str


class Beat:
    """Calls functions at fixed intervals from the thread that calls `run_pending()`.

    A function that raises is logged and called again at its next turn; while it goes on failing
    there is one reminder in REMIND_S for all of them, not a line a second. The library counts on
    the local wall clock; when that jumps (set by hand, daylight saving time) everything is
    planned anew from the present moment.
    """

    def __init__(
        self,
        *,
        wall_clock_s: Callable[[], float] = _wall_clock_s,
        steady_clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall_clock_s = wall_clock_s
        self._steady_clock_s = steady_clock_s
        self._strokes: dict[str, _Stroke] = {}
        self._failures: dict[str, int] = {}
        self._told_at_s = 0.0
        self._scheduler = Scheduler()
        self._offset_s = self._offset()

    def every(self, seconds: int, function: Callable[[], object], name: str) -> None:
        """Call `function` every so many whole seconds, the first time after that long."""
        self._strokes[name] = _Stroke(seconds, function, name)
        self._plan(self._strokes[name])

    def run_pending(self) -> None:
        """Call what is due."""
        if abs(self._offset() - self._offset_s) > JUMP_S:
            log.warning("clock_jumped", extra={"by_s": round(self._offset() - self._offset_s)})
            self._plan_anew()
        self._scheduler.run_pending()

    def run_now(self, name: str) -> None:
        """Call one function at once, besides its turns."""
        self._call(self._strokes[name])

    def idle_s(self) -> float:
        """Seconds until something is due; 0 when it already is."""
        return max(0.0, self._scheduler.idle_seconds or 0.0)

    def _offset(self) -> float:
        return self._wall_clock_s() - self._steady_clock_s()

    def _plan_anew(self) -> None:
        self._offset_s = self._offset()
        self._scheduler.clear()
        for stroke in self._strokes.values():
            self._plan(stroke)

    def _plan(self, stroke: _Stroke) -> None:
        self._scheduler.every(stroke.seconds).seconds.do(lambda: self._call(stroke))

    def _call(self, stroke: _Stroke) -> None:
        try:
            stroke.function()
        # The daemon's loop: one failing duty must not stop the others.
        except Exception as exc:  # noqa: BLE001 - logged by _tell_failure
            self._tell_failure(stroke.name, exc)
        else:
            failures = self._failures.pop(stroke.name, 0)
            if failures:
                log.info("beat_recovered", extra={"duty": stroke.name, "failures": failures})

    def _tell_failure(self, name: str, exc: Exception) -> None:
        """The whole traceback once, for faults nobody foresaw; afterwards a reminder."""
        count = self._failures[name] = self._failures.get(name, 0) + 1
        now_s = self._steady_clock_s()
        if count == 1:
            unforeseen = None if isinstance(exc, AutomacaoError) else exc
            log.error("beat_failed", exc_info=unforeseen, extra={"duty": name, "problem": str(exc)})
        elif now_s - self._told_at_s >= REMIND_S:
            log.error("beat_still_fails", extra={"failures": dict(self._failures)})
        else:
            return
        self._told_at_s = now_s
