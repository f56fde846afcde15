"""The bulk path out of PostgreSQL: one COPY in a session of its own.

psycopg2 hands each row of a COPY to the sink from C, at half the processor time of any loop in
Python (benchmarks/export_postgres.py). It speaks the simple protocol, which would run several
statements at once: only text that the extended protocol has prepared alone may be put in here.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from connectors.base import ByteSink, RowBlockSink
from connectors.limits import Limits
from connectors.postgres_kill import CONNECT_TIMEOUT_S, end_session, stop_statement
from connectors.postgres_line import LineLost, ServerFault, first_line
from connectors.postgres_pacing import paced

WATCH_S = 0.1
ASK_AGAIN_S = 1.0
STOP_GRACE_S = 10.0  # between asking the server to stop and ending its session
END_GRACE_S = 6.0  # between ending its session and dropping the line


def copy_out(
    parameters: Mapping[str, str],
    settings: Mapping[str, str],
    statement: str,
    *,
    sink: ByteSink,
    limits: Limits,
    is_binary: bool = False,
) -> int:
    """Run `statement`, a COPY TO STDOUT, in a read-only transaction; returns its rows.

    `settings` are set for the transaction alone. Raises LineLost and ServerFault, and whatever
    the sink raises; the session is closed in any case.
    """
    with opened(parameters, limits) as connection:
        with faults():
            connection.set_session(readonly=True)
            configure(connection, settings)
        return copy_rows(connection, statement, sink, is_binary=is_binary)


@contextlib.contextmanager
def opened(parameters: Mapping[str, str], limits: Limits) -> Iterator[Connection]:
    """A session whose statement is stopped when its limits are reached, or the block fails."""
    with faults():
        connection: Connection = psycopg2.connect(**dict[str, Any](parameters))
    with contextlib.closing(connection), _watched(connection, parameters, limits):
        yield connection


def configure(connection: Connection, settings: Mapping[str, str]) -> None:
    """Set what holds for the transaction alone, in one round trip."""
    calls = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [part for item in settings.items() for part in item])


def copy_rows(
    connection: Connection, statement: str, sink: ByteSink, *, is_binary: bool = False
) -> int:
    """Run the COPY and end the transaction; returns the rows.

    Lines come to the sink many at a time. Binary rows come one by one, best to a method of C;
    where the sink takes blocks of them they are read from the line, unless that is encrypted.
    """
    if is_binary and isinstance(sink, RowBlockSink) and _is_plain(connection):
        # numpy, which only these need.
        from connectors.postgres_stream import read_copy

        rows = read_copy(connection, statement, sink)
    else:
        pacing = contextlib.nullcontext(sink) if is_binary else paced(connection, sink)
        with faults(), connection.cursor() as cursor, pacing as rows_sink:
            cursor.copy_expert(statement, rows_sink)
            rows = int(cursor.rowcount)
    with faults():
        connection.rollback()
    return rows


def _is_plain(connection: Connection) -> bool:
    """Whether what goes over the line is what the protocol says."""
    info = connection.info
    return not info.ssl_in_use and info.dsn_parameters.get("gssencmode") == "disable"


@contextlib.contextmanager
def faults() -> Iterator[None]:
    """Errors of the driver in the words of this package."""
    try:
        yield
    except psycopg2.Error as exc:
        raise _translated(exc) from exc


def _translated(exc: psycopg2.Error) -> LineLost | ServerFault:
    if exc.pgcode is None:
        return LineLost(first_line(str(exc)))
    return ServerFault(
        sqlstate=exc.pgcode,
        message=exc.diag.message_primary or first_line(str(exc)),
        detail=exc.diag.message_detail,
        hint=exc.diag.message_hint,
        position=None,
    )


@contextlib.contextmanager
def _watched(
    connection: Connection, parameters: Mapping[str, str], limits: Limits
) -> Iterator[None]:
    """Stop the statement from a second thread when its limits are reached."""
    is_over = threading.Event()
    watcher = threading.Thread(
        target=_watch,
        args=(connection, parameters, limits, is_over),
        name="copy-watch",
        daemon=True,
    )
    watcher.start()
    try:
        yield
    except BaseException:
        # The sink gave up: the server must not go on computing rows nobody takes.
        _ask_to_stop(connection, parameters).join(ASK_AGAIN_S)
        raise
    finally:
        is_over.set()
        watcher.join()


def _watch(
    connection: Connection,
    parameters: Mapping[str, str],
    limits: Limits,
    is_over: threading.Event,
) -> None:
    """Ask the server to stop, again and again; end its session, then drop the line."""
    while not limits.is_reached:
        if is_over.wait(WATCH_S):
            return
    drop_at = time.monotonic() + STOP_GRACE_S
    asking: threading.Thread | None = None
    while time.monotonic() < drop_at:
        if asking is None or not asking.is_alive():
            asking = _ask_to_stop(connection, parameters)
        if is_over.wait(ASK_AGAIN_S):
            return
    pid = connection.info.backend_pid
    threading.Thread(
        target=end_session, args=(parameters, pid), name="copy-end", daemon=True
    ).start()
    if not is_over.wait(END_GRACE_S):
        _drop(connection)


def _ask_to_stop(connection: Connection, parameters: Mapping[str, str]) -> threading.Thread:
    """Ask in a thread of its own: on a line that is dead the answer may never come.

    Where another session cannot do it, because the account may have no second one or a pooler
    stands between, the driver's own request does; only where the server has just been heard, as
    that request holds the whole interpreter until it is answered.
    """
    pid = connection.info.backend_pid

    def ask() -> None:
        started = time.monotonic()
        if stop_statement(parameters, pid):
            return
        if time.monotonic() - started < CONNECT_TIMEOUT_S / 2:
            with contextlib.suppress(psycopg2.Error):
                connection.cancel()

    thread = threading.Thread(target=ask, name="copy-cancel", daemon=True)
    thread.start()
    return thread


def _drop(connection: Connection) -> None:
    """Wake up the thread that waits on a dead line; closing is its business."""
    with (
        contextlib.suppress(OSError, psycopg2.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
