"""When a job runs: one pattern of times in a zone, cut to a range of days. Pure.

A pattern is a grid of slots, a cron text, times on business days of the month, or an interval. The
first three name wall-clock times; an interval counts elapsed time and does not look at the clock on
the wall. A rule says what becomes of the times of days that are no business days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from zoneinfo import ZoneInfo

from auxiliares import AutomacaoError, FieldError
from timing.cron import Cron, parse_cron
from timing.month_days import MonthDays
from timing.off_days import OffDayRule
from timing.slots import Schedule

MAX_EVERY_MINUTES = 7 * 24 * 60
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2199, 12, 31)
# A Monday, so that "every 10080 minutes" is weekly from Monday, outside the summer time of the
# northern half and after the last one of Brazil.
ANCHOR_DAY = date(2024, 1, 1)


class ScheduleKindConflict(AutomacaoError):
    """More than one of slots, cron text, interval and business days is given."""

    code: ClassVar[str] = "schedule_kind_conflict"
    status: ClassVar[int] = 422


class IntervalInvalid(AutomacaoError):
    """The minutes of an interval are out of range."""

    code: ClassVar[str] = "interval_invalid"
    status: ClassVar[int] = 422


class ValidityInvalid(AutomacaoError):
    """The first and the last day of a schedule are out of range or out of order."""

    code: ClassVar[str] = "validity_invalid"
    status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many minutes of elapsed time, counted from the local midnight of a day."""

    minutes: int
    from_day: date = ANCHOR_DAY


Pattern = Schedule | Cron | MonthDays | Interval


@dataclass(frozen=True, slots=True)
class Timetable:
    """A pattern in a zone; moments on days before `starts_on` or after `ends_on` are left out.

    The days are those of the zone, both ends included, and those on which it runs after the rule;
    None means no bound. Without a rule days are all alike.
    """

    pattern: Pattern
    zone: ZoneInfo
    starts_on: date | None = None
    ends_on: date | None = None
    rule: OffDayRule | None = None

    @property
    def is_empty(self) -> bool:
        """It names no moment, whatever the days."""
        return not isinstance(self.pattern, Interval) and self.pattern.is_empty

    def covers(self, day: date) -> bool:
        """The day lies within the bounds."""
        return (self.starts_on or date.min) <= day <= (self.ends_on or date.max)

    def without_bounds(self) -> Timetable:
        """The same pattern on every day."""
        return Timetable(self.pattern, self.zone, rule=self.rule)


def make_timetable(
    zone: ZoneInfo,
    *,
    slots: Schedule,
    cron_text: str | None,
    every_minutes: int | None,
    starts_on: date | None,
    ends_on: date | None,
) -> Timetable:
    """The timetable of these members of a job; without any of the three it is empty.

    Raises ScheduleKindConflict, CronInvalid, IntervalInvalid or ValidityInvalid.
    """
    check_kinds(has_slots=bool(slots.slots), cron_text=cron_text, every_minutes=every_minutes)
    check_validity(starts_on, ends_on)
    pattern: Pattern = slots
    if cron_text is not None:
        pattern = parse_cron(cron_text)
    elif every_minutes is not None:
        check_interval(every_minutes)
        pattern = Interval(every_minutes, starts_on or ANCHOR_DAY)
    return Timetable(pattern, zone, starts_on, ends_on)


def check_kinds(
    *,
    has_slots: bool,
    cron_text: str | None,
    every_minutes: int | None,
    has_month_days: bool = False,
) -> None:
    """Raises ScheduleKindConflict when more than one is given."""
    found = ["schedule"] if has_slots else []
    found += ["cron_text"] if cron_text is not None else []
    found += ["every_minutes"] if every_minutes is not None else []
    found += ["business_days"] if has_month_days else []
    if len(found) < 2:
        return
    message = (
        f"A job has one kind of schedule, found {' and '.join(found)}. Keep one; empty the others "
        'with null, or {"day": "", "hour": "", "minute": ""} for schedule.'
    )
    raise ScheduleKindConflict(
        message,
        errors=[
            FieldError(field=name, code=ScheduleKindConflict.code, message=message)
            for name in found
        ],
    )


def check_interval(minutes: int) -> None:
    """Raises IntervalInvalid."""
    if not 1 <= minutes <= MAX_EVERY_MINUTES:
        message = f"every_minutes must be 1 to {MAX_EVERY_MINUTES} (a week), found {minutes}."
        raise IntervalInvalid(
            message,
            errors=[FieldError(field="every_minutes", code=IntervalInvalid.code, message=message)],
        )


def check_validity(starts_on: date | None, ends_on: date | None) -> None:
    """Raises ValidityInvalid."""
    for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise _validity(name, f"{name} must lie from {FIRST_DAY} to {LAST_DAY}, found {day}.")
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise _validity("ends_on", f"ends_on {ends_on} lies before starts_on {starts_on}.")


def _validity(field: str, message: str) -> ValidityInvalid:
    return ValidityInvalid(
        message, errors=[FieldError(field=field, code=ValidityInvalid.code, message=message)]
    )
