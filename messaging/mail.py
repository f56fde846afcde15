"""Mail through an SMTP server: with TLS, STARTTLS or neither, with a login or none."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP

from messaging.base import (
    STEP_TIMEOUT_S,
    ChannelBusy,
    ChannelLoginFailed,
    ChannelRefused,
    ChannelUnreachable,
    RecipientsRefused,
    Resolve,
    SendFault,
    resolved,
    time_limit,
)
from messaging.deadline import Deadline, WatchedContext, connect, deadline

SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """`security`: starttls, tls or none. `ca_pem`: certificates trusted besides the usual."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_pem: str = ""
    step_timeout_s: float = STEP_TIMEOUT_S
    total_s: float | None = None
    resolve: Resolve = resolved


@dataclass(frozen=True, slots=True)
class Delivered:
    """Who has not got it although others have: `later` may be tried again, `refused` says why
    the server takes no mail for the rest."""

    later: list[str]
    refused: dict[str, str]


class _Line(smtplib.SMTP):
    """An SMTP line to addresses that were tested before."""

    def __init__(self, server: MailServer, limit: Deadline) -> None:
        self._server, self._limit = server, limit
        # The name this machine greets with; asking the name service for it may take very long.
        super().__init__(
            server.host,
            server.port,
            local_hostname="automacaosql.localdomain",
            timeout=server.step_timeout_s,
        )
        self._host = server.host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        addresses = self._server.resolve(host, port)
        sock = connect(addresses, port, timeout)
        self._limit.watch(sock)
        if self._server.security == "tls":
            sock = WatchedContext.of(self._limit, self._server.ca_pem).secure(sock, host)
        return sock


def send(server: MailServer, mail: EmailMessage, recipients: Sequence[str]) -> Delivered:
    """Hand the mail over for these recipients. Raises a SendFault when nobody got it."""
    size = len(mail.as_bytes(policy=SMTP))
    total_s = time_limit(size) if server.total_s is None else server.total_s
    with deadline(total_s) as limit:
        try:
            return _talk(server, limit, mail, recipients)
        except smtplib.SMTPException as exc:
            raise _fault(server, exc, is_cut=limit.has_passed) from exc
        except ssl.SSLCertVerificationError as exc:
            raise ChannelRefused(
                f"The certificate of {server.host} is not trusted: {exc.verify_message}."
            ) from exc
        except OSError as exc:
            raise _unreachable(server, exc, is_cut=limit.has_passed) from exc


def _talk(
    server: MailServer, limit: Deadline, mail: EmailMessage, recipients: Sequence[str]
) -> Delivered:
    line = _Line(server, limit)
    try:
        if server.security == "starttls":
            line.starttls(context=WatchedContext.of(limit, server.ca_pem))
        if server.username:
            line.login(server.username, server.password)
        answers = line.send_message(mail, to_addrs=list(recipients))
    except (smtplib.SMTPException, OSError):
        line.close()
        raise
    _leave(line)
    later = [who for who, (code, _) in answers.items() if 400 <= code < 500]
    refused = {who: _said(text) for who, (code, text) in answers.items() if code >= 500}
    return Delivered(later, refused)


def _leave(line: smtplib.SMTP) -> None:
    """The mail was taken before this; what the farewell says changes nothing."""
    try:
        line.quit()
    except (smtplib.SMTPException, OSError):
        line.close()


def _said(text: bytes | str) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(shown.split())[:SHOWN_CHARACTERS]


def _unreachable(server: MailServer, exc: Exception, *, is_cut: bool) -> SendFault:
    # smtplib makes "closed" of a wait that was too long.
    if is_cut or isinstance(exc, TimeoutError) or isinstance(exc.__context__, TimeoutError):
        return ChannelUnreachable(f"{server.host}:{server.port} did not answer in time.")
    return ChannelUnreachable(
        f"{server.host}:{server.port} cannot be reached: {str(exc) or type(exc).__name__}"
    )


def _fault(server: MailServer, exc: smtplib.SMTPException, *, is_cut: bool) -> SendFault:
    where = f"{server.host}:{server.port}"
    if isinstance(exc, smtplib.SMTPRecipientsRefused):
        said = "; ".join(f"{who}: {code} {_said(t)}" for who, (code, t) in exc.recipients.items())
        if any(400 <= code < 500 for code, _ in exc.recipients.values()):
            return ChannelBusy(f"{where} takes the recipients later: {said}.")
        return RecipientsRefused(f"{where} takes none of the recipients: {said}.")
    if isinstance(exc, smtplib.SMTPServerDisconnected) or is_cut:
        return _unreachable(server, exc, is_cut=is_cut)
    if isinstance(exc, smtplib.SMTPResponseException):
        said = f"{exc.smtp_code} {_said(exc.smtp_error)}"
        if 400 <= exc.smtp_code < 500:
            return ChannelBusy(f"{where} asks to be tried later: {said}.")
        if isinstance(exc, smtplib.SMTPAuthenticationError):
            return ChannelLoginFailed(f"{where} refused the login: {said}.")
        return ChannelRefused(f"{where} refused the mail: {said}.")
    if isinstance(exc, smtplib.SMTPNotSupportedError):
        return ChannelRefused(
            f"{where} does not offer what the channel asks for: {exc} Choose another security."
        )
    return ChannelRefused(f"{where} refused the mail: {exc}")
