"""The rows of our own XLSX files as records of exact texts; it reads no other workbook.

A number of a sheet is a double, but each was written so that its text comes back: numbers of up to
15 digits, and moments whose microseconds a double tells apart.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from itertools import chain, islice
from typing import IO, BinaryIO, Final

from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY, Batch, Record

BATCH_RECORDS: Final = 1000
BLOCK_CHARACTERS: Final = 1 << 18
_CELL: Final = re.compile(
    r'<c(?: s="\d")?(?: t="\w+")?(?:/>|>(?:<v>([^<]*)</v>|<is><t[^>]*>([^<]*)</t></is>)</c>)'
)
_ESCAPED: Final = re.compile(r"_x([0-9A-F]{4})_")
_DAY_ZERO: Final = dt.datetime.fromisoformat("1899-12-30")
_FIRST_OF_MARCH_1900: Final = 61

Text = Callable[[str], str]


def xlsx_batches(
    file: BinaryIO, form: FileForm, columns: Sequence[ManifestColumn]
) -> Iterator[Batch]:
    """Raises BadZipFile or ValueError for what is no workbook of ours."""
    texts = [_text_of(column.type) for column in columns]
    with zipfile.ZipFile(file) as archive:
        sheets = sorted(
            (name for name in archive.namelist() if name.startswith("xl/worksheets/")),
            key=lambda name: int(re.sub(r"\D", "", name)),
        )
        records = chain.from_iterable(
            _records(archive, name, texts, has_header=form.dialect.header) for name in sheets
        )
        while batch := list(islice(records, BATCH_RECORDS)):
            yield Batch(batch, has_quotes=True)


def _records(
    archive: zipfile.ZipFile, name: str, texts: Sequence[Text], *, has_header: bool
) -> Iterator[Record]:
    with archive.open(name) as sheet:
        rows = _rows(sheet)
        if has_header:
            next(rows, None)
        for row in rows:
            cells = _CELL.findall(row)
            if len(cells) != len(texts):
                raise ValueError(f"a row has {len(cells)} cells where {len(texts)} belong")
            yield [
                text(number) if number else _inline(inline, found)
                for (number, inline), text, found in zip(
                    cells, texts, _CELL.finditer(row), strict=True
                )
            ]


def _rows(sheet: IO[bytes]) -> Iterator[str]:
    rest = b""
    while block := sheet.read(BLOCK_CHARACTERS):
        *rows, rest = (rest + block).split(b"</row>")
        yield from (row.decode() for row in rows)


def _inline(inline: str, found: re.Match[str]) -> str:
    if not inline:
        return "" if found[0] == "<c/>" else QUOTED_EMPTY
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), unescape(inline))


def _text_of(type_name: str) -> Text:
    match type_name:
        case "boolean":
            return lambda number: "true" if number == "1" else "false"
        case "date":
            return lambda number: _moment(number)[:10]
        case "timestamp" | "timestamp_tz":
            return _moment
    return str


def _moment(number: str) -> str:
    days, _, fraction = number.partition(".")
    whole = int(days)
    if whole < _FIRST_OF_MARCH_1900:
        whole += 1
    microseconds = round(float(f"0.{fraction}") * 86_400_000_000) if fraction else 0
    text = (_DAY_ZERO + dt.timedelta(days=whole, microseconds=microseconds)).isoformat(" ")
    return text.rstrip("0") if microseconds % 1_000_000 else text
