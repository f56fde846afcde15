"""Requests of the product to other web servers, and which addresses they may reach.

Whoever names an address for a look-up or a webhook makes the server call it. So an address is
resolved once, refused when it leads into the server's own networks, and exactly the address that
was checked is connected to: a name that resolves to something else a moment later changes nothing.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from auxiliares import AutomacaoError

TIMEOUT_S = 10.0
ANSWER_LIMIT_BYTES = 1024 * 1024
URL_LIMIT = 2000
PORTS = {"https": 443, "http": 80}
NAT64 = ip_network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


class OutgoingRefused(AutomacaoError):
    """An address the server does not call: no web address, or inside its own networks."""

    code = "outgoing_address_refused"
    status = 422


class OutgoingFailed(AutomacaoError):
    """The other server was called and did not answer as it should."""

    code = "outgoing_failed"
    status = 502
    error_class = "transient"


class OutgoingRedirected(OutgoingFailed):
    """The other server names another address; asking again will not change that."""

    error_class = "permanent"


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A checked address: `host` is asked for by name, `address` is what is connected to."""

    scheme: str
    host: str
    port: int
    target: str
    address: str


@dataclass(frozen=True, slots=True)
class WebAnswer:
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def resolve_names(host: str, port: int) -> Sequence[str]:
    """Every address of a host, as the system's resolver knows it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise OutgoingFailed(f"The name {host} cannot be resolved: {exc}") from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check_web_address(
    url: str, *, allowed: Sequence[str] = (), resolve: Resolve = resolve_names
) -> WebAddress:
    """The address to connect to, looked up now.

    `allowed` (security.outgoing_hosts) names hosts, addresses and networks that may be reached
    although they are not public, and without TLS. Raises OutgoingRefused or OutgoingFailed.
    """
    scheme, host, port, target = named_server(url)
    is_named = host in {name.casefold() for name in allowed}
    networks = _networks(allowed)
    addresses = [_plain(found) for found in resolve(host, port)]
    if not addresses:
        raise OutgoingFailed(f"The name {host} has no address.")
    is_known = is_named or all(_is_in(address, networks) for address in addresses)
    if not is_known:
        if scheme != "https":
            raise _refused(host, "is asked without TLS: write https://")
        for address in addresses:
            if not _is_in(address, networks) and not _is_public(address):
                raise _refused(host, "is not a public address")
    return WebAddress(scheme, host, port, target, str(addresses[0]))


def named_server(url: str) -> tuple[str, str, int, str]:
    """Scheme, host and port that a web address names, and what is asked for there; not looked up.

    Raises OutgoingRefused.
    """
    parts = _parts(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, _host(parts), parts.port or PORTS[parts.scheme], target


def send(
    where: WebAddress,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout_s: float = TIMEOUT_S,
) -> WebAnswer:
    """Ask and return the whole answer, whatever its status but a redirection.

    Never follows a redirection, reads at most ANSWER_LIMIT_BYTES, and ends after `timeout_s`
    however slowly the other side drips. Raises OutgoingFailed.
    """
    connection = connection_to(where, timeout_s)
    guard = threading.Timer(timeout_s, cut, (connection,))
    guard.daemon = True
    guard.start()
    try:
        return exchange(connection, where, method=method, headers=headers or {}, body=body)
    finally:
        guard.cancel()
        connection.close()


def exchange(
    connection: PinnedConnection,
    where: WebAddress,
    *,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None,
) -> WebAnswer:
    """One request and its answer; the connection may be used again if it is still open then.

    Raises OutgoingFailed, whose cause is what the connection said.
    """
    try:
        connection.request(method, where.target, body=body, headers=dict(headers))
        response = connection.getresponse()
        content = response.read(ANSWER_LIMIT_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as exc:
        problem = str(exc) or type(exc).__name__
        raise OutgoingFailed(f"{where.host} did not answer: {problem}") from exc
    if connection.was_cut or (response.length and len(content) <= ANSWER_LIMIT_BYTES):
        raise OutgoingFailed(f"The answer of {where.host} did not come whole in time.")
    if 300 <= response.status < 400:
        raise OutgoingRedirected(
            f"{where.host} redirects to another address; name that one, redirections are not "
            "followed."
        )
    if len(content) > ANSWER_LIMIT_BYTES:
        raise OutgoingFailed(f"The answer of {where.host} is over {ANSWER_LIMIT_BYTES} bytes.")
    return WebAnswer(response.status, dict(response.headers.items()), content)


def _parts(url: str) -> SplitResult:
    if len(url) > URL_LIMIT or not url.isascii() or not url.isprintable() or "\\" in url:
        raise OutgoingRefused("A web address is printable ASCII of at most 2,000 characters.")
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError as exc:
        raise OutgoingRefused(f"This is no web address: {exc}") from exc
    if not is_whole or " " in url:
        raise OutgoingRefused("A web address begins with https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise OutgoingRefused("A web address must not hold a login; use a header.")
    return parts


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".").casefold()


def _networks(allowed: Sequence[str]) -> list[str]:
    found = []
    for name in allowed:
        try:
            found.append(str(ip_network(name, strict=False)))
        except ValueError:
            continue  # a host's name
    return found


def _plain(text: str) -> Address:
    """The address itself where IPv6 only wraps one of IPv4."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    wrapped = address.ipv4_mapped or address.sixtofour
    if wrapped is None and address.teredo is not None:
        wrapped = address.teredo[1]
    return wrapped or address


def _is_in(address: Address, networks: Sequence[str]) -> bool:
    return any(address in ip_network(network) for network in networks)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _refused(host: str, why: str) -> OutgoingRefused:
    return OutgoingRefused(
        f"{host} {why}. A server of your own network is allowed by naming it in "
        "security.outgoing_hosts."
    )


class PinnedConnection(http.client.HTTPConnection):
    """Connects to the checked address whatever the name means by now; TLS asks for the name."""

    def __init__(self, where: WebAddress, timeout_s: float) -> None:
        super().__init__(where.host, where.port, timeout=timeout_s)
        self._where = where
        self.was_cut = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._where.address, self.port), self.timeout)
        # Head and body go in two pieces: the second would wait for the first to be acknowledged.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._where.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self._where.host)


def connection_to(where: WebAddress, timeout_s: float) -> PinnedConnection:
    """Not open yet; opens itself to the address that was checked."""
    return PinnedConnection(where, timeout_s)


def cut(connection: PinnedConnection) -> None:
    """End a connection from another thread; whoever reads from it gets an OSError or nothing."""
    connection.was_cut = True
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself
