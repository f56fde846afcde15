"""Which units of a parameter's answer are open, and when they are asked about again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.base import Column, ColumnType
from services.gates import Gate, GateUnreadable, OpenUnit, kept, open_units

NOON = datetime(2024, 2, 1, 12, tzinfo=UTC)
GATE = Gate(
    parameter_name="Fechamento",
    sql="",
    dates={},
    must_reach=date(2024, 1, 31),
    deadline_at=NOON + timedelta(minutes=10),
    every=timedelta(minutes=10),
    runs_anyway=False,
)
COLUMNS = [Column(name, ColumnType.TEXT, "text") for name in ("valor", "Instancia")]


@pytest.mark.parametrize(
    ("value", "is_open"),
    [
        ("31/01/2024", False),
        ("30/01/2024", True),
        ("01/02/2024", False),
        ("2024-01-31", False),
        ("2024-01-30T23:59:59", True),
        ("2024-01-31 00:00:00-03", False),
        ("31/01/2024 10:00", False),
        (date(2024, 1, 30), True),
        (datetime(2024, 1, 31, 23, 59), False),
        (None, True),
        ("  ", True),
    ],
)
def test_a_unit_is_open_until_it_has_closed_the_day(value: object, is_open: bool) -> None:
    found = open_units(GATE, COLUMNS, [(value, "Filial 1")])
    assert [unit.unit for unit in found] == (["Filial 1"] if is_open else [])


def test_open_units_are_named_with_their_day() -> None:
    rows = [("30/01/2024", "Sul"), ("31/01/2024", "Norte"), (None, None)]
    units = open_units(GATE, COLUMNS, rows)
    assert kept(units) == [
        {"unit": "Sul", "closed_until": "2024-01-30"},
        {"unit": "NULL", "closed_until": None},
    ]
    told = GATE.told(units)
    assert "'Fechamento' was still open for 31/01/2024" in told
    assert "Sul (closed until 30/01/2024), NULL (nothing closed)" in told
    assert GATE.told([OpenUnit(f"u{i}", None) for i in range(12)]).endswith("and 2 more.")


@pytest.mark.parametrize("value", ["31-01-2024", "31/02/2024", "2024-13-01", "ontem", 20240131])
def test_a_value_that_is_no_date_is_told_with_its_unit(value: object) -> None:
    with pytest.raises(GateUnreadable, match=r"in VALOR of Sul: that is no date"):
        open_units(GATE, COLUMNS, [(value, "Sul")])


def test_an_answer_of_other_columns_is_refused() -> None:
    with pytest.raises(GateUnreadable, match="INSTANCIA and VALOR; it has VALOR"):
        open_units(GATE, COLUMNS[:1], [("31/01/2024",)])
    with pytest.raises(GateUnreadable, match="more than 10000"):
        open_units(GATE, COLUMNS, [("31/01/2024", "Sul")] * 10_001)


def test_no_unit_at_all_is_nothing_open() -> None:
    assert open_units(GATE, COLUMNS, []) == []


def test_it_is_asked_for_the_last_time_at_the_deadline() -> None:
    minute = timedelta(minutes=1)
    # As in the existing system it is asked twice
    assert GATE.next_ask_at(NOON + minute / 60) == GATE.deadline_at
    assert GATE.next_ask_at(GATE.deadline_at) is None
    assert GATE.next_ask_at(GATE.deadline_at + 60 * minute) is None
    assert GATE.next_ask_at(NOON - 60 * minute) == NOON - 50 * minute
