"""Whether data are as new as they should be, by schedule, time and zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timing.expectations import judge
from timing.slots import Schedule
from timing.timetable import Timetable
from vocabulary import Freshness

ZONE = ZoneInfo("America/Sao_Paulo")


def at(day: int, clock: str) -> datetime:
    """In March 2024; the 4th is a Monday."""
    return datetime.combine(
        datetime(2024, 3, day), time.fromisoformat(clock), ZONE
    ).astimezone(UTC)  # fmt: skip


def weekly(days: str, hour: str) -> Timetable:
    schedule, _ = Schedule.from_rows([(day, hour, "00") for day in days.split(",")])
    return Timetable(schedule, ZONE)


MORNINGS = weekly("Seg,Ter,Qua,Qui,Sex", "06")
NIGHTS = weekly("Sex", "23")


@pytest.mark.parametrize(
    ("timetable", "as_of", "now", "state", "expected"),
    [
        (MORNINGS, at(5, "06:01"), at(5, "08:00"), "fresh", at(6, "07:30")),
        (MORNINGS, at(4, "06:01"), at(5, "05:00"), "fresh", at(5, "07:30")),
        (MORNINGS, at(4, "06:01"), at(5, "06:30"), "due", at(5, "07:30")),
        (MORNINGS, at(4, "06:01"), at(5, "07:30"), "late", at(5, "07:30")),
        (MORNINGS, at(5, "06:01"), at(5, "06:30"), "fresh", at(6, "07:30")),
        # A file of Friday is as it should be on Sunday, and not on Monday
        (MORNINGS, at(8, "06:01"), at(10, "12:00"), "fresh", at(11, "07:30")),
        (MORNINGS, at(8, "06:01"), at(11, "07:31"), "late", at(11, "07:30")),
        (MORNINGS, None, at(5, "05:00"), "never", at(4, "07:30")),
        # What runs late on Friday is expected on Saturday
        (NIGHTS, at(8, "23:01"), at(9, "12:00"), "fresh", at(16, "07:30")),
        (NIGHTS, at(2, "23:01"), at(9, "07:00"), "due", at(9, "07:30")),
        (NIGHTS, at(2, "23:01"), at(9, "12:00"), "late", at(9, "07:30")),
        # Without a schedule, every day
        (None, at(5, "00:01"), at(5, "12:00"), "fresh", at(6, "07:30")),
        (None, at(4, "23:59"), at(5, "12:00"), "late", at(5, "07:30")),
        (None, at(4, "23:59"), at(5, "01:00"), "due", at(5, "07:30")),
    ],
)
def test_a_dataset_is_judged_by_its_last_deadline(
    timetable: Timetable | None,
    as_of: datetime | None,
    now: datetime,
    state: str,
    expected: datetime,
) -> None:
    found = judge(timetable, ZONE, time(7, 30), data_as_of=as_of, now=now)
    assert (found.state, found.expected_at) == (state, expected)


MINUTES = st.integers(0, 60 * 24 * 20).map(lambda minutes: timedelta(minutes=minutes))


@given(MINUTES, MINUTES, st.times(), st.sampled_from([MORNINGS, NIGHTS, None]))
def test_newer_data_are_never_judged_worse(
    first: timedelta, second: timedelta, by: time, timetable: Timetable | None
) -> None:
    worse = [Freshness.FRESH, Freshness.DUE, Freshness.LATE]
    now = at(1, "00:00") + max(first, second)
    older, newer = sorted([now - first, now - second])
    by = by.replace(second=0, microsecond=0)
    states = [
        judge(timetable, ZONE, by, data_as_of=as_of, now=now).state for as_of in (older, newer)
    ]
    assert worse.index(states[1]) <= worse.index(states[0])
    assert judge(timetable, ZONE, by, data_as_of=now, now=now).state == Freshness.FRESH
