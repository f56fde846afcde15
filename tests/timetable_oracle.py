"""What schedules mean, told without the code under test: a watch on the clock, minute by minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from timing.cron import parse_cron
from timing.slots import Schedule, Slot
from timing.timetable import Pattern

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
