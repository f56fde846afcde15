"""When a notification goes out: at once, gathered, after quiet hours, over clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notification_times import Timing, send_at
from vocabulary import Topic

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NIGHT = Timing(quiet_start=time(22), quiet_end=time(7))


def at(hour: int, minute: int = 0, *, day: int = 26) -> datetime:
    """A moment by the clock of São Paulo."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SAO_PAULO).astimezone(UTC)


def test_without_a_word_about_time_it_goes_at_once() -> None:
    assert send_at(Timing(), Topic.SUCCESS, at(12), SAO_PAULO) is None


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (at(21, 59), None),
        (at(22), at(7, day=27)),
        (at(23, 59), at(7, day=27)),
        (at(0), at(7)),
        (at(6, 59), at(7)),
        (at(7), None),
    ],
)
def test_quiet_hours_over_midnight_hold_what_comes_in_them(
    now: datetime, wanted: datetime | None
) -> None:
    assert send_at(NIGHT, Topic.SUCCESS, now, SAO_PAULO) == wanted


def test_failures_pass_where_they_may() -> None:
    strict = Timing(quiet_start=time(22), quiet_end=time(7), failures_pass=False)
    for topic in (Topic.FAILURE, Topic.DELIVERY_FAILED):
        assert send_at(NIGHT, topic, at(3), SAO_PAULO) is None
        assert send_at(strict, topic, at(3), SAO_PAULO) == at(7)
    assert send_at(NIGHT, Topic.RECOVERY, at(3), SAO_PAULO) == at(7)


def test_daily_digest_comes_at_its_time_the_same_day_or_the_next() -> None:
    daily = Timing(digest_at=time(8, 30))
    assert send_at(daily, Topic.FAILURE, at(8, 29), SAO_PAULO) == at(8, 30)
    assert send_at(daily, Topic.FAILURE, at(8, 30), SAO_PAULO) == at(8, 30, day=27)


def test_digest_within_quiet_hours_waits_for_their_end() -> None:
    both = Timing(digest_every_min=60, quiet_start=time(22), quiet_end=time(7))
    assert send_at(both, Topic.SUCCESS, at(21, 30), SAO_PAULO) == at(7, day=27)
    assert send_at(both, Topic.FAILURE, at(21, 30), SAO_PAULO) == at(22)


def test_hour_that_the_clock_skips_comes_as_much_later() -> None:
    zone = ZoneInfo("America/New_York")
    daily = Timing(digest_at=time(2, 30))
    before = datetime(2026, 3, 8, 1, 0, tzinfo=zone).astimezone(UTC)
    moment = send_at(daily, Topic.SUCCESS, before, zone)
    assert moment == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)  # 03:30 by the new clock


TIMES = st.times().map(lambda found: found.replace(second=0, microsecond=0))
TIMINGS = st.builds(
    Timing,
    digest_every_min=st.none() | st.integers(1, 10_080),
    digest_at=st.none(),
    quiet_start=TIMES,
    quiet_end=TIMES,
    failures_pass=st.booleans(),
) | st.builds(Timing, digest_at=TIMES)
ZONES = st.sampled_from(["America/Sao_Paulo", "America/New_York", "UTC", "Australia/Lord_Howe"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    timing=TIMINGS,
    topic=st.sampled_from(list(Topic)),
    now=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
    name=ZONES,
)
def test_a_gathered_moment_is_to_come_and_soon(
    timing: Timing, topic: Topic, now: datetime, name: str
) -> None:
    zone, moment_now = ZoneInfo(name), now.replace(tzinfo=UTC)
    moment = send_at(timing, topic, moment_now, zone)
    if moment is None:
        return
    assert moment > moment_now
    assert moment <= moment_now + timedelta(minutes=timing.digest_every_min or 0, hours=50)
