"""The holidays of Brazil by year, as the library `holidays` computes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from vocabulary import DaySource, OptionalDays

COUNTRY = "BR"
LANGUAGE = "pt_BR"
# The states and the Federal District, and the one city whose holidays the library knows.
SUBDIVISIONS = (
    "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA", "PB", "PE",
    "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO", "São Paulo Capital",
)  # fmt: skip
# What the library computes holidays for; other years have none.
FIRST_YEAR, LAST_YEAR = 1901, 2100
# Banks are closed on these two of the optional days, and on the others they are not.
_BANK_DAYS = frozenset({"Carnaval", "Corpus Christi"})


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off by name, and what it comes from."""

    name: str
    source: DaySource


@lru_cache(maxsize=4096)
def holidays_of_year(
    subdivision: str | None, optional: OptionalDays, year: int
) -> Mapping[date, Holiday]:
    """Those of the whole country, of one of SUBDIVISIONS, and the optional days that are chosen."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    found = {
        day: Holiday(name, DaySource.OPTIONAL)
        for day, name in _computed(None, "optional", year).items()
        if optional == OptionalDays.ALL or (optional == OptionalDays.BANK and name in _BANK_DAYS)
    }
    if subdivision is not None:
        found |= _from(DaySource.STATE, _computed(subdivision, "public", year))
    return found | _from(DaySource.NATIONAL, _computed(None, "public", year))


def _from(source: DaySource, names: Mapping[date, str]) -> dict[date, Holiday]:
    return {day: Holiday(name, source) for day, name in names.items()}


def _computed(subdivision: str | None, category: str, year: int) -> Mapping[date, str]:
    # Here, because it loads four hundred modules: who has no calendar need not wait for them.
    from holidays import country_holidays

    return country_holidays(
        COUNTRY, subdiv=subdivision, years=year, language=LANGUAGE, categories=category
    )
