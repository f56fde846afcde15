"""What schedules mean, told without the code under test: a watch on the clock, minute by minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from timing.business_days import BusinessCalendar, NationalHolidays, OwnDay
from timing.cron import parse_cron
from timing.month_days import MonthDays
from timing.off_days import OffDayRule
from timing.slots import Schedule, Slot
from timing.timetable import Pattern
from vocabulary import OffDayPolicy, OptionalDays

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
MINUTES_OF_WEEK = st.integers(0, 7 * 24 * 60 - 1)


def slot_of(minute_of_week: int) -> Slot:
    return Slot(minute_of_week // 1440, minute_of_week // 60 % 24, minute_of_week % 60)


@dataclass(frozen=True)
class Planned:
    """A pattern, and what it means told without the code under test."""

    pattern: Pattern
    names: Callable[[datetime], bool]  # this wall-clock minute

    def __repr__(self) -> str:
        return repr(self.pattern)


def planned_slots(slots: frozenset[Slot]) -> Planned:
    wanted = {(slot.weekday, slot.hour, slot.minute) for slot in slots}
    return Planned(
        Schedule(slots), lambda clock: (clock.weekday(), clock.hour, clock.minute) in wanted
    )


GRIDS = st.one_of(
    st.frozensets(MINUTES_OF_WEEK.map(slot_of), max_size=30),
    st.builds(
        lambda days, hours, minutes: frozenset(
            Slot(d, h, m) for d in days for h in hours for m in minutes
        ),
        st.sets(st.integers(0, 6)),
        st.sets(st.integers(0, 23), max_size=6),
        st.sets(st.sampled_from([0, 15, 29, 30, 59]), max_size=3),
    ),
).map(planned_slots)


def cron_field(
    low: int, high: int, last: int | None = None
) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """A field's text with the numbers it means; a star goes on to `last`."""
    end = (last or high) + 1
    return st.one_of(
        st.just(("*", frozenset(range(low, end)))),
        st.integers(1, 20).map(lambda n: (f"*/{n}", frozenset(range(low, end, n)))),
        st.sets(st.integers(low, high), min_size=1, max_size=5).map(
            lambda found: (",".join(map(str, found)), frozenset(found))
        ),
        st.tuples(st.integers(low, high), st.integers(low, high)).map(
            lambda ends: (f"{min(ends)}-{max(ends)}", frozenset(range(min(ends), max(ends) + 1)))
        ),
    )


Field = tuple[str, frozenset[int]]


def planned_cron(minute: Field, hour: Field, day: Field, month: Field, weekday: Field) -> Planned:
    """Days match by both fields when one begins with a star, else by either."""
    weekdays = {number % 7 for number in weekday[1]}
    both = day[0].startswith("*") or weekday[0].startswith("*")

    def names(clock: datetime) -> bool:
        fits = (clock.day in day[1], clock.isoweekday() % 7 in weekdays)
        return (
            clock.minute in minute[1]
            and clock.hour in hour[1]
            and clock.month in month[1]
            and (all(fits) if both else any(fits))
        )

    return Planned(
        parse_cron(" ".join(part[0] for part in (minute, hour, day, month, weekday))), names
    )


CRONS = st.builds(
    planned_cron,
    cron_field(0, 59),
    cron_field(0, 23),
    cron_field(1, 28, 31),  # days that every month has
    cron_field(1, 12),
    cron_field(0, 7),
)
WALL_PATTERNS = st.one_of(GRIDS, CRONS)


