"""The keys of a column in order, each with its row: a value or a range is found without reading
the others.

Made beside a companion when a column is filtered for the first time, in a thread of its own; until
then, and for everything else, the engine searches.
"""

from __future__ import annotations

import logging
import mmap
import secrets
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from datafiles.column_keys import FAST_DIGITS, ColumnKey, KeyKind
from datafiles.filters import Ranges

log = logging.getLogger(__name__)

# Fewer rows the engine reads in less time than it takes to ask it.
WORTH_ROWS: Final = 50_000
# So many rows of different keys are put into the order of the file at once; of more the engine
# finds the first ones sooner.
MOST_SORTED: Final = 5000
FETCH_ROWS: Final = 50_000
_ITEM: Final = "q"
_ITEM_BYTES: Final = 8
# However many columns are filtered: each is sorted by the engine that answers readers.
_ONE_AT_A_TIME: Final = threading.Lock()


def whole_number(key: ColumnKey, name: str) -> str | None:
    """SQL that makes a whole number of a key, in the same order; None: it is none."""
    match key.kind:
        case KeyKind.INTEGER:
            return name
        case KeyKind.DECIMAL if key.width <= FAST_DIGITS:
            # All have the same digits behind the point.
            return f"CAST(replace(CAST({name} AS VARCHAR), '.', '') AS BIGINT)"
        case KeyKind.DATE:
            return f"CAST({name} - DATE '1970-01-01' AS BIGINT)"
        case KeyKind.TIMESTAMP:
            return f"epoch_us({name})"
    return None


@dataclass(frozen=True, slots=True)
class SortedKeys:
    """One column: keys in order, and the rows they are of; rows of equal keys in order."""

    _keys: memoryview
    _rows: memoryview

    def rows(self, ranges: Ranges) -> Sequence[int] | None:
        """Numbers of the rows whose keys lie within, in the order of the file; None: too many of
        different keys."""
        places = [(begin, end) for begin, end in self._places(ranges) if begin < end]
        if not places:
            return ()
        if len(places) == 1:
            begin, end = places[0]
            found = self._rows[begin:end]
            return found if self._keys[begin] == self._keys[end - 1] else self._ordered([found])
        return self._ordered([self._rows[begin:end] for begin, end in places])

    def _ordered(self, parts: Sequence[memoryview]) -> Sequence[int] | None:
        if sum(map(len, parts)) > MOST_SORTED:
            return None
        return sorted(row for part in parts for row in part)

    def _places(self, ranges: Ranges) -> list[tuple[int, int]]:
        keys = self._keys
        return [(bisect_left(keys, low), bisect_right(keys, high)) for low, high in ranges]


class SortedColumns:
    """The sorted columns of one companion: opened, or made in the background when missing."""

    def __init__(
        self, folder: Path, keys: Sequence[ColumnKey], database: duckdb.DuckDBPyConnection
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._database = database
        self._lock = threading.Lock()
        self._open: dict[int, SortedKeys] = {}
        self._begun: set[int] = set()

    def find(self, column: int) -> SortedKeys | None:
        """Those of a column if they are there; else somebody makes them for the next time."""
        found = self._open.get(column)
        if found is not None:
            return found
        if whole_number(self._keys[column], "") is None:
            return None
        with self._lock:
            if column in self._begun:
                return self._open.get(column)
            self._begun.add(column)
        found = self._opened(column)
        if found is None:
            name = f"sorted-{column}"
            threading.Thread(target=self._make, args=(column,), name=name, daemon=True).start()
        return found

    def make(self, column: int) -> SortedKeys:
        """Write and open them now. Raises OSError and duckdb.Error."""
        rows, keys = self._paths(column)
        mark = secrets.token_hex(6)
        rows_beside, keys_beside = (p.with_name(f".{p.name}.{mark}") for p in (rows, keys))
        try:
            self._write(column, rows_beside, keys_beside)
            rows_beside.replace(rows)
            # Whoever finds the keys finds the rows.
            keys_beside.replace(keys)
        finally:
            rows_beside.unlink(missing_ok=True)
            keys_beside.unlink(missing_ok=True)
        return self._open_now(column)

    def _make(self, column: int) -> None:
        try:
            with _ONE_AT_A_TIME:
                self.make(column)
        except (OSError, duckdb.Error, pa.ArrowException) as exc:
            # The companion was removed, or the disk is full; the engine goes on searching.
            log.info("column_not_sorted", extra={"column": column, "problem": str(exc)[:200]})

    def _write(self, column: int, rows_file: Path, keys_file: Path) -> None:
        number = whole_number(self._keys[column], f"c{column}")
        sql = (
            f"SELECT {number} AS key, rowid AS row FROM keys WHERE c{column} IS NOT NULL"
            " ORDER BY key, row"
        )
        with (
            closing(self._database.cursor()) as cursor,
            rows_file.open("xb") as rows,
            keys_file.open("xb") as keys,
        ):
            for batch in cursor.sql(sql).to_arrow_reader(FETCH_ROWS):
                keys.write(_packed(batch.column(0)))
                rows.write(_packed(batch.column(1)))

    def _opened(self, column: int) -> SortedKeys | None:
        try:
            return self._open_now(column)
        except FileNotFoundError:
            return None

    def _open_now(self, column: int) -> SortedKeys:
        rows, keys = self._paths(column)
        found = SortedKeys(_mapped(keys), _mapped(rows))
        with self._lock:
            self._open[column] = found
        return found

    def _paths(self, column: int) -> tuple[Path, Path]:
        return self._folder / f"sorted-{column}.rows", self._folder / f"sorted-{column}.keys"


def _packed(numbers: pa.Array) -> bytes:
    """As they lie in memory, eight bytes each; none of them is null."""
    data = numbers.buffers()[1]
    begin = numbers.offset * _ITEM_BYTES
    return bytes(memoryview(data)[begin : begin + len(numbers) * _ITEM_BYTES])


def _mapped(file: Path) -> memoryview:
    """The numbers of a file, which stays open as long as somebody has them."""
    with file.open("rb") as opened:
        if not file.stat().st_size:
            return memoryview(array(_ITEM))
        return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)).cast(_ITEM)
