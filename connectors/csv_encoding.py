"""How a field is written in CSV: as PostgreSQL's COPY does it, for every connector alike.

NULL is nothing between two delimiters, an empty text is `""`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connectors.base import Column


def header_line(columns: Iterable[Column], delimiter: str) -> bytes:
    """The names of the columns as the first line."""
    return encode_row([column.name for column in columns], delimiter)


def encode_row(fields: Sequence[str | None], delimiter: str) -> bytes:
    """One line with its line end, in UTF-8."""
    is_single = len(fields) == 1
    line = delimiter.join(
        "" if text is None else quoted(text, delimiter, is_single=is_single) for text in fields
    )
    return (line + "\n").encode()


def quoted(text: str, delimiter: str, *, is_single: bool) -> str:
    r"""A text as a field. In a file of one column `\.` is quoted: it would end a COPY FROM."""
    special = (
        text == ""
        or delimiter in text
        or '"' in text
        or "\n" in text
        or "\r" in text
        or (is_single and text == "\\.")
    )
    return '"' + text.replace('"', '""') + '"' if special else text
