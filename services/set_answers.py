"""The sets that a query answers with: one row each, a column for each parameter, and `label`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from auxiliares import AutomacaoError
from connectors.base import Column
from services.parameter_sets import (
    WANTED,
    ParameterSet,
    ParameterSets,
    QueryParameter,
    check_count,
    label_fault,
    label_of,
    value_in_form,
)
from vocabulary import ParameterType

LABEL = "label"
TIME_LIMIT_S = 60.0


class SetsUnreadable(AutomacaoError):
    """The query for the sets does not answer as it must."""

    code = "sets_unreadable"
    status = 422


def sets_in(
    found: ParameterSets, columns: Sequence[Column], rows: Sequence[tuple[object, ...]]
) -> tuple[ParameterSet, ...]:
    """The sets of an answer, in its order. Raises SetsUnreadable or TooManySets."""
    check_count(len(rows))
    places = _places(found, [column.name.lower() for column in columns])
    if not rows:
        raise SetsUnreadable(
            "The query for the sets answered with no row, so there is nothing to run. The files "
            "of earlier runs stay as they are."
        )
    sets = tuple(_set(found, places, row, number) for number, row in enumerate(rows, start=1))
    seen: dict[str, int] = {}
    for number, one in enumerate(sets, start=1):
        first = seen.setdefault(one.label.casefold(), number)
        if first < number:
            raise SetsUnreadable(
                f"Rows {first} and {number} of the query for the sets are both called "
                f"{one.label!r}; give each a label of its own."
            )
    return sets


def _places(found: ParameterSets, names: Sequence[str]) -> Mapping[str, int]:
    missing = [parameter.name for parameter in found.parameters if parameter.name not in names]
    if missing:
        raise SetsUnreadable(
            f"The query for the sets has no column {missing[0]}; it answers with "
            f"{', '.join(names)}. Name a column after each parameter, as in "
            f"'id AS {missing[0]}', and one 'label' if you like."
        )
    return {name: place for place, name in enumerate(names)}


def _set(
    found: ParameterSets, places: Mapping[str, int], row: tuple[object, ...], number: int
) -> ParameterSet:
    values = {
        parameter.name: _value(parameter, row[places[parameter.name]], number)
        for parameter in found.parameters
    }
    told = row[places[LABEL]] if LABEL in places else None
    label = label_of(found.parameters, values) if told is None else _text(told).strip()
    wrong = label_fault(label)
    if wrong is not None:
        raise SetsUnreadable(f"Row {number} of the query for the sets {wrong}.")
    return ParameterSet(label, values)


def _value(parameter: QueryParameter, value: object, number: int) -> str | None:
    if value is None:
        return None
    text = _text(value)
    if parameter.type == ParameterType.DATE:
        text = text.removesuffix(" 00:00:00")
    elif parameter.type == ParameterType.INTEGER and _is_whole(value):
        text = f"{value:.0f}"
    kept = value_in_form(parameter.type, text)
    if kept is None:
        raise SetsUnreadable(
            f"Row {number} of the query for the sets, column {parameter.name}: the value is not "
            f"{WANTED[parameter.type]}."
        )
    return kept


def _is_whole(value: object) -> bool:
    return isinstance(value, Decimal) and value == value.to_integral_value()


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
