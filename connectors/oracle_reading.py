"""Blocks of rows of one query as Oracle's driver fetches them, and where a block broke off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import oracledb

from connectors.oracle_rows import MOMENTS, OracleColumn, fetch_handler

Rows = list[tuple[object, ...]]

# Every place of a column of dates before the first block: no value of a database is this object.
NOTHING_YET = dt.datetime(1, 1, 1)  # noqa: DTZ001 - what the driver makes of a date


@dataclass(frozen=True, slots=True)
class Place:
    """A value among the rows `first` to `last`, from 1, in one of the `columns`."""

    first: int
    last: int
    columns: tuple[str, ...] = ()


class ValueUnreadable(ValueError):
    """Python cannot hold a value of the database."""

    def __init__(self, error: ValueError, place: Place) -> None:
        super().__init__(str(error))
        self.place = place


class RowReader:
    """Executes one query and fetches its rows, `size` at a time.

    Its methods are calls of the driver: they wait for the server, and raise what the driver
    raises, but ValueUnreadable for a value that Python cannot hold.
    """

    def __init__(
        self,
        cursor: oracledb.Cursor,
        columns: Sequence[OracleColumn],
        size: int,
        *,
        replaces_broken: bool,
    ) -> None:
        self._cursor = cursor
        self._columns = columns
        self._size = size
        self._before: Rows | None = None
        self._count = 0
        self._is_over = False
        self._dates = [place for place, c in enumerate(columns) if c.native in MOMENTS]
        # The driver gets as many rows at a time as we do, so that a fault lies among them; with
        # dates none by `execute`, so that they are marked before.
        cursor.arraysize = size
        cursor.prefetchrows = 0 if self._dates else size
        cursor.outputtypehandler = fetch_handler(columns, replaces_broken=replaces_broken)

    def execute(self, text: str, binds: Mapping[str, object]) -> None:
        """Run the query."""
        self._cursor.execute(text, dict(binds), fetch_lobs=False)
        for date in self._dates:
            variable = self._cursor.fetchvars[date]
            for place in range(self._size):
                variable.setvalue(place, NOTHING_YET)

    def fetch(self) -> Rows:
        """The next rows; none when there are no more, or when a fetch has failed before."""
        if self._is_over:
            return []
        self._is_over = True
        try:
            rows: Rows = self._cursor.fetchmany(self._size)
        except ValueError as exc:
            raise self._unreadable(exc) from exc
        self._before = rows
        self._count += len(rows)
        self._is_over = not rows
        return rows

    def _unreadable(self, error: ValueError) -> ValueUnreadable:
        found: list[tuple[int, int]] = []
        if not isinstance(error, UnicodeDecodeError):
            now = [variable.values for variable in self._cursor.fetchvars]
            found = list(missing(now, self._before, self._dates))
        first, last = (found[0][0], found[-1][0]) if found else (0, self._size - 1)
        columns = sorted({column for _, column in found})
        names = tuple(self._columns[column].column.name for column in columns)
        return ValueUnreadable(error, Place(self._count + first + 1, self._count + last + 1, names))


def missing(
    now: Sequence[Sequence[object]], before: Rows | None, dates: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Row and column, from 0, of the dates one of which broke a block off; nearly always one.

    `now` has the values of each column, new ones up to the fault and those of the block `before`
    behind it. An object of that block cannot be new; None and what repeats the row above may be.
    """
    rows, width = len(now[0]), len(now)

    def old(row: int, column: int) -> object:
        if before is None:
            return NOTHING_YET if column in dates else None
        return before[row][column] if row < len(before) else None

    def is_certainly_old(row: int, column: int) -> bool:
        value = now[column][row]
        above = now[column][row - 1] if row else before and before[-1][column]
        is_shared = value is None or value is above or (isinstance(value, str) and len(value) < 2)
        return value is old(row, column) and (value is NOTHING_YET or not is_shared)

    cells = [(row, column) for row in range(rows) for column in range(width)]
    is_new = [now[column][row] is not old(row, column) for row, column in cells]
    start = len(cells) - is_new[::-1].index(True) if True in is_new else 0
    for row, column in cells[start:]:
        if column in dates:
            yield row, column
        if is_certainly_old(row, column):
            return
