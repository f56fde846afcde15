"""Cells that begin a formula: guarded for spreadsheets, untouched for machines."""

from __future__ import annotations

from dialects.delimited import Cell, LineEncoder
from dialects.dialect import Dialect
from dialects.profiles import PROFILES

CELLS = [
    "=1+1", "=cmd|' /C calc'!A0", "+55 11", "-5", "-x", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(1)",
    "'=1", " =1", "a=1", "5-3", "e@x", "", "ção", "0012", "1E5", "(1)", '"x"',
]  # fmt: skip
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def shown(dialect: Dialect) -> list[str]:
    encoder = LineEncoder(dialect, [Cell.TEXT])
    return [encoder.encode([[cell]]).decode().rstrip("\n").strip('"') for cell in CELLS]


def test_security_formulas_no_cell_of_a_spreadsheet_profile_begins_one() -> None:
    spreadsheets = [name for name in PROFILES if "excel" in name]
    assert len(spreadsheets) == 2
    for name in spreadsheets:
        dialect = PROFILES[name].dialect
        assert [cell for cell in shown(dialect) if cell.startswith(DANGEROUS)] == []
        header = LineEncoder(dialect, [Cell.TEXT]).header(["=cmd()"]).decode()
        assert not header.strip('"').startswith("=")


def test_security_formulas_machines_get_every_cell_as_it_is() -> None:
    plain = [cell.replace('"', "") for cell in shown(Dialect())]
    assert plain == [cell.replace('"', "") for cell in CELLS]
    numbers = LineEncoder(Dialect(formula_guard=True), [Cell.NUMBER]).encode([["-5"]])
    assert numbers == b"-5\n"
