"""The sessions of a transfer at PostgreSQL: opened, told apart by job, stopped all together.

Every session carries the job's mark in its application_name. Whoever begins ends all sessions of
that mark before it writes anything, so that a worker that froze and woke up finds its transaction
gone.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from connectors import postgres_errors
from connectors.base import ConnectionSpec, SessionTags, SourceError, SourceFailed
from connectors.limits import Limits
from connectors.postgres import libpq_parameters
from connectors.postgres_kill import end_session, stop_statement
from connectors.postgres_line import LineLost, ServerFault, first_line
from vocabulary import ErrorClass

CONNECT_TIMEOUT_S = 10
WATCH_S = 0.1
STOP_GRACE_S = 5.0
END_WAIT_S = 60.0
LOCK_TIMEOUT_MS = 60_000
SETTINGS = {
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "lock_timeout": str(LOCK_TIMEOUT_MS),
}
# Of the same account only, as nobody may end those of others; never the asking session itself.
_STALE = """
SELECT pid FROM pg_stat_activity
WHERE application_name = %s AND usename = current_user AND pid <> pg_backend_pid()
"""


class TargetBusy(SourceFailed):
    """Sessions of an earlier run of the job do not end."""

    code = "target_busy"
    default_class = ErrorClass.TRANSIENT


@dataclass
class Sessions:
    """Every open session of one run; safe to use from several threads.

    `mark`: what tells the job's sessions from those of other jobs and other installations.
    """

    mark: str
    limits: Limits
    time_zone: str = "UTC"
    _open: dict[int, tuple[Connection, Mapping[str, str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _others: list[Any] = field(default_factory=list)

    def cancel(self) -> None:
        """Stop every statement in its database; callable from another thread."""
        self.limits.cancel()
        self._stop_all()

    @contextlib.contextmanager
    def opened(self, spec: ConnectionSpec, *, read_only: bool) -> Iterator[Connection]:
        """A session of the account, closed and rolled back at the end. Raises a SourceError."""
        self.limits.check(postgres_errors.place(spec))
        parameters = libpq_parameters(spec, SessionTags("transfer")) | {
            "application_name": self.mark,
            "connect_timeout": str(CONNECT_TIMEOUT_S),
        }
        with translated(spec, self.limits):
            connection: Connection = psycopg2.connect(**dict[str, Any](parameters))
        with contextlib.closing(connection):
            pid = connection.info.backend_pid
            with self._lock:
                self._open[pid] = (connection, parameters)
            try:
                with translated(spec, self.limits):
                    connection.set_session(readonly=read_only)
                    _set(connection, SETTINGS | {"TimeZone": self.time_zone})
                    connection.commit()
                    yield connection
            finally:
                with self._lock:
                    del self._open[pid]

    @contextlib.contextmanager
    def holding(self, session: Any) -> Iterator[None]:
        """Let `cancel` reach a session of another kind of database meanwhile."""
        with self._lock:
            self._others.append(session)
        try:
            yield
        finally:
            with self._lock:
                self._others.remove(session)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Stop every statement when the time limit is reached."""
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(over,), name="transfer-watch")
        watcher.daemon = True
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def end_earlier(self, connection: Connection) -> int:
        """End what is left of earlier attempts and runs of the job, and wait until it is gone.

        Returns how many there were. Raises TargetBusy when one does not end.
        """
        found: set[int] = set()
        give_up = time.monotonic() + END_WAIT_S
        while pids := self._stale(connection):
            found |= set(pids)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(p) FROM unnest(%s) p", (pids,))
            connection.commit()
            if time.monotonic() > give_up:
                raise TargetBusy(
                    f"A session of an earlier run of this job (process {pids[0]}) does not end "
                    "at the target.",
                    hint="Ask its administrator to end it; the run is tried again.",
                )
            time.sleep(WATCH_S)
        return len(found)

    def _stale(self, connection: Connection) -> list[int]:
        with self._lock:
            ours = set(self._open)
        with connection.cursor() as cursor:
            cursor.execute(_STALE, (self.mark,))
            pids = [int(row[0]) for row in cursor.fetchall()]
        connection.commit()
        return [pid for pid in pids if pid not in ours]

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(WATCH_S):
            if self.limits.is_reached:
                self._stop_all()
                if over.wait(STOP_GRACE_S):
                    return

    def _stop_all(self) -> None:
        """Cancel what runs; a session that goes on all the same is ended at the next call."""
        with self._lock:
            sessions, others = list(self._open.items()), list(self._others)
        for pid, (_, parameters) in sessions:
            stop_statement(parameters, pid) or end_session(parameters, pid)
        for other in others:
            other.cancel()


def _set(connection: Connection, settings: Mapping[str, str]) -> None:
    calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [part for item in settings.items() for part in item])


@contextlib.contextmanager
def translated(spec: ConnectionSpec, limits: Limits) -> Iterator[None]:
    """Errors of the driver as those of a source or target, with what to do."""
    try:
        yield
    except psycopg2.Error as exc:
        raise source_error(spec, limits, exc) from exc


def source_error(spec: ConnectionSpec, limits: Limits, exc: psycopg2.Error) -> SourceError:
    """What the driver says, in the words of the connectors."""
    if exc.pgcode is None:
        lost = LineLost(first_line(str(exc)))
        is_login = "connection to server" in str(exc) and "failed" in str(exc)
        if is_login and not limits.is_reached:
            return postgres_errors.connect_error(spec, lost)
        return postgres_errors.lost_error(spec, lost, limits)
    fault = ServerFault(
        sqlstate=exc.pgcode,
        message=exc.diag.message_primary or first_line(str(exc)),
        detail=exc.diag.message_detail,
        hint=exc.diag.message_hint,
        position=None,
    )
    return postgres_errors.query_error(spec, None, fault, limits)
