"""The rows of the version before beside new ones: what stays, and in which form.

Nothing is held in memory but one batch: new rows wait in a temporary file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from auxiliares import AutomacaoError
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.new_rows import Lines, NewRows
from datafiles.row_days import DayReader
from datafiles.text_input import LineParser, read_lines
from dialects.delimited import Cell, LineEncoder
from dialects.dialect import Dialect
from dialects.text_output import Sink

# Members that change how a value is written: rows in two of these forms cannot stand in one file.
VALUE_MEMBERS: Final = (
    "decimal_mark",
    "date_format",
    "time_format",
    "zone_offset",
    "formula_guard",
    "time_zone",
)

# The change of a type that leaves every value as it is.
WIDENED: Final = ("integer", "decimal")


class VersionBeforeUnfit(AutomacaoError):
    """The rows of the version before have other columns, or are written in another form."""

    code: ClassVar[str] = "version_before_unfit"
    status: ClassVar[int] = 409


@dataclass(frozen=True, slots=True)
class RowsBefore:
    """The files of the version before, in order, with what its manifest says."""

    paths: tuple[Path, ...]
    columns: tuple[ManifestColumn, ...]
    form: FileForm

    def lines(self) -> Iterator[Lines]:
        """Its rows with their lines, a batch at a time. Raises DatasetUnreadable."""
        parser = LineParser(self.form.dialect)
        for path in self.paths:
            for text in read_lines(path, self.form):
                yield parser.rows(text)


class OldLines:
    """Rows of the version before as lines of the new form.

    Columns in another order are put in order. Raises VersionBeforeUnfit for a row that cannot
    stand beside new ones, because the columns or the way values are written changed.
    """

    def __init__(
        self, before: RowsBefore, columns: Sequence[ManifestColumn], dialect: Dialect
    ) -> None:
        self._problem = _problem(before, columns, dialect)
        old = [column.name for column in before.columns]
        new = [column.name for column in columns]
        self._order = None
        if self._problem is None and old != new:
            self._order = [old.index(name) for name in new]
        self._encoder = None
        if self._order is not None or _is_encoded_anew(before.form.dialect, dialect):
            self._encoder = LineEncoder(dialect, [Cell.PLAIN] * len(columns))

    def check(self) -> None:
        """Raises VersionBeforeUnfit."""
        if self._problem is not None:
            raise VersionBeforeUnfit(self._problem)

    def encode(self, lines: Lines) -> bytes:
        """The lines of these rows; of none, nothing."""
        if not lines:
            return b""
        self.check()
        if self._encoder is None:
            return "".join([line for line, _ in lines]).encode()
        rows = [row for _, row in lines]
        if self._order is not None:
            rows = [[row[place] for place in self._order] for row in rows]
        return self._encoder.encode(list(zip(*rows, strict=True)))


def _is_encoded_anew(old: Dialect, new: Dialect) -> bool:
    return (old.delimiter, old.quote, old.null_text) != (new.delimiter, new.quote, new.null_text)


def _problem(before: RowsBefore, columns: Sequence[ManifestColumn], dialect: Dialect) -> str | None:
    changes = column_changes(before.columns, columns)
    changed = [
        name
        for name in VALUE_MEMBERS
        if getattr(before.form.dialect, name) != getattr(dialect, name)
    ]
    if changed:
        changes.append(f"the dialect of the file changed ({', '.join(changed)})")
    if not before.form.is_delimited:
        changes.append(f"the file was kept as {before.form.file_format}")
    if not changes:
        return None
    return (
        f"The rows that are published already do not fit the new ones: {'; '.join(changes)}. Undo "
        "the change; or load everything again, by setting the last loaded day of the job "
        "(last_data_date) back before the first day, or by running it once as 'Único' with a "
        "query for all rows. The published file is untouched."
    )


def column_changes(
    before: Sequence[ManifestColumn], columns: Sequence[ManifestColumn]
) -> list[str]:
    """Why rows of the columns `before` cannot stand beside new ones; empty when they can."""
    old, new = [c.name for c in before], [c.name for c in columns]
    if old != new and (sorted(old) != sorted(new) or len(set(new)) != len(new)):
        gone = ", ".join(name for name in old if name not in new) or "none"
        added = ", ".join(name for name in new if name not in old) or "none"
        if gone == added:
            return ["columns of the query that are called alike changed their places or number"]
        return [f"the columns of the query changed (gone: {gone}; added: {added})"]
    matched = before if old == new else [before[old.index(name)] for name in new]
    retyped = [
        f"{one.name}: {one.type}, now {other.type}"
        for one, other in zip(matched, columns, strict=True)
        if one.type != other.type and (one.type, other.type) != WIDENED
    ]
    return [f"columns of the query have another type ({'; '.join(retyped)})"] if retyped else []


# --- Acumulado


def write_accumulated(
    sink: Sink,
    before: RowsBefore | None,
    days: DayReader,
    start: dt.date,
    new: NewRows,
    *,
    until: dt.date | None = None,
) -> int:
    """The rows from before `start`, from after `until` where there is one, and those without a
    date, then all new ones; how many."""
    rows = new.rows_written
    last = until or dt.date.max
    if before is not None:
        old_days = DayReader(before.columns, days.column.name, before.form.dialect)
        old = OldLines(before, days.columns, days.dialect)
        number = 0
        for lines in before.lines():
            kept: Lines = []
            for line, row in lines:
                number += 1
                day = old_days.day_or_none(row, number)
                if day is None or not start <= day <= last:
                    kept.append((line, row))
            rows += len(kept)
            data = old.encode(kept)
            if data:
                sink.write(data)
    for text in new.texts():
        sink.write(text.encode())
    return rows
