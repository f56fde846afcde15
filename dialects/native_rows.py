"""Rows a database itself writes for a format: what source and writer agree on.

JSON: an object a line. Binary: the rows of PostgreSQL's COPY in its binary format, one a write.
Points: the lines of the dialect, the header too, with decimal points where it wants commas.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Final

# Before the first row of a block and behind the last, so that readers may look at a few bytes too
# many.
ROOM: Final = bytes(32)
# An identifier of PostgreSQL, for a longer one is cut off without a word.
LONGEST_NAME_BYTES: Final = 63
# 18 digits always fit in an integer of 64 bits.
MOST_DIGITS: Final = 18
_MODIFIER: Final = re.compile(r"\([^)]*\)")


class NativeRows(StrEnum):
    """How the rows are written."""

    JSON = "json"
    BINARY = "binary"
    POINTS = "points"


class BinaryKind(StrEnum):
    """How a value lies in a binary row; what has no kind of its own is written as text."""

    INT2 = "int2"
    INT4 = "int4"
    INT8 = "int8"
    FLOAT8 = "float8"
    BOOLEAN = "boolean"
    NUMERIC = "numeric"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    BYTES = "bytes"
    TEXT = "text"


_KINDS: Final = {
    "integer": BinaryKind.INT8,
    "float": BinaryKind.FLOAT8,
    "boolean": BinaryKind.BOOLEAN,
    "date": BinaryKind.DATE,
    "timestamp": BinaryKind.TIMESTAMP,
    "timestamp_tz": BinaryKind.TIMESTAMP,
    "binary": BinaryKind.BYTES,
}
_SHORTER: Final = {"smallint": BinaryKind.INT2, "integer": BinaryKind.INT4}


def binary_kind(
    type_name: str, native_type: str, precision: int | None, scale: int | None
) -> BinaryKind:
    """The kind of a column, by its type in the manifest."""
    native = bare_type(native_type)
    if type_name == "integer":
        return _SHORTER.get(native, BinaryKind.INT8)
    if type_name == "time" and native == "time without time zone":
        return BinaryKind.TIME
    if type_name == "decimal" and precision is not None and scale is not None:
        is_short = precision <= MOST_DIGITS and 0 <= scale <= precision
        return BinaryKind.NUMERIC if is_short else BinaryKind.TEXT
    return _KINDS.get(type_name, BinaryKind.TEXT)


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Many binary rows: where each begins in `data`, as native integers of 64 bits. There is ROOM
    around them.

    `data` is its sender's again, and may change, when the call it was given to is over.
    """

    data: bytes | bytearray
    places: memoryview

    @classmethod
    def of(cls, rows: Sequence[bytes]) -> RowBlock:
        """The rows one behind the other."""
        places = array("q", accumulate(map(len, rows[:-1]), initial=len(ROOM)))
        return cls(b"".join((ROOM, *rows, ROOM)), memoryview(places))


def bare_type(native_type: str) -> str:
    """The type without its length, precision or digits of seconds."""
    return _MODIFIER.sub("", native_type)


def are_identifiers(names: Sequence[str]) -> bool:
    """Whether the database can give the members of its objects these names."""
    return all(len(name.encode()) <= LONGEST_NAME_BYTES for name in names)


def unique_names(names: Sequence[str], *, also_empty: frozenset[str] = frozenset()) -> list[str]:
    """Names fit for the keys of an object: no empty one, repeated ones as `a`, `a.1`, `a.2`.

    `also_empty` are texts that stand for an empty name.
    """
    unique: dict[str, None] = {}
    for position, name in enumerate(names):
        wanted = f"Unnamed: {position}" if not name or name in also_empty else name
        candidate, repeat = wanted, 0
        while candidate in unique:
            repeat += 1
            candidate = f"{wanted}.{repeat}"
        unique[candidate] = None
    return list(unique)
