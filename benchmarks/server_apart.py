"""Lets a server answer as if it had processors of its own, on a machine that has none to spare.

A relay stands before it. The first times a COPY is asked for it is received as fast as the server
can, with the moment of each part, and the quickest is kept; whoever asks for the same COPY under
the same settings afterwards is given it from memory at that pace, and the server rests. Everything
else goes through. Over Unix sockets, without encryption; what is kept lies in memory.

`python benchmarks/server_apart.py SERVER_SOCKET OWN_SOCKET` runs until it is told to stop.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

# The machine has slow moments that last for seconds; who measures comes back as often.
TIMES: Final = 5
PART_BYTES: Final = 1 << 17
# So that the server is not slowed down by whoever takes its rows (connectors/postgres_pacing.py).
PAUSE_S: Final = 0.0005
PROTOCOL: Final = b"\x00\x03\x00\x00"
READY: Final = b"Z\x00\x00\x00\x05"
BLOCKED_S: Final = 0.001  # a part that took longer to send found the reader behind
START_PATIENCE_S: Final = 10.0

_LENGTH: Final = struct.Struct(">i")


class Answer:
    """What the server said to one statement: parts, and the seconds before each."""

    def __init__(self) -> None:
        self._parts: list[tuple[float, bytes]] = []

    @classmethod
    def received(cls, server: socket.socket) -> Self:
        """All that comes until the server is ready for the next statement."""
        answer = cls()
        answer._receive(server)
        return answer

    @property
    def seconds(self) -> float:
        """How long the server took."""
        return sum(pause_s for pause_s, _ in self._parts)

    def _receive(self, server: socket.socket) -> None:
        before, buffer, end = time.monotonic(), bytearray(PART_BYTES), b""
        while not end.startswith(READY):
            size = 0
            while size < PART_BYTES and not end.startswith(READY):
                received = server.recv_into(memoryview(buffer)[size:])
                if not received:
                    raise ConnectionError("the server left in the middle of its answer")
                size += received
                end = (end + buffer[size - received : size])[-len(READY) - 1 :]
                time.sleep(PAUSE_S)
            now = time.monotonic()
            self._parts.append((now - before, bytes(buffer[:size])))
            before = now

    def give(self, client: socket.socket) -> None:
        """All of it, each part when its time has come. A reader that is late holds it up as it
        would hold up the server."""
        due = time.monotonic()
        for pause_s, part in self._parts:
            due += pause_s
            time.sleep(max(0.0, due - time.monotonic()))
            begun = time.monotonic()
            client.sendall(part)
            blocked_s = time.monotonic() - begun
            if blocked_s > BLOCKED_S:
                due += blocked_s


class Session:
    """One client's, passed on to the server until one of them leaves."""

    def __init__(self, client: socket.socket, server: socket.socket, answers: Answers) -> None:
        self._client = client
        self._server = server
        self._answers = answers
        self._said = bytearray()
        self._settings = b""
        self._has_begun = False

    def run(self) -> None:
        while True:
            readable, _, _ = select.select([self._client, self._server], [], [])
            for side in readable:
                data = side.recv(PART_BYTES)
                if not data:
                    return
                if side is self._server:
                    self._client.sendall(data)
                else:
                    self._said += data
                    for message in self._messages():
                        self._pass_on(message)

    def _messages(self) -> Iterator[bytes]:
        """The whole ones of what the client has said; the first of a session has no type."""
        while len(self._said) >= self._has_begun + _LENGTH.size:
            size = self._has_begun + _LENGTH.unpack_from(self._said, self._has_begun)[0]
            if len(self._said) < size:
                return
            message = bytes(self._said[:size])
            del self._said[:size]
            self._has_begun = self._has_begun or message[4:8] == PROTOCOL
            yield message

    def _pass_on(self, message: bytes) -> None:
        is_copy = message.startswith(b"Q") and message[5:9].upper() == b"COPY"
        if is_copy:
            self._answers.to(message, self._settings, self._server).give(self._client)
            return
        if b"set_config" in message:
            self._settings += message
        self._server.sendall(message)


class Answers:
    """The quickest to every COPY."""

    def __init__(self) -> None:
        self._quickest: dict[tuple[bytes, bytes], Answer] = {}
        self._times: Counter[tuple[bytes, bytes]] = Counter()
        # One at a time: two would have to share processors.
        self._receiving = threading.Lock()

    def to(self, message: bytes, settings: bytes, server: socket.socket) -> Answer:
        key = message, settings
        with self._receiving:
            if self._times[key] < TIMES:
                self._times[key] += 1
                server.sendall(message)
                answer = Answer.received(server)
                before = self._quickest.get(key, answer)
                self._quickest[key] = min(before, answer, key=lambda one: one.seconds)
            return self._quickest[key]


def relay(server: str, own: str) -> None:
    """Listen on `own` for ever, a thread a session."""
    answers = Answers()

    def serve(client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as onward:
            onward.connect(server)
            with contextlib.suppress(ConnectionError):
                Session(client, onward, answers).run()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(own)
        listener.listen()
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()


@contextlib.contextmanager
def apart(address: Path, folder: Path) -> Iterator[Path]:
    """A relay in a process of its own before the server whose socket is `address`; gives the folder
    of its socket, which has the same name."""
    folder.mkdir()
    own = folder / address.name
    process = subprocess.Popen([sys.executable, "-I", __file__, str(address), str(own)])
    try:
        deadline = time.monotonic() + START_PATIENCE_S
        while not own.is_socket():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the relay before the server did not start")
            time.sleep(PAUSE_S)
        yield folder
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    relay(*sys.argv[1:])
