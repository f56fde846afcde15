"""Finds the rows a reader asks for by a dataset's companion."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import ClassVar, Final, TypeVar

import duckdb
import pyarrow as pa

from auxiliares import AutomacaoError
from datafiles.companions import Companion
from datafiles.filters import (
    Filter,
    Predicate,
    SortKey,
    after_row,
    order_by,
    predicate,
    sort_column,
)
from datafiles.found_rows import FoundRows
from datafiles.sorted_keys import WORTH_ROWS

LIMIT_S: Final = 30.0
AT_ONCE: Final = 4
FETCH_ROWS: Final = 100_000
FEW_ROWS: Final = 10_000

Result = TypeVar("Result")


class QueryTimeout(AutomacaoError):
    """The rows were not found within the time limit; the search was stopped."""

    code: ClassVar[str] = "data_query_timeout"
    status: ClassVar[int] = 504


class QueryTooLarge(AutomacaoError):
    """Filtering or sorting needs more memory and disk than it may take."""

    code: ClassVar[str] = "data_query_too_large"
    status: ClassVar[int] = 507


class TooManyQueries(AutomacaoError):
    """As many searches as may run at once are running, and none ended in time."""

    code: ClassVar[str] = "server_busy"
    status: ClassVar[int] = 503
    retry_after_s: ClassVar[int] = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows, in which order; without filters and sort all of them as they lie in the file.

    `after`: only rows that follow the one of this number in that order; `conditions` are made
    already.
    """

    filters: tuple[Filter, ...] = ()
    sort: tuple[SortKey, ...] = ()
    offset: int = 0
    limit: int | None = None
    after: int | None = None
    conditions: tuple[Predicate, ...] = ()


class Searches:
    """Bounds how many searches of one process run at once. From `sorted_from` rows on a filter by
    value or range has its column sorted."""

    def __init__(self, at_once: int = AT_ONCE, *, sorted_from: int = WORTH_ROWS) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._sorted_from = sorted_from

    def find(
        self,
        companion: Companion,
        selection: Selection,
        *,
        with_total: bool = False,
        limit_s: float = LIMIT_S,
    ) -> tuple[FoundRows, int | None]:
        """The rows of the selection and, `with_total`, how many there are without offset and limit.

        Raises what a filter has to say, QueryTimeout, QueryTooLarge or TooManyQueries.
        """
        parts = [predicate(wanted, companion.keys[wanted.column]) for wanted in selection.filters]
        parts += selection.conditions
        if companion.rows >= self._sorted_from:
            looked_up = _looked_up(companion, selection, parts)
            if looked_up is not None:
                return looked_up[0], looked_up[1] if with_total else None

        def work(cursor: duckdb.DuckDBPyConnection) -> tuple[FoundRows, int | None]:
            total = _total(cursor, companion, parts) if with_total else None
            if selection.after is not None:
                parts.append(_following(cursor, companion, selection))
            return _rows(cursor, parts, selection), total

        return self.run(companion, work, limit_s=limit_s)

    def run(
        self,
        companion: Companion,
        work: Callable[[duckdb.DuckDBPyConnection], Result],
        *,
        limit_s: float = LIMIT_S,
    ) -> Result:
        """What `work` finds with a cursor of its own, as soon as there is room for it.

        Raises QueryTimeout, QueryTooLarge or TooManyQueries.
        """
        started = time.monotonic()
        if not self._free.acquire(timeout=limit_s):
            raise TooManyQueries(
                "Too many filtered reads are running at once. Try again in a few seconds."
            )
        try:
            with closing(companion.cursor()) as cursor:
                left_s = max(0.1, limit_s - (time.monotonic() - started))
                with _bounded(cursor, left_s):
                    return work(cursor)
        finally:
            self._free.release()


