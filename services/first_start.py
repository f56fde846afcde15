"""What must be there before anybody can work: the root user, the connections of the file."""

from __future__ import annotations

import logging
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import Connection, User
from services import adoption
from services.passwords import hash_password
from stored_secrets import encrypt_secret
from vocabulary import Role

log = logging.getLogger(__name__)

# Serialises two processes that start at the same moment on an empty database.
LOCK_KEY = 7_426_091_504
ORACLE_NAME = "oracle"
ADOPTION_S = 2.0
# No letters or digits that look alike, nothing a shell or a double click stumbles over.
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105 - an alphabet
PASSWORD_LENGTH = 16


ANNOUNCEMENT = """
First start: log in as user root with the password

    {password}

It is shown only this once and stored nowhere. Change it after the first login.

"""


@dataclass(frozen=True, slots=True)
class FirstStart:
    """`root_password` is set only by the start that made the root user; it is stored nowhere.

    `adopted_until`: the last job that was looked at for adoption; None: all were.
    """

    root_password: str | None
    adopted_until: int | None = None

    @property
    def announcement(self) -> str:
        """What whoever started the process must be shown; empty when there is nothing new."""
        if self.root_password is None:
            return ""
        return ANNOUNCEMENT.format(password=self.root_password)


def prepare(settings: Settings) -> FirstStart:
    """Make what a first start needs; changes nothing that is already there.

    Opens its own transactions. Both processes may call it at once. Jobs of the existing system
    are adopted for a moment; the daemon goes on with many of them beside its work.
    """
    with unit_of_work() as session:
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        password = _make_root(session)
        _make_oracle_connection(session, settings)
        adoption.connect_jobs(session, ORACLE_NAME)
    over_at = time.monotonic() + ADOPTION_S
    until = adoption.adopt_jobs(settings, is_over=lambda: time.monotonic() > over_at)
    return FirstStart(password, until)


def _make_root(session: Session) -> str | None:
    if session.scalar(select(func.count()).select_from(User).where(User.role == Role.ROOT)):
        return None
    password = "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(PASSWORD_LENGTH))
    session.add(
        User(
            username="root",
            password_hash=hash_password(password),
            role=Role.ROOT,
            must_change_password=True,
        )
    )
    log.info("root_user_created", extra={"user_name": "root"})
    return password


def _make_oracle_connection(session: Session, settings: Settings) -> None:
    """The Oracle login of datafile.json becomes, and follows as, the connection `oracle`."""
    oracle = settings.oracle_database
    if not oracle.TSN or not settings.user_name:
        return
    connection = session.scalars(select(Connection).where(Connection.name == ORACLE_NAME)).first()
    if connection is None:
        connection = Connection(name=ORACLE_NAME, kind="oracle", username="", options={})
        session.add(connection)
    connection.dsn = oracle.TSN
    connection.username = settings.user_name
    connection.options = {"instant_client": oracle.INSTANT_CLIENT} if oracle.INSTANT_CLIENT else {}
    session.flush()
    if settings.user_pass is not None:
        connection.password_encrypted = encrypt_secret(
            settings.backend.secret_key.get_secret_value(),
            settings.user_pass.get_secret_value(),
            bound_to=f"connection:{connection.connection_id}:password",
        )
    session.flush()
