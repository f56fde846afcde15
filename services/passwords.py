"""Password hashes: argon2id for new ones, those of the existing system accepted until renewed."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

from auxiliares import AutomacaoError, FieldError

MIN_LENGTH = 8
MAX_LENGTH = 200
_WERKZEUG = ("scrypt:", "pbkdf2:")

_hasher = PasswordHasher()


class PasswordRefused(AutomacaoError):
    """A new password is too short or too long."""

    code = "password_refused"
    status = 422


def check_new_password(password: str, *, field: str = "password") -> str:
    """Return a password fit to be set. Raises PasswordRefused."""
    if MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return password
    message = f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters."
    raise PasswordRefused(
        message, errors=[FieldError(field=field, code="password_refused", message=message)]
    )


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """True when the password belongs to the stored hash; an unreadable hash opens to nobody."""
    if stored.startswith(_WERKZEUG):
        return _verify_werkzeug(stored, password)
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _verify_werkzeug(stored: str, password: str) -> bool:
    try:
        return check_password_hash(stored, password)
    except ValueError:  # broken parameters in the hash, for instance scrypt:x:y:z
        return False


def needs_renewal(stored: str) -> bool:
    """True when a password that was just verified should be hashed again and stored."""
    return stored.startswith(_WERKZEUG) or _hasher.check_needs_rehash(stored)


def waste_time_like_verify(password: str) -> None:
    """Take as long as a verification, so that answers do not tell which users exist."""
    verify_password(_dummy_hash(), password)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return _hasher.hash("nobody has this password")
