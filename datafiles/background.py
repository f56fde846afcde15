"""Lets the thread that reads a source go on while another one writes the file.

A source may hand over one row at a time: rows are gathered in C, without a frame of Python for
each, and reach the writer in blocks.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self

from datafiles.formats.writers import FormatWriter

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
        self._pool = ThreadPoolExecutor(1, "file-writer")
        self._is_over = False
        self._gathered = io.BufferedWriter(Blocks(self._take), writer.block_bytes)
        # The method of C itself: one of this class would cost a frame for every row.
        self.write: Callable[[bytes], int] = self._gathered.write

    @property
    def rows_written(self) -> int:
        """What the writer has taken so far."""
        return self._writer.rows_written

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over = True
        self._pool.shutdown(cancel_futures=True)
        self._writer.close()
        self._gathered.close()

    def finish(self) -> None:
        """Everything is with the writer, and the writer has finished."""
        self._gathered.flush()
        self._waiting.append(self._pool.submit(self._writer.finish))
        self._await_all_but(0)

    def _take(self, block: bytes) -> None:
        if self._is_over:
            return
        self._waiting.append(self._pool.submit(self._writer.write, block))
        self._await_all_but(self._most_waiting)

    def _await_all_but(self, count: int) -> None:
        while len(self._waiting) > count:
            self._waiting.popleft().result()


class Blocks(io.RawIOBase):
    """Hands on what a BufferedWriter has gathered."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        data = bytes(block)
        self._take(data)
        return len(data)
