"""How a range of days becomes the windows of its runs."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.backfills import Step, windows_of
from timing.date_expressions import Window

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("step", "windows"),
    [
        (Step.WHOLE, [((2024, 1, 30), (2024, 3, 2))]),
        (
            Step.MONTH,
            [
                ((2024, 1, 30), (2024, 1, 31)),
                ((2024, 2, 1), (2024, 2, 29)),
                ((2024, 3, 1), (2024, 3, 2)),
            ],
        ),
    ],
)
def test_months_are_those_of_the_calendar_cut_to_the_range(step: Step, windows: list) -> None:  # type: ignore[type-arg]
    found = list(windows_of(date(2024, 1, 30), date(2024, 3, 2), step))
    assert found == [Window(date(*start), date(*end)) for start, end in windows]


@given(
    first=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 400),
    step=st.sampled_from(Step),
)
def test_windows_cover_every_day_once_and_in_order(first: date, days: int, step: Step) -> None:
    last = first + days * DAY
    windows = list(windows_of(first, last, step))
    assert (windows[0].start, windows[-1].end) == (first, last)
    for window in windows:
        assert window.start <= window.end
        assert step != Step.DAY or window.start == window.end
        assert step != Step.MONTH or window.start.month == window.end.month
    for earlier, later in pairwise(windows):
        assert later.start == earlier.end + DAY
