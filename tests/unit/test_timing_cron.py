"""Cron texts are read as Debian's cron reads them; a wrong one is told where it is wrong."""

import contextlib
from datetime import UTC, date, datetime, time, timedelta

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from timing.cron import NICKNAMES, CronInvalid, parse_cron

DAY = timedelta(days=1)

WRONG = [
    ("", "it has 0 fields and needs 5: minute, hour, day-of-month, month, day-of-week"),
    ("6", "it has 1 field and needs 5"),
    ("0 6 * * * *", "it has 6 fields and needs 5"),
    ("61 * * * *", "field 1 (minute) is '61', allowed is 0 to 59"),
    ("0 24 * * *", "field 2 (hour) is '24', allowed is 0 to 23"),
    ("0 6 0 * *", "field 3 (day-of-month) is '0', allowed is 1 to 31"),
    ("0 6 * 13 *", "field 4 (month) is '13', allowed is 1 to 12 or JAN to DEC"),
    ("0 6 * * SEG", "field 5 (day-of-week) is 'SEG', allowed is 0 to 7 or SUN to SAT"),
    ("*/0 * * * *", "field 1 (minute) is '*/0'"),
    ("? * * * *", "field 1 (minute) is '?'"),
    ("5-1 * * * *", "field 1 (minute) is '5-1'"),
    ("0 0 30 2 *", "no month in field 4 has the day in field 3 ('30')"),
    ("0 0 */30 2 1#5", "its day-of-month, month and day-of-week never come together"),
    ("@reboot", "'@reboot' is not one of @hourly, @daily"),
    ("@daily @hourly", "'@daily @hourly' is not one of"),
    ("0 " * 200, "it has more than 200 characters"),
    ("1" * 150 + " * * * *", "field 1 (minute) is '11111111111111111111…'"),
]


@pytest.mark.parametrize(("text", "fault"), WRONG)
def test_a_wrong_text_is_refused_with_its_place_and_an_example(text: str, fault: str) -> None:
    with pytest.raises(CronInvalid) as caught:
        parse_cron(text)
    assert fault in caught.value.message
    assert "Example: 30 6 * * MON-FRI" in caught.value.message
    assert [error["field"] for error in caught.value.errors] == ["cron_text"]


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(CronInvalid):
        assert parse_cron(text).text == " ".join(text.split())


@pytest.mark.parametrize(("nickname", "fields"), NICKNAMES.items())
def test_a_nickname_means_its_fields(nickname: str, fields: str) -> None:
    named, spelled = parse_cron(nickname.upper()), parse_cron(fields)
    days = [date(2024, 1, 1) + n * DAY for n in range(366)]
    assert [named.times_on(day) for day in days] == [spelled.times_on(day) for day in days]


DAYS = [
    ("0 0 1 * MON", [date(2024, 1, d) for d in (1, 8, 15, 22, 29)]),
    ("0 0 13 1 FRI", [date(2024, 1, d) for d in (5, 12, 13, 19, 26)]),
    ("0 0 */2 1 TUE", [date(2024, 1, d) for d in (9, 23)]),
    ("0 0 L * *", [date(2024, 1, 31)]),
    ("0 0 LW * *", [date(2024, 1, 31)]),
    ("0 0 * * 5L", [date(2024, 1, 26)]),
    ("0 0 * * MON#2", [date(2024, 1, 8)]),
    ("0 0 * * 7", [date(2024, 1, d) for d in (7, 14, 21, 28)]),
    ("0 0 * jan sat-sat", [date(2024, 1, d) for d in (6, 13, 20, 27)]),
]


@pytest.mark.parametrize(("text", "expected"), DAYS)
def test_days_are_chosen_as_debian_does(text: str, expected: list[date]) -> None:
    cron = parse_cron(text)
    january = [date(2024, 1, 1) + n * DAY for n in range(31)]
    assert [day for day in january if cron.times_on(day) == (time(0),)] == expected


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([text for text, _ in DAYS] + ["*/7 */5 * * *", "5,35 0-3 1,L 2/3 *"]),
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)),
)
def test_times_are_those_the_library_iterates_over(text: str, start: datetime) -> None:
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    cron = parse_cron(text)
    ours = [
        datetime.combine(start + n * DAY, at, UTC)
        for n in range(70)
        for at in cron.times_on((start + n * DAY).date())
    ]
    theirs = CronSim(text, start.replace(tzinfo=UTC) - timedelta(seconds=1))
    assert [next(theirs) for _ in ours[:40]] == ours[:40]
