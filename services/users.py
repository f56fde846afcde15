"""People who log in: authentication, roles, passwords. Called by webapi and by the first start."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from models import User
from services.connection_use import forget_user
from services.passwords import (
    check_new_password,
    hash_password,
    needs_renewal,
    verify_password,
    waste_time_like_verify,
)
from services.sessions import end_sessions
from vocabulary import Role

log = logging.getLogger(__name__)

NAME_LENGTH = 200


class UserNotFound(AutomacaoError):
    """No user has this number."""

    code = "user_not_found"
    status = 404


class UserExists(AutomacaoError):
    """The name is taken."""

    code = "user_exists"
    status = 400


class UserRefused(AutomacaoError):
    """A name or role that cannot be stored."""

    code = "user_invalid"
    status = 422


class LoginRefused(AutomacaoError):
    """Unknown user or wrong password; which of them is not told."""

    code = "login_refused"
    status = 401


class WrongPassword(AutomacaoError):
    """The current password given with a change is not the right one."""

    code = "wrong_password"
    status = 403


class OwnAccount(AutomacaoError):
    """Nobody deletes their own account."""

    code = "own_account"
    status = 403


class LastRoot(AutomacaoError):
    """The change would leave nobody who may manage users."""

    code = "last_root"
    status = 409


def authenticate(session: Session, username: str, password: str) -> User:
    """The user, whose hash is renewed when it is old. Raises LoginRefused."""
    user = session.scalar(select(User).where(User.username == username))
    if user is None:
        waste_time_like_verify(password)
        raise LoginRefused("The user name or the password is wrong.")
    if not verify_password(user.password_hash, password):
        raise LoginRefused("The user name or the password is wrong.")
    if needs_renewal(user.password_hash):
        user.password_hash = hash_password(password)
        session.flush()
    return user


def get_user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise UserNotFound(f"There is no user with the number {user_id}.")
    return user


def list_users(session: Session) -> Sequence[User]:
    return session.scalars(select(User).order_by(User.username)).all()


def create_user(
    session: Session,
    username: str,
    password: str,
    role: str,
    *,
    must_change_password: bool = False,
) -> User:
    """Raises UserRefused, PasswordRefused or UserExists."""
    name = _checked_name(username)
    user = User(
        username=name,
        password_hash=hash_password(check_new_password(password, name)),
        role=_checked_role(role),
        must_change_password=must_change_password,
    )
    taken = select(User.user_id).where(User.username == user.username)
    if session.scalar(taken) is not None:
        raise _user_exists(user.username)
    session.add(user)
    try:
        session.flush()
    except IntegrityError as exc:
        raise _user_exists(user.username) from exc
    log.info("user_created", extra={"user": user.username, "role": user.role})
    return user


def update_user(
    session: Session,
    user_id: int,
    *,
    role: str | None = None,
    password: str | None = None,
    must_change_password: bool = False,
) -> bool:
    """Set role and password where given; False when nothing changed.

    A change ends every session of the user. Raises UserNotFound, UserRefused, PasswordRefused
    or LastRoot.
    """
    user = get_user(session, user_id)
    changed: list[str] = []
    if role is not None and _checked_role(role) != user.role:
        _keep_a_root(session, user)
        user.role = role
        changed.append("role")
    if password:
        user.password_hash = hash_password(check_new_password(password, user.username))
        user.must_change_password = must_change_password
        changed.append("password")
    if changed:
        end_sessions(session, user_id)
        session.flush()
        log.info("user_updated", extra={"user": user.username, "changed": changed})
    return bool(changed)


def delete_user(session: Session, user_id: int, *, deleted_by: int) -> None:
    """Raises OwnAccount, UserNotFound or LastRoot."""
    if user_id == deleted_by:
        raise OwnAccount("Nobody can delete their own account.")
    user = get_user(session, user_id)
    _keep_a_root(session, user)
    session.delete(user)
    forget_user(session, user.username)
    session.flush()
    log.info("user_deleted", extra={"user": user.username})


def change_own_password(session: Session, user_id: int, *, current: str, new: str) -> User:
    """Raises WrongPassword or PasswordRefused; every other session of the user ends."""
    user = get_user(session, user_id)
    if not verify_password(user.password_hash, current):
        raise WrongPassword(
            "The current password is wrong; nothing was changed.",
            errors=[
                FieldError(field="current_password", code="wrong_password", message="is wrong")
            ],
        )
    user.password_hash = hash_password(check_new_password(new, user.username, field="new_password"))
    user.must_change_password = False
    end_sessions(session, user_id)
    session.flush()
    log.info("password_changed", extra={"user": user.username})
    return user


def _keep_a_root(session: Session, user: User) -> None:
    """Refuse to take the role from the last root. Locks all roots: two may try at once."""
    if user.role != Role.ROOT:
        return
    roots = session.scalars(
        select(User.user_id).where(User.role == Role.ROOT).order_by(User.user_id).with_for_update()
    ).all()
    if [*roots] == [user.user_id]:
        raise LastRoot(
            f"{user.username} is the only root; make another user root before this change."
        )


def _checked_name(username: str) -> str:
    name = username.strip()
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        message = f"A user name has 1 to {NAME_LENGTH} printable characters."
        raise UserRefused(
            message, errors=[FieldError(field="username", code="name_invalid", message=message)]
        )
    return name


def _checked_role(role: str) -> str:
    if role not in [*Role]:
        message = f"There is no role {role[:40]!r}; use one of: {', '.join(Role)}."
        raise UserRefused(
            message, errors=[FieldError(field="role", code="role_unknown", message=message)]
        )
    return role


def _user_exists(username: str) -> UserExists:
    message = f"There is already a user called {username}."
    return UserExists(
        message, errors=[FieldError(field="username", code="user_exists", message=message)]
    )
