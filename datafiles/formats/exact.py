"""Reads a version of any form back as records of exact texts, as our own plain CSV would have them.

Numbers have a decimal point and every digit, dates are ISO, moments with a zone are the wall clock
of the job's zone, NULL and empty text are told apart; encoding, quotes, guard and compression are
undone.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

import zstandard

from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.reading import opened
from datafiles.records import QUOTED_EMPTY, Batch, DatasetUnreadable, Record, RecordReader
from dialects.dialect import GUARD, GUARDED, Dialect
from dialects.moments import without_offset
from dialects.text_output import CODECS
from vocabulary import Compression, FileFormat

BATCH_RECORDS: Final = 1000
BLOCK_BYTES: Final = 1 << 16
_PLAIN: Final = Dialect()
_NUMBERS: Final = {"decimal", "float"}
_MOMENTS: Final = {"date", "timestamp", "timestamp_tz"}
_DAY: Final = re.compile(r"(\d\d)[/.](\d\d)[/.](\d{4,})(.*)", re.DOTALL)
_FAULTS: Final = (zipfile.BadZipFile, zstandard.ZstdError, zlib.error, EOFError, ValueError)

Convert = Callable[[str], str]


def is_plain(form: FileForm) -> bool:
    """True for what `datafiles.reading` reads as it lies there."""
    dialect = form.dialect
    return (
        form.file_format is FileFormat.CSV
        and form.compression is Compression.NONE
        and dialect.header
        and not dialect.formula_guard
        and not dialect.zone_offset
        and dialect.date_format in {"dmy", "iso"}
        and all(
            getattr(dialect, name) == getattr(_PLAIN, name)
            for name in ("quote", "decimal_mark", "encoding", "null_text", "line_end")
        )
    )


def exact_batches(
    path: Path, form: FileForm, columns: Sequence[ManifestColumn], skip: int = 0
) -> Generator[Batch, None, None]:
    """The records after the first `skip`. Raises DatasetUnreadable; closing it closes the file."""
    with ExitStack() as held:
        file = held.enter_context(opened(path))
        try:
            for batch in _batches(file, form, columns, held):
                if skip >= len(batch.records):
                    skip -= len(batch.records)
                    continue
                yield Batch(batch.records[skip:], batch.has_quotes) if skip else batch
                skip = 0
        except _FAULTS as exc:
            raise DatasetUnreadable(str(exc).partition("\n")[0]) from exc


def _batches(
    file: BinaryIO, form: FileForm, columns: Sequence[ManifestColumn], held: ExitStack
) -> Iterator[Batch]:
    match form.file_format:
        case FileFormat.PARQUET:
            from datafiles.formats.exact_parquet import parquet_batches

            return parquet_batches(file, form, columns)
        case FileFormat.XLSX:
            from datafiles.formats.exact_xlsx import xlsx_batches

            return xlsx_batches(file, form, columns)
        case FileFormat.JSON | FileFormat.NDJSON:
            from datafiles.formats.exact_json import json_batches

            return json_batches(_unpacked(file, form.compression, held), columns)
    return _delimited_batches(_unpacked(file, form.compression, held), form.dialect, columns)


def _unpacked(file: BinaryIO, compression: Compression, held: ExitStack) -> BinaryIO:
    match compression:
        case Compression.GZIP:
            return cast("BinaryIO", held.enter_context(gzip.GzipFile(fileobj=file)))
        case Compression.ZSTD:
            reader = zstandard.ZstdDecompressor().stream_reader(file, closefd=False)
            return cast("BinaryIO", held.enter_context(reader))
        case Compression.ZIP:
            archive = held.enter_context(zipfile.ZipFile(file))
            member: IO[bytes] = held.enter_context(archive.open(archive.infolist()[0]))
            return cast("BinaryIO", member)
    return file


def _delimited_batches(
    file: BinaryIO, dialect: Dialect, columns: Sequence[ManifestColumn]
) -> Iterator[Batch]:
    text = cast("BinaryIO", _Utf8(file, CODECS[dialect.encoding]))
    return exact_records(_records(text, dialect), dialect, columns)


def exact_records(
    batches: Iterator[Batch], dialect: Dialect, columns: Sequence[ManifestColumn]
) -> Generator[Batch, None, None]:
    """Records of a dialect with what it did to their values undone."""
    converters = [_converter(column.type, dialect) for column in columns]
    for batch in batches:
        widths = set(map(len, batch.records))
        if widths != {len(columns)}:
            raise DatasetUnreadable(f"rows of {max(widths)} values where {len(columns)} belong")
        fields = [
            values if convert is None else [convert(value) for value in values]
            for convert, values in zip(converters, zip(*batch.records, strict=True), strict=True)
        ]
        yield Batch(list(map(list, zip(*fields, strict=True))), batch.has_quotes)


def _records(text: BinaryIO, dialect: Dialect) -> Iterator[Batch]:
    """Without the header; NULL is "", an empty text QUOTED_EMPTY."""
    if dialect.quote == '"' and not dialect.null_text:
        reader = RecordReader(text, dialect.delimiter, is_ours=True)
        if dialect.header:
            reader.header()
        yield from reader.batches()
        return
    records = _other_records(text, dialect)
    if dialect.header:
        next(records, None)
    while batch := list(islice(records, BATCH_RECORDS)):
        yield Batch(batch, has_quotes=True)


def _other_records(text: BinaryIO, dialect: Dialect) -> Iterator[Record]:
    """Records with another quote or NULL text, a field at a time."""
    d, q = re.escape(dialect.delimiter), re.escape(dialect.quote)
    find = re.compile(rf"(?:{q}((?:[^{q}]|{q}{q})*+){q}|([^{d}{q}\r\n]*+))({d}|\r?\n)").match
    unread, record = "", Record()
    while block := text.read(BLOCK_BYTES):
        # A value may be cut off in a character of several bytes.
        unread += _whole_characters(text, block)
        place = 0
        while (found := find(unread, place)) is not None:
            record.append(_value(found, dialect))
            place = found.end()
            if found[3] != dialect.delimiter:
                yield record
                record = Record()
        unread = unread[place:]
    if unread or record:
        raise DatasetUnreadable("a quoted value is never closed")


def _whole_characters(text: BinaryIO, block: bytes) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    decoded = decoder.decode(block)
    while decoder.getstate()[0]:
        decoded += decoder.decode(text.read(1))
    return decoded


def _value(found: re.Match[str], dialect: Dialect) -> str:
    quoted, bare = found[1], found[2]
    if quoted is not None:
        return quoted.replace(dialect.quote * 2, dialect.quote) or QUOTED_EMPTY
    if bare == dialect.null_text:
        return ""
    return bare or QUOTED_EMPTY


def _converter(type_name: str, dialect: Dialect) -> Convert | None:
    """What undoes the dialect in the values of a column; None where there is nothing to undo."""
    if type_name in _NUMBERS:
        return _pointed if dialect.decimal_mark == "," else None
    if type_name in _MOMENTS and dialect.date_format != "iso":
        return _year_first_of_mdy if dialect.date_format == "mdy" else _year_first_of_dmy
    if type_name == "timestamp_tz" and dialect.zone_offset:
        return without_offset
    return _unguarded if type_name == "text" and dialect.formula_guard else None


def _pointed(number: str) -> str:
    return number.replace(",", ".")


def _year_first_of_dmy(moment: str) -> str:
    found = _DAY.fullmatch(moment)
    return f"{found[3]}-{found[2]}-{found[1]}{found[4]}" if found else moment


def _year_first_of_mdy(moment: str) -> str:
    found = _DAY.fullmatch(moment)
    return f"{found[3]}-{found[1]}-{found[2]}{found[4]}" if found else moment


def _unguarded(text: str) -> str:
    return text[1:] if text[:1] == GUARD and text[1:2] and text[1] in GUARDED else text


class _Utf8:
    """Text of another encoding as UTF-8."""

    def __init__(self, file: BinaryIO, codec: str) -> None:
        self._file = file
        self._codec = codec

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        return data if self._codec == "utf-8" else data.decode(self._codec).encode()
