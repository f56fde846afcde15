"""All rows of a plain file of ours as JSON objects: plain blocks by Arrow, the rest by records."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Protocol

from datafiles.plain_blocks import BlockEncoder, EncodedRows
from datafiles.records import Batch, RecordReader

THREADS: Final = 2
# Blocks that are being encoded while an earlier one is sent.
AHEAD: Final = 3
PIECE_BYTES: Final = 1 << 17

_Waiting = tuple[bytes | Batch, Future[EncodedRows | None] | None]


class RecordEncoder(Protocol):
    """Encodes what is not plain, and knows which row it is at."""

    def __call__(self, batch: Batch) -> bytes: ...

    def pass_over(self, rows: int) -> None: ...


def encoded_blocks(
    reader: RecordReader, encode: RecordEncoder, blocks: BlockEncoder
) -> Iterator[bytes | memoryview]:
    """Row objects joined by commas, one piece a block, in the order of the file."""
    waiting: deque[_Waiting] = deque()
    with ThreadPoolExecutor(THREADS, "encode") as pool:

        def started(piece: bytes | Batch) -> _Waiting:
            return piece, None if isinstance(piece, Batch) else pool.submit(blocks.rows, piece)

        for piece in reader.plain_blocks():
            waiting.append(started(piece))
            if len(waiting) > AHEAD:
                yield _finished(waiting.popleft(), reader.batch_of, encode)
        while waiting:
            yield _finished(waiting.popleft(), reader.batch_of, encode)


def _finished(
    waiting: _Waiting, batch_of: Callable[[bytes], Batch], encode: RecordEncoder
) -> bytes | memoryview:
    piece, encoding = waiting
    if isinstance(piece, Batch):
        return encode(piece)
    rows = encoding.result() if encoding is not None else None
    if rows is None:
        return encode(batch_of(piece))
    encode.pass_over(rows.count)
    return rows.data


def pieces_of(data: bytes | memoryview) -> Iterator[bytes]:
    """What is sent at once is small enough for the server to keep in memory."""
    for begin in range(0, len(data), PIECE_BYTES):
        yield bytes(data[begin : begin + PIECE_BYTES])
