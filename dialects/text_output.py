"""The last step of a text file: whole UTF-8 lines become the dialect's encoding and line end."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from auxiliares import AutomacaoError
from dialects.dialect import Dialect

if TYPE_CHECKING:
    from dialects.decimal_commas import DecimalCommas

CODECS: Final = {
    "utf-8": "utf-8",
    "utf-8-bom": "utf-8",
    "windows-1252": "cp1252",
    "iso-8859-1": "latin-1",
}
# Where Windows-1252 differs from ISO-8859-1, which Python encodes four times as fast.
_find_controls = re.compile(rb"[\x80-\x9f]").search


class CharacterNotEncodable(AutomacaoError):
    """The file's encoding lacks a character that the data hold."""

    code: ClassVar[str] = "character_not_encodable"
    status: ClassVar[int] = 422


class Sink(Protocol):
    """Takes bytes."""

    def write(self, data: bytes) -> object: ...


class TextOutput:
    """Hands lines on as the dialect has them, and counts the rows.

    Each `write` takes whole lines in UTF-8 that end in a line feed, the header first. Raises
    CharacterNotEncodable.
    """

    # A larger piece takes so long to hash and write that the source waits for its reader.
    block_bytes = 1 << 18

    def __init__(self, output: Sink, dialect: Dialect, commas: DecimalCommas | None = None) -> None:
        """`commas`: the lines have points where the dialect wants commas; it finishes them."""
        self._output = output
        self._dialect = dialect
        self._commas = commas
        self._quote = dialect.quote.encode()
        self._errors = "strict" if dialect.unencodable == "fail" else "replace"
        self._is_recoded = CODECS[dialect.encoding] != "utf-8"
        self._lines = 0
        self._blocks = 0
        self._bytes_per_line = 1.0
        if dialect.encoding == "utf-8-bom":
            output.write(codecs.BOM_UTF8)

    @property
    def codec(self) -> str:
        """What Python calls the encoding, without a byte order mark."""
        return CODECS[self._dialect.encoding]

    @property
    def rows_written(self) -> int:
        """Near enough for progress: the source counts exactly."""
        return max(0, self._lines - self._dialect.header)

    def write(self, data: bytes) -> int:
        if self._commas is not None:
            finished, lines = self._commas.written(data)
            written = self._recoded(finished) if self._is_recoded else finished
        else:
            written, lines = self._finished(data)
        self._lines += lines
        self._output.write(written)
        return len(data)

    def _finished(self, data: bytes) -> tuple[bytes, int]:
        """The lines as they shall be, and how many they are."""
        recoded = self._recoded(data) if self._is_recoded else data
        if self._dialect.line_end == "crlf":
            written = with_crlf(recoded, self._quote)
            return written, len(written) - len(recoded)
        return recoded, self._count(data)

    def _count(self, data: bytes) -> int:
        """The lines of a block, by the length of those in every 16th block.

        The first one may hold but the header. Counting all lines costs a third of the processor
        time of a whole export.
        """
        is_counted = self._is_recoded or self._blocks < 2 or self._blocks % 16 == 0
        self._blocks += 1
        if is_counted:
            lines = count_lines(data, self._quote)
            self._bytes_per_line = len(data) / max(1, lines)
            return lines
        return round(len(data) / self._bytes_per_line)

    def finish(self) -> None:
        """Nothing is held back."""

    def _recoded(self, data: bytes) -> bytes:
        text = data.decode()
        codec = self.codec
        if codec == "cp1252":
            with contextlib.suppress(UnicodeEncodeError):
                recoded = text.encode("latin-1")
                if _find_controls(recoded) is None:
                    return recoded
        try:
            return text.encode(codec, self._errors)
        except UnicodeEncodeError as exc:
            raise self._refusal(text, exc.start) from exc

    def _refusal(self, text: str, start: int) -> CharacterNotEncodable:
        row, column = self._place(text, start)
        where = "the header" if row == 0 else f"row {row}"
        sign = f"{text[start]!r} (U+{ord(text[start]):04X})"
        return CharacterNotEncodable(
            f"The character {sign} in {where}, column {column}, "
            f"does not exist in {self._dialect.encoding}. Choose an encoding that has it, such as "
            "utf-8-bom, let the dialect replace such characters, or change the query."
        )

    def _place(self, text: str, start: int) -> tuple[int, int]:
        """Row, from 1 behind the header, and column, from 1, of a character."""
        before = text[:start]
        unquoted = "".join(before.split(self._dialect.quote)[::2])
        row = self._lines + unquoted.count("\n") + (not self._dialect.header)
        # The text behind the last line end that is outside quotes.
        line = unquoted.rpartition("\n")[2]
        return row, line.count(self._dialect.delimiter) + 1


def replacing(dialect: Dialect) -> Callable[[str], str] | None:
    """What makes of a text the one that is read back from the file; None where it is the same."""
    codec = CODECS[dialect.encoding]
    if codec == "utf-8" or dialect.unencodable == "fail":
        return None
    return lambda text: text.encode(codec, "replace").decode(codec)


def count_lines(data: bytes, quote: bytes) -> int:
    """The lines of whole rows; line breaks inside quotes do not count."""
    breaks = data.count(b"\n")
    if quote not in data:
        return breaks
    return breaks - sum([piece.count(b"\n") for piece in data.split(quote)[1::2]])


def with_crlf(data: bytes, quote: bytes) -> bytes:
    """Whole rows with CRLF at their ends; line breaks inside quotes stay as they are."""
    if quote not in data:
        return data.replace(b"\n", b"\r\n")
    pieces = data.split(quote)
    pieces[::2] = [piece.replace(b"\n", b"\r\n") for piece in pieces[::2]]
    return quote.join(pieces)
