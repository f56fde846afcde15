"""Messages of PostgreSQL's protocol are found in a block of bytes, whatever the rows hold."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.postgres_line import LineLost
from connectors.postgres_stream import DATA, data_messages

FIELDS = 5
# What looks like the beginning of a message, and what does not.
SIGNS = st.sampled_from(b"d\x00\x05\x09\xff")
BODIES = st.one_of(
    st.lists(SIGNS, max_size=12).map(bytes),
    st.lists(SIGNS, max_size=9).map(lambda signs: b"\x00\x05" + bytes(signs)),
    st.just(b"\x00\x05" + bytes(70_000)),
)


def message(body: bytes) -> bytes:
    return b"d" + struct.pack(">i", len(body) + 4) + body


@given(
    before=st.sampled_from([b"", b"Z\x00\x00\x00\x05I", b"dddd"]),
    bodies=st.lists(BODIES, max_size=8),
    rest=st.sampled_from([b"", b"d", b"d\x00\x00", message(b"\x00\x05abc")[:-1], b"c\0\0\0\x04"]),
    room=st.integers(0, 9),
)
@example(before=b"", bodies=[b"\x00\x05d\x00\x00\x00\x09\x00\x05d"] * 3, rest=b"", room=0)
def test_whole_messages_are_found_one_by_one(
    before: bytes, bodies: list[bytes], rest: bytes, room: int
) -> None:
    data = before + b"".join(map(message, bodies)) + rest
    signs = np.frombuffer(bytearray(data + bytes([DATA]) * room), np.uint8)
    starts, behind = data_messages(signs, len(before), len(data), FIELDS)
    wanted = [len(before)]
    for body in bodies:
        wanted.append(wanted[-1] + len(message(body)))
    assert [*starts.tolist(), behind] == wanted


def test_a_length_that_cannot_be_is_a_lost_line() -> None:
    signs = np.frombuffer(bytearray(b"d\x00\x00\x00\x01" + bytes(9)), np.uint8)
    with pytest.raises(LineLost, match="length 1"):
        data_messages(signs, 0, len(signs), FIELDS)
