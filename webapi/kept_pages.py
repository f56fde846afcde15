"""Small pages that were sent, kept for whoever asks the same of the same version again."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from webapi.kept import Kept

# A page that takes more is sent piece by piece and not kept.
PAGE_BYTES: Final = 256 * 1024
ALL_BYTES: Final = 32 * 1024 * 1024
_OVERHEAD_BYTES: Final = 500

# The entity tag, path and query: together they say which rows, how they look and where they end.
PageKey = tuple[str, str, bytes]
Chunks = Generator[bytes, None, None]


@dataclass(frozen=True, slots=True)
class RowsAnswer:
    """Rows as they are sent, how many there are on all pages, the link to the next page, which
    columns are read, and how long the query is that asked for them."""

    data: bytes | Chunks
    total: int | None
    link: str
    columns: frozenset[str] = frozenset()
    query_bytes: int = 0

    @property
    def size_bytes(self) -> int:
        data = self.data if isinstance(self.data, bytes) else b""
        return len(data) + len(self.link) + self.query_bytes + _OVERHEAD_BYTES


def new_pages() -> Kept[PageKey, RowsAnswer]:
    return Kept(ALL_BYTES, lambda answer: answer.size_bytes)


def gathered(chunks: Chunks) -> bytes | Chunks:
    """All of it at once, or what is too much for that, to be sent as it comes."""
    pieces, size = [], 0
    for piece in chunks:
        pieces.append(piece)
        size += len(piece)
        if size > PAGE_BYTES:
            return _going_on(pieces, chunks)
    return b"".join(pieces)


def _going_on(pieces: list[bytes], chunks: Chunks) -> Chunks:
    try:
        yield from chain(pieces, chunks)
    finally:
        chunks.close()
