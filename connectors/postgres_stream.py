"""Binary rows of a COPY read straight from the line, a block at a time.

The driver hands over row by row, and takes the interpreter for each from the threads that decode
those before. A session at rest lends its line instead: the statement is sent and its answer read
here by the frontend/backend protocol (version 3), until the server is ready for the next one.
Lines are better read by the driver: what is to be cut out between them costs more than it.

One thread receives, the one that called handles what has come: the kernel holds so little of it
that the server would wait meanwhile.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from connectors.base import RowBlockSink
from connectors.postgres_line import LineLost, ServerFault
from connectors.postgres_pacing import CAN_PAUSE, pause
from dialects.native_rows import ROOM, RowBlock

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

LOOK_S: Final = 1.0
HEAD_BYTES: Final = 5  # the type of a message, and its length, which counts itself
DATA: Final = ord("d")
READY: Final = b"Z\x00\x00\x00\x05"
# Notices, settings and notifications; the end of the rows, which the command's own follows.
ASIDE: Final = frozenset("NSAc")
# Of received bytes in the block; before it there is room for what was left of the block before.
DATA_AT: Final = 1 << 16
# One is filled and one handled; with the third neither side stops when the other is late for once.
BLOCKS: Final = 3
# At a time: what is made of them stays in the processor's cache, and costs no fresh pages.
SEARCHED_BYTES: Final = 1 << 16
NOWHERE: Final = np.empty(0, np.int64)
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
        rest = bytearray()
        with _Receiver(self._line, self._sink.block_bytes) as receiver:
            while not self._is_ready:
                try:
                    block, end = receiver.next()
                except LineLost:
                    # The server has said why it ends the session.
                    if self._fault is not None:
                        break
                    raise
                rest = self._received(block, end, rest)
                receiver.give_back(block)
        if self._fault is not None:
            raise self._fault
        return self._rows

    def _received(self, block: bytearray, end: int, rest: bytearray) -> bytearray:
        """Handle what has come behind `rest`, the beginning of a message; returns a new rest."""
        came = end - DATA_AT
        if len(rest) >= HEAD_BYTES and _end_of(rest, 0) > len(rest) + came:
            # A message longer than the block.
            rest += memoryview(block)[DATA_AT:end]
            return rest
        begin = DATA_AT - len(rest)
        if begin < len(ROOM):
            block = bytearray(b"".join((ROOM, rest, memoryview(block)[DATA_AT:end], ROOM)))
            begin, end = len(ROOM), len(ROOM) + len(rest) + came
        else:
            block[begin:DATA_AT] = rest
        behind = self._messages(block, begin, end)
        return block[behind:end]

    def _messages(self, block: bytearray, begin: int, end: int) -> int:
        """Handle the whole messages from `begin` on; returns where the last one ends."""
        signs = np.frombuffer(block, np.uint8)
        place = begin
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
    last = max(begin, end - HEAD_BYTES - 1)
    slices = (
        slice(at, min(at + SEARCHED_BYTES, last)) for at in range(begin, last, SEARCHED_BYTES)
    )
    found = np.concatenate([NOWHERE, *(_may_begin(signs, part) for part in slices)])
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


def _may_begin(signs: Bytes, part: slice) -> Places:
    """Where there is what every message with a row of less than 64 KiB begins with, and hardly ever
    anything else."""
    found = signs[part] == DATA
    for offset in (1, 2):
        found &= signs[part.start + offset : part.stop + offset] == 0
    places: Places = np.flatnonzero(found) + part.start
    return places


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
    with selectors.DefaultSelector() as selector:
        line = _Line(socket.socket(fileno=connection.fileno()), selector)
        try:
            yield line
        finally:
            line.close()


class _Receiver:
    """Receives in a thread of its own; use as a context manager."""

    def __init__(self, line: _Line, size: int) -> None:
        self._line = line
        self._full: SimpleQueue[tuple[bytearray, int] | LineLost] = SimpleQueue()
        self._free: SimpleQueue[bytearray | None] = SimpleQueue()
        for _ in range(BLOCKS):
            self._free.put(bytearray(DATA_AT + size + len(ROOM)))
        self._thread = threading.Thread(target=self._receive, name="copy-receive", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._free.put(None)
        self._line.interrupt()
        self._thread.join()

    def next(self) -> tuple[bytearray, int]:
        """What comes next, from DATA_AT on, and where it ends. Raises LineLost."""
        found = self._full.get()
        if isinstance(found, LineLost):
            raise found
        return found

    def give_back(self, block: bytearray) -> None:
        """The block may be filled again."""
        self._free.put(block)

    def _receive(self) -> None:
        problem = LineLost("the line is not read any more")
        try:
            while (block := self._free.get()) is not None:
                self._full.put((block, self._line.fill(block)))
        except _Interrupted:
            pass
        except LineLost as exc:
            problem = exc
        finally:
            # However it ends: nobody must wait for it.
            self._full.put(problem)


class _Interrupted(Exception):
    """Nobody wants more of the line."""


class _Line:
    """The socket of a session, which does not block."""

    def __init__(self, line: socket.socket, selector: selectors.BaseSelector) -> None:
        self._line = line
        self._selector = selector
        selector.register(line, selectors.EVENT_READ)
        self._bell, self._ringer = socket.socketpair()
        selector.register(self._bell, selectors.EVENT_READ)

    def interrupt(self) -> None:
        """Whoever waits to receive gives up."""
        self._ringer.send(b".")

    def close(self) -> None:
        """The session keeps its socket."""
        self._line.detach()
        self._bell.close()
        self._ringer.close()

    def send(self, data: bytes) -> None:
        with _lost_line(), memoryview(data) as rest:
            sent = 0
            while sent < len(rest):
                try:
                    sent += self._line.send(rest[sent:])
                except BlockingIOError:
                    self._waits(selectors.EVENT_WRITE)

    def fill(self, block: bytearray) -> int:
        """Receive from DATA_AT on until the block is full, nothing comes, or the server seems to
        be ready; returns how far it is filled."""
        end = DATA_AT
        may_pause = CAN_PAUSE
        with _lost_line(), memoryview(block)[: -len(ROOM)] as room:
            while end < len(room):
                try:
                    received = self._line.recv_into(room[end:])
                except BlockingIOError:
                    # A row may look like it too; who reads the messages knows.
                    seems_ready = end > DATA_AT and block[end - len(READY) - 1 : end - 1] == READY
                    if seems_ready:
                        break
                    if may_pause:
                        may_pause = False
                        pause()
                    elif not self._waits(selectors.EVENT_READ):
                        break
                    continue
                may_pause = CAN_PAUSE
                if not received:
                    raise LineLost("server closed the connection unexpectedly")
                end += received
        return end

    def _waits(self, event: int) -> bool:
        """Wait until something can be done; False when that takes longer than usual."""
        self._selector.modify(self._line, event)
        ready = self._selector.select(LOOK_S)
        if any(key.fileobj is self._bell for key, _ in ready):
            raise _Interrupted
        return bool(ready)
