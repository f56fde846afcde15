"""How often a key or a user asks: each has a bucket of requests that fills up by the minute."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import ClassVar

from auxiliares import AutomacaoError

KEYS_KEPT = 10_000
Owner = tuple[str, int]


class RateLimited(AutomacaoError):
    """The requests are used up; `retry_after_s` says when the next one is let in."""

    code: ClassVar[str] = "rate_limited"
    status: ClassVar[int] = 429

    def __init__(self, rate_per_minute: int, retry_after_s: int) -> None:
        super().__init__(
            f"Only {rate_per_minute} requests a minute are answered here. Try again in "
            f"{retry_after_s} second(s), or read more with each request."
        )
        self.retry_after_s = retry_after_s


class RateLimits:
    """Buckets in the memory of this process, by what and number: ("key", 7), ("user", 3)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[Owner, tuple[float, float]] = OrderedDict()

    def take(self, owner: Owner, rate_per_minute: int) -> None:
        """Count a request. Raises RateLimited."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.get(owner, (float(rate_per_minute), now))
            left = min(float(rate_per_minute), left + (now - since) * rate_per_minute / 60)
            is_free = left >= 1
            self._buckets[owner] = (left - 1 if is_free else left, now)
            self._buckets.move_to_end(owner)
            while len(self._buckets) > KEYS_KEPT:
                self._buckets.popitem(last=False)
        if not is_free:
            raise RateLimited(rate_per_minute, math.ceil((1 - left) * 60 / rate_per_minute))
