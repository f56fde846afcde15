"""Columns of exact texts as cells of a sheet: numbers, moments and texts, each what it is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from datafiles.records import QUOTED_EMPTY

MAX_CHARACTERS: Final = 32_767
# A number of a sheet is a double, which keeps 15 digits of any number.
EXACT_DIGITS: Final = 15
DATE_STYLE: Final = 1
MOMENT_STYLE: Final = 2
_NULL: Final = "<c/>"
_DAY_ZERO: Final = dt.date(1899, 12, 30).toordinal()
# Sheets count a 29th of February 1900; before it each day has a number less.
_FIRST_OF_MARCH_1900: Final = 61
_END: Final = 2_958_466  # the first of January 10000
_is_day: Final = re.compile(r"(?:19|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}").match
_is_clock: Final = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?").fullmatch
_is_short_number: Final = re.compile(r"-?[0-9]{1,14}").fullmatch
_is_number: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_MARKUP: Final = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

Cells = Callable[[Sequence[str]], Sequence[str]]


class CellTooLong(Exception):
    """The text at `place` of a column has more characters than a cell holds."""

    def __init__(self, place: int, length: int) -> None:
        super().__init__(place, length)
        self.place = place
        self.length = length


def cells_of(type_name: str) -> Cells:
    """From the texts of a column of this type to its cells."""
    match type_name:
        case "integer" | "decimal":
            return _number_cells
        case "float":
            return _float_cells
        case "boolean":
            return _boolean_cells
        case "date":
            return _date_cells
        case "timestamp" | "timestamp_tz":
            return _moment_cells
    return _text_cells


def text_cell(text: str) -> str:
    """One text as a cell."""
    return _text_cells([text])[0]


def _text_cells(values: Sequence[str]) -> list[str]:
    joined = "".join(values)
    if 2 * len(joined) > MAX_CHARACTERS:
        _check_lengths(values)
    if _MARKUP.search(joined) is not None:
        values = [_MARKUP.sub(_escaped, value) for value in values]
    return [
        f'<c t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
        if value and value != QUOTED_EMPTY
        else _empty(value)
        for value in values
    ]


def _empty(value: str) -> str:
    return '<c t="inlineStr"><is><t></t></is></c>' if value else _NULL


def _check_lengths(values: Sequence[str]) -> None:
    for place, value in enumerate(values):
        # Characters beyond U+FFFF count twice.
        length = len(value) if value.isascii() else len(value.encode("utf-16-le", "replace")) // 2
        if length > MAX_CHARACTERS:
            raise CellTooLong(place, length)


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    return _NAMED.get(sign) or f"_x{ord(sign):04X}_"


def _number_cells(values: Sequence[str]) -> list[str]:
    return [
        f"<c><v>{value}</v></c>" if _is_short_number(value) else _long_number_cell(value)
        for value in values
    ]


def _long_number_cell(value: str) -> str:
    """A number of more digits than a sheet keeps stays exact as a text."""
    if not value:
        return _NULL
    digits = value.lstrip("-").replace(".", "").strip("0")
    if _is_number(value) and len(digits) <= EXACT_DIGITS and "e" not in value.lower():
        return f"<c><v>{value}</v></c>"
    return text_cell(value)


def _float_cells(values: Sequence[str]) -> list[str]:
    """A double is what a sheet holds; only NaN and the infinities are texts."""
    return [
        f"<c><v>{value}</v></c>" if _is_number(value) else text_cell(value) if value else _NULL
        for value in values
    ]


def _boolean_cells(values: Sequence[str]) -> list[str]:
    cells = {"": _NULL, "true": '<c t="b"><v>1</v></c>', "false": '<c t="b"><v>0</v></c>'}
    return [cells[value] for value in values]


def _date_cells(values: Sequence[str]) -> list[str]:
    return [_date_cell(value) for value in values]


def _date_cell(value: str) -> str:
    """Days before 1900, BC and infinity, which no sheet counts, are texts."""
    if not value:
        return _NULL
    if len(value) != 10 or not _is_day(value):
        return text_cell(value)
    return f'<c s="{DATE_STYLE}"><v>{_day_number(value)}</v></c>'


def _moment_cells(values: Sequence[str]) -> list[str]:
    return [_moment_cell(value) for value in values]


def _moment_cell(value: str) -> str:
    if not value:
        return _NULL
    if not _is_day(value) or value[10:11] != " " or not _is_clock(value, 11):
        return text_cell(value)
    day = _day_number(value[:10])
    seconds = int(value[11:13]) * 3600 + int(value[14:16]) * 60 + float(value[17:])
    # A double tells microseconds apart until the year 2100 and more.
    number = day + seconds / 86400 if seconds else day
    return f'<c s="{MOMENT_STYLE}"><v>{number}</v></c>' if number < _END else text_cell(value)


@lru_cache(1 << 14)
def _day_number(iso: str) -> int:
    number = dt.date(int(iso[:4]), int(iso[5:7]), int(iso[8:10])).toordinal() - _DAY_ZERO
    return number if number >= _FIRST_OF_MARCH_1900 else number - 1
