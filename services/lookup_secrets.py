"""Header values of look-ups that nobody shall read again: sealed for the server they go to.

Inside a job's movement a sealed value stands where the text stood, so that it goes through
versions, proposals and clones as it is. It opens only for the same server and header: who sends it
elsewhere has to enter it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from auxiliares import FieldError
from stored_secrets import SecretUnreadable, decrypt_secret, encrypt_secret
from transfer.definition import LookUp, MovementInvalid

MARK = "sealed:"

Change = Callable[[str, str], str]


def sealed(movement: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The movement with every secret header sealed; what is sealed already stays.

    Raises MovementInvalid where that does not open for its server any more.
    """

    def seal(value: str, bound_to: str) -> str:
        if value.startswith(MARK):
            _open(value, bound_to, keys)
            return value
        return MARK + encrypt_secret(keys[0], value, bound_to=bound_to)

    return dict(changed(movement, seal))


def opened(lookup: LookUp, keys: Sequence[str]) -> LookUp:
    """The look-up with its headers as they are sent. Raises MovementInvalid."""

    def unseal(value: str, bound_to: str) -> str:
        return _open(value, bound_to, keys) if value.startswith(MARK) else value

    return LookUp.model_validate(changed(lookup.model_dump(), unseal))


def sealed_anew(value: Any, anew: Change) -> Any:
    """Any JSON value with each sealed header as `anew(token, bound_to)` has it."""
    return changed(
        value,
        lambda text, bound_to: (
            MARK + anew(text.removeprefix(MARK), bound_to) if text.startswith(MARK) else text
        ),
    )


def without_secrets(value: Any) -> Any:
    """A copy of a JSON value with null for each secret header."""
    return changed(value, lambda _text, _bound_to: None)


def changed(value: Any, change: Callable[[str, str], str | None]) -> Any:
    """A copy of a JSON value in which `change` has seen every secret header of a look-up."""
    if isinstance(value, list):
        return [changed(member, change) for member in value]
    if not isinstance(value, Mapping):
        return value
    copy = {name: changed(member, change) for name, member in value.items()}
    headers, secret = copy.get("headers"), copy.get("secret_headers")
    if isinstance(headers, dict) and isinstance(secret, list) and isinstance(copy.get("url"), str):
        for name in secret:
            if isinstance(text := headers.get(name), str):
                headers[name] = change(text, _bound_to(copy["url"], str(name)))
    return copy


def _open(value: str, bound_to: str, keys: Sequence[str]) -> str:
    try:
        return decrypt_secret(keys, value.removeprefix(MARK), bound_to=bound_to)
    except SecretUnreadable as exc:
        name = bound_to.rpartition(":")[2]
        message = (
            f"The secret of the header {name} was entered for another server, or with another "
            "secret_key; enter it again."
        )
        fault = FieldError(field="movement", code=MovementInvalid.code, message=message)
        raise MovementInvalid(message, errors=[fault]) from exc


def _bound_to(url: str, header: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"lookup:{scheme}://{rest.partition('/')[0].lower()}:{header.lower()}"
