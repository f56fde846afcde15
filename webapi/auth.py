"""Login, logout, who am I, one's own password and sessions."""

from __future__ import annotations

import logging

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from metadb.engine import unit_of_work
from models import User
from services import login_attempts, sessions, users
from services.login_attempts import TooManyAttempts
from webapi.access import (
    Rule,
    access,
    actor,
    actor_or_none,
    before_password_change,
    end_session,
    keep_session,
)
from webapi.answers import answer, answer_list
from webapi.resource import resource
from webapi.schemas import Message
from webapi.user_schemas import (
    Credentials,
    LoginOut,
    MeOut,
    PasswordChange,
    SessionList,
    SessionOut,
    SessionPath,
)

log = logging.getLogger(__name__)

bp = resource("auth", __name__, tag="session")


@bp.post("/api/login", responses={200: LoginOut})
@access(Rule.PUBLIC)
def login(body: Credentials) -> Response:
    """Log in; the answer sets the session cookie."""
    address = request.remote_addr or ""
    _count_attempt(body.username, address)
    try:
        with unit_of_work() as session:
            user = users.authenticate(session, body.username, body.password)
            login_attempts.forget_attempts(session, body.username, address)
            token = _begin_session(session, user)
    except users.LoginRefused:
        log.warning("login_refused", extra={"user_name": body.username[:200], "address": address})
        raise
    keep_session(token)
    log.info("user_logged_in", extra={"user_name": user.username, "address": address})
    out = LoginOut(
        username=user.username,
        role=user.role,
        must_change_password=user.must_change_password or None,
    )
    return jsonify(out.model_dump(exclude_none=True))


@bp.post("/api/logout", responses={200: Message})
@access(Rule.NORMAL)
@before_password_change
def logout() -> Response:
    """Log out everywhere: every session of this user ends, also for whoever copied a cookie."""
    caller = actor()
    with unit_of_work() as session:
        sessions.end_sessions(session, caller.user_id)
    end_session()
    log.info("user_logged_out", extra={"user_name": caller.username})
    return answer(Message(msg="deslogado"))


@bp.get("/api/me", responses={200: MeOut})
@access(Rule.PUBLIC)
def me() -> Response:
    """Who is logged in."""
    caller = actor_or_none()
    if caller is None:
        out = MeOut(authenticated=False)
    else:
        out = MeOut(
            authenticated=True,
            username=caller.username,
            role=caller.role,
            must_change_password=caller.must_change_password or None,
        )
    return jsonify(out.model_dump(exclude_none=True))


@bp.put("/api/me/password", responses={200: Message})
@access(Rule.NORMAL)
@before_password_change
def change_password(body: PasswordChange) -> Response:
    """Change one's own password; every other session of this user ends. Wrong ones are counted as
    failed logins are: whoever found a session must not find the password with it."""
    name, address = actor().username, request.remote_addr or ""
    _count_attempt(name, address)
    with unit_of_work() as session:
        user = users.change_own_password(
            session, actor().user_id, current=body.current_password, new=body.new_password
        )
        login_attempts.forget_attempts(session, name, address)
        token = _begin_session(session, user)
    keep_session(token)
    return answer(Message(msg="updated"))


@bp.get("/api/me/sessions", responses={200: SessionList})
@access(Rule.NORMAL)
def list_my_sessions() -> Response:
    """Where one is logged in, the newest first."""
    caller = actor()
    with unit_of_work() as session:
        found = sessions.list_sessions(session, caller.user_id)
        return answer_list([SessionOut.of(one, caller.session_id) for one in found])


@bp.delete("/api/me/sessions/<int:session_id>", responses={200: Message})
@access(Rule.NORMAL)
def end_my_session(path: SessionPath) -> Response:
    """Log out somewhere else, or here."""
    with unit_of_work() as session:
        sessions.end_session(session, actor().user_id, path.session_id)
    return answer(Message(msg="ended"))


@bp.delete("/api/me/sessions", responses={200: Message})
@access(Rule.NORMAL)
def end_my_other_sessions() -> Response:
    """Log out everywhere else."""
    caller = actor()
    with unit_of_work() as session:
        sessions.end_sessions(session, caller.user_id, but=caller.session_id)
    return answer(Message(msg="ended"))


def _count_attempt(username: str, address: str) -> None:
    """Raises TooManyAttempts; the count is committed before the password is looked at."""
    with unit_of_work() as session:
        wait_s = login_attempts.count_attempt(session, username, address)
    if wait_s is not None:
        log.warning("login_paused", extra={"user_name": username[:200], "address": address})
        raise TooManyAttempts(wait_s)


def _begin_session(session: Session, user: User) -> str:
    agent = request.headers.get("User-Agent")
    return sessions.begin_session(
        session, user, address=request.remote_addr or "", user_agent=agent
    )
