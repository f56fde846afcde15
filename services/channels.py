"""Channels: ways to people, saved with an encrypted secret, and how a letter goes over each."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError, Settings
from messaging.facts import Letter
from models import Channel, Job, NotificationRule
from services import notifications
from services.channel_rules import check_channel, check_secret, checked_recipients, refusal
from services.new_names import flush_new_name
from services.sending import Way, way_of
from stored_secrets import decrypt_secret, encrypt_secret
from vocabulary import ChannelKind

log = logging.getLogger(__name__)

# A stored secret does not follow to another server, where somebody else may wait for it.
ADDRESS_OPTIONS = frozenset({"host", "port", "endpoint"})
NEEDS_SECRET = frozenset(ChannelKind) - {ChannelKind.EMAIL}


class ChannelNotFound(AutomacaoError):
    """No channel has this number."""

    code = "channel_not_found"
    status = 404


class ChannelExists(AutomacaoError):
    """The name is taken."""

    code = "channel_exists"
    status = 409


class ChannelInUse(AutomacaoError):
    """Rules send to this channel."""

    code = "channel_in_use"
    status = 409


class ChannelSecretRequired(AutomacaoError):
    """The channel has no secret yet, or its address changed and the secret does not follow."""

    code = "channel_secret_required"
    status = 422


class ChannelFields(TypedDict, total=False):
    """What a caller may set; absent means unchanged. `secret` arrives in the clear."""

    name: str
    kind: str
    language: str
    options: dict[str, Any]
    secret: str | None


def list_channels(session: Session) -> Sequence[Channel]:
    """By name."""
    return session.scalars(select(Channel).order_by(Channel.name)).all()


def get_channel(session: Session, channel_id: int) -> Channel:
    """Raises ChannelNotFound."""
    channel = session.get(Channel, channel_id)
    if channel is None:
        raise ChannelNotFound(f"There is no channel with the number {channel_id}.")
    return channel


def create_channel(session: Session, fields: ChannelFields, *, settings: Settings) -> Channel:
    """Raises ChannelInvalid, ChannelExists or ChannelSecretRequired."""
    channel = Channel(
        name=fields["name"],
        kind=fields["kind"],
        language=fields["language"],
        options=fields.get("options", {}),
    )
    check_channel(channel)
    flush_new_name(session, channel, ChannelExists)
    _store_secret(channel, fields, settings)
    _require_secret(channel)
    session.flush()
    log.info("channel_created", extra={"channel": channel.name})
    return channel


def update_channel(
    session: Session, channel_id: int, fields: ChannelFields, *, settings: Settings, is_root: bool
) -> list[str]:
    """Store what differs; returns the names of the changed fields. Options are replaced as a whole.

    An absent secret stays. Raises ChannelNotFound, ChannelInvalid, ChannelExists, and
    ChannelSecretRequired when somebody other than root points the stored secret elsewhere.
    """
    channel = get_channel(session, channel_id)
    before: dict[str, Any] = {
        "name": channel.name,
        "kind": channel.kind,
        "language": channel.language,
        "options": dict(channel.options),
    }
    for name in before:
        if name in fields:
            setattr(channel, name, cast("Mapping[str, Any]", fields)[name])
    if channel.kind != before["kind"]:
        raise refusal("kind", "cannot change; make a new channel")
    check_channel(channel)
    changed = [name for name, value in before.items() if getattr(channel, name) != value]
    old = cast("Mapping[str, Any]", before["options"])
    moved = any(old.get(name) != channel.options.get(name) for name in ADDRESS_OPTIONS)
    if moved and channel.secret_encrypted and "secret" not in fields and not is_root:
        raise _secret_required("The server changed: enter the secret again with the new address.")
    if _store_secret(channel, fields, settings):
        changed.append("secret")
    _require_secret(channel)
    if changed:
        channel.updated_at = func.clock_timestamp()
        flush_new_name(session, channel, ChannelExists)
        log.info("channel_updated", extra={"channel": channel.name, "changed": changed})
    return changed


def delete_channel(session: Session, channel_id: int) -> None:
    """Raises ChannelNotFound, or ChannelInUse saying whose rules send to it."""
    channel = get_channel(session, channel_id)
    used = session.execute(
        select(Job.job_name)
        .select_from(NotificationRule)
        .join(Job, Job.job_id == NotificationRule.job_id, isouter=True)
        .where(NotificationRule.channel_id == channel_id)
        .order_by(Job.job_name)
    ).all()
    if used:
        names = [name or "the rules for several jobs" for (name,) in used[:10]]
        shown = ", ".join(dict.fromkeys(names))
        raise ChannelInUse(f"Rules send to {channel.name}: {shown}. Delete these rules first.")
    notifications.give_up_channel(session, channel)
    session.delete(channel)
    session.flush()
    log.info("channel_deleted", extra={"channel": channel.name})


def opened(channel: Channel, settings: Settings) -> Way:
    """The channel ready to send; nothing is asked yet. Raises SecretUnreadable."""
    secret = ""
    if channel.secret_encrypted is not None:
        secret = decrypt_secret(
            settings.backend.opening_keys, channel.secret_encrypted, bound_to=_bound_to(channel)
        )
    return way_of(channel.kind, channel.options, secret, allowed=settings.security.outgoing_hosts)


def trial_letter(
    channel: Channel, recipients: Sequence[str], settings: Settings
) -> tuple[Letter, list[str]]:
    """A letter that says that the channel works, and who gets it. Raises ChannelInvalid."""
    wanted = checked_recipients(channel.kind, recipients, field="recipients")
    wanted = wanted or list(channel.options.get("recipients", []))
    if channel.kind in (ChannelKind.EMAIL, ChannelKind.TELEGRAM) and not wanted:
        raise refusal("recipients", "must name somebody: the channel has no recipients of its own")
    letter = Letter(
        key=str(uuid.uuid4()),
        language=channel.language,
        zone=ZoneInfo(settings.scheduler.time_zone),
        items=(),
        is_test=True,
    )
    return letter, wanted


def _store_secret(channel: Channel, fields: ChannelFields, settings: Settings) -> bool:
    """Encrypt a given secret; the row must have its number. An empty one removes it."""
    if "secret" not in fields:
        return False
    secret, key = fields["secret"], settings.backend.secret_key.get_secret_value()
    if secret:
        check_secret(channel.kind, secret)
    channel.secret_encrypted = (
        encrypt_secret(key, secret, bound_to=_bound_to(channel)) if secret else None
    )
    return True


def _require_secret(channel: Channel) -> None:
    if channel.kind in NEEDS_SECRET and channel.secret_encrypted is None:
        raise _secret_required("This kind of channel does not work without its secret; enter it.")


def _secret_required(message: str) -> ChannelSecretRequired:
    code = ChannelSecretRequired.code
    return ChannelSecretRequired(
        message, errors=[FieldError(field="secret", code=code, message=message)]
    )


def _bound_to(channel: Channel) -> str:
    return f"channel:{channel.channel_id}:secret"
