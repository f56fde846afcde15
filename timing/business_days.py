"""Calendars: which days are worked, the next of them, and the nth of a month. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from timing.national_holidays import Holiday, holidays_of_year
from vocabulary import DaySource, OptionalDays

DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6
# A calendar that has no business day for so long has none at all, as far as anybody waits.
MAX_DISTANCE = 400


@dataclass(frozen=True, slots=True)
class NationalHolidays:
    """Which of the computed holidays a calendar has; `subdivision`: of a state, too."""

    subdivision: str | None = None
    optional: OptionalDays = OptionalDays.NONE


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A holiday of a calendar's own, or with `is_taken_out` a computed one that is worked.

    A yearly one is there in every year; one on 29 February in the years that have it.
    """

    day: date
    name: str
    is_yearly: bool = False
    is_taken_out: bool = False

    def in_year(self, year: int) -> date | None:
        """The day it is in that year, if any."""
        if not self.is_yearly:
            return self.day if self.day.year == year else None
        if (self.day.month, self.day.day) == (2, 29) and not calendar.isleap(year):
            return None
        return self.day.replace(year=year)


@dataclass(frozen=True)
class BusinessCalendar:
    """Business days are all but the weekdays of `weekend` (Monday is 0) and the holidays.

    Holidays are the national ones but for those taken out, and those of its own. The days of a
    year are computed once for an instance.
    """

    name: str
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})
    national: NationalHolidays | None = None
    own: frozenset[OwnDay] = frozenset()
    _years: dict[int, Mapping[date, Holiday]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    _months: dict[tuple[int, int], tuple[date, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def holidays(self, year: int) -> Mapping[date, Holiday]:
        """The holidays of that year; a day of the weekend may be one."""
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._of_year(year)
        return found

    def taken_out(self, year: int) -> Mapping[date, OwnDay]:
        """The days of that year on which a computed holiday is worked."""
        return self._own_days(year, is_taken_out=True)

    def holiday(self, day: date) -> str | None:
        """The name of the holiday it is; None for any other day, of the weekend too."""
        found = self.holidays(day.year).get(day)
        return None if found is None else found.name

    def is_business_day(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays(day.year)

    def next_business_day(self, day: date) -> date | None:
        """The first business day after this one; None when there is none within MAX_DISTANCE."""
        return self._nearest(day, DAY)

    def previous_business_day(self, day: date) -> date | None:
        """The last business day before this one; None when there is none within MAX_DISTANCE."""
        return self._nearest(day, -DAY)

    def business_days(self, year: int, month: int) -> tuple[date, ...]:
        """Those of a month, in order."""
        found = self._months.get((year, month))
        if found is None:
            _, count = calendar.monthrange(year, month)
            days = (date(year, month, number) for number in range(1, count + 1))
            found = tuple(day for day in days if self.is_business_day(day))
            self._months[year, month] = found
        return found

    def _nearest(self, day: date, step: timedelta) -> date | None:
        for _ in range(MAX_DISTANCE):
            day += step
            if self.is_business_day(day):
                return day
        return None

    def _of_year(self, year: int) -> Mapping[date, Holiday]:
        found: dict[date, Holiday] = {}
        if self.national is not None:
            national = self.national
            found |= holidays_of_year(national.subdivision, national.optional, year)
        for day in self.taken_out(year):
            found.pop(day, None)
        for day, own in self._own_days(year, is_taken_out=False).items():
            found[day] = Holiday(own.name, DaySource.OWN)
        return found

    def _own_days(self, year: int, *, is_taken_out: bool) -> dict[date, OwnDay]:
        """By day; where a yearly one and another meet, the other names it."""
        chosen = [one for one in self.own if one.is_taken_out == is_taken_out]
        days = ((one.in_year(year), one) for one in sorted(chosen, key=_yearly_first))
        return {day: one for day, one in days if day is not None}


def _yearly_first(own: OwnDay) -> tuple[bool, str]:
    return not own.is_yearly, own.name
