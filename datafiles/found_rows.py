"""Rows by their numbers: kept in a list that may be long, read from the dataset's file in order."""

from __future__ import annotations

import os
import sys
import tempfile
from array import array
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import BinaryIO, Final, Self

from datafiles.companions import Companion
from datafiles.reading import RowEncoder, opened
from datafiles.records import Batch, split_records

BATCH_ROWS: Final = 1000
FETCH_ROWS: Final = 20_000
BATCH_BYTES: Final = 1 << 20
# What lies between two rows is read along when it is no more than this: one call instead of two.
GAP_BYTES: Final = 4096
IN_MEMORY_BYTES: Final = 1 << 20
_ROW_BYTES: Final = array("Q").itemsize

_Place = tuple[int, int, int]


class FoundRows:
    """The numbers of the rows that were found, in order; many of them wait on the disk."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115
        self.count = 0

    @classmethod
    def of_range(cls, begin: int, end: int) -> Self:
        """The rows from `begin` to before `end`."""
        found = cls()
        for start in range(begin, end, FETCH_ROWS):
            found.add(range(start, min(end, start + FETCH_ROWS)))
        return found

    def add(self, rows: Sequence[int]) -> None:
        self.add_packed(array("Q", rows).tobytes())

    def add_packed(self, rows: bytes | memoryview) -> None:
        """Numbers of eight bytes each, in the machine's order."""
        self._file.write(rows)
        self.count += len(rows) // _ROW_BYTES

    def cut(self, limit: int) -> int | None:
        """Keep the first `limit` rows; the number of the last of them if more were there."""
        if not 0 < limit < self.count:
            return None
        self._file.seek((limit - 1) * _ROW_BYTES)
        last = array("Q", self._file.read(_ROW_BYTES))[0]
        self.count = limit
        return last

    def batches(self) -> Iterator[array[int]]:
        self._file.seek(0)
        left = self.count
        while left:
            rows = array("Q", self._file.read(min(left, BATCH_ROWS) * _ROW_BYTES))
            yield rows
            left -= len(rows)

    def close(self) -> None:
        self._file.close()


def found_batches(companion: Companion, found: FoundRows) -> Generator[Batch, None, None]:
    """The records of these rows as they stand in the companion's file; closes `found`.

    Files are opened before this returns.
    """
    batches = _batches(companion, found)
    next(batches)
    return batches


def read_found(
    companion: Companion, found: FoundRows, columns: Sequence[int] | None = None
) -> Generator[bytes, None, None]:
    """The rows as a JSON array of objects, as `read_rows` writes them; closes `found`.

    `columns`: which, by position and in which order; None: all. Files are opened before this
    returns.
    """
    batches = found_batches(companion, found)
    return _encoded(batches, RowEncoder.of_manifest(companion.file.columns, columns))


def _encoded(
    batches: Generator[Batch, None, None], encode: RowEncoder
) -> Generator[bytes, None, None]:
    with closing(batches):
        separator = b"["
        for batch in batches:
            yield separator + encode(batch)
            separator = b","
        yield b"]\n" if separator == b"," else b"[]\n"


def _batches(companion: Companion, found: FoundRows) -> Generator[Batch, None, None]:
    file = companion.file
    with closing(found), ExitStack() as stack:
        parts = [stack.enter_context(opened(part)) for part in file.parts]
        yield Batch([], has_quotes=False)
        for lines in _lines(companion, parts, found):
            text = lines.decode()
            records, _ = split_records(text, file.delimiter, is_ours=True)
            yield Batch(records, '"' in text)


def _lines(companion: Companion, parts: Sequence[BinaryIO], found: FoundRows) -> Iterator[bytes]:
    """The lines of the found rows, some at a time."""
    for rows in found.batches():
        lines = bytearray()
        for places in _spans(companion, rows):
            lines += _joined(parts[places[0][0]], places)
            if len(lines) >= BATCH_BYTES:
                yield bytes(lines)
                lines.clear()
        if lines:
            yield bytes(lines)


def _spans(companion: Companion, rows: Sequence[int]) -> Iterator[list[_Place]]:
    """Part, begin and end of these rows; rows in order that lie near each other come together."""
    span: list[_Place] = []
    place = companion.place
    for row in rows:
        part, begin, end = found = place(row)
        if span:
            last_part, _, last_end = span[-1]
            is_near = part == last_part and last_end <= begin <= last_end + GAP_BYTES
            if not is_near or end - span[0][1] > BATCH_BYTES:
                yield span
                span = []
        span.append(found)
    if span:
        yield span


def _joined(file: BinaryIO, places: Sequence[_Place]) -> bytes:
    """The lines at these places of one file, each with its line end; one read for all."""
    first = places[0][1]
    data = _read_at(file, first, places[-1][2] - first)
    if sum([end - begin for _, begin, end in places]) == len(data):
        lines = data
    else:
        lines = b"".join([data[begin - first : end - first] for _, begin, end in places])
    return lines if lines.endswith(b"\n") else lines + b"\n"


if sys.platform != "win32":

    def _read_at(file: BinaryIO, place: int, size: int) -> bytes:
        return os.pread(file.fileno(), size, place)

else:

    def _read_at(file: BinaryIO, place: int, size: int) -> bytes:
        file.seek(place)
        return file.read(size)
