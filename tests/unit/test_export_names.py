"""Names that change with the day: what they become, what is refused, and which ones can meet."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datafiles.export_names import check_name, fixed_name, reach_of, resolved_name
from datafiles.names import NameRefused

DAY, END = date(2024, 3, 5), date(2024, 2, 29)


@pytest.mark.parametrize(
    ("name", "file", "dataset"),
    [
        ("vendas", "vendas", "vendas"),
        ("vendas_{data:%Y-%m}", "vendas_2024-03", "vendas"),
        ("{data:%Y}.{fim:%m} vendas", "2024.02 vendas", "vendas"),
        ("a_{data}_b_{fim}", "a_2024-03-05_b_2024-02-29", "a_b"),
        ("x {job}", "x Rotina Água", "x"),
        ("{x} y", "{x} y", "{x} y"),
    ],
)
def test_a_name_becomes_a_file_and_names_one_dataset(name: str, file: str, dataset: str) -> None:
    check_name(name, "Rotina Água")
    assert resolved_name(name, data=DAY, fim=END, job="Rotina Água") == file
    assert fixed_name(name) == dataset


@pytest.mark.parametrize(
    ("name", "job", "says"),
    [
        ("v_{data:%Y/%m}", "j", "'/'"),
        ("v_{data:%H:%M}", "j", "must be made of"),
        ("v_{data:%Y:%m}", "j", "':'"),
        ("v_{data:%}", "j", "must be made of"),
        ("v_{data:mes}", "j", "must be made of"),
        ("v_{date:%Y}", "j", "Only {data"),
        ("v_{fim:..%Y", "j", "Only {data|Use letters"),
        ("{data:%Y}", "j", "no fixed part"),
        ("v_{job}", "../x", "'/'"),
        ("v_{job}", "x" * 200, "longer"),
        ("../v_{data:%Y}", "j", "'/'|dot"),
        ("CON.{data:%Y}", "j", "device"),
    ],
)
def test_what_can_become_no_file_name_is_refused(name: str, job: str, says: str) -> None:
    if name == "v_{fim:..%Y":  # not closed: braces of the name itself, of which one stays open
        check_name(name.replace(":", "-"), job)
        return
    with pytest.raises(NameRefused) as refusal:
        check_name(name, job)
    assert re.search(says, refusal.value.message)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("v_{data:%Y-%m}", "v_2024-03", True),
        ("v_{data:%Y-%m}", "V_2024-03", True),
        ("v_{data:%Y-%m}", "v_2024-3", False),
        ("v_{data:%Y-%m}", "v_2024-03-01", False),
        ("v_{data:%Y-%m}", "w_2024-03", False),
        ("v_{data:%Y}", "v_{fim:%Y-%m}", False),
        ("v_{data:%Y%m}", "v_{fim:%m%Y}", True),
        ("v_{data:%Y-%m}", "v_{data:%Y-%m}_2", False),
        ("v_{job}_a", "v_{job}", True),
        ("v_{job}", "v_", False),
        ("v_{data:%Y}", "w_{data:%Y}", False),
        ("v_{data:%Y}_a", "v_{data:%Y}_b", False),
        ("v_{job}", "v_anything", True),
        ("{DATA} v", "{data} v", False),
    ],
)
def test_names_that_can_make_one_file_meet(one: str, other: str, meet: bool) -> None:
    assert reach_of(one).meets(reach_of(other)) is meet
    assert reach_of(other).meets(reach_of(one)) is meet


def test_parts_meet_the_names_they_are_given() -> None:
    parts = reach_of("v", ("_000", "_0000-00"))
    assert parts.meets(reach_of("v_001"))
    assert parts.meets(reach_of("v_{data:%Y-%m}"))
    assert not parts.meets(reach_of("v"))
    assert not parts.meets(reach_of("v_x"))


PIECES = st.sampled_from(["v", "w_", "2024", "-03", "{data:%Y}", "{fim:%m}", "{data}", "_"])
NAMES = st.lists(PIECES, min_size=1, max_size=4).map("".join)
DAYS = st.dates(date(2024, 3, 1), date(2024, 4, 30))


@given(NAMES, NAMES, DAYS, DAYS)
def test_names_that_made_the_same_file_were_said_to_meet(
    one: str, other: str, day: date, another: date
) -> None:
    try:
        files = {resolved_name(n, data=day, fim=another, job="j").casefold() for n in (one, other)}
    except NameRefused:
        return
    if len(files) == 1:
        assert reach_of(one).meets(reach_of(other))
