"""What a reader may ask of a dataset's rows, and its translation into safe SQL over the keys.

Values are always bound, names never come from the reader: a column is `c` and its position.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from enum import StrEnum
from functools import reduce
from itertools import chain
from typing import ClassVar, Final

from auxiliares import AutomacaoError, FieldError
from datafiles.column_keys import (
    FAST_DIGITS,
    MOMENT_TYPES,
    NUMBER_TYPES,
    ColumnKey,
    KeyKind,
    moment_text,
    number_of,
    number_text,
)

# From and to, both included, in order and apart from one another.
Ranges = tuple[tuple[int, int], ...]

ROW_NUMBER: Final = -1
LEAST, MOST = -(1 << 63), (1 << 63) - 1
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock without a zone
_MICROSECOND: Final = dt.timedelta(microseconds=1)
MAX_VALUE_CHARACTERS = 10_000
TEXT_ONLY: Final = frozenset({"contains", "startswith", "endswith"})
ORDERED: Final = frozenset({"gt", "gte", "lt", "lte", "between"})


class Operator(StrEnum):
    """How a column is compared with the value."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    BETWEEN = "between"
    IN = "in"
    ISNULL = "isnull"
    CONTAINS = "contains"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"


class FilterValueInvalid(AutomacaoError):
    """The value of a filter is not of the column's type."""

    code: ClassVar[str] = "filter_value_invalid"
    status: ClassVar[int] = 400


class FilterOperatorUnfit(AutomacaoError):
    """The operator does not go with the type of the column."""

    code: ClassVar[str] = "filter_operator_unfit"
    status: ClassVar[int] = 400


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; `field` is the reader's own spelling of it, for messages."""

    column: int
    operator: Operator
    values: tuple[str, ...]
    field: str


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column to sort by, or ROW_NUMBER; null comes last unless `nulls_first`."""

    column: int
    is_descending: bool
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition in SQL with the values to bind.

    `ranges`: the same of one column whose keys are whole numbers, as `whole_number` of
    datafiles.sorted_keys makes them; None where it is more than that.
    """

    sql: str
    values: tuple[object, ...] = ()
    ranges: Ranges | None = None


NEVER: Final = Predicate("false", ranges=())

_COMPARE: Final = {
    Operator.EQ: "=",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.LT: "<",
    Operator.LTE: "<=",
}
_TRUTH: Final = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?|NaN|[+-]?Infinity", re.ASCII)
_DATE = re.compile(
    r"(?:(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)|(?P<d2>\d\d)/(?P<m2>\d\d)/(?P<y2>\d{4}))"
    r"(?:[T ](?P<clock>\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?))?",
    re.ASCII,
)


def operators_of(key_type: str) -> list[str]:
    """The operators that go with a type of column."""
    unfit: frozenset[str] = frozenset()
    if key_type == "boolean":
        unfit = TEXT_ONLY | ORDERED
    elif key_type in NUMBER_TYPES | MOMENT_TYPES | {"float"}:
        unfit = TEXT_ONLY
    return [operator.value for operator in Operator if operator.value not in unfit]


def predicate(wanted: Filter, key: ColumnKey) -> Predicate:
    """The condition in SQL. Raises FilterValueInvalid or FilterOperatorUnfit."""
    allowed = operators_of(key.type)
    if wanted.operator.value not in allowed:
        message = (
            f"{wanted.operator} does not go with column {key.name!r} of type {key.type}; "
            f"use one of: {', '.join(allowed)}."
        )
        raise FilterOperatorUnfit(
            message, errors=[_field(wanted, "filter_operator_unfit", message)]
        )
    name = f"c{wanted.column}"
    values = wanted.values
    if wanted.operator == Operator.ISNULL:
        is_null = _truth(wanted, key, values[0])
        return Predicate(f"{name} IS NULL" if is_null else f"{name} IS NOT NULL")
    if wanted.operator.value in TEXT_ONLY:
        return _text_part(name, wanted)
    if wanted.operator == Operator.BETWEEN:
        return _all(
            _compared(name, key, Operator.GTE, values[0], wanted),
            _compared(name, key, Operator.LTE, values[1], wanted),
        )
    if wanted.operator == Operator.IN:
        return _any(_compared(name, key, Operator.EQ, value, wanted) for value in values)
    if wanted.operator == Operator.NE:
        equal = _compared(name, key, Operator.EQ, values[0], wanted)
        return Predicate(f"({equal.sql}) IS NOT TRUE", equal.values)
    return _compared(name, key, wanted.operator, values[0], wanted)


def order_by(keys: Sequence[SortKey]) -> str:
    """The ORDER BY of a sort, rows of equal keys in the order of the file; empty without keys."""
    if not keys:
        return ""
    return f" ORDER BY {', '.join(map(_sorted_by, keys))}, rowid"


def _sorted_by(key: SortKey) -> str:
    direction = "DESC" if key.is_descending else "ASC"
    return f"{sort_column(key)} {direction} NULLS {'FIRST' if key.nulls_first else 'LAST'}"


