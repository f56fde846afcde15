"""Clients that send or read slowly, or not at all, keep nobody else waiting."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import psutil
import pytest

from tests.e2e.product import API_KEY, Client, Product
from tests.waiting import wait_for

MEGABYTE = 1 << 20
HALF_OPEN = 200
ROUNDS = 10
PLACES = 8  # of 32 threads
LINE = (
    b"12345;S\xc3\xa3o Jo\xc3\xa3o do Norte;2024-02-01;some text that makes the line longer;7.25\n"
)


@pytest.fixture
def serving(product: Product) -> Product:
    # One key stands for many readers here.
    product.environment["ASQL_SECURITY__DOWNLOADS_PER_READER"] = "64"
    product.start("backend")
    product.wait_until_ready()
    return product


@pytest.fixture
def sockets(serving: Product) -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def _connected(product: Product, opened: ExitStack, sent: bytes) -> socket.socket:
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", product.port), 60))
    connection.sendall(sent)
    return connection


def _large_file(product: Product, name: str, size: int) -> int:
    """A CSV file of about this size that nobody published; returns its rows."""
    folder = product.data / "csv"
    folder.mkdir(parents=True, exist_ok=True)
    lines = MEGABYTE // len(LINE)
    blocks = size // (lines * len(LINE))
    with (folder / f"{name}.csv").open("wb") as file:
        file.write(b"id;nome;dia;texto;valor\n")
        for _ in range(blocks):
            file.write(LINE * lines)
    return blocks * lines


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {API_KEY}\r\n\r\n".encode()


def _all_answered(client: Client, paths: Sequence[str], keep_going: Callable[[], object]) -> None:
    """Every one of many small requests is answered while the slow ones go on being slow."""
    for _ in range(ROUNDS):
        for path in paths:
            assert client.call("GET", path).status == 200, path
        keep_going()


def test_half_open_connections_keep_nobody_waiting(serving: Product, sockets: ExitStack) -> None:
    root = serving.login()
    begun = b"GET /api/jobs HTTP/1.1\r\nHost: x\r\nX-Slow: "
    half_open = [_connected(serving, sockets, begun) for _ in range(HALF_OPEN)]
    _all_answered(root, ("/healthz", "/api/me", "/api/jobs"), lambda: None)
    # One that was half open all the time may still finish its request
    half_open[-1].sendall(b"1\r\n\r\n")
    assert half_open[-1].recv(12).startswith(b"HTTP/1.1 401")


class SlowReader:
    """Asks for everything, and takes now and then a little of it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        # The answer begins, however long that takes: with rows, or with a refusal.
        self.status = int(connection.recv(12).split()[1])

    def take_a_little(self) -> int:
        return len(self._connection.recv(MEGABYTE))


@pytest.mark.parametrize("count", [16, pytest.param(200, marks=pytest.mark.slow)])
def test_slow_readers_keep_nobody_waiting(serving: Product, sockets: ExitStack, count: int) -> None:
    root = serving.login()
    _large_file(serving, "grande", 40 * MEGABYTE)
    asked = [
        _connected(serving, sockets, _request("/api/data/datasets/grande")) for _ in range(count)
    ]
    readers = [SlowReader(connection) for connection in asked]
    held = [reader for reader in readers if reader.status == 200]
    # A quarter of the threads and no more; whoever comes too late is told so at once.
    assert len(held) == PLACES
    assert {reader.status for reader in readers if reader not in held} == {503}
    paths = ("/healthz", "/api/me", "/api/jobs", "/api/data/datasets/grande?limit=5")
    _all_answered(root, paths, lambda: [reader.take_a_little() for reader in held])
    # All the while not one of them has finished or lost its place.
    refused = serving.reader().call("GET", "/api/data/datasets/grande")
    assert (refused.status, refused.body["code"]) == (503, "server_busy")
    assert refused.headers["Retry-After"] == "5"
    assert all(reader.take_a_little() for reader in held)
    sockets.close()
    wait_for(
        lambda: serving.reader().call("GET", "/api/data/datasets/grande").status == 200,
        what="a large answer to be possible again",
    )


@pytest.mark.slow
def test_large_dataset_is_streamed_in_constant_memory(serving: Product, sockets: ExitStack) -> None:
    rows = _large_file(serving, "enorme", 300 * MEGABYTE)
    backend = psutil.Process(serving.processes["backend"].pid)
    # The first answer loads what any later one needs as well
    serving.reader().dataset("enorme", limit=1)
    before = peak = backend.memory_info().rss
    reader = _connected(serving, sockets, _request("/api/data/datasets/enorme"))
    answer = reader.makefile("rb")
    # The header first: its last line may end as the last piece of the body does.
    while answer.readline().strip():
        pass
    received, found, tail = 0, 0, b""
    while not tail.endswith(b"0\r\n\r\n"):
        data = answer.read1(MEGABYTE)
        assert data, "the answer broke off"
        received += len(data)
        found += data.count(b'"id":')
        tail = (tail + data)[-16:]
        peak = max(peak, backend.memory_info().rss)
    assert received > 300 * MEGABYTE
    # A key may be cut in two where two pieces meet
    assert rows * 0.999 < found <= rows
    assert peak - before < 80 * MEGABYTE, f"{(peak - before) / MEGABYTE:.0f} MB more"
