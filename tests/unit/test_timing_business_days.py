"""Business days, and rules for days that are none, against an oracle that walks and counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auxiliares import AutomacaoError
from tests.timetable_oracle import (
    DAY,
    MINUTE,
    WALL_PATTERNS,
    Planned,
    brazilian_holidays,
    calendars,
    is_day_off,
    landing_of,
    planned_by_rule,
    planned_month_days,
    walked_moments,
)
from timing.business_days import BusinessCalendar, NationalHolidays, OwnDay
from timing.date_expressions import BUSINESS_EXPRESSIONS, Days, Window, days_named
from timing.moments import moments_between, next_moments
from timing.month_days import BusinessDaysInvalid, MonthDays, read_month_days
from timing.national_holidays import SUBDIVISIONS, holidays_of_year
from timing.off_days import CalendarRequired, OffDayRule, check_calendar
from timing.off_moments import OffMoment, left_out, off_moments
from timing.sentences import describe
from timing.slots import Schedule, parse_schedule
from timing.timetable import Interval, Timetable
from vocabulary import DaySource, OffDayPolicy, OptionalDays

BRAZIL = BusinessCalendar("Brasil", national=NationalHolidays())
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
SLOWLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
RULES = st.sampled_from([OffDayPolicy.SKIP, OffDayPolicy.NEXT, OffDayPolicy.PREVIOUS])
# A change of the clock, a day that a zone left out, the turn of a year, Carnaval, a leap day.
PLACES = st.sampled_from(
    [
        ("America/Sao_Paulo", "2018-11-04T03:00"),
        ("America/Santiago", "2024-04-07T03:00"),
        ("Australia/Lord_Howe", "2024-10-05T15:30"),
        ("Pacific/Apia", "2011-12-30T10:00"),
        ("America/Sao_Paulo", "2025-12-31T20:00"),
        ("America/Noronha", "2026-02-16T12:00"),
        ("Asia/Kathmandu", "2028-02-28T18:30"),
        ("America/St_Johns", "2006-10-29T02:31"),
    ]
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[ZoneInfo, OffDayRule, datetime, datetime]:
    """A zone with a rule whose calendar has days off around a window of some days."""
    name, moment = draw(PLACES)
    middle = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    rule = OffDayRule(draw(calendars(middle.date())), draw(RULES))
    after = middle + draw(st.integers(-5000, 2000)) * MINUTE
    return ZoneInfo(name), rule, after, after + draw(st.integers(1, 5000)) * MINUTE


# Years from which the laws hold that the oracle counts with.
LAWFUL = st.dates(date(2024, 1, 1), date(2100, 12, 31))


@settings(SLOWLY, max_examples=80)
@given(LAWFUL, st.data())
def test_a_calendar_tells_days_as_counting_does(day: date, data: st.DataObject) -> None:
    calendar = data.draw(calendars(day))
    for n in range(-20, 21):
        other = day + n * DAY
        assert calendar.is_business_day(other) == (not is_day_off(calendar, other))
    later = next(d for n in range(1, 400) if not is_day_off(calendar, d := day + n * DAY))
    before = next(d for n in range(1, 400) if not is_day_off(calendar, d := day - n * DAY))
    assert calendar.next_business_day(day) == later
    assert calendar.previous_business_day(day) == before


@settings(SLOWLY, max_examples=50)
@given(situations(), WALL_PATTERNS)
def test_a_rule_moves_and_leaves_out_as_a_walk_over_every_minute_does(
    situation: tuple[ZoneInfo, OffDayRule, datetime, datetime], planned: Planned
) -> None:
    zone, rule, after, until = situation
    timetable = Timetable(planned.pattern, zone, rule=rule)

    expected = walked_moments(planned_by_rule(planned, rule), zone, after, until)

    assert moments_between(timetable, after, until) == expected
    assert next_moments(timetable, after, len(expected)) == expected


@settings(SLOWLY, max_examples=50)
@given(situations(), WALL_PATTERNS)
def test_every_moment_of_the_pattern_runs_is_moved_or_is_left_out(
    situation: tuple[ZoneInfo, OffDayRule, datetime, datetime], planned: Planned
) -> None:
    zone, rule, after, until = situation
    timetable = Timetable(planned.pattern, zone, rule=rule)
    run = set(moments_between(timetable, after, until))
    off = {one.moment: one for one in off_moments(timetable, after, until)}

    plain = moments_between(Timetable(planned.pattern, zone), after, until)

    assert set(plain) <= run | off.keys()
    assert off.keys() <= set(plain)
    for one in off.values():
        if rule.policy == OffDayPolicy.SKIP:
            assert one.moves_to is None
        elif one.moves_to is not None:
            around = (one.moves_to - DAY, one.moves_to + DAY)
            assert one.moves_to in moments_between(timetable, *around)


@settings(SLOWLY, max_examples=25)
@given(situations(), st.one_of(st.integers(7, 90), st.integers(100, 10_080)))
def test_an_interval_keeps_business_days_and_moves_by_the_clock_on_the_wall(
    situation: tuple[ZoneInfo, OffDayRule, datetime, datetime], minutes: int
) -> None:
    zone, rule, after, until = situation
    every = moments_between(Timetable(Interval(minutes), zone), after - 45 * DAY, until + 45 * DAY)
    kept, moved = set(), set()
    for moment in every:
        wall = moment.astimezone(zone).replace(tzinfo=None, fold=0)
        target = landing_of(rule, wall.date())
        if target == wall.date():
            kept.add(moment)
        elif target is not None:
            moved.add(datetime.combine(target, wall.time()))
    pattern = Interval(minutes)
    walked = walked_moments(Planned(pattern, lambda clock: clock in moved), zone, after, until)

    expected = sorted({*walked, *(m for m in kept if after < m <= until)})

    assert moments_between(Timetable(pattern, zone, rule=rule), after, until) == expected


NUMBERS = st.sets(st.sampled_from([1, 2, 5, 10, 19, 22, 23, 31, -1, -2, -10, -22]), min_size=1)
TIMES = st.sets(
    st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])), min_size=1, max_size=3
)


@settings(SLOWLY, max_examples=25)
@given(PLACES, NUMBERS, TIMES, st.data())
def test_nth_business_days_are_found_by_counting_through_the_month(
    place: tuple[str, str], numbers: set[int], times: set[time], data: st.DataObject
) -> None:
    zone = ZoneInfo(place[0])
    after = datetime.fromisoformat(place[1]).replace(tzinfo=UTC) - timedelta(hours=40)
    calendar = data.draw(calendars(after.date()))
    pattern = MonthDays(tuple(sorted(numbers)), tuple(sorted(times)), calendar)
    until = after + timedelta(days=4)

    expected = walked_moments(planned_month_days(pattern), zone, after, until)

    assert moments_between(Timetable(pattern, zone), after, until) == expected


@settings(SLOWLY, max_examples=50)
@given(LAWFUL, NUMBERS, st.data())
def test_each_month_has_as_many_occurrences_as_numbers_it_reaches(
    day: date, numbers: set[int], data: st.DataObject
) -> None:
    calendar = data.draw(calendars(day))
    pattern = MonthDays(tuple(sorted(numbers)), (time(6),), calendar)
    named = planned_month_days(pattern).names
    for year, month in {(day.year, day.month), (day.year, 2), (day.year, 12)}:
        days = [date(year, month, 1) + n * DAY for n in range(31)]
        days = [one for one in days if one.month == month]
        expected = [one for one in days if named(datetime.combine(one, time(6)))]
        assert [one for one in days if pattern.times_on(one)] == expected


def test_a_month_with_fewer_business_days_has_no_occurrence() -> None:
    only_sundays = BusinessCalendar("Domingos", weekend=frozenset(range(6)))
    fifth = Timetable(MonthDays((5,), (time(6),), only_sundays), SAO_PAULO)
    found = next_moments(fifth, datetime(2026, 1, 1, tzinfo=UTC), 3)
    # The only months of 2026 with five Sundays
    assert [f"{moment:%Y-%m-%d}" for moment in found] == ["2026-03-29", "2026-05-31", "2026-08-30"]


@settings(SLOWLY, max_examples=40)
@given(situations(), WALL_PATTERNS, st.tuples(st.integers(-3, 3), st.integers(-3, 3)))
def test_the_first_and_the_last_day_count_for_the_day_it_runs_on(
    situation: tuple[ZoneInfo, OffDayRule, datetime, datetime],
    planned: Planned,
    bounds: tuple[int, int],
) -> None:
    zone, rule, after, until = situation
    starts, ends = (after.date() + n * DAY for n in sorted(bounds))
    expected = [
        moment
        for moment in moments_between(Timetable(planned.pattern, zone, rule=rule), after, until)
        if starts <= moment.astimezone(zone).date() <= ends
    ]
    cut = Timetable(planned.pattern, zone, starts, ends, rule)
    assert moments_between(cut, after, until) == expected


def test_two_slots_that_meet_become_one_occurrence() -> None:
    daily = parse_schedule("Semana", "06", "00")
    rule = OffDayRule(BRAZIL, OffDayPolicy.NEXT)
    after, until = datetime(2026, 4, 2, 12, tzinfo=UTC), datetime(2026, 4, 6, 12, tzinfo=UTC)
    timetable = Timetable(daily, SAO_PAULO, rule=rule)
    # Good Friday, Saturday and Sunday run on Monday, together with Monday's own
    assert moments_between(timetable, after, until) == [datetime(2026, 4, 6, 9, tzinfo=UTC)]
    friday, *_ = off_moments(timetable, after, until)
    assert friday == OffMoment(
        datetime(2026, 4, 3, 9, tzinfo=UTC),
        "Sexta-feira Santa",
        datetime(2026, 4, 6, 9, tzinfo=UTC),
    )
    skipping = Timetable(daily, SAO_PAULO, rule=OffDayRule(BRAZIL, OffDayPolicy.SKIP))
    names = [off.holiday for off in left_out(skipping, after, until)]
    assert names == ["Sexta-feira Santa", None, None]


def test_a_move_beyond_the_last_day_is_left_out() -> None:
    saturdays = parse_schedule("Sáb", "06", "00")
    rule = OffDayRule(BRAZIL, OffDayPolicy.NEXT)
    timetable = Timetable(saturdays, SAO_PAULO, ends_on=date(2026, 3, 8), rule=rule)
    after = datetime(2026, 3, 6, tzinfo=UTC)
    [off] = left_out(timetable, after, after + 5 * DAY)
    assert (off.moment, off.holiday) == (datetime(2026, 3, 7, 9, tzinfo=UTC), None)
    assert next_moments(timetable, after, 1) == []


def test_a_calendar_without_business_days_ends_the_search() -> None:
    days = (date(2024, 1, 1) + n * DAY for n in range(366))
    never = BusinessCalendar("Nunca", own=frozenset(OwnDay(day, "Greve", True) for day in days))
    after = datetime(2026, 1, 1, tzinfo=UTC)
    for pattern in (parse_schedule("Semana", "06", "00"), Interval(1)):
        for policy in (OffDayPolicy.SKIP, OffDayPolicy.NEXT):
            timetable = Timetable(pattern, SAO_PAULO, rule=OffDayRule(never, policy))
            assert next_moments(timetable, after, 1) == []
    assert never.next_business_day(date(2026, 1, 1)) is None


# What the federation of banks publishes as the holidays of Brazil's financial market.
BANK_HOLIDAYS = {
    2025: "01-01 03-03 03-04 04-18 04-21 05-01 06-19 09-07 10-12 11-02 11-15 11-20 12-25",
    2026: "01-01 02-16 02-17 04-03 04-21 05-01 06-04 09-07 10-12 11-02 11-15 11-20 12-25",
    2027: "01-01 02-08 02-09 03-26 04-21 05-01 05-27 09-07 10-12 11-02 11-15 11-20 12-25",
}


@pytest.mark.parametrize("year", BANK_HOLIDAYS)
def test_bank_days_are_those_the_market_keeps(year: int) -> None:
    found = holidays_of_year(None, OptionalDays.BANK, year)
    assert [f"{day:%m-%d}" for day in sorted(found)] == BANK_HOLIDAYS[year].split()


@pytest.mark.parametrize("optional", OptionalDays)
def test_national_holidays_are_those_of_the_law(optional: OptionalDays) -> None:
    for year in range(2024, 2101, 4):
        found = holidays_of_year(None, optional, year)
        assert found.keys() == brazilian_holidays(year, optional)


def test_a_state_adds_its_own_holidays() -> None:
    found = holidays_of_year("SP", OptionalDays.NONE, 2026)
    assert found[date(2026, 7, 9)].source == DaySource.STATE
    national = holidays_of_year(None, OptionalDays.NONE, 2026)
    for subdivision in SUBDIVISIONS:
        assert holidays_of_year(subdivision, OptionalDays.NONE, 2026).keys() >= national.keys()


def test_own_days_add_and_take_out() -> None:
    own = {
        OwnDay(date(2026, 1, 25), "Aniversário da cidade", is_yearly=True),
        OwnDay(date(2000, 2, 29), "Bissexto", is_yearly=True),
        OwnDay(date(2026, 11, 20), "Trabalhamos", is_taken_out=True),
    }
    calendar = BusinessCalendar("Matriz", national=NationalHolidays(), own=frozenset(own))
    assert calendar.holiday(date(2031, 1, 25)) == "Aniversário da cidade"
    assert calendar.is_business_day(date(2026, 11, 20))
    assert not calendar.is_business_day(date(2027, 11, 20))  # only once, and a Saturday
    assert not calendar.is_business_day(date(2028, 2, 29))
    assert calendar.is_business_day(date(2027, 3, 1))


@pytest.mark.parametrize(
    ("days", "times", "field"),
    [
        ([], ["06:00"], "business_days.days"),
        ([0], ["06:00"], "business_days.days"),
        ([32], ["06:00"], "business_days.days"),
        ([1], [], "business_days.times"),
        ([1], ["24:00"], "business_days.times"),
        ([1], ["6h"], "business_days.times"),
    ],
)
def test_numbers_and_times_that_mean_nothing_are_refused(
    days: list[int], times: list[str], field: str
) -> None:
    with pytest.raises(BusinessDaysInvalid) as caught:
        read_month_days({"days": days, "times": times})
    assert [error["field"] for error in caught.value.errors] == [field]


def test_numbers_and_times_are_read_once_and_in_order() -> None:
    found = read_month_days({"days": [-1, 5, 1, 5, -2], "times": ["18:00", "6:30", "06:30"]})
    assert found == ((1, 5, -2, -1), (time(6, 30), time(18)))


def test_what_counts_business_days_needs_a_calendar() -> None:
    check_calendar(has_calendar=False, policy="run", has_month_days=False)
    check_calendar(has_calendar=True, policy="skip", has_month_days=True)
    for policy, has_month_days in (("skip", False), ("run", True)):
        with pytest.raises(AutomacaoError) as caught:
            check_calendar(has_calendar=False, policy=policy, has_month_days=has_month_days)
        assert caught.value.code == CalendarRequired.code


def test_sentences_name_the_days_the_rule_and_the_calendar() -> None:
    times = (time(6), time(18, 30))
    nth = Timetable(MonthDays((1, 2, 3, 11, 22, -2, -1), times, BRAZIL), SAO_PAULO)
    assert describe(nth) == (
        "On the 1st, 2nd, 3rd, 11th, 22nd, 2nd to last, last business day of every month (Brasil) "
        "at 06:00, 18:30"
    )
    rule = OffDayRule(BRAZIL, OffDayPolicy.NEXT)
    slots = Timetable(parse_schedule("Seg", "06", "00"), SAO_PAULO, rule=rule)
    assert describe(slots) == "Seg at 06:00; those of days off on the next business day (Brasil)"


def test_no_slots_have_no_moments_off() -> None:
    rule = OffDayRule(BRAZIL, OffDayPolicy.SKIP)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert off_moments(Timetable(Schedule(), SAO_PAULO, rule=rule), now, now + 9 * DAY) == []


@settings(SLOWLY, max_examples=50)
@given(LAWFUL, st.data())
def test_business_days_of_queries_are_found_by_walking(day: date, data: st.DataObject) -> None:
    calendar = data.draw(calendars(day))
    far = [n for n in range(1, 45) if not is_day_off(calendar, day - n * DAY)]
    near = [n for n in range(1, 45) if not is_day_off(calendar, day + n * DAY)]
    before, after = day - far[0] * DAY, day + near[0] * DAY
    this_month = _worked(calendar, day)
    last_month = _worked(calendar, day.replace(day=1) - DAY)
    expected = {
        "dia_util_anterior": before,
        "proximo_dia_util": after,
        "ultimo_dia_util": before if is_day_off(calendar, day) else day,
        "primeiro_dia_util_mes": this_month[0] if this_month else None,
        "ultimo_dia_util_mes": this_month[-1] if this_month else None,
        "primeiro_dia_util_mes_anterior": last_month[0] if last_month else None,
        "ultimo_dia_util_mes_anterior": last_month[-1] if last_month else None,
    }
    assert {one.name for one in BUSINESS_EXPRESSIONS} == expected.keys()
    days = Days(day, Window(day, day), calendar)
    assert days_named(expected, days) == expected
    aliases = [one.alias for one in BUSINESS_EXPRESSIONS]
    assert list(days_named(aliases, days).values()) == list(expected.values())
    assert set(days_named(expected, Days(day, Window(day, day))).values()) == {None}


def _worked(calendar: BusinessCalendar, day: date) -> list[date]:
    """The business days of its month."""
    days = [day.replace(day=1) + n * DAY for n in range(31)]
    return [one for one in days if one.month == day.month and not is_day_off(calendar, one)]
