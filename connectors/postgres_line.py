"""One connection to PostgreSQL by libpq's extended protocol, never blocking other threads.

libpq's blocking calls hold the interpreter while they wait; here every wait is a select of our
own, which also ends when the session is cancelled or its time is up.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo
from psycopg.pq.abc import PGcancelConn, PGconn, PGresult

from connectors.base import ByteSink
from connectors.limits import Limits

FIELD = pq.DiagnosticField
POLL_S = 1.0
LOOK_EVERY_ROWS = 256
CANCEL_TIMEOUT_S = 5.0
STOP_GRACE_S = 10.0  # between asking the server to stop and dropping the line


class LineLost(Exception):
    """No connection could be made, or it broke; the message is libpq's or the server's."""


@dataclass
class ServerFault(Exception):
    """An error the server answered with; `position` counts characters of the text from 1."""

    sqlstate: str
    message: str
    detail: str | None
    hint: str | None
    position: int | None


class PostgresLine:
    """Sends one statement at a time and waits for its answer."""

    def __init__(self, pgconn: PGconn, limits: Limits, *, is_kept: bool = False) -> None:
        """`is_kept`: another run has used the session before."""
        self._pgconn = pgconn
        self.was_kept = is_kept
        self.answer_by: float | None = None  # on the steady clock
        self._limits = limits
        self._stop_at: float | None = None
        self._is_given_away = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(pgconn.socket, selectors.EVENT_READ)

    @property
    def is_closed(self) -> bool:
        return self._is_given_away or self._pgconn.status == pq.ConnStatus.BAD

    @property
    def pid(self) -> int:
        """The number of the session at the server."""
        return self._pgconn.backend_pid

    @property
    def is_in_transaction(self) -> bool:
        return self._pgconn.transaction_status == pq.TransactionStatus.INTRANS

    @property
    def is_idle(self) -> bool:
        """Nothing has begun."""
        return self._pgconn.transaction_status == pq.TransactionStatus.IDLE

    @property
    def server_version(self) -> str:
        return self.setting("server_version").split(" ")[0]

    def setting(self, name: str) -> str:
        """A parameter the server reports by itself, for instance DateStyle."""
        value = self._pgconn.parameter_status(name.encode())
        return value.decode() if value else ""

    def query(self, sql: str, parameters: Sequence[str] = ()) -> PGresult:
        """Run one statement; the protocol itself refuses a second one in the same text."""
        with _lost_line:
            self._pgconn.send_query_params(sql.encode(), [p.encode() for p in parameters])
        return self._last_result()

    def prepare(self, sql: str) -> PGresult:
        """Let the server parse the text alone; the result describes it, nothing runs."""
        with _lost_line:
            self._pgconn.send_prepare(b"", sql.encode())
        self._last_result()
        with _lost_line:
            self._pgconn.send_describe_prepared(b"")
        return self._last_result()

    def copy_out(self, statement: str, sink: ByteSink) -> int:
        """Run one COPY TO STDOUT; a write per row. Returns their number."""
        with _lost_line:
            self._pgconn.send_query_params(statement.encode(), [])
        self._checked(self._awaited_result())
        for number, row in enumerate(self._copied()):
            sink.write(bytes(row))
            if number % LOOK_EVERY_ROWS == 0 and self._limits.is_reached:
                self._stop()
        return self._last_result().command_tuples or 0

    def _copied(self) -> Iterator[memoryview]:
        while True:
            with _lost_line:
                size, row = self._pgconn.get_copy_data(1)
            if size < 0:
                return
            if size:
                yield row
            else:
                self._wait_and_read()

    def empty(self) -> PGconn | None:
        """Take everything of its run out of the session and give it away: this line is closed.

        None when the session is not sound; it has been ended then.
        """
        with contextlib.suppress(LineLost, ServerFault):
            if not self.is_idle:
                self.query("ROLLBACK")
            self.query("DISCARD ALL")
            if self.is_idle:
                self._selector.close()
                self._is_given_away = True
                return self._pgconn
        self.close()
        return None

    def cancel(self) -> None:
        """Ask the server to stop what runs; from any thread. Silent when it cannot be asked."""
        with contextlib.suppress(psycopg.Error, OSError):
            _ask_to_stop(self._pgconn.cancel_conn())

    def close(self) -> None:
        """Stop what still runs, then disconnect, which rolls back."""
        if self._is_given_away:
            return
        if self._pgconn.status == pq.ConnStatus.OK:
            if self._pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
                self.cancel()
            self._pgconn.finish()
        self._selector.close()

    def _last_result(self) -> PGresult:
        """The result of a statement; reads on until the line is idle again."""
        result = self._checked(self._awaited_result())
        self._drain()
        return result

    def _checked(self, result: PGresult | None) -> PGresult:
        if result is None:
            raise LineLost("the server sent no answer")
        if result.status == pq.ExecStatus.FATAL_ERROR:
            fault = _fault(result)
            if isinstance(fault, ServerFault):
                with contextlib.suppress(LineLost):  # the fault says why the line ended
                    self._drain()
            raise fault
        return result

    def _drain(self) -> None:
        while self._awaited_result() is not None:
            pass

    def _awaited_result(self) -> PGresult | None:
        with _lost_line:
            while self._pgconn.is_busy():
                self._wait_and_read()
            return self._pgconn.get_result()

    def _wait_and_read(self) -> None:
        if self._limits.is_reached:
            self._stop()
        while not self._selector.select(POLL_S):
            if self._limits.is_reached:
                self._stop()
            if self.answer_by is not None and time.monotonic() > self.answer_by:
                raise LineLost("no answer in time")
        with _lost_line:
            self._pgconn.consume_input()

    def _stop(self) -> None:
        now = time.monotonic()
        if self._stop_at is None:
            self._stop_at = now + STOP_GRACE_S
            self.cancel()
        elif now > self._stop_at:
            raise LineLost("the server did not stop the query when asked to")


def connect(parameters: Mapping[str, str], *, timeout_s: float, limits: Limits) -> PostgresLine:
    """Log in. Raises LineLost with the reason, libpq's or the server's."""
    deadline = time.monotonic() + timeout_s
    try:
        conninfo = make_conninfo("", **_resolved(parameters))
        pgconn = pq.PGconn.connect_start(conninfo.encode())
    except psycopg.Error as exc:
        raise LineLost(first_line(str(exc))) from exc
    try:
        _finish_login(pgconn, deadline, timeout_s)
    except BaseException:
        pgconn.finish()
        raise
    return PostgresLine(pgconn, limits)


def _resolved(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters with the addresses of the host: libpq would look them up blocking."""
    host = parameters.get("host", "")
    if not host or host.startswith(("/", "@")) or "," in host:
        return dict(parameters)
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise LineLost(f"the host name {host} is not known") from exc
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    hosts = ",".join([host] * len(addresses))
    return {**parameters, "host": hosts, "hostaddr": ",".join(addresses)}


