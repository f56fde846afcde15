"""How much of each table has arrived at the target, counted while it arrives.

Bytes are counted on their way; rows are known when a COPY ends, and before that to whoever asks the
target (`transfer.following`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Meter:
    """What has arrived of one table; read by other threads.

    `rows_expected`: what the statistics of the source let expect; None: nothing is known.
    """

    rows_expected: int | None = None
    _rows: int = 0
    _bytes: int = 0
    _under_way: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def rows_written(self) -> int:
        with self._lock:
            return self._rows + sum(self._under_way.values())

    @property
    def bytes_written(self) -> int:
        with self._lock:
            return self._bytes

    @property
    def under_way(self) -> list[int]:
        """The sessions at the target that are taking rows at this moment."""
        with self._lock:
            return list(self._under_way)

    def add(self, *, size_bytes: int) -> None:
        """So many bytes more. May raise, to stop the COPY that brings them."""
        with self._lock:
            self._bytes += size_bytes

    def begin(self, pid: int) -> None:
        """The session of this number begins to take rows."""
        with self._lock:
            self._under_way[pid] = 0

    def saw(self, pid: int, rows: int) -> None:
        """It has taken so many by now."""
        with self._lock:
            if pid in self._under_way:
                self._under_way[pid] = rows

    def end(self, pid: int, rows: int) -> None:
        """It has ended, with so many in all."""
        with self._lock:
            del self._under_way[pid]
            self._rows += rows


@dataclass
class RunMeter:
    """What has arrived of all tables of a run, by their positions in it."""

    _rows: int = 0
    _bytes: int = 0
    _tables: dict[int, Meter] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def rows_written(self) -> int:
        with self._lock:
            return self._rows + sum(each.rows_written for each in self._tables.values())

    @property
    def bytes_written(self) -> int:
        with self._lock:
            return self._bytes + sum(each.bytes_written for each in self._tables.values())

    def tables(self) -> dict[int, Meter]:
        """Those that are being moved at this moment."""
        with self._lock:
            return dict(self._tables)

    @contextmanager
    def counting(self, position: int) -> Iterator[Meter]:
        """A meter for this table, which is being moved meanwhile."""
        meter = Meter()
        with self._lock:
            self._tables[position] = meter
        try:
            yield meter
        finally:
            with self._lock:
                del self._tables[position]
                self._rows += meter.rows_written
                self._bytes += meter.bytes_written
