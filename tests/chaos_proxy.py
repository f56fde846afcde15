"""A proxy between a client and a database that cuts or silences the line on command."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

CHUNK = 65_536


class ChaosProxy:
    """Listens on 127.0.0.1 and passes everything on to `target`.

    `target` is (host, port), or the path of a Unix socket. What is broken counts in `faults`, so
    that a test can show that its fault happened.
    """

    def __init__(self, target: tuple[str, int] | str) -> None:
        self._target = target
        self._flowing = threading.Event()
        self._flowing.set()
        self._closing = threading.Event()
        self._cut_after: int | None = None
        self._silence_after: int | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.faults = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._flowing.set()
        # A thread that waits in accept() wakes up by this and not by close().
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for line in self._open:
                _reset(line)

    def cut_after(self, count: int) -> None:
        """Reset each line after so many more bytes from the server."""
        self._cut_after = count

    def heal(self) -> None:
        """New lines work again, silenced ones go on."""
        self._cut_after = self._silence_after = None
        self._flowing.set()

    def silence(self) -> None:
        """Keep every line open and pass nothing on, as a network that lost its way does."""
        self.faults += 1
        self._flowing.clear()

    def silence_after(self, count: int) -> None:
        """Fall silent as soon as a line has brought so many more bytes from the server."""
        self._silence_after = count

    def cut_all(self) -> None:
        """Reset every line that is open now; new ones work."""
        self.faults += 1
        with self._lock:
            lines = list(self._open)
        for line in lines:
            _reset(line)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client = self._listening.accept()[0]
            except OSError:
                continue
            try:
                server = self._connected()
            except OSError:
                _reset(client)
                continue
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _connected(self) -> socket.socket:
        if isinstance(self._target, tuple):
            return socket.create_connection(self._target)
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(self._target)
        except OSError:
            line.close()
            raise
        return line

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Both directions, until both have ended."""
        with self._lock:
            self._open |= {client, server}
        questions = threading.Thread(target=self._pump, args=(client, server, False), daemon=True)
        questions.start()
        self._pump(server, client, True)
        questions.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                self._flowing.wait()
                if is_answer:
                    passed += len(data)
                    if self._silence_after is not None and passed >= self._silence_after:
                        self.silence()
                        self._flowing.wait()
                    if self._cut_after is not None and passed >= self._cut_after:
                        self.faults += 1
                        _reset(source)
                        _reset(sink)
                        return
                sink.sendall(data)
        for line in (source, sink):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def _reset(line: socket.socket) -> None:
    """Close so that the other side sees a reset and not an orderly end."""
    with contextlib.suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.shutdown(socket.SHUT_RDWR)
    line.close()
