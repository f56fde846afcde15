"""Lines of a second connection that wait in a file beside until those of the first are written."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from datafiles.background import Blocks
from datafiles.durable import disk_fault, open_temporary, temporary_path
from dialects.text_output import Sink

BLOCK_BYTES: Final = 1 << 18


class WaitingLines:
    """Takes whole lines, and hands them on in blocks of whole lines.

    Use as a context manager: the file is gone afterwards. Raises DiskFull and the like. What is
    counted falls again as the lines are handed on.
    """

    def __init__(self, beside: Path) -> None:
        self._path = temporary_path(beside)
        self._sizes: list[int] = []
        self._is_over = False
        self.rows_written = 0
        self.bytes_written = 0

    def __enter__(self) -> Self:
        try:
            self._file = open(open_temporary(self._path), "wb", buffering=0)  # noqa: PTH123
        except OSError as exc:
            raise disk_fault(exc, self._path.parent) from exc
        self._gathered = io.BufferedWriter(Blocks(self._take), BLOCK_BYTES)
        # The method of C itself: it is called once per row.
        self.write: Callable[[bytes], int] = self._gathered.write
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over = True
        self._gathered.close()
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._path.unlink()

    def pour_into(self, sink: Sink) -> None:
        """All lines in order; nothing comes any more."""
        self._gathered.flush()
        with self._path.open("rb") as file:
            for size in self._sizes:
                block = file.read(size)
                sink.write(block)
                self.rows_written -= block.count(b"\n")
                self.bytes_written -= size

    def _take(self, block: bytes) -> None:
        if self._is_over:
            return
        try:
            rest = memoryview(block)
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as exc:
            raise disk_fault(exc, self._path.parent, removed_bytes=self.bytes_written) from exc
        self._sizes.append(len(block))
        self.rows_written += block.count(b"\n")
        self.bytes_written += len(block)