def _looked_up(
    companion: Companion, selection: Selection, parts: Sequence[Predicate]
) -> tuple[FoundRows, int] | None:
    """Rows in the order of the file for one filter by value or range, where its column is sorted;
    None: the engine must search. It costs less than asking the engine anything."""
    if len(parts) != 1 or not selection.filters or selection.sort:
        return None
    ranges = parts[0].ranges
    if ranges is None:
        return None
    keys = companion.sorted_columns.find(selection.filters[0].column)
    rows = keys.rows(ranges) if keys is not None else None
    if rows is None:
        return None
    begin = selection.offset
    if selection.after is not None:
        begin += bisect_right(rows, selection.after)
    end = len(rows) if selection.limit is None else begin + selection.limit
    found, wanted = FoundRows(), rows[begin:end]
    if isinstance(wanted, memoryview):
        found.add_packed(wanted.cast("B"))
    else:
        found.add(wanted)
    return found, len(rows)


def _where(parts: list[Predicate]) -> tuple[str, list[object]]:
    sql = f" WHERE {' AND '.join(part.sql for part in parts)}" if parts else ""
    return sql, [value for part in parts for value in part.values]


def _total(cursor: duckdb.DuckDBPyConnection, companion: Companion, parts: list[Predicate]) -> int:
    if not parts:
        return companion.rows
    where, values = _where(parts)
    (count,) = cursor.execute(f"SELECT count(*) FROM keys{where}", values).fetchall()[0]
    return int(count)


def _following(
    cursor: duckdb.DuckDBPyConnection, companion: Companion, selection: Selection
) -> Predicate:
    """What is true of the rows behind `after` in the order of the selection."""
    row, sort = selection.after or 0, selection.sort
    if not sort:
        return after_row(row, (), (), ())
    names = ", ".join(f"CAST({sort_column(key)} AS VARCHAR)" for key in sort)
    found = cursor.execute(f"SELECT {names} FROM keys WHERE rowid = ?", [row]).fetchall()
    return after_row(row, sort, companion.keys, found[0] if found else ())


def _rows(
    cursor: duckdb.DuckDBPyConnection, parts: list[Predicate], selection: Selection
) -> FoundRows:
    where, values = _where(parts)
    sql = f"SELECT rowid AS row FROM keys{where}{order_by(selection.sort)}"
    if selection.limit is not None:
        sql += f" LIMIT {selection.limit:d}"
    if selection.offset:
        sql += f" OFFSET {selection.offset:d}"
    found = FoundRows()
    if selection.limit is not None and selection.limit <= FEW_ROWS:
        # Half the work of a reader of batches, for what is one small batch.
        found.add([row for (row,) in cursor.execute(sql, values).fetchall()])
        return found
    try:
        for batch in cursor.sql(sql, params=values).to_arrow_reader(FETCH_ROWS):
            found.add_packed(_packed(batch.column(0)))
    except BaseException:
        found.close()
        raise
    return found


def _packed(rows: pa.Array) -> bytes:
    """The numbers as they lie in memory, eight bytes each; none of them is null."""
    width = rows.type.bit_width // 8
    data = rows.buffers()[1]
    begin = rows.offset * width
    return bytes(memoryview(data)[begin : begin + len(rows) * width])


@contextmanager
def _bounded(cursor: duckdb.DuckDBPyConnection, limit_s: float) -> Iterator[None]:
    """Stop what the cursor does when the time is over; faults of the engine in our words."""
    is_over = threading.Event()

    def stop() -> None:
        is_over.set()
        cursor.interrupt()

    timer = threading.Timer(limit_s, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as exc:
        raise QueryTimeout(
            f"Filtering and sorting took longer than {limit_s:.0f} seconds and was stopped. "
            "Narrow the filters, sort by fewer columns, or read the dataset in pages."
        ) from exc
    except (duckdb.OutOfMemoryException, duckdb.IOException) as exc:
        raise QueryTooLarge(
            "Filtering and sorting this dataset needs more memory and disk than it may take. "
            "Narrow the filters or sort by fewer columns."
        ) from exc
    finally:
        timer.cancel()
