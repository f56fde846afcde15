"""New rows of a window: each has a day, and none lies outside of it."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from auxiliares import AutomacaoError
from datafiles.new_rows import Lines
from datafiles.row_days import DayReader


class RowsBeforeWindow(AutomacaoError):
    """The query returned rows from before the window, which are in the file already."""

    code: ClassVar[str] = "rows_before_window"
    status: ClassVar[int] = 422


class RowsAfterWindow(AutomacaoError):
    """The query of a backfill returned rows from after its days, which stay in the file."""

    code: ClassVar[str] = "rows_after_window"
    status: ClassVar[int] = 422


class DatedRows:
    """Examines new rows of a window: each has a day, none lies before its start, and none after
    `until` where later days of the file stay."""

    def __init__(self, days: DayReader, start: dt.date, until: dt.date | None = None) -> None:
        self._days = days
        self._start = start
        self._until = until or dt.date.max
        self._seen = 0
        self._early = 0
        self._example: tuple[int, dt.date] | None = None
        self._late: tuple[int, dt.date] | None = None

    def examine(self, lines: Lines) -> None:
        for number, (_, row) in enumerate(lines, start=self._seen + 1):
            day = self._days.day(row, number)
            if day < self._start:
                self._early += 1
                self._example = self._example or (number, day)
            elif day > self._until:
                self._late = self._late or (number, day)
        self._seen += len(lines)

    def check(self) -> None:
        """Raises RowsBeforeWindow or RowsAfterWindow."""
        if self._late is not None:
            number, day = self._late
            raise RowsAfterWindow(
                f"The query returned rows from after {self._until:%d/%m/%Y}, where the days of "
                f"this backfill end, such as row {number} of {day:%d/%m/%Y}. They are in the file "
                f"already and would stand there twice. {self._advice}"
            )
        if self._example is None:
            return
        number, day = self._example
        raise RowsBeforeWindow(
            f"The query returned {self._early} rows from before {self._start:%d/%m/%Y}, where the "
            f"window starts, such as row {number} of {day:%d/%m/%Y}. They are in the file already "
            f"and would stand there twice. {self._advice}"
        )

    @property
    def _advice(self) -> str:
        name = self._days.column.name
        return f"Read the window alone: WHERE {name} >= :inicio AND {name} < :fim + 1."
