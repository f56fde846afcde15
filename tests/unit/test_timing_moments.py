"""Slots become instants by the wall clock of a zone, checked against a slow walk over UTC."""

import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timetable_oracle import (
    DAY,
    MINUTE,
    WALL_PATTERNS,
    planned_slots,
    walked_moments,
)
from timing.cron import parse_cron
from timing.moments import first_instant, moments_between, next_moments
from timing.slots import Schedule, parse_schedule
from timing.timetable import ANCHOR_DAY, Interval, Timetable

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
INTERVALS = st.one_of(st.integers(1, 90), st.integers(1, 10_080)).map(Interval)
BOUNDS = st.one_of(st.none(), st.integers(-3, 3))


@lru_cache(maxsize=4096)
def change_of_clock(name: str, year: int) -> datetime:
    """An instant of that year within an hour of a change of the offset; without one its start."""
    zone = ZoneInfo(name)
    days = [datetime(year, 1, 1, tzinfo=UTC) + n * DAY for n in range(366)]
    for day in days:
        if day.astimezone(zone).utcoffset() != (day + DAY).astimezone(zone).utcoffset():
            for n in range(24):
                later = day + timedelta(hours=n + 1)
                if day.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
                    return later
    return days[0]


ZONES = sorted(available_timezones())


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(1973, 2037),  # the last offsets that were no whole minutes ended in 1972
    WALL_PATTERNS,
    st.integers(-1500, 1500),
    st.integers(1, 3000),
)
def test_moments_equal_a_walk_over_every_minute_in_any_zone(name, year, planned, shift, length):
    zone = ZoneInfo(name)
    after = change_of_clock(name, year) + shift * MINUTE
    until = after + length * MINUTE

    expected = walked_moments(planned, zone, after, until)

    assert moments_between(Timetable(planned.pattern, zone), after, until) == expected


@settings(max_examples=120, deadline=None)
@given(PLACES, WALL_PATTERNS, st.integers(-3000, 3000), st.integers(0, 59), st.integers(1, 4500))
def test_moments_equal_a_walk_over_every_minute(place, planned, shift, second, length):
    zone = ZoneInfo(place[0])
    change = datetime.fromisoformat(place[1]).replace(tzinfo=UTC)
    after = change + shift * MINUTE + timedelta(seconds=second)
    until = after + length * MINUTE

    expected = walked_moments(planned, zone, after, until)

    timetable = Timetable(planned.pattern, zone)
    assert moments_between(timetable, after, until) == expected
    assert next_moments(timetable, after, len(expected)) == expected


@settings(max_examples=100, deadline=None)
@given(
    PLACES,
    st.one_of(WALL_PATTERNS.map(lambda planned: planned.pattern), INTERVALS),
    st.tuples(BOUNDS, BOUNDS),
    st.integers(-5000, 5000),
    st.integers(1, 20),
)
def test_next_moments_are_the_first_of_the_moments_between(place, pattern, bounds, shift, count):
    change = datetime.fromisoformat(place[1]).replace(tzinfo=UTC)
    starts, ends = (None if n is None else change.date() + n * DAY for n in bounds)
    timetable = Timetable(pattern, ZoneInfo(place[0]), starts, ends)
    after = change + shift * MINUTE
    every = moments_between(timetable, after, after + 400 * DAY)
    assert next_moments(timetable, after, count)[: len(every)] == every[:count]


@settings(max_examples=60, deadline=None)
@given(PLACES, WALL_PATTERNS, st.tuples(BOUNDS, BOUNDS), st.integers(1, 3000))
def test_first_and_last_day_cut_by_the_date_in_the_zone(place, planned, bounds, length):
    zone = ZoneInfo(place[0])
    change = datetime.fromisoformat(place[1]).replace(tzinfo=UTC)
    starts, ends = (None if n is None else change.date() + n * DAY for n in bounds)
    after, until = change - DAY, change + length * MINUTE

    expected = [
        moment
        for moment in walked_moments(planned, zone, after, until)
        if (starts is None or moment.astimezone(zone).date() >= starts)
        and (ends is None or moment.astimezone(zone).date() <= ends)
    ]

    found = moments_between(Timetable(planned.pattern, zone, starts, ends), after, until)
    assert found == expected


