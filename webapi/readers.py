"""Who reads data in this request: the holder of an API key, however it was sent."""

from __future__ import annotations

from flask import current_app, g, request

from metadb.engine import unit_of_work
from services import key_readers
from services.key_readers import GivenKey, ValidKey
from services.reading_rights import Reader
from webapi.state import AppState, settings_of, state_of

KEY_HEADER = "X-API-Key"
REALM = "AutomacaoSQL"
BASIC_CHALLENGE = f'Basic realm="{REALM}", charset="UTF-8"'
BEARER_CHALLENGE = f'Bearer realm="{REALM}"'
# Of all pages of a browser only one that is opened itself may make it ask for a password.
_ASKED_BY_SCRIPTS = frozenset({"cors", "no-cors", "same-origin", "websocket"})


def key_reader() -> Reader | None:
    """The reader whose key this request carries; its name is kept for the access log.

    Raises RateLimited or KeyNetworkRefused for a valid key.
    """
    text = _sent_key()
    if not text:
        return None
    reader = key_readers.reader_of_file_key(settings_of(current_app), text)
    if reader is None:
        reader = _stored_key_reader(text)
    g.api_key_name = reader.name if reader is not None else None
    return reader


def challenges() -> list[str]:
    """The values of `WWW-Authenticate`: Excel and its kin ask for a key then."""
    if request.headers.get("Sec-Fetch-Mode") in _ASKED_BY_SCRIPTS:
        return [BEARER_CHALLENGE]
    return [BASIC_CHALLENGE, BEARER_CHALLENGE]


def _stored_key_reader(text: str) -> Reader | None:
    given = GivenKey.of(text)
    key = None if given is None else key_readers.find_key(given)
    if key is None:
        return None
    g.given_key = given
    count_request(key, state_of(current_app))
    address = request.remote_addr or ""
    reader = key.reader_at(address)
    if not key.is_noted:
        user_agent = request.headers.get("User-Agent", "")
        with unit_of_work() as session:
            key_readers.note_use(session, key, address=address, user_agent=user_agent)
    return reader


def count_request(key: ValidKey, state: AppState) -> None:
    """Raises RateLimited when the key has used up its requests."""
    if key.rate_per_minute is not None:
        state.rate_limits.take(("key", key.api_key_id), key.rate_per_minute)


def _sent_key() -> str:
    """From the header of its own, as bearer token, or as the password of any user."""
    if KEY_HEADER in request.headers:
        return request.headers[KEY_HEADER]
    authorization = request.authorization
    if authorization is None:
        return ""
    if authorization.type == "bearer":
        return authorization.token or ""
    if authorization.type == "basic":
        return authorization.password or ""
    return ""
