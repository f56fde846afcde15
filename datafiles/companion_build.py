"""Builds the companion of a dataset's file: where each record begins, and its columns as keys.

The keys lie in a database file of DuckDB, the places in a plain list of numbers. Both are made
from the CSV alone, in bounded memory, and can be thrown away at any time.
"""

from __future__ import annotations

import contextlib
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pa_csv

from datafiles.column_keys import (
    FAST_DIGITS,
    KEY,
    MAX_DIGITS,
    MOMENT_TYPES,
    NUMBER_TYPES,
    PLAIN_DAY_FIRST,
    PLAIN_ISO,
    PLAIN_NUMBER,
    VALUE,
    ColumnKey,
    KeyKind,
    key_expression,
    moment_text,
    number_of,
    number_text,
)
from datafiles.manifest import ManifestColumn
from datafiles.records import MAX_RECORD_BYTES, DatasetUnreadable

KEYS_FILE = "keys.duckdb"
PLACES_FILE = "places"
BUILD_MEMORY = "256MB"
SPILL_LIMIT = "4GB"
PLACES_BLOCK_BYTES = 1 << 20
# One record with its line end, else all the rest: a record that is not complete yet. Quotes
# enclose values in a file of ours, and are doubled inside.
_RECORD: Final = re.compile(rb'[^"\n]*+(?:"[^"]*+"[^"\n]*+)*+\n|(?s:.+)')

_Exact = Callable[[str], str | None]


def write_places(part: Path, places: Path) -> tuple[int, int]:
    """Append where each record of `part` begins and ends to `places`.

    Entries of eight bytes in the machine's order: the end of the header, then of each record.
    Returns the number of records after the header and the length of the longest one. Raises
    DatasetUnreadable when a quote is not closed.
    """
    count, longest, begin, rest = -1, 0, 0, b""
    with part.open("rb", 0) as file, places.open("ab") as out:
        while True:
            block = file.read(max(PLACES_BLOCK_BYTES, len(rest)))
            data = rest + block
            if not block and data and not data.endswith(b"\n"):
                data += b"\n"
            ends = _ends(data, begin)
            if ends:
                longest = max(longest, _longest(ends, begin))
                count += len(ends)
                ends.tofile(out)
                rest = data[ends[-1] - begin :]
                begin = ends[-1]
            else:
                rest = data
            if not block:
                break
            if len(rest) > MAX_RECORD_BYTES:
                raise DatasetUnreadable("one record is too long; a quote is probably not closed")
    if rest:
        raise DatasetUnreadable("a quoted value is never closed")
    return count, longest


def _ends(data: bytes, begin: int) -> array[int]:
    """Where complete records end, counted from the start of the file; `data` lies at `begin`."""
    ends = array("Q", [begin + found.end() for found in _RECORD.finditer(data)])
    if ends and not _is_complete(data, (ends[-2] if len(ends) > 1 else begin) - begin):
        ends.pop()
    return ends


def _is_complete(data: bytes, start: int) -> bool:
    """Whether what begins at `start`, the last match, is a record and not the rest."""
    return data.endswith(b"\n") and data.count(b'"', start) % 2 == 0


def _longest(ends: array[int], begin: int) -> int:
    return max(ends[0] - begin, *map(int.__sub__, ends[1:], ends[:-1]), 0)


