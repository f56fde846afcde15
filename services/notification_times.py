"""When a notification goes out: at once, with others, or after quiet hours. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vocabulary import Topic

FAILURES = frozenset({Topic.FAILURE, Topic.DELIVERY_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a rule says of time; wall-clock times of the zone the caller names."""

    digest_every_min: int | None = None
    digest_at: time | None = None
    quiet_start: time | None = None
    quiet_end: time | None = None
    failures_pass: bool = True


def send_at(timing: Timing, topic: Topic, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment at which the event is sent with all others of that moment; None: at once, alone.

    What is gathered for a moment within quiet hours waits for their end.
    """
    moment = _digest_moment(timing, now, zone)
    if not (timing.failures_pass and topic in FAILURES):
        quiet_until = _quiet_until(timing, moment or now, zone)
        moment = quiet_until or moment
    return moment


def _digest_moment(timing: Timing, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Strictly later than now, so that nobody has sent the group of this moment."""
    if timing.digest_every_min:
        step = timing.digest_every_min * 60
        return datetime.fromtimestamp((int(now.timestamp()) // step + 1) * step, UTC)
    return _next(timing.digest_at, now, zone) if timing.digest_at else None


def _quiet_until(timing: Timing, moment: datetime, zone: ZoneInfo) -> datetime | None:
    start, end = timing.quiet_start, timing.quiet_end
    if start is None or end is None:
        return None
    wall = moment.astimezone(zone).time().replace(tzinfo=None)
    is_quiet = start <= wall < end if start <= end else wall >= start or wall < end
    return _next(end, moment, zone) if is_quiet else None


def _next(wall: time, now: datetime, zone: ZoneInfo) -> datetime:
    """The next moment after now at which clocks of the zone show this time.

    One that a clock change skips comes as much later as the clock jumps.
    """
    day = now.astimezone(zone).date()
    for offset in range(3):
        local = datetime.combine(day + timedelta(days=offset), wall, zone)
        moment = local.astimezone(UTC)
        if moment > now:
            return moment
    raise AssertionError("the day after tomorrow is later than now")
