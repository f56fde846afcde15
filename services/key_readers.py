"""Who reads with a key: the key is checked at every request, its scope makes the reader."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final, Self

from sqlalchemy import func, or_, update
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, Settings
from metadb.engine import ask
from metadb.questions import Question
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


VALID_KEY_SQL: Final = """
    SELECT api_key_id, name, secret_hash, dataset_patterns, actions, networks, rate_per_minute,
           last_used_at IS NOT NULL AND last_used_at >= clock_timestamp() - $2 AS is_noted
    FROM api_keys
    WHERE prefix = $1 AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > clock_timestamp())
"""
_KEY = Question("valid_api_key", VALID_KEY_SQL, ("text", "interval"))


@dataclass(frozen=True, slots=True)
class ValidKey:
    """A stored key that is neither revoked nor expired. `is_noted`: its use need not be noted."""

    api_key_id: int
    name: str
    patterns: tuple[str, ...]
    actions: frozenset[DataAction]
    networks: tuple[str, ...]
    rate_per_minute: int | None
    is_noted: bool

    def reader_at(self, address: str) -> Reader:
        """The reader it stands for at this address. Raises KeyNetworkRefused."""
        if self.networks and not _is_within(address, self.networks):
            raise KeyNetworkRefused(
                f"The key {self.name!r} may not be used from the address {address}. Whoever made "
                "it can make one for this network."
            )
        return Reader(ReaderKind.KEY, self.name, self.patterns, self.actions)


def find_key(given: GivenKey) -> ValidKey | None:
    """The valid key that a request says it has, as it is in the database now."""
    found = (valid_key(row, given) for row in ask(_KEY, given.prefix, USE_NOTED_EVERY))
    return next((key for key in found if key is not None), None)


@dataclass(frozen=True, slots=True)
class GivenKey:
    """What a request says it has: the key's prefix, and the hash of its secret."""

    prefix: str
    secret_hash: bytes

    @classmethod
    def of(cls, text: str) -> Self | None:
        """None for what cannot be a key made here."""
        mark, _, rest = text.partition("_")
        prefix, _, secret = rest.partition("_")
        return cls(prefix, secret_hash(secret)) if mark == MARK and secret else None


def valid_key(row: tuple[Any, ...], given: GivenKey) -> ValidKey | None:
    """The key of a row of VALID_KEY_SQL if its secret is the one that is given."""
    key_id, name, stored, patterns, actions, networks, rate, is_noted = row
    if not hmac.compare_digest(bytes(stored), given.secret_hash):
        return None
    known = frozenset(DataAction(word) for word in actions if word in [*DataAction])
    return ValidKey(key_id, name, tuple(patterns), known, tuple(networks), rate, is_noted)


def note_use(session: Session, key: ValidKey, *, address: str, user_agent: str) -> None:
    """Write down when and from where the key was used last, unless somebody just has."""
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


def _is_within(address: str, networks: Iterable[str]) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if found.version == 6 and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks)
