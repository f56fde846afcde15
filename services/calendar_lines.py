"""Days of a calendar out of pasted lines: `25/12/2026;Natal`, or a CSV of a bank or a company."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import date

from auxiliares import AutomacaoError, FieldError
from timing.business_days import OwnDay

MAX_NAME = 200
_NAMED_FAULTS = 10
_BRAZILIAN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_YEARLY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
# A year that has every day a yearly entry may name.
_LEAP_YEAR = 2000


class CalendarLinesInvalid(AutomacaoError):
    """Lines that hold no day; the message says which."""

    code = "calendar_lines_invalid"
    status = 422


def read_lines(text: str) -> list[OwnDay]:
    """The days of the lines, in order: a date, then a name behind `;`, `,` or a tab.

    A date is `25/12/2026`, `2026-12-25`, or `25/12` for every year. Of more than two columns the
    last is the name. Blank lines are skipped, and a first line without a date: it is a heading.
    Raises CalendarLinesInvalid, which names every faulty line; then none is read.
    """
    days: list[OwnDay] = []
    faults: list[FieldError] = []
    is_first = True
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if not line.strip():
            continue
        cells = _cells(line)
        found = _day(cells)
        if found is not None:
            days.append(found)
        elif not (is_first and _is_heading(cells)):
            faults.append(_fault(number, line))
        is_first = False
    if faults or not days:
        raise _refusal(faults)
    return days


def _cells(line: str) -> list[str]:
    delimiter = next((sign for sign in ";\t," if sign in line), ";")
    try:
        [cells] = csv.reader([line], delimiter=delimiter)
    except csv.Error:  # a cell longer than any name
        return [line]
    return [" ".join(cell.split()) for cell in cells]


def _day(cells: Sequence[str]) -> OwnDay | None:
    names = [cell for cell in cells[1:] if cell]
    name = names[-1] if names else ""
    if not 0 < len(name) <= MAX_NAME:
        return None
    try:
        if found := _BRAZILIAN.fullmatch(cells[0]):
            return OwnDay(date(int(found[3]), int(found[2]), int(found[1])), name)
        if found := _ISO.fullmatch(cells[0]):
            return OwnDay(date(int(found[1]), int(found[2]), int(found[3])), name)
        if found := _YEARLY.fullmatch(cells[0]):
            return OwnDay(date(_LEAP_YEAR, int(found[2]), int(found[1])), name, is_yearly=True)
    except ValueError:
        return None
    return None


def _is_heading(cells: Sequence[str]) -> bool:
    return not any(char.isdigit() for char in cells[0])


def _fault(number: int, line: str) -> FieldError:
    message = f"line {number}, {line.strip()[:40]!r}, has no date with a name behind it"
    return FieldError(field="text", code=CalendarLinesInvalid.code, message=message)


def _refusal(faults: Sequence[FieldError]) -> CalendarLinesInvalid:
    shown = faults[:_NAMED_FAULTS] or [
        FieldError(field="text", code=CalendarLinesInvalid.code, message="there is no day in it")
    ]
    more = f" And {len(faults) - len(shown)} more." if len(faults) > len(shown) else ""
    told = "; ".join(fault["message"] for fault in shown)
    return CalendarLinesInvalid(
        f"Nothing was added: {told}. Write one day a line, such as 25/12/2026;Natal.{more}",
        errors=shown,
    )
