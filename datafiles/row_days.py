"""The day of a row: read from the column that holds it, typed or as text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import ClassVar, Final

from auxiliares import AutomacaoError
from datafiles.column_keys import MOMENT_TYPES
from datafiles.manifest import ManifestColumn, place_of
from dialects.dialect import Dialect
from dialects.moments import BEFORE_CHRIST

REMEMBERED_DAYS: Final = 20_000
_DAY_FIRST = re.compile(r"(\d\d)[/.](\d\d)[/.](\d{4})(?![\d/.])", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d\d)/(\d\d)/(\d{4})(?![\d/])", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?![\d-])", re.ASCII)


class DateColumnInvalid(AutomacaoError):
    """The column that should say the day of each row is not there, or does not say it."""

    code: ClassVar[str] = "date_column_invalid"
    status: ClassVar[int] = 422


class DayReader:
    """Reads the day of a row from its values.

    A typed column is read as the dialect writes it, a text as DD/MM/YYYY or YYYY-MM-DD; a time
    behind it does not matter.
    """

    def __init__(
        self, columns: Sequence[ManifestColumn], name: str | None, dialect: Dialect
    ) -> None:
        """Raises DateColumnInvalid."""
        self.columns = columns
        self.dialect = dialect
        self.position = date_column(columns, name, dialect)
        self.column = columns[self.position]
        self._is_text = self.column.type not in MOMENT_TYPES
        self._is_month_first = not self._is_text and dialect.date_format == "mdy"
        self._known: dict[str, dt.date] = {}

    def day(self, row: Sequence[str | None], number: int) -> dt.date:
        """`number` counts rows from 1, for the message. Raises DateColumnInvalid."""
        text = row[self.position]
        if text is None or not text.strip():
            raise self._fault(number, "has no date")
        known = self._known.get(text)
        if known is None:
            known = self._read(text.strip(), number)
            if len(self._known) < REMEMBERED_DAYS:
                self._known[text] = known
        return known

    def day_or_none(self, row: Sequence[str | None], number: int) -> dt.date | None:
        """None for a row without a date. Raises DateColumnInvalid for a text that is none."""
        text = row[self.position]
        return None if text is None or not text.strip() else self.day(row, number)

    def _read(self, text: str, number: int) -> dt.date:
        if text.endswith(BEFORE_CHRIST):
            raise self._fault(number, f"holds {text[:40]!r}, a day before the year 1")
        try:
            if found := _ISO.match(text):
                return dt.date(int(found[1]), int(found[2]), int(found[3]))
            if self._is_month_first and (found := _MONTH_FIRST.match(text)):
                return dt.date(int(found[3]), int(found[1]), int(found[2]))
            if found := _DAY_FIRST.match(text):
                return dt.date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            pass
        raise self._fault(number, f"holds {text[:40]!r}, which is no date")

    def _fault(self, number: int, problem: str) -> DateColumnInvalid:
        return DateColumnInvalid(
            f"Row {number} {problem} in the column {self.column.name!r}. This kind of file sorts "
            "rows by their date: leave such rows out in the query, or give them a date "
            "(DD/MM/YYYY, YYYY-MM-DD, or a column of a date type)."
        )


def date_column(columns: Sequence[ManifestColumn], name: str | None, dialect: Dialect) -> int:
    """Place of the column that `data_primary_key` names. Raises DateColumnInvalid."""
    place = place_of(columns, name or "", dialect)
    if place is not None:
        return place
    listed = ", ".join(column.name for column in columns)[:1000]
    raise DateColumnInvalid(
        f"There is no single column {name or ''!r} in the result, which should hold the date of "
        f"each row; it has: {listed}. Set the date column of the job (data_primary_key) to one of "
        "these."
    )
