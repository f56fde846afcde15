"""Lines with a limit for everything that is done over them, however it is spread over steps."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Deadline:
    """Cuts the line that it watches when the time is up."""

    def __init__(self) -> None:
        self.has_passed = False
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None

    def watch(self, sock: socket.socket) -> None:
        """Take care of this line from now on."""
        with self._lock:
            self._sock = sock
            if self.has_passed:
                _cut(sock)

    def pass_(self) -> None:
        with self._lock:
            self.has_passed = True
            if self._sock is not None:
                _cut(self._sock)


def _cut(sock: socket.socket) -> None:
    """A read that waits in another thread ends at once."""
    with suppress(OSError):
        # The method of the plain socket: that of a TLS one would first say goodbye.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Within the block; what was cut fails there with an OSError and `has_passed` is set."""
    limit = Deadline()
    timer = threading.Timer(seconds, limit.pass_)
    timer.daemon = True
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()


def connect(addresses: list[str], port: int, timeout_s: float) -> socket.socket:
    """The first of the addresses that answers. Raises OSError of the last one."""
    last: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=timeout_s)
        except OSError as exc:
            last = exc
    raise last or OSError("there is no address")


class WatchedContext(ssl.SSLContext):
    """Trusts what the system trusts and `ca_pem`; the handshake counts against the limit too."""

    limit: Deadline

    @classmethod
    def of(cls, limit: Deadline, ca_pem: str = "") -> WatchedContext:
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_default_certs()
        if ca_pem:
            context.load_verify_locations(cadata=ca_pem)
        context.limit = limit
        return context

    def secure(self, sock: socket.socket, host: str) -> ssl.SSLSocket:
        """The line in TLS, with whom it is proven."""
        secured = super().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        self.limit.watch(secured)
        secured.do_handshake()
        return secured

    def wrap_socket(self, sock: socket.socket, *_: object, **names: object) -> ssl.SSLSocket:
        """What smtplib calls for STARTTLS."""
        return self.secure(sock, str(names["server_hostname"]))
