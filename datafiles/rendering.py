"""Rows of a dataset in the format a reader asks for, a batch at a time in bounded memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import orjson

from datafiles.formats.arrow_stream import MEDIA_TYPE as ARROW_MEDIA_TYPE
from datafiles.formats.arrow_stream import ArrowStream
from datafiles.formats.dialect_texts import Convert, cell_of, column_texts, converter, typed
from datafiles.formats.form import MEDIA_TYPES, FileForm, exact_dialect
from datafiles.formats.parquet import ParquetOfLines
from datafiles.formats.writers import LineWriter
from datafiles.formats.xlsx import Xlsx
from datafiles.json_values import unique_names
from datafiles.manifest import ManifestColumn
from datafiles.reading import RowEncoder
from datafiles.records import Batch
from dialects.delimited import LineEncoder, header_line
from dialects.dialect import Dialect
from dialects.text_output import Sink, TextOutput
from vocabulary import FileFormat


class Shape(StrEnum):
    """What rows look like in an answer; the value is the word of the request."""

    JSON = "json"
    ARRAYS = "arrays"
    TABLE = "table"
    NDJSON = "ndjson"
    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    ARROW = "arrow"


IN_JSON: Final = frozenset({Shape.JSON, Shape.ARRAYS, Shape.TABLE, Shape.NDJSON})
IN_TEXT: Final = IN_JSON | {Shape.CSV, Shape.TSV}
_CHARSETS: Final = {"utf-8-bom": "utf-8"}


@dataclass(frozen=True, slots=True)
class Rendering:
    """A shape and, for delimited text and the look of dates in sheets, a dialect."""

    shape: Shape = Shape.JSON
    dialect: Dialect = field(default_factory=Dialect)

    @property
    def media_type(self) -> str:
        if self.shape is Shape.ARROW:
            return ARROW_MEDIA_TYPE
        if self.shape in IN_JSON - {Shape.NDJSON}:
            return "application/json"
        kind = MEDIA_TYPES[FileFormat(self.shape.value)]
        if self.shape not in {Shape.CSV, Shape.TSV}:
            return kind
        encoding = self.dialect.encoding
        return f"{kind}; charset={_CHARSETS.get(encoding, encoding)}"

    @property
    def needs_exact(self) -> bool:
        """Whether it reads records with ISO dates, whatever the file has."""
        return self.shape not in IN_JSON


def render(
    batches: Generator[Batch, None, None],
    columns: Sequence[ManifestColumn],
    rendering: Rendering,
    keep: Sequence[int] | None = None,
) -> Generator[bytes, None, None]:
    """The rows in this form; closes `batches`. `keep`: which columns, in this order.

    The first piece is made before this returns, so most faults are raised here.
    """
    make = _json_pieces if rendering.shape in IN_JSON else _written_pieces
    pieces = _opened(batches, make(batches, columns, rendering, keep))
    next(pieces)
    return pieces


def _opened(
    batches: Generator[Batch, None, None], pieces: Iterator[bytes]
) -> Generator[bytes, None, None]:
    with closing(batches):
        first = next(pieces, b"")
        yield b""
        if first:
            yield first
        yield from pieces


def _json_pieces(
    batches: Iterator[Batch],
    columns: Sequence[ManifestColumn],
    rendering: Rendering,
    keep: Sequence[int] | None,
) -> Iterator[bytes]:
    encode = RowEncoder.of_manifest(columns, keep)
    if rendering.shape is Shape.NDJSON:
        for batch in batches:
            yield b"".join([orjson.dumps(row) + b"\n" for row in encode.objects(batch)])
        return
    begin, end = b"[", b"]\n"
    if rendering.shape is Shape.TABLE:
        begin, end = _table_head(columns, keep) + begin, b"]}\n"
    lead = begin
    for batch in batches:
        rows = encode.objects(batch) if rendering.shape is Shape.JSON else encode.arrays(batch)
        yield lead + orjson.dumps(rows)[1:-1]
        lead = b","
    yield begin + end if lead == begin else end


def _table_head(columns: Sequence[ManifestColumn], keep: Sequence[int] | None) -> bytes:
    chosen = _uniquely_named(columns, range(len(columns)) if keep is None else keep)
    listed = [{"name": column.name, "type": column.type} for column in chosen]
    return orjson.dumps({"columns": listed})[:-1] + b',"rows":'


def _written_pieces(
    batches: Iterator[Batch],
    columns: Sequence[ManifestColumn],
    rendering: Rendering,
    keep: Sequence[int] | None,
) -> Iterator[bytes]:
    places = range(len(columns)) if keep is None else keep
    chosen = _uniquely_named(columns, places)
    output = _Pieces()
    writer, dialect = _writer(rendering, chosen, output)
    converters = [_converter(column, rendering, dialect) for column in chosen]
    encoder = LineEncoder(dialect, [cell_of(column) for column in chosen])
    if dialect.header:
        writer.write(header_line([column.name for column in chosen], dialect))
    for lines in _blocks(_lines(batches, places, converters, encoder), writer.block_bytes):
        writer.write(lines)
        yield from output.taken()
    writer.finish()
    yield from output.taken()


def _uniquely_named(
    columns: Sequence[ManifestColumn], places: Sequence[int]
) -> list[ManifestColumn]:
    names = unique_names([column.name for column in columns])
    return [replace(columns[place], name=names[place]) for place in places]


def _writer(
    rendering: Rendering, columns: Sequence[ManifestColumn], output: Sink
) -> tuple[LineWriter, Dialect]:
    """What makes the bytes, and the dialect of the lines it takes."""
    exact = exact_dialect(FileForm(FileFormat.PARQUET))
    match rendering.shape:
        case Shape.XLSX:
            return Xlsx(output, columns, rendering.dialect), exact
        case Shape.PARQUET:
            return ParquetOfLines(output, columns), exact
        case Shape.ARROW:
            return ArrowStream(output, columns), exact
    return TextOutput(output, rendering.dialect), rendering.dialect


def _converter(column: ManifestColumn, rendering: Rendering, dialect: Dialect) -> Convert | None:
    match rendering.shape:
        case Shape.CSV | Shape.TSV:
            return converter(column, dialect)
        case Shape.PARQUET | Shape.ARROW:
            return typed(column, rendering.dialect.time_zone)
        case Shape.XLSX:
            return typed(column, None)
    return None


def _lines(
    batches: Iterator[Batch],
    places: Sequence[int],
    converters: Sequence[Convert | None],
    encoder: LineEncoder,
) -> Iterator[bytes]:
    for batch in batches:
        if not batch.records:
            continue
        columns = list(zip(*batch.records, strict=True))
        yield encoder.encode(
            [
                column_texts(columns[place], convert, has_quotes=batch.has_quotes)
                for place, convert in zip(places, converters, strict=True)
            ]
        )


def _blocks(lines: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Lines gathered to blocks; the first goes at once, so that the reader has something."""
    waiting = bytearray()
    with suppress(StopIteration):
        yield next(lines)
    for block in lines:
        waiting += block
        if len(waiting) >= size:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


class _Pieces:
    """A sink that hands on what was written to it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._pieces.append(bytes(data))

    def taken(self) -> Iterator[bytes]:
        """What was written since, as one piece or none."""
        if self._pieces:
            piece = b"".join(self._pieces)
            self._pieces.clear()
            if piece:
                yield piece
