"""Who really asks when a proxy stands in front; told by nobody but a proxy of the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_REAL_IP",
)


class TrustedProxies:
    """WSGI middleware: takes address, scheme and host from the headers of a trusted proxy.

    The same headers from anybody else are removed: nobody chooses the address in the log, nor
    the one that failed logins are counted by.
    """

    def __init__(self, app: WsgiApp, proxies: Sequence[str]) -> None:
        self._app = app
        self._networks = [ip_network(text, strict=False) for text in proxies]

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        told = {name: str(environ.pop(name, "")) for name in HEADERS}
        if self._is_trusted(str(environ.get("REMOTE_ADDR", ""))):
            self._believe(environ, told)
        return self._app(environ, start_response)

    def _believe(self, environ: dict[str, Any], told: dict[str, str]) -> None:
        client = self._client(told["HTTP_X_FORWARDED_FOR"])
        if client:
            environ["REMOTE_ADDR"] = client
        scheme = _last(told["HTTP_X_FORWARDED_PROTO"])
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        host = _last(told["HTTP_X_FORWARDED_HOST"])
        if host:
            environ["HTTP_HOST"] = host

    def _client(self, forwarded_for: str) -> str:
        """The last address that is no proxy of ours: what stands before it may be invented."""
        found = ""
        for text in reversed(forwarded_for.split(",")):
            address = text.strip().strip("[]")
            if not _is_address(address):
                break
            found = address
            if not self._is_trusted(address):
                break
        return found

    def _is_trusted(self, text: str) -> bool:
        return _is_address(text) and any(ip_address(text) in one for one in self._networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _last(text: str) -> str:
    return text.rpartition(",")[2].strip()
