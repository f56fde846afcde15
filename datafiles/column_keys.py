"""How the values of a column are kept for comparing: exact numbers, real dates, plain text.

A key never loses what tells two values apart. Numbers and moments that no type of the engine
holds exactly become texts whose order by code point is their order as numbers or moments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

NUMBER_TYPES: Final = frozenset({"integer", "decimal"})
MOMENT_TYPES: Final = frozenset({"date", "timestamp", "timestamp_tz"})
# The engine's decimals hold 38 digits; those of up to 18 take half the room and time.
MAX_DIGITS = 38
# Before the position of a column: its key, and its text where the key is no value.
KEY: Final = "c"
VALUE: Final = "v"
FAST_DIGITS = 18

PLAIN_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"
PLAIN_DAY_FIRST = r"^[0-9]{2}/[0-9]{2}/[0-9]{4}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?$"
PLAIN_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?$"

_DAY_FIRST = re.compile(r"(?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4,7})(?P<rest>.*)", re.ASCII)
_ISO = re.compile(r"(?P<y>\d{4,7})-(?P<m>\d\d)-(?P<d>\d\d)(?P<rest>.*)", re.ASCII)
_CLOCK = re.compile(r"(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?)?( BC)?", re.ASCII)
_EXPONENT_BIAS = 5_000_000
_LAST_YEAR = 9_999_999
_COMPLEMENT = str.maketrans("0123456789", "9876543210")


class KeyKind(StrEnum):
    """What a key is. The two last ones are texts in the order of what they stand for."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    DATE = "date"
    TIMESTAMP = "timestamp"
    ANY_NUMBER = "any_number"
    ANY_MOMENT = "any_moment"


@dataclass(frozen=True, slots=True)
class ColumnKey:
    """The key of one column; a DECIMAL has `width` digits, `scale` of them behind the point."""

    name: str
    type: str
    kind: KeyKind
    width: int = 0
    scale: int = 0

    @property
    def value_prefix(self) -> str:
        """What the column of its values is called, before its position: the key, or the text."""
        return VALUE if self.kind in {KeyKind.ANY_NUMBER, KeyKind.ANY_MOMENT} else KEY

    @property
    def sql_type(self) -> str:
        if self.kind == KeyKind.DECIMAL:
            return f"DECIMAL({self.width},{self.scale})"
        return _SQL_TYPES[self.kind]


_SQL_TYPES: Final = {
    KeyKind.TEXT: "VARCHAR",
    KeyKind.BOOLEAN: "BOOLEAN",
    KeyKind.INTEGER: "BIGINT",
    KeyKind.FLOAT: "DOUBLE",
    KeyKind.DATE: "DATE",
    KeyKind.TIMESTAMP: "TIMESTAMP",
    KeyKind.ANY_NUMBER: "VARCHAR",
    KeyKind.ANY_MOMENT: "VARCHAR",
}


def key_expression(key: ColumnKey, source: str, *, day_first: bool) -> str:
    """SQL that makes the key from `source`, an SQL expression of the text in the file."""
    if key.kind in {KeyKind.TEXT, KeyKind.ANY_NUMBER, KeyKind.ANY_MOMENT}:
        return source
    if key.kind == KeyKind.BOOLEAN:
        truth = f"lower({source}) IN ('t', 'true')"
        return f"CASE WHEN {truth} THEN true WHEN lower({source}) IN ('f', 'false') THEN false END"
    if key.kind in {KeyKind.DATE, KeyKind.TIMESTAMP}:
        iso = (
            f"substr({source}, 7, 4) || '-' || substr({source}, 4, 2) || '-'"
            f" || substr({source}, 1, 2) || substr({source}, 11)"
        )
        return f"TRY_CAST({iso if day_first else source} AS {key.sql_type})"
    return f"TRY_CAST({source} AS {key.sql_type})"


def number_of(text: str) -> Decimal | None:
    """The exact number, NaN and the infinities included; None when it is none."""
    try:
        return Decimal(text) if text.isascii() and "_" not in text else None
    except InvalidOperation:
        return None


def number_text(number: Decimal | None) -> str | None:
    """A text in the order of numbers: -Infinity < negative < 0 < positive < Infinity < NaN."""
    if number is None or number.is_nan():
        return None if number is None else "9"
    if number.is_infinite():
        return "8" if number > 0 else "1"
    if not number:
        return "5"
    digits = "".join(map(str, number.as_tuple().digits)).lstrip("0").rstrip("0")
    size = f"{number.adjusted() + _EXPONENT_BIAS:07d}"
    if number > 0:
        return f"7{size}{digits}"
    # The larger the size, the smaller the number; `~` puts -1.5 after -1.55.
    return f"3{size.translate(_COMPLEMENT)}{digits.translate(_COMPLEMENT)}~"


def moment_text(text: str, *, day_first: bool) -> str | None:
    """A text in the order of moments, for any year, any fraction and the infinities."""
    if text in {"infinity", "-infinity"}:
        return "9" if text == "infinity" else "0"
    date = (_DAY_FIRST if day_first else _ISO).fullmatch(text)
    clock = _CLOCK.fullmatch(date["rest"]) if date else None
    if date is None or clock is None:
        return None
    year = int(date["y"])
    era = f"1{_LAST_YEAR - year:07d}" if clock[3] else f"2{year:07d}"
    fraction = (clock[2] or "").rstrip("0")
    time = clock[1] or "00:00:00"
    return f"{era}-{date['m']}-{date['d']} {time}" + (f".{fraction}" if fraction else "")
