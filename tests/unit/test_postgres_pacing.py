"""A reader that has kept up lets the server get ahead; no row is lost or torn by it."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import postgres_pacing
from connectors.postgres_pacing import BLOCK_BYTES, LITTLE_BYTES, paced

pytestmark = pytest.mark.skipif(
    not postgres_pacing.CAN_PAUSE, reason="other systems read without a pause"
)


@dataclass
class Line:
    """Two ends of a line; what the server's writes waits at ours, as it does at libpq's."""

    server: socket.socket
    ours: socket.socket
    pauses: list[int] = field(default_factory=list)

    def fileno(self) -> int:
        return self.ours.fileno()


class Rows(list[bytes]):
    def write(self, data: bytes) -> None:
        self.append(data)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    server, ours = socket.socketpair()
    with server, ours:
        ours.setblocking(False)
        found = Line(server, ours)
        monkeypatch.setattr(postgres_pacing, "pause", lambda: found.pauses.append(1))
        yield found


def pacing(line: Line, sink: Rows) -> Any:
    return paced(cast("Any", line), sink)


@given(st.lists(st.integers(1, BLOCK_BYTES * 2), min_size=1, max_size=12))
def test_blocks_are_whole_rows_in_order(sizes: list[int]) -> None:
    rows = [bytes([n]) * size for n, size in enumerate(sizes)]
    blocks = Rows()
    server, ours = socket.socketpair()
    with server, ours:
        ours.setblocking(False)
        with pacing(Line(server, ours), blocks) as sink:
            for row in rows:
                sink.write(row)
        assert ours.fileno() >= 0
    assert b"".join(blocks) == b"".join(rows)
    ends = {sum(sizes[:n]) for n in range(1, len(sizes) + 1)}
    assert {sum(map(len, blocks[:n])) for n in range(1, len(blocks) + 1)} <= ends


@pytest.mark.parametrize(("waiting", "pauses"), [(0, 2), (100, 2), (LITTLE_BYTES, 0)])
def test_only_a_reader_that_has_taken_everything_pauses(
    line: Line, waiting: int, pauses: int
) -> None:
    line.server.sendall(bytes(waiting))
    with pacing(line, Rows()) as sink:
        sink.write(bytes(BLOCK_BYTES))
        sink.write(b"last")
    assert len(line.pauses) == pauses
    # Looking takes nothing away.
    line.server.shutdown(socket.SHUT_WR)
    assert len(b"".join(iter(lambda: line.ours.recv(1 << 16), b""))) == waiting


def test_nothing_is_written_after_a_failure(line: Line) -> None:
    blocks = Rows()
    with pytest.raises(ValueError, match="lost"), pacing(line, blocks) as sink:
        sink.write(b"one row")
        raise ValueError("lost")
    del sink
    gc.collect()
    assert blocks == []
    line.server.sendall(b"still there")
    assert line.ours.recv(99) == b"still there"
