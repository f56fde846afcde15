"""The days a query may name and the window it reads."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timing.date_expressions import (
    EXPRESSIONS,
    Days,
    Window,
    days_named,
    unknown_names,
    window_for,
)

DAY = timedelta(days=1)
days = st.dates(date(1900, 1, 1), date(2999, 12, 31))


def named(today: date, *names: str) -> list[date]:
    window = window_for(today, days_offset=None, last_data_date=None)
    return list(days_named(names, Days(today, window)).values())


@pytest.mark.parametrize(
    ("last", "start"),
    [
        # The two examples of the existing system
        (date(2024, 1, 31), date(2024, 2, 1)),
        (date(2024, 2, 15), date(2024, 2, 1)),
        (date(2024, 2, 28), date(2024, 2, 1)),
        (date(2024, 2, 29), date(2024, 3, 1)),
        (date(2023, 12, 31), date(2024, 1, 1)),
        (date(2023, 12, 30), date(2023, 12, 1)),
    ],
)
def test_window_starts_with_the_month_of_the_first_missing_day(last: date, start: date) -> None:
    window = window_for(date(2024, 5, 20), days_offset=3, last_data_date=last)
    assert window == Window(start, date(2024, 5, 17))


def test_first_window_starts_with_the_month_of_its_end() -> None:
    assert window_for(date(2024, 5, 20), days_offset=None, last_data_date=None) == Window(
        date(2024, 5, 1), date(2024, 5, 20)
    )
    # It should be the month of the end, not of today
    assert window_for(date(2024, 5, 2), days_offset=5, last_data_date=None) == Window(
        date(2024, 4, 1), date(2024, 4, 27)
    )


def test_window_is_empty_where_everything_up_to_its_end_is_loaded() -> None:
    window = window_for(date(2024, 2, 1), days_offset=1, last_data_date=date(2024, 1, 31))
    assert window == Window(date(2024, 2, 1), date(2024, 1, 31))
    assert window.is_empty
    assert not Window(date(2024, 2, 1), date(2024, 2, 1)).is_empty


@given(today=days, offset=st.integers(0, 400), last=days)
def test_window_never_leaves_a_gap_and_never_misses_the_first_missing_day(
    today: date, offset: int, last: date
) -> None:
    window = window_for(today, days_offset=offset, last_data_date=last)
    assert window.end == today - offset * DAY
    assert window.start.day == 1
    assert window.start <= last + DAY < window.start + 31 * DAY


def test_a_friday_in_march() -> None:
    assert named(
        date(2024, 3, 15),
        "hoje", "ontem", "amanha", "inicio_semana", "fim_semana", "inicio_semana_anterior",
        "fim_semana_anterior", "inicio_mes", "fim_mes", "inicio_mes_anterior",
        "fim_mes_anterior", "inicio_trimestre", "fim_trimestre", "inicio_ano", "fim_ano",
        "inicio_ano_anterior", "fim_ano_anterior", "inicio", "fim",
    ) == [
        date(2024, 3, 15), date(2024, 3, 14), date(2024, 3, 16), date(2024, 3, 11),
        date(2024, 3, 17), date(2024, 3, 4), date(2024, 3, 10), date(2024, 3, 1),
        date(2024, 3, 31), date(2024, 2, 1), date(2024, 2, 29), date(2024, 1, 1),
        date(2024, 3, 31), date(2024, 1, 1), date(2024, 12, 31), date(2023, 1, 1),
        date(2023, 12, 31), date(2024, 3, 1), date(2024, 3, 15),
    ]  # fmt: skip


def test_english_and_numbered_names_mean_the_same() -> None:
    assert named(date(2024, 3, 15), "today", "month_start", "1", "2", "window_start") == [
        date(2024, 3, 15), date(2024, 3, 1), date(2024, 3, 1), date(2024, 3, 15), date(2024, 3, 1),
    ]  # fmt: skip


@given(today=days)
def test_starts_and_ends_fit_together(today: date) -> None:
    for period, before in (("semana", "week"), ("mes", "month"), ("ano", "year")):
        start, end, last_start, last_end = named(
            today,
            f"inicio_{period}",
            f"fim_{period}",
            f"previous_{before}_start",
            f"fim_{period}_anterior",
        )
        assert last_start <= last_end == start - DAY
        assert start <= today <= end
    start, end = named(today, "quarter_start", "quarter_end")
    assert start <= today <= end
    assert (start.day, (end + DAY).day) == (1, 1)
    assert 90 <= (end - start).days + 1 <= 92


def test_no_name_means_two_days_and_unknown_ones_are_told_once_in_order() -> None:
    names = [name for expression in EXPRESSIONS for name in expression.names]
    assert len(names) == len(set(names))
    assert all(name == name.lower() and name.isascii() for name in names)
    assert unknown_names(["hoje", "x", "3", "x", "today"]) == ["x", "3"]
