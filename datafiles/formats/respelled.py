"""Exact lines as a text file in any dialect: decimal mark, date format and quotes are its own."""

from __future__ import annotations

import io
from collections.abc import Sequence

from datafiles.formats.dialect_texts import cell_of, column_texts, converter
from datafiles.json_values import unique_names
from datafiles.manifest import ManifestColumn
from datafiles.records import RecordReader
from dialects.delimited import LineEncoder
from dialects.dialect import Dialect
from dialects.text_output import Sink, TextOutput


class Respelled:
    """Takes exact lines, the delimiter a comma, and writes the file; the header comes first."""

    def __init__(self, output: Sink, dialect: Dialect, columns: Sequence[ManifestColumn]) -> None:
        self._output = TextOutput(output, dialect)
        self._converters = [converter(column, dialect) for column in columns]
        self._lines = LineEncoder(dialect, [cell_of(column) for column in columns])
        if dialect.header:
            names = unique_names([column.name for column in columns])
            self._output.write(self._lines.header(names))

    def write(self, data: bytes) -> None:
        for batch in RecordReader(io.BytesIO(data), ",", is_ours=True).batches():
            texts = zip(*batch.records, strict=True)
            columns = [
                column_texts(values, convert, has_quotes=batch.has_quotes)
                for values, convert in zip(texts, self._converters, strict=True)
            ]
            self._output.write(self._lines.encode(columns))
