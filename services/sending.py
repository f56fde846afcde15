"""How a letter goes over each kind of channel; opens no transaction and must not be in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from messaging import composing, mail
from messaging.base import (
    ChannelBusy,
    ChannelLoginFailed,
    ChannelRefused,
    ChannelUnreachable,
    Resolve,
    SendFault,
    resolved,
)
from messaging.facts import Letter
from messaging.mail import Delivered, MailServer
from messaging.writing import one_line
from services import outgoing
from services.outgoing import OutgoingFailed, OutgoingRedirected, WebAnswer, check_web_address
from vocabulary import ChannelKind

EVERYBODY = Delivered([], {})
SHOWN_CHARACTERS = 300
MAX_WAIT_S = 3600.0
BUSY = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a step, and all of them, may take; None in all: by size."""

    step_s: float = 20.0
    total_s: float | None = None


PATIENT = Limits()
# Somebody waits in front of the screen.
FOR_TESTS = Limits(10.0, 25.0)


class Way(Protocol):
    """Sends one letter. Raises a SendFault when nobody got it."""

    def send(
        self, letter: Letter, recipients: Sequence[str], *, at: datetime, limits: Limits = PATIENT
    ) -> Delivered: ...


@dataclass(frozen=True, slots=True)
class MailWay:
    """One mail to all recipients."""

    options: Mapping[str, Any]
    secret: str = field(repr=False)
    resolve: Resolve = resolved

    def send(
        self, letter: Letter, recipients: Sequence[str], *, at: datetime, limits: Limits = PATIENT
    ) -> Delivered:
        options = self.options
        server = MailServer(
            host=options["host"],
            port=options["port"],
            security=options["security"],
            username=options["username"],
            password=self.secret,
            ca_pem=options["ca_pem"],
            step_timeout_s=limits.step_s,
            total_s=limits.total_s,
            resolve=self.resolve,
        )
        message = composing.mail_of(
            letter,
            sender=options["sender"],
            sender_name=options["sender_name"],
            recipients=recipients,
            at=at,
        )
        return mail.send(server, message, recipients)


@dataclass(frozen=True, slots=True)
class WebWay:
    """One POST; of Telegram one for each chat. `allowed`: security.outgoing_hosts."""

    kind: str
    options: Mapping[str, Any]
    secret: str = field(repr=False)
    allowed: Sequence[str] = ()

    def send(
        self, letter: Letter, recipients: Sequence[str], *, at: datetime, limits: Limits = PATIENT
    ) -> Delivered:
        if self.kind == ChannelKind.TELEGRAM:
            return self._send_telegram(letter, recipients, limits)
        if self.kind == ChannelKind.WEBHOOK:
            body, headers = composing.webhook_of(letter, secret=self.secret, at=at)
            self._post(self.options["url"], body, headers, limits)
            return EVERYBODY
        made = composing.slack_of if self.kind == ChannelKind.SLACK else composing.teams_of
        headers = {**composing.JSON, "Idempotency-Key": letter.key}
        self._post(self.secret, made(letter), headers, limits)
        return EVERYBODY

    def _send_telegram(
        self, letter: Letter, recipients: Sequence[str], limits: Limits
    ) -> Delivered:
        url = f"{self.options['endpoint'].rstrip('/')}/bot{self.secret}/sendMessage"
        later: list[str] = []
        refused: dict[str, str] = {}
        fault: SendFault | None = None
        for chat_id in recipients:
            try:
                body = composing.telegram_of(letter, chat_id=chat_id)
                self._post(url, body, composing.JSON, limits)
            except SendFault as exc:
                if exc.is_transient:
                    later.append(chat_id)
                    fault = exc
                else:
                    refused[chat_id] = exc.message
                    fault = fault or exc
        if fault is not None and len(later) + len(refused) == len(recipients):
            raise fault
        return Delivered(later, refused)

    def _post(self, url: str, body: bytes, headers: Mapping[str, str], limits: Limits) -> None:
        """Returns when the server took it (2xx). Raises OutgoingRefused or a SendFault."""
        named = {"User-Agent": "AutomacaoSQL", **headers}
        try:
            where = check_web_address(url, allowed=self.allowed)
            answer = outgoing.send(
                where, method="POST", headers=named, body=body, timeout_s=limits.step_s
            )
        except OutgoingRedirected as exc:
            raise ChannelRefused(exc.message) from exc
        except OutgoingFailed as exc:
            raise ChannelUnreachable(exc.message) from exc
        _judge(where.host, answer)


def _judge(host: str, answer: WebAnswer) -> None:
    if 200 <= answer.status < 300:
        return
    said = f"{host} answered {answer.status}: {_shown(answer.body)}".removesuffix(": ") + "."
    if answer.status in BUSY or answer.status >= 500:
        raise ChannelBusy(said, retry_after_s=_retry_after_s(answer))
    if answer.status in (401, 403):
        raise ChannelLoginFailed(said)
    raise ChannelRefused(said)


def _shown(body: bytes) -> str:
    return one_line(body[: 4 * SHOWN_CHARACTERS].decode("utf-8", "replace"))[:SHOWN_CHARACTERS]


def _retry_after_s(answer: WebAnswer) -> float:
    """Retry-After in seconds; a date is not looked at, the usual pause is longer."""
    named = {name.lower(): value for name, value in answer.headers.items()}
    text = named.get("retry-after", "").strip()
    return min(float(text), MAX_WAIT_S) if text.isdecimal() and len(text) < 9 else 0.0


def way_of(kind: str, options: Mapping[str, Any], secret: str, *, allowed: Sequence[str]) -> Way:
    """The way of a channel of this kind."""
    if kind == ChannelKind.EMAIL:
        return MailWay(options, secret)
    return WebWay(kind, options, secret, allowed)
