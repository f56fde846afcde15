"""What a channel must hold, by kind, and who may be a recipient. Pure."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence

from auxiliares import AutomacaoError
from messaging.composing import signing_key
from messaging.facts import LANGUAGES
from models import Channel
from services.option_rules import HOST, MAX_TEXT, OptionRules, Rule, is_port, matches, web_address
from vocabulary import ChannelKind

MAX_PEM = 100_000
MAX_RECIPIENTS = 50
MIN_SIGNING_KEY_BYTES = 24
TELEGRAM = "https://api.telegram.org"
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,62}\.)*"
    r"[A-Za-z0-9.-]{0,250}[A-Za-z0-9]"
)
_CHAT = re.compile(r"-?\d{1,20}|@[A-Za-z0-9_]{4,64}")
_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{10,200}")


class ChannelInvalid(AutomacaoError):
    """A field of the channel, or a recipient, cannot be; `errors` names it."""

    code = "channel_invalid"
    status = 422


_RULES = OptionRules(ChannelInvalid)
refusal = _RULES.refusal


def check_channel(channel: Channel) -> None:
    """Complete what has a default and refuse what cannot work. Raises ChannelInvalid."""
    if not channel.name.strip() or not channel.name.isprintable():
        raise refusal("name", "must not be empty")
    if channel.language not in LANGUAGES:
        raise refusal("language", f"must be one of: {', '.join(LANGUAGES)}")
    rules = KINDS.get(channel.kind)
    if rules is None:
        raise refusal("kind", f"must be one of: {', '.join(KINDS)}")
    channel.options = _RULES.checked(channel.options, rules)
    if "recipients" in channel.options:
        checked_recipients(channel.kind, channel.options["recipients"], field="options.recipients")


def check_secret(kind: str, secret: str) -> None:
    """Refuse a secret that cannot be one of this kind. Raises ChannelInvalid."""
    if kind in (ChannelKind.SLACK, ChannelKind.TEAMS) and not is_web_address(secret):
        raise refusal("secret", "must be the whole web address, https://...")
    if kind == ChannelKind.TELEGRAM and not _TOKEN.fullmatch(secret):
        raise refusal("secret", "must be the token of the bot, digits:letters")
    if kind == ChannelKind.WEBHOOK:
        try:
            length = len(signing_key(secret))
        except ValueError as exc:
            raise refusal("secret", f"cannot be read: {exc}") from exc
        if length < MIN_SIGNING_KEY_BYTES:
            raise refusal("secret", f"must have at least {MIN_SIGNING_KEY_BYTES} characters")


def checked_recipients(kind: str, recipients: Sequence[str], *, field: str) -> list[str]:
    """Each once, without blanks around it; of mail and Telegram only. Raises ChannelInvalid."""
    found = list(dict.fromkeys(text.strip() for text in recipients if text.strip()))
    if len(found) > MAX_RECIPIENTS:
        raise refusal(field, f"has at most {MAX_RECIPIENTS} entries")
    patterns = {ChannelKind.EMAIL: _ADDRESS, ChannelKind.TELEGRAM: _CHAT}
    pattern = patterns.get(ChannelKind(kind))
    if pattern is None and found:
        raise refusal(field, "must be empty: the channel's address says who gets it")
    for number, text in enumerate(found):
        if pattern is not None and not pattern.fullmatch(text):
            wanted = "an address" if kind == ChannelKind.EMAIL else "the number of a chat"
            raise refusal(f"{field}.{number}", f"must be {wanted}")
    return found


def is_web_address(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 2000 or not value.isascii():
        return False
    parts = web_address(value)
    return parts is not None and not parts.fragment and value.isprintable() and " " not in value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and value.isprintable()


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _is_pem(value: object) -> bool:
    if value == "":
        return True
    if not isinstance(value, str) or len(value) > MAX_PEM or "-----BEGIN CERT" not in value:
        return False
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=value)
    except (ssl.SSLError, ValueError):
        return False
    return True


_RECIPIENTS = _RULES.option("recipients", _is_list, "must be a list of texts", [])

KINDS: Mapping[str, Mapping[str, Rule]] = {
    ChannelKind.EMAIL: {
        "host": _RULES.option("host", lambda v: matches(HOST, v), "must be the name of a server"),
        "port": _RULES.option("port", is_port, "must be a number from 1 to 65535", 587),
        "security": _RULES.option(
            "security",
            lambda v: v in ("starttls", "tls", "none"),
            "must be starttls, tls or none",
            "starttls",
        ),
        "username": _RULES.option("username", _is_text, "must be a text", ""),
        "sender": _RULES.option("sender", lambda v: matches(_ADDRESS, v), "must be an address"),
        "sender_name": _RULES.option("sender_name", _is_text, "must be a text", "AutomacaoSQL"),
        "recipients": _RECIPIENTS,
        "ca_pem": _RULES.option("ca_pem", _is_pem, "must hold certificates as PEM text", ""),
    },
    ChannelKind.WEBHOOK: {
        "url": _RULES.option("url", is_web_address, "must be a web address, without a login in it"),
    },
    ChannelKind.SLACK: {},
    ChannelKind.TEAMS: {},
    ChannelKind.TELEGRAM: {
        "endpoint": _RULES.option("endpoint", is_web_address, "must be a web address", TELEGRAM),
        "recipients": _RECIPIENTS,
    },
}
