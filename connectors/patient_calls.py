"""Calls of a driver that may never return, bounded by the limits of their session."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from typing import Any, TypeVar

from connectors.limits import Limits

T = TypeVar("T")

POLL_S = 0.2
STOP_GRACE_S = 10.0  # between asking the server to stop and leaving the call to itself


class CallAbandoned(Exception):
    """The call did not return although its session had to stop."""


class PatientCalls:
    """Runs one call after another in a thread of its own.

    Whoever asks waits for the answer; once the limits of the session are reached it waits no
    longer than the grace period. The thread then stays with the call until the line is dead.
    """

    def __init__(self, limits: Limits, foreseen: tuple[type[Exception], ...]) -> None:
        """`foreseen`: what a call may raise; it is handed on."""
        self._limits = limits
        self._foreseen = foreseen
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None]
        self._calls = queue.SimpleQueue()
        self._last: Future[Any] | None = None
        self._thread = threading.Thread(target=self._serve, name="source-calls", daemon=True)
        self._thread.start()
        self.is_abandoned = False

    @property
    def is_busy(self) -> bool:
        """True while the call that was begun last has not ended."""
        return self._last is not None and not self._last.done()

    def run(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises. Raises CallAbandoned."""
        return self.result(self.begin(call))

    def begin(self, call: Callable[[], T]) -> Future[T]:
        """The call, made when those before it have ended; `result` waits for it."""
        outcome: Future[T] = Future()
        self._last = outcome
        self._calls.put((call, outcome))
        return outcome

    def result(self, outcome: Future[T]) -> T:
        """What the call returned or raised. Raises CallAbandoned."""
        if self.is_abandoned:
            raise CallAbandoned
        give_up_at: float | None = None
        while True:
            try:
                return outcome.result(POLL_S)
            except WaitedTooLong:
                if outcome.done():  # in this moment, or by a time-out of its own
                    return outcome.result()
            if not self._limits.is_reached:
                continue
            now = time.monotonic()
            give_up_at = give_up_at or now + STOP_GRACE_S
            if now >= give_up_at:
                self.is_abandoned = True
                raise CallAbandoned

    def end(self, last: Callable[[], object], *, wait_s: float) -> None:
        """Make a last call, now or when the abandoned one returns, and let the thread go."""
        outcome: Future[object] = Future()
        self._calls.put((last, outcome))
        self._calls.put(None)
        if not self.is_abandoned:
            self._thread.join(wait_s)
        self.is_abandoned = True

    def _serve(self) -> None:
        while (asked := self._calls.get()) is not None:
            call, outcome = asked
            try:
                result = call()
            except self._foreseen as exc:
                outcome.set_exception(exc)
            else:
                outcome.set_result(result)
            finally:
                if not outcome.done():  # a fault of the program: nobody shall wait for it
                    self.is_abandoned = True
                    outcome.set_exception(CallAbandoned())