def sort_column(key: SortKey) -> str:
    """What the engine sorts by."""
    return "rowid" if key.column == ROW_NUMBER else f"c{key.column}"


def after_row(
    row: int, sort: Sequence[SortKey], keys: Sequence[ColumnKey], values: Sequence[str | None]
) -> Predicate:
    """What is true of the rows that follow this one in the order of `order_by`.

    `keys`: of all columns. `values`: of the row's sort columns, as the engine writes them; empty
    when there is no such row: then nothing follows.
    """
    if len(values) != len(sort):
        return NEVER
    cases: list[Predicate] = []
    equal: list[Predicate] = []
    for wanted, value in zip(sort, values, strict=True):
        name = sort_column(wanted)
        if value is None:
            if wanted.nulls_first:
                cases.append(_all(*equal, Predicate(f"{name} IS NOT NULL")))
            equal.append(Predicate(f"{name} IS NULL"))
            continue
        kind = "BIGINT" if wanted.column == ROW_NUMBER else keys[wanted.column].sql_type
        sign = "<" if wanted.is_descending else ">"
        last = "" if wanted.nulls_first else f" OR {name} IS NULL"
        behind = Predicate(f"({name} {sign} CAST(? AS {kind}){last})", (value,))
        cases.append(_all(*equal, behind))
        equal.append(Predicate(f"{name} = CAST(? AS {kind})", (value,)))
    return _any([*cases, _all(*equal, Predicate(f"rowid > {row:d}"))])


def _text_part(name: str, wanted: Filter) -> Predicate:
    functions = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}
    function = functions[wanted.operator.value]
    return Predicate(f"{function}(lower({name}), lower(?))", (wanted.values[0],))


def _all(*parts: Predicate) -> Predicate:
    ranges = [part.ranges for part in parts if part.ranges is not None]
    return Predicate(
        "(" + " AND ".join(part.sql for part in parts) + ")",
        tuple(value for part in parts for value in part.values),
        reduce(_common, ranges) if len(ranges) == len(parts) else None,
    )


def _any(parts: Iterable[Predicate]) -> Predicate:
    found = tuple(parts)
    ranges = [part.ranges for part in found if part.ranges is not None]
    return Predicate(
        "(" + " OR ".join(part.sql for part in found) + ")",
        tuple(value for part in found for value in part.values),
        _joined(chain(*ranges)) if len(ranges) == len(found) else None,
    )


def _common(one: Ranges, other: Ranges) -> Ranges:
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple((low, high) for low, high in both if low <= high)


def _joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def _range(sign: str, number: int) -> Ranges:
    """What compares so with a whole number."""
    low = {"=": number, ">=": number, ">": number + 1}.get(sign, LEAST)
    high = {"=": number, "<=": number, "<": number - 1}.get(sign, MOST)
    return ((low, high),)


def _compared(
    name: str, key: ColumnKey, operator: Operator, text: str, wanted: Filter
) -> Predicate:
    if key.type == "boolean":
        return Predicate(f"{name} = ?", (_truth(wanted, key, text),))
    if key.type in MOMENT_TYPES:
        return _moment(name, key, operator, text, wanted)
    if key.type in NUMBER_TYPES or key.type == "float":
        return _number(name, key, operator, text, wanted)
    return Predicate(f"{name} {_COMPARE[operator]} ?", (text,))


def _number(name: str, key: ColumnKey, operator: Operator, text: str, wanted: Filter) -> Predicate:
    stripped = text.strip()
    number = number_of(stripped) if _NUMBER.fullmatch(stripped) else None
    if number is None:
        raise _unfit(wanted, key, text, "a number with a decimal point, such as -1234.50")
    sign = _COMPARE[operator]
    if key.kind == KeyKind.FLOAT:
        return Predicate(f"{name} {sign} ?", (float(number),))
    if key.kind == KeyKind.ANY_NUMBER:
        return Predicate(f"{name} {sign} ?", (number_text(number),))
    return _fixed(name, key, operator, number)


def _fixed(name: str, key: ColumnKey, operator: Operator, number: Decimal) -> Predicate:
    """Compare with a bound that the column's type may not hold, moved to the next that it does."""
    width = key.width if key.kind == KeyKind.DECIMAL else 18
    scale = key.scale if key.kind == KeyKind.DECIMAL else 0
    limit = Decimal(10) ** (width - scale)
    is_below = operator in {Operator.LT, Operator.LTE}
    if number.is_nan() or number >= limit or number <= -limit:
        is_above_all = number.is_nan() or number > 0
        holds = operator != Operator.EQ and is_below == is_above_all
        return _any_value(name) if holds else NEVER
    with localcontext(prec=200 + width) as context:
        context.Emin, context.Emax = -(10**9), 10**9
        step = Decimal(1).scaleb(-scale)
        up = operator in {Operator.LT, Operator.GTE}
        rounded = number.quantize(step, rounding=ROUND_CEILING if up else ROUND_FLOOR)
        if operator == Operator.EQ and rounded != number:
            return NEVER
    if abs(rounded) >= limit:
        holds = is_below == (rounded > 0)
        return _any_value(name) if holds else NEVER
    sign = _COMPARE[operator]
    ranges = _range(sign, int(rounded.scaleb(scale))) if width <= FAST_DIGITS else None
    return Predicate(f"{name} {sign} CAST(? AS {key.sql_type})", (format(rounded, "f"),), ranges)


