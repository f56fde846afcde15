"""Login, logout, who am I, and one's own password."""

from __future__ import annotations

import logging

from flask import Response, current_app, jsonify, request

from metadb.engine import unit_of_work
from services import users
from webapi.access import Rule, access, actor, actor_or_none, end_session, start_session
from webapi.answers import answer
from webapi.resource import resource
from webapi.schemas import Message
from webapi.state import state_of
from webapi.user_schemas import Credentials, LoginOut, MeOut, PasswordChange

log = logging.getLogger(__name__)

bp = resource("auth", __name__, tag="session")


@bp.post("/api/login", responses={200: LoginOut})
@access(Rule.PUBLIC)
def login(body: Credentials) -> Response:
    """Log in; the answer sets the session cookie."""
    throttle, address = state_of(current_app).throttle, request.remote_addr or ""
    throttle.check(body.username, address)
    try:
        with unit_of_work() as session:
            user = users.authenticate(session, body.username, body.password)
    except users.LoginRefused:
        throttle.failed(body.username, address)
        log.warning("login_refused", extra={"user_name": body.username[:200], "address": address})
        raise
    throttle.succeeded(body.username, address)
    start_session(user)
    log.info("user_logged_in", extra={"user_name": user.username, "address": address})
    out = LoginOut(
        username=user.username,
        role=user.role,
        must_change_password=user.must_change_password or None,
    )
    return jsonify(out.model_dump(exclude_none=True))


@bp.post("/api/logout", responses={200: Message})
@access(Rule.NORMAL)
def logout() -> Response:
    """Log out everywhere: every session cookie of this user stops working."""
    caller = actor()
    with unit_of_work() as session:
        users.end_sessions(users.get_user(session, caller.user_id))
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
def change_password(body: PasswordChange) -> Response:
    """Change one's own password; every other session of this user ends."""
    with unit_of_work() as session:
        user = users.change_own_password(
            session, actor().user_id, current=body.current_password, new=body.new_password
        )
    start_session(user)
    return answer(Message(msg="updated"))
