"""Reads a dataset's file as JSON in bounded memory; the types come from the manifest."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import BinaryIO, Final, Self

import orjson

from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY, Batch, DatasetUnreadable, Record, RecordReader

# The JSON grammar of a number. What it accepts is passed on digit by digit, never converted.
_is_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_NUMBER_TYPES: Final = {"integer", "decimal", "float"}
_BOOLEANS: Final[dict[str, object]] = {
    "": None,
    QUOTED_EMPTY: "",
    "t": True,
    "true": True,
    "f": False,
    "false": False,
}

_Encode = Callable[[Sequence[str], bool], list[object]]


def read_rows(
    path: Path,
    columns: Sequence[ManifestColumn] | None,
    *,
    offset: int = 0,
    limit: int | None = None,
    delimiter: str = ";",
    keep: Sequence[int] | None = None,
) -> Generator[bytes, None, None]:
    """A JSON array of row objects in chunks; keys in column order.

    Text and dates are strings as written, numbers are numbers digit by digit, an empty cell is
    null and a quoted empty one is "". `columns=None` is for a file that was not published by
    us: names come from its first line and every value is text; short rows end in nulls. `keep`
    names the columns to send by position, in their order; None sends all.
    The file is opened and its first rows are read before this returns, so most faults raise
    DatasetUnreadable here and not in mid-stream. Closing the generator closes the file.
    """
    chunks = _chunks(path, columns, offset, limit, delimiter, keep)
    next(chunks)
    return chunks


def read_columns_preview(
    path: Path, n: int, *, delimiter: str = ";"
) -> tuple[list[str], list[list[str | None]]]:
    """The column names of a CSV file and its first `n` rows as texts, null as None."""
    with opened(path) as file:
        reader = RecordReader(file, delimiter, is_ours=False)
        names = unique_names(_header(reader))
        rows: list[list[str | None]] = []
        for batch in reader.batches():
            rows += [_texts(record, len(names)) for record in batch.records[: n - len(rows)]]
            if len(rows) >= n:
                break
    return names, rows


def unique_names(names: Sequence[str]) -> list[str]:
    """Names fit for the keys of an object: no empty one, repeated ones as `a`, `a.1`, `a.2`."""
    unique: dict[str, None] = {}
    for position, name in enumerate(names):
        wanted = name if name not in {"", QUOTED_EMPTY} else f"Unnamed: {position}"
        candidate, repeat = wanted, 0
        while candidate in unique:
            repeat += 1
            candidate = f"{wanted}.{repeat}"
        unique[candidate] = None
    return list(unique)


def _chunks(
    path: Path,
    columns: Sequence[ManifestColumn] | None,
    offset: int,
    limit: int | None,
    delimiter: str,
    keep: Sequence[int] | None,
) -> Generator[bytes, None, None]:
    with opened(path) as file:
        reader = RecordReader(file, delimiter, is_ours=columns is not None)
        encode = _row_encoder(_header(reader), columns, keep, first_row=offset + 1)
        encoded = _encoded(reader, encode, offset, limit)
        first = next(encoded, None)
        yield b""
        yield b"[" if first is None else b"[" + first
        for chunk in encoded:
            yield b"," + chunk
        yield b"]\n"


def _encoded(
    reader: RecordReader, encode: Callable[[Batch], bytes], offset: int, limit: int | None
) -> Iterator[bytes]:
    """Row objects joined by commas, one chunk a batch, never an empty one."""
    if limit == 0:
        return
    for batch in reader.batches(skip=offset):
        if limit is not None and len(batch.records) >= limit:
            yield encode(Batch(batch.records[:limit], batch.has_quotes))
            return
        if limit is not None:
            limit -= len(batch.records)
        yield encode(batch)


def _row_encoder(
    header: Record,
    columns: Sequence[ManifestColumn] | None,
    keep: Sequence[int] | None,
    *,
    first_row: int,
) -> RowEncoder:
    if columns is None:
        types = ["text"] * len(header)
        return RowEncoder(header, types, first_row=first_row, fills_short_rows=True, keep=keep)
    if len(columns) != len(header):
        raise DatasetUnreadable(
            f"its first line names {len(header)} columns, the manifest {len(columns)}"
        )
    return RowEncoder.of_manifest(columns, keep, first_row=first_row)


class RowEncoder:
    """Turns a batch of records into row objects, column by column."""

    def __init__(
        self,
        names: Sequence[str],
        types: Sequence[str],
        *,
        first_row: int = 1,
        fills_short_rows: bool = False,
        keep: Sequence[int] | None = None,
    ) -> None:
        """`keep`: positions of the columns to write, in this order; None: all of them."""
        places = range(len(names)) if keep is None else keep
        unique = unique_names(names)
        self._width = len(names)
        self._places = None if keep is None else list(keep)
        self._keys = [unique[place] for place in places]
        self._encoders = [_encoder(types[place]) for place in places]
        self._fills_short_rows = fills_short_rows
        self._row = first_row

    @classmethod
    def of_manifest(
        cls,
        columns: Sequence[ManifestColumn],
        keep: Sequence[int] | None = None,
        *,
        first_row: int = 1,
    ) -> Self:
        """For a file of ours."""
        names, types = [c.name for c in columns], [c.type for c in columns]
        return cls(names, types, first_row=first_row, keep=keep)

    def __call__(self, batch: Batch) -> bytes:
        self._check_widths(batch.records)
        columns = list(zip(*batch.records, strict=True))
        if self._places is not None:
            columns = [columns[place] for place in self._places]
        values = [
            encode(column, batch.has_quotes)
            for encode, column in zip(self._encoders, columns, strict=True)
        ]
        # The same as a comprehension with dict(zip(...)), without leaving C for each row.
        rows = map(dict, map(zip, repeat(self._keys), zip(*values, strict=True)))
        return orjson.dumps(list(rows))[1:-1]

    def _check_widths(self, records: list[Record]) -> None:
        if set(map(len, records)) != {self._width}:
            self._fill_short_rows(records, self._width)
        self._row += len(records)

    def _fill_short_rows(self, records: list[Record], width: int) -> None:
        for row, record in enumerate(records, start=self._row):
            missing = width - len(record)
            if missing < 0 or (missing and not self._fills_short_rows):
                raise DatasetUnreadable(
                    f"row {row} has {len(record)} values where {width} were expected"
                )
            record.extend([""] * missing)


def _encoder(type_name: str) -> _Encode:
    if type_name in _NUMBER_TYPES:
        return _numbers
    return _booleans if type_name == "boolean" else _text_values


def _text_values(column: Sequence[str], has_quotes: bool) -> list[object]:
    if has_quotes:
        return [(v if v != QUOTED_EMPTY else "") if v else None for v in column]
    return [v or None for v in column]


def _numbers(column: Sequence[str], has_quotes: bool) -> list[object]:
    del has_quotes
    fragment = orjson.Fragment
    kinds, values = _parsed_together(column)
    if kinds <= {int, type(None)}:
        return values
    if kinds <= {int, float, type(None)}:
        return [fragment(v) if v else None for v in column]
    is_number = _is_number
    return [fragment(v) if is_number(v) else _unusual_number(v) for v in column]


def _parsed_together(column: Sequence[str]) -> tuple[set[type], list[object]]:
    """The types that JSON sees in a column, and its values; `{str}` when it cannot say.

    One call for the whole column costs half of matching each value.
    """
    try:
        values = orjson.loads(f"[{','.join([v or 'null' for v in column])}]")
    except orjson.JSONDecodeError:
        return {str}, []
    # A value such as 1,5 makes two.
    return (set(map(type, values)), values) if len(values) == len(column) else ({str}, [])


def _unusual_number(value: str) -> object:
    if not value:
        return None
    if value == QUOTED_EMPTY:
        return ""
    if value[0] == "+" and _is_number(value[1:]) and value[1] != "-":
        return orjson.Fragment(value[1:])
    return value


def _booleans(column: Sequence[str], has_quotes: bool) -> list[object]:
    del has_quotes
    return [_BOOLEANS.get(v, v) for v in column]


def _texts(record: Record, width: int) -> list[str | None]:
    values = [None if not v else "" if v == QUOTED_EMPTY else v for v in record]
    return values + [None] * (width - len(values))


def _header(reader: RecordReader) -> Record:
    header = reader.header()
    if header is None:
        raise DatasetUnreadable("it is empty: not even a line of column names")
    return header


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The open file; every fault of it or of its content names the file."""
    # No link in the last place, and no pipe: the path was checked when its dataset was found.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb", 0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DatasetUnreadable("it is not a regular file")
            yield file
    except OSError as exc:
        raise DatasetUnreadable(
            f"The file {path.name} cannot be read: {exc.strerror}. If it was removed by hand, run "
            "its job again."
        ) from exc
    except DatasetUnreadable as exc:
        raise DatasetUnreadable(f"The file {path.name} cannot be read: {exc.message}.") from exc
