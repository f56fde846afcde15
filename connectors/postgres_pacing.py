"""Lets the server run ahead of whoever reads its rows.

A reader that waits is woken for every packet of eight kilobytes, and on one machine it is the
server that pays for it, 7 % of what it spends on writing rows as text. A reader that is
late by half a millisecond finds dozens of packets at once. It pauses only when it has taken all
there was: a server faster than its reader never waits for it.
"""

from __future__ import annotations

import io
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from connectors.base import ByteSink

# In it a server writes some hundred kilobytes, which the kernel holds without a word to it.
PAUSE_S: Final = 0.0005
# Other systems pause far longer than they are told to.
CAN_PAUSE: Final = sys.platform == "linux"
BLOCK_BYTES: Final = 1 << 16
# The reader has kept up when no more than this waits for it.
LITTLE_BYTES: Final = 1 << 15


def pause() -> None:
    """Let the server get ahead."""
    time.sleep(PAUSE_S)


@contextmanager
def paced(connection: Connection, sink: ByteSink) -> Iterator[ByteSink]:
    """A sink for rows of a COPY that hands on blocks of whole writes, and pauses between them."""
    if not CAN_PAUSE:
        yield sink
        return
    line = socket.socket(fileno=connection.fileno())
    blocks = _Blocks(line, sink)
    try:
        rows = io.BufferedWriter(blocks, BLOCK_BYTES)
        yield rows
        rows.flush()
    finally:
        # What a failed one still holds is written when it is forgotten.
        blocks.is_over = True
        # The session keeps its socket.
        line.detach()


class _Blocks(io.RawIOBase):
    def __init__(self, line: socket.socket, sink: ByteSink) -> None:
        self._line = line
        self._sink = sink
        self._seen = bytearray(LITTLE_BYTES)
        self.is_over = False

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        data = bytes(block)
        if not self.is_over:
            self._sink.write(data)
            if self._has_kept_up():
                pause()
        return len(data)

    def _has_kept_up(self) -> bool:
        try:
            return self._line.recv_into(self._seen, 0, socket.MSG_PEEK) < LITTLE_BYTES
        except OSError:
            # Nothing waits, or the driver will find out what is wrong with the line.
            return True
