"""Framing and primitive encodings of Oracle Net (TNS packets, TTC items).

Test-only.  Written from protocol facts (what the public python-oracledb thin
client sends and accepts, checked against recorded traffic of real servers).
"""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading

# packet types
CONNECT, ACCEPT, REFUSE, REDIRECT, DATA, RESEND, MARKER, CONTROL = (1, 2, 4, 5, 6, 11, 12, 14)
# marker kinds
MARK_BREAK, MARK_RESET, MARK_INTERRUPT = 1, 2, 3
# data flags
FLAG_EOF, FLAG_END_OF_RESPONSE = 0x0040, 0x2000

SHORT_MAX = 252  # longest value with a one-byte length
LONG_MARK = 0xFE  # "chunks follow"
CHUNK = 32767


class PeerGone(Exception):
    """The client closed the connection or sent end of file."""


class Writer:
    """Builds the body of one response."""

    def __init__(self) -> None:
        self.buf = bytearray()

    def raw(self, data: bytes) -> None:
        self.buf += data

    def u8(self, v: int) -> None:
        self.buf.append(v & 0xFF)

    def u16be(self, v: int) -> None:
        self.buf += struct.pack(">H", v)

    def u16le(self, v: int) -> None:
        self.buf += struct.pack("<H", v)

    def u32be(self, v: int) -> None:
        self.buf += struct.pack(">I", v)

    def num(self, v: int) -> None:
        """Variable-length integer: one byte of length (0x80 = negative)."""
        sign = 0
        if v < 0:
            sign, v = 0x80, -v
        if v == 0:
            self.buf.append(0)
            return
        body = v.to_bytes((v.bit_length() + 7) // 8, "big")
        self.buf.append(len(body) | sign)
        self.buf += body

    def blob(self, data: bytes | None) -> None:
        """Length-prefixed bytes; NULL and empty are both length zero."""
        if not data:
            self.buf.append(0)
        elif len(data) <= SHORT_MAX:
            self.buf.append(len(data))
            self.buf += data
        else:
            self.buf.append(LONG_MARK)
            for i in range(0, len(data), CHUNK):
                part = data[i : i + CHUNK]
                self.num(len(part))
                self.buf += part
            self.num(0)

    def two(self, data: bytes | str | None) -> None:
        """An integer length, then (if not zero) length-prefixed bytes."""
        if isinstance(data, str):
            data = data.encode()
        if not data:
            self.num(0)
        else:
            self.num(len(data))
            self.blob(data)


class Channel:
    """One client socket: a reader thread queues packets, markers raise a flag."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.large = False  # 4-byte packet lengths (after ACCEPT)
        self.sdu = 8192
        self.packets: queue.Queue = queue.Queue()
        self.interrupted = threading.Event()
        self.on_interrupt = None  # called from the reader thread
        self.rx = self.tx = 0
        self._thread = threading.Thread(target=self._pump, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _exact(self, n: int) -> bytes:
        out = bytearray()
        while len(out) < n:
            part = self.sock.recv(n - len(out))
            if not part:
                raise PeerGone
            out += part
        self.rx += n
        return bytes(out)

    def _pump(self) -> None:
        try:
            while True:
                head = self._exact(8)
                # a client still in the connect phase uses 2-byte lengths; the
                # upper half of a 4-byte length is zero below 64 KiB
                if head[0] or head[1]:
                    size = (
                        struct.unpack(">H", head[:2])[0]
                        if not self.large
                        else struct.unpack(">I", head[:4])[0]
                    )
                else:
                    size = struct.unpack(">I", head[:4])[0]
                body = self._exact(size - 8)
                kind = head[4]
                if kind == MARKER and body[2] != MARK_RESET:
                    self.interrupted.set()
                    if self.on_interrupt:
                        self.on_interrupt()
                self.packets.put((kind, body))
        except (PeerGone, OSError):
            self.packets.put(None)

    def next_packet(self) -> tuple[int, bytes]:
        item = self.packets.get()
        if item is None:
            self.packets.put(None)
            raise PeerGone
        return item

    def send(self, kind: int, body: bytes, flags: int = 0) -> None:
        size = len(body) + 8
        if self.large:
            head = struct.pack(">IBBH", size, kind, flags, 0)
        else:
            head = struct.pack(">HHBBH", size, 0, kind, flags, 0)
        self.sock.sendall(head + body)
        self.tx += size

    def marker(self, kind: int) -> None:
        self.send(MARKER, bytes((1, 0, kind)))

    def data(self, payload: bytes, last_flags: int = 0, stop_after: int | None = None) -> None:
        """Sends a payload as DATA packets no larger than the session unit."""
        room = self.sdu - 10
        for i in range(0, max(len(payload), 1), room):
            part = payload[i : i + room]
            last = i + room >= len(payload)
            if stop_after is not None and i + len(part) > stop_after:
                # header promises the whole packet, then the line goes dead
                size = len(part) + 10
                head = struct.pack(">IBBHH", size, DATA, 0, 0, 0)
                self.sock.sendall(head + part[: max(0, stop_after - i)])
                return
            flags = last_flags if last else 0
            self.send(DATA, struct.pack(">H", flags) + part)

    def drop(self, how: str = "rst") -> None:
        """Ends the connection: 'rst' (reset) or 'fin' (orderly close)."""
        try:
            if how == "rst":
                # end the reader first: a recv in progress would keep the
                # connection open and no reset would be sent
                self.sock.shutdown(socket.SHUT_RD)
                if self._thread.is_alive() and self._thread is not threading.current_thread():
                    self._thread.join(5)
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        with contextlib.suppress(OSError):
            self.sock.close()


class Reader:
    """Reads one request; asks the channel for more packets when it runs dry."""

    def __init__(self, chan: Channel, data: bytes) -> None:
        self.chan, self.buf, self.pos = chan, data, 0

    def _need(self, n: int) -> None:
        while len(self.buf) - self.pos < n:
            kind, body = self.chan.next_packet()
            if kind == MARKER:
                raise Interrupted(body[2])
            if kind == DATA:
                self.buf = self.buf[self.pos :] + body[2:]
                self.pos = 0

    @property
    def left(self) -> int:
        return len(self.buf) - self.pos

    def raw(self, n: int) -> bytes:
        self._need(n)
        out = self.buf[self.pos : self.pos + n]
        self.pos += n
        return out

    def u8(self) -> int:
        return self.raw(1)[0]

    def u16be(self) -> int:
        return struct.unpack(">H", self.raw(2))[0]

    def u16le(self) -> int:
        return struct.unpack("<H", self.raw(2))[0]

    def num(self) -> int:
        size = self.u8()
        sign = -1 if size & 0x80 else 1
        size &= 0x7F
        if size > 8:
            raise ValueError(f"integer of {size} bytes")
        return sign * int.from_bytes(self.raw(size), "big")

    def blob(self) -> bytes | None:
        size = self.u8()
        if size in (0, 0xFF):
            return None
        if size != LONG_MARK:
            return self.raw(size)
        out = bytearray()
        while part := self.num():
            out += self.raw(part)
        return bytes(out)

    def two(self) -> bytes | None:
        return self.blob() if self.num() else None

    def zstr(self) -> bytes:
        out = bytearray()
        while c := self.u8():
            out.append(c)
        return bytes(out)


class Interrupted(Exception):
    """A marker arrived in the middle of a request."""

    def __init__(self, kind: int) -> None:
        self.kind = kind
