"""From timetables to moments: which instants a schedule names in its time zone. Pure.

A slot and a time of a cron text are wall-clock times. Where the zone's clock skips one (a gap), it
runs once, later by the length of the gap: 02:30 becomes 03:30, and coincides with one at 03:30 if
there is one. Where the clock shows it twice (a fold), it runs at the first of the two instants. A
zone that leaves out a whole day (Pacific/Apia, 30 December 2011) is a gap of 24 hours: the times of
that Friday run on the Saturday, together with the Saturday's own.

A rule for days that are no business days is applied to the wall clock, before any of this: the day
counts on which the schedule writes the time, whatever the clock makes of it.

An interval is elapsed time: its moments are exactly so many minutes apart, whatever the clock on
the wall does, and so come at other times of day after a change of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from timing.off_days import DailyPattern, OffDayRule, OnBusinessDays
from timing.timetable import Interval, Timetable

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
# More than any clock is set back where the day changes.
_SPARE = timedelta(hours=3)
# No schedule that is accepted pauses longer than 40 years.
_HORIZON = 41 * 366 * _DAY


def moments_between(timetable: Timetable, after: datetime, until: datetime) -> list[datetime]:
    """Aware UTC moments in (after, until], sorted, each once."""
    after, until = after.astimezone(UTC), until.astimezone(UTC)
    after, until = _within_bounds(timetable, after, until)
    if until <= after or timetable.is_empty:
        return []
    pattern = timetable.pattern
    if isinstance(pattern, Interval):
        found = _interval_moments(pattern, timetable.zone, after, until, timetable.rule)
    else:
        found = _wall_moments(_ruled(pattern, timetable.rule), timetable.zone, after, until)
    if timetable.starts_on is None and timetable.ends_on is None:
        return found
    return [m for m in found if timetable.covers(m.astimezone(timetable.zone).date())]


def next_moments(timetable: Timetable, after: datetime, count: int) -> list[datetime]:
    """The first `count` UTC moments later than `after`; fewer when there are no more."""
    if count <= 0 or timetable.is_empty:
        return []
    after = after.astimezone(UTC)
    start, _ = _within_bounds(timetable, after, after + _HORIZON)
    window = min(max(_first_distance(timetable, start), _MINUTE) * count, _HORIZON)
    while True:
        _, until = _within_bounds(timetable, after, start + window)
        moments = moments_between(timetable, after, until)
        if len(moments) >= count or until < start + window or window == _HORIZON:
            return moments[:count]
        window = min(window * 2, _HORIZON)


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The UTC moment at which the day begins there; one left out begins when the next does."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _ruled(pattern: DailyPattern, rule: OffDayRule | None) -> DailyPattern:
    return pattern if rule is None else OnBusinessDays(pattern, rule)


def _within_bounds(
    timetable: Timetable, after: datetime, until: datetime
) -> tuple[datetime, datetime]:
    """The window cut to the days of the timetable, with a day to spare on both sides."""
    if timetable.starts_on is not None:
        after = max(after, first_instant(timetable.starts_on, timetable.zone) - _DAY)
    if timetable.ends_on is not None:
        until = min(until, first_instant(timetable.ends_on, timetable.zone) + 3 * _DAY)
    return after, until


def _first_distance(timetable: Timetable, after: datetime) -> timedelta:
    """About how long after `after` the first moment comes, to choose how far to look."""
    pattern = timetable.pattern
    if isinstance(pattern, Interval):
        return pattern.minutes * _MINUTE
    ruled = _ruled(pattern, timetable.rule)
    start = after.astimezone(timetable.zone).replace(tzinfo=None)
    day = start.date()
    for n in range(_HORIZON.days):
        times = ruled.times_on(day + n * _DAY)
        place = bisect_left(times, start.time()) if n == 0 else 0
        if place < len(times):
            return datetime.combine(day + n * _DAY, times[place]) - start
    return _HORIZON


def _interval_moments(
    pattern: Interval,
    zone: ZoneInfo,
    after: datetime,
    until: datetime,
    rule: OffDayRule | None = None,
) -> list[datetime]:
    if rule is not None:
        return _ruled_interval_moments(pattern, rule, zone, after, until)
    anchor, step = first_instant(pattern.from_day, zone), pattern.minutes * _MINUTE
    first = anchor + ((after - anchor) // step + 1) * step
    return [first + n * step for n in range((until - first) // step + 1)]


def _ruled_interval_moments(
    pattern: Interval, rule: OffDayRule, zone: ZoneInfo, after: datetime, until: datetime
) -> list[datetime]:
    """Those of business days as they are; those of days off by the wall clock, where they move."""
    start, end = wall_span(zone, after, until)
    found: set[datetime] = set()
    for n in range((end.date() - start.date()).days + 1):
        day = start.date() + n * _DAY
        if not rule.calendar.is_business_day(day):
            continue
        found.update(interval_moments_of_day(pattern, zone, day))
        for off in rule.moved_to(day):
            times = [wall_time(m, zone) for m in interval_moments_of_day(pattern, zone, off)]
            found.update(moments_of_day(times, day, zone))
    return sorted(moment for moment in found if after < moment <= until)


def interval_moments_of_day(pattern: Interval, zone: ZoneInfo, day: date) -> list[datetime]:
    """Those at which the zone's clock shows that day."""
    start, end = first_instant(day, zone) - _SPARE, first_instant(day + _DAY, zone) + _SPARE
    found = _interval_moments(pattern, zone, start, end)
    return [moment for moment in found if moment.astimezone(zone).date() == day]


