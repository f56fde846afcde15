"""A session with PostgreSQL: one read-only transaction in which a query is described and read."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Self, TypeVar

from psycopg.pq.abc import PGresult

from connectors import postgres_errors as errors
from connectors.base import (
    ByteSink,
    Column,
    ColumnType,
    ConnectionSpec,
    QueryRefused,
    chosen,
)
from connectors.bind_values import NO_VALUES, Bound
from connectors.binds import BoundStatement, as_literal, bind
from connectors.limits import Limits
from connectors.postgres_copy import copy_out
from connectors.postgres_dates import STYLES, is_indifferent
from connectors.postgres_divided import copy_divided, division, expected_rows
from connectors.postgres_kill import end_session
from connectors.postgres_line import LineLost, PostgresLine, ServerFault, connect
from connectors.postgres_native import copy_as
from connectors.postgres_reserve import IDLE_NAME, reserve
from connectors.postgres_select import (
    DATED,
    TYPES,
    Writing,
    iso_statement,
    precision_and_scale,
)
from connectors.postgres_type_names import type_names
from dialects.delimited import header_line
from dialects.dialect import Dialect
from dialects.native_rows import NativeRows

T = TypeVar("T")

# One session more costs as much as some ten thousand rows in Python.
FEW_ROWS = 10_000
SET_LOCALLY = "SELECT set_config($1, $2, true)"
LOCK_TIMEOUT_MS = 60_000
IDLE_TIMEOUT_MS = 300_000
# The server's own limit is the second line of defence: ours ends a query first and says so.
SERVER_LIMIT_EXTRA_S = 5.0
VALUES: dict[ColumnType, Callable[[str], object]] = {
    ColumnType.INTEGER: int,
    ColumnType.DECIMAL: Decimal,
    ColumnType.FLOAT: float,
    ColumnType.BOOLEAN: lambda text: text == "t",
}


class PostgresSession:
    """See connectors.base.SourceSession."""

    def __init__(
        self,
        spec: ConnectionSpec,
        parameters: Mapping[str, str],
        limits: Limits,
        *,
        connect_timeout_s: float,
        time_zone: str = "UTC",
        binds: Mapping[str, Bound] = NO_VALUES,
    ) -> None:
        """Log in. Raises a SourceError. `parameters`: libpq keywords."""
        self._spec = spec
        self._parameters = parameters
        self._limits = limits
        self._connect_timeout_s = connect_timeout_s
        self._line = self._connected()
        self._time_zone = time_zone
        self._binds = binds
        self._described: tuple[BoundStatement, tuple[Column, ...]] | None = None
        self._has_failed = False
        self._closing = threading.Lock()
        self.rows_exported = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Columns of the statement, parsed alone by the extended protocol and not run."""
        statement = self._bound(sql)
        if self._described and self._described[0] == statement and self._line.is_in_transaction:
            return self._described[1]
        with self._answers(statement):
            self._begin()
            description = self._line.prepare(statement.text)
        _refuse_unusable(description)
        with self._answers(None):
            columns = self._columns(description)
        self._described = (statement, columns)
        return columns

    def export_csv(self, sql: str, sink: ByteSink, dialect: Dialect) -> int:
        """COPY the statement into `sink`, once the server has parsed it alone.

        Where the server expects few rows, in this session; else in one of the faster driver.
        """
        return self._export(sql, sink, dialect, None)

    def export_native(self, sql: str, sink: ByteSink, dialect: Dialect, rows: NativeRows) -> int:
        """See connectors.base.NativeSession."""
        return self._export(sql, sink, dialect, rows)

    def _export(self, sql: str, sink: ByteSink, dialect: Dialect, rows: NativeRows | None) -> int:
        columns = self.describe(sql)
        names = [column.name for column in chosen(columns, dialect)]
        statement = self._bound(sql)
        with self._answers(statement):
            date_style = self._date_style(statement.text, columns, dialect)
            is_small = self._expected_rows(statement.text) <= FEW_ROWS
        writing = Writing(dialect, date_style, self._time_zone)
        copy = copy_as(rows, statement.text, columns, writing)
        if not is_small:
            # One session at a time: accounts may be limited to it; this one has done its work.
            self._line.close()
        if dialect.header and rows in (None, NativeRows.POINTS):
            sink.write(header_line(names, dialect))
        with self._answers(None):
            if is_small:
                if date_style != self._line.setting("DateStyle"):
                    self._line.query(SET_LOCALLY, ["DateStyle", date_style])
                self.rows_exported = self._line.copy_out(copy, sink)
                # The style must not change what a next statement means.
                self._line.query("ROLLBACK")
            else:
                self.rows_exported = copy_out(
                    self._copy_parameters(),
                    self._settings() | {"DateStyle": date_style},
                    copy,
                    sink=sink,
                    limits=self._limits,
                    is_binary=rows is NativeRows.BINARY,
                )
        return self.rows_exported

    def _expected_rows(self, sql: str) -> float:
        """The planner's guess; without one, and the transaction lost, as many as can be."""
        try:
            return expected_rows(self._line, sql)
        except ServerFault:
            return math.inf

    def export_divided(
        self,
        sql: str,
        sinks: tuple[ByteSink, ByteSink],
        dialect: Dialect,
        *,
        column: str,
        rows: NativeRows | None = None,
    ) -> int:
        """See connectors.base.DividingSession."""
        columns = self.describe(sql)
        statement = self._bound(sql)
        with self._answers(statement):
            halves = division(self._line, statement.text, columns, column)
            date_style = self._date_style(statement.text, columns, dialect)
        self._line.close()
        writing = Writing(dialect, date_style, self._time_zone)
        with self._answers(None):
            self.rows_exported = copy_divided(
                self._copy_parameters(),
                self._settings() | {"DateStyle": date_style},
                [copy_as(rows, statement.text, columns, writing, where=part) for part in halves],
                sinks=sinks,
                limits=self._limits,
                is_binary=rows is NativeRows.BINARY,
            )
        return self.rows_exported

    def fetch(self, sql: str, limit: int) -> tuple[tuple[Column, ...], list[tuple[object, ...]]]:
        """At most `limit` rows; the server computes no more of them than it must."""
        columns = self.describe(sql)
        with self._answers(None):
            statement = iso_statement(self._bound(sql).text, columns, self._found_style())
            self._line.query(f"DECLARE preview NO SCROLL CURSOR FOR\n{statement}")
            result = self._line.query(f"FETCH FORWARD {int(limit)} FROM preview")
            self._line.query("CLOSE preview")
        return columns, [_row(result, row, columns) for row in range(result.ntuples)]

    def explain(self, sql: str) -> tuple[str, ...]:
        """See connectors.base.SourceSession."""
        self.describe(sql)
        with self._answers(None):
            plan = self._line.query(f"EXPLAIN\n{self._bound(sql).text}")
        return tuple((plan.get_value(row, 0) or b"").decode() for row in range(plan.ntuples))

    def answer(self, ask: Callable[[PostgresLine], T]) -> T:
        """What `ask` finds out with statements of our own in the read-only transaction."""
        with self._answers(None):
            self._begin()
            return ask(self._line)

    def cancel(self) -> None:
        """Stop the running statement in the database; callable from another thread."""
        self._limits.cancel()
        with self._closing:
            if not self._line.is_closed:
                self._line.cancel()

    def close(self) -> None:
        """Roll back; disconnect, or leave the emptied session to the next run.

        A session that failed or was told to stop is not kept, and no request to stop it is under
        way any more: it would meet the next run.
        """
        with self._closing:
            line = self._line
            is_sound = line.is_idle or line.is_in_transaction
            has_failed = self._has_failed or line.is_closed or self._limits.is_reached
            if reserve.is_open and is_sound and not has_failed:
                pgconn = line.empty()
                if pgconn is not None:
                    reserve.give(self._parameters, pgconn)
            else:
                line.close()

    def _connected(self) -> PostgresLine:
        kept = reserve.take(self._parameters)
        return self._logged_in() if kept is None else PostgresLine(kept, self._limits, is_kept=True)

    def _logged_in(self) -> PostgresLine:
        parameters = self._parameters
        if reserve.is_open:
            # Each run sets its own name for its transaction.
            parameters = {**parameters, "application_name": IDLE_NAME}
        try:
            return connect(parameters, timeout_s=self._connect_timeout_s, limits=self._limits)
        except LineLost as exc:
            raise errors.connect_error(self._spec, exc) from exc

    def _copy_parameters(self) -> dict[str, str]:
        return {**self._parameters, "connect_timeout": f"{self._connect_timeout_s:.0f}"}

    def _bound(self, sql: str) -> BoundStatement:
        return bind(sql, "postgres", self._binds, as_literal)

    def _found_style(self) -> Writing:
        """What `iso_statement` needs to know of the session."""
        dialect = Dialect(date_format="iso", time_zone=self._time_zone)
        return Writing(dialect, self._line.setting("DateStyle"), self._time_zone)

    def _date_style(self, sql: str, columns: tuple[Column, ...], dialect: Dialect) -> str:
        """The wanted style where the query cannot notice it, else the server's own."""
        wanted, found = STYLES[dialect.date_format], self._line.setting("DateStyle")
        if found.startswith(wanted) or not any(column.type in DATED for column in columns):
            return found
        plan = self._line.query(f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON)\n{sql}")
        keeps_order = wanted == "ISO" or found.endswith(wanted[-3:])
        types = [column.native_type for column in columns]
        steps = json.loads(plan.get_value(0, 0) or b"[]")
        return wanted if is_indifferent(sql, steps, types, keeps_order=keeps_order) else found

    def _begin(self) -> None:
        """Start a read-only transaction unless one is open and sound.

        Every setting ends with the transaction: behind a pooler the server's session goes on
        to somebody else.
        """
        if self._line.is_closed:
            self._line = self._connected()
        if self._line.is_in_transaction:
            return
        self._line = self._in_transaction()
        pairs = [item for pair in self._settings().items() for item in pair]
        calls = (f"set_config(${n}, ${n + 1}, true)" for n in range(1, len(pairs), 2))
        self._line.query(f"SELECT {', '.join(calls)}", pairs)

    def _in_transaction(self) -> PostgresLine:
        """A line that has begun; a kept session may have been ended at the server meanwhile."""
        line = self._line
        if line.was_kept:
            line.answer_by = time.monotonic() + self._connect_timeout_s
        try:
            if not line.is_idle:
                line.query("ROLLBACK")
            line.query("BEGIN TRANSACTION READ ONLY")
            line.answer_by = None
        except (LineLost, ServerFault):
            if not line.was_kept:
                raise
            line.close()
            line = self._logged_in()
            line.query("BEGIN TRANSACTION READ ONLY")
        return line

    def _settings(self) -> dict[str, str]:
        return {
            "application_name": self._parameters["application_name"],
            "TimeZone": self._time_zone,
            "statement_timeout": str(self._server_limit_ms()),
            "lock_timeout": str(LOCK_TIMEOUT_MS),
            "idle_in_transaction_session_timeout": str(IDLE_TIMEOUT_MS),
            "standard_conforming_strings": "on",
            "extra_float_digits": "1",
            "bytea_output": "hex",
            "IntervalStyle": "postgres",
        }

    def _server_limit_ms(self) -> int:
        limit_s = self._limits.time_limit_s
        return 0 if limit_s is None else int((limit_s + SERVER_LIMIT_EXTRA_S) * 1000)

    def _columns(self, description: PGresult) -> tuple[Column, ...]:
        fields = range(description.nfields)
        oids = [description.ftype(field) for field in fields]
        modifiers = [description.fmod(field) for field in fields]
        names = type_names(self._line, oids, modifiers)
        columns = []
        for field in fields:
            precision, scale = precision_and_scale(oids[field], modifiers[field])
            columns.append(
                Column(
                    name=(description.fname(field) or b"").decode(),
                    type=TYPES.get(oids[field], ColumnType.TEXT),
                    native_type=names[field],
                    precision=precision,
                    scale=scale,
                )
            )
        return tuple(columns)

    @contextlib.contextmanager
    def _answers(self, sent: BoundStatement | None) -> Iterator[None]:
        """Translate what the server says; `sent` when a place in an error is a place in it."""
        self._limits.check(errors.place(self._spec))
        try:
            yield
        except ServerFault as exc:
            self._has_failed = True
            raise errors.query_error(self._spec, sent, exc, self._limits) from exc
        except LineLost as exc:
            self._has_failed = True
            if self._limits.is_reached and not self._line.is_closed:
                # The server was asked to stop the query and did not.
                end_session(self._parameters, self._line.pid)
            raise errors.lost_error(self._spec, exc, self._limits) from exc


def _refuse_unusable(description: PGresult) -> None:
    if description.nparams:
        raise QueryRefused(
            "The query holds a placeholder such as $1, which nothing fills.",
            hint="Write the value itself.",
        )
    if not description.nfields:
        raise QueryRefused(
            "The query returns no columns.", hint="Write one SELECT that returns rows."
        )


def _row(result: PGresult, row: int, columns: tuple[Column, ...]) -> tuple[object, ...]:
    values: list[object] = []
    for field, column in enumerate(columns):
        raw = result.get_value(row, field)
        text = None if raw is None else raw.decode(errors="replace")
        values.append(None if text is None else VALUES.get(column.type, str)(text))
    return tuple(values)
