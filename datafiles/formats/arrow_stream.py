"""Arrow's streaming format from exact lines: a schema, then a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from datafiles.formats.parquet import TypedBlocks, WriteOnly
from datafiles.manifest import ManifestColumn
from dialects.text_output import Sink

MEDIA_TYPE: Final = "application/vnd.apache.arrow.stream"


class ArrowStream:
    """Writes the stream; whoever reads it needs no more memory than a block."""

    block_bytes = 1 << 20

    def __init__(self, output: Sink, columns: Sequence[ManifestColumn]) -> None:
        self._blocks = TypedBlocks(columns, "Arrow")
        self._writer = pa.ipc.new_stream(pa.PythonFile(WriteOnly(output), "w"), self._blocks.schema)
        self.rows_written = 0

    def write(self, data: bytes) -> None:
        table = self._blocks.table(data)
        self._writer.write_table(table)
        self.rows_written += table.num_rows

    def finish(self) -> None:
        self._writer.close()
