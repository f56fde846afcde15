"""Comma texts become slots and come back in the order of the week."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timing.slots import DAY_NAMES, MAX_PARTS, Schedule, ScheduleInvalid, Slot, parse_schedule

SLOTS = st.builds(Slot, st.integers(0, 6), st.integers(0, 23), st.integers(0, 59))


def test_texts_become_every_combination():
    schedule = parse_schedule("Seg,Sáb", "06,18", "00,30")
    assert schedule.slots == {Slot(d, h, m) for d in (0, 5) for h in (6, 18) for m in (0, 30)}


@pytest.mark.parametrize(
    ("text", "weekdays"),
    [
        ("Sab", {5}),
        ("Sáb", {5}),
        ("Sa\u0301b", {5}),
        ("SÁBADO", {5}),
        (" terça , Domingo ", {1, 6}),
        ("Segunda,Terca,Quarta,Quinta,Sexta,Sabado", {0, 1, 2, 3, 4, 5}),
        ("Semana", set(range(7))),
        ("semana inteira", set(range(7))),
        ("Todos,Seg", set(range(7))),
        ("Seg,Seg,seg", {0}),
    ],
)
def test_day_names_of_every_age_are_read(text, weekdays):
    assert {slot.weekday for slot in parse_schedule(text, "6", "0").slots} == weekdays


@pytest.mark.parametrize(
    ("texts", "field", "code", "words"),
    [
        (("Seg", "06", "75"), "schedule.minute", "not_allowed", "'75' is not allowed"),
        (("Seg", "24", "00"), "schedule.hour", "not_allowed", "from 00 to 23"),
        (("Mon", "06", "00"), "schedule.day", "not_allowed", "Seg, Ter, Qua, Qui, Sex, Sáb, Dom"),
        (("", "06", "00"), "schedule.day", "empty", "is empty"),
        (("Seg", " ", "00"), "schedule.hour", "empty", "is empty"),
        (("Seg", "06,,18", "00"), "schedule.hour", "not_allowed", "an empty part"),
        (("Seg", "06", "00,"), "schedule.minute", "not_allowed", "an empty part"),
        (("Seg", "-6", "00"), "schedule.hour", "not_allowed", "'-6'"),
        (("Seg", "٦", "00"), "schedule.hour", "not_allowed", "'٦'"),
        (("Seg", "06:00", "00"), "schedule.hour", "not_allowed", "'06:00'"),
        (("Seg" + " " * 60 + "x", "06", "00"), "schedule.day", "not_allowed", "'Seg "),
        (("S", "06", "00"), "schedule.day", "not_allowed", "'S'"),
        (("Seg", "6," * MAX_PARTS + "6", "00"), "schedule.hour", "too_long", "more than"),
    ],
)
def test_faulty_text_names_its_field_and_what_is_expected(texts, field, code, words):
    with pytest.raises(ScheduleInvalid) as caught:
        parse_schedule(*texts)
    [fault] = caught.value.errors
    assert (fault["field"], fault["code"]) == (field, code)
    assert words in fault["message"]
    assert "expected" in fault["message"]
    assert caught.value.status == 422


def test_every_faulty_field_is_reported_at_once():
    with pytest.raises(ScheduleInvalid) as caught:
        parse_schedule("Feriado", "25", "75")
    assert [f["field"] for f in caught.value.errors] == [
        "schedule.day",
        "schedule.hour",
        "schedule.minute",
    ]


def test_hostile_text_makes_a_short_message():
    with pytest.raises(ScheduleInvalid) as caught:
        parse_schedule(",".join(f"{n}" * 300 for n in range(5000)), "6", "0")
    assert len(caught.value.message) < 500


def test_forms_are_distinct_padded_and_in_week_order():
    schedule = parse_schedule("Dom,Sab,Seg,Sáb", "18,6,06", "30,0")
    assert schedule.list_form() == {
        "complete_hour": "06:00,06:30,18:00,18:30",
        "day": "Seg,Sáb,Dom",
        "hour": "06,18",
        "minute": "00,30",
    }
    assert schedule.detail_form() == {"day": "Seg,Sáb,Dom", "hour": "06,18", "minute": "00,30"}


def test_forms_of_no_slots_are_empty_texts():
    assert set(Schedule().list_form().values()) == {""}


def test_stored_rows_that_make_no_sense_cost_only_themselves():
    rows = [("Sab", "6", "0"), ("Semana", "7", "5"), ("Feriado", "6", "0"), (None, "6", "75")]
    schedule, problems = Schedule.from_rows(rows)
    assert schedule.slots == {Slot(5, 6, 0)} | {Slot(d, 7, 5) for d in range(7)}
    assert len(problems) == 2
    assert "'Feriado'" in problems[0]


@given(st.frozensets(SLOTS, max_size=40))
def test_stored_rows_come_back_as_the_same_slots(slots):
    schedule, problems = Schedule.from_rows(Schedule(slots).rows())
    assert schedule.slots == slots
    assert problems == []


@given(
    st.sets(st.sampled_from(DAY_NAMES), min_size=1),
    st.sets(st.integers(0, 23), min_size=1),
    st.sets(st.integers(0, 59), min_size=1),
)
def test_detail_form_reads_back_as_the_same_schedule(days, hours, minutes):
    schedule = parse_schedule(
        ",".join(days), ",".join(map(str, hours)), ",".join(map(str, minutes))
    )
    assert parse_schedule(**schedule.detail_form()) == schedule


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_read_or_refused_in_words(day, hour, minute):
    schedule, problems = Schedule.from_rows([(day, hour, minute)])
    assert bool(schedule.slots) != bool(problems)
