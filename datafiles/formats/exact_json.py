"""The rows of our own JSON and NDJSON files, one object a line, as records of exact texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO, Final

from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY, Batch, Record
from dialects.moments import without_offset

BATCH_RECORDS: Final = 1000
_MOMENTS: Final = {"timestamp", "timestamp_tz"}


def json_batches(file: BinaryIO, columns: Sequence[ManifestColumn]) -> Iterator[Batch]:
    """Raises ValueError for what is no JSON of ours."""
    types = [column.type for column in columns]
    records = (_record(line, types) for line in _lines(file) if line[:1] == b"{")
    while batch := list(islice(records, BATCH_RECORDS)):
        yield Batch(batch, has_quotes=True)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Also of streams that have no lines of their own."""
    rest = b""
    while block := file.read(1 << 18):
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
    if rest:
        yield rest


def _record(line: bytes, types: Sequence[str]) -> Record:
    # Numbers stay the texts they are.
    row = json.loads(line.rstrip(b",").decode(), parse_float=str, parse_int=str)
    values = list(row.values())
    if len(values) != len(types):
        raise ValueError(f"a row has {len(values)} values where {len(types)} belong")
    return [_text(value, type_name) for value, type_name in zip(values, types, strict=True)]


def _text(value: object, type_name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if type_name in _MOMENTS:
        moment = text.replace("T", " ", 1)
        return without_offset(moment) if type_name == "timestamp_tz" else moment
    return text or QUOTED_EMPTY
