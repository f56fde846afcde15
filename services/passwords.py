"""Password hashes: argon2id for new ones, those of the existing system accepted until renewed."""

from __future__ import annotations

import string
import unicodedata
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

from auxiliares import AutomacaoError, FieldError

MIN_LENGTH = 8
MAX_LENGTH = 200
_WERKZEUG = ("scrypt:", "pbkdf2:")

COMMON_WORDS = Path(__file__).with_name("common_passwords.txt")
# Fewer different characters, or fewer digits and nothing else, are tried first of all.
DISTINCT_CHARACTERS = 5
ALL_DIGITS_LENGTH = 14
_AROUND = string.digits + string.punctuation + string.whitespace
_REPLACED = str.maketrans("@43105$7", "aaeiosst")

_hasher = PasswordHasher()


class PasswordRefused(AutomacaoError):
    """A new password is too short or too long."""

    code = "password_refused"
    status = 422


class PasswordTooCommon(AutomacaoError):
    """A new password is among those that are tried first."""

    code = "password_common"
    status = 422


def check_new_password(password: str, username: str = "", *, field: str = "password") -> str:
    """Return a password fit to be set. Raises PasswordRefused or PasswordTooCommon."""
    if MIN_LENGTH <= len(password) <= MAX_LENGTH:
        if is_common(password, username):
            message = "This password is among those that are tried first; choose another one."
            raise PasswordTooCommon(
                message, errors=[FieldError(field=field, code="password_common", message=message)]
            )
        return password
    message = f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters."
    raise PasswordRefused(
        message, errors=[FieldError(field=field, code="password_refused", message=message)]
    )


def is_common(password: str, username: str) -> bool:
    """True for a common word or the user's own name with digits and signs around or instead of
    letters, for few different characters, and for a row of digits."""
    text = password.casefold()
    if len(set(text)) < DISTINCT_CHARACTERS:
        return True
    if text.isdecimal() and len(text) < ALL_DIGITS_LENGTH:
        return True
    words = _common_words() | {_letters(username.casefold())} - {""}
    inside = text.strip(_AROUND)
    return bool({_letters(text), _letters(inside.translate(_REPLACED))} & words) or _is_row(text)


def _is_row(text: str) -> bool:
    """Neighbours in the alphabet or among the digits, as in 12345678a or abcdefgh1."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return steps.count(1) >= len(text) - 2 or steps.count(-1) >= len(text) - 2


def _letters(text: str) -> str:
    """Its letters alone, without accents."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if char.isalpha() and char.isascii())


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    lines = COMMON_WORDS.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


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
