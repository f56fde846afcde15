"""Sessions with PostgreSQL that a run left sound, kept for the next one of the same account.

A login costs more than a short query does, at both ends. Nothing is kept until a process asks for
it; what is kept has been emptied by the server (DISCARD ALL) and is closed after a moment.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import pq
from psycopg.pq.abc import PGconn

IDLE_S = 2.0
LOOK_EVERY_S = 0.5
# What a run sets for its transaction alone; the account is the same without it.
OF_THE_RUN = "application_name"
IDLE_NAME = "automacaosql idle"

Key = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Kept:
    pgconn: PGconn
    since: float


class Reserve:
    """Safe to use from several threads. `most`: how many sessions of one account are kept."""

    def __init__(self) -> None:
        self.most = 0
        self._lock = threading.Lock()
        self._kept: dict[Key, deque[_Kept]] = {}
        self._closer: threading.Thread | None = None

    @property
    def is_open(self) -> bool:
        return self.most > 0

    def take(self, parameters: Mapping[str, str]) -> PGconn | None:
        """A session for these libpq keywords that has not been closed by the server."""
        with self._lock:
            kept = self._kept.get(_key(parameters))
            while kept:
                found = kept.pop().pgconn
                if found.status == pq.ConnStatus.OK:
                    return found
        return None

    def give(self, parameters: Mapping[str, str], pgconn: PGconn) -> None:
        """Keep a session that is outside of any transaction and holds nothing of its run."""
        with self._lock:
            kept = self._kept.setdefault(_key(parameters), deque())
            if len(kept) < self.most:
                kept.append(_Kept(pgconn, time.monotonic()))
                if self._closer is None:
                    self._closer = threading.Thread(
                        target=self._close_idle, name="source-reserve", daemon=True
                    )
                    self._closer.start()
                return
        pgconn.finish()

    def _close_idle(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            with self._lock:
                late = self._taken_out(time.monotonic() - IDLE_S)
                if not self._kept:
                    self._closer = None
            for kept in late:
                kept.pgconn.finish()
            if self._closer is not threading.current_thread():
                return

    def _taken_out(self, kept_before: float) -> list[_Kept]:
        late = []
        for key, kept in list(self._kept.items()):
            while kept and kept[0].since < kept_before:
                late.append(kept.popleft())
            if not kept:
                del self._kept[key]
        return late


def _key(parameters: Mapping[str, str]) -> Key:
    return frozenset(item for item in parameters.items() if item[0] != OF_THE_RUN)


reserve = Reserve()


def keep_sessions(most: int) -> None:
    """From now on keep so many idle sessions of each account for a moment; 0: none."""
    reserve.most = most