def wall_time(moment: datetime, zone: ZoneInfo) -> time:
    """What the zone's clock shows, be it for the first time or the second."""
    return moment.astimezone(zone).time().replace(fold=0)


def _wall_moments(
    pattern: DailyPattern, zone: ZoneInfo, after: datetime, until: datetime
) -> list[datetime]:
    start, end = wall_span(zone, after, until)
    found: set[datetime] = set()
    for n in range((end.date() - start.date()).days + 1):
        day = start.date() + n * _DAY
        times = pattern.times_on(day)
        first = bisect_left(times, start.time()) if day == start.date() else 0
        last = bisect_right(times, end.time()) if day == end.date() else len(times)
        found.update(moments_of_day(times[first:last], day, zone))
    return sorted(moment for moment in found if after < moment <= until)


def moments_of_day(times: Sequence[time], day: date, zone: ZoneInfo) -> list[datetime]:
    """The moments of a day's wall-clock times.

    fold=0 carries both rules: PEP 495 reads a repeated time as the first of the two, and a skipped
    time with the offset from before the gap, which shifts it by the gap.
    """
    if not times:
        return []
    before = datetime.combine(day, time.min, zone) - _DAY
    offset = before.utcoffset()
    if offset is not None and offset == (before + 3 * _DAY).utcoffset():
        # No change of the clock is near, which is nearly always so and ten times as fast.
        return [datetime.combine(day, at, UTC) - offset for at in times]
    return [datetime.combine(day, at, zone).astimezone(UTC) for at in times]


def wall_span(zone: ZoneInfo, after: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Naive wall-clock bounds that hold every time with a moment in (after, until].

    A moment's distance from its time is an offset of the zone in force at most one gap, so at
    most 24 hours, earlier. A look every three days sees every offset: the shortest ever in force
    (America/Boa_Vista, October 2000) lasted almost seven.
    """
    looks = [until]
    look = after - _DAY
    while look < until:
        looks.append(look)
        look += 3 * _DAY
    offsets = {look.astimezone(zone).utcoffset() or timedelta() for look in looks}
    return (
        after.replace(tzinfo=None) + min(offsets),
        until.replace(tzinfo=None) + max(offsets),
    )
