"""Parameter sets of a job: what they may hold, and what each gives the query. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from auxiliares import AutomacaoError, FieldError
from connectors.bind_values import BindValue, Raw
from datafiles.set_names import any_set, name_of_set
from vocabulary import ParameterType

FIELD = "parameter_sets"
MAX_SETS = 1000
MAX_LABEL = 100
MAX_TEXT = 1000
_INTEGER = re.compile(r"[+-]?\d{1,38}")
_DECIMAL = re.compile(r"[+-]?\d{1,38}(?:[.,]\d{1,38})?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DMY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
WANTED: Mapping[ParameterType, str] = {
    ParameterType.TEXT: f"text of at most {MAX_TEXT} characters",
    ParameterType.INTEGER: "a whole number",
    ParameterType.DECIMAL: "a number such as 1234.5 or 1234,5, without thousands separators",
    ParameterType.DATE: "a date such as 2024-01-31 or 31/01/2024",
}


class TooManySets(AutomacaoError):
    """More sets than a run may have."""

    code = "too_many_sets"
    status = 422


class SetUnknown(AutomacaoError):
    """A run was asked for a set that the job has not."""

    code = "set_unknown"
    status = 422


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """A name of the query that each set gives a value, in lower case."""

    name: str
    type: ParameterType


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Values in their one written form, None for NULL, and what people call them."""

    label: str
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The parameters of a job, and its sets or the query that answers with them."""

    parameters: tuple[QueryParameter, ...]
    sets: tuple[ParameterSet, ...]
    query: str | None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ParameterSets:
        """As `in_form` has left them."""
        return cls(
            tuple(
                QueryParameter(each["name"], ParameterType(each["type"]))
                for each in stored["parameters"]
            ),
            tuple(ParameterSet(each["label"], each["values"]) for each in stored["sets"] or ()),
            stored["query"],
        )

    @property
    def names(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.parameters)

    def fits(self, values: Mapping[str, str | None]) -> bool:
        """Whether these are values of each parameter, in its type, and of nothing else."""
        return values.keys() == self.names and all(
            (value := values[each.name]) is None or value_in_form(each.type, value) == value
            for each in self.parameters
        )

    def binds(self, values: Mapping[str, str | None]) -> dict[str, BindValue]:
        """What `:name` stands for with the values of a set."""
        return {
            parameter.name: BindValue(
                parameter.type, read_back(parameter.type, values[parameter.name])
            )
            for parameter in self.parameters
        }


def chosen_of(sets: Sequence[ParameterSet], labels: Sequence[str] | None) -> Sequence[ParameterSet]:
    """Those of these labels; None: all. Raises SetUnknown."""
    if labels is None:
        return sets
    by_label = {one.label.casefold(): one for one in sets}
    for label in labels:
        if label.casefold() not in by_label:
            message = f"The job has no set called {label[:MAX_LABEL]!r}."
            raise SetUnknown(
                message, errors=[FieldError(field="labels", code=SetUnknown.code, message=message)]
            )
    wanted = {label.casefold() for label in labels}
    return [one for one in sets if one.label.casefold() in wanted]


def check_chosen(stored: Mapping[str, Any] | None, labels: Sequence[str]) -> None:
    """Refuse a set that the job has not; those a query answers with are known to the run alone.

    Raises SetUnknown.
    """
    found = None if stored is None else ParameterSets.of(stored)
    if found is None or found.query is None:
        chosen_of(found.sets if found else (), labels)


def names_of(stored: Mapping[str, Any] | None) -> frozenset[str]:
    """The names in a job's query that are no dates."""
    return frozenset() if stored is None else ParameterSets.of(stored).names


def names_of_sets(name: str, stored: Mapping[str, Any]) -> list[str]:
    """The name for each set; for sets that a query answers with, one that may become anything."""
    found = ParameterSets.of(stored)
    if found.query is not None:
        return [any_set(name)]
    return [name_of_set(name, one.label, one.values) for one in found.sets]


def value_in_form(kind: ParameterType, text: str) -> str | None:
    """The one written form of a value; None: it is none of this type."""
    if kind == ParameterType.TEXT:
        return text if len(text) <= MAX_TEXT and _can_be_sent(text) else None
    text = text.strip()
    if kind == ParameterType.INTEGER:
        return str(int(text)) if _INTEGER.fullmatch(text) else None
    if kind == ParameterType.DECIMAL:
        return f"{Decimal(text.replace(',', '.')):f}" if _DECIMAL.fullmatch(text) else None
    return _day(text)


def _day(text: str) -> str | None:
    found = _ISO.fullmatch(text)
    parts = found.groups() if found else ()
    if found := _DMY.fullmatch(text):
        parts = found.groups()[::-1]
    try:
        return date(*map(int, parts)).isoformat() if parts else None
    except ValueError:  # 31/02/2024 is no day
        return None


def _can_be_sent(text: str) -> bool:
    return "\0" not in text and text == text.encode("utf-8", "ignore").decode()


def read_back(kind: ParameterType, text: str | None) -> Raw:
    """The value of a written form."""
    if text is None or kind == ParameterType.TEXT:
        return text
    if kind == ParameterType.INTEGER:
        return int(text)
    return Decimal(text) if kind == ParameterType.DECIMAL else date.fromisoformat(text)


def check_count(count: int) -> None:
    """Raises TooManySets."""
    if count > MAX_SETS:
        message = (
            f"There are more than {MAX_SETS} sets, and a run makes at most so many files. Make "
            "several jobs of it, each with a part of the sets."
        )
        raise TooManySets(
            message, errors=[FieldError(field=FIELD, code=TooManySets.code, message=message)]
        )


def label_of(parameters: Iterable[QueryParameter], values: Mapping[str, str | None]) -> str:
    """What a set without a label is called: its values."""
    told = (values.get(parameter.name) for parameter in parameters)
    return "_".join("NULL" if value is None else value.strip() for value in told)[:MAX_LABEL]


def label_fault(label: str) -> str | None:
    """What is wrong with a label, as the end of a sentence; None: nothing."""
    if not label:
        return "has no label"
    if len(label) > MAX_LABEL or not label.isprintable():
        return f"has a label that is longer than {MAX_LABEL} characters or cannot be seen"
    return None
