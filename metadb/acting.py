"""Who acts: every transaction tells the database, whose triggers write the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import text
from sqlalchemy.orm import Session

_acting: ContextVar[str] = ContextVar("acting", default="")
_TELL = text("select set_config('automacaosql.acting', :acting, true)")


@contextmanager
def acting_as(
    actor: str, *, address: str | None = None, request_id: str | None = None
) -> Iterator[None]:
    """Changes of the transactions begun in the block are those of this person or program."""
    told = {"actor": actor, "address": address, "request_id": request_id}
    token = _acting.set(json.dumps(told))
    try:
        yield
    finally:
        _acting.reset(token)


def current_actor() -> str | None:
    """Who acts now; None where nobody does."""
    acting = _acting.get()
    return str(json.loads(acting)["actor"]) if acting else None


def tell(session: Session) -> None:
    """Say in the transaction that begins who acts in it; nothing where nobody does."""
    acting = _acting.get()
    if acting:
        session.execute(_TELL, {"acting": acting})
