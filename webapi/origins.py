"""Under which names the server answers, and pages of which other sites may read the data API."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import ClassVar

from flask import Request, Response

from webapi.problems import RequestRefused

DATA_API = "/api/data/"
MAX_AGE_S = 600
CORS_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "X-API-Key, Authorization, If-None-Match, Range",
    "Access-Control-Expose-Headers": "ETag, X-Request-Id, Retry-After, Content-Disposition",
    "Access-Control-Max-Age": str(MAX_AGE_S),
}


class HostNotAllowed(RequestRefused):
    """The request names a host this server does not go by."""

    code: ClassVar[str] = "host_not_allowed"
    status: ClassVar[int] = 421


def refuse_foreign_host(request: Request, hosts: Sequence[str]) -> None:
    """Raises HostNotAllowed. A page whose name suddenly resolves to this server comes with its own
    name: addresses, names without a dot and the machine's own name cannot be such a page."""
    name = _name(request.host)
    if _is_address(name) or "." not in name or name == socket.getfqdn().casefold():
        return
    if name not in {host.casefold() for host in hosts}:
        shown = name[:100].encode("ascii", "replace").decode()
        raise HostNotAllowed(
            f"This server does not go by the name {shown}; if it should, add the name to "
            "security.hosts."
        )


def preflight(request: Request, origins: Sequence[str]) -> Response | None:
    """The answer to a browser that asks whether a page may call the data API."""
    asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    return Response(status=204) if asks and _may_read(request, origins) else None


def let_read(request: Request, response: Response, origins: Sequence[str]) -> None:
    """Say that a page of a configured site may read this answer; never with its cookies."""
    if not origins or not request.path.startswith(DATA_API):
        return
    response.headers.add("Vary", "Origin")
    if _may_read(request, origins):
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers.update(CORS_HEADERS)


def _may_read(request: Request, origins: Sequence[str]) -> bool:
    return request.path.startswith(DATA_API) and request.headers.get("Origin") in origins


def _name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".").casefold()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