@settings(max_examples=60, deadline=None)
@given(PLACES, INTERVALS, st.integers(-3000, 3000), st.integers(1, 4000))
def test_an_interval_counts_elapsed_minutes_from_a_local_midnight(place, interval, shift, length):
    zone = ZoneInfo(place[0])
    midnight = min(
        instant
        for instant in (datetime(2023, 12, 31, tzinfo=UTC) + n * 15 * MINUTE for n in range(192))
        if instant.astimezone(zone).date() == ANCHOR_DAY
    )
    after = datetime.fromisoformat(place[1]).replace(tzinfo=UTC) + shift * MINUTE
    until = after + length * MINUTE

    every = (after + n * MINUTE for n in range(1, length + 1))
    expected = [m for m in every if (m - midnight) // MINUTE % interval.minutes == 0]

    assert moments_between(Timetable(interval, zone), after, until) == expected


@pytest.mark.parametrize(
    ("zone", "start"), [("America/Boa_Vista", "2000-09-01"), ("Asia/Gaza", "2040-09-01")]
)
def test_offsets_in_force_for_a_week_only_are_seen_in_long_windows(zone, start):
    planned = planned_slots(parse_schedule("Semana", "00,12,23", "00,30").slots)
    after, place = utc(start), ZoneInfo(zone)
    until = after + 70 * DAY
    expected = walked_moments(planned, place, after, until)
    assert moments_between(Timetable(planned.pattern, place), after, until) == expected


def local(zone: str, moments: list[datetime]) -> list[str]:
    return [f"{moment.astimezone(ZoneInfo(zone)):%d %H:%M %z}" for moment in moments]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_slot_in_a_gap_runs_once_shifted_by_the_gap():
    schedule = parse_schedule("Dom", "02", "30")
    moments = moments_between(
        Timetable(schedule, ZoneInfo("Europe/Berlin")), utc("2024-03-30"), utc("2024-04-01")
    )
    assert local("Europe/Berlin", moments) == ["31 03:30 +0200"]


def test_shifted_slot_merges_with_the_slot_it_meets():
    schedule = parse_schedule("Dom", "02,03", "30")
    moments = moments_between(
        Timetable(schedule, ZoneInfo("Europe/Berlin")), utc("2024-03-30"), utc("2024-04-01")
    )
    assert local("Europe/Berlin", moments) == ["31 03:30 +0200"]


def test_midnight_slot_in_a_gap_of_sao_paulo_runs_at_one():
    schedule = parse_schedule("Semana", "00", "00")
    zone = "America/Sao_Paulo"
    moments = moments_between(
        Timetable(schedule, ZoneInfo(zone)), utc("2018-11-03T12:00"), utc("2018-11-05")
    )
    assert local(zone, moments) == ["04 01:00 -0200"]


def test_slot_in_a_fold_runs_once_at_the_first_instant():
    schedule = parse_schedule("Dom", "02", "30")
    moments = moments_between(
        Timetable(schedule, ZoneInfo("Europe/Berlin")), utc("2024-10-26"), utc("2024-10-29")
    )
    assert local("Europe/Berlin", moments) == ["27 02:30 +0200"]


def test_half_hour_gap_of_lord_howe_shifts_by_half_an_hour():
    schedule = parse_schedule("Dom", "02", "15")
    zone = "Australia/Lord_Howe"
    moments = moments_between(
        Timetable(schedule, ZoneInfo(zone)), utc("2024-10-05"), utc("2024-10-07")
    )
    assert local(zone, moments) == ["06 02:45 +1100"]


def test_slots_of_the_day_apia_left_out_run_on_the_day_after():
    schedule = parse_schedule("Qui,Sex", "08", "00")
    zone = "Pacific/Apia"
    moments = moments_between(
        Timetable(schedule, ZoneInfo(zone)), utc("2011-12-28"), utc("2012-01-03")
    )
    assert local(zone, moments) == ["29 08:00 -1000", "31 08:00 +1400"]


def test_slots_of_the_day_apia_left_out_merge_with_those_of_the_day_after():
    schedule = parse_schedule("Semana", "08", "00")
    zone = "Pacific/Apia"
    moments = moments_between(
        Timetable(schedule, ZoneInfo(zone)), utc("2011-12-28T20:00"), utc("2012-01-01")
    )
    assert local(zone, moments) == ["29 08:00 -1000", "31 08:00 +1400", "01 08:00 +1400"]


def test_bounds_are_open_after_and_closed_until():
    schedule = parse_schedule("Semana", "08", "00")
    eight = utc("2024-05-05T08:00")
    zone = ZoneInfo("UTC")
    assert moments_between(Timetable(schedule, zone), eight, eight + DAY) == [eight + DAY]
    assert moments_between(Timetable(schedule, zone), eight, eight) == []
    assert next_moments(Timetable(schedule, zone), eight, 1) == [eight + DAY]


def test_bounds_may_carry_any_zone():
    schedule = parse_schedule("Semana", "08", "00")
    tokyo = datetime(2024, 5, 5, 17, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert next_moments(Timetable(schedule, ZoneInfo("UTC")), tokyo, 1) == [utc("2024-05-06T08:00")]


def test_no_slots_means_no_moments():
    now = utc("2024-05-05")
    nothing = Timetable(Schedule(), ZoneInfo("UTC"))
    assert next_moments(nothing, now, 5) == []
    assert moments_between(nothing, now, now + DAY) == []
    assert next_moments(Timetable(parse_schedule("Seg", "6", "0"), ZoneInfo("UTC")), now, 0) == []


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "UTC", "Europe/Berlin"])
def test_next_moments_of_a_weekly_schedule_are_quick(zone):
    schedule = parse_schedule("Seg,Ter,Qua,Qui,Sex", "06,18", "00,30")
    now = utc("2024-05-05T12:34")
    place = ZoneInfo(zone)
    fastest = min(
        _seconds_of(lambda: next_moments(Timetable(schedule, place), now, 3)) for _ in range(50)
    )
    assert fastest < 0.0005  # ten times what it takes on a slow machine


