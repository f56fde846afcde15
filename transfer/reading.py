"""The SELECT that reads a table of a transfer from its source, and the columns it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from auxiliares import AutomacaoError
from connectors.base import Column, ColumnType, ConnectionSpec, SessionTags, SourceSession
from connectors.registry import connector_for
from connectors.statement import check_statement
from dialects.dialect import Dialect
from transfer.definition import ColumnMap, TableSource
from transfer.names import TableName, literal, parse_table, quoted
from transfer.pipe import Produce, copy_out
from transfer.sessions import Sessions, translated
from transfer.structure import Table, is_portable, read_table

# What COPY reads as CSV; a column of nothing is NULL, quotes make it an empty text.
CSV = Dialect(delimiter=",", date_format="iso", zone_offset=True, header=False, binary_prefix="\\x")
CSV_OPTIONS = "(FORMAT csv, DELIMITER ',', NULL '')"
MAX_NUMERIC = 1000
TYPES = {
    ColumnType.INTEGER: "bigint",
    ColumnType.FLOAT: "double precision",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TEXT: "text",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "timestamp without time zone",
    ColumnType.TIMESTAMP_TZ: "timestamp with time zone",
    ColumnType.TIME: "time without time zone",
    ColumnType.INTERVAL: "interval",
    ColumnType.BINARY: "bytea",
}


class SourceTableUnknown(AutomacaoError):
    """The source has no table of that name that the account may see."""

    code = "source_table_unknown"
    status = 422


class ColumnUnknown(AutomacaoError):
    """The job names a column that is not there."""

    code = "movement_column_unknown"
    status = 422


@dataclass(frozen=True, slots=True)
class MovedColumn:
    """A column at the target: its name, the type it has there when it must be created, and the
    expression of the source it is filled with."""

    name: str
    type: str
    expression: str
    source: str
    not_null: bool = False
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One SELECT ready to run: `relation` is what follows FROM, `table` the source's own."""

    columns: tuple[MovedColumn, ...]
    relation: str
    table: Table | None = None
    is_postgres: bool = True
    as_csv: bool = False

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def select(self) -> str:
        """The statement, as one SELECT."""
        chosen = ", ".join(f"{c.expression} AS {quoted(c.name)}" for c in self.columns)
        return f"SELECT {chosen} FROM {self.relation}"

    def fits_binary(self, target: Table | None) -> bool:
        """Whether the values can be handed over as they are inside the server."""
        return self.is_postgres and all(
            is_portable(c.type) and (target is None or _type_at(target, c.name) == c.type)
            for c in self.columns
        )

    def copy_options(self, target: Table | None) -> str:
        """What COPY calls the form of the rows on their way."""
        if self.as_csv or not self.is_postgres:
            return CSV_OPTIONS
        return "(FORMAT binary)" if self.fits_binary(target) else "(FORMAT text)"

    def only(self, names: Sequence[str]) -> Reading:
        """The same rows, these columns alone."""
        kept = tuple(column for column in self.columns if column.name in names)
        return replace(self, columns=kept)


def read_postgres(
    connection: Connection, spec: ConnectionSpec, wanted: TableSource, *, salt: str
) -> Reading:
    """Look the source up, and have the server parse what people wrote, alone and not run.

    Raises SourceTableUnknown, ColumnUnknown and what a query can be refused for.
    """
    table = None
    if wanted.source:
        name = parse_table(wanted.source)
        table = read_table(connection, name)
        if table is None:
            raise _unknown(name, spec)
        found = [
            MovedColumn(c.name, c.type, quoted(c.name), c.name, c.not_null) for c in table.columns
        ]
        relation = name.quoted
        if wanted.where and wanted.where.strip():
            relation += f"\nWHERE (\n{wanted.where}\n)"
    else:
        query = wanted.query or ""
        check_statement(query, "postgres")
        found = [
            MovedColumn(c.name, c.native_type, quoted(c.name), c.name)
            for c in _described(spec, query)
        ]
        relation = f"(\n{query}\n) AS q"
    columns = tuple(_mapped(found, wanted.columns, lambda c, m: _postgres_mask(c, m, salt)))
    reading = Reading(columns, relation, table)
    if wanted.where:
        _described(spec, reading.select())
    return reading


def read_other(spec: ConnectionSpec, wanted: TableSource, *, salt: str) -> Reading:
    """The same for a source that is not PostgreSQL; names become lower case at the target."""
    if wanted.source:
        name = parse_table(wanted.source, default_schema=spec.username.upper())
        upper = TableName(name.schema.upper(), name.name.upper())
        relation = upper.quoted
        if wanted.where and wanted.where.strip():
            relation += f"\nWHERE (\n{wanted.where}\n)"
        described = _described(spec, f"SELECT * FROM {relation}")
    else:
        query = wanted.query or ""
        check_statement(query, spec.kind)
        described = _described(spec, query)
        relation = f"(\n{query}\n) q"
    found = [
        MovedColumn(c.name.lower(), postgres_type(c), _oracle_expression(c), c.name)
        for c in described
    ]
    columns = tuple(_mapped(found, wanted.columns, lambda c, m: _oracle_mask(c, m, salt)))
    return Reading(columns, relation, is_postgres=False)


