"""Who may use a connection: its roles and users, asked wherever its login is about to be used.

The edge says who calls; every use case below it asks here, so that no route can forget to. What
the product does by itself, such as a run at its time, is nobody's call and is let through: the job
was saved by somebody who might.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from models import Connection, Job, User
from services.connection_rules import ConnectionRefused
from vocabulary import Role

_REMOVE_USER = text(
    "UPDATE connections SET usable_users = usable_users - CAST(:name AS text)"
    " WHERE usable_users @> :names"
).bindparams(bindparam("names", type_=JSONB))


class ConnectionNotUsable(AutomacaoError):
    """The connection is not for the role, nor for the user, who asks."""

    code: ClassVar[str] = "connection_not_usable"
    status: ClassVar[int] = 403


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks in this request; without a role nobody who might use a connection."""

    username: str
    role: Role | None

    def may_use(self, connection: Connection) -> bool:
        """Root always may."""
        return (
            self.role == Role.ROOT
            or self.role in connection.usable_roles
            or (self.role is not None and self.username in connection.usable_users)
        )


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


@contextmanager
def called_by(username: str, role: Role | None) -> Iterator[None]:
    """What is done in the block is done for this person."""
    token = _caller.set(Caller(username, role))
    try:
        yield
    finally:
        _caller.reset(token)


def may_use(connection: Connection) -> bool:
    caller = _caller.get()
    return caller is None or caller.may_use(connection)


def check_use(connection: Connection) -> None:
    """Raises ConnectionNotUsable."""
    if not may_use(connection):
        raise ConnectionNotUsable(
            f"The connection {connection.name} is not for you: ask root, or somebody who may use "
            "it, to add your role or name to it."
        )


def check_use_by_job(session: Session, job: Job) -> None:
    """Raises ConnectionNotUsable for the source or the target of the job."""
    for connection_id in (job.connection_id, job.target_connection_id):
        connection = session.get(Connection, connection_id) if connection_id is not None else None
        if connection is not None:
            check_use(connection)


def check_users_exist(session: Session, connection: Connection) -> None:
    """Raises ConnectionRefused: a name that is nobody's would open nothing, or somebody's later."""
    known = session.scalars(select(User.username).where(User.username.in_(connection.usable_users)))
    unknown = sorted(set(connection.usable_users) - set(known))
    if unknown:
        message = f"There is no user called {', '.join(unknown)[:200]}."
        raise ConnectionRefused(
            message,
            errors=[FieldError(field="usable_users", code="user_not_found", message=message)],
        )


def forget_user(session: Session, username: str) -> None:
    """Somebody else may get the name later, and not what it opened."""
    session.execute(_REMOVE_USER, {"name": username, "names": [username]})
