"""How secrets lie in the database: sealed with a key of settings, each bound to its own row."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from auxiliares import AutomacaoError

VERSION = "v1"
NONCE_BYTES = 12


class SecretUnreadable(AutomacaoError):
    """A stored secret does not open with the current secret_key, or belongs to another row."""

    code = "secret_unreadable"


def encrypt_secret(secret_key: str, text: str, *, bound_to: str) -> str:
    """Encrypt for storage; `bound_to` (for instance "connection:7:password") must match again."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(secret_key).encrypt(nonce, text.encode(), bound_to.encode())
    return f"{VERSION}:" + base64.urlsafe_b64encode(nonce + sealed).decode()


def decrypt_secret(secret_keys: str | Sequence[str], token: str, *, bound_to: str) -> str:
    """Open what encrypt_secret made, with the first key that fits. Raises SecretUnreadable."""
    keys = [secret_keys] if isinstance(secret_keys, str) else secret_keys
    for key in keys:
        opened = _opened(key, token, bound_to)
        if opened is not None:
            return opened
    raise SecretUnreadable(
        f"the stored secret of {bound_to} cannot be opened: backend.secret_key has changed "
        "since it was saved. Restore the old key or enter the secret again."
    )


def _opened(secret_key: str, token: str, bound_to: str) -> str | None:
    version, _, payload = token.partition(":")
    try:
        raw = base64.urlsafe_b64decode(payload if version == VERSION else "")
        nonce, sealed = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
        return _cipher(secret_key).decrypt(nonce, sealed, bound_to.encode()).decode()
    except (InvalidTag, ValueError):
        return None


def _cipher(secret_key: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"automacaosql/secrets/v1")
    return AESGCM(derive.derive(secret_key.encode()))
