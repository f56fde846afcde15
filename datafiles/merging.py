"""New rows joined to those of the version before: behind what is kept, or in place of equal keys.

Nothing is held in memory but one batch: new rows wait in a temporary file, keys in an engine that
spills to the disk.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

import duckdb
import pyarrow as pa

from auxiliares import AutomacaoError
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.new_rows import Lines, NewRows, PickedRows
from datafiles.row_days import DayReader
from datafiles.text_input import LineParser, Row, read_lines
from dialects.delimited import Cell, LineEncoder
from dialects.dialect import Dialect
from dialects.text_output import Sink

KEY_MEMORY: Final = "256MB"
FETCH_ROWS: Final = 20_000
FOLDER_PREFIX: Final = ".merge-"
# Members that change how a value is written: rows in two of these forms cannot stand in one file.
VALUE_MEMBERS: Final = (
    "decimal_mark",
    "date_format",
    "time_format",
    "zone_offset",
    "formula_guard",
    "time_zone",
)


class VersionBeforeUnfit(AutomacaoError):
    """The rows of the version before have other columns, or are written in another form."""

    code: ClassVar[str] = "version_before_unfit"
    status: ClassVar[int] = 409


class KeyNotUnique(AutomacaoError):
    """Several new rows have the same key."""

    code: ClassVar[str] = "key_not_unique"
    status: ClassVar[int] = 422


class KeyColumnUnknown(AutomacaoError):
    """A column of the key is not in the result."""

    code: ClassVar[str] = "key_column_unknown"
    status: ClassVar[int] = 422


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
    old, new = [c.name for c in before.columns], [c.name for c in columns]
    changes = []
    if sorted(old) != sorted(new) or len(set(new)) != len(new):
        gone = ", ".join(name for name in old if name not in new) or "none"
        added = ", ".join(name for name in new if name not in old) or "none"
        changes.append(f"the columns of the query changed (gone: {gone}; added: {added})")
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


# --- Chave


class KeyedRows:
    """The keys of new and old rows, in an engine that spills to `beside`'s folder.

    Use as a context manager. NULL is a value like any other here.
    """

    def __init__(
        self, columns: Sequence[ManifestColumn], names: Sequence[str], beside: Path
    ) -> None:
        """Raises KeyColumnUnknown."""
        self.columns = columns
        self.places = [_key_place(columns, name) for name in names]
        self._names = [columns[place].name for place in self.places]
        self._beside = beside
        self._counts = {"new_keys": 0, "old_keys": 0}

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(
            prefix=FOLDER_PREFIX, dir=self._beside.parent, ignore_cleanup_errors=True
        )
        self._engine = duckdb.connect(
            config={
                "memory_limit": KEY_MEMORY,
                "threads": 2,
                "temp_directory": self._folder.name,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self._engine.execute("SET enable_external_access = false")
        for table in self._counts:
            self._engine.execute(f"CREATE TABLE {table} (n BIGINT, key VARCHAR)")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.close()
        self._folder.cleanup()

    def examine(self, lines: Lines) -> None:
        """New rows."""
        self._add("new_keys", [_key_of(row, self.places) for _, row in lines])

    def add_old(self, lines: Lines, places: Sequence[int]) -> None:
        self._add("old_keys", [_key_of(row, places) for _, row in lines])

    def _add(self, table: str, keys: list[str]) -> None:
        if not keys:
            return
        first = self._counts[table]
        self._counts[table] += len(keys)
        batch = pa.table({"n": pa.array(range(first, first + len(keys)), pa.int64()), "key": keys})
        self._engine.register("batch", batch)
        self._engine.execute(f"INSERT INTO {table} SELECT n, key FROM batch")
        self._engine.unregister("batch")

    def check_unique(self) -> None:
        """Raises KeyNotUnique when new rows share a key."""
        found = self._engine.execute(
            "SELECT count(*), sum(rows), min(first), max(rows) FROM (SELECT min(n) AS first,"
            " count(*) AS rows FROM new_keys GROUP BY key HAVING count(*) > 1)"
        ).fetchall()[0]
        keys, rows, first, _ = found
        if not keys:
            return
        twins = self._engine.execute(
            "SELECT n FROM new_keys WHERE key = (SELECT key FROM new_keys WHERE n = ?)"
            " ORDER BY n LIMIT 2",
            [first],
        ).fetchall()
        numbers = " and ".join(str(n + 1) for (n,) in twins)
        raise KeyNotUnique(
            f"{rows} new rows share {keys} keys ({', '.join(self._names)}), for example the rows "
            f"{numbers} of the result. Which of them counts cannot be known: add a column to "
            "key_columns, or let the query return one row for each key. The published file is "
            "untouched."
        )

    def matches(self) -> Iterator[tuple[int, int]]:
        """Old and new row of each key that both have, in the order of the old rows."""
        self._engine.execute(
            "SELECT o.n, k.n FROM old_keys o JOIN new_keys k USING (key) ORDER BY o.n"
        )
        while found := self._engine.fetchmany(FETCH_ROWS):
            yield from found


def write_upserted(
    sink: Sink, before: RowsBefore | None, keys: KeyedRows, new: NewRows, dialect: Dialect
) -> int:
    """The old rows in their order, each with a new key replaced; then the rows of new keys; how
    many.

    Raises KeyNotUnique. Old rows that share a key become one when it is replaced.
    """
    keys.check_unique()
    if before is None:
        for text in new.texts():
            sink.write(text.encode())
        return new.rows_written
    names = [column.name for column in before.columns]
    old = OldLines(before, keys.columns, dialect)
    wanted = [keys.columns[place].name for place in keys.places]
    for lines in before.lines():
        old.check()
        keys.add_old(lines, [names.index(name) for name in wanted])
    with closing(new.picked()) as picked:
        taken = bytearray(new.rows_written // 8 + 1)
        stayed = _replace_old(sink, before, old, keys.matches(), picked, taken)
        _add_new(sink, new, taken)
    return stayed + new.rows_written


def _replace_old(
    sink: Sink,
    before: RowsBefore,
    old: OldLines,
    matches: Iterator[tuple[int, int]],
    picked: PickedRows,
    taken: bytearray,
) -> int:
    """Returns how many old rows stayed."""
    number, replaced, match = 0, 0, next(matches, None)
    for lines in before.lines():
        data = bytearray()
        kept: Lines = []
        for line in lines:
            if match is None or match[0] != number:
                kept.append(line)
            else:
                data += old.encode(kept)
                kept.clear()
                replaced += 1
                new_row = match[1]
                if not taken[new_row >> 3] & 1 << (new_row & 7):
                    taken[new_row >> 3] |= 1 << (new_row & 7)
                    data += picked.line(new_row)
                match = next(matches, None)
            number += 1
        data += old.encode(kept)
        if data:
            sink.write(bytes(data))
    return number - replaced


def _add_new(sink: Sink, new: NewRows, taken: bytearray) -> None:
    number = 0
    for lines in new.lines():
        data = bytearray()
        for line, _ in lines:
            if not taken[number >> 3] & 1 << (number & 7):
                data += line.encode()
            number += 1
        if data:
            sink.write(bytes(data))


def _key_of(row: Row, places: Sequence[int]) -> str:
    """One text for the values; no two lists of values have the same."""
    values = [row[place] for place in places]
    return "".join(["N;" if value is None else f"{len(value)}:{value};" for value in values])


def _key_place(columns: Sequence[ManifestColumn], name: str) -> int:
    exact = [place for place, column in enumerate(columns) if column.name == name]
    alike = [p for p, c in enumerate(columns) if c.name.casefold() == name.casefold()]
    found = exact or alike
    if len(found) == 1:
        return found[0]
    listed = ", ".join(column.name for column in columns)[:1000]
    raise KeyColumnUnknown(
        f"There is no single column {name!r} in the result; it has: {listed}. "
        "Set key_columns of the job to columns of the result."
    )