def _any_value(name: str) -> Predicate:
    return Predicate(f"{name} IS NOT NULL", ranges=((LEAST, MOST),))


def _moment(name: str, key: ColumnKey, operator: Operator, text: str, wanted: Filter) -> Predicate:
    """A date alone means the whole of its day where the column has a time."""
    found = _DATE.fullmatch(text.strip())
    hint = "a date, as 2024-01-31 or 31/01/2024"
    if key.type != "date":
        hint += ", with a time behind it if need be: 2024-01-31T18:30:00"
    if found is None or (key.type == "date" and found["clock"]):
        raise _unfit(wanted, key, text, hint)
    year, month, day = (int(found[part] or found[f"{part}2"]) for part in "ymd")
    try:
        date = dt.date(year, month, day)
        clock = found["clock"] and dt.time.fromisoformat(found["clock"][:8])
    except ValueError as exc:
        raise _unfit(wanted, key, text, hint) from exc
    sign = _COMPARE[operator]
    if key.type == "date":
        value = (_moment_value(key, date.isoformat()),)
        days = date.toordinal() - _EPOCH.toordinal()
        ranges = _range(sign, days) if key.kind == KeyKind.DATE else None
        return Predicate(f"{name} {sign} {_bound(key)}", value, ranges)
    if clock:
        seconds = found["clock"] + (":00" if found["clock"].count(":") == 1 else "")
        return _instant(name, key, operator, f"{date.isoformat()} {seconds}")
    return _whole_day(name, key, operator, date)


def _instant(name: str, key: ColumnKey, operator: Operator, iso: str) -> Predicate:
    sign = _COMPARE[operator]
    second, _, fraction = iso.partition(".")
    if key.kind == KeyKind.TIMESTAMP and fraction[6:].strip("0"):
        # The column holds microseconds; this bound lies between two of them.
        if operator == Operator.EQ:
            return NEVER
        sign = {Operator.LT: "<=", Operator.GTE: ">"}.get(operator, sign)
    if key.kind == KeyKind.TIMESTAMP:
        iso = f"{second}.{fraction[:6]}" if fraction else second
    return _against(name, key, sign, iso)


def _against(name: str, key: ColumnKey, sign: str, iso: str) -> Predicate:
    """Compare with a moment that the column's type can hold."""
    ranges = _range(sign, _microseconds(iso)) if key.kind == KeyKind.TIMESTAMP else None
    return Predicate(f"{name} {sign} {_bound(key)}", (_moment_value(key, iso),), ranges)


def _microseconds(iso: str) -> int:
    return (dt.datetime.fromisoformat(iso) - _EPOCH) // _MICROSECOND


def _whole_day(name: str, key: ColumnKey, operator: Operator, date: dt.date) -> Predicate:
    smallest = "999999" if key.kind == KeyKind.TIMESTAMP else "999999999999"
    first, last = f"{date.isoformat()} 00:00:00", f"{date.isoformat()} 23:59:59.{smallest}"
    if operator == Operator.EQ:
        return _all(_against(name, key, ">=", first), _against(name, key, "<=", last))
    is_end = operator in {Operator.GT, Operator.LTE}
    return _against(name, key, _COMPARE[operator], last if is_end else first)


def _bound(key: ColumnKey) -> str:
    return "?" if key.kind == KeyKind.ANY_MOMENT else f"CAST(? AS {key.sql_type})"


def _moment_value(key: ColumnKey, iso: str) -> str | None:
    return moment_text(iso, day_first=False) if key.kind == KeyKind.ANY_MOMENT else iso


def _truth(wanted: Filter, key: ColumnKey, text: str) -> bool:
    value = _TRUTH.get(text.strip().casefold())
    if value is None:
        raise _unfit(wanted, key, text, "true or false")
    return value


def _unfit(wanted: Filter, key: ColumnKey, text: str, hint: str) -> FilterValueInvalid:
    shown = text if len(text) <= 40 else text[:40] + "…"
    what = "isnull" if wanted.operator == Operator.ISNULL else f"column {key.name!r} ({key.type})"
    message = f"{shown!r} cannot be compared with {what}: write {hint}."
    return FilterValueInvalid(message, errors=[_field(wanted, FilterValueInvalid.code, message)])


def _field(wanted: Filter, code: str, message: str) -> FieldError:
    return FieldError(field=wanted.field, code=code, message=message)
