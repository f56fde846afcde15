"""API keys: made, shown once, stored as a hash, checked on every read of data."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError, Settings
from models import ApiKey

log = logging.getLogger(__name__)

MARK = "asql"
PREFIX_BYTES = 4
SECRET_BYTES = 32
# A key that is used a thousand times a minute is written once.
USE_NOTED_EVERY = timedelta(minutes=1)
# Keys that stand in documentation open nothing, wherever they were copied to.
SAMPLE_KEYS = frozenset(
    {
        "sua-chave-api",
        "sua-chave-api-aqui",
        "sua_chave_api",
        "sua_chave_aqui",
        "chave-api-1",
        "chave-api-2",
        "chave1",
        "chave2",
        "key1",
        "key2",
        "api_key_1",
        "api_key_2",
        "your-api-key",
        "your_api_key",
        "troque-esta-chave",
        "changeme",
        "change-me",
    }
)


class ApiKeyNotFound(AutomacaoError):
    """No key has this number, or it was revoked before."""

    code = "api_key_not_found"
    status = 404


class ApiKeyRefused(AutomacaoError):
    """A new key without a name, or one that has expired already."""

    code = "api_key_invalid"
    status = 422


def create_api_key(
    session: Session, name: str, *, created_by: str, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """The stored row and the whole key, which cannot be read again later."""
    _check_new(session, name, expires_at)
    prefix = secrets.token_hex(PREFIX_BYTES)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        name=name.strip(),
        prefix=prefix,
        secret_hash=_hash(secret),
        created_by=created_by,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    log.info("api_key_created", extra={"api_key_name": key.name, "prefix": prefix})
    return key, f"{MARK}_{prefix}_{secret}"


def _check_new(session: Session, name: str, expires_at: datetime | None) -> None:
    if not name.strip():
        raise _refused("name", "required", "A key needs a name that says who reads with it.")
    if expires_at is not None and expires_at <= session.scalars(select(_now())).one():
        raise _refused("expires_at", "in_the_past", "The key would have expired already.")


def _refused(field: str, code: str, message: str) -> ApiKeyRefused:
    return ApiKeyRefused(message, errors=[FieldError(field=field, code=code, message=message)])


def list_api_keys(session: Session) -> Sequence[ApiKey]:
    """Every key, revoked ones too, newest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.api_key_id.desc())).all()


def revoke_api_key(session: Session, api_key_id: int) -> None:
    """The key opens nothing from now on; its row stays. Raises ApiKeyNotFound."""
    key = session.get(ApiKey, api_key_id)
    if key is None or key.revoked_at is not None:
        raise ApiKeyNotFound(f"There is no valid API key with the number {api_key_id}.")
    key.revoked_at = _now()
    session.flush()
    log.info("api_key_revoked", extra={"api_key_name": key.name, "prefix": key.prefix})


def name_of_file_key(settings: Settings, text: str) -> str | None:
    """`file key 1` and so on when the text is a key of the settings file."""
    given = text.encode()
    found = None
    for number, key in enumerate(settings.data_api.api_keys, start=1):
        value = key.get_secret_value()
        if hmac.compare_digest(value.encode(), given) and _may_open(value):
            found = f"file key {number}"
    return found


def _may_open(value: str) -> bool:
    return bool(value.strip()) and value.strip().lower() not in SAMPLE_KEYS


def name_of_table_key(session: Session, text: str) -> str | None:
    """The key's name when the text is a stored key that is neither revoked nor expired."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != MARK or not secret:
        return None
    key = session.scalars(
        select(ApiKey).where(
            ApiKey.prefix == prefix,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > _now()),
        )
    ).first()
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(secret)):
        return None
    session.execute(
        update(ApiKey)
        .where(
            ApiKey.api_key_id == key.api_key_id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < _now() - USE_NOTED_EVERY),
        )
        .values(last_used_at=_now())
        .execution_options(synchronize_session=False)
    )
    return key.name


def _hash(secret: str) -> bytes:
    """Keys are random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def _now() -> ColumnElement[datetime]:
    return func.clock_timestamp()