def walked_moments(
    planned: Planned, zone: ZoneInfo, after: datetime, until: datetime
) -> list[datetime]:
    """The same answer by watching the zone's clock go through every minute of UTC."""
    found: set[datetime] = set()
    shown: set[datetime] = set()
    instant = after.replace(second=0, microsecond=0) - 2 * DAY
    before = (instant - MINUTE).astimezone(zone).replace(tzinfo=None)
    while instant <= until:
        clock = instant.astimezone(zone).replace(tzinfo=None)
        for skipped in range((clock - before) // MINUTE - 1):
            missing = before + (skipped + 1) * MINUTE
            if planned.names(missing) and missing not in shown:
                found.add(instant + skipped * MINUTE)
        if clock not in shown and planned.names(clock):
            found.add(instant)
        shown.add(clock)
        before = clock
        instant += MINUTE
    return sorted(moment for moment in found if after < moment <= until)


# --- calendars and rules for days that are no business days


def easter(year: int) -> date:
    """By the anonymous Gregorian computus."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + k - 7 * ((a + 11 * h + 22 * k) // 451) + 114, 31)
    return date(year, month, day + 1)


@cache
def brazilian_holidays(year: int, optional: OptionalDays) -> frozenset[date]:
    """By the laws in force since 1980: fixed days, Good Friday, and the optional ones."""
    fixed = [(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)]
    if year >= 2024:
        fixed.append((11, 20))
    from_easter = [-2]
    if optional != OptionalDays.NONE:
        from_easter += [-48, -47, 60]
    if optional == OptionalDays.ALL:
        from_easter.append(-46)
        fixed += [(10, 28), (12, 24), (12, 31)]
    days = {date(year, month, day) for month, day in fixed}
    return frozenset(days | {easter(year) + n * DAY for n in from_easter})


def is_day_off(calendar: BusinessCalendar, day: date) -> bool:
    """What a calendar of Brazil or of its own days says, told without its code."""
    if day.weekday() in calendar.weekend:
        return True
    own = [
        one
        for one in calendar.own
        if one.day == day
        or (one.is_yearly and (one.day.month, one.day.day) == (day.month, day.day))
    ]
    if any(not one.is_taken_out for one in own):
        return True
    if calendar.national is None or own:
        return False
    return day in brazilian_holidays(day.year, calendar.national.optional)


def calendars(near: date) -> st.SearchStrategy[BusinessCalendar]:
    """Of any weekend but a whole week, with days of its own around a day, some of them yearly."""
    own = st.builds(
        OwnDay,
        st.integers(-12, 12).map(lambda n: near + n * DAY),
        st.sampled_from(["Aniversário", "Ponte"]),
        st.booleans(),
        st.booleans(),
    )
    return st.builds(
        BusinessCalendar,
        st.just("Calendário"),
        st.frozensets(st.integers(0, 6), max_size=6),
        st.one_of(
            st.none(), st.sampled_from(OptionalDays).map(lambda o: NationalHolidays(None, o))
        ),
        st.frozensets(own, max_size=8),
    )


def landing_of(rule: OffDayRule, day: date) -> date | None:
    """The day on which the times of this day run, walking from day to day; None: they do not."""
    if not is_day_off(rule.calendar, day):
        return day
    if rule.policy == OffDayPolicy.SKIP:
        return None
    step = DAY if rule.policy == OffDayPolicy.NEXT else -DAY
    while is_day_off(rule.calendar, day):
        day += step
    return day


def planned_by_rule(planned: Planned, rule: OffDayRule) -> Planned:
    """The pattern after the rule: what is named on a day is named on the day it lands on."""

    @cache
    def sources(day: date) -> list[date]:
        around = (day + n * DAY for n in range(-40, 41))
        return [other for other in around if landing_of(rule, other) == day]

    return Planned(
        planned.pattern,
        lambda clock: any(
            planned.names(datetime.combine(day, clock.time())) for day in sources(clock.date())
        ),
    )


def planned_month_days(pattern: MonthDays) -> Planned:
    """Times on the nth business days, found by counting through each month."""

    @cache
    def chosen(year: int, month: int) -> frozenset[date]:
        days = [date(year, month, 1) + n * DAY for n in range(31)]
        worked = [d for d in days if d.month == month and not is_day_off(pattern.calendar, d)]
        counted = dict(enumerate(worked, start=1))
        counted |= {-n: day for n, day in enumerate(reversed(worked), start=1)}
        return frozenset(counted[n] for n in pattern.numbers if n in counted)

    return Planned(
        pattern,
        lambda clock: (
            time(clock.hour, clock.minute) in pattern.times
            and clock.date() in chosen(clock.year, clock.month)
        ),
    )
