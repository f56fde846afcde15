"""Slows down guessing of passwords: so many failures per user and address, then a pause."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from auxiliares import AutomacaoError

LIMIT = 10
WINDOW_S = 15 * 60.0
KEYS_KEPT = 10_000


class TooManyAttempts(AutomacaoError):
    """Too many failed logins; `retry_after_s` says when the next one is looked at."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"Too many failed logins for this user from this address. Try again in "
            f"{-(-retry_after_s // 60)} minute(s)."
        )
        self.retry_after_s = retry_after_s


class LoginThrottle:
    """Failures in memory, per user name and address; other users and addresses are unaffected."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def check(self, username: str, address: str) -> None:
        """Raises TooManyAttempts when the pause is on."""
        with self._lock:
            failures = self._failures.get(_key(username, address))
            if failures is None:
                return
            now = self._clock()
            while failures and now - failures[0] >= WINDOW_S:
                failures.popleft()
            if len(failures) >= LIMIT:
                raise TooManyAttempts(max(1, round(failures[0] + WINDOW_S - now)))

    def failed(self, username: str, address: str) -> None:
        key = _key(username, address)
        with self._lock:
            self._failures.setdefault(key, deque(maxlen=LIMIT)).append(self._clock())
            self._failures.move_to_end(key)
            while len(self._failures) > KEYS_KEPT:
                self._failures.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        with self._lock:
            self._failures.pop(_key(username, address), None)


def _key(username: str, address: str) -> tuple[str, str]:
    return username.casefold()[:200], address
