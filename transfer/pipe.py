"""Rows from a producer into one COPY FROM STDIN, through the kernel's pipe and no file.

Memory stays flat at any number of rows: what neither side has taken yet fits into the pipe.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from auxiliares import AutomacaoError
from transfer.meter import Meter

BLOCK = 1 << 16
PIPE_BYTES = 1 << 20
F_SETPIPE_SZ = 1031  # linux/fcntl.h

Produce = Callable[[IO[bytes]], int]


@dataclass(frozen=True, slots=True)
class Copied:
    """Rows and bytes that one COPY took."""

    rows: int
    size_bytes: int


class _Reader:
    """The end of the pipe that the target reads from, counting.

    `fault` is what the meter raised: the driver hides it behind an error of the server, which takes
    it for a query that was cancelled.
    """

    def __init__(self, pipe: IO[bytes], meter: Meter) -> None:
        self._pipe, self._meter = pipe, meter
        self.size_bytes = 0
        self.fault: AutomacaoError | None = None

    def read(self, size: int = BLOCK) -> bytes:
        block = self._pipe.read(size) or b""
        self.size_bytes += len(block)
        try:
            self._meter.add(size_bytes=len(block))
        except AutomacaoError as exc:
            self.fault = exc
            raise
        return block

    def readline(self, size: int = -1) -> bytes:
        """The driver asks for it and never calls it."""
        return self._pipe.readline(size)


def copy_in(connection: Connection, statement: str, produce: Produce, meter: Meter) -> Copied:
    """Run `statement`, a COPY FROM STDIN, on what `produce` writes; the caller commits.

    A fault of the meter or the producer is raised as it is, whatever the target made of the end of
    its rows.
    """
    pid, rows = connection.info.backend_pid, 0
    meter.begin(pid)
    try:
        copied = _copied(connection, statement, produce, meter)
        rows = copied.rows
        return copied
    finally:
        meter.end(pid, rows)


def _copied(connection: Connection, statement: str, produce: Produce, meter: Meter) -> Copied:
    read_end, write_end = os.pipe()
    _widen(write_end)
    with ThreadPoolExecutor(1, thread_name_prefix="transfer-read") as pool:
        source = pool.submit(_write, produce, os.fdopen(write_end, "wb", buffering=BLOCK))
        with os.fdopen(read_end, "rb", buffering=0) as pipe, connection.cursor() as cursor:
            reader = _Reader(pipe, meter)
            try:
                cursor.copy_expert(statement, reader, size=BLOCK)
            except (psycopg2.Error, AutomacaoError):
                pipe.close()  # wakes up a producer that waits for somebody to read
                fault = reader.fault or source.exception()
                if fault is not None and not isinstance(fault, BrokenPipeError):
                    raise fault from None
                raise
            rows = int(cursor.rowcount)
        source.result()
    return Copied(rows, reader.size_bytes)


def _write(produce: Produce, pipe: IO[bytes]) -> int:
    try:
        return produce(pipe)
    finally:
        # Nobody reads any more when this fails: then what is in the buffer is of no use.
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def copy_out(connection: Connection, statement: str) -> Produce:
    """A producer that runs `statement`, a COPY TO STDOUT, in the session's transaction."""

    def produce(pipe: IO[bytes]) -> int:
        with connection.cursor() as cursor:
            cursor.copy_expert(statement, pipe)
            return int(cursor.rowcount)

    return produce


def _widen(pipe: int) -> None:
    """A wider pipe lets both sides run on instead of waking each other for each block."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, F_SETPIPE_SZ, PIPE_BYTES)
