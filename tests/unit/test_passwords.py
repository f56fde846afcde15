"""Hashes: ours, those of the existing system, and broken ones."""

import pytest
from werkzeug.security import generate_password_hash

from services.passwords import (
    PasswordRefused,
    PasswordTooCommon,
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
    assert check_new_password("carreira") == "carreira"
    assert check_new_password("ação!" * 40) == "ação!" * 40


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password1", "P@ssw0rd!", "senha2024", "Senha@123", "SENHA12345", "admin1234",
        "12345678", "87654321", "11111111", "abababab", "01011990", "qwerty123", "Brasil2026!",
        "iloveyou", "abcdefgh1", "aaaaaaaaaaaaaaaa", "flamengo81", "corinthians", "maria.silva99",
    ],
)  # fmt: skip
def test_security_passwords_those_that_are_tried_first_are_refused(password: str) -> None:
    with pytest.raises(PasswordTooCommon) as caught:
        check_new_password(password, "Maria Silva", field="new_password")
    assert caught.value.errors[0]["code"] == "password_common"


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "uma senha nova", "xk7!pq02", "casa amarela 7", "83920174650912374"],
)
def test_security_passwords_those_of_one_s_own_pass(password: str) -> None:
    assert check_new_password(password, "Maria Silva") == password


def test_security_passwords_are_hashed_slowly() -> None:
    # Memory and passes of argon2id, not below what its authors recommend.
    parameters = hash_password(PASSWORD).split("$")[3]
    cost = dict(part.split("=") for part in parameters.split(","))
    assert int(cost["m"]) >= 19 * 1024
    assert int(cost["t"]) >= 2
