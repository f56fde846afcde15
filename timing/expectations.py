"""Whether data that are expected by a time of the day are there: pure, `now` is given.

New data are expected by that time of every day before which, within a day, a time of the schedule
lies: a job that runs at 23:00 on Fridays and is expected by 07:00 is expected on Saturdays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from timing.moments import first_instant, moments_between
from timing.timetable import Timetable
from vocabulary import Freshness

# Longer than any month; what is expected more rarely is judged by its last time within it.
_DAYS_BACK: Final = 40
_DAYS_AHEAD: Final = 8
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Judgement:
    """`expected_at`: by when data are missing, or when the next ones are expected; None: never."""

    state: Freshness
    expected_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """One day: data read at or after `due_at` must be there by `deadline`."""

    due_at: datetime
    deadline: datetime


def judge(
    timetable: Timetable | None,
    zone: ZoneInfo,
    expected_by: time,
    *,
    data_as_of: datetime | None,
    now: datetime,
) -> Judgement:
    """The state of a dataset; without a timetable, or with an empty one, data are new each day."""
    if timetable is not None and timetable.is_empty:
        timetable = None
    today = now.astimezone(zone).date()
    past = _expectations(timetable, zone, expected_by, _days(today, -1, _DAYS_BACK))
    last = next((found for found in past if found.deadline <= now), None)
    coming = [
        found
        for found in _expectations(timetable, zone, expected_by, _days(today, 1, _DAYS_AHEAD))
        if found.deadline > now
    ]
    if data_as_of is None:
        missing = [last, *coming] if last is not None else coming
        return Judgement(Freshness.NEVER, missing[0].deadline if missing else None)
    if last is not None and data_as_of < last.due_at:
        return Judgement(Freshness.LATE, last.deadline)
    awaited = next((found for found in coming if data_as_of < found.due_at), None)
    if awaited is None:
        return Judgement(Freshness.FRESH, None)
    state = Freshness.DUE if awaited.due_at <= now else Freshness.FRESH
    return Judgement(state, awaited.deadline)


def _days(today: date, step: int, count: int) -> Iterator[date]:
    """Today and the days in one direction."""
    return (today + timedelta(days=step * n) for n in range(count))


def _expectations(
    timetable: Timetable | None, zone: ZoneInfo, expected_by: time, days: Iterator[date]
) -> Iterator[Expectation]:
    for day in days:
        deadline = datetime.combine(day, expected_by, zone).astimezone(UTC)
        due_at = first_instant(day, zone) if timetable is None else _due(timetable, deadline)
        if due_at is not None:
            yield Expectation(due_at, deadline)


def _due(timetable: Timetable, deadline: datetime) -> datetime | None:
    """The last time of the schedule within a day before the deadline."""
    for window in (_HOUR, _DAY):  # a schedule of every minute has many in a day
        found = moments_between(timetable, deadline - window, deadline)
        if found:
            return found[-1]
    return None
