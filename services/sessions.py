"""Who is logged in: rows that end by themselves, at logout, or when somebody ends them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from auxiliares import AutomacaoError
from models import LoginSession, User

IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=7)
TOKEN_BYTES = 32
# Written down no more often than that: reading a page must not become a row lock.
SEEN_EVERY = timedelta(minutes=1)
AGENT_LENGTH = 300


class SessionNotFound(AutomacaoError):
    """No session of this user has this number."""

    code = "session_not_found"
    status = 404


def begin_session(session: Session, user: User, *, address: str, user_agent: str | None) -> str:
    """Log in: the token for the cookie, which is stored nowhere. Ended sessions are removed."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(delete(LoginSession).where(or_(*_ended())))
    session.add(
        LoginSession(
            token_hash=_hash(token),
            user_id=user.user_id,
            address=address,
            user_agent=user_agent[:AGENT_LENGTH] if user_agent else None,
        )
    )
    session.flush()
    return token


def find_session(session: Session, token: str) -> LoginSession | None:
    """The running session of a token, with its user; None when it has ended or never was."""
    found = session.scalars(
        select(LoginSession)
        .join(LoginSession.user)
        .options(contains_eager(LoginSession.user))
        .where(and_(LoginSession.token_hash == _hash(token), *(~end for end in _ended())))
    ).first()
    if found is None:
        return None
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.session_id == found.session_id,
            LoginSession.last_seen_at < func.clock_timestamp() - SEEN_EVERY,
        )
        .values(last_seen_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )
    return found


def list_sessions(session: Session, user_id: int) -> Sequence[LoginSession]:
    """The running sessions of a user, the newest first."""
    return session.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user_id, *(~end for end in _ended()))
        .order_by(LoginSession.session_id.desc())
    ).all()


def end_session(session: Session, user_id: int, session_id: int) -> None:
    """Raises SessionNotFound; somebody else's is not found either."""
    gone = session.execute(
        delete(LoginSession)
        .where(LoginSession.session_id == session_id, LoginSession.user_id == user_id)
        .returning(LoginSession.session_id)
    ).first()
    if gone is None:
        raise SessionNotFound(f"There is no session of yours with the number {session_id}.")


def end_sessions(session: Session, user_id: int, *, but: int | None = None) -> int:
    """End every session of a user, except one; how many there were."""
    ended = delete(LoginSession).where(LoginSession.user_id == user_id)
    if but is not None:
        ended = ended.where(LoginSession.session_id != but)
    return len(session.execute(ended.returning(LoginSession.session_id)).all())


def _ended() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    now = func.clock_timestamp()
    return (
        LoginSession.last_seen_at < now - IDLE_LIMIT,
        LoginSession.created_at < now - ABSOLUTE_LIMIT,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
