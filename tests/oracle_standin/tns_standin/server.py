# ruff: noqa: N812 - T and W are short for what every line of the protocol needs
"""A stand-in for an Oracle Database listener, for tests on loopback only.

It speaks enough of Oracle Net / TTC for unmodified thin drivers to log in,
run SQL, describe, fetch in many round trips, read LOBs, be interrupted and
see the failures a real server shows.  It is not a database.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from typing import Self

from . import wire as W
from .backends import OraError, Scripted
from .protocol import PROFILES, Event, User
from .session import Session


class Server:
    """with Server(backend, users={'APP': 'secret'}) as s: s.dsn ..."""

    def __init__(
        self,
        backend=None,
        *,
        users: dict | None = None,
        service: str = "ORCLPDB1",
        profile: str = "19c",
        host: str = "127.0.0.1",
        port: int = 0,
        compress: bool = True,
        tls: ssl.SSLContext | None = None,
        redirect_to: tuple[str, int] | None = None,
        max_sessions: int | None = None,
        native_encryption: bool = False,
    ) -> None:
        self.backend = backend if backend is not None else Scripted()
        self.users = {
            k.upper(): v if isinstance(v, User) else User(v)
            for k, v in (users or {"APP": "secret"}).items()
        }
        self.service, self.profile = service, PROFILES[profile]
        self.compress, self.tls = compress, tls
        self.redirect_to, self.max_sessions = redirect_to, max_sessions
        self.native_encryption = native_encryption  # demand NNE (thin: refuses)
        self.refuse: int | None = None  # listener error for new connections
        self.explain_error: OraError | None = None  # what EXPLAIN PLAN is answered with
        self.events: list[Event] = []
        self.sessions: dict[int, Session] = {}
        self._lock = threading.Lock()
        self._next_sid = 100
        self._listen = socket.create_server((host, port))
        self.host, self.port = self._listen.getsockname()[:2]
        self._stop = False
        self._thread = threading.Thread(target=self._accept, daemon=True)

    # -- life
    def __enter__(self) -> Self:
        self._thread.start()
        return self

    start = __enter__

    def __exit__(self, *exc) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop = True
        with contextlib.suppress(OSError):
            self._listen.shutdown(socket.SHUT_RDWR)
        self._listen.close()
        for s in list(self.sessions.values()):
            s.chan.drop("fin")

    @property
    def dsn(self) -> str:
        return f"{self.host}:{self.port}/{self.service}"

    def log(self, sid: int, what: str, detail=None) -> None:
        with self._lock:
            self.events.append(Event(time.monotonic(), sid, what, detail))

    def did(self, what: str) -> list:
        """Details of every event of one kind, in order."""
        with self._lock:
            return [e.detail for e in self.events if e.what == what]

    def kill(self, sid: int, how: str = "rst") -> None:
        self.sessions[sid].chan.drop(how)

    def _accept(self) -> None:
        while not self._stop:
            try:
                sock, _ = self._listen.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        if self.tls is not None:
            try:
                sock = self.tls.wrap_socket(sock, server_side=True)
            except (OSError, ssl.SSLError) as e:
                self.log(0, "tls failed", str(e))
                sock.close()
                return
        with self._lock:
            self._next_sid += 1
            sid = self._next_sid
        s = Session(self, sid, W.Channel(sock))
        self.sessions[sid] = s
        try:
            s.run()
        except (W.PeerGone, OSError):
            self.log(sid, "gone")
        except Exception as e:  # a fault of the stand-in itself
            self.log(sid, "stand-in failed", repr(e))
            raise
        finally:
            s.end()
            self.sessions.pop(sid, None)
