"""Reads a dataset's file as JSON in bounded memory; the types come from the manifest."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import BinaryIO, Self

import orjson

from datafiles import records
from datafiles.json_values import encoder_of, unique_names
from datafiles.manifest import ManifestColumn
from datafiles.plain_blocks import BLOCK_BYTES, BlockEncoder
from datafiles.records import (
    QUOTED_EMPTY,
    Batch,
    DatasetUnreadable,
    Record,
    RecordReader,
)
from datafiles.steady import open_steadily
from datafiles.whole_files import encoded_blocks, pieces_of

# A first page is read in blocks of about its own size; longer rows take some more of them.
LEAST_BLOCK_BYTES = 4096
ROW_BYTES = 128


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


def _chunks(
    path: Path,
    columns: Sequence[ManifestColumn] | None,
    offset: int,
    limit: int | None,
    delimiter: str,
    keep: Sequence[int] | None,
) -> Generator[bytes, None, None]:
    is_whole = columns is not None and limit is None and not offset
    is_first = limit is not None and not offset
    size = BLOCK_BYTES if is_whole else _page_bytes(limit) if is_first else None
    with opened(path) as file:
        reader = RecordReader(file, delimiter, is_ours=columns is not None, block_bytes=size)
        encode = _row_encoder(_header(reader), columns, keep, first_row=offset + 1)
        if is_whole:
            encoded = encoded_blocks(reader, encode, encode.for_blocks(delimiter))
        else:
            encoded = _encoded(reader, encode, offset, limit)
        first = next(encoded, None)
        yield b""
        yield b"["
        if first is not None:
            yield from pieces_of(first)
        for chunk in encoded:
            yield b","
            yield from pieces_of(chunk)
        yield b"]\n"


def _page_bytes(limit: int | None) -> int:
    return min(records.BLOCK_BYTES, max(LEAST_BLOCK_BYTES, (limit or 0) * ROW_BYTES))


def _encoded(
    reader: RecordReader, encode: Callable[[Batch], bytes], offset: int, limit: int | None
) -> Iterator[bytes | memoryview]:
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
        self._names, self._types = unique, types
        self._encoders = [encoder_of(types[place]) for place in places]
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
        """Objects between commas, without the brackets of an array."""
        return orjson.dumps(self.objects(batch))[1:-1]

    def pass_over(self, rows: int) -> None:
        """Somebody else has encoded so many rows."""
        self._row += rows

    def for_blocks(self, delimiter: str) -> BlockEncoder:
        """What encodes the same columns from plain lines."""
        return BlockEncoder(self._names, self._types, keep=self._places, delimiter=delimiter)

    def objects(self, batch: Batch) -> list[dict[str, object]]:
        """A dictionary for each row."""
        rows = zip(*self._values(batch), strict=True)
        # The same as a comprehension with dict(zip(...)), without leaving C for each row.
        return list(map(dict, map(zip, repeat(self._keys), rows)))

    def arrays(self, batch: Batch) -> list[tuple[object, ...]]:
        """The values of each row, in the order of the columns."""
        return list(zip(*self._values(batch), strict=True))

    def _values(self, batch: Batch) -> list[list[object]]:
        self._check_widths(batch.records)
        columns = list(zip(*batch.records, strict=True))
        if self._places is not None:
            columns = [columns[place] for place in self._places]
        return [
            encode(column, batch.has_quotes)
            for encode, column in zip(self._encoders, columns, strict=True)
        ]

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
    try:
        with open_steadily(path) as file:
            yield file
    except OSError as exc:
        raise DatasetUnreadable(
            f"The file {path.name} cannot be read: {exc.strerror}. If it was removed by hand, run "
            "its job again."
        ) from exc
    except DatasetUnreadable as exc:
        raise DatasetUnreadable(f"The file {path.name} cannot be read: {exc.message}.") from exc
