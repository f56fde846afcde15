"""Reads filters, sort and columns of a request for rows: which parameter means which column.

The names of the route's own parameters come first. Any other name is a column (`valor=10`) or a
column, two underscores and an operator (`valor__gte=10`); a column of exactly that name wins. A
column called like a parameter is reached with its operator: `limit__eq=5`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from auxiliares import AutomacaoError, FieldError
from datafiles.filters import MAX_VALUE_CHARACTERS, Filter, FilterValueInvalid, Operator, SortKey

MAX_FILTERS = 20
MAX_SORT_COLUMNS = 10
MAX_LISTED_VALUES = 1000
MAX_NAMED_COLUMNS = 100
# Sent by some HTTP libraries to go round caches.
IGNORED = frozenset({"_"})


class ColumnUnknown(AutomacaoError):
    """A parameter names a column that the dataset does not have."""

    code: ClassVar[str] = "column_unknown"
    status: ClassVar[int] = 400


class FilterOperatorUnknown(AutomacaoError):
    """What follows the column and `__` is no operator."""

    code: ClassVar[str] = "filter_operator_unknown"
    status: ClassVar[int] = 400


class TooManyFilters(AutomacaoError):
    """More conditions, sort columns or values than one request may hold."""

    code: ClassVar[str] = "too_many_filters"
    status: ClassVar[int] = 400


@dataclass(frozen=True, slots=True)
class RowQuery:
    """What a request asks for, by position of the columns; `columns` None: all of them."""

    filters: tuple[Filter, ...]
    sort: tuple[SortKey, ...]
    columns: tuple[int, ...] | None


def read_query(
    pairs: Iterable[tuple[str, str]], reserved: frozenset[str], names: Sequence[str]
) -> RowQuery:
    """The query in the parameters of a request.

    Raises ColumnUnknown, FilterOperatorUnknown, FilterValueInvalid or TooManyFilters.
    """
    columns = Columns(names)
    filters: list[Filter] = []
    sort: tuple[SortKey, ...] = ()
    chosen: tuple[int, ...] | None = None
    for name, value in pairs:
        if name == "sort" and value:
            sort = _sort(value, columns)
        elif name == "columns" and value:
            chosen = _chosen(value, columns)
        elif name not in reserved and name not in IGNORED:
            filters.append(_filter(name, value, columns))
    if len(filters) > MAX_FILTERS:
        raise _too_many(f"A request has at most {MAX_FILTERS} filters; this one has {len(filters)}")
    return RowQuery(tuple(filters), sort, chosen)


class Columns:
    """The columns of a dataset by name: as written, else without regard to case where only one
    is meant."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._exact = {name: position for position, name in enumerate(names)}
        self._folded: dict[str, list[int]] = {}
        for position, name in enumerate(names):
            self._folded.setdefault(name.casefold(), []).append(position)

    def find(self, name: str) -> int | None:
        exact = self._exact.get(name)
        alike = self._folded.get(name.casefold(), [])
        return exact if exact is not None else (alike[0] if len(alike) == 1 else None)

    def is_exact(self, name: str) -> bool:
        return name in self._exact

    def get(self, name: str, field: str) -> int:
        """Raises ColumnUnknown."""
        position = self.find(name)
        if position is None:
            listed = ", ".join(self._names[:MAX_NAMED_COLUMNS])
            more = "" if len(self._names) <= MAX_NAMED_COLUMNS else ", …"
            message = f"There is no column {name[:60]!r} in this dataset; it has: {listed}{more}."
            raise ColumnUnknown(
                message, errors=[FieldError(field=field, code=ColumnUnknown.code, message=message)]
            )
        return position


def _filter(field: str, text: str, columns: Columns) -> Filter:
    name, operator = field, Operator.EQ
    stem, separator, word = field.rpartition("__")
    if separator and stem and not columns.is_exact(field):
        name, operator = stem, _operator(field, stem, word, columns)
    position = columns.get(name, field)
    if len(text) > MAX_VALUE_CHARACTERS:
        raise _too_many(
            f"The value of {field[:60]} has more than {MAX_VALUE_CHARACTERS} characters"
        )
    return Filter(position, operator, _values(field, operator, text), field)


def _operator(field: str, stem: str, word: str, columns: Columns) -> Operator:
    if word in [*Operator]:
        return Operator(word)
    columns.get(stem, field)
    message = f"There is no operator {word[:40]!r}; use one of: {', '.join(Operator)}."
    raise FilterOperatorUnknown(
        message, errors=[FieldError(field=field, code=FilterOperatorUnknown.code, message=message)]
    )


def _values(field: str, operator: Operator, text: str) -> tuple[str, ...]:
    if operator not in {Operator.IN, Operator.BETWEEN}:
        return (text,)
    values = tuple(listed(text, field))
    if len(values) > MAX_LISTED_VALUES:
        raise _too_many(f"{field[:60]} lists more than {MAX_LISTED_VALUES} values")
    if operator == Operator.BETWEEN and len(values) != 2:
        message = f"{field[:60]} needs two values with a comma between them, such as 10,20."
        raise FilterValueInvalid(
            message, errors=[FieldError(field=field, code=FilterValueInvalid.code, message=message)]
        )
    return values


def listed(text: str, field: str) -> list[str]:
    """Values between commas; one that holds a comma or a line break stands in double quotes."""
    try:
        return next(csv.reader([text], strict=False), [""])
    except csv.Error as exc:
        message = f"{field[:60]} cannot be read: put values with line breaks in double quotes."
        raise FilterValueInvalid(
            message, errors=[FieldError(field=field, code=FilterValueInvalid.code, message=message)]
        ) from exc


def _sort(text: str, columns: Columns) -> tuple[SortKey, ...]:
    keys = [_sort_key(item, columns) for item in listed(text, "sort")]
    if len(keys) > MAX_SORT_COLUMNS:
        raise _too_many(f"Rows are sorted by at most {MAX_SORT_COLUMNS} columns")
    return tuple(keys)


def _sort_key(item: str, columns: Columns) -> SortKey:
    is_descending = item.startswith("-") and not columns.is_exact(item)
    name = item[1:] if is_descending else item
    return SortKey(columns.get(name, "sort"), is_descending)


def _chosen(text: str, columns: Columns) -> tuple[int, ...]:
    return tuple(dict.fromkeys(columns.get(item, "columns") for item in listed(text, "columns")))


def _too_many(problem: str) -> TooManyFilters:
    return TooManyFilters(f"{problem}. Send fewer, or filter the rows after reading them.")