def _seconds_of(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def test_a_decade_of_moments_is_complete():
    schedule = parse_schedule("Semana", "06,18", "00")
    zone = ZoneInfo("America/Sao_Paulo")
    moments = moments_between(Timetable(schedule, zone), utc("2014-01-01"), utc("2024-01-01"))
    assert len(moments) == 2 * 3652
    assert len(set(moments)) == len(moments)


def test_cron_of_every_minute_goes_on_through_a_gap_and_pauses_in_a_fold():
    every_half_hour = Timetable(parse_cron("*/30 * * * *"), ZoneInfo("America/Santiago"))
    gap = moments_between(every_half_hour, utc("2022-09-11T03:15"), utc("2022-09-11T05:00"))
    assert local("America/Santiago", gap) == [
        "10 23:30 -0400",
        "11 01:00 -0300",
        "11 01:30 -0300",
        "11 02:00 -0300",
    ]
    fold = moments_between(every_half_hour, utc("2023-04-02T02:15"), utc("2023-04-02T04:30"))
    assert local("America/Santiago", fold) == ["01 23:30 -0300", "02 00:00 -0400", "02 00:30 -0400"]


def test_interval_keeps_its_distance_through_both_changes_of_the_clock():
    every_two_hours = Timetable(Interval(120), ZoneInfo("Europe/Berlin"))
    gap = moments_between(every_two_hours, utc("2024-03-30T22:30"), utc("2024-03-31T03:30"))
    assert local("Europe/Berlin", gap) == ["31 00:00 +0100", "31 03:00 +0200", "31 05:00 +0200"]
    fold = moments_between(every_two_hours, utc("2024-10-26T22:30"), utc("2024-10-27T03:30"))
    assert local("Europe/Berlin", fold) == ["27 01:00 +0200", "27 02:00 +0100", "27 04:00 +0100"]


def test_interval_with_a_first_day_counts_from_its_midnight():
    starts = date(2026, 3, 10)
    timetable = Timetable(Interval(7, starts), ZoneInfo("Asia/Kathmandu"), starts)
    assert local("Asia/Kathmandu", next_moments(timetable, utc("2026-01-01"), 3)) == [
        "10 00:00 +0545",
        "10 00:07 +0545",
        "10 00:14 +0545",
    ]


def test_a_schedule_that_is_over_has_no_next_moment():
    timetable = Timetable(
        parse_cron("0 6 * * *"), ZoneInfo("UTC"), date(2024, 1, 1), date(2024, 1, 3)
    )
    assert next_moments(timetable, utc("2023-06-01"), 9) == [
        utc(f"2024-01-0{day}T06:00") for day in (1, 2, 3)
    ]
    assert next_moments(timetable, utc("2024-01-03T06:00"), 1) == []


def test_a_rare_day_is_found_decades_ahead():
    rare = Timetable(parse_cron("0 0 29 2 */7"), ZoneInfo("UTC"))  # a 29 February on a Sunday
    assert next_moments(rare, utc("2032-03-01"), 1) == [utc("2060-02-29")]


def test_the_first_instant_of_a_day_is_where_its_clock_begins():
    assert first_instant(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo")) == utc(
        "2018-11-04T03:00"
    )
    assert first_instant(date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == utc("2011-12-30T10:00")
    assert first_instant(date(2024, 5, 5), ZoneInfo("Asia/Kathmandu")) == utc("2024-05-04T18:15")
