"""Which columns each consumer reads, gathered in memory until it is their turn to be written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from services.dataset_readers import ReadBy

WRITTEN_EVERY_S: Final = 60.0
MOST_CONSUMERS: Final = 10_000


@dataclass(slots=True)
class _Seen:
    """Columns of one consumer: those that were written last, and those that wait."""

    written_at: float = float("-inf")
    written: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)


class ColumnLog:
    """Gives each consumer out once a minute at most. Its caller holds a lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[ReadBy, _Seen] = {}

    @property
    def waits(self) -> bool:
        return any(seen.waiting for seen in self._seen.values())

    def note(self, by: ReadBy, columns: frozenset[str]) -> None:
        """Remember what is not written already; costs a look into a dictionary where it is."""
        seen = self._seen.get(by)
        if seen is None:
            if len(self._seen) >= MOST_CONSUMERS:
                return
            seen = self._seen[by] = _Seen()
        is_fresh = self._clock() < seen.written_at + WRITTEN_EVERY_S
        if columns <= seen.waiting or (is_fresh and columns <= seen.written):
            return
        seen.waiting |= columns

    def taken(self, *, at_once: bool = False) -> dict[ReadBy, set[str]]:
        """What is to be written now: of consumers that were not within the last minute, or
        `at_once` of all."""
        now = self._clock()
        found = {}
        for by, seen in list(self._seen.items()):
            is_due = now >= seen.written_at + WRITTEN_EVERY_S
            if seen.waiting and (is_due or at_once):
                found[by] = seen.waiting
                self._seen[by] = _Seen(now, seen.waiting)
            elif is_due and not seen.waiting:
                del self._seen[by]
        return found
