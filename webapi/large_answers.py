"""How many large answers are under way: each keeps a thread for as long as its reader takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar

from auxiliares import AutomacaoError

# What is smaller leaves its thread at once: the server keeps it for the reader.
LARGE_BYTES = 4 * 1024 * 1024
RETRY_AFTER_S = 5


class TooManyReaders(AutomacaoError):
    """Every thread for large answers is taken by a reader that has not finished."""

    code: ClassVar[str] = "server_busy"
    status: ClassVar[int] = 503
    retry_after_s: ClassVar[int] = RETRY_AFTER_S


class LargeAnswers:
    """Counts them, so that readers who are slow or never read leave threads for everybody else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, limit: int) -> Callable[[], None]:
        """Begin one and return what ends it, to be called once. Raises TooManyReaders."""
        with self._lock:
            if self._taken >= limit:
                raise TooManyReaders(
                    f"{self._taken} large datasets are being read at once. Try again in a few "
                    "seconds, or ask for fewer rows with limit."
                )
            self._taken += 1
        return self._give_back

    def _give_back(self) -> None:
        with self._lock:
            self._taken -= 1
