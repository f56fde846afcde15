"""API keys for readers of data, for root."""

from __future__ import annotations

from flask import Response

from metadb.engine import unit_of_work
from services import api_keys
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.resource import resource
from webapi.schemas import Message
from webapi.state import current_settings
from webapi.user_schemas import (
    ApiKeyChange,
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyList,
    ApiKeyOut,
    ApiKeyPath,
)

bp = resource("api_keys", __name__, tag="api keys")


@bp.get("/api/api-keys", responses={200: ApiKeyList})
@access(Rule.ROOT)
def list_api_keys() -> Response:
    """Every stored key without its secret, newest first."""
    with unit_of_work() as session:
        found = api_keys.list_api_keys(session, unused_after_days=_days())
        return answer_list([ApiKeyOut.of(key) for key in found])


@bp.post("/api/api-keys", responses={201: ApiKeyCreated})
@access(Rule.ROOT)
def create_api_key(body: ApiKeyCreate) -> Response:
    """Create a key; this answer shows it, no other ever will."""
    with unit_of_work() as session:
        row, key = api_keys.create_api_key(
            session,
            body.name,
            created_by=actor().username,
            expires_at=body.expires_at,
            scope=body.scope(),
        )
        found = api_keys.with_use(session, row, unused_after_days=_days())
        out = ApiKeyCreated.with_key(found, key)
    return answer(out, 201)


@bp.put("/api/api-keys/<int:api_key_id>", responses={200: ApiKeyOut})
@access(Rule.ROOT)
def change_api_key(path: ApiKeyPath, body: ApiKeyChange) -> Response:
    """Change name, end and scope of a key at once; its secret stays what it is."""
    with unit_of_work() as session:
        key = api_keys.change_api_key(
            session, path.api_key_id, body.name, expires_at=body.expires_at, scope=body.scope()
        )
        return answer(ApiKeyOut.of(api_keys.with_use(session, key, unused_after_days=_days())))


@bp.delete("/api/api-keys/<int:api_key_id>", responses={200: Message})
@access(Rule.ROOT)
def revoke_api_key(path: ApiKeyPath) -> Response:
    """Revoke a key at once."""
    with unit_of_work() as session:
        api_keys.revoke_api_key(session, path.api_key_id)
    return answer(Message(msg="deleted"))


def _days() -> int:
    return current_settings().data_api.unused_after_days
