"""Columns of CSV texts as values of JSON: numbers digit by digit, NULL as null."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import orjson

from datafiles.records import QUOTED_EMPTY
from dialects import native_rows

# The JSON grammar of a number. What it accepts is passed on digit by digit, never converted.
_is_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_AROUND: Final = " \t\n\r"
NUMBER_TYPES: Final = {"integer", "decimal", "float"}
_BOOLEANS: Final[dict[str, object]] = {
    "": None,
    QUOTED_EMPTY: "",
    "t": True,
    "true": True,
    "f": False,
    "false": False,
}

Encode = Callable[[Sequence[str], bool], list[object]]


def unique_names(names: Sequence[str]) -> list[str]:
    """Names fit for the keys of an object: no empty one, repeated ones as `a`, `a.1`, `a.2`."""
    return native_rows.unique_names(names, also_empty=frozenset({QUOTED_EMPTY}))


def encoder_of(type_name: str) -> Encode:
    """From the texts of a column, and whether QUOTED_EMPTY may occur, to its values."""
    if type_name in NUMBER_TYPES:
        return _numbers
    return _booleans if type_name == "boolean" else _text_values


def _text_values(column: Sequence[str], has_quotes: bool) -> list[object]:
    if has_quotes:
        return [(v if v != QUOTED_EMPTY else "") if v else None for v in column]
    return [v or None for v in column]


def _numbers(column: Sequence[str], has_quotes: bool) -> list[object]:
    del has_quotes
    fragment = orjson.Fragment
    kinds, values = _parsed_together(column)
    if kinds <= {int, type(None)}:
        return values
    if kinds <= {int, float, type(None)}:
        return [fragment(v) if v else None for v in column]
    is_number = _is_number
    return [fragment(v) if is_number(v) else _unusual_number(v) for v in column]


def _parsed_together(column: Sequence[str]) -> tuple[set[type], list[object]]:
    """The types that JSON sees in a column, and its values; `{str}` when it cannot say.

    One call for the whole column costs half of matching each value.
    """
    joined = ",".join([v or "null" for v in column])
    # JSON passes over what is around a value.
    if any(sign in joined for sign in _AROUND):
        return {str}, []
    try:
        values = orjson.loads(f"[{joined}]")
    except orjson.JSONDecodeError:
        return {str}, []
    # A value such as 1,5 makes two, and the word null is not NULL.
    if len(values) != len(column) or values.count(None) != column.count(""):
        return {str}, []
    kinds = set(map(type, values))
    # As an integer, -0 would lose its sign.
    return kinds | {float} if "-0" in joined else kinds, values


def _unusual_number(value: str) -> object:
    if not value:
        return None
    if value == QUOTED_EMPTY:
        return ""
    if value[0] == "+" and _is_number(value[1:]) and value[1] != "-":
        return orjson.Fragment(value[1:])
    return value


def _booleans(column: Sequence[str], has_quotes: bool) -> list[object]:
    del has_quotes
    return [_BOOLEANS.get(v, v) for v in column]
