"""The rows of our own Parquet files as records of exact texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY, Batch
from dialects.dialect import Dialect
from dialects.moments import moment_writer, zoned_moment_writer

BATCH_RECORDS: Final = 1000

Text = Callable[[object], str]


def parquet_batches(
    file: BinaryIO, form: FileForm, columns: Sequence[ManifestColumn]
) -> Iterator[Batch]:
    """Raises ValueError, which pyarrow's errors are, for what is no Parquet of ours."""
    exact = Dialect(date_format="iso", time_zone=form.dialect.time_zone)
    writers = [_writer(column, exact) for column in columns]
    with pq.ParquetFile(file) as table:
        for batch in table.iter_batches(batch_size=BATCH_RECORDS):
            fields = [
                [_field(value, write) for value in _values(array)]
                for array, write in zip(batch.columns, writers, strict=True)
            ]
            yield Batch(list(map(list, zip(*fields, strict=True))), has_quotes=True)


def _values(array: pa.Array) -> list[object]:
    if pa.types.is_timestamp(array.type) and array.type.tz is not None:
        array = array.cast(pa.timestamp("us"))
    values: list[object] = array.to_pylist()
    return values


def _field(value: object, write: Text) -> str:
    return "" if value is None else write(value) or QUOTED_EMPTY


def _writer(column: ManifestColumn, exact: Dialect) -> Text:
    match column.type:
        case "decimal" if column.precision is None:
            return _shortest_decimal
        case "integer" | "decimal":
            return _plain_number
        case "float":
            return _float
        case "boolean":
            return lambda value: "true" if value else "false"
        case "timestamp":
            return moment_writer(exact)
        case "timestamp_tz":
            return zoned_moment_writer(exact)
        case "time":
            return _time
        case "binary":
            return _hexadecimal
    return str


def _plain_number(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _shortest_decimal(value: object) -> str:
    """The type has ten decimals, the number need not."""
    text = _plain_number(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _float(value: object) -> str:
    text = repr(value)
    named = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
    return named.get(text, text.removesuffix(".0"))


def _time(value: object) -> str:
    text = str(value)
    return text.rstrip("0") if isinstance(value, dt.time) and value.microsecond else text


def _hexadecimal(value: object) -> str:
    assert isinstance(value, bytes)
    return "\\x" + value.hex()
