"""Parquet from the exact lines of a source: typed, compressed with zstd, a block at a time."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from datafiles.formats.arrow_types import (
    ValueNotRepresentable,
    arrow_schema,
    arrow_type,
    not_representable,
    parsed_type,
)
from datafiles.manifest import ManifestColumn
from dialects.text_output import Sink

ZSTD_LEVEL: Final = 1
GROUPED_BYTES: Final = 1 << 22  # of rows that make a row group: 24,000 of the benchmark
# A dictionary pays where a text comes back at least so often among the first rows.
SAMPLED_ROWS: Final = 4096
REPEATED: Final = 8
_COLUMN: Final = re.compile(r"CSV column #(\d+)")


class TypedBlocks:
    """Exact lines as Arrow tables of the types that keep the columns."""

    block_bytes = 1 << 19

    def __init__(self, columns: Sequence[ManifestColumn], format_name: str) -> None:
        self._columns = columns
        self._format_name = format_name
        self.schema = arrow_schema(columns)
        self._convert = pa_csv.ConvertOptions(
            column_types={f"f{n}": parsed_type(column) for n, column in enumerate(columns)},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
        )

    def table(self, data: bytes) -> pa.Table:
        names = [f"f{n}" for n in range(len(self._columns))]
        try:
            parsed = pa_csv.read_csv(
                pa.BufferReader(data),
                read_options=pa_csv.ReadOptions(
                    column_names=names, use_threads=False, block_size=len(data) + 1
                ),
                parse_options=pa_csv.ParseOptions(
                    newlines_in_values=True, ignore_empty_lines=False
                ),
                convert_options=self._convert,
            )
        except pa.ArrowInvalid as exc:
            raise self._refusal(str(exc)) from exc
        arrays = [
            _converted(array, field.type, column)
            for array, field, column in zip(parsed.columns, self.schema, self._columns, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _refusal(self, problem: str) -> ValueNotRepresentable:
        found = _COLUMN.search(problem)
        if found is None:
            return ValueNotRepresentable(
                f"The rows cannot be written as {self._format_name}: {problem[:300]}."
            )
        column = self._columns[int(found[1])]
        return not_representable(column, arrow_type(column), problem.rpartition(":")[2].strip())


class Parquet:
    """Writes one file of tables."""

    def __init__(self, output: Sink, schema: pa.Schema) -> None:
        self.schema = schema
        self._output = WriteOnly(output)
        self._file: pq.ParquetWriter | None = None
        self._group: list[pa.Table] = []
        self._group_bytes = 0
        self.rows_written = 0

    def write_table(self, table: pa.Table) -> None:
        """Rows whose columns have the types of `schema`."""
        self._group.append(pa.Table.from_arrays(table.columns, schema=self.schema))
        self._group_bytes += table.nbytes
        if self._group_bytes >= GROUPED_BYTES:
            self._write_group()

    def finish(self) -> None:
        self._write_group()
        file = self._file or self._opened(self.schema.empty_table())
        file.close()

    def _write_group(self) -> None:
        if not self._group:
            return
        table = pa.concat_tables(self._group)
        self._group, self._group_bytes = [], 0
        if self._file is None:
            self._file = self._opened(table)
        self._file.write_table(table, row_group_size=max(1, table.num_rows))
        self.rows_written += table.num_rows

    def _opened(self, first: pa.Table) -> pq.ParquetWriter:
        """The file, whose dictionaries follow from its first rows."""
        return pq.ParquetWriter(
            pa.PythonFile(self._output, "w"),
            self.schema,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_dictionary=[
                field.name
                for field, column in zip(self.schema, first.columns, strict=True)
                if pa.types.is_string(field.type) and _is_repetitive(column)
            ],
        )


class ParquetOfLines(Parquet):
    """The file of exact lines: a thread makes tables while another one writes those before."""

    block_bytes = TypedBlocks.block_bytes

    def __init__(self, output: Sink, columns: Sequence[ManifestColumn]) -> None:
        self._blocks = TypedBlocks(columns, "Parquet")
        super().__init__(output, self._blocks.schema)
        self._pool = ThreadPoolExecutor(1, "parquet")
        self._parsed: deque[Future[pa.Table]] = deque()

    def write(self, data: bytes) -> None:
        self._parsed.append(self._pool.submit(self._blocks.table, data))
        self._write_all_but(1)

    def finish(self) -> None:
        self._write_all_but(0)
        super().finish()
        self._pool.shutdown()

    def _write_all_but(self, count: int) -> None:
        while len(self._parsed) > count:
            self.write_table(self._parsed.popleft().result())


def _converted(
    array: pa.ChunkedArray, wanted: pa.DataType, column: ManifestColumn
) -> pa.ChunkedArray:
    if array.type == wanted:
        return array
    if pa.types.is_decimal256(wanted):
        try:
            return array.cast(wanted)
        except pa.ArrowInvalid as exc:
            raise not_representable(column, wanted, str(exc)) from exc
    if pa.types.is_binary(wanted):
        texts = array.to_pylist()
        values = [None if t is None else bytes.fromhex(t.removeprefix("\\x")) for t in texts]
        return pa.chunked_array([values], type=wanted)
    # The same numbers under another name; a cast would load the library of functions.
    return pa.chunked_array([chunk.view(wanted) for chunk in array.chunks], type=wanted)


def _is_repetitive(column: pa.ChunkedArray) -> bool:
    """Whether the first texts come back so often that the numbers of a dictionary are shorter."""
    sample = column.slice(0, SAMPLED_ROWS).to_pylist()
    return len(set(sample)) * REPEATED <= len(sample)


class WriteOnly:
    """A sink as a file that is only written to."""

    closed = False

    def __init__(self, output: Sink) -> None:
        self._output = output
        self._place = 0

    def write(self, data: bytes) -> int:
        data = bytes(data)
        self._output.write(data)
        self._place += len(data)
        return len(data)

    def tell(self) -> int:
        return self._place

    def flush(self) -> None:
        """The output decides when it writes."""

    def close(self) -> None:
        self.closed = True

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False
