"""One result as several files: by month of a column, or so many rows each."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Protocol, Self

from auxiliares import AutomacaoError
from datafiles.dated_rows import DatedRows
from datafiles.durable import disk_fault
from datafiles.formats.writers import FormatWriter
from datafiles.new_rows import BATCH_BYTES, Lines
from datafiles.row_days import DayReader
from datafiles.text_input import LineParser
from datafiles.version_writer import VersionWriter, WrittenFile
from dialects.dialect import Dialect

MAX_PARTS: Final = 400


class TooManyParts(AutomacaoError):
    """The result would become more files than anybody can use."""

    code: ClassVar[str] = "too_many_parts"
    status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a version; `key` says what it holds: `2024-03`, or its number."""

    key: str
    file: WrittenFile
    rows: int


class PartKeys(Protocol):
    """Says which part each row belongs to."""

    def keys(self, lines: Lines) -> list[str]: ...

    def check(self) -> None:
        """All rows have been seen: raise what is wrong with them together."""
        ...


class MonthKeys:
    """The month of a row's day, as `2024-03`; `dated` examines the rows too.

    Raises DateColumnInvalid.
    """

    def __init__(self, days: DayReader, dated: DatedRows | None) -> None:
        self._days = days
        self._dated = dated
        self._seen = 0

    def check(self) -> None:
        """Raises RowsBeforeWindow."""
        if self._dated is not None:
            self._dated.check()

    def keys(self, lines: Lines) -> list[str]:
        if self._dated is not None:
            self._dated.examine(lines)
        day, first = self._days.day, self._seen + 1
        self._seen += len(lines)
        return [day(row, n).isoformat()[:7] for n, (_, row) in enumerate(lines, start=first)]


class RowKeys:
    """`001` for the first `size` rows, then `002`."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen = 0

    def check(self) -> None:
        """Nothing can be wrong."""

    def keys(self, lines: Lines) -> list[str]:
        first = self._seen
        self._seen += len(lines)
        return [f"{n // self._size + 1:03d}" for n in range(first, first + len(lines))]


class PartFiles:
    """Takes the lines of a source apart into one file for each key; all appear, or none.

    `open_part` gives the version's path of a part and the writer into it. Use as a context
    manager. Parts end in the order of their keys; a part that is full is closed at once.
    """

    def __init__(
        self,
        part_keys: PartKeys,
        dialect: Dialect,
        header: bytes,
        *,
        path_of: Callable[[str], Path],
        open_writer: Callable[[VersionWriter, str], FormatWriter],
        keeps_order: bool,
    ) -> None:
        """`keeps_order`: a new key means that the part before it is complete."""
        self._part_keys = part_keys
        self._parser = LineParser(dialect)
        self._skips_header = dialect.header
        self._header = header
        self._path_of = path_of
        self._open_writer = open_writer
        self._keeps_order = keeps_order
        self._pending = bytearray()
        self._open: dict[str, tuple[VersionWriter, FormatWriter]] = {}
        self._rows: Counter[str] = Counter()
        self._files = ExitStack()
        self._done: list[Part] = []
        self._is_complete = False
        self._bytes_done = 0
        self.rows_written = 0

    @property
    def bytes_written(self) -> int:
        return self._bytes_done + sum(file.bytes_written for file, _ in [*self._open.values()])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _, writer in self._open.values():
            writer.close()
        self._files.close()
        if not self._is_complete:
            remove_parts(self._done)

    def write(self, data: bytes) -> int:
        """Whole rows; the header first where the dialect has one."""
        self._pending += data
        if len(self._pending) >= BATCH_BYTES:
            self._flush()
        return len(data)

    def finish(self) -> None:
        """All rows have come."""
        self._flush()
        self._part_keys.check()

    def commit(self) -> list[Part]:
        """Every part, whole and durable, in the order of the keys; none without rows."""
        for key in sorted(self._open):
            self._end(key)
        self._is_complete = True
        return sorted(self._done, key=lambda part: part.key)

    def _flush(self) -> None:
        lines = self._parser.rows(self._pending.decode())
        self._pending.clear()
        if self._skips_header and lines:
            self._skips_header = False
            del lines[0]
        batches: dict[str, list[str]] = {}
        for key, (line, _) in zip(self._part_keys.keys(lines), lines, strict=True):
            batches.setdefault(key, []).append(line)
        for key, texts in batches.items():
            self._writer(key).write("".join(texts).encode())
            self._rows[key] += len(texts)
        self.rows_written += len(lines)

    def _writer(self, key: str) -> FormatWriter:
        found = self._open.get(key)
        if found is not None:
            return found[1]
        if self._keeps_order:
            for before in list(self._open):
                self._end(before)
        if len(self._open) + len(self._done) >= MAX_PARTS:
            raise TooManyParts(
                f"The result would become more than {MAX_PARTS} files. Take more rows for each "
                "file, or read fewer months at a time."
            )
        file = self._files.enter_context(VersionWriter(self._path_of(key)))
        writer = self._open_writer(file, key)
        if self._header:
            writer.write(self._header)
        self._open[key] = file, writer
        return writer

    def _end(self, key: str) -> None:
        file, writer = self._open.pop(key)
        writer.finish()
        writer.close()
        written = file.commit()
        self._bytes_done += written.size_bytes
        self._done.append(Part(key, written, self._rows[key]))


def remove_parts(parts: Sequence[Part]) -> None:
    """Throw away files that nobody may read."""
    for part in parts:
        with suppress(OSError):
            part.file.path.unlink()


def taken_over(source: Path, path: Path) -> Path:
    """A part of an earlier version under a name of the new one, so that each owns its files.

    Raises DiskFull and the like.
    """
    try:
        with suppress(OSError):
            os.link(source, path)
            return path
        shutil.copy2(source, path)
    except OSError as exc:
        raise disk_fault(exc, path.parent) from exc
    return path


def hash_of_parts(hashes: Sequence[str]) -> str:
    """One hash for a version of several files: of their hashes, in order."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()
