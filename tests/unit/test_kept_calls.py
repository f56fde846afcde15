"""Many requests to one server: connections kept, replaced, cut in time, and checked as ever."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from services.kept_calls import KeptCalls
from services.outgoing import OutgoingFailed, OutgoingRefused, WebAnswer

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Speak = Callable[[socket.socket, int], bool]


def whole_requests(connection: socket.socket) -> Iterator[bytes]:
    """Header and body of each, in however many pieces they arrive."""
    with connection.makefile("rb") as arriving:
        head = b""
        while line := arriving.readline():
            head += line
            if line == b"\r\n":
                size = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
                yield head + arriving.read(int(size[1]) if size else 0)
                head = b""


@dataclass
class Server:
    """Counts its connections; `speak` answers a request, False ends the connection."""

    speak: Speak
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                for number, request in enumerate(whole_requests(connection), start=1):
                    self.requests.append(request)
                    if not self.speak(connection, number):
                        return
            except OSError:
                return


@contextmanager
def running(speak: Speak) -> Iterator[Server]:
    server = Server(speak)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        server.port = listening.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=(listening,), daemon=True)
        thread.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(30)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection grows old because the machine is slow."""
    monkeypatch.setattr("services.kept_calls.KEPT_S", 3600.0)


def answers(connection: socket.socket, number: int) -> bool:
    connection.sendall(ANSWER)
    return True


def ask(calls: KeptCalls, port: int, *, timeout_s: float = 300, body: bytes = b"{}") -> WebAnswer:
    url = f"http://127.0.0.1:{port}/foto"
    return calls.send(url, method="POST", headers={}, body=body, timeout_s=timeout_s)


def test_one_connection_serves_many_requests() -> None:
    with running(answers) as server, KeptCalls(["127.0.0.1"]) as calls:
        for number in range(20):
            answer = ask(calls, server.port, body=b"%d" % number)
            assert (answer.status, answer.body) == (200, b"ok")
        assert server.connections == 1


def test_as_many_connections_as_requests_at_once_and_no_more() -> None:
    all_there = threading.Barrier(4, timeout=60)

    def together(connection: socket.socket, number: int) -> bool:
        all_there.wait()
        return answers(connection, number)

    with running(together) as server, KeptCalls(["127.0.0.1"]) as calls:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(3):
                found = list(pool.map(lambda _: ask(calls, server.port).status, range(4)))
                assert found == [200] * 4
        assert server.connections == 4


def test_connection_that_was_closed_meanwhile_is_replaced() -> None:
    def once(connection: socket.socket, number: int) -> bool:
        if number > 1:
            return False  # the request came, and the line is cut without an answer
        return answers(connection, number)

    with running(once) as server, KeptCalls(["127.0.0.1"]) as calls:
        assert [ask(calls, server.port).status for _ in range(4)] == [200] * 4
        assert server.connections == 4


def test_server_that_cuts_every_line_is_told_as_it_is() -> None:
    with running(lambda *_: False) as server, KeptCalls(["127.0.0.1"]) as calls:
        with pytest.raises(OutgoingFailed, match="did not answer"):
            ask(calls, server.port)
        # It should not have asked again by itself on a new connection
        assert server.connections == 1


@pytest.mark.parametrize("kept", [False, True])
def test_server_that_drips_is_cut_in_time(kept: bool) -> None:
    stop = threading.Event()

    def drip(connection: socket.socket, number: int) -> bool:
        if kept and number == 1:
            return answers(connection, number)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b".")
        return False

    with running(drip) as server, KeptCalls(["127.0.0.1"]) as calls:
        if kept:
            ask(calls, server.port)
        with pytest.raises(OutgoingFailed):
            ask(calls, server.port, timeout_s=0.5)
        stop.set()


def test_addresses_are_checked_before_any_connection() -> None:
    with running(answers) as server, KeptCalls() as calls:
        with pytest.raises(OutgoingRefused):
            ask(calls, server.port)
        assert server.connections == 0


def test_connections_that_grew_old_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(answers) as server, KeptCalls(["127.0.0.1"]) as calls:
        ask(calls, server.port)
        now = time.monotonic()
        monkeypatch.setattr("services.kept_calls.time.monotonic", lambda: now + 7200)
        ask(calls, server.port)
        assert server.connections == 2
