"""A timetable in words, for people who ask when a job runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from timing.cron import Cron
from timing.month_days import MonthDays
from timing.off_days import OffDayRule
from timing.slots import DAY_NAMES, Schedule
from timing.timetable import Timetable
from vocabulary import OffDayPolicy

_TIMES_SHOWN = 12
_POLICIES = {
    OffDayPolicy.SKIP: "not on days off",
    OffDayPolicy.NEXT: "those of days off on the next business day",
    OffDayPolicy.PREVIOUS: "those of days off on the business day before",
}


def describe(timetable: Timetable) -> str:
    """One English sentence without a full stop; days of the week by their short names."""
    pattern = timetable.pattern
    if isinstance(pattern, Schedule):
        words = _grid(pattern)
    elif isinstance(pattern, Cron):
        words = f"{pattern.explanation} ({pattern.text})"
    elif isinstance(pattern, MonthDays):
        words = _month_days(pattern)
    else:
        minutes = "minute" if pattern.minutes == 1 else f"{pattern.minutes} minutes"
        words = f"Every {minutes}, counted from 00:00 on {pattern.from_day}"
    if timetable.starts_on is not None:
        words += f", from {timetable.starts_on}"
    if timetable.ends_on is not None:
        words += f", until {timetable.ends_on}"
    return words if timetable.rule is None else f"{words}; {_rule(timetable.rule)}"


def _rule(rule: OffDayRule) -> str:
    return f"{_POLICIES[rule.policy]} ({rule.calendar.name})"


def _month_days(pattern: MonthDays) -> str:
    named = ", ".join(_nth(number) for number in pattern.numbers)
    return (
        f"On the {named} business day of every month ({pattern.calendar.name}) "
        f"at {_listed(pattern.times)}"
    )


def _nth(number: int) -> str:
    """`1st`, `22nd`, `11th`; `last`, `2nd to last`."""
    if number == -1:
        return "last"
    if number < 0:
        return f"{_nth(-number)} to last"
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if number % 100 in (11, 12, 13) else endings.get(number % 10, "th")
    return f"{number}{ending}"


def _grid(schedule: Schedule) -> str:
    """Days with the same times together, in the order of the week."""
    days: dict[tuple[time, ...], list[str]] = {}
    for weekday, name in enumerate(DAY_NAMES):
        times = schedule.times_on_weekday(weekday)
        if times:
            days.setdefault(tuple(times), []).append(name)
    parts = [f"{', '.join(names)} at {_listed(times)}" for times, names in days.items()]
    return "; ".join(parts) or "Never: there are no weekdays and times"


def _listed(times: Sequence[time]) -> str:
    shown = ", ".join(f"{at:%H:%M}" for at in times[:_TIMES_SHOWN])
    more = len(times) - _TIMES_SHOWN
    return f"{shown} and {more} more times" if more > 0 else shown
