"""Reads delimited text back as it was written: any dialect, any encoding, compressed or not."""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import IO, Final, cast

import zstandard

from datafiles.formats.form import FileForm
from datafiles.records import MAX_RECORD_BYTES, DatasetUnreadable
from datafiles.steady import open_steadily
from dialects.dialect import Dialect
from vocabulary import Compression

BLOCK_CHARACTERS: Final = 256 * 1024
_CODECS: Final = {
    "utf-8": "utf-8",
    "utf-8-bom": "utf-8-sig",
    "windows-1252": "cp1252",
    "iso-8859-1": "latin-1",
}

Row = list[str | None]


class LineParser:
    """Takes whole lines of a dialect apart; NULL is None, an empty text is ""."""

    def __init__(self, dialect: Dialect) -> None:
        quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
        self._dialect = dialect
        self._twice = dialect.quote * 2
        self._field = re.compile(
            rf"(?:{quote}((?:[^{quote}]++|{quote}{quote})*+){quote}|([^{delimiter}{quote}\n]*+))"
            rf"({delimiter}|\n)"
        )

    def rows(self, text: str) -> list[tuple[str, Row]]:
        """Each line with its line feed, and its values. Raises DatasetUnreadable."""
        dialect = self._dialect
        if dialect.quote in text:
            return list(self._quoted(text))
        null, delimiter = dialect.null_text, dialect.delimiter
        lines = text.split("\n")
        lines.pop()
        return [
            (f"{line}\n", [None if v == null else v for v in line.split(delimiter)])
            for line in lines
        ]

    def _quoted(self, text: str) -> Iterator[tuple[str, Row]]:
        dialect, row, begin, end = self._dialect, cast("Row", []), 0, 0
        for found in self._field.finditer(text):
            if found.start() != end:
                break
            end = found.end()
            quoted, plain, sign = found.groups()
            if quoted is not None:
                row.append(quoted.replace(self._twice, dialect.quote))
            else:
                row.append(None if plain == dialect.null_text else plain)
            if sign == "\n":
                yield text[begin:end], row
                row, begin = [], end
        if end != len(text) or row:
            raise DatasetUnreadable("it has a line that is not of the form its manifest says")


def read_lines(path: Path, form: FileForm) -> Iterator[str]:
    """The lines of a file, many at a time, each ending in a line feed; the header is left out.

    Memory is bounded by the longest line. Raises DatasetUnreadable.
    """
    dialect = form.dialect
    parser = LineParser(dialect)
    is_first = dialect.header
    try:
        with _opened_text(path, form) as file:
            for text in _whole_lines(file, dialect):
                if is_first:
                    is_first = False
                    header = parser.rows(text)[0][0]
                    rest = text[len(header) :]
                    if rest:
                        yield rest
                else:
                    yield text
    except (OSError, EOFError, UnicodeDecodeError, zipfile.BadZipFile, zstandard.ZstdError) as exc:
        raise DatasetUnreadable(f"The file {path.name} cannot be read: {exc}.") from exc
    except DatasetUnreadable as exc:
        raise DatasetUnreadable(f"The file {path.name} cannot be read: {exc.message}.") from exc


def _whole_lines(file: IO[str], dialect: Dialect) -> Iterator[str]:
    rest = ""
    while True:
        block = file.read(max(BLOCK_CHARACTERS, len(rest)))
        text = rest + block
        if not block:
            break
        cut = _last_line_end(text, dialect.quote)
        if cut:
            yield _with_line_feeds(text[:cut], dialect)
        rest = text[cut:]
        if len(rest) > MAX_RECORD_BYTES:
            raise DatasetUnreadable("one record is too long; a quote is probably not closed")
    if rest:
        yield _with_line_feeds(rest + "\n", dialect)


def _last_line_end(text: str, quote: str) -> int:
    """Behind the last line feed that is not inside quotes; 0 when there is none."""
    is_inside = text.count(quote) % 2
    end = len(text)
    while (found := text.rfind("\n", 0, end)) >= 0:
        is_inside ^= text.count(quote, found, end) % 2
        if not is_inside:
            return found + 1
        end = found
    return 0


def _with_line_feeds(text: str, dialect: Dialect) -> str:
    if dialect.line_end == "lf":
        return text
    if dialect.quote not in text:
        return text.replace("\r\n", "\n")
    pieces = text.split(dialect.quote)
    pieces[::2] = [piece.replace("\r\n", "\n") for piece in pieces[::2]]
    return dialect.quote.join(pieces)


@contextmanager
def _opened_text(path: Path, form: FileForm) -> Iterator[IO[str]]:
    with uncompressed(path, form.compression) as file:
        codec = _CODECS[form.dialect.encoding]
        # newline="" keeps the line ends that are inside values.
        text = TextIOWrapper(cast("BufferedReader", file), encoding=codec, newline="")
        try:
            yield text
        finally:
            text.detach()


@contextmanager
def uncompressed(path: Path, compression: Compression) -> Iterator[IO[bytes]]:
    """The bytes of the text, whatever packs them."""
    with ExitStack() as opened:
        if compression is Compression.ZIP:
            packed = opened.enter_context(open_steadily(path))
            archive = opened.enter_context(zipfile.ZipFile(packed))
            yield opened.enter_context(archive.open(archive.infolist()[0]))
            return
        file: IO[bytes] = opened.enter_context(BufferedReader(open_steadily(path)))
        if compression is Compression.GZIP:
            file = cast("IO[bytes]", opened.enter_context(gzip.GzipFile(fileobj=file)))
        elif compression is Compression.ZSTD:
            reader = zstandard.ZstdDecompressor().stream_reader(file, closefd=False)
            file = BufferedReader(cast("RawIOBase", opened.enter_context(reader)))
        yield file
