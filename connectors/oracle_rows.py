"""How Oracle's values are fetched without loss and written as text and CSV.

NUMBER never passes through a float. Rows are encoded a batch of columns at a time, which costs
three quarters of what csv.writer does.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

import oracledb

from connectors.base import Column, ColumnType, QueryRefused, SourceFailed
from dialects.delimited import Cell, LineEncoder
from dialects.dialect import Dialect, chosen_columns
from dialects.moments import moment_writer, moments_writer, zoned_moment_writer
from vocabulary import ErrorClass

LONG_TYPES = {
    oracledb.DB_TYPE_CLOB,
    oracledb.DB_TYPE_NCLOB,
    oracledb.DB_TYPE_BLOB,
    oracledb.DB_TYPE_LONG,
    oracledb.DB_TYPE_LONG_NVARCHAR,
    oracledb.DB_TYPE_LONG_RAW,
    oracledb.DB_TYPE_JSON,
    oracledb.DB_TYPE_VECTOR,
    oracledb.DB_TYPE_XMLTYPE,
}
TYPES = {
    oracledb.DB_TYPE_BINARY_DOUBLE: ColumnType.FLOAT,
    oracledb.DB_TYPE_BINARY_FLOAT: ColumnType.FLOAT,
    oracledb.DB_TYPE_BOOLEAN: ColumnType.BOOLEAN,
    oracledb.DB_TYPE_DATE: ColumnType.TIMESTAMP,  # it always has a time of day
    oracledb.DB_TYPE_TIMESTAMP: ColumnType.TIMESTAMP,
    oracledb.DB_TYPE_TIMESTAMP_TZ: ColumnType.TIMESTAMP_TZ,
    oracledb.DB_TYPE_TIMESTAMP_LTZ: ColumnType.TIMESTAMP_TZ,
    oracledb.DB_TYPE_INTERVAL_DS: ColumnType.INTERVAL,
    oracledb.DB_TYPE_INTERVAL_YM: ColumnType.INTERVAL,
    oracledb.DB_TYPE_RAW: ColumnType.BINARY,
    oracledb.DB_TYPE_LONG_RAW: ColumnType.BINARY,
    oracledb.DB_TYPE_BLOB: ColumnType.BINARY,
}
UNREADABLE = {
    oracledb.DB_TYPE_BFILE,
    oracledb.DB_TYPE_CURSOR,
    oracledb.DB_TYPE_OBJECT,
    oracledb.DB_TYPE_UNKNOWN,
}
# Broken bytes become signs that no text holds, found when the lines are encoded: at no cost.
KEPT_BROKEN = {
    oracledb.DB_TYPE_VARCHAR: "surrogateescape",
    oracledb.DB_TYPE_CHAR: "surrogateescape",
    oracledb.DB_TYPE_LONG: "surrogateescape",
    oracledb.DB_TYPE_CLOB: "surrogateescape",
    oracledb.DB_TYPE_NVARCHAR: "surrogatepass",
    oracledb.DB_TYPE_NCHAR: "surrogatepass",
    oracledb.DB_TYPE_NCLOB: "surrogatepass",
    oracledb.DB_TYPE_LONG_NVARCHAR: "surrogatepass",
}
# With its row instead of by calls of its own.
INLINE = {
    oracledb.DB_TYPE_CLOB: oracledb.DB_TYPE_LONG,
    oracledb.DB_TYPE_NCLOB: oracledb.DB_TYPE_LONG_NVARCHAR,
}
MOMENT_TYPES = frozenset({ColumnType.TIMESTAMP, ColumnType.TIMESTAMP_TZ})
MOMENTS = {native for native, type_ in TYPES.items() if type_ in MOMENT_TYPES}
NAMES = {
    oracledb.DB_TYPE_VARCHAR: "VARCHAR2",
    oracledb.DB_TYPE_NVARCHAR: "NVARCHAR2",
    oracledb.DB_TYPE_TIMESTAMP_TZ: "TIMESTAMP WITH TIME ZONE",
    oracledb.DB_TYPE_TIMESTAMP_LTZ: "TIMESTAMP WITH LOCAL TIME ZONE",
    oracledb.DB_TYPE_INTERVAL_DS: "INTERVAL DAY TO SECOND",
    oracledb.DB_TYPE_INTERVAL_YM: "INTERVAL YEAR TO MONTH",
    oracledb.DB_TYPE_LONG_RAW: "LONG RAW",
}
MARKED = frozenset({ColumnType.DECIMAL, ColumnType.FLOAT})
NUMBERS = MARKED | {ColumnType.INTEGER}
NUMBER_TEXT_SIZE = 172  # a sign, 126 digits and zeros before or 130 behind the point fit
MAX_FETCHED_ROWS = 5000
FETCHED_BYTES = 8 * 1024 * 1024
# Values of megabytes arrive with the row, so few rows are asked for at a time.
ROWS_WITH_LONGS = 10

LONE_SURROGATE = re.compile("[\ud800-\udfff]")

NAMED_FLOATS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}

Text = Callable[[object], str]
ColumnWriter = Callable[[Sequence[object]], Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class OracleColumn:
    """A column and what the driver says of it."""

    column: Column
    native: oracledb.DbType
    size_bytes: int


def columns_of(description: Sequence[oracledb.FetchInfo]) -> tuple[OracleColumn, ...]:
    """Raises QueryRefused for a type that has no faithful text."""
    return tuple(_column_of(info) for info in description)


def _column_of(info: oracledb.FetchInfo) -> OracleColumn:
    native = info.type_code
    if native in UNREADABLE:
        raise QueryRefused(
            f"Column {info.name} is of the type {native.name.removeprefix('DB_TYPE_')}, which "
            "has no text.",
            hint="Leave it out, or select a text or number made from it.",
        )
    column = Column(
        name=info.name,
        type=_column_type(info),
        native_type=_native_type(info),
        precision=info.precision or None,
        scale=info.scale if info.precision else None,
        nullable=info.null_ok,
    )
    return OracleColumn(column, native, info.internal_size or 32)


def _column_type(info: oracledb.FetchInfo) -> ColumnType:
    if info.type_code is oracledb.DB_TYPE_NUMBER:
        is_integer = info.scale == 0 and (info.precision or 0) > 0
        return ColumnType.INTEGER if is_integer else ColumnType.DECIMAL
    return TYPES.get(info.type_code, ColumnType.TEXT)


def _native_type(info: oracledb.FetchInfo) -> str:
    name: str = NAMES.get(info.type_code, info.type_code.name.removeprefix("DB_TYPE_"))
    if info.type_code is oracledb.DB_TYPE_NUMBER and info.precision and info.scale != -127:
        return f"NUMBER({info.precision},{info.scale})"
    if info.display_size and TYPES.get(info.type_code, ColumnType.TEXT) is ColumnType.TEXT:
        return f"{name}({info.internal_size})" if info.internal_size else name
    return name


def rows_per_fetch(columns: Sequence[OracleColumn]) -> int:
    """How many rows one round trip brings: few of wide ones, so that memory stays flat."""
    if any(column.native in LONG_TYPES for column in columns):
        return ROWS_WITH_LONGS
    width = sum(column.size_bytes for column in columns)
    return max(100, min(MAX_FETCHED_ROWS, FETCHED_BYTES // max(1, width)))


def fetch_handler(
    columns: Sequence[OracleColumn], *, replaces_broken: bool = False
) -> Callable[[oracledb.Cursor, oracledb.FetchInfo], oracledb.Var | None]:
    """Output type handler of a cursor that reads `columns`.

    A text broken in the database gets the sign U+FFFD with `replaces_broken`; without it its
    broken bytes are kept as lone surrogates, which `BatchEncoder` refuses.

    A query with long values announces the types it wants to the server. Asked for text there,
    the server would write numbers by its own settings (`,5`), so they are fetched as Decimal.
    """
    number: type = Decimal if any(c.native in LONG_TYPES for c in columns) else str
    size = 0 if number is Decimal else NUMBER_TEXT_SIZE

    def handler(cursor: oracledb.Cursor, info: oracledb.FetchInfo) -> oracledb.Var | None:
        if info.type_code is oracledb.DB_TYPE_NUMBER:
            return cursor.var(number, size=size, arraysize=cursor.arraysize)
        if info.type_code in MOMENTS:  # as long as ours, also where `execute` brings no rows
            return cursor.var(info.type_code, arraysize=cursor.arraysize)
        if info.type_code in {oracledb.DB_TYPE_JSON, oracledb.DB_TYPE_VECTOR}:
            return cursor.var(str, arraysize=cursor.arraysize)
        if info.type_code in KEPT_BROKEN:
            return cursor.var(
                INLINE.get(info.type_code, info.type_code),
                size=info.internal_size or 0,
                arraysize=cursor.arraysize,
                encoding_errors="replace" if replaces_broken else KEPT_BROKEN[info.type_code],
            )
        return None

    return handler


def texts_of(columns: Sequence[OracleColumn], dialect: Dialect) -> list[Text | None]:
    """For each column the function from value to text; None where values are text already."""
    is_exact = any(column.native in LONG_TYPES for column in columns)
    return [_text_of(column, dialect, is_exact=is_exact) for column in columns]


def _text_of(column: OracleColumn, dialect: Dialect, *, is_exact: bool) -> Text | None:
    plain = _plain_text_of(column, dialect, is_exact=is_exact)
    if dialect.decimal_mark == "." or column.column.type not in MARKED:
        return plain
    if plain is None:
        return lambda value: str(value).replace(".", ",")
    return lambda value: plain(value).replace(".", ",")


def _plain_text_of(column: OracleColumn, dialect: Dialect, *, is_exact: bool) -> Text | None:
    """With a decimal point."""
    if column.native is oracledb.DB_TYPE_NUMBER:
        return _plain_decimal if is_exact else None
    if column.native is oracledb.DB_TYPE_INTERVAL_YM:
        return _years_and_months
    if column.native is oracledb.DB_TYPE_BINARY_FLOAT:
        return _single_float
    match column.column.type:
        case ColumnType.TIMESTAMP:
            return moment_writer(dialect)
        case ColumnType.TIMESTAMP_TZ:
            return zoned_moment_writer(dialect)
        case ColumnType.FLOAT:
            return _double_float
        case ColumnType.BOOLEAN:
            return lambda value: "true" if value else "false"
        case ColumnType.BINARY:
            return _hexadecimal_writer(dialect.binary_prefix)
        case ColumnType.INTERVAL:
            return _days_and_time
    return None if column.native is not oracledb.DB_TYPE_UROWID else str


class BatchEncoder:
    """Turns fetched rows into the bytes of CSV lines, with the columns the dialect chooses."""

    def __init__(self, columns: Sequence[OracleColumn], dialect: Dialect) -> None:
        choice = chosen_columns(dialect.columns, [column.column.name for column in columns])
        texts = texts_of(columns, dialect)
        places = range(len(columns)) if choice is None else [place for place, _ in choice]
        # By a column at a time half the price of zip(), which walks all rows at once.
        self._values_of = [itemgetter(place) for place in places]
        self._names = [columns[place].column.name for place in places]
        self._written = [_column_writer(columns[place], texts[place], dialect) for place in places]
        cells = [_cell_of(columns[place].column, dialect) for place in places]
        self._lines = LineEncoder(dialect, cells)

    def encode(self, rows: Sequence[tuple[object, ...]], before: int = 0) -> bytes:
        """One line for each row. Raises SourceFailed for a broken text; `before`: earlier rows."""
        columns = [list(map(values_of, rows)) for values_of in self._values_of]
        try:
            return self._lines.encode(
                [write(values) for values, write in zip(columns, self._written, strict=True)]
            )
        except UnicodeEncodeError as exc:
            raise self._broken(columns, before, exc) from exc

    def _broken(
        self, columns: Sequence[Sequence[object]], before: int, error: UnicodeEncodeError
    ) -> SourceFailed:
        """The first broken text by row."""
        row, place = min(
            (row, place)
            for place, values in enumerate(columns)
            for row, value in enumerate(values)
            if isinstance(value, str) and LONE_SURROGATE.search(value)
        )
        sign = ord(error.object[error.start])
        bad = f"the byte {sign - 0xDC00:02X}" if 0xDC80 <= sign <= 0xDCFF else "half a sign"
        return broken_text(before + row + 1, self._names[place], bad)


def broken_text(row: int, column: str, what: str) -> SourceFailed:
    """What to raise for a text that holds `what`."""
    return SourceFailed(
        f"Row {row}, column {column}: the text holds {what}, which is not valid in the character "
        "set of the database.",
        hint="Correct it there, write RAWTOHEX(UTL_RAW.CAST_TO_RAW(column)) in the query, or "
        "let the job write a sign for it (unencodable: replace).",
        error_class=ErrorClass.PERMANENT,
    )


def _cell_of(column: Column, dialect: Dialect) -> Cell:
    if column.type in NUMBERS:
        return Cell.NUMBER
    # A moment begins with a digit: where NULL is written otherwise, nothing need be looked for.
    if column.type in MOMENT_TYPES and not dialect.null_text[:1].isdigit():
        return Cell.NUMBER
    return Cell.TEXT if column.type is ColumnType.TEXT else Cell.PLAIN


def _column_writer(column: OracleColumn, text: Text | None, dialect: Dialect) -> ColumnWriter:
    """From the values of a batch to texts; the usual types without a call for each value."""
    if text is None:
        return _as_they_are
    if column.column.type is ColumnType.TIMESTAMP:
        return moments_writer(dialect)
    if column.native is oracledb.DB_TYPE_BINARY_DOUBLE and dialect.decimal_mark == ".":
        return _double_floats
    return lambda values: [None if value is None else text(value) for value in values]


def _as_they_are(values: Sequence[object]) -> Sequence[str | None]:
    return values  # type: ignore[return-value] # text and None by the fetch handler


def _double_floats(values: Sequence[object]) -> list[str | None]:
    distinct = set(values)
    # A zero with a sign is equal to one without.
    if len(distinct) * 2 > len(values) or 0.0 in distinct:
        return _double_texts(values)
    known = dict(zip(distinct, _double_texts(list(distinct)), strict=True))
    return [known[value] for value in values]


def _double_texts(values: Sequence[object]) -> list[str | None]:
    return [
        None
        if value is None
        else text[:-2]
        if (text := repr(value))[-2:] == ".0"
        else text
        if text[-1] <= "9"
        else NAMED_FLOATS[text]
        for value in values
    ]


def _hexadecimal_writer(prefix: str) -> Text:
    def written(value: object) -> str:
        assert isinstance(value, bytes)
        return f"{prefix}{value.hex().upper()}"

    return written


def _plain_decimal(value: object) -> str:
    assert isinstance(value, Decimal)
    return format(value, "f")


def _double_float(value: object) -> str:
    return _float_text(repr(value))


def _single_float(value: object) -> str:
    """The shortest text that is the same BINARY_FLOAT again."""
    assert isinstance(value, float)
    for digits in range(1, 9):
        near = float(f"{value:.{digits}g}")
        with contextlib.suppress(OverflowError):  # rounded up beyond the greatest one
            if struct.unpack("f", struct.pack("f", near)) == (value,):
                return _float_text(repr(near))
    return _float_text(repr(float(f"{value:.9g}")))


def _float_text(text: str) -> str:
    return NAMED_FLOATS.get(text, text.removesuffix(".0"))


def _days_and_time(value: object) -> str:
    """-3 04:00:00.000007: days and time of the length, one sign before both."""
    assert isinstance(value, dt.timedelta)
    sign, length = ("-", -value) if value < dt.timedelta(0) else ("", value)
    minutes, seconds = divmod(length.seconds, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    clock = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return f"{sign}{length.days} {clock}{fraction}"


def _years_and_months(value: object) -> str:
    assert isinstance(value, oracledb.IntervalYM)
    months = value.years * 12 + value.months
    return f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12:02}"
