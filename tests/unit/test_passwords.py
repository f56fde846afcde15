"""Hashes: ours, those of the existing system, and broken ones."""

import pytest
from werkzeug.security import generate_password_hash

from services.passwords import (
    PasswordRefused,
    check_new_password,
    hash_password,
    needs_renewal,
    verify_password,
)

PASSWORD = "senha com acentuação"


def test_a_new_hash_is_argon2id_and_opens_with_its_password_only() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert verify_password(stored, PASSWORD)
    assert not verify_password(stored, PASSWORD + " ")
    assert not needs_renewal(stored)


@pytest.mark.parametrize("method", ["scrypt:1024:8:1", "pbkdf2:sha256:1000"])
def test_a_hash_of_the_existing_system_is_accepted_and_due_for_renewal(method: str) -> None:
    stored = generate_password_hash(PASSWORD, method=method)
    assert verify_password(stored, PASSWORD)
    assert not verify_password(stored, "wrong password")
    assert needs_renewal(stored)


@pytest.mark.parametrize(
    "stored", ["", "x", "scrypt:", "scrypt:a:b:c$salt$00", "pbkdf2:sha256:x$s$0", "$argon2id$v=19$"]
)
def test_a_broken_hash_opens_to_nobody(stored: str) -> None:
    assert not verify_password(stored, PASSWORD)
    assert not verify_password(stored, "")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201])
def test_a_password_of_the_wrong_length_is_refused_with_its_field(password: str) -> None:
    with pytest.raises(PasswordRefused) as caught:
        check_new_password(password, field="new_password")
    assert caught.value.errors[0]["field"] == "new_password"


def test_a_password_of_the_right_length_passes() -> None:
    assert check_new_password("x" * 8) == "x" * 8
    assert check_new_password("ç" * 200) == "ç" * 200
