"""What passes between the server and the process that runs a reader's SQL: lengths and bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, BinaryIO, Final

_HEAD: Final = struct.Struct(">BI")


class Frame(IntEnum):
    """What a message of the process is."""

    TABLES = 1  # the datasets it wants to read
    COLUMNS = 2
    LINES = 3  # rows as exact lines
    END = 4
    FAULT = 5


def send(output: BinaryIO, kind: Frame, data: bytes) -> None:
    output.write(_HEAD.pack(kind, len(data)))
    output.write(data)
    output.flush()


def send_document(output: BinaryIO, kind: Frame, document: Mapping[str, Any]) -> None:
    send(output, kind, json.dumps(document).encode())


def receive(source: BinaryIO, limit: int) -> tuple[Frame, bytes] | None:
    """The next message; None when the other end has gone or talks of more than `limit` bytes."""
    head = source.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, length = _HEAD.unpack(head)
    if length > limit:
        return None
    data = source.read(length)
    return (Frame(kind), data) if len(data) == length else None
