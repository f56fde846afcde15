"""Who may call what: one declared rule per route, everything else is refused.

The cookie carries the token of a session; the session itself is a row that ends at logout, when
role or password change, after twelve idle hours and after a week.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, TypeVar

from flask import Flask, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, current_user, logout_user

from auxiliares import AutomacaoError
from metadb.engine import unit_of_work
from models import LoginSession
from services import sessions
from services.reading_rights import Reader
from vocabulary import DataAction, ReaderKind, Role
from webapi.readers import KEY_HEADER, challenges, key_reader
from webapi.state import settings_of, state_of

View = TypeVar("View", bound=Callable[..., object])

COOKIE = "asql_session"
_RULE = "access_rule"
_ACTION = "data_action"
_BEFORE_OWN = "before_own_password"


class Rule(StrEnum):
    """What a route demands."""

    PUBLIC = "public"
    DATA_READER = "data_reader"  # an API key, or anybody who is logged in
    NORMAL = "normal"
    MODERATOR = "moderator"
    ROOT = "root"


_RANK = {Role.NORMAL: 1, Role.MODERATOR: 2, Role.ROOT: 3}
_NEEDED = {Rule.NORMAL: 1, Rule.DATA_READER: 1, Rule.MODERATOR: 2, Rule.ROOT: 3}


class AuthenticationRequired(AutomacaoError):
    """Nobody is logged in, and no valid key was sent where one may be."""

    code = "authentication_required"
    status = 401

    def __init__(self, message: str, challenges: Sequence[str] = ()) -> None:
        """`challenges`: what `WWW-Authenticate` asks for."""
        super().__init__(message)
        self.challenges = challenges


class PasswordChangeRequired(AutomacaoError):
    """The caller still has the password somebody else gave them."""

    code = "password_change_required"
    status = 403


class Forbidden(AutomacaoError):
    """The caller's role does not reach."""

    code = "forbidden"
    status = 403


@dataclass(frozen=True, slots=True)
class Actor:
    """The logged-in user of this request, in the form Flask-Login wants."""

    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    user_id: int
    username: str
    role: Role
    must_change_password: bool
    session_id: int
    token: str = field(repr=False)

    def get_id(self) -> str:
        return self.token

    @property
    def is_root(self) -> bool:
        return self.role == Role.ROOT

    @property
    def is_moderator(self) -> bool:
        return _RANK[self.role] >= _RANK[Role.MODERATOR]

    @classmethod
    def of(cls, found: LoginSession, token: str) -> Actor:
        user = found.user
        return cls(
            user.user_id,
            user.username,
            Role(user.role),
            user.must_change_password,
            found.session_id,
            token,
        )


class _SessionCookie(SecureCookieSessionInterface):
    """The signed cookie; one that was given over TLS is never sent without it."""

    def get_cookie_secure(self, app: Flask) -> bool:
        del app
        return request.is_secure


def access(rule: Rule, action: DataAction = DataAction.READ) -> Callable[[View], View]:
    """Declare what a route demands; stands directly above the function.

    `action`: what a key must be for, where the rule lets keys in.
    """

    def declare(view: View) -> View:
        setattr(view, _RULE, rule)
        setattr(view, _ACTION, action)
        return view

    return declare


def before_password_change(view: View) -> View:
    """Let somebody call this who has not yet replaced a given password."""
    setattr(view, _BEFORE_OWN, True)
    return view


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The declared rule of an endpoint, or None: then nobody may call it."""
    return getattr(app.view_functions[endpoint], _RULE, None)


def install(app: Flask) -> None:
    """Sessions and the check before every request."""
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=sessions.IDLE_LIMIT,
    )
    app.session_interface = _SessionCookie()
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = None  # logs people out behind proxies whose address changes
    manager.user_loader(_load)


def enforce() -> Actor | None:
    """Check the rule of the matched route; the caller, where the rule demanded a session.

    Public routes ask no database who calls, so that they answer while it is away. Raises
    AuthenticationRequired, Forbidden, RateLimited, or what the scope of a key refuses.
    """
    if request.endpoint is None:
        return None
    rule = rule_of(current_app, request.endpoint)
    if rule is Rule.PUBLIC:
        return None
    if rule is Rule.DATA_READER and _enforce_key(request.endpoint):
        return None
    caller = actor_or_none()
    if caller is None:
        raise _authentication_required(rule)
    if rule is None or _RANK[caller.role] < _NEEDED[rule]:
        raise Forbidden(f"A user with the role {caller.role} may not do this.")
    _check_rate(caller)
    if caller.must_change_password and not _allows_first_password(request.endpoint):
        raise PasswordChangeRequired(
            "Change the password you were given first (PUT /api/me/password); until then nothing "
            "else answers."
        )
    return caller


def _check_rate(caller: Actor) -> None:
    """Far above what the interface needs; whoever sends more is a program gone wild."""
    rate = settings_of(current_app).security.requests_per_minute
    state_of(current_app).rate_limits.take(("user", caller.user_id), rate)


def _allows_first_password(endpoint: str) -> bool:
    return bool(getattr(current_app.view_functions[endpoint], _BEFORE_OWN, False))


def _enforce_key(endpoint: str) -> bool:
    """False when the request carries no valid key. Raises KeyActionRefused and what else a key
    may meet."""
    found = key_reader()
    if found is None:
        return False
    found.require(getattr(current_app.view_functions[endpoint], _ACTION))
    g.reader = found
    return True


def _authentication_required(rule: Rule | None) -> AuthenticationRequired:
    if rule is not Rule.DATA_READER:
        return AuthenticationRequired("Log in first (POST /api/login).")
    return AuthenticationRequired(
        f"Log in first (POST /api/login), or send an API key in the header {KEY_HEADER}, as a "
        "bearer token, or as the password of any user name.",
        challenges(),
    )


def reader() -> Reader:
    """Who reads data in this request; only in routes whose rule is DATA_READER."""
    found = g.get("reader")
    return found if isinstance(found, Reader) else Reader(ReaderKind.USER, actor().username)


def actor_or_none() -> Actor | None:
    user = current_user._get_current_object()  # noqa: SLF001 - how a LocalProxy is opened
    return user if isinstance(user, Actor) else None


def actor() -> Actor:
    """The logged-in user; only in routes whose rule demands one."""
    found = actor_or_none()
    assert found is not None, "the rule of this route lets anonymous callers in"
    return found


def keep_session(token: str) -> None:
    """Put the token of a new session into the cookie; nothing of an earlier one survives."""
    session.clear()
    session.permanent = True
    session["_user_id"] = token


def end_session() -> None:
    logout_user()
    session.clear()


def _load(token: str) -> Actor | None:
    with unit_of_work() as transaction:
        found = sessions.find_session(transaction, token)
        return None if found is None else Actor.of(found, token)
