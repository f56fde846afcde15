"""A mail server on 127.0.0.1 with TLS, logins and refusals on command, and one that is silent."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socket
import ssl
import threading
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USERNAME, PASSWORD = "robo@empresa.example", "senha-do-servidor-de-email"
AUTHORITY = trustme.CA()
CA_PEM = AUTHORITY.cert_pem.bytes().decode()


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    return context


class MailServer:
    """`security` as channels say it. `rcpt` and `data` are replies instead of 250, the first by
    recipient; `data` is used up reply by reply."""

    def __init__(self, *, security: str = "none", needs_login: bool = False) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.logins: list[str] = []
        self.rcpt: dict[str, str] = {}
        self.data: list[str] = []
        options: dict[str, Any] = {"auth_require_tls": security != "none"}
        if needs_login:
            options |= {"authenticator": self._authenticate, "auth_required": True}
        if security == "tls":
            options["ssl_context"] = _server_context()
            options["auth_require_tls"] = False
        elif security == "starttls":
            options |= {"tls_context": _server_context(), "require_starttls": True}
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port(), **options)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def options(self, **changes: Any) -> dict[str, Any]:
        """Options of a channel to this server."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "security": "none",
            "sender": "automacao@empresa.example",
            "recipients": ["ana@empresa.example"],
            **changes,
        }

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    def _authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        is_right = (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
        self.logins.append(data.login.decode())
        return AuthResult(success=is_right, handled=False)

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd looks for
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data:
            return self.data.pop(0)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return "250 OK"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class SilentServer:
    """Takes every line and never says a word; with `drips` a byte a while, so that no single wait
    is long."""

    def __init__(self, *, drips: bool = False) -> None:
        self._drips = drips
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._closing = threading.Event()
        self._lines: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for line in self._lines:
            line.close()
        self._thread.join(10)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                line = self._listening.accept()[0]
            except OSError:
                return
            self._lines.append(line)
            if self._drips:
                threading.Thread(target=self._drip, args=(line,), daemon=True).start()

    def _drip(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not self._closing.wait(0.05):
                line.sendall(b"2")
