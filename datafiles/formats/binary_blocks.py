"""PostgreSQL's binary rows as Arrow tables, a block at a time and by columns.

Lengths and values are looked up for all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from datafiles.formats.arrow_types import arrow_schema, not_representable
from datafiles.formats.binary_fields import FIRST_CELL, LENGTH_AT, VALUE_AT, Fields, Layout
from datafiles.formats.binary_numbers import NUMERIC, decimals
from datafiles.formats.parquet import Parquet
from datafiles.manifest import ManifestColumn
from dialects.native_rows import BinaryKind, RowBlock, binary_kind
from dialects.text_output import Sink

# Both count from 2000-01-01, Arrow from 1970-01-01.
EPOCH_DAYS: Final = 10_957
EPOCH_US: Final = EPOCH_DAYS * 86_400_000_000
# Years 1 to 9999, as everywhere else; infinity lies outside.
DAYS: Final = (-719_162, 2_932_896)
MOMENTS: Final = (DAYS[0] * 86_400_000_000, (DAYS[1] + 1) * 86_400_000_000 - 1)
TIMES: Final = (0, 86_400_000_000 - 1)


class ParquetOfRows(Parquet):
    """The file of binary rows, which become tables in the thread that reads them: two threads that
    take turns at small steps hinder each other more than the second one helps."""

    # Each step of Python is for a whole block. At 1 MiB it took a tenth longer; more takes memory.
    block_bytes = 1 << 21

    def __init__(self, output: Sink, columns: Sequence[ManifestColumn]) -> None:
        blocks = BinaryBlocks(columns)
        super().__init__(output, blocks.schema)
        self.prepare = blocks.table
        self.write = self.write_table


class BinaryBlocks:
    """Blocks of binary rows as Arrow tables of the types that keep the columns."""

    def __init__(self, columns: Sequence[ManifestColumn]) -> None:
        self._columns = columns
        self._kinds = [binary_kind(c.type, c.native_type, c.precision, c.scale) for c in columns]
        self.schema = arrow_schema(columns)

    def table(self, rows: RowBlock) -> pa.Table:
        """Raises ValueNotRepresentable."""
        places = np.frombuffer(rows.places, np.int64) + FIRST_CELL
        arrays = []
        for column, kind, field in zip(self._columns, self._kinds, self.schema, strict=True):
            try:
                fields = Fields.at(rows.data, places, _LAYOUTS.get(kind, _ANY_WIDTH))
                arrays.append(_READERS[kind](fields, field.type))
            except ValueError as exc:  # ours and Arrow's
                raise not_representable(column, field.type, str(exc)) from exc
            places = fields.behind
        return pa.Table.from_arrays(arrays, schema=self.schema)


def _int8(fields: Fields, type_: pa.DataType) -> pa.Array:
    return fields.array(type_, fields.integers(np.int64))


def _int4(fields: Fields, type_: pa.DataType) -> pa.Array:
    return fields.array(type_, fields.integers(np.int32).astype(np.int64))


def _int2(fields: Fields, type_: pa.DataType) -> pa.Array:
    return fields.array(type_, fields.integers(np.int16).astype(np.int64))


def _boolean(fields: Fields, type_: pa.DataType) -> pa.Array:
    return fields.array(type_, np.packbits(fields.integers(np.int8), bitorder="little"))


def _date(fields: Fields, type_: pa.DataType) -> pa.Array:
    days = fields.integers(np.int32).astype(np.int64) + EPOCH_DAYS
    if not fields.within(days, *DAYS):
        raise ValueError("a date outside the years 1 to 9999")
    return fields.array(type_, days.astype(np.int32))


def _timestamp(fields: Fields, type_: pa.DataType) -> pa.Array:
    moments = fields.integers(np.int64)
    if not fields.within(moments, MOMENTS[0] - EPOCH_US, MOMENTS[1] - EPOCH_US):
        raise ValueError("a moment outside the years 1 to 9999")
    moments += EPOCH_US
    return fields.array(type_, moments)


def _time(fields: Fields, type_: pa.DataType) -> pa.Array:
    times = fields.integers(np.int64)
    if not fields.within(times, *TIMES):
        raise ValueError("a time of day of 24:00")
    return fields.array(type_, times)


def _bytes(fields: Fields, _: pa.DataType) -> pa.Array:
    """Values and gaps take turns in one array over the block; the values are taken."""
    count = fields.count
    ends = np.empty(2 * count, np.int32)
    np.add(fields.places, VALUE_AT, out=ends[0::2], casting="unsafe")
    np.add(fields.behind, LENGTH_AT, out=ends[1::2], casting="unsafe")
    both = pa.Array.from_buffers(
        pa.binary(), 2 * count - 1, [None, pa.py_buffer(ends), pa.py_buffer(fields.data)]
    )
    places = pa.py_buffer(np.arange(0, 2 * count, 2, dtype=np.int32))
    wanted = pa.Array.from_buffers(
        pa.int32(), count, [fields.validity(), places], fields.null_count()
    )
    return both.take(wanted)


def _text(fields: Fields, type_: pa.DataType) -> pa.Array:
    texts = _bytes(fields, type_).view(pa.string())
    texts.validate(full=True)
    return texts if texts.type == type_ else texts.cast(type_)


def _numeric(fields: Fields, type_: pa.DataType) -> pa.Array:
    values = decimals(fields, type_)
    if values is None:
        raise ValueError("NaN, or more digits than the column's type has")
    return fields.array(type_, values)


_ANY_WIDTH: Final = Layout(width=None, wanted=0)
_LAYOUTS: Final = {
    BinaryKind.INT8: Layout(8, 8),
    BinaryKind.FLOAT8: Layout(8, 8),
    BinaryKind.INT4: Layout(4, 4),
    BinaryKind.INT2: Layout(2, 2),
    BinaryKind.BOOLEAN: Layout(1, 1),
    BinaryKind.DATE: Layout(4, 4),
    BinaryKind.TIMESTAMP: Layout(8, 8),
    BinaryKind.TIME: Layout(8, 8),
    BinaryKind.NUMERIC: NUMERIC,
}
_READERS: Final[dict[BinaryKind, Callable[[Fields, pa.DataType], pa.Array]]] = {
    BinaryKind.INT8: _int8,
    BinaryKind.FLOAT8: _int8,
    BinaryKind.INT4: _int4,
    BinaryKind.INT2: _int2,
    BinaryKind.BOOLEAN: _boolean,
    BinaryKind.DATE: _date,
    BinaryKind.TIMESTAMP: _timestamp,
    BinaryKind.TIME: _time,
    BinaryKind.BYTES: _bytes,
    BinaryKind.TEXT: _text,
    BinaryKind.NUMERIC: _numeric,
}
