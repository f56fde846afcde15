"""Values a query is given by name: days, and the typed values of a parameter set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from vocabulary import ParameterType

Raw = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class BindValue:
    """A value of a parameter set; None is NULL of that type."""

    type: ParameterType
    value: Raw


Bound = date | BindValue
NO_VALUES: Mapping[str, Bound] = MappingProxyType({})


def raw_value(bound: Bound) -> Raw:
    """What a driver binds."""
    return bound.value if isinstance(bound, BindValue) else bound
