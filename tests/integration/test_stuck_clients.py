"""The server ends connections that are stuck, and gives their threads back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from auxiliares import Settings
from tests.waiting import wait_for
from webapi import server

CHUNK = b"x" * (1 << 20)
CHUNKS = 200


class Endless:
    """An application whose answer nobody can hold; it knows how many answers are under way."""

    def __init__(self) -> None:
        self.under_way = 0
        self.ended = 0

    def __call__(self, _environ: object, start_response: Callable[..., object]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self._body()

    def _body(self) -> Iterator[bytes]:
        self.under_way += 1
        try:
            for _ in range(CHUNKS):
                yield CHUNK
        finally:
            self.ended += 1


@pytest.fixture
def application() -> Endless:
    return Endless()


@pytest.fixture
def port(
    application: Endless, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    """A running server whose patience lasts half a second."""
    monkeypatch.setattr(server, "STALL_LIMIT_S", 0.5)
    monkeypatch.setattr(server, "ARRIVAL_LIMIT_S", 0.5)
    monkeypatch.setattr(server, "CLEANUP_INTERVAL_S", 1)
    listening = server.listen("127.0.0.1", 0)
    serving = server.make_server(application, listening, settings)
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            serving.asyncore.loop(timeout=0.2, map=serving._map, use_poll=True, count=1)

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    stopping.set()
    thread.join(10)
    serving.task_dispatcher.shutdown()
    serving.close()


def test_reader_that_never_reads_loses_its_connection(application: Endless, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: application.under_way, what="the answer to begin")
        wait_for(lambda: application.ended, timeout_s=15, what="the answer to be given up")


def test_reader_that_reads_slowly_gets_everything(application: Endless, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
        received = 0
        while data := client.recv(1 << 20):
            received += len(data)
    assert received > CHUNKS * len(CHUNK)


def test_request_that_arrives_too_slowly_is_cut_off(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 15) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        alive = threading.Event()

        def trickle() -> bool:
            try:
                client.sendall(b"X-More: x\r\n")
            except OSError:
                alive.set()
            return alive.is_set()

        wait_for(trickle, timeout_s=15, what="the trickle to be cut off")
