"""API keys: made, shown once, stored as a hash, revoked."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from models import ApiKey
from services.clock import database_now
from services.key_readers import MARK, secret_hash
from services.key_rules import Scope, refused
from services.use import Use, use_of

log = logging.getLogger(__name__)

PREFIX_BYTES = 4
SECRET_BYTES = 32


class ApiKeyNotFound(AutomacaoError):
    """No key has this number, or it was revoked before."""

    code = "api_key_not_found"
    status = 404


def create_api_key(
    session: Session,
    name: str,
    *,
    created_by: str,
    expires_at: datetime | None = None,
    scope: Scope | None = None,
) -> tuple[ApiKey, str]:
    """The stored row and the whole key, which cannot be read again later.

    Without a scope it reads every dataset. Raises ApiKeyRefused.
    """
    _check_name(name)
    _check_end(session, expires_at)
    checked = (scope or Scope()).checked()
    prefix = secrets.token_hex(PREFIX_BYTES)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        name=name.strip(),
        prefix=prefix,
        secret_hash=secret_hash(secret),
        created_by=created_by,
        expires_at=expires_at,
        dataset_patterns=list(checked.patterns),
        actions=list(checked.actions),
        networks=list(checked.networks),
        rate_per_minute=checked.rate_per_minute,
    )
    session.add(key)
    session.flush()
    log.info("api_key_created", extra={"api_key_name": key.name, "prefix": prefix})
    return key, f"{MARK}_{prefix}_{secret}"


def _check_name(name: str) -> None:
    if not name.strip():
        raise refused("name", "required", "A key needs a name that says who reads with it.")


def _check_end(session: Session, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= database_now(session):
        raise refused("expires_at", "in_the_past", "The key would have expired already.")


def change_api_key(
    session: Session, api_key_id: int, name: str, *, expires_at: datetime | None, scope: Scope
) -> ApiKey:
    """What the key opens from now on; the secret stays. Raises ApiKeyNotFound or ApiKeyRefused.

    An end that is the key's own already may lie in the past.
    """
    key = _valid(session, api_key_id)
    if expires_at != key.expires_at:
        _check_end(session, expires_at)
    _check_name(name)
    checked = scope.checked()
    key.name, key.expires_at = name.strip(), expires_at
    key.dataset_patterns, key.actions = list(checked.patterns), list(checked.actions)
    key.networks, key.rate_per_minute = list(checked.networks), checked.rate_per_minute
    session.flush()
    log.info("api_key_changed", extra={"api_key_name": key.name, "prefix": key.prefix})
    return key


@dataclass(frozen=True, slots=True)
class KeyWithUse:
    """A key, and whether anybody uses it."""

    key: ApiKey
    use: Use


def list_api_keys(session: Session, *, unused_after_days: int) -> list[KeyWithUse]:
    """Every key, revoked ones too, newest first."""
    now = database_now(session)
    keys = session.scalars(select(ApiKey).order_by(ApiKey.api_key_id.desc()))
    return [KeyWithUse(key, _use(key, now, unused_after_days)) for key in keys]


def with_use(session: Session, key: ApiKey, *, unused_after_days: int) -> KeyWithUse:
    return KeyWithUse(key, _use(key, database_now(session), unused_after_days))


def _use(key: ApiKey, now: datetime, days: int) -> Use:
    return use_of(key.last_used_at, key.created_at, now, days)


def revoke_api_key(session: Session, api_key_id: int) -> None:
    """The key opens nothing from now on; its row stays. Raises ApiKeyNotFound."""
    key = _valid(session, api_key_id)
    key.revoked_at = database_now(session)
    session.flush()
    log.info("api_key_revoked", extra={"api_key_name": key.name, "prefix": key.prefix})


def _valid(session: Session, api_key_id: int) -> ApiKey:
    key = session.get(ApiKey, api_key_id, with_for_update=True)
    if key is None or key.revoked_at is not None:
        raise ApiKeyNotFound(f"There is no valid API key with the number {api_key_id}.")
    return key
