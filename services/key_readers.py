"""Who reads with a key: the key is checked at every request, its scope makes the reader."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, Settings
from models import ApiKey
from services.reading_rights import Reader
from vocabulary import DataAction, ReaderKind

MARK = "asql"
# A key that is used a thousand times a minute is written once.
USE_NOTED_EVERY = timedelta(minutes=1)
MAX_USER_AGENT: Final = 200
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


class KeyNetworkRefused(AutomacaoError):
    """The key is valid and not for the address it is used from."""

    code: ClassVar[str] = "key_network_refused"
    status: ClassVar[int] = 403


def secret_hash(secret: str) -> bytes:
    """Keys are random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def reader_of_file_key(settings: Settings, text: str) -> Reader | None:
    """`file key 1` and so on when the text is a key of the settings file; it opens everything."""
    given = text.encode()
    found = None
    for number, key in enumerate(settings.data_api.api_keys, start=1):
        value = key.get_secret_value()
        if hmac.compare_digest(value.encode(), given) and _may_open(value):
            found = Reader(ReaderKind.FILE_KEY, f"file key {number}")
    return found


def _may_open(value: str) -> bool:
    return bool(value.strip()) and value.strip().lower() not in SAMPLE_KEYS


def find_key(session: Session, text: str) -> ApiKey | None:
    """The stored key of this text that is neither revoked nor expired."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != MARK or not secret:
        return None
    key = session.scalars(
        select(ApiKey).where(
            ApiKey.prefix == prefix,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.clock_timestamp()),
        )
    ).first()
    if key is None or not hmac.compare_digest(key.secret_hash, secret_hash(secret)):
        return None
    return key


def reader_of_key(session: Session, key: ApiKey, *, address: str, user_agent: str) -> Reader:
    """The reader a key stands for at this address; its use is noted. Raises KeyNetworkRefused."""
    if key.networks and not _is_within(address, key.networks):
        raise KeyNetworkRefused(
            f"The key {key.name!r} may not be used from the address {address}. Whoever made it "
            "can make one for this network."
        )
    now = func.clock_timestamp()
    session.execute(
        update(ApiKey)
        .where(
            ApiKey.api_key_id == key.api_key_id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < now - USE_NOTED_EVERY),
        )
        .values(
            last_used_at=now,
            last_address=address,
            last_user_agent=user_agent[:MAX_USER_AGENT],
        )
        .execution_options(synchronize_session=False)
    )
    actions = frozenset(DataAction(word) for word in key.actions if word in [*DataAction])
    return Reader(ReaderKind.KEY, key.name, tuple(key.dataset_patterns), actions)


def _is_within(address: str, networks: list[str]) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if found.version == 6 and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks)
