"""What must be there before anybody can work: the root user, the connections of the file."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import Connection, Dataset, Job, User
from services import datasets
from services.passwords import hash_password
from stored_secrets import encrypt_secret
from vocabulary import Role

log = logging.getLogger(__name__)

# Serialises two processes that start at the same moment on an empty database.
LOCK_KEY = 7_426_091_504
ORACLE_NAME = "oracle"
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
    """`root_password` is set only by the start that made the root user; it is stored nowhere."""

    root_password: str | None

    @property
    def announcement(self) -> str:
        """What whoever started the process must be shown; empty when there is nothing new."""
        if self.root_password is None:
            return ""
        return ANNOUNCEMENT.format(password=self.root_password)


def prepare(settings: Settings) -> FirstStart:
    """Make what a first start needs; changes nothing that is already there.

    Opens its own transaction. Both processes may call it at once.
    """
    with unit_of_work() as session:
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        password = _make_root(session)
        _make_oracle_connection(session, settings)
        _adopt_jobs(session, settings)
    return FirstStart(password)


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


def _adopt_jobs(session: Session, settings: Settings) -> None:
    """Jobs of the existing system get the connection `oracle` and their dataset names.

    A job whose folder is not allowed, or whose file another job already owns, stays without a
    dataset: its run says so and what to do.
    """
    oracle_id = session.scalar(
        select(Connection.connection_id).where(Connection.name == ORACLE_NAME)
    )
    orphans = session.scalars(
        select(Job)
        .outerjoin(Dataset, Dataset.job_id == Job.job_id)
        .where(Dataset.dataset_id.is_(None))
        .order_by(Job.job_id)
    ).all()
    for job in orphans:
        if job.connection_id is None:
            job.connection_id = oracle_id
        problem = datasets.try_attach(session, job, settings.paths.export_roots)
        if problem is not None:
            log.warning(
                "job_without_target", extra={"job_id": job.job_id, "problem": problem.message}
            )
