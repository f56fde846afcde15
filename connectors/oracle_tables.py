"""Rows of Oracle as Arrow tables, where the description proves that no value changes.

The driver decodes straight into Arrow, which for Parquet saves writing every value as text and
parsing it again. Imported only where such a table is asked for: it loads pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import oracledb
import pyarrow as pa

from connectors.base import SourceFailed
from connectors.oracle_rows import OracleColumn, broken_text

EXACT = {
    oracledb.DB_TYPE_VARCHAR: pa.string(),
    oracledb.DB_TYPE_CHAR: pa.string(),
    oracledb.DB_TYPE_DATE: pa.timestamp("us"),
    oracledb.DB_TYPE_TIMESTAMP: pa.timestamp("us"),
    oracledb.DB_TYPE_BINARY_DOUBLE: pa.float64(),
    oracledb.DB_TYPE_RAW: pa.binary(),
}
INT64_DIGITS = 18  # every number of so many digits is an int64
DECIMAL_DIGITS = 38


def exact_schema(columns: Sequence[OracleColumn]) -> pa.Schema | None:
    """What to ask the driver for; None where a column has values that no such type surely keeps.

    A NUMBER without precision has up to 126 digits before or 130 behind the point, BINARY_FLOAT
    is written as its shortest text, zones are read as UTC, long values a few rows at a time.
    """
    types = [_exact_type(column) for column in columns]
    if None in types:
        return None
    return pa.schema([pa.field(c.column.name, t) for c, t in zip(columns, types, strict=True)])


def _exact_type(column: OracleColumn) -> pa.DataType | None:
    if column.native is not oracledb.DB_TYPE_NUMBER:
        return EXACT.get(column.native)
    precision, scale = column.column.precision or 0, column.column.scale or 0
    if not 0 < precision <= DECIMAL_DIGITS or not 0 <= scale <= precision:
        return None
    if scale == 0 and precision <= INT64_DIGITS:
        return pa.int64()
    return pa.decimal128(precision, scale)


class TableReader:
    """Executes one query and fetches its rows, `size` at a time, as tables of `schema`.

    `fetch` is a call of the driver, and raises what that raises: also ValueError for a date that
    Python cannot hold.
    """

    def __init__(
        self, connection: oracledb.Connection, text: str, binds: Mapping[str, object], size: int
    ) -> None:
        self._connection = connection
        self._text = text
        self._binds = dict(binds)
        self._size = size
        self._frames: Iterator[oracledb.DataFrame] | None = None
        self._is_over = False

    def fetch(self, schema: pa.Schema) -> pa.Table | None:
        """The next rows; None when there are no more, or when a fetch has failed before."""
        if self._is_over:
            return None
        self._is_over = True
        if self._frames is None:
            self._frames = self._connection.fetch_df_batches(
                self._text, self._binds, size=self._size, requested_schema=schema
            )
        frame = next(self._frames, None)
        if frame is None:
            return None
        self._is_over = False
        # `pa.table` would look whether it is given a frame of pandas, and load that to know.
        return pa.RecordBatchReader.from_stream(frame).read_all()


def check_texts(table: pa.Table, before: int) -> None:
    """The driver copies texts as they are. Raises SourceFailed for the first broken one by row."""
    found = [
        (*_first_broken(column.chunk(0)), name)
        for name, column in zip(table.column_names, table.columns, strict=True)
        if pa.types.is_string(column.type) and _is_broken(column)
    ]
    if found:
        row, byte, name = min(found)
        raise broken_text(before + row + 1, name, f"the byte {byte:02X}")


def _is_broken(column: pa.ChunkedArray) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return True
    return False


def _first_broken(texts: pa.StringArray) -> tuple[int, int]:
    """Row, from 0, and byte."""
    for row, text in enumerate(texts.view(pa.binary()).to_pylist()):
        try:
            (text or b"").decode()
        except UnicodeDecodeError as exc:
            return row, text[exc.start]
    raise SourceFailed("A text is broken that can be read.")
