"""The COPY that writes a job's query, and the types PostgreSQL's columns have for us.

Columns of a type COPY does not write in the wanted form are converted in a select list around the
query: dates only where the session could not be put into the wanted DateStyle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.base import Column, ColumnType, CsvForm
from connectors.postgres_dates import STYLES

# Fixed in src/include/catalog/pg_type.dat; anything else is text to us.
TYPES = {
    16: ColumnType.BOOLEAN,
    17: ColumnType.BINARY,
    20: ColumnType.INTEGER,
    21: ColumnType.INTEGER,
    23: ColumnType.INTEGER,
    26: ColumnType.INTEGER,
    700: ColumnType.FLOAT,
    701: ColumnType.FLOAT,
    1082: ColumnType.DATE,
    1083: ColumnType.TIME,
    1114: ColumnType.TIMESTAMP,
    1184: ColumnType.TIMESTAMP_TZ,
    1186: ColumnType.INTERVAL,
    1266: ColumnType.TIME,
    1700: ColumnType.DECIMAL,
}
NUMERIC = 1700
HEADER_SIZE = 4  # VARHDRSZ, added to every type modifier


@dataclass(frozen=True, slots=True)
class Dialect:
    """What decides how a column must be written: the form and two settings of the session."""

    form: CsvForm
    date_style: str
    time_zone: str

    @property
    def is_native(self) -> bool:
        """True when the session itself writes dates in the wanted form."""
        return self.date_style.startswith(STYLES[self.form.date_style])


def precision_and_scale(type_oid: int, modifier: int) -> tuple[int | None, int | None]:
    """Digits of a numeric(p,s); None where the column has no limit."""
    if type_oid != NUMERIC or modifier < HEADER_SIZE:
        return None, None
    packed = modifier - HEADER_SIZE
    scale = packed & 0x7FF
    return packed >> 16, scale - 0x800 if scale >= 0x400 else scale


def copy_statement(sql: str, columns: Sequence[Column], dialect: Dialect) -> str:
    """The COPY of `sql`; its header line is written by the caller.

    A line break stands before each closing parenthesis: `sql` may end in a line comment.
    """
    delimiter = "'" + dialect.form.delimiter.replace("'", "''") + "'"
    options = f"WITH (FORMAT csv, DELIMITER {delimiter}, NULL '')"
    names = [f"c{number}" for number in range(1, len(columns) + 1)]
    written = [
        written_as(name, column.type, dialect) for name, column in zip(names, columns, strict=True)
    ]
    if written == names:
        return f"COPY (\n{sql}\n) TO STDOUT {options}"
    return (
        f"COPY (SELECT {', '.join(written)}\nFROM (\n{sql}\n) AS q ({', '.join(names)}))"
        f" TO STDOUT {options}"
    )


def written_as(name: str, column_type: ColumnType, dialect: Dialect) -> str:
    """The expression for a column: its name alone when COPY writes it well."""
    if column_type is ColumnType.BOOLEAN:
        return f"{name}::text"
    if column_type is ColumnType.DATE:
        return name if dialect.is_native else _date(name, dialect)
    if column_type is ColumnType.TIMESTAMP:
        return name if dialect.is_native else _timestamp(name, dialect)
    if column_type is ColumnType.TIMESTAMP_TZ:
        local = _in_zone(name, dialect)
        return local if dialect.is_native else _timestamp(local, dialect)
    return name


def _in_zone(name: str, dialect: Dialect) -> str:
    """The wall clock of the form's zone; the cast is six times faster than AT TIME ZONE."""
    if dialect.form.time_zone == dialect.time_zone:
        return f"{name}::timestamp"
    zone = dialect.form.time_zone.replace("'", "''")
    return f"({name} AT TIME ZONE '{zone}')"


def _date(value: str, dialect: Dialect) -> str:
    day = "DD/MM/YYYY" if dialect.form.date_style == "dmy" else "YYYY-MM-DD"
    return _in_range(value, f"to_char({value}::timestamp, '{day}')")


def _timestamp(value: str, dialect: Dialect) -> str:
    """A fraction is written only where there is one, without closing zeros, as COPY does."""
    day = "DD/MM/YYYY" if dialect.form.date_style == "dmy" else "YYYY-MM-DD"
    second = f"to_char({value}, '{day} HH24:MI:SS')"
    exact = f"rtrim(to_char({value}, '{day} HH24:MI:SS.US'), '0')"
    return _in_range(
        value, f"CASE WHEN {value} = date_trunc('second', {value}) THEN {second} ELSE {exact} END"
    )


def _in_range(value: str, converted: str) -> str:
    """to_char knows no era and no infinity: they are written as the server's own style does."""
    return (
        f"CASE WHEN {value} >= '0001-01-01' AND {value} < 'infinity' THEN {converted}"
        f" WHEN isfinite({value}) THEN {converted} || ' BC' ELSE {value}::text END"
    )
