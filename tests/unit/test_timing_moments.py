"""Slots become instants by the wall clock of a zone, checked against a slow walk over UTC."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timing.moments import moments_between, next_moments
from timing.slots import Schedule, Slot, parse_schedule

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# Around these instants the zones' clocks change; the last column is a plain day.
CHANGES = {
    "America/Sao_Paulo": ["2018-02-18T02:00", "2018-11-04T03:00", "2024-05-05T12:00"],
    "America/Santiago": ["2022-09-11T04:00", "2023-04-02T03:00", "2024-05-05T12:00"],
    "Europe/Berlin": ["2024-03-31T01:00", "2024-10-27T01:00", "2024-05-05T12:00"],
    "Australia/Lord_Howe": ["2024-04-06T15:00", "2024-10-05T15:30", "2024-05-05T12:00"],
    "Asia/Kathmandu": ["1985-12-31T18:30", "2024-05-05T12:00"],
    "Pacific/Apia": ["2011-12-30T10:00", "2012-03-31T14:00", "2024-05-05T12:00"],
    "Pacific/Kwajalein": ["1969-09-30T13:00", "1993-08-21T12:00", "2024-05-05T12:00"],
    "Africa/Casablanca": ["2024-03-10T02:00", "2024-04-14T02:00", "2024-05-05T12:00"],
    "UTC": ["2024-02-29T00:00", "2024-12-31T23:00"],
}
PLACES = st.sampled_from([(zone, change) for zone, cs in CHANGES.items() for change in cs])
MINUTES_OF_WEEK = st.integers(0, 7 * 24 * 60 - 1)


def slot_of(minute_of_week: int) -> Slot:
    return Slot(minute_of_week // 1440, minute_of_week // 60 % 24, minute_of_week % 60)


SCHEDULES = st.one_of(
    st.frozensets(MINUTES_OF_WEEK.map(slot_of), max_size=30).map(Schedule),
    st.builds(
        lambda days, hours, minutes: Schedule(
            frozenset(Slot(d, h, m) for d in days for h in hours for m in minutes)
        ),
        st.sets(st.integers(0, 6)),
        st.sets(st.integers(0, 23), max_size=6),
        st.sets(st.sampled_from([0, 15, 29, 30, 59]), max_size=3),
    ),
)


def walked_moments(
    schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime
) -> list[datetime]:
    """The same answer by watching the zone's clock go through every minute of UTC."""
    found: set[datetime] = set()
    shown: set[datetime] = set()
    instant = after.replace(second=0, microsecond=0) - 4 * DAY
    before = (instant - MINUTE).astimezone(zone).replace(tzinfo=None)
    while instant <= until:
        clock = instant.astimezone(zone).replace(tzinfo=None)
        for skipped in range((clock - before) // MINUTE - 1):
            missing = before + (skipped + 1) * MINUTE
            if _names(schedule, missing) and missing not in shown:
                found.add(instant + skipped * MINUTE)
        if clock not in shown and _names(schedule, clock):
            found.add(instant)
        shown.add(clock)
        before = clock
        instant += MINUTE
    return sorted(moment for moment in found if after < moment <= until)


def _names(schedule: Schedule, clock: datetime) -> bool:
    return Slot(clock.weekday(), clock.hour, clock.minute) in schedule.slots


@settings(max_examples=150, deadline=None)
@given(PLACES, SCHEDULES, st.integers(-3000, 3000), st.integers(0, 59), st.integers(1, 4500))
def test_moments_equal_a_walk_over_every_minute(place, schedule, shift, second, length):
    zone = ZoneInfo(place[0])
    change = datetime.fromisoformat(place[1]).replace(tzinfo=UTC)
    after = change + shift * MINUTE + timedelta(seconds=second)
    until = after + length * MINUTE

    expected = walked_moments(schedule, zone, after, until)

    assert moments_between(schedule, zone, after, until) == expected
    assert next_moments(schedule, zone, after, len(expected)) == expected


@settings(max_examples=200, deadline=None)
@given(PLACES, SCHEDULES, st.integers(-5000, 5000), st.integers(1, 20))
def test_next_moments_are_the_first_of_the_moments_between(place, schedule, shift, count):
    zone = ZoneInfo(place[0])
    after = datetime.fromisoformat(place[1]).replace(tzinfo=UTC) + shift * MINUTE
    every = moments_between(schedule, zone, after, after + 200 * DAY)
    assert next_moments(schedule, zone, after, count) == every[:count]


@pytest.mark.parametrize(
    ("zone", "start"), [("America/Boa_Vista", "2000-09-01"), ("Asia/Gaza", "2040-09-01")]
)
def test_offsets_in_force_for_a_week_only_are_seen_in_long_windows(zone, start):
    schedule = parse_schedule("Semana", "00,12,23", "00,30")
    after, place = utc(start), ZoneInfo(zone)
    until = after + 70 * DAY
    expected = walked_moments(schedule, place, after, until)
    assert moments_between(schedule, place, after, until) == expected


def local(zone: str, moments: list[datetime]) -> list[str]:
    return [f"{moment.astimezone(ZoneInfo(zone)):%d %H:%M %z}" for moment in moments]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_slot_in_a_gap_runs_once_shifted_by_the_gap():
    schedule = parse_schedule("Dom", "02", "30")
    moments = moments_between(
        schedule, ZoneInfo("Europe/Berlin"), utc("2024-03-30"), utc("2024-04-01")
    )
    assert local("Europe/Berlin", moments) == ["31 03:30 +0200"]


def test_shifted_slot_merges_with_the_slot_it_meets():
    schedule = parse_schedule("Dom", "02,03", "30")
    moments = moments_between(
        schedule, ZoneInfo("Europe/Berlin"), utc("2024-03-30"), utc("2024-04-01")
    )
    assert local("Europe/Berlin", moments) == ["31 03:30 +0200"]


def test_midnight_slot_in_a_gap_of_sao_paulo_runs_at_one():
    schedule = parse_schedule("Semana", "00", "00")
    zone = "America/Sao_Paulo"
    moments = moments_between(schedule, ZoneInfo(zone), utc("2018-11-03T12:00"), utc("2018-11-05"))
    assert local(zone, moments) == ["04 01:00 -0200"]


def test_slot_in_a_fold_runs_once_at_the_first_instant():
    schedule = parse_schedule("Dom", "02", "30")
    moments = moments_between(
        schedule, ZoneInfo("Europe/Berlin"), utc("2024-10-26"), utc("2024-10-29")
    )
    assert local("Europe/Berlin", moments) == ["27 02:30 +0200"]


def test_half_hour_gap_of_lord_howe_shifts_by_half_an_hour():
    schedule = parse_schedule("Dom", "02", "15")
    zone = "Australia/Lord_Howe"
    moments = moments_between(schedule, ZoneInfo(zone), utc("2024-10-05"), utc("2024-10-07"))
    assert local(zone, moments) == ["06 02:45 +1100"]


def test_slots_of_the_day_apia_left_out_run_on_the_day_after():
    schedule = parse_schedule("Qui,Sex", "08", "00")
    zone = "Pacific/Apia"
    moments = moments_between(schedule, ZoneInfo(zone), utc("2011-12-28"), utc("2012-01-03"))
    assert local(zone, moments) == ["29 08:00 -1000", "31 08:00 +1400"]


def test_slots_of_the_day_apia_left_out_merge_with_those_of_the_day_after():
    schedule = parse_schedule("Semana", "08", "00")
    zone = "Pacific/Apia"
    moments = moments_between(schedule, ZoneInfo(zone), utc("2011-12-28T20:00"), utc("2012-01-01"))
    assert local(zone, moments) == ["29 08:00 -1000", "31 08:00 +1400", "01 08:00 +1400"]


def test_bounds_are_open_after_and_closed_until():
    schedule = parse_schedule("Semana", "08", "00")
    eight = utc("2024-05-05T08:00")
    zone = ZoneInfo("UTC")
    assert moments_between(schedule, zone, eight, eight + DAY) == [eight + DAY]
    assert moments_between(schedule, zone, eight, eight) == []
    assert next_moments(schedule, zone, eight, 1) == [eight + DAY]


def test_bounds_may_carry_any_zone():
    schedule = parse_schedule("Semana", "08", "00")
    tokyo = datetime(2024, 5, 5, 17, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert next_moments(schedule, ZoneInfo("UTC"), tokyo, 1) == [utc("2024-05-06T08:00")]


def test_no_slots_means_no_moments():
    now = utc("2024-05-05")
    assert next_moments(Schedule(), ZoneInfo("UTC"), now, 5) == []
    assert moments_between(Schedule(), ZoneInfo("UTC"), now, now + DAY) == []
    assert next_moments(parse_schedule("Seg", "6", "0"), ZoneInfo("UTC"), now, 0) == []


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "UTC", "Europe/Berlin"])
def test_next_moments_of_a_weekly_schedule_are_quick(zone):
    schedule = parse_schedule("Seg,Ter,Qua,Qui,Sex", "06,18", "00,30")
    now = utc("2024-05-05T12:34")
    place = ZoneInfo(zone)
    fastest = min(_seconds_of(lambda: next_moments(schedule, place, now, 3)) for _ in range(50))
    assert fastest < 0.0005  # ten times what it takes on a slow machine


def _seconds_of(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def test_a_decade_of_moments_is_complete():
    schedule = parse_schedule("Semana", "06,18", "00")
    zone = ZoneInfo("America/Sao_Paulo")
    moments = moments_between(schedule, zone, utc("2014-01-01"), utc("2024-01-01"))
    assert len(moments) == 2 * 3652
    assert len(set(moments)) == len(moments)
