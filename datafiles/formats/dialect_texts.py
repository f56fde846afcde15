"""Exact texts as a dialect has them: decimal mark, order and length of moments, offsets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final
from zoneinfo import ZoneInfo

from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY
from dialects.delimited import Cell
from dialects.dialect import Dialect
from dialects.moments import BEFORE_CHRIST, DAY_ORDERS, zoned_moment_writer

NUMBERS: Final = frozenset({"integer", "decimal", "float"})
MOMENTS: Final = frozenset({"date", "timestamp", "timestamp_tz"})
_PLAIN_TYPES: Final = MOMENTS | {"boolean", "time", "interval", "binary"}
_DAY_CHARACTERS: Final = len("2024-01-31")
_LONG_YEAR: Final = re.compile(r"(\d{5,})-(\d\d)-(\d\d)(.*)", re.DOTALL)

Convert = Callable[[str], str]


def cell_of(column: ManifestColumn) -> Cell:
    """What the texts of a column may need in a delimited file."""
    if column.type in NUMBERS:
        return Cell.NUMBER
    return Cell.PLAIN if column.type in _PLAIN_TYPES else Cell.TEXT


def column_texts(
    values: Sequence[str], convert: Convert | None, *, has_quotes: bool
) -> list[str | None]:
    """A column of records with NULL as None, each value converted."""
    if convert is not None:
        return [convert(value) if value else None for value in values]
    if has_quotes:
        return [(value if value != QUOTED_EMPTY else "") if value else None for value in values]
    return [value or None for value in values]


def converter(column: ManifestColumn, dialect: Dialect) -> Convert | None:
    """From an exact text of the column to the dialect's; None where they are the same."""
    if column.type in {"decimal", "float"} and dialect.decimal_mark == ",":
        return lambda number: number.replace(".", ",")
    if column.type == "timestamp_tz" and dialect.zone_offset:
        return _with_offset(dialect)
    is_same = dialect.date_format == "iso" and (
        column.type == "date" or dialect.time_format == "fraction"
    )
    if column.type not in MOMENTS or is_same:
        return None
    return partial(_moment, DAY_ORDERS[dialect.date_format], _CLOCK_ENDS[dialect.time_format])


def typed(column: ManifestColumn, time_zone: str | None) -> Convert | None:
    """For typed formats: booleans by name, moments with a zone in UTC instead of the wall clock of
    `time_zone`; None where the format knows no zones."""
    if column.type == "boolean":
        return lambda value: _BOOLEANS.get(value, value)
    if column.type != "timestamp_tz" or time_zone is None:
        return None
    zone = ZoneInfo(time_zone)

    @lru_cache(maxsize=4096)
    def convert(text: str) -> str:
        local = _parsed(text)
        if local is None:
            return text
        utc = local.replace(tzinfo=zone).astimezone(dt.UTC)
        return utc.replace(tzinfo=None).isoformat(" ")

    return convert


_BOOLEANS: Final = {"t": "true", "f": "false"}
_CLOCK_ENDS: Final = {"fraction": None, "seconds": 19, "minutes": 16}


def _moment(order: Convert, end: int | None, text: str) -> str:
    """Any moment in a dialect: of an ordinary year, of a later or earlier one, or infinity."""
    if text[4:5] == "-" and text[7:8] == "-":
        if end is None or not text.endswith(BEFORE_CHRIST):
            return order(text) + text[10:end]
        return order(text) + _cut(text[10:].removesuffix(BEFORE_CHRIST), end) + BEFORE_CHRIST
    found = _LONG_YEAR.fullmatch(text)
    if found is None:  # infinity
        return text
    day = order(f"0000-{found[2]}-{found[3]}").replace("0000", found[1])
    return day + _cut(found[4], end)


def _cut(clock: str, end: int | None) -> str:
    """As much of what is behind a day as stands before `end` in a moment of an ordinary year."""
    return clock if end is None else clock[: end - _DAY_CHARACTERS]


def _with_offset(dialect: Dialect) -> Convert:
    write, zone = zoned_moment_writer(dialect), ZoneInfo(dialect.time_zone)

    @lru_cache(maxsize=4096)
    def convert(text: str) -> str:
        local = _parsed(text)
        if local is None:
            return text
        return write(local.replace(tzinfo=zone).astimezone(dt.UTC).replace(tzinfo=None))

    return convert


def _parsed(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None
