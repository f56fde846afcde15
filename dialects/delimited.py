"""Columns of texts as delimited lines, as PostgreSQL's COPY writes them, for every source alike.

Lines are UTF-8 and end in a line feed; `dialects.text_output` gives them their encoding and line
end. NULL is the dialect's null text; a text that reads like it, or holds the delimiter, the quote
or a line break, is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from dialects.dialect import GUARD, GUARDED, Dialect

# Excel takes a text file that begins so for one in a format of its own, and warns or refuses.
SYLK = "ID"


class Cell(Enum):
    """What a column's texts may need: nothing, quotes, or quotes and the formula guard."""

    NUMBER = "number"
    PLAIN = "plain"
    TEXT = "text"


Texts = Sequence[str | None]


class LineEncoder:
    """Encodes columns of texts in one dialect; dates and numbers are already written in it."""

    def __init__(self, dialect: Dialect, cells: Sequence[Cell]) -> None:
        self._dialect = dialect
        self._cells = cells
        self._is_single = len(cells) == 1
        self._special = re.compile(
            f"[{re.escape(dialect.delimiter)}{re.escape(dialect.quote)}\r\n]"
        ).search

    def header(self, names: Sequence[str]) -> bytes:
        """The line of column names."""
        guarded = [self._guarded(name) for name in names]
        fields = [self._field(name) for name in guarded]
        if fields and fields[0].startswith(SYLK) and _is_for_excel_without_bom(self._dialect):
            fields[0] = f"{self._dialect.quote}{fields[0]}{self._dialect.quote}"
        return (self._dialect.delimiter.join(fields) + "\n").encode()

    def encode(self, columns: Sequence[Texts]) -> bytes:
        """One line for each row; the columns are equally long."""
        fields = [
            self._column(values, cell) for values, cell in zip(columns, self._cells, strict=True)
        ]
        lines = "\n".join(map(self._dialect.delimiter.join, zip(*fields, strict=True)))
        return (lines + "\n").encode()

    def _column(self, values: Texts, cell: Cell) -> Sequence[str]:
        if cell is Cell.TEXT and self._dialect.formula_guard:
            values = [value if value is None else self._guarded(value) for value in values]
        null = self._dialect.null_text
        if cell is not Cell.NUMBER and self._needs_quotes(values):
            if self._is_single or null in values:
                return [self._field(value) for value in values]
            special, quote, twice = self._special, self._dialect.quote, self._dialect.quote * 2
            return [
                null
                if value is None
                else quote + value.replace(quote, twice) + quote
                if special(value)
                else value
                for value in values
            ]
        return [null if value is None else value for value in values]

    def _needs_quotes(self, values: Texts) -> bool:
        """Look once through all values of the batch."""
        joined = "".join([value for value in values if value is not None])
        is_null = self._dialect.null_text in values
        return self._is_single or is_null or self._special(joined) is not None

    def _guarded(self, text: str) -> str:
        """A text that a spreadsheet would read as a formula, made one that it shows."""
        if self._dialect.formula_guard and text and text[0] in GUARDED:
            return GUARD + text
        return text

    def _field(self, value: str | None) -> str:
        r"""A field. In a file of one column `\.` is quoted: it would end a COPY FROM."""
        null, quote = self._dialect.null_text, self._dialect.quote
        if value is None:
            return null
        is_special = (
            value == null
            or self._special(value) is not None
            or (self._is_single and value == "\\.")
        )
        return quote + value.replace(quote, quote + quote) + quote if is_special else value


def _is_for_excel_without_bom(dialect: Dialect) -> bool:
    return dialect.formula_guard and dialect.encoding != "utf-8-bom"


def header_line(names: Sequence[str], dialect: Dialect) -> bytes:
    """The names of the columns as the first line; nothing where the dialect has none."""
    return LineEncoder(dialect, [Cell.TEXT] * len(names)).header(names) if dialect.header else b""
