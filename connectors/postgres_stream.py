"""Binary rows of a COPY read straight from the line, a block at a time.

The driver hands over row by row, and takes the interpreter for each from the threads that decode
those before. A session at rest lends its line instead: the statement is sent and its answer read
here by the frontend/backend protocol (version 3), until the server is ready for the next one.
Lines are better read by the driver: what is to be cut out between them costs more than it.
"""

from __future__ import annotations

import selectors
import socket
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import numpy.typing as npt
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from connectors.base import RowBlockSink
from connectors.postgres_line import LineLost, ServerFault
from dialects.native_rows import ROOM, RowBlock

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

LOOK_S: Final = 1.0
HEAD_BYTES: Final = 5  # the type of a message, and its length, which counts itself
DATA: Final = ord("d")
READY: Final = b"Z\x00\x00\x00\x05"
# Notices, settings and notifications; the end of the rows, which the command's own follows.
ASIDE: Final = frozenset("NSAc")
SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00"
EXTENSION: Final = 15  # where the length of the header's extension is
NO_MORE_ROWS: Final = b"\xff\xff"
_LENGTH: Final = struct.Struct(">xi")
_FIELDS: Final = struct.Struct(">xh")


def read_copy(connection: Connection, statement: str, sink: RowBlockSink) -> int:
    """Run `statement`, a binary COPY TO STDOUT, in a session at rest; returns its rows.

    Raises LineLost and ServerFault.
    """
    with _lent(connection) as line:
        answer = _Answer(line, sink)
        answer.ask(statement)
        return answer.rows()


class _Answer:
    """What the server says to one statement."""

    def __init__(self, line: _Line, sink: RowBlockSink) -> None:
        self._line = line
        self._sink = sink
        self._fields = 0
        self._rows = 0
        self._fault: ServerFault | None = None
        self._is_ready = False

    def ask(self, statement: str) -> None:
        text = statement.encode() + b"\x00"
        self._line.send(b"Q" + struct.pack(">i", len(text) + 4) + text)

    def rows(self) -> int:
        """Take all messages until the server is ready for the next statement."""
        size, rest = self._sink.block_bytes, 0
        block = bytearray(size + len(ROOM))
        while not self._is_ready:
            try:
                end = self._line.fill(block, rest, size)
            except LineLost:
                # The server has said why it ends the session.
                if self._fault is not None:
                    break
                raise
            behind = self._messages(block, end)
            if end == size and not behind:
                # The message is longer than the block.
                size *= 2
                block = block + bytes(end)
            else:
                block[: end - behind] = block[behind:end]
            rest = end - behind
        if self._fault is not None:
            raise self._fault
        return self._rows

    def _messages(self, block: bytearray, end: int) -> int:
        """Handle the whole messages of the block; returns where the last one ends."""
        signs = np.frombuffer(block, np.uint8)
        place = 0
        while place + HEAD_BYTES <= end:
            if block[place] == DATA:
                starts, behind = data_messages(signs, place, end, self._fields)
                if not len(starts):
                    break
                self._take(block, starts)
            else:
                behind = _end_of(block, place)
                if behind > end:
                    break
                self._heed(chr(block[place]), bytes(block[place + HEAD_BYTES : behind]))
            place = behind
        return place

    def _heed(self, kind: str, body: bytes) -> None:
        match kind:
            case "H":
                self._fields = _FIELDS.unpack_from(body)[0]
            case "E":
                self._fault = _fault(body)
            case "C":
                self._rows = int(body.rstrip(b"\x00").rpartition(b" ")[2])
            case "Z":
                self._is_ready = True
            case _ if kind not in ASIDE:
                raise LineLost(f"the server sent a message of the unknown type {kind!r}")

    def _take(self, block: bytearray, starts: Places) -> None:
        """Give the sink the rows of a block, whose messages begin at `starts`."""
        rows = _rows(block, starts + HEAD_BYTES)
        if len(rows):
            self._sink.write_rows(RowBlock(block, rows.data))


