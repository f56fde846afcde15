"""Occurrences that a rule for days off leaves out or moves, so that each is accounted for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from timing.moments import interval_moments_of_day, moments_of_day, wall_span, wall_time
from timing.off_days import OffDayRule
from timing.timetable import Interval, Timetable

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OffMoment:
    """A moment on a day off: left out, or run at `moves_to` instead.

    `holiday` is its name; None: the day is one of the calendar's weekend.
    """

    moment: datetime
    holiday: str | None
    moves_to: datetime | None


def off_moments(timetable: Timetable, after: datetime, until: datetime) -> list[OffMoment]:
    """Those in (after, until] by the pattern alone, in order; none without a rule.

    One that would move to a day outside the bounds is left out.
    """
    rule = timetable.rule
    after, until = after.astimezone(UTC), until.astimezone(UTC)
    if rule is None or timetable.is_empty or until <= after:
        return []
    start, end = wall_span(timetable.zone, after, until)
    found: dict[datetime, OffMoment] = {}
    for n in range((end.date() - start.date()).days + 1):
        day = start.date() + n * _DAY
        if rule.calendar.is_business_day(day):
            continue
        for off in _of_day(timetable, rule, day):
            local = off.moment.astimezone(timetable.zone).date()
            if after < off.moment <= until and timetable.covers(local):
                found.setdefault(off.moment, off)
    return [found[moment] for moment in sorted(found)]


def left_out(timetable: Timetable, after: datetime, until: datetime) -> list[OffMoment]:
    """Those that do not run on another day either."""
    return [off for off in off_moments(timetable, after, until) if off.moves_to is None]


def _of_day(timetable: Timetable, rule: OffDayRule, day: date) -> Iterator[OffMoment]:
    target = rule.target_of(day)
    is_moved = target is not None and timetable.covers(target)
    holiday = rule.calendar.holiday(day)
    for at, moment in _times_of(timetable, day):
        moves_to = _at(target, at, timetable.zone) if is_moved and target is not None else None
        yield OffMoment(moment, holiday, moves_to)


def _times_of(timetable: Timetable, day: date) -> list[tuple[time, datetime]]:
    """The wall-clock times of the day with their moments."""
    pattern, zone = timetable.pattern, timetable.zone
    if isinstance(pattern, Interval):
        moments = interval_moments_of_day(pattern, zone, day)
        return [(wall_time(moment, zone), moment) for moment in moments]
    times = pattern.times_on(day)
    return list(zip(times, moments_of_day(times, day, zone), strict=True))


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return moments_of_day([at], day, zone)[0]
