"""A kind of schedule: times on the first, fifth or last business day of every month. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import ClassVar, TypedDict

from auxiliares import AutomacaoError, FieldError
from timing.business_days import BusinessCalendar

FIELD = "business_days"
MAX_NUMBER = 31
MAX_TIMES = 24 * 60
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class BusinessDaysInvalid(AutomacaoError):
    """The numbers or the times of a schedule by business days mean nothing."""

    code: ClassVar[str] = "business_days_invalid"
    status: ClassVar[int] = 422


class MonthDaysForm(TypedDict):
    """As it is sent, stored and shown: `{"days": [1, -1], "times": ["06:00"]}`."""

    days: list[int]
    times: list[str]


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Times on the nth business days of each month; -1 is the last, -2 the one before it.

    A month with fewer business days than a number says has none for that number.
    """

    numbers: tuple[int, ...]
    times: tuple[time, ...]
    calendar: BusinessCalendar

    def times_on(self, day: date) -> Sequence[time]:
        """Wall-clock times of that day, in order; none when it is none of the chosen days."""
        return self.times if day in _chosen(self, day.year, day.month) else ()

    @property
    def is_empty(self) -> bool:
        return False


@lru_cache(maxsize=8192)
def _chosen(pattern: MonthDays, year: int, month: int) -> frozenset[date]:
    days = pattern.calendar.business_days(year, month)
    indexes = (number - 1 if number > 0 else number for number in pattern.numbers)
    return frozenset(days[n] for n in indexes if -len(days) <= n < len(days))


def read_month_days(form: MonthDaysForm) -> tuple[tuple[int, ...], tuple[time, ...]]:
    """Numbers and times, each once; numbers from the first of the month to the last.

    Raises BusinessDaysInvalid.
    """
    numbers, texts = form.get("days", []), form.get("times", [])
    if not numbers or not all(n != 0 and abs(n) <= MAX_NUMBER for n in numbers):
        raise _refusal(
            f"{FIELD}.days",
            f"{FIELD}.days needs one or more numbers from 1 (the first) to {MAX_NUMBER}, or from "
            f"-1 (the last) to -{MAX_NUMBER}.",
        )
    if not texts or len(texts) > MAX_TIMES or not all(_TIME.fullmatch(text) for text in texts):
        raise _refusal(f"{FIELD}.times", f"{FIELD}.times needs one or more times such as 06:30.")
    times = {time.fromisoformat(text.rjust(5, "0")) for text in texts}
    return tuple(sorted(set(numbers), key=_place)), tuple(sorted(times))


def month_days_form(numbers: Iterable[int], times: Iterable[time]) -> MonthDaysForm:
    """As it is stored, of what read_month_days answered."""
    return MonthDaysForm(days=list(numbers), times=[f"{at:%H:%M}" for at in times])


def _place(number: int) -> tuple[bool, int]:
    return number < 0, number


def _refusal(field: str, message: str) -> BusinessDaysInvalid:
    errors = [FieldError(field=field, code=BusinessDaysInvalid.code, message=message)]
    return BusinessDaysInvalid(message, errors=errors)
