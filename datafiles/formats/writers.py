"""The writer of each format: takes the lines of a source and makes the bytes of the file.

`open_writer` is what exports call; whoever splits or merges versions puts its own sink before it
and feeds it lines in the form's `source_dialect`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from datafiles.formats.compressed import FinishedSink, compressed
from datafiles.formats.form import FileForm
from datafiles.gathering import BinaryRows, Gatherer, LineRows, Take
from datafiles.manifest import ManifestColumn, decimal_places
from dialects.dialect import Dialect
from dialects.native_rows import NativeRows, RowBlock
from dialects.text_output import Sink, TextOutput
from vocabulary import FileFormat

if TYPE_CHECKING:
    import pyarrow as pa

    from dialects.decimal_commas import DecimalCommas


class LineWriter(Protocol):
    """Takes whole UTF-8 lines in the form's `source_dialect`, or blocks of native rows, and counts
    the rows.

    `rows_written` rises meanwhile and may be read from another thread. Nothing is complete
    before `finish`.
    """

    block_bytes: int  # how much it likes to get at a time

    @property
    def rows_written(self) -> int: ...

    def write(self, data: Any) -> object: ...

    def finish(self) -> None: ...


@runtime_checkable
class TableWriter(Protocol):
    """Takes tables of its `schema` as well as lines."""

    @property
    def schema(self) -> pa.Schema: ...

    def write_table(self, table: pa.Table) -> None: ...


@runtime_checkable
class PreparingWriter(Protocol):
    """Takes what it has made of a block of binary rows, in whatever thread, instead of lines."""

    def prepare(self, block: RowBlock) -> object: ...


class FormatWriter:
    """The writer of one file, whatever its format."""

    def __init__(
        self, lines: LineWriter, packed: FinishedSink, valve: _Valve, native: NativeRows | None
    ) -> None:
        self._lines = lines
        self._packed = packed
        self._valve = valve
        self._native = native
        self.block_bytes = lines.block_bytes
        self.write = lines.write
        self.prepare = lines.prepare if isinstance(lines, PreparingWriter) else _unchanged

    @property
    def rows_written(self) -> int:
        """What was taken so far."""
        return self._lines.rows_written

    @property
    def tables(self) -> TableWriter | None:
        """The writer, where the file is one of tables."""
        return self._lines if isinstance(self._lines, TableWriter) else None

    def gatherer(self, take: Take, *, sharers: int = 1) -> Gatherer:
        """What makes blocks for `prepare` of the rows of a source, and gives them to `take`.

        `sharers`: how many there are now; the memory of one is for all.
        """
        kind = BinaryRows if self._native is NativeRows.BINARY else LineRows
        return kind(take, self.block_bytes // sharers)

    def finish(self) -> None:
        """Everything is in the output."""
        self._lines.finish()
        self._packed.finish()

    def close(self) -> None:
        """Nothing reaches the output any more; without `finish` the file is not complete."""
        self._valve.is_shut = True


def open_writer(
    output: Sink,
    form: FileForm,
    columns: Sequence[ManifestColumn],
    *,
    name: str,
    native: NativeRows | None = None,
) -> FormatWriter:
    """The writer of the form into `output`; `name` is that of the exported file, for a zip.

    `native`: the source writes rows of this kind instead of lines, one of `native_rows`.
    """
    valve = _Valve(output)
    packed = compressed(valve, form.compression, member_name=name.removesuffix(".zip"))
    return FormatWriter(_rows_of(packed, form, columns, native), packed, valve, native)


def _rows_of(
    output: Sink, form: FileForm, columns: Sequence[ManifestColumn], native: NativeRows | None
) -> LineWriter:
    match form.file_format:
        case FileFormat.CSV | FileFormat.TSV:
            return TextOutput(output, form.dialect, _commas(form.dialect, columns, native))
        case FileFormat.JSON | FileFormat.NDJSON:
            from datafiles.formats.json_text import JsonObjects, JsonText

            if native is NativeRows.JSON:
                return JsonObjects(output, form.file_format)
            return JsonText(output, form.file_format, columns)
        case FileFormat.XLSX:
            from datafiles.formats.xlsx import Xlsx

            return Xlsx(output, columns, form.dialect)
        case FileFormat.PARQUET:
            if native is NativeRows.BINARY:
                from datafiles.formats.binary_blocks import ParquetOfRows

                return ParquetOfRows(output, columns)
            from datafiles.formats.parquet import ParquetOfLines

            return ParquetOfLines(output, columns)


def _commas(
    dialect: Dialect, columns: Sequence[ManifestColumn], native: NativeRows | None
) -> DecimalCommas | None:
    if native is not NativeRows.POINTS:
        return None
    from dialects.decimal_commas import DecimalCommas

    return DecimalCommas(dialect, len(columns), decimal_places(columns))


def _unchanged(block: Any) -> Any:
    return block


class _Valve:
    """Shut, it drops what libraries still write when their objects are thrown away."""

    def __init__(self, output: Sink) -> None:
        self._output = output
        self.is_shut = False

    def write(self, data: bytes) -> None:
        if not self.is_shut:
            self._output.write(data)
