"""The embedded PostgreSQL: found, made, started and stopped by whichever process needs it.

Nobody owns the server. It runs in a session of its own, every process finds it by its data folder,
and the last one to leave cleanly stops it; its connections are the count of its users.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as PgConnection  # noqa: N812 - a class in lower case
from psycopg2.extensions import encrypt_password

from metadb import embedded_server
from metadb.embedded_failure import EmbeddedPostgresFailed
from metadb.file_lock import exclusive
from metadb.pg_place import existing_place, new_place
from metadb.server_address import ServerAddress, answers, has_clients, read_address

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresFailed", "ServerAddress"]

LOCK_LIMIT_S = 2 * embedded_server.START_LIMIT_S


class EmbeddedPostgres:
    """The server whose files lie in `home`. Cheap to make; nothing is touched before `ensure`."""

    def __init__(self, home: Path) -> None:
        self._home = home.expanduser().resolve()

    def ensure(self) -> ServerAddress:
        """The address of the server, made and started when needed; safe from many processes.

        Raises EmbeddedPostgresFailed with the end of the server's log.
        """
        with self._locked():
            place = existing_place(self._home) or new_place(self._home)
            address = read_address(place)
            if address is not None and answers(address):
                return address
            return embedded_server.start(place, embedded_server.prepared_binaries(place))

    def address(self) -> ServerAddress | None:
        """Where a server of this folder says it listens; None when none has been started."""
        place = existing_place(self._home)
        return read_address(place) if place else None

    def is_alive(self) -> bool:
        """True when the server really accepts a connection."""
        address = self.address()
        return address is not None and answers(address)

    def stop_if_last(self) -> bool:
        """Stop the server unless somebody is connected to it; True when it was stopped.

        For a clean exit, after the caller has closed its own connections.
        """
        place = existing_place(self._home)
        if place is None:
            return False
        with self._locked():
            address = read_address(place)
            if address is None or not answers(address) or has_clients(address):
                return False
            embedded_server.stop(place)
        return True

    def ensure_database(self, name: str, owner: str, owner_password: str) -> None:
        """Make the role and the database it owns, or set the password of the role again.

        The role may log in and nothing more; nobody else may connect to a new database.
        """
        try:
            with closing(self.ensure().connect()) as session:
                session.autocommit = True
                _make_role(session, owner, owner_password)
                _make_database(session, name, owner)
        except psycopg2.Error as exc:
            raise EmbeddedPostgresFailed(
                f"The embedded PostgreSQL could not make the database {name} of {owner}: {exc}"
            ) from exc

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock; faults of files and programs leave as words."""
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            with exclusive(self._home / "postgres.lock", timeout_s=LOCK_LIMIT_S):
                yield
        except (OSError, subprocess.SubprocessError) as exc:
            raise EmbeddedPostgresFailed(
                f"The embedded PostgreSQL in {self._home} cannot be used: {exc}"
            ) from exc


def _make_role(session: PgConnection, owner: str, password: str) -> None:
    # Encrypted here, so that the server never sees, let alone logs, the text of it.
    verifier = encrypt_password(password, owner, session, "scram-sha-256")
    role = sql.Identifier(owner)
    rights = "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %s"
    with session.cursor() as cursor:
        # Kept until the session ends; two processes at once would both see no role.
        cursor.execute("SELECT pg_advisory_lock(hashtext('automacaosql ensure_database'))")
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,))
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {}").format(role))
        cursor.execute(sql.SQL(rights).format(role), (verifier,))


def _make_database(session: PgConnection, name: str, owner: str) -> None:
    database, role = sql.Identifier(name), sql.Identifier(owner)
    found_owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s"
    with session.cursor() as cursor:
        cursor.execute(found_owner, (name,))
        found = cursor.fetchone()
        if found is None:
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
            cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        elif found[0] != owner:
            cursor.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, role))
