"""How often a key reads: each has a bucket of requests that fills up again by the minute."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import ClassVar

from auxiliares import AutomacaoError

KEYS_KEPT = 10_000


class RateLimited(AutomacaoError):
    """The key has used up its requests; `retry_after_s` says when the next one is let in."""

    code: ClassVar[str] = "rate_limited"
    status: ClassVar[int] = 429

    def __init__(self, rate_per_minute: int, retry_after_s: int) -> None:
        super().__init__(
            f"This key may send {rate_per_minute} requests a minute. Try again in "
            f"{retry_after_s} second(s), or read more rows with each request."
        )
        self.retry_after_s = retry_after_s


class RateLimits:
    """Buckets in the memory of this process, by number of the key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def take(self, api_key_id: int, rate_per_minute: int) -> None:
        """Count a request. Raises RateLimited."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.get(api_key_id, (float(rate_per_minute), now))
            left = min(float(rate_per_minute), left + (now - since) * rate_per_minute / 60)
            is_free = left >= 1
            self._buckets[api_key_id] = (left - 1 if is_free else left, now)
            self._buckets.move_to_end(api_key_id)
            while len(self._buckets) > KEYS_KEPT:
                self._buckets.popitem(last=False)
        if not is_free:
            raise RateLimited(rate_per_minute, math.ceil((1 - left) * 60 / rate_per_minute))
