"""Which Arrow type keeps a column exactly, by what the manifest says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import pyarrow as pa

from auxiliares import AutomacaoError
from datafiles.manifest import ManifestColumn
from dialects.native_rows import unique_names

LONGEST_INTEGER: Final = 18  # every number of so many digits is an int64
LONGEST_DECIMAL: Final = 38
LONGEST_WIDE_DECIMAL: Final = 76
# A NUMBER or numeric without precision: 28 digits before the point and 10 behind it. The type must
# not depend on the rows, and a value that does not fit is refused, never rounded.
UNLIMITED: Final = (LONGEST_DECIMAL, 10)
_ZONED_TIME: Final = "time with time zone"


class ValueNotRepresentable(AutomacaoError):
    """The type of a column in the file cannot hold one of its values."""

    code: ClassVar[str] = "value_not_representable"
    status: ClassVar[int] = 422


def not_representable(
    column: ManifestColumn, type_: pa.DataType, problem: str
) -> ValueNotRepresentable:
    return ValueNotRepresentable(
        f"Column {column.name!r} holds a value that {type_} cannot keep: {problem[:100]}. Round or "
        "cast it in the query, turn it into text there, or choose another format."
    )


def arrow_schema(columns: Sequence[ManifestColumn]) -> pa.Schema:
    """The columns of the file; names that repeat get numbers, for most readers open no others."""
    names = unique_names([column.name for column in columns])
    types = map(arrow_type, columns)
    return pa.schema([pa.field(name, type_) for name, type_ in zip(names, types, strict=True)])


def arrow_type(column: ManifestColumn) -> pa.DataType:
    """The type in the file."""
    match column.type:
        case "integer":
            return _integer(column.precision)
        case "decimal":
            return _decimal(column.precision, column.scale)
        case "float":
            return pa.float64()
        case "boolean":
            return pa.bool_()
        case "date":
            return pa.date32()
        case "timestamp":
            return pa.timestamp("us")
        case "timestamp_tz":
            return pa.timestamp("us", tz="UTC")
        case "time" if column.native_type != _ZONED_TIME:
            return pa.time64("us")
        case "binary":
            return pa.binary()
    return pa.string()


def parsed_type(column: ManifestColumn) -> pa.DataType:
    """The type the exact text is parsed to first: bytes are hexadecimal, zones are UTC, and Arrow's
    reader knows no decimals of more than 38 digits."""
    if column.type == "timestamp_tz":
        return pa.timestamp("us")
    wanted = arrow_type(column)
    return pa.string() if pa.types.is_binary(wanted) or pa.types.is_decimal256(wanted) else wanted


def _integer(precision: int | None) -> pa.DataType:
    if precision is None or precision <= LONGEST_INTEGER:
        return pa.int64()
    return _decimal(precision, 0)


def _decimal(precision: int | None, scale: int | None) -> pa.DataType:
    if precision is None:
        return pa.decimal128(*UNLIMITED)
    places = max(0, scale or 0)
    # A negative scale adds zeros before the point, one above the precision adds them behind it.
    digits = max(precision + max(0, -(scale or 0)), places)
    if digits <= LONGEST_DECIMAL:
        return pa.decimal128(digits, places)
    if digits <= LONGEST_WIDE_DECIMAL:
        return pa.decimal256(digits, places)
    return pa.string()
