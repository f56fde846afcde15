"""New rows of a source while they wait to be joined to those of the version before."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from auxiliares import AutomacaoError
from datafiles.durable import disk_fault, emptied, open_temporary, temporary_path
from datafiles.formats.form import FileForm
from datafiles.text_input import LineParser, Row, read_lines
from dialects.dialect import Dialect

BATCH_BYTES: Final = 1 << 17
_ENTRY_BYTES: Final = array("Q").itemsize

Lines = list[tuple[str, Row]]


class NewRows:
    """Takes the rows of a source into a temporary file; `examine` sees each batch of them.

    Use as a context manager: the files are gone afterwards. Raises DiskFull and the like, and
    what `examine` raises.
    """

    def __init__(self, beside: Path, dialect: Dialect, examine: Callable[[Lines], None]) -> None:
        self._path = temporary_path(beside)
        self._places = temporary_path(beside)
        # In the file the rows are as the source gave them, before encoding and line ends.
        self._dialect = replace(dialect, encoding="utf-8", line_end="lf", header=False)
        self._parser = LineParser(self._dialect)
        self._examine = examine
        self._skips_header = dialect.header
        self._pending = bytearray()
        self.rows_written = 0
        self.bytes_written = 0

    def __enter__(self) -> Self:
        try:
            self._file = open(open_temporary(self._path), "wb", buffering=0)  # noqa: PTH123
            self._ends = open(open_temporary(self._places), "wb")  # noqa: PTH123
        except OSError as exc:
            self._remove()
            raise disk_fault(exc, self._path.parent) from exc
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._ends.close()
        self._remove()

    def _remove(self) -> None:
        for path in (self._path, self._places):
            with suppress(OSError):
                path.unlink()

    def write(self, data: bytes) -> int:
        """Whole rows; the header first where the dialect has one."""
        self._pending += data
        if len(self._pending) >= BATCH_BYTES:
            self._flush()
        return len(data)

    def finish(self) -> None:
        """All rows have come."""
        self._flush()
        try:
            self._ends.flush()
        except OSError as exc:
            raise self._fault(exc) from exc

    def _flush(self) -> None:
        lines = self._parser.rows(self._pending.decode())
        self._pending.clear()
        if self._skips_header and lines:
            self._skips_header = False
            del lines[0]
        pieces = [line.encode() for line, _ in lines]
        ends, end = array("Q"), self.bytes_written
        for piece in pieces:
            end += len(piece)
            ends.append(end)
        try:
            data = memoryview(b"".join(pieces))
            while data:
                data = data[self._file.write(data) :]
            ends.tofile(self._ends)
        except OSError as exc:
            raise self._fault(exc) from exc
        self.bytes_written = end
        self._examine(lines)
        self.rows_written += len(lines)

    def _fault(self, exc: OSError) -> AutomacaoError:
        return disk_fault(exc, self._path.parent, removed_bytes=emptied(self._file, self._ends))

    def texts(self) -> Iterator[str]:
        """All rows in order, whole lines, many at a time."""
        return read_lines(self._path, FileForm(dialect=self._dialect))

    def lines(self) -> Iterator[Lines]:
        """All rows in order with their values, a batch at a time."""
        return map(self._parser.rows, self.texts())

    def picked(self) -> PickedRows:
        """Access by number; close it before this."""
        return PickedRows(self._path, self._places)


class PickedRows:
    """Single new rows, by number from 0; neither lines nor places are kept in memory."""

    def __init__(self, path: Path, places: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._places = places.open("rb", buffering=0)

    def line(self, number: int) -> bytes:
        begin, end = self._ends(number)
        self._file.seek(begin)
        return self._file.read(end - begin)

    def _ends(self, number: int) -> tuple[int, int]:
        """Those of the line before and of this one."""
        self._places.seek(max(0, number - 1) * _ENTRY_BYTES)
        ends = array("Q", self._places.read(2 * _ENTRY_BYTES))
        return (ends[0], ends[1]) if number else (0, ends[0])

    def close(self) -> None:
        self._places.close()
        self._file.close()