class KeyBuilder:
    """Makes the keys of all columns of a dataset, in a database file of their own."""

    def __init__(
        self,
        parts: Sequence[Path],
        columns: Sequence[ManifestColumn],
        *,
        delimiter: str,
        day_first: bool,
        longest: int,
    ) -> None:
        self._parts = parts
        self._columns = columns
        self._names = [f"c{position}" for position in range(len(columns))]
        self._delimiter = delimiter
        self._day_first = day_first
        self._block_bytes = max(1 << 20, 2 * longest + 1024)

    def build(self, folder: Path) -> int:
        """Write the keys of every column; returns the rows. Raises DatasetUnreadable."""
        with _arrow_faults():
            keys = self._choose_keys()
            with contextlib.closing(
                sandboxed(
                    folder / KEYS_FILE,
                    read_only=False,
                    memory=BUILD_MEMORY,
                    spill=folder / "spill",
                    spill_limit=SPILL_LIMIT,
                )
            ) as database:
                self._fill(database, keys)
                _write_list(database, keys)
                (rows,) = database.execute("SELECT count(*) FROM keys").fetchall()[0]
        return int(rows)

    def _fill(self, database: duckdb.DuckDBPyConnection, keys: Sequence[ColumnKey]) -> None:
        batches = self._exact(keys, self._batches(self._names))
        texts = [f"{key.value_prefix}{n}" for n, key in enumerate(keys) if key.value_prefix != KEY]
        schema = pa.schema([(name, pa.string()) for name in [*self._names, *texts]])
        database.register("texts", pa.RecordBatchReader.from_batches(schema, batches))
        selected = ", ".join(
            f"{key_expression(key, name, day_first=self._day_first)} AS {name}"
            for key, name in zip(keys, self._names, strict=True)
        )
        selected = ", ".join([selected, *texts])
        database.execute(f"CREATE TABLE keys AS SELECT {selected} FROM texts")

    def _batches(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        for part in self._parts:
            reader = pa_csv.open_csv(
                part,
                read_options=pa_csv.ReadOptions(
                    column_names=self._names,
                    skip_rows_after_names=1,
                    block_size=self._block_bytes,
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=self._delimiter, newlines_in_values=True, ignore_empty_lines=False
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(self._names, pa.string()),
                    include_columns=names,
                    strings_can_be_null=True,
                    null_values=[""],
                    quoted_strings_can_be_null=False,
                ),
            )
            yield from reader

    def _choose_keys(self) -> list[ColumnKey]:
        """Read the numbers and moments once to see which type holds all of a column."""
        looks: dict[str, _Look] = {}
        for name, column in zip(self._names, self._columns, strict=True):
            if column.type in NUMBER_TYPES:
                looks[name] = _Look(PLAIN_NUMBER)
            elif column.type in MOMENT_TYPES:
                looks[name] = _Look(PLAIN_DAY_FIRST if self._day_first else PLAIN_ISO)
        if looks:
            for batch in self._batches(list(looks)):
                for name, look in looks.items():
                    look.at(batch.column(name))
        return [
            _key_for(column, looks.get(name))
            for name, column in zip(self._names, self._columns, strict=True)
        ]

    def _exact(
        self, keys: Sequence[ColumnKey], batches: Iterator[pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        """The batches with texts in order where no type of the engine holds the values.

        Such columns follow at the end once more, as they are.
        """
        replaced = {
            position: _exact_text(key, day_first=self._day_first)
            for position, key in enumerate(keys)
            if key.kind in {KeyKind.ANY_NUMBER, KeyKind.ANY_MOMENT}
        }
        for batch in batches:
            arrays, names = batch.columns, [*self._names]
            for position, exact in replaced.items():
                arrays.append(arrays[position])
                names.append(f"{VALUE}{position}")
                texts = arrays[position].to_pylist()
                arrays[position] = pa.array(
                    [None if text is None else exact(text) for text in texts], pa.string()
                )
            yield pa.RecordBatch.from_arrays(arrays, names)


class _Look:
    """What the texts of a column have in common."""

    def __init__(self, plain: str) -> None:
        self._pattern = plain
        self.is_plain = True
        self.whole_digits = 0
        self.scale = 0

    def at(self, texts: pa.Array) -> None:
        if not self.is_plain:
            return
        matches = pc.all(pc.match_substring_regex(texts, self._pattern), min_count=0)
        self.is_plain = bool(matches.as_py())
        if not self.is_plain or self._pattern != PLAIN_NUMBER:
            return
        length = pc.utf8_length(texts)
        point = pc.find_substring(texts, ".")
        has_point = pc.greater_equal(point, 0)
        behind = pc.if_else(has_point, pc.subtract(pc.subtract(length, point), 1), 0)
        before = pc.if_else(has_point, point, length)
        self.scale = max(self.scale, pc.max(behind).as_py() or 0)
        self.whole_digits = max(self.whole_digits, pc.max(before).as_py() or 0)


def _key_for(column: ManifestColumn, look: _Look | None) -> ColumnKey:
    kinds = {"boolean": KeyKind.BOOLEAN, "float": KeyKind.FLOAT}
    if look is None:
        return ColumnKey(column.name, column.type, kinds.get(column.type, KeyKind.TEXT))
    if column.type in MOMENT_TYPES:
        typed = KeyKind.DATE if column.type == "date" else KeyKind.TIMESTAMP
        return ColumnKey(column.name, column.type, typed if look.is_plain else KeyKind.ANY_MOMENT)
    digits = look.whole_digits + look.scale
    if not look.is_plain or digits > MAX_DIGITS:
        return ColumnKey(column.name, column.type, KeyKind.ANY_NUMBER)
    if not look.scale and digits <= FAST_DIGITS:
        return ColumnKey(column.name, column.type, KeyKind.INTEGER)
    width = FAST_DIGITS if digits <= FAST_DIGITS else MAX_DIGITS
    return ColumnKey(column.name, column.type, KeyKind.DECIMAL, width, look.scale)


def _exact_text(key: ColumnKey, *, day_first: bool) -> _Exact:
    if key.kind == KeyKind.ANY_NUMBER:
        return lambda text: number_text(number_of(text))
    return lambda text: moment_text(text, day_first=day_first)


def sandboxed(
    file: Path, *, read_only: bool, memory: str, spill: Path, spill_limit: str
) -> duckdb.DuckDBPyConnection:
    """An engine that knows this one file, and can neither reach nor load anything else."""
    database = duckdb.connect(
        file,
        read_only=read_only,
        config={
            "memory_limit": memory,
            "threads": 2,
            "temp_directory": str(spill),
            "max_temp_directory_size": spill_limit,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    # The same file opened twice in one process is one engine, which may be locked already. The
    # doors are closed first, then the key to them is thrown away.
    if database.execute("SELECT current_setting('lock_configuration')").fetchall() != [(True,)]:
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
    return database


def _write_list(database: duckdb.DuckDBPyConnection, keys: Sequence[ColumnKey]) -> None:
    database.execute(
        "CREATE TABLE key_columns (position INTEGER, name VARCHAR, type VARCHAR, kind VARCHAR,"
        " width INTEGER, scale INTEGER)"
    )
    database.executemany(
        "INSERT INTO key_columns VALUES (?, ?, ?, ?, ?, ?)",
        [
            [position, key.name, key.type, key.kind.value, key.width, key.scale]
            for position, key in enumerate(keys)
        ],
    )


@contextlib.contextmanager
def _arrow_faults() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, duckdb.Error) as exc:
        raise DatasetUnreadable(str(exc).splitlines()[0]) from exc
