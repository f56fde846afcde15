"""A session with Oracle: one read-only transaction in which a query is described and read."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from decimal import Decimal
from typing import TYPE_CHECKING, Self, TypeVar

import oracledb

from connectors import oracle_errors as errors
from connectors.base import (
    ByteSink,
    Column,
    ColumnType,
    ConnectionSpec,
    SourceError,
    SourceFailed,
    TableSink,
    chosen,
)
from connectors.bind_values import NO_VALUES, Bound
from connectors.binds import BoundStatement, as_oracle_literal, as_typed_bind, bind, unfilled
from connectors.limits import Limits
from connectors.oracle_plan import plan_error, read_plan
from connectors.oracle_reading import RowReader, Rows
from connectors.oracle_rows import (
    BatchEncoder,
    OracleColumn,
    columns_of,
    rows_per_fetch,
    texts_of,
)
from connectors.oracle_select import select_statement
from connectors.patient_calls import CallAbandoned, PatientCalls
from connectors.turns import short_turns
from dialects.delimited import header_line
from dialects.dialect import Dialect, chosen_columns

if TYPE_CHECKING:
    import pyarrow as pa

# A round trip may last as long as the whole session; ours ends it first and says so.
ROUND_TRIP_EXTRA_S = 5.0
OWN_FETCHED_ROWS = 2000
BLOCKS_AHEAD = 2
CLOSE_LIMIT_S = 5.0

# One form of numbers and dates for what the query itself turns into text, whatever a logon trigger
# or the database says; the language of month names stays the database's.
FIXED_FORMS = """
ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,' NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'
NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF'
NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF TZH:TZM'
""".strip()

T = TypeVar("T")


class OracleSession:
    """See connectors.base.SourceSession."""

    def __init__(
        self,
        spec: ConnectionSpec,
        connection: oracledb.Connection,
        limits: Limits,
        *,
        time_zone: str = "UTC",
        binds: Mapping[str, Bound] = NO_VALUES,
    ) -> None:
        self._spec = spec
        self._connection = connection
        self._limits = limits
        self._time_zone = time_zone
        self._binds = binds
        self._described: tuple[BoundStatement, tuple[OracleColumn, ...]] | None = None
        self._timer: threading.Timer | None = None
        self._calls = PatientCalls(limits, errors.DRIVER_ERRORS)
        self.rows_exported = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def start(self) -> None:
        """Begin the read-only transaction, in the zone of the session, and its time limit."""
        limit_s = self._limits.time_limit_s
        if limit_s is not None:
            self._connection.call_timeout = int((limit_s + ROUND_TRIP_EXTRA_S) * 1000)
            self._timer = threading.Timer(limit_s, self._break)
            self._timer.daemon = True
            self._timer.start()
        self._ask(None, self._begin)

    def _begin(self) -> None:
        with self._connection.cursor() as cursor:
            zone = self._time_zone.replace("'", "''")
            cursor.execute(f"ALTER SESSION SET TIME_ZONE = '{zone}'")
            cursor.execute(FIXED_FORMS)
            cursor.execute("SET TRANSACTION READ ONLY")

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Columns of the statement, parsed by the database and not run."""
        return tuple(described.column for described in self._describe(sql))

    def export_csv(self, sql: str, sink: ByteSink, dialect: Dialect) -> int:
        """Fetch in batches and write each one; memory stays that of a batch."""
        columns = self._describe(sql)
        encoder = BatchEncoder(columns, dialect)
        if dialect.header:
            names = [column.name for column in chosen([c.column for c in columns], dialect)]
            sink.write(header_line(names, dialect))
        self.rows_exported = 0
        batches = self._fetch_batches(
            sql,
            columns,
            rows_per_fetch(columns),
            replaces_broken=dialect.unencodable == "replace",
            ahead=BLOCKS_AHEAD,
        )
        with short_turns():
            for rows in batches:
                sink.write(encoder.encode(rows, self.rows_exported))
                self.rows_exported += len(rows)
        return self.rows_exported

    def table_schema(self, sql: str, dialect: Dialect) -> pa.Schema | None:
        """See connectors.base.TableSession."""
        from connectors.oracle_tables import exact_schema

        # Thick mode has never been seen to do this; signs for broken texts are written by us.
        if not self._connection.thin or dialect.unencodable == "replace":
            return None
        columns = self._describe(sql)
        schema = exact_schema(columns)
        if schema is None:
            return None
        choice = chosen_columns(dialect.columns, schema.names)
        if choice is None:
            return schema
        return schema.empty_table().select([place for place, _ in choice]).schema

    def export_tables(self, sql: str, sink: TableSink, dialect: Dialect) -> int:
        """Fetch tables and hand each one on; memory stays that of a few."""
        from connectors.oracle_tables import TableReader, check_texts, exact_schema

        columns = self._describe(sql)
        schema = exact_schema(columns)
        choice = chosen_columns(dialect.columns, [c.column.name for c in columns])
        statement = self._bound(sql)
        reader = TableReader(
            self._connection, statement.text, statement.given, rows_per_fetch(columns)
        )
        self.rows_exported = 0
        try:
            for table in self._in_turn(lambda: reader.fetch(schema), BLOCKS_AHEAD):
                wanted = table if choice is None else table.select([n for n, _ in choice])
                check_texts(wanted, self.rows_exported)
                sink.write_table(wanted)
                self.rows_exported += table.num_rows
        except SourceFailed as exc:
            if isinstance(exc.__cause__, ValueError):
                # Read again as rows, which tell the place of what cannot be read.
                self.export_csv(sql, _Nowhere(), dialect)
            raise
        return self.rows_exported

    def fetch(self, sql: str, limit: int) -> tuple[tuple[Column, ...], list[tuple[object, ...]]]:
        """At most `limit` rows; the database sends no batch beyond them."""
        columns = self._describe(sql)
        found: list[tuple[object, ...]] = []
        size = max(1, min(limit, rows_per_fetch(columns)))
        for rows in self._fetch_batches(sql, columns, size, replaces_broken=True):
            found += rows[: limit - len(found)]
            if len(found) >= limit:
                break
        dialect = Dialect(date_format="iso", time_zone=self._time_zone)
        return tuple(c.column for c in columns), _preview(found, columns, dialect)

    def explain(self, sql: str) -> tuple[str, ...]:
        """See connectors.base.SourceSession."""
        self._describe(sql)
        text = bind(sql, "oracle", self._binds, as_oracle_literal).text
        try:
            return self._ask(None, lambda: read_plan(self._connection, text))
        except SourceError as exc:
            raise plan_error(self._spec, exc) from exc

    def cancel(self) -> None:
        """Stop the running statement in the database; callable from another thread."""
        self._limits.cancel()
        self._break()

    def close(self) -> None:
        """Roll back and disconnect; a call that hangs does so when it returns."""
        if self._timer is not None:
            self._timer.cancel()
        if self._calls.is_busy:  # with rows that nobody waits for any more
            self._break()
        self._calls.end(self._disconnect, wait_s=CLOSE_LIMIT_S)

    def _disconnect(self) -> None:
        with contextlib.suppress(*errors.DRIVER_ERRORS):
            self._connection.rollback()
        with contextlib.suppress(*errors.DRIVER_ERRORS):
            self._connection.close()

    def answer(self, sql: str, **binds: object) -> list[tuple[object, ...]]:
        """Rows of a statement of our own."""

        def asked() -> list[tuple[object, ...]]:
            with self._connection.cursor() as cursor:
                cursor.arraysize = OWN_FETCHED_ROWS
                cursor.execute(sql, binds)
                rows: list[tuple[object, ...]] = cursor.fetchall()
                return rows

        return self._ask(None, asked)

    def _bound(self, sql: str) -> BoundStatement:
        return bind(sql, "oracle", self._binds, as_typed_bind)

    def _break(self) -> None:
        with contextlib.suppress(*errors.DRIVER_ERRORS):
            self._connection.cancel()

    def _describe(self, sql: str) -> tuple[OracleColumn, ...]:
        statement = self._bound(sql)
        if self._described and self._described[0] == statement:
            return self._described[1]

        def parsed() -> tuple[list[str], list[oracledb.FetchInfo]]:
            # A cursor of its own: one that has parsed cannot fetch long values afterwards.
            with self._connection.cursor() as cursor:
                cursor.parse(statement.text)
                return cursor.bindnames(), cursor.description or []

        names, description = self._ask(statement, parsed)
        for name in (each.lower() for each in names):
            if name not in statement.values:
                raise unfilled(name)
        columns = columns_of(description)
        self._described = (statement, columns)
        return columns

    def _fetch_batches(
        self,
        sql: str,
        columns: Sequence[OracleColumn],
        size: int,
        *,
        replaces_broken: bool = False,
        ahead: int = 0,
    ) -> Iterator[Rows]:
        """`ahead`: how many more blocks are on their way while the caller uses one.

        With two of them the thread that fetches goes on at once, instead of waiting for ours,
        which is busy with rows, to ask it.
        """
        statement = self._bound(sql)
        text = select_statement(statement.text, [c.column for c in columns])
        place_in = statement if text is statement.text else None
        # Closed with its connection.
        reader = RowReader(
            self._connection.cursor(), columns, size, replaces_broken=replaces_broken
        )
        self._ask(place_in, lambda: reader.execute(text, statement.given))
        yield from self._in_turn(reader.fetch, ahead)

    def _in_turn(self, fetch: Callable[[], T | None], ahead: int) -> Iterator[T]:
        """What `fetch` brings, until it brings nothing."""
        asked = deque([self._asked(fetch)])
        while found := self._answered(asked.popleft(), None):
            while len(asked) < ahead:
                asked.append(self._asked(fetch))
            yield found
            if not asked:
                asked.append(self._asked(fetch))

    def _ask(self, sent: BoundStatement | None, call: Callable[[], T]) -> T:
        """What the driver answers; its errors translated.

        `sent` when a place in an error is a place in it.
        """
        return self._answered(self._asked(call), sent)

    def _asked(self, call: Callable[[], T]) -> Future[T]:
        self._limits.check(errors.place(self._spec))
        return self._calls.begin(call)

    def _answered(self, asked: Future[T], sent: BoundStatement | None) -> T:
        """A server that does not stop when it must is left alone after a while."""
        try:
            return self._calls.result(asked)
        except errors.DRIVER_ERRORS as exc:
            raise errors.query_error(self._spec, sent, exc, self._limits) from exc
        except CallAbandoned as exc:
            raise self._limits.error(errors.place(self._spec)) from exc


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)


def _preview(
    rows: list[tuple[object, ...]], columns: Sequence[OracleColumn], dialect: Dialect
) -> list[tuple[object, ...]]:
    """Numbers as numbers, everything else as text."""
    texts = texts_of(columns, dialect)
    numbers = {ColumnType.INTEGER: int, ColumnType.DECIMAL: Decimal, ColumnType.FLOAT: float}

    def value(raw: object, index: int) -> object:
        if raw is None or isinstance(raw, bool):
            return raw
        text = texts[index]
        written = text(raw) if text is not None else str(raw)
        return numbers.get(columns[index].column.type, str)(written)

    return [tuple(value(raw, i) for i, raw in enumerate(row)) for row in rows]
