"""JSON and NDJSON from the exact lines of a source: one object a line in both."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Final

import orjson

from datafiles.json_values import encoder_of, unique_names
from datafiles.manifest import ManifestColumn
from datafiles.records import RecordReader
from dialects.text_output import Sink
from vocabulary import FileFormat

_MOMENTS: Final = {"timestamp", "timestamp_tz"}
_BARE_OFFSET: Final = re.compile(r"[+-][0-9]{2}$")
Values = Sequence[object]


class JsonText:
    """Writes an array of objects, or one object a line.

    Numbers keep every digit, moments are written as RFC 3339 has them. What JSON has no number
    for, such as NaN, is a text.
    """

    block_bytes = 1 << 18

    def __init__(
        self, output: Sink, file_format: FileFormat, columns: Sequence[ManifestColumn]
    ) -> None:
        self._output = output
        self._is_array = file_format is FileFormat.JSON
        self._between = b",\n" if self._is_array else b"\n"
        self._keys = unique_names([column.name for column in columns])
        self._encoders = [_encoder_of(column) for column in columns]
        self.rows_written = 0

    def write(self, data: bytes) -> None:
        for batch in RecordReader(io.BytesIO(data), ",", is_ours=True).batches():
            columns = zip(*batch.records, strict=True)
            values = [
                encode(column, batch.has_quotes)
                for encode, column in zip(self._encoders, columns, strict=True)
            ]
            rows = map(dict, map(zip, repeat(self._keys), zip(*values, strict=True)))
            text = self._between.join(map(orjson.dumps, rows))
            self._output.write(self._before() + text)
            self.rows_written += len(batch.records)

    def finish(self) -> None:
        if self._is_array:
            self._output.write(b"\n]\n" if self.rows_written else b"[\n]\n")
        elif self.rows_written:
            self._output.write(b"\n")

    def _before(self) -> bytes:
        if self.rows_written:
            return self._between
        return b"[\n" if self._is_array else b""


def _encoder_of(column: ManifestColumn) -> Callable[[Sequence[str], bool], list[object]]:
    encode = encoder_of(column.type)
    if column.type not in _MOMENTS:
        return encode
    return lambda values, has_quotes: [
        _rfc_3339(value) if isinstance(value, str) else value
        for value in encode(values, has_quotes)
    ]


def _rfc_3339(text: str) -> str:
    """2024-01-31T10:11:12-03:00 of 2024-01-31 10:11:12-03; infinity and years BC stay."""
    moment = text.replace(" ", "T", 1) if text[:1].isdigit() and "BC" not in text else text
    return moment + ":00" if _BARE_OFFSET.search(moment, 11) else moment