def data_messages(signs: Bytes, begin: int, end: int, fields: int) -> tuple[Places, int]:
    """Where the messages with rows begin that follow each other from `begin` on and are whole by
    `end`; and where the last of them ends. `fields`: how many a row has."""
    stop = max(begin, end - HEAD_BYTES - 1)
    # So begins every row of less than 64 KiB, and hardly ever anything else.
    may_begin = signs[begin:stop] == DATA
    may_begin &= signs[begin + 1 : stop + 1] == 0
    may_begin &= signs[begin + 2 : stop + 2] == 0
    found = np.flatnonzero(may_begin) + begin
    found = found[(signs[found + 5] == fields >> 8) & (signs[found + 6] == fields & 0xFF)]
    behind = found + 1 + (signs[found + 3].astype(np.int64) << 8) + signs[found + 4]
    breaks = np.flatnonzero(behind[:-1] != found[1:])
    count = int(breaks[0]) + 1 if len(breaks) else len(found)
    if count and found[0] == begin:
        count -= int(behind[count - 1] > end)
        stop = int(behind[count - 1]) if count else begin
        if stop + HEAD_BYTES > end or signs[stop] != DATA or _end_of(signs.data, stop) > end:
            return found[:count], stop
    return _walked(signs, begin, end)


def _walked(signs: Bytes, begin: int, end: int) -> tuple[Places, int]:
    """The same, message by message."""
    starts, place, data = array("q"), begin, signs.data
    while place + HEAD_BYTES <= end and data[place] == DATA:
        behind = _end_of(data, place)
        if behind > end:
            break
        starts.append(place)
        place = behind
    return np.array(starts, np.int64), place


def _end_of(data: bytearray | memoryview, place: int) -> int:
    """Where the message that begins at `place` ends."""
    length = int(_LENGTH.unpack_from(data, place)[0])
    if length < HEAD_BYTES - 1:
        raise LineLost(f"the server sent a message of the impossible length {length}")
    return place + 1 + length


def _rows(block: bytearray, places: Places) -> Places:
    """Where the rows begin: the first message holds a header too, the last one no row."""
    first = int(places[0])
    if block.startswith(SIGNATURE, first):
        extension = block[first + EXTENSION : first + EXTENSION + 4]
        places[0] += EXTENSION + 4 + int.from_bytes(extension, "big")
    return places[:-1] if block.startswith(NO_MORE_ROWS, int(places[-1])) else places


def _fault(body: bytes) -> ServerFault:
    """The fields of an error: a sign and a text each."""
    fields = {text[:1]: text[1:].decode(errors="replace") for text in body.split(b"\x00")}
    return ServerFault(
        sqlstate=fields.get(b"C", ""),
        message=fields.get(b"M", ""),
        detail=fields.get(b"D"),
        hint=fields.get(b"H"),
        position=None,
    )


@contextmanager
def _lost_line() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise LineLost(str(exc)) from exc


@contextmanager
def _lent(connection: Connection) -> Iterator[_Line]:
    """The line of the session, which goes on to belong to its driver."""
    line = socket.socket(fileno=connection.fileno())
    try:
        with selectors.DefaultSelector() as selector:
            yield _Line(line, selector)
    finally:
        line.detach()


class _Line:
    """The socket of a session, which does not block."""

    def __init__(self, line: socket.socket, selector: selectors.BaseSelector) -> None:
        self._line = line
        self._selector = selector
        selector.register(line, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        with _lost_line(), memoryview(data) as rest:
            sent = 0
            while sent < len(rest):
                try:
                    sent += self._line.send(rest[sent:])
                except BlockingIOError:
                    self._waits(selectors.EVENT_WRITE)

    def fill(self, block: bytearray, begin: int, size: int) -> int:
        """Receive until `size` bytes of the block are full, nothing comes, or the server seems to
        be ready; returns how far it is filled."""
        end = begin
        with _lost_line(), memoryview(block)[:size] as room:
            while end < len(room):
                try:
                    received = self._line.recv_into(room[end:])
                except BlockingIOError:
                    # A row may look like it too; who reads the messages knows.
                    seems_ready = end > begin and block[end - len(READY) - 1 : end - 1] == READY
                    if seems_ready or not self._waits(selectors.EVENT_READ):
                        break
                    continue
                if not received:
                    raise LineLost("server closed the connection unexpectedly")
                end += received
        return end

    def _waits(self, event: int) -> bool:
        """Wait until something can be done; False when that takes longer than usual."""
        self._selector.modify(self._line, event)
        return bool(self._selector.select(LOOK_S))
