"""Many requests to few web servers: connections are kept, addresses checked as for a single one.

A new connection costs a resolved name, a TLS handshake and some round trips; a look-up asks the
same server thousands of times.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from services.outgoing import (
    OutgoingFailed,
    PinnedConnection,
    WebAddress,
    WebAnswer,
    check_web_address,
    connection_to,
    cut,
    exchange,
    named_server,
)

WATCH_S = 0.05
# A name is looked up anew after this time, as connections to what it meant are kept no longer.
KEPT_S = 30.0
STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)

Server = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An open connection to the address that was checked."""

    connection: PinnedConnection
    address: str
    opened_at: float


@dataclass
class KeptCalls:
    """Asks servers from as many threads as the caller has; leaving the context ends everything.

    `allowed`: see check_web_address. A request ends after its own time limit, however slowly the
    other side drips.
    """

    allowed: Sequence[str] = ()
    _idle: dict[Server, list[_Kept]] = field(default_factory=dict)
    _ends: dict[PinnedConnection, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _watcher: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._watcher = threading.Thread(target=self._watch, name="kept-calls", daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()
        with self._lock:
            idle = [kept for found in self._idle.values() for kept in found]
            self._idle.clear()
        for kept in idle:
            kept.connection.close()

    def send(
        self,
        url: str,
        *,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_s: float,
    ) -> WebAnswer:
        """The whole answer, whatever its status but a redirection.

        Where the server has closed a kept connection meanwhile, it is asked over a new one.
        Raises OutgoingRefused and OutgoingFailed.
        """
        scheme, host, port, target = named_server(url)
        ends_at = time.monotonic() + timeout_s
        kept = self._take((scheme, host, port))
        if kept is not None:
            where = WebAddress(scheme, host, port, target, kept.address)
            try:
                return self._ask(kept, where, method, headers, body, ends_at)
            except OutgoingFailed as exc:
                if not isinstance(exc.__cause__, STALE) or time.monotonic() >= ends_at:
                    raise
        where = check_web_address(url, allowed=self.allowed)
        fresh = _Kept(connection_to(where, timeout_s), where.address, time.monotonic())
        return self._ask(fresh, where, method, headers, body, ends_at)

    def _ask(
        self,
        kept: _Kept,
        where: WebAddress,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None,
        ends_at: float,
    ) -> WebAnswer:
        connection = kept.connection
        with self._lock:
            self._ends[connection] = ends_at
        is_whole = False
        try:
            answer = exchange(connection, where, method=method, headers=headers, body=body)
            is_whole = True
            return answer
        finally:
            with self._lock:
                del self._ends[connection]
                if is_whole and connection.sock is not None and not self._over.is_set():
                    server = (where.scheme, where.host, where.port)
                    self._idle.setdefault(server, []).append(kept)
                else:
                    connection.close()

    def _take(self, server: Server) -> _Kept | None:
        """The connection used last, unless it is too old; those that are get closed."""
        with self._lock:
            found = self._idle.get(server, [])
            while found:
                kept = found.pop()
                if time.monotonic() - kept.opened_at < KEPT_S:
                    return kept
                kept.connection.close()
        return None

    def _watch(self) -> None:
        while not self._over.wait(WATCH_S):
            now = time.monotonic()
            with self._lock:
                overdue = [each for each, ends_at in self._ends.items() if ends_at <= now]
            for connection in overdue:
                cut(connection)
