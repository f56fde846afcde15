"""The demonstration's database on the embedded server, and the one role that may read it."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as PgConnection  # noqa: N812 - a class in lower case
from psycopg2.extensions import encrypt_password

from metadb.embedded_failure import EmbeddedPostgresFailed
from metadb.server_address import ServerAddress

log = logging.getLogger(__name__)

DATABASE = "demo"
READER = "demo_leitor"
OWNER = "demo_dono"
UNFINISHED = "demo_inacabado"  # renamed when complete: what is called `demo` is never half made
SCRIPT = Path(__file__).with_suffix(".sql")
LOCK = "automacaosql demo"
READER_SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "10min",
    "idle_in_transaction_session_timeout": "5min",
    "search_path": "loja",
}


@contextmanager
def exclusive(server: ServerAddress) -> Iterator[PgConnection]:
    """A session of the superuser that holds the demonstration's lock; others wait.

    Faults of the server leave as EmbeddedPostgresFailed.
    """
    try:
        with closing(server.connect()) as session:
            session.autocommit = True
            _do(session, f"SELECT pg_advisory_lock(hashtext('{LOCK}'))")
            yield session
    except psycopg2.Error as exc:
        raise EmbeddedPostgresFailed(f"The demonstration could not be made: {exc}") from exc


def make_shop(server: ServerAddress, session: PgConnection) -> str:
    """Make the database unless it is complete; returns a new password of the reader.

    `session` comes from `exclusive`.
    """
    password = secrets.token_urlsafe(24)
    _make_roles(session, password)
    if not _exists(session, DATABASE):
        begun = time.monotonic()
        _do(session, f"DROP DATABASE IF EXISTS {UNFINISHED} WITH (FORCE)")
        _do(session, f"CREATE DATABASE {UNFINISHED} TEMPLATE template0 OWNER {OWNER}")
        _do(session, f"REVOKE ALL ON DATABASE {UNFINISHED} FROM PUBLIC")
        _fill(server)
        _do(session, f"ALTER DATABASE {UNFINISHED} RENAME TO {DATABASE}")
        duration_ms = round((time.monotonic() - begun) * 1000)
        log.info("demonstration_database_made", extra={"duration_ms": duration_ms})
    _do(session, f"GRANT CONNECT ON DATABASE {DATABASE} TO {READER}")
    return password


def _make_roles(session: PgConnection, password: str) -> None:
    # Encrypted here, so that the server never sees, let alone logs, the text of it.
    verifier = encrypt_password(password, READER, session, "scram-sha-256")
    for role in (OWNER, READER):
        with session.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {role} NOLOGIN")
    rights = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 30"
    _do(session, f"ALTER ROLE {READER} {rights} LOGIN PASSWORD '{verifier}'")
    for setting, value in READER_SETTINGS.items():
        _do(session, f"ALTER ROLE {READER} SET {setting} = '{value}'")
    # PostgreSQL lets every role into these two; here only administration has business there.
    _do(session, "REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")


def _exists(session: PgConnection, database: str) -> bool:
    with session.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
        return cursor.fetchone() is not None


def _fill(server: ServerAddress) -> None:
    with closing(server.connect(UNFINISHED)) as filling, filling:
        _do(filling, SCRIPT.read_text("utf-8"))


def _do(session: PgConnection, statement: str) -> None:
    with session.cursor() as cursor:
        cursor.execute(statement)
