"""How much of the server one person or key may hold at a time: the rest is left to others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar

from auxiliares import AutomacaoError

RETRY_AFTER_S = 3


class Held(StrEnum):
    """What keeps a thread of the server for longer than a moment."""

    STREAM = "live streams"
    DOWNLOAD = "large answers"
    QUESTION = "questions to other servers"


class TooManyAtOnce(AutomacaoError):
    """Whoever asks holds as many of the server's threads as one may."""

    code: ClassVar[str] = "too_many_at_once"
    status: ClassVar[int] = 429
    retry_after_s: ClassVar[int] = RETRY_AFTER_S


class Shares:
    """Counts what is under way in this process, by kind and by who asked for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: Counter[tuple[str, str]] = Counter()

    def take(self, what: Held, who: str, limit: int) -> Callable[[], None]:
        """Begin one and return what ends it, to be called once. Raises TooManyAtOnce."""
        key = (what, who)
        with self._lock:
            if self._held[key] >= limit:
                raise TooManyAtOnce(
                    f"You have {limit} {what} under way, as many as one may at a time. Wait for "
                    "one to end, and try again."
                )
            self._held[key] += 1
        return lambda: self._give_back(key)

    def _give_back(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._held[key] -= 1
            if self._held[key] <= 0:
                del self._held[key]
