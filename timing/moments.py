"""From slots to moments: which instants a schedule names in its time zone. Pure.

A slot is a wall-clock time. Where the zone's clock skips it (a gap), it runs once, later by the
length of the gap: 02:30 becomes 03:30, and coincides with a slot at 03:30 if there is one. Where
the clock shows it twice (a fold), it runs at the first of the two instants. A zone that leaves
out a whole day (Pacific/Apia, 30 December 2011) is a gap of 24 hours: the slots of that Friday
run at their times of day on the Saturday, together with the Saturday's own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from timing.slots import Schedule

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_WEEK_MINUTES = 7 * 24 * 60


def moments_between(
    schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime
) -> list[datetime]:
    """Aware UTC moments in (after, until], sorted, each once."""
    after, until = after.astimezone(UTC), until.astimezone(UTC)
    if until <= after or not schedule.slots:
        return []
    found: set[datetime] = set()
    for wall_time in _wall_times(schedule, *_wall_span(zone, after, until)):
        # fold=0 carries both rules: PEP 495 reads a repeated time as the first of the two, and
        # a skipped time with the offset from before the gap, which shifts it by the gap.
        moment = wall_time.replace(tzinfo=zone).astimezone(UTC)
        if after < moment <= until:
            found.add(moment)
    return sorted(found)


def next_moments(schedule: Schedule, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """The first `count` UTC moments later than `after`; none when the schedule has no slots."""
    if count <= 0 or not schedule.slots:
        return []
    window = (1 + count * _WEEK_MINUTES // len(schedule.slots)) * _MINUTE
    while len(moments := moments_between(schedule, zone, after, after + window)) < count:
        window *= 2
    return moments[:count]


def _wall_span(zone: ZoneInfo, after: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Naive wall-clock bounds that hold every slot with a moment in (after, until].

    A moment's distance from its slot is an offset of the zone in force at most one gap, so at
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


def _wall_times(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """Naive wall-clock times of the slots in [start, end], in order."""
    week = _times_by_weekday(schedule)
    day = start.date()
    while day <= end.date():
        times = week[day.weekday()]
        first = bisect_left(times, start.time()) if day == start.date() else 0
        for at in times[first:]:
            wall_time = datetime.combine(day, at)
            if wall_time > end:
                return
            yield wall_time
        day += _DAY


@lru_cache(maxsize=4096)
def _times_by_weekday(schedule: Schedule) -> tuple[tuple[time, ...], ...]:
    week: list[list[time]] = [[] for _ in range(7)]
    for slot in sorted(schedule.slots):
        week[slot.weekday].append(time(slot.hour, slot.minute))
    return tuple(tuple(times) for times in week)
