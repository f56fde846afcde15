"""The COPY that writes a job's query, and the types PostgreSQL's columns have for us.

Columns of a type COPY does not write in the wanted form are converted in a select list around the
query: dates only where the session could not be put into the wanted DateStyle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.base import Column, ColumnType
from connectors.postgres_dates import STYLES
from dialects.dialect import GUARDED, Dialect, chosen_columns

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
DATED = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.TIMESTAMP_TZ})
NUMERIC = 1700
HEADER_SIZE = 4  # VARHDRSZ, added to every type modifier
DAYS = {"dmy": "DD/MM/YYYY", "mdy": "MM/DD/YYYY", "iso": "YYYY-MM-DD", "dmy_dots": "DD.MM.YYYY"}
# No text of these begins with a sign of the formula guard.
NEVER_FORMULAS = frozenset({"uuid", "boolean", "inet", "cidr", "macaddr", "xml"})


@dataclass(frozen=True, slots=True)
class Writing:
    """What decides how a column must be written: the dialect and two settings of the session."""

    dialect: Dialect
    date_style: str
    time_zone: str

    @property
    def is_native(self) -> bool:
        """True when the session itself writes dates in the wanted form."""
        return self.date_style.startswith(STYLES[self.dialect.date_format])


def precision_and_scale(type_oid: int, modifier: int) -> tuple[int | None, int | None]:
    """Digits of a numeric(p,s); None where the column has no limit."""
    if type_oid != NUMERIC or modifier < HEADER_SIZE:
        return None, None
    packed = modifier - HEADER_SIZE
    scale = packed & 0x7FF
    return packed >> 16, scale - 0x800 if scale >= 0x400 else scale


def names_within(columns: Sequence[Column]) -> list[str]:
    """What the columns of a query are called in a select list around it: c1, c2, ..."""
    return [f"c{number}" for number in range(1, len(columns) + 1)]


def copy_statement(
    sql: str, columns: Sequence[Column], writing: Writing, *, where: str | None = None
) -> str:
    """The COPY of `sql`, or of the rows `where` (over columns c1, c2, ...) is true; its header
    line is written by the caller.

    A line break stands before each closing parenthesis: `sql` may end in a line comment.
    """
    dialect = writing.dialect
    options = (
        f"WITH (FORMAT csv, DELIMITER {_literal(dialect.delimiter)},"
        f" QUOTE {_literal(dialect.quote)}, NULL {_literal(dialect.null_text)})"
    )
    names = names_within(columns)
    choice = chosen_columns(dialect.columns, [column.name for column in columns])
    places = range(len(columns)) if choice is None else [place for place, _ in choice]
    written = [written_as(names[place], columns[place], writing) for place in places]
    if written == names and where is None:
        return f"COPY (\n{sql}\n) TO STDOUT {options}"
    chosen_rows = "" if where is None else f" WHERE {where}"
    return (
        f"COPY (SELECT {', '.join(written)}\nFROM (\n{sql}\n) AS q ({', '.join(names)})"
        f"{chosen_rows}) TO STDOUT {options}"
    )


def iso_statement(sql: str, columns: Sequence[Column], found: Writing) -> str:
    """The query with days written year first, whatever the style of the session: `sql` itself
    where that is the style already."""
    names = names_within(columns)
    written = [
        written_as(name, column, found) if column.type in DATED else name
        for name, column in zip(names, columns, strict=True)
    ]
    if found.is_native:
        return sql
    return f"SELECT {', '.join(written)}\nFROM (\n{sql}\n) AS q ({', '.join(names)})"


def written_as(name: str, column: Column, writing: Writing) -> str:
    """The expression for a column: its name alone when COPY writes it well."""
    match column.type:
        case ColumnType.BOOLEAN:
            return f"{name}::text"
        case ColumnType.DECIMAL | ColumnType.FLOAT if writing.dialect.decimal_mark == ",":
            return f"replace({name}::text, '.', ',')"
        case ColumnType.DATE:
            return name if writing.is_native else _date(name, writing)
        case ColumnType.TIMESTAMP:
            return _timestamp(name, writing)
        case ColumnType.TIMESTAMP_TZ if writing.dialect.zone_offset:
            return _with_offset(name, writing)
        case ColumnType.TIMESTAMP_TZ:
            return _timestamp(_in_zone(name, writing), writing)
        case ColumnType.TEXT if writing.dialect.formula_guard:
            return _guarded(name, column.native_type)
    return name


def _in_zone(name: str, writing: Writing) -> str:
    """The wall clock of the dialect's zone; the cast is six times faster than AT TIME ZONE."""
    if writing.dialect.time_zone == writing.time_zone:
        return f"{name}::timestamp"
    return f"({name} AT TIME ZONE {_literal(writing.dialect.time_zone)})"


def _date(value: str, writing: Writing) -> str:
    day = DAYS[writing.dialect.date_format]
    return _in_range(value, f"to_char({value}::timestamp, '{day}')")


def _timestamp(value: str, writing: Writing) -> str:
    """A fraction is written only where there is one, without closing zeros, as COPY does."""
    dialect = writing.dialect
    day = DAYS[dialect.date_format]
    if dialect.time_format == "minutes":
        return _in_range(value, f"to_char({value}, '{day} HH24:MI')")
    if writing.is_native:
        return f"date_trunc('second', {value})" if dialect.time_format == "seconds" else value
    second = f"to_char({value}, '{day} HH24:MI:SS')"
    if dialect.time_format == "seconds":
        return _in_range(value, second)
    exact = f"rtrim(to_char({value}, '{day} HH24:MI:SS.US'), '0')"
    return _in_range(
        value, f"CASE WHEN {value} = date_trunc('second', {value}) THEN {second} ELSE {exact} END"
    )


def _with_offset(name: str, writing: Writing) -> str:
    """The moment with its offset in the session's zone, as the style ISO writes it."""
    if writing.dialect.time_zone != writing.time_zone:
        raise ValueError("offsets are written in the zone of the session")
    value = f"date_trunc('second', {name})" if writing.dialect.time_format == "seconds" else name
    if writing.is_native:
        return value
    # JSON knows no DateStyle.
    text = f"replace(btrim(to_json({value})::text, '\"'), 'T', ' ')"
    return f"regexp_replace({text}, '([+-][0-9][0-9]):00$', '\\1')"


def _in_range(value: str, converted: str) -> str:
    """to_char knows no era and no infinity: they are written as the server's own style does."""
    return (
        f"CASE WHEN {value} >= '0001-01-01' AND {value} < 'infinity' THEN {converted}"
        f" WHEN isfinite({value}) THEN {converted} || ' BC' ELSE {value}::text END"
    )


def _guarded(name: str, native_type: str) -> str:
    """A text with an apostrophe before what a spreadsheet would read as a formula.

    Most texts begin with a letter: one comparison with the last sign of the guard tells them.
    """
    if native_type in NEVER_FORMULAS:
        return name
    first = f"ascii({name}::text)"
    signs = sorted(map(ord, GUARDED))
    begins = f"{first} <= {signs[-1]} AND {first} IN ({', '.join(map(str, signs))})"
    if native_type.startswith("character("):
        # concat() keeps the closing blanks, which a cast to text drops, but makes NULL a text.
        text = f"concat({name})"
        return (
            f"CASE WHEN {name} IS NULL THEN NULL WHEN {begins} THEN '''' || {text} ELSE {text} END"
        )
    return f"CASE WHEN {begins} THEN '''' || {name}::text ELSE {name}::text END"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