def produce_postgres(
    sessions: Sessions,
    spec: ConnectionSpec,
    connection: Connection,
    reading: Reading,
    target: Table | None,
) -> Produce:
    """The rows from this session, in the form of `copy_options`."""
    statement = f"COPY (\n{reading.select()}\n) TO STDOUT {reading.copy_options(target)}"
    copy = copy_out(connection, statement)

    def produce(pipe: IO[bytes]) -> int:
        with translated(spec, sessions.limits):
            return copy(pipe)

    return produce


def produce_other(sessions: Sessions, spec: ConnectionSpec, reading: Reading) -> Produce:
    """The rows as CSV, from a session of their own, by the connector's fastest path."""

    def produce(pipe: IO[bytes]) -> int:
        with _opened(sessions, spec) as session:
            return session.export_csv(reading.select(), pipe, CSV)

    return produce


def count_other(sessions: Sessions, spec: ConnectionSpec, statement: str) -> int:
    """The number that this statement answers with, from a session of its own."""
    with _opened(sessions, spec) as session:
        _, rows = session.fetch(statement, 1)
    return int(str(rows[0][0]))


def first_other(
    sessions: Sessions, spec: ConnectionSpec, reading: Reading
) -> tuple[str | None, ...]:
    """The first row as text, from a session of its own; empty where there is none."""
    with _opened(sessions, spec) as session:
        _, rows = session.fetch(reading.select(), 1)
    return tuple(None if value is None else str(value) for value in rows[0]) if rows else ()


@contextmanager
def _opened(sessions: Sessions, spec: ConnectionSpec) -> Iterator[SourceSession]:
    with (
        connector_for(spec.kind).open(
            spec,
            tags=SessionTags("transfer"),
            time_limit_s=sessions.limits.time_limit_s,
            time_zone=sessions.time_zone,
        ) as session,
        sessions.holding(session),
    ):
        yield session


def postgres_type(column: Column) -> str:
    """The type of PostgreSQL that holds every value of a column of another database."""
    if column.type in (ColumnType.DECIMAL, ColumnType.INTEGER):
        precision, scale = column.precision, column.scale
        if precision and scale == 0 and precision <= 9:
            return "integer"
        if precision and scale == 0 and precision <= 18:
            return "bigint"
        if precision and precision <= MAX_NUMERIC and scale is not None and 0 <= scale <= precision:
            return f"numeric({precision},{scale})"
        return "bigint" if column.type == ColumnType.INTEGER and not precision else "numeric"
    return TYPES[column.type]


def _oracle_expression(column: Column) -> str:
    if column.native_type.startswith("RAW"):
        return f"'\\x' || RAWTOHEX({quoted(column.name)})"
    return quoted(column.name)


def _described(spec: ConnectionSpec, sql: str) -> tuple[Column, ...]:
    with connector_for(spec.kind).open(spec, tags=SessionTags("transfer")) as session:
        return _describe(session, sql)


def _describe(session: SourceSession, sql: str) -> tuple[Column, ...]:
    return session.describe(sql)


def _mapped(
    found: Sequence[MovedColumn],
    maps: Sequence[ColumnMap],
    mask: Callable[[MovedColumn, ColumnMap], MovedColumn],
) -> list[MovedColumn]:
    """The columns the job names, in its order; all of the source when it names none."""
    if not maps:
        return list(found)
    by_name = {column.source: column for column in found}
    folded = {column.source.lower(): column for column in found}
    columns = []
    for each in maps:
        column = by_name.get(each.source) or folded.get(each.source.lower())
        if column is None:
            raise ColumnUnknown(
                f"The source has no column called {each.source}; it has: "
                f"{', '.join(list(by_name)[:30])}."
            )
        columns.append(replace(mask(column, each), name=each.target or column.name))
    return columns


def _postgres_mask(column: MovedColumn, wanted: ColumnMap, salt: str) -> MovedColumn:
    own = column.expression
    if wanted.mask == "hash":
        text = f"{literal(salt)} || ({own})::text"
        hashed = f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"
        return replace(column, expression=hashed, type="text", is_changed=True)
    if wanted.mask == "null":
        expression = f"NULL::{column.type}"
        return replace(column, expression=expression, not_null=False, is_changed=True)
    if wanted.mask == "constant":
        expression = f"{literal(wanted.value or '')}::{column.type}"
        return replace(column, expression=expression, is_changed=True)
    return column


def _oracle_mask(column: MovedColumn, wanted: ColumnMap, salt: str) -> MovedColumn:
    if wanted.mask == "hash":
        text = f"{literal(salt)} || {column.expression}"
        hashed = (
            f"CASE WHEN {column.expression} IS NOT NULL THEN "
            f"LOWER(RAWTOHEX(STANDARD_HASH({text}, 'SHA256'))) END"
        )
        return replace(column, expression=hashed, type="text", is_changed=True)
    if wanted.mask == "null":
        return replace(column, expression="CAST(NULL AS VARCHAR2(1))", is_changed=True)
    if wanted.mask == "constant":
        return replace(column, expression=literal(wanted.value or ""), is_changed=True)
    return column


def _type_at(target: Table, name: str) -> str | None:
    column = target.column(name)
    return column.type if column else None


def _unknown(name: TableName, spec: ConnectionSpec) -> SourceTableUnknown:
    return SourceTableUnknown(
        f"The connection {spec.name} has no table {name.text} that its account may see. Correct "
        "the name in the job, or ask the administrator of the database for the right to read it."
    )
