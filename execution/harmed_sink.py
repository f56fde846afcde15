"""A failpoint in the middle of the rows of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import ByteSink, TableSink
from failpoints import failpoint, is_armed

if TYPE_CHECKING:
    import pyarrow as pa


class _Interrupted:
    """A sink at whose second write, the first row, a test may harm the process."""

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._writes = 0

    def write(self, data: bytes) -> object:
        self._writes += 1
        if self._writes == 2:
            failpoint("mid_fetch")
        return self._sink.write(data)


class _InterruptedTables:
    """The same for tables."""

    def __init__(self, sink: TableSink) -> None:
        self._sink = sink

    def write_table(self, table: pa.Table) -> object:
        failpoint("mid_fetch")
        return self._sink.write_table(table)


def interruptible(sink: ByteSink) -> ByteSink:
    """The sink itself unless a test has armed the failpoint: it is called once per row."""
    return _Interrupted(sink) if is_armed("mid_fetch") else sink


def interruptible_tables(sink: TableSink) -> TableSink:
    """The same for tables."""
    return _InterruptedTables(sink) if is_armed("mid_fetch") else sink