def _finish_login(pgconn: PGconn, deadline: float, timeout_s: float) -> None:
    polling = pq.PollingStatus
    state = polling.WRITING if pgconn.status != pq.ConnStatus.BAD else polling.FAILED
    while state in {polling.READING, polling.WRITING}:
        _await_socket(pgconn.socket, state, deadline, timeout_s)
        state = polling(pgconn.connect_poll())
    if state != polling.OK:
        raise LineLost(first_line(pgconn.get_error_message()))


def _await_socket(handle: int, state: pq.PollingStatus, deadline: float, timeout_s: float) -> None:
    reading = state == pq.PollingStatus.READING
    event = selectors.EVENT_READ if reading else selectors.EVENT_WRITE
    with selectors.DefaultSelector() as selector:
        selector.register(handle, event)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise LineLost(f"no answer within {timeout_s:g} seconds")


def _ask_to_stop(request: PGcancelConn) -> None:
    deadline = time.monotonic() + CANCEL_TIMEOUT_S
    polling = pq.PollingStatus
    request.start()
    state = polling.WRITING
    try:
        while state in {polling.READING, polling.WRITING}:
            _await_socket(request.socket, state, deadline, CANCEL_TIMEOUT_S)
            state = polling(request.poll())
    except LineLost as exc:
        raise TimeoutError from exc
    finally:
        request.finish()


class _LostLine:
    """Says LineLost for what libpq says; a class, as a generator costs more than what it guards."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, psycopg.OperationalError):
            raise LineLost(first_line(str(error))) from error


_lost_line = _LostLine()


def _fault(result: PGresult) -> LineLost | ServerFault:
    state = _field(result, FIELD.SQLSTATE)
    if state is None:  # libpq's own words: the line broke
        return LineLost(first_line(result.get_error_message()))
    position = _field(result, FIELD.STATEMENT_POSITION)
    return ServerFault(
        sqlstate=state,
        message=_field(result, FIELD.MESSAGE_PRIMARY) or "",
        detail=_field(result, FIELD.MESSAGE_DETAIL),
        hint=_field(result, FIELD.MESSAGE_HINT),
        position=int(position) if position else None,
    )


def _field(result: PGresult, field: pq.DiagnosticField) -> str | None:
    value = result.error_field(field)
    return value.decode(errors="replace") if value else None


def first_line(text: str) -> str:
    """The driver's message without what it repeats below."""
    return text.strip().partition("\n")[0].strip()
