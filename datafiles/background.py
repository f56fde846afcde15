"""Lets the threads that read a source go on while another one writes the file."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from datafiles.formats.writers import FormatWriter
from datafiles.gathering import Gatherer
from dialects.native_rows import RowBlock

if TYPE_CHECKING:
    import pyarrow as pa

# What waits between the threads at most, besides the block that is being written.
WAITING_BYTES: Final = 1 << 20


class BackgroundWriter:
    """Hands what it is given to `writer` in a thread of its own, in blocks of whole writes.

    Use as a context manager: leaving it without `finish` drops what was not written yet. What the
    writer raises is raised by a later `write` or by `finish`.
    """

    def __init__(self, writer: FormatWriter) -> None:
        self._writer = writer
        self._most_waiting = max(1, WAITING_BYTES // writer.block_bytes)
        self._waiting: deque[Future[object]] = deque()
        self._pool: ThreadPoolExecutor | None = None
        self._is_last = False
        self._is_over = False
        self._taking = threading.Lock()
        self._gatherers: list[Gatherer] = []
        # The method of C itself: one of this class would cost a frame for every row.
        self.write: Callable[[bytes], object] = self.another().write

    @property
    def rows_written(self) -> int:
        """What the writer has taken so far."""
        return self._writer.rows_written

    def another(self) -> Gatherer:
        """For one more thread: its blocks of rows come between those of the others."""
        gatherer = self._writer.gatherer(self._take, sharers=len(self._gatherers) + 1)
        self._gatherers.append(gatherer)
        return gatherer

    def flush(self) -> None:
        """What was gathered comes before everything that is gathered from now on."""
        for gatherer in self._gatherers:
            gatherer.flush()

    @property
    def block_bytes(self) -> int:
        """How much is best given to `write_rows` at a time: all who do share it."""
        return self._writer.block_bytes // len(self._gatherers)

    def write_rows(self, block: RowBlock) -> None:
        """Hand on a block of binary rows, where the writer takes such."""
        self._take(block)

    @property
    def table_schema(self) -> pa.Schema | None:
        """Of the tables that may be written instead of lines."""
        return self._writer.tables.schema if self._writer.tables else None

    def write_table(self, table: pa.Table) -> None:
        """Hand on rows of `table_schema`."""
        tables = self._writer.tables
        assert tables is not None
        self._hand_on(partial(tables.write_table, table), waiting=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over = True
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._writer.close()
        for gatherer in self._gatherers:
            gatherer.close()

    def finish(self) -> None:
        """Everything is with the writer, and the writer has finished.

        What fits into one block needs no other thread.
        """
        self._is_last = self._pool is None
        self.flush()
        if self._pool is None:
            self._writer.finish()
            return
        self._waiting.append(self._pool.submit(self._writer.finish))
        self._await_all_but(0)

    def _take(self, block: Any) -> None:
        """Prepare the block here, and hand on what is to be written of it."""
        prepared = self._writer.prepare(block)
        self._hand_on(partial(self._writer.write, prepared), waiting=self._most_waiting)

    def _hand_on(self, write: Callable[[], object], *, waiting: int) -> None:
        with self._taking:
            if self._is_over:
                return
            if self._is_last:
                write()
                return
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, "file-writer")
            self._waiting.append(self._pool.submit(write))
            self._await_all_but(waiting)

    def _await_all_but(self, count: int) -> None:
        while len(self._waiting) > count:
            self._waiting.popleft().result()
