"""Gathers in blocks what a source hands over a row at a time, with next to no Python for each.

Lines are joined; binary rows need their lengths, which nothing in them tells quickly.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from typing import Any, Final, Protocol

from dialects.native_rows import RowBlock

# Blocks of bytes or of rows.
Take = Callable[[Any], None]

_SIGNATURE_BYTES: Final = 11
_HEADER_BYTES: Final = 19
_NO_MORE_ROWS: Final = b"\xff\xff"


class Gatherer(Protocol):
    """Takes a row a write and hands on blocks."""

    @property
    def write(self) -> Callable[[bytes], object]: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class LineRows(io.BufferedWriter):
    """Blocks of whole writes. `write` is the method of C itself: next to nothing for each row."""

    def __init__(self, take: Take, block_bytes: int) -> None:
        super().__init__(_Blocks(take), block_bytes)


class BinaryRows:
    """Blocks of PostgreSQL's binary rows.

    Each write is what one message of COPY brings: a row, before the first one a header, at last
    what says that there are no more.
    """

    def __init__(self, take: Take, block_bytes: int) -> None:
        self._take = self.write_rows = take
        self.block_bytes = block_bytes
        self._rows: list[bytes] = []
        gathering = self._gathering()
        next(gathering)
        # Entering a generator costs a third of a call.
        self.write: Callable[[bytes], object] = gathering.send
        self.close = gathering.close

    def flush(self) -> None:
        rows = self._rows
        if rows and rows[-1] == _NO_MORE_ROWS:
            rows.pop()
        if not rows:
            return
        block = RowBlock.of(rows)
        rows.clear()
        self._take(block)

    def _gathering(self) -> Generator[None, bytes, None]:
        rows, most, size = self._rows, self.block_bytes, 0
        row = _without_header((yield))
        while True:
            if row:
                rows.append(row)
                size += len(row)
                if size >= most:
                    self.flush()
                    size = 0
            row = yield


def _without_header(first: bytes) -> bytes:
    extension_bytes = int.from_bytes(first[_SIGNATURE_BYTES + 4 : _HEADER_BYTES], "big")
    return first[_HEADER_BYTES + extension_bytes :]


class _Blocks(io.RawIOBase):
    """Hands on what a BufferedWriter has gathered."""

    def __init__(self, take: Take) -> None:
        self._take = take

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        data = bytes(block)
        self._take(data)
        return len(data)
