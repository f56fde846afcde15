"""Compresses answers while they are sent, as far as the reader says it understands it."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Final, Protocol

import zstandard
from flask import Request

# What a page costs the processor counts for more than the last bytes it saves.
ZSTD_LEVEL: Final = 1
GZIP_LEVEL: Final = 1
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self, mode: int, /) -> bytes: ...


def encoding_for(request: Request) -> str | None:
    """zstd or gzip where the reader accepts it; None: as it is."""
    accepted = request.accept_encodings
    if "Accept-Encoding" not in request.headers:
        return None
    best = max(("zstd", "gzip"), key=accepted.quality)
    return best if accepted.quality(best) > 0 else None


def encoded(pieces: Generator[bytes, None, None], encoding: str) -> Generator[bytes, None, None]:
    """The pieces compressed; the first goes out at once. Closing it closes `pieces`."""
    packer, sync, end = _packer(encoding)
    with closing(pieces):
        yield from _packed(pieces, packer, sync, end)


def _packed(pieces: Iterator[bytes], packer: _Packer, sync: int, end: int) -> Iterator[bytes]:
    is_first = True
    for piece in pieces:
        data = packer.compress(piece)
        if is_first and piece:
            data += packer.flush(sync)
            is_first = False
        if data:
            yield data
    yield packer.flush(end)


def _packer(encoding: str) -> tuple[_Packer, int, int]:
    """What compresses, and its words for "send what you have" and "that was all"."""
    if encoding == "zstd":
        zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()
        return zstd, zstandard.COMPRESSOBJ_FLUSH_BLOCK, zstandard.COMPRESSOBJ_FLUSH_FINISH
    gzip = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return gzip, zlib.Z_SYNC_FLUSH, zlib.Z_FINISH
