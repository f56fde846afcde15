"""Ends the wait for a metadata database that hangs: it keeps its lines and answers nothing.

The server's own limits do not help then, and libpq waits for ever. Connections made with these
classes note when a statement begins; one thread a process drops the line of those that wait too
long, and whoever waits gets the error of a lost connection.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
import weakref
from typing import Any

import psycopg2
import psycopg2.extensions

log = logging.getLogger(__name__)

ANSWER_LIMIT_S = 30.0
LOOK_EVERY_S = 1.0


class WatchedConnection(psycopg2.extensions.connection):
    """`busy_since` is the steady clock's moment at which it began to wait; None: it does not."""

    busy_since: float | None = None
    is_unlimited = False

    def commit(self) -> None:
        self.busy_since = time.monotonic()
        try:
            super().commit()
        finally:
            self.busy_since = None

    def rollback(self) -> None:
        self.busy_since = time.monotonic()
        try:
            super().rollback()
        finally:
            self.busy_since = None


class WatchedCursor(psycopg2.extensions.cursor):
    """Notes the beginning and end of each statement on its connection."""

    connection: WatchedConnection

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - the driver's own name
        connection = self.connection
        connection.busy_since = time.monotonic()
        try:
            super().execute(query, vars)
        finally:
            connection.busy_since = None


class Watchdog:
    """Looks at every connection once a second, in a thread of its own from the first one on."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._connections: weakref.WeakSet[WatchedConnection] = weakref.WeakSet()

    def watch(self, connection: WatchedConnection) -> None:
        """From now on it waits for no answer longer than the limit."""
        with self._lock:
            self._connections.add(connection)
            if self._thread is None:
                # Not made before: a thread made before a fork cannot be relied on after it.
                self._thread = threading.Thread(
                    target=self._look, name="metadb-watchdog", daemon=True
                )
                self._thread.start()

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            with self._lock:
                watched = list(self._connections)
            for connection in watched:
                since = connection.busy_since
                late = since is not None and time.monotonic() - since > ANSWER_LIMIT_S
                if late and not connection.is_unlimited:
                    log.warning("metadata_answer_overdue", extra={"limit_s": ANSWER_LIMIT_S})
                    connection.busy_since = None
                    _drop(connection)


def _drop(connection: WatchedConnection) -> None:
    """Wake up the thread that waits; closing is its business."""
    with (
        contextlib.suppress(OSError, psycopg2.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
