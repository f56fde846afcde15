"""New rows in the place of old ones with the same key; the keys wait in an engine that spills."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

import duckdb
import pyarrow as pa

from auxiliares import AutomacaoError
from datafiles.manifest import ManifestColumn
from datafiles.merging import OldLines, RowsBefore
from datafiles.new_rows import Lines, NewRows, PickedRows
from datafiles.text_input import Row
from dialects.dialect import Dialect
from dialects.text_output import Sink

KEY_MEMORY: Final = "256MB"
FETCH_ROWS: Final = 20_000
FOLDER_PREFIX: Final = ".merge-"
ABANDONED_AFTER_S: Final = 86_400


class KeyNotUnique(AutomacaoError):
    """Several new rows have the same key."""

    code: ClassVar[str] = "key_not_unique"
    status: ClassVar[int] = 422


class KeyColumnUnknown(AutomacaoError):
    """A column of the key is not in the result."""

    code: ClassVar[str] = "key_column_unknown"
    status: ClassVar[int] = 422


class KeyedRows:
    """The keys of new and old rows, in an engine that spills to `beside`'s folder.

    Use as a context manager. NULL is a value like any other here.
    """

    def __init__(
        self, columns: Sequence[ManifestColumn], names: Sequence[str], beside: Path
    ) -> None:
        """Raises KeyColumnUnknown."""
        self.columns = columns
        self.places = [_key_place(columns, name) for name in names]
        self._names = [columns[place].name for place in self.places]
        self._beside = beside
        self._counts = {"new_keys": 0, "old_keys": 0}

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(
            prefix=FOLDER_PREFIX, dir=self._beside.parent, ignore_cleanup_errors=True
        )
        self._engine = duckdb.connect(
            config={
                "memory_limit": KEY_MEMORY,
                "threads": 2,
                "temp_directory": self._folder.name,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self._engine.execute("SET enable_external_access = false")
        for table in self._counts:
            self._engine.execute(f"CREATE TABLE {table} (n BIGINT, key VARCHAR)")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.close()
        self._folder.cleanup()

    def examine(self, lines: Lines) -> None:
        """New rows."""
        self._add("new_keys", [_key_of(row, self.places) for _, row in lines])

    def add_old(self, lines: Lines, places: Sequence[int]) -> None:
        self._add("old_keys", [_key_of(row, places) for _, row in lines])

    def _add(self, table: str, keys: list[str]) -> None:
        if not keys:
            return
        first = self._counts[table]
        self._counts[table] += len(keys)
        batch = pa.table({"n": pa.array(range(first, first + len(keys)), pa.int64()), "key": keys})
        self._engine.register("batch", batch)
        self._engine.execute(f"INSERT INTO {table} SELECT n, key FROM batch")
        self._engine.unregister("batch")

    def check_unique(self) -> None:
        """Raises KeyNotUnique when new rows share a key."""
        found = self._engine.execute(
            "SELECT count(*), sum(rows), min(first), max(rows) FROM (SELECT min(n) AS first,"
            " count(*) AS rows FROM new_keys GROUP BY key HAVING count(*) > 1)"
        ).fetchall()[0]
        keys, rows, first, _ = found
        if not keys:
            return
        twins = self._engine.execute(
            "SELECT n FROM new_keys WHERE key = (SELECT key FROM new_keys WHERE n = ?)"
            " ORDER BY n LIMIT 2",
            [first],
        ).fetchall()
        numbers = " and ".join(str(n + 1) for (n,) in twins)
        raise KeyNotUnique(
            f"{rows} new rows share {keys} keys ({', '.join(self._names)}), for example the rows "
            f"{numbers} of the result. Which of them counts cannot be known: add a column to "
            "key_columns, or let the query return one row for each key. The published file is "
            "untouched."
        )

    def matches(self) -> Iterator[tuple[int, int]]:
        """Old and new row of each key that both have, in the order of the old rows."""
        self._engine.execute(
            "SELECT o.n, k.n FROM old_keys o JOIN new_keys k USING (key) ORDER BY o.n"
        )
        while found := self._engine.fetchmany(FETCH_ROWS):
            yield from found


def write_upserted(
    sink: Sink, before: RowsBefore | None, keys: KeyedRows, new: NewRows, dialect: Dialect
) -> int:
    """The old rows in their order, each with a new key replaced; then the rows of new keys; how
    many.

    Raises KeyNotUnique. Old rows that share a key become one when it is replaced.
    """
    keys.check_unique()
    if before is None:
        for text in new.texts():
            sink.write(text.encode())
        return new.rows_written
    names = [column.name for column in before.columns]
    old = OldLines(before, keys.columns, dialect)
    wanted = [keys.columns[place].name for place in keys.places]
    for lines in before.lines():
        old.check()
        keys.add_old(lines, [names.index(name) for name in wanted])
    with closing(new.picked()) as picked:
        taken = bytearray(new.rows_written // 8 + 1)
        stayed = _replace_old(sink, before, old, keys.matches(), picked, taken)
        _add_new(sink, new, taken)
    return stayed + new.rows_written


def _replace_old(
    sink: Sink,
    before: RowsBefore,
    old: OldLines,
    matches: Iterator[tuple[int, int]],
    picked: PickedRows,
    taken: bytearray,
) -> int:
    """Returns how many old rows stayed."""
    number, replaced, match = 0, 0, next(matches, None)
    for lines in before.lines():
        data = bytearray()
        kept: Lines = []
        for line in lines:
            if match is None or match[0] != number:
                kept.append(line)
            else:
                data += old.encode(kept)
                kept.clear()
                replaced += 1
                new_row = match[1]
                if not taken[new_row >> 3] & 1 << (new_row & 7):
                    taken[new_row >> 3] |= 1 << (new_row & 7)
                    data += picked.line(new_row)
                match = next(matches, None)
            number += 1
        data += old.encode(kept)
        if data:
            sink.write(bytes(data))
    return number - replaced


def _add_new(sink: Sink, new: NewRows, taken: bytearray) -> None:
    number = 0
    for lines in new.lines():
        data = bytearray()
        for line, _ in lines:
            if not taken[number >> 3] & 1 << (number & 7):
                data += line.encode()
            number += 1
        if data:
            sink.write(bytes(data))


def _key_of(row: Row, places: Sequence[int]) -> str:
    """One text for the values; no two lists of values have the same."""
    values = [row[place] for place in places]
    return "".join(["N;" if value is None else f"{len(value)}:{value};" for value in values])


def _key_place(columns: Sequence[ManifestColumn], name: str) -> int:
    exact = [place for place, column in enumerate(columns) if column.name == name]
    alike = [p for p, c in enumerate(columns) if c.name.casefold() == name.casefold()]
    found = exact or alike
    if len(found) == 1:
        return found[0]
    listed = ", ".join(column.name for column in columns)[:1000]
    raise KeyColumnUnknown(
        f"There is no single column {name!r} in the result; it has: {listed}. "
        "Set key_columns of the job to columns of the result."
    )


def sweep_merges(folder: Path) -> None:
    """Remove what workers that were killed while they matched keys left below `folder`."""
    limit = time.time() - ABANDONED_AFTER_S
    for left in folder.glob(f"*/{FOLDER_PREFIX}*"):
        with suppress(OSError):
            if left.stat().st_mtime < limit:
                shutil.rmtree(left, ignore_errors=True)
