"""Which type of OData a column has, what its properties are called, and its values in JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from datafiles.formats.arrow_types import LONGEST_INTEGER
from datafiles.json_values import encoder_of
from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY

MAX_NAME: Final = 100
ROW: Final = "RowNumber"
_NOT_IN_NAMES: Final = re.compile(r"\W")
_DAY: Final = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)|(\d\d)/(\d\d)/(\d{4}))", re.ASCII)
_CLOCK: Final = re.compile(r"\d\d:\d\d:\d\d(?:\.\d{1,12})?", re.ASCII)
_UNUSUAL: Final = {"Infinity": "INF", "-Infinity": "-INF", "NaN": "NaN"}


class EdmType(StrEnum):
    """The types of OData that columns have."""

    INT64 = "Edm.Int64"
    DECIMAL = "Edm.Decimal"
    DOUBLE = "Edm.Double"
    BOOLEAN = "Edm.Boolean"
    DATE = "Edm.Date"
    MOMENT = "Edm.DateTimeOffset"
    CLOCK = "Edm.TimeOfDay"
    STRING = "Edm.String"


@dataclass(frozen=True, slots=True)
class Property:
    """A column as a property; `position` is that of the column, None for the number of the row."""

    name: str
    type: EdmType
    position: int | None
    precision: int | None = None
    scale: int | None = None


def identifier(name: str) -> str:
    """A name that OData and Power Query take without quotes; accents stay."""
    plain = _NOT_IN_NAMES.sub("_", name)[:MAX_NAME] or "_"
    return f"_{plain}"[:MAX_NAME] if plain[0].isdigit() else plain


def properties_of(columns: Sequence[ManifestColumn]) -> list[Property]:
    """The number of the row, which is the key, then the columns."""
    names: list[str] = []
    for column in columns:
        names.append(_free(identifier(column.name), names))
    row = Property(_free(ROW, names), EdmType.INT64, None)
    found = [
        _property(name, column, position)
        for position, (name, column) in enumerate(zip(names, columns, strict=True))
    ]
    return [row, *found]


def _free(name: str, taken: Sequence[str]) -> str:
    candidate, repeat = name, 1
    while candidate in taken:
        repeat += 1
        candidate = f"{name}_{repeat}"
    return candidate


def _property(name: str, column: ManifestColumn, position: int) -> Property:
    match column.type:
        case "integer" if (column.precision or 0) <= LONGEST_INTEGER:
            return Property(name, EdmType.INT64, position)
        case "integer":
            return Property(name, EdmType.DECIMAL, position, column.precision, 0)
        case "decimal":
            precision = column.precision if (column.scale or 0) >= 0 else None
            return Property(name, EdmType.DECIMAL, position, precision, column.scale)
        case "time" if column.native_type != "time with time zone":
            return Property(name, EdmType.CLOCK, position)
    return Property(name, _OTHERS.get(column.type, EdmType.STRING), position)


_OTHERS: Final = {
    "float": EdmType.DOUBLE,
    "boolean": EdmType.BOOLEAN,
    "date": EdmType.DATE,
    "timestamp": EdmType.MOMENT,
    "timestamp_tz": EdmType.MOMENT,
}

Encode = Callable[[Sequence[str], bool], list[object]]


def values_of(type_: EdmType, *, numbers_as_text: bool) -> Encode:
    """From the texts of a column, and whether QUOTED_EMPTY may occur, to its values in JSON.

    `numbers_as_text`: what the client asks for by IEEE754Compatible. What the type has no value
    for, such as a year before 1, is null.
    """
    match type_:
        case EdmType.INT64 | EdmType.DECIMAL if numbers_as_text:
            return lambda texts, _: [text or None for text in texts]
        case EdmType.INT64 | EdmType.DECIMAL:
            return encoder_of("decimal")
        case EdmType.DOUBLE:
            encode = encoder_of("float")
            return lambda texts, quotes: [_UNUSUAL.get(str(v), v) for v in encode(texts, quotes)]
        case EdmType.BOOLEAN:
            return encoder_of("boolean")
        case EdmType.DATE:
            return lambda texts, _: [_day(text) for text in texts]
        case EdmType.MOMENT:
            return lambda texts, _: [_moment(text) for text in texts]
        case EdmType.CLOCK:
            return lambda texts, _: [text if _CLOCK.fullmatch(text) else None for text in texts]
    return encoder_of("text")


def _day(text: str) -> str | None:
    found = _DAY.match(text)
    if found is None or text.endswith("BC"):
        return None
    if found[1]:
        return found[0] if found[1] != "0000" else None
    return f"{found[6]}-{found[5]}-{found[4]}"


def _moment(text: str) -> str | None:
    """The wall clock of the file, which OData can only call UTC."""
    day = _day(text)
    if day is None or text == QUOTED_EMPTY:
        return None
    clock = _CLOCK.match(text, len("2024-01-31") + 1)
    return f"{day}T{clock[0] if clock else '00:00:00'}Z"


def encoded_rows(names: Sequence[str], columns: Sequence[Sequence[object]]) -> bytes:
    """The objects of some rows, with commas between them and without brackets."""
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return orjson.dumps(rows)[1:-1]
