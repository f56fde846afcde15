"""Where an embedded server listens, whether it answers there, and whether others use it."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field

import psycopg2
from psycopg2.extensions import connection as PgConnection  # noqa: N812 - a class in lower case

from metadb.embedded_failure import EmbeddedPostgresFailed
from metadb.pg_place import Place

SUPERUSER = "postgres"
LAST_CLIENT_WAIT_S = 1.0  # a closed connection stays visible until its backend has gone


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the running server listens; `host` is a folder where it listens on a socket."""

    host: str
    port: int
    superuser: str
    password: str = field(repr=False)

    def connect(self, database: str = "postgres") -> PgConnection:
        """A new session of the superuser, for administration only."""
        return psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.superuser,
            password=self.password,
            dbname=database,
            connect_timeout=5,
            sslmode="disable",
            application_name="automacaosql embedded",
        )


def read_address(place: Place) -> ServerAddress | None:
    """The address in the pid file: its lines 4 to 6 are port, socket folder and host."""
    try:
        lines = place.pid_file.read_text("utf-8").splitlines()
        password = place.password_file.read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    if len(lines) < 6 or not lines[3].isdigit():
        return None
    return ServerAddress(lines[4] or lines[5], int(lines[3]), SUPERUSER, password)


def answers(address: ServerAddress) -> bool:
    """True when the server accepts sessions, or would if it had not too many already."""
    try:
        address.connect().close()
    except psycopg2.OperationalError as exc:
        if "password authentication failed" in str(exc):
            raise EmbeddedPostgresFailed(
                f"The embedded PostgreSQL at {address.host} refuses its own password; put the "
                "file postgres.password of the same data folder back."
            ) from exc
        return "too many clients" in str(exc) or "slots are reserved" in str(exc)
    return True


def has_clients(address: ServerAddress) -> bool:
    """True when somebody else is connected and stays so."""
    count = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + LAST_CLIENT_WAIT_S
    try:
        with closing(address.connect()) as session, session.cursor() as cursor:
            session.autocommit = True
            while True:
                cursor.execute(count)
                if cursor.fetchone() == (0,):
                    return False
                if time.monotonic() > deadline:
                    return True
                time.sleep(0.05)
    except psycopg2.OperationalError:
        return True  # too many sessions, or somebody else is stopping it: not ours to stop
