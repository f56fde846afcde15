"""Short turns for threads that compute while another one reads from a source.

The interpreter lets a thread compute for five milliseconds before the next one gets its turn. A
thread that reads gives its own up at every packet, so while another encodes rows it takes a packet
in five milliseconds, and the source waits for it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURN_S: Final = 0.0005


class _Turns:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._usual_s = 0.0

    @contextmanager
    def short(self) -> Iterator[None]:
        """All threads of the process have them as long as one block is open."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._usual_s = sys.getswitchinterval()
                sys.setswitchinterval(min(TURN_S, self._usual_s))
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    sys.setswitchinterval(self._usual_s)


short_turns = _Turns().short
