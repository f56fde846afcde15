"""Exact lines as a text file in any dialect: decimal mark, date format and quotes are its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Final

from datafiles.json_values import unique_names
from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY, RecordReader
from dialects.delimited import Cell, LineEncoder
from dialects.dialect import Dialect
from dialects.moments import DAY_ORDERS
from dialects.text_output import Sink, TextOutput

_NUMBERS: Final = {"integer", "decimal", "float"}
_MOMENTS: Final = {"timestamp", "timestamp_tz"}
_ISO_DAY: Final = len("2024-01-31")
_TIME_ENDS: Final = {"minutes": _ISO_DAY + len(" 10:11"), "seconds": _ISO_DAY + len(" 10:11:12")}

Respell = Callable[[str], str]


class Respelled:
    """Takes exact lines, the delimiter a comma, and writes the file; the header comes first."""

    def __init__(self, output: Sink, dialect: Dialect, columns: Sequence[ManifestColumn]) -> None:
        self._output = TextOutput(output, dialect)
        self._respell = [_respelling(column.type, dialect) for column in columns]
        self._lines = LineEncoder(dialect, [_cell(column.type) for column in columns])
        if dialect.header:
            names = unique_names([column.name for column in columns])
            self._output.write(self._lines.header(names))

    def write(self, data: bytes) -> None:
        for batch in RecordReader(io.BytesIO(data), ",", is_ours=True).batches():
            columns = [
                [None if not text else _text(text, respell) for text in texts]
                for respell, texts in zip(
                    self._respell, zip(*batch.records, strict=True), strict=True
                )
            ]
            self._output.write(self._lines.encode(columns))


def _text(text: str, respell: Respell | None) -> str:
    if text == QUOTED_EMPTY:
        return ""
    return text if respell is None else respell(text)


def _cell(type_name: str) -> Cell:
    if type_name in _NUMBERS:
        return Cell.NUMBER
    return Cell.PLAIN if type_name in {"date", "boolean", *_MOMENTS} else Cell.TEXT


def _respelling(type_name: str, dialect: Dialect) -> Respell | None:
    if type_name in _NUMBERS:
        mark = dialect.decimal_mark
        return None if mark == "." else lambda text: text.replace(".", mark)
    order = DAY_ORDERS[dialect.date_format]
    if type_name == "date":
        return lambda text: order(text) if text[:1].isdigit() else text
    if type_name in _MOMENTS:
        end = _TIME_ENDS.get(dialect.time_format)
        return lambda text: order(text) + text[_ISO_DAY:end] if text[:1].isdigit() else text
    return None
