"""JSON and NDJSON from the exact lines of a source: one object a line in both."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Final

import orjson

from datafiles.json_values import encoder_of, unique_names
from datafiles.manifest import ManifestColumn
from datafiles.records import RecordReader
from dialects.moments import BEFORE_CHRIST
from dialects.text_output import Sink
from vocabulary import FileFormat

_MOMENTS: Final = {"timestamp", "timestamp_tz"}
_NUMBERS: Final = {"integer", "decimal", "float"}
_BARE_OFFSET: Final = re.compile(r"[+-][0-9]{2}$")


Fragments = Callable[[Sequence[str], bool], list[str]]


class _Objects:
    """Puts objects between the brackets of an array, or on lines alone."""

    def __init__(self, output: Sink, file_format: FileFormat) -> None:
        self._output = output
        self._is_array = file_format is FileFormat.JSON
        self.between = ",\n" if self._is_array else "\n"
        self.rows_written = 0

    def add(self, objects: bytes, count: int) -> None:
        """`objects` have `between` between them."""
        begin = b"[\n" if self._is_array else b""
        self._output.write((self.between.encode() if self.rows_written else begin) + objects)
        self.rows_written += count

    def finish(self) -> None:
        if self._is_array:
            self._output.write(b"\n]\n" if self.rows_written else b"[\n]\n")
        elif self.rows_written:
            self._output.write(b"\n")


class JsonText:
    """Writes an array of objects, or one object a line.

    Numbers keep every digit, moments are written as RFC 3339 has them. What JSON has no number
    for, such as NaN, is a text.
    """

    block_bytes = 1 << 18

    def __init__(
        self, output: Sink, file_format: FileFormat, columns: Sequence[ManifestColumn]
    ) -> None:
        self._objects = _Objects(output, file_format)
        keys = [orjson.dumps(n).decode() for n in unique_names([c.name for c in columns])]
        members = ",".join([f"{key.replace('%', '%%')}:%s" for key in keys])
        self._row = f"{{{members}}}"
        self._fragments = [_fragments_of(column) for column in columns]
        self.finish = self._objects.finish

    @property
    def rows_written(self) -> int:
        return self._objects.rows_written

    def write(self, data: bytes) -> None:
        for batch in RecordReader(io.BytesIO(data), ",", is_ours=True).batches():
            columns = zip(*batch.records, strict=True)
            values = [
                fragments(column, batch.has_quotes)
                for fragments, column in zip(self._fragments, columns, strict=True)
            ]
            rows = map(self._row.__mod__, zip(*values, strict=True))
            self._objects.add(self._objects.between.join(rows).encode(), len(batch.records))


class JsonObjects:
    """The same from the objects of a source, one a line: inside one there is no line feed."""

    block_bytes = 1 << 18

    def __init__(self, output: Sink, file_format: FileFormat) -> None:
        self._objects = _Objects(output, file_format)
        self.finish = self._objects.finish

    @property
    def rows_written(self) -> int:
        return self._objects.rows_written

    def write(self, data: bytes) -> None:
        between = self._objects.between.encode()
        objects = data[:-1] if between == b"\n" else data[:-1].replace(b"\n", between)
        self._objects.add(objects, data.count(b"\n"))


def _fragments_of(column: ManifestColumn) -> Fragments:
    """From the texts of a column, and whether QUOTED_EMPTY may occur, to the JSON of each."""
    encode = encoder_of(column.type)
    if column.type in _NUMBERS:
        return lambda texts, has_quotes: (
            [text or "null" for text in texts]
            if _are_numbers(texts)
            else _written(encode(texts, has_quotes))
        )
    if column.type in _MOMENTS:
        return lambda texts, _: _written([_rfc_3339(text) if text else None for text in texts])
    return lambda texts, has_quotes: _written(encode(texts, has_quotes))


def _are_numbers(texts: Sequence[str]) -> bool:
    """Whether every one is a number of JSON or empty; one call looks at all."""
    try:
        values = orjson.loads(f"[{','.join([text or '0' for text in texts])}]")
    except orjson.JSONDecodeError:
        return False
    # A text such as 1,5 makes two; true, null and the like are no numbers.
    return len(values) == len(texts) and set(map(type, values)) <= {int, float}


def _written(values: list[object]) -> list[str]:
    """The JSON of each value, by one call for all: indented, they stand one on a line."""
    return orjson.dumps(values, option=orjson.OPT_INDENT_2)[4:-2].decode().split(",\n  ")


def _rfc_3339(text: str) -> str:
    """2024-01-31T10:11:12-03:00 of 2024-01-31 10:11:12-03, as PostgreSQL writes JSON; infinity
    stays."""
    moment, era, _ = text.replace(" ", "T", 1).partition(BEFORE_CHRIST)
    return (moment + ":00" if _BARE_OFFSET.search(moment, 11) else moment) + era
