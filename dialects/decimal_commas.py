"""Decimal commas in lines that PostgreSQL has written with points, for many rows at once.

The casts for them would cost it a fifth of what the whole export does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dialects.dialect import Dialect

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
LINE_FEED = ord("\n")
POINT = ord(".")
COMMA = ord(",")
# No text of PostgreSQL holds it.
MARK = 0


class DecimalCommas:
    """Writes a comma for the point of each number in some columns of delimited lines, and the line
    ends of the dialect, which are found on the way."""

    def __init__(self, dialect: Dialect, count: int, numbers: Sequence[int]) -> None:
        """`count` columns in all; `numbers` are the places of those with decimals."""
        self._delimiter = ord(dialect.delimiter)
        self._quote = ord(dialect.quote)
        self._count = count
        self._numbers = numbers
        self._has_crlf = dialect.line_end == "crlf"
        self._skips_header = dialect.header

    def written(self, lines: bytes) -> tuple[bytes, int]:
        """Whole lines, the header first where the dialect has one, as they shall be; and how many
        they are."""
        signs = np.frombuffer(lines, np.uint8).copy()
        all_ends = self._ends(signs)
        before, ends = self._without_header(all_ends)
        points = np.append(np.flatnonzero(signs == POINT), len(signs))
        for number in self._numbers:
            ends_before = ends[:, number - 1] if number else np.append(before, ends[:-1, -1])
            found = points[np.searchsorted(points, ends_before)]
            signs[found[found < ends[:, number]]] = COMMA
        if not self._has_crlf:
            return signs.tobytes(), len(all_ends)
        signs[all_ends[:, -1]] = MARK
        return signs.tobytes().replace(bytes([MARK]), b"\r\n"), len(all_ends)

    def _ends(self, signs: Bytes) -> Places:
        """Where the fields of each line end."""
        is_end = signs == self._delimiter
        is_end |= signs == LINE_FEED
        is_quote = signs == self._quote
        places = np.flatnonzero(is_end | is_quote)
        kinds = is_quote[places]
        if kinds.any():
            is_inside = np.cumsum(kinds, dtype=np.uint8) & 1
            places = places[(kinds | is_inside) == 0]
        ends = places.reshape(-1, self._count)
        if not (signs[ends[:, -1]] == LINE_FEED).all():
            raise ValueError("a line has another number of fields than there are columns")
        return ends

    def _without_header(self, ends: Places) -> tuple[int, Places]:
        """Where the line before the first row ends, and the fields of the rows."""
        if self._skips_header and len(ends):
            self._skips_header = False
            return int(ends[0, -1]), ends[1:]
        return -1, ends
