"""Finds the rows a reader asks for by a dataset's companion, and reads them from its file."""

from __future__ import annotations

import tempfile
import threading
import time
from array import array
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Final, Self

import duckdb

from auxiliares import AutomacaoError
from datafiles.companions import Companion
from datafiles.filters import Filter, SortKey, order_by, predicate
from datafiles.reading import RowEncoder, opened
from datafiles.records import Batch, split_records

LIMIT_S: Final = 30.0
AT_ONCE: Final = 4
BATCH_ROWS: Final = 1000
FETCH_ROWS: Final = 20_000
BATCH_BYTES: Final = 1 << 20
IN_MEMORY_BYTES: Final = 1 << 20
_ROW_BYTES: Final = array("Q").itemsize


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
    """Which rows, in which order; without filters and sort all of them as they lie in the file."""

    filters: tuple[Filter, ...] = ()
    sort: tuple[SortKey, ...] = ()
    offset: int = 0
    limit: int | None = None


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
        self._file.write(array("Q", rows).tobytes())
        self.count += len(rows)

    def batches(self) -> Iterator[array[int]]:
        self._file.seek(0)
        while data := self._file.read(BATCH_ROWS * _ROW_BYTES):
            yield array("Q", data)

    def close(self) -> None:
        self._file.close()


class Searches:
    """Bounds how many searches of one process run at once."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = threading.BoundedSemaphore(at_once)

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
        started = time.monotonic()
        parts = [predicate(wanted, companion.keys[wanted.column]) for wanted in selection.filters]
        where = f" WHERE {' AND '.join(part.sql for part in parts)}" if parts else ""
        values = [value for part in parts for value in part.values]
        if not self._free.acquire(timeout=limit_s):
            raise TooManyQueries(
                "Too many filtered reads are running at once. Try again in a few seconds."
            )
        try:
            with closing(companion.cursor()) as cursor:
                left_s = max(0.1, limit_s - (time.monotonic() - started))
                with _bounded(cursor, left_s):
                    total = _total(cursor, companion, where, values) if with_total else None
                    return _rows(cursor, where, values, selection), total
        finally:
            self._free.release()


def _total(
    cursor: duckdb.DuckDBPyConnection, companion: Companion, where: str, values: list[object]
) -> int:
    if not where:
        return companion.rows
    (count,) = cursor.execute(f"SELECT count(*) FROM keys{where}", values).fetchall()[0]
    return int(count)


def _rows(
    cursor: duckdb.DuckDBPyConnection, where: str, values: list[object], selection: Selection
) -> FoundRows:
    sql = f"SELECT rowid FROM keys{where}{order_by(selection.sort)}"
    if selection.limit is not None:
        sql += f" LIMIT {selection.limit:d}"
    if selection.offset:
        sql += f" OFFSET {selection.offset:d}"
    found = FoundRows()
    try:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(FETCH_ROWS):
            found.add([row for (row,) in rows])
    except BaseException:
        found.close()
        raise
    return found


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


def read_found(
    companion: Companion, found: FoundRows, columns: Sequence[int] | None = None
) -> Generator[bytes, None, None]:
    """The rows as a JSON array of objects, as `read_rows` writes them; closes `found`.

    `columns`: which, by position and in which order; None: all. Files are opened before this
    returns.
    """
    chunks = _chunks(companion, found, columns)
    next(chunks)
    return chunks


def _chunks(
    companion: Companion, found: FoundRows, columns: Sequence[int] | None
) -> Generator[bytes, None, None]:
    file = companion.file
    with closing(found), ExitStack() as stack:
        parts = [stack.enter_context(opened(part)) for part in file.parts]
        yield b""
        encode = RowEncoder.of_manifest(file.columns, columns)
        separator = b"["
        for lines in _lines(companion, parts, found):
            text = lines.decode()
            records, _ = split_records(text, file.delimiter, is_ours=True)
            yield separator + encode(Batch(records, '"' in text))
            separator = b","
        yield b"]\n" if separator == b"," else b"[]\n"


def _lines(companion: Companion, parts: Sequence[BinaryIO], found: FoundRows) -> Iterator[bytes]:
    """The lines of the found rows, some at a time."""
    for rows in found.batches():
        lines = bytearray()
        for part, begin, end in _pieces(companion, rows):
            lines += _piece(parts[part], begin, end)
            if len(lines) >= BATCH_BYTES:
                yield bytes(lines)
                lines.clear()
        if lines:
            yield bytes(lines)


def _pieces(companion: Companion, rows: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Part, begin and end of these rows; what lies together is one piece, up to a batch's size."""
    part, begin, end = companion.place(rows[0])
    for row in rows[1:]:
        next_part, next_begin, next_end = companion.place(row)
        if next_part == part and next_begin == end and end - begin < BATCH_BYTES:
            end = next_end
            continue
        yield part, begin, end
        part, begin, end = next_part, next_begin, next_end
    yield part, begin, end


def _piece(file: BinaryIO, begin: int, end: int) -> bytes:
    file.seek(begin)
    data = file.read(end - begin)
    return data if data.endswith(b"\n") else data + b"\n"
