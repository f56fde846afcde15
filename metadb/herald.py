"""Tells listeners what was committed, many things in one transaction of their own.

A transaction that says NOTIFY keeps every other that does from committing until its own commit is
on the disk. Where something is told of every run, that would be their rate.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

from auxiliares import AutomacaoError
from metadb.questions import Question

log = logging.getLogger(__name__)

GATHER_S: Final = 0.05
MOST_WAITING: Final = 10_000
TELL: Final = Question(
    "tell_listeners",
    "SELECT pg_notify(channel, payload) FROM unnest($1, $2) AS told (channel, payload)",
    ("text[]", "text[]"),
)
LEAVE_S: Final = 5.0

Tell = Callable[[Sequence[str], Sequence[str]], object]


class Herald:
    """`tell(channels, payloads)` does it; what it cannot tell is lost, as a listener may be."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._changed = threading.Condition()
        self._waiting: dict[tuple[str, str], None] = {}
        self._is_over = False
        self._thread: threading.Thread | None = None

    def announce(self, told: Sequence[tuple[str, str]]) -> None:
        """Tell listeners of each (channel, payload) in a moment, once where it is the same."""
        with self._changed:
            if self._is_over or len(self._waiting) > MOST_WAITING:
                return
            self._waiting.update(dict.fromkeys(told))
            if self._thread is None:
                # Not made before: a thread made before a fork cannot be relied on after it.
                self._thread = threading.Thread(target=self._run, name="herald", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Tell what waits, and end."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(LEAVE_S)

    def _run(self) -> None:
        while told := self._taken():
            channels, payloads = zip(*told, strict=True)
            try:
                self._tell(list(channels), list(payloads))
            except AutomacaoError as exc:
                log.debug("listeners_not_told", extra={"problem": exc.message})

    def _taken(self) -> list[tuple[str, str]]:
        """What waits, a moment after the first of it; nothing: it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._waiting)
            self._changed.wait_for(lambda: self._is_over, GATHER_S)
            told, self._waiting = list(self._waiting), {}
            return told
