"""A letter in the form of each way: a mail, signed JSON, cards and blocks of chats."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from messaging import writing
from messaging.facts import Item, Letter

# https://www.standardwebhooks.com: what receivers verify, whatever language they are written in.
SIGNATURE_VERSION = "v1"
SECRET_PREFIX = "whsec_"  # noqa: S105 - says that what follows is base64
SLACK_TEXT = 2900
TELEGRAM_TEXT = 4000


def mail_of(
    letter: Letter, *, sender: str, sender_name: str, recipients: Sequence[str], at: datetime
) -> EmailMessage:
    """Text and HTML, and the file where there is one. No value can begin another header."""
    mail = EmailMessage(policy=SMTP)
    domain = sender.rpartition("@")[2]
    mail["From"] = Address(writing.one_line(sender_name), addr_spec=sender)
    mail["To"] = [Address(addr_spec=who) for who in recipients]
    mail["Subject"] = writing.subject(letter)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{letter.key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Idempotency-Key"] = letter.key
    mail.set_content(writing.plain_text(letter))
    mail.add_alternative(writing.html(letter), subtype="html")
    if letter.attachment is not None:
        mail.add_attachment(
            letter.attachment.content,
            maintype="application",
            subtype="octet-stream",
            filename=writing.one_line(letter.attachment.name),
        )
    return mail


def webhook_of(letter: Letter, *, secret: str, at: datetime) -> tuple[bytes, dict[str, str]]:
    """Body and headers; the signature covers the key, the time and the body."""
    body = json.dumps(
        {
            "id": letter.key,
            "version": 1,
            "is_test": letter.is_test,
            "is_digest": letter.is_digest,
            "title": writing.subject(letter),
            "items": [_item(item) for item in letter.items],
        },
        ensure_ascii=False,
    ).encode()
    moment = str(int(at.timestamp()))
    return body, {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": letter.key,
        "webhook-id": letter.key,
        "webhook-timestamp": moment,
        "webhook-signature": signature(secret, letter.key, moment, body),
    }


def signature(secret: str, key: str, moment: str, body: bytes) -> str:
    """HMAC-SHA256 of `key.moment.body`, in base64 behind the version of the scheme."""
    signed = f"{key}.{moment}.".encode() + body
    made = hmac.new(signing_key(secret), signed, hashlib.sha256).digest()
    return f"{SIGNATURE_VERSION},{base64.b64encode(made).decode()}"


def signing_key(secret: str) -> bytes:
    """The bytes of the key: what follows `whsec_` in base64, else the text itself.

    Raises ValueError where it begins so and is no base64.
    """
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as exc:
        raise ValueError("what follows whsec_ must be base64") from exc


def _item(item: Item) -> dict[str, Any]:
    error = item.error
    return {
        "topic": item.topic,
        "at": _iso(item.at),
        "job_id": item.job_id,
        "job_name": item.job_name,
        "run_id": item.run_id,
        "url": item.url,
        "state": item.state,
        "trigger": item.trigger,
        "reason": item.reason,
        "attempt": item.attempt,
        "due_at": _iso(item.due_at),
        "first_due_at": _iso(item.first_due_at),
        "not_run": item.not_run,
        "started_at": _iso(item.started_at),
        "finished_at": _iso(item.finished_at),
        "duration_s": item.duration_s,
        "rows": item.rows,
        "size_bytes": item.size_bytes,
        "dataset": item.dataset,
        "data_url": item.data_url,
        "target": item.target,
        "warning": item.warning,
        "error": None
        if error is None
        else {"code": error.code, "title": error.title, "message": error.message},
        "lines": [
            {
                "name": line.name,
                "rows": line.rows,
                "size_bytes": line.size_bytes,
                "seconds": line.seconds,
                "error": line.error,
            }
            for line in item.lines
        ],
    }


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def slack_of(letter: Letter) -> bytes:
    """Blocks of plain text, so that no name becomes a mention or a link of its own."""
    w = writing.words(letter.language)
    blocks: list[dict[str, Any]] = []
    if letter.is_test:
        blocks.append(_plain(f"{w['test_title']}: {w['test_text']}"))
    for entry in writing.entries(letter, is_chat=True):
        blocks.append(_plain(_chat_text(entry)))
        links = [
            f"<{url}|{w[name]}>"
            for url, name in ((entry.url, "open_run"), (entry.data_url, "open_data"))
            if url
        ]
        if links:
            text = {"type": "mrkdwn", "text": " · ".join(links)}
            blocks.append({"type": "context", "elements": [text]})
    blocks += [_plain(text) for text in _more(letter)]
    return json.dumps({"text": _slack_escaped(writing.subject(letter)), "blocks": blocks}).encode()


def _plain(text: str) -> dict[str, Any]:
    shown = {"type": "plain_text", "text": text[:SLACK_TEXT], "emoji": False}
    return {"type": "section", "text": shown}


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _more(letter: Letter) -> list[str]:
    left = len(letter.items) - writing.CHAT_ITEMS
    return [str(writing.words(letter.language)["more"]).format(n=left)] if left > 0 else []


def _chat_text(entry: writing.Entry) -> str:
    lines = [f"{entry.topic}: {entry.job_name}", entry.sentence]
    if entry.error is not None:
        lines.append(f"{entry.error['title']}: {entry.error['message']}")
    lines += [f"{label}: {value}" for label, value in entry.figures]
    lines += [" · ".join(cell[:200] for cell in line if cell) for line in entry.lines]
    return "\n".join(lines)


def teams_of(letter: Letter) -> bytes:
    """An Adaptive Card as the Workflows of Teams take it; runs of text are shown as they are."""
    w = writing.words(letter.language)
    body: list[dict[str, Any]] = []
    actions: list[dict[str, str]] = []
    if letter.is_test:
        body += [_heading(w["test_title"]), _rich(w["test_text"])]
    for entry in writing.entries(letter, is_chat=True):
        head, _, rest = _chat_text(entry).partition("\n")
        body += [_heading(head), *[_rich(line) for line in rest.split("\n")]]
        if entry.url and len(actions) < 6:
            name = w["open_run"] if len(letter.items) == 1 else entry.job_name[:40]
            actions.append({"type": "Action.OpenUrl", "title": name, "url": entry.url})
    body += [_rich(text) for text in _more(letter)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions,
        "msteams": {"width": "Full"},
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return json.dumps({"type": "message", "attachments": [attachment]}).encode()


def _rich(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def _heading(text: str) -> dict[str, Any]:
    return _rich(text, weight="Bolder", size="Medium")


def telegram_of(letter: Letter, *, chat_id: str) -> bytes:
    """Escaped HTML; a text that is too long loses its marks rather than half of one."""
    text = writing.telegram(letter)
    message: dict[str, Any] = {
        "chat_id": chat_id,
        "text": text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if len(text) > TELEGRAM_TEXT:
        message["text"] = writing.plain_text(letter)[:TELEGRAM_TEXT]
        del message["parse_mode"]
    return json.dumps(message).encode()


JSON: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8"}
