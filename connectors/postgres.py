"""The connector for PostgreSQL: logs in, tests a connection, opens sessions."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Mapping

from connectors.base import ConnectionReport, ConnectionSpec, SessionTags
from connectors.bind_values import NO_VALUES, Bound
from connectors.catalogue import Catalogue
from connectors.limits import Limits
from connectors.postgres_catalogue import read_catalogue
from connectors.postgres_line import PostgresLine
from connectors.postgres_session import PostgresSession

DEFAULT_PORT = 5432
CONNECT_TIMEOUT_S = 10.0
MAX_APPLICATION_NAME_BYTES = 63  # NAMEDATALEN - 1; the server cuts what is longer
# A dead peer is noticed within a minute also where no statement limit is set.
KEEPALIVE = {
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
PASSED_OPTIONS = (
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "channel_binding",
    "gssencmode",
    "target_session_attrs",
)
DANGEROUS_ROLES = {
    "pg_write_server_files": "write files on the database server",
    "pg_execute_server_program": "run programs on the database server",
    "pg_read_server_files": "read files of the database server",
    "pg_write_all_data": "change every table",
}
RIGHTS = """
SELECT rolsuper, rolcreaterole OR rolcreatedb, has_database_privilege(current_database(), 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""
ROLES = """
SELECT rolname FROM pg_roles
WHERE rolname = ANY (string_to_array($1, ',')) AND pg_has_role(current_user, oid, 'MEMBER')
ORDER BY rolname
"""
WRITABLE = """
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema'
  AND n.nspname NOT LIKE 'pg\\_%'
  AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
LIMIT 1
"""


class PostgresConnector:
    """Reads PostgreSQL from version 10 on, and what speaks its protocol."""

    kind = "postgres"

    def test(self, spec: ConnectionSpec, *, timeout_s: float = 10) -> ConnectionReport:
        """Log in, look at version and rights, log out. Raises a SourceError."""
        started = time.monotonic()
        tags = SessionTags("connection test")
        limits = Limits(timeout_s)
        with PostgresSession(
            spec,
            libpq_parameters(spec, tags),
            limits,
            connect_timeout_s=min(timeout_s, CONNECT_TIMEOUT_S),
        ) as session:
            warnings = session.answer(_warnings)
            version = session.answer(lambda line: f"PostgreSQL {line.server_version}")
        return ConnectionReport(version, warnings, int((time.monotonic() - started) * 1000))

    def open(
        self,
        spec: ConnectionSpec,
        *,
        tags: SessionTags,
        time_limit_s: float | None = None,
        time_zone: str = "UTC",
        binds: Mapping[str, Bound] = NO_VALUES,
    ) -> PostgresSession:
        """See connectors.base.Connector."""
        return PostgresSession(
            spec,
            libpq_parameters(spec, tags),
            Limits(time_limit_s),
            connect_timeout_s=CONNECT_TIMEOUT_S,
            time_zone=time_zone,
            binds=binds,
        )

    def catalogue(
        self, spec: ConnectionSpec, *, timeout_s: float = 15, limit: int = 5000
    ) -> Catalogue:
        """What the account may read, at most `limit` tables. Raises a SourceError."""
        with self.open(spec, tags=SessionTags("catalogue"), time_limit_s=timeout_s) as session:
            return session.answer(lambda line: read_catalogue(line, limit))


def libpq_parameters(spec: ConnectionSpec, tags: SessionTags) -> dict[str, str]:
    """The keywords of libpq, which both drivers take."""
    parameters = {
        "host": spec.host or "",
        "port": str(spec.port or DEFAULT_PORT),
        "dbname": spec.database or spec.username,
        "user": spec.username,
        "password": spec.password,
        "application_name": application_name(tags),
        "client_encoding": "UTF8",
        "gssencmode": "disable",
        **KEEPALIVE,
    }
    passed = {key: str(spec.options[key]) for key in PASSED_OPTIONS if spec.options.get(key)}
    return parameters | passed


def application_name(tags: SessionTags) -> str:
    """What pg_stat_activity shows: ASCII, as the server escapes the rest, the run never cut off."""
    run = "" if tags.run_id is None else f" run={tags.run_id}"
    start = "automacaosql job="
    room = MAX_APPLICATION_NAME_BYTES - len(start) - len(run)
    plain = unicodedata.normalize("NFKD", tags.job_name).encode("ascii", "ignore").decode()
    return f"{start}{plain[:room]}{run}"


def _warnings(line: PostgresLine) -> tuple[str, ...]:
    """What the account may do beyond reading, one sentence each."""
    rights = line.query(RIGHTS)
    is_superuser, may_administer, may_create = (
        rights.get_value(0, column) == b"t" for column in range(3)
    )
    if is_superuser:
        return ("The account is a superuser: use one that may only read.",)
    found = []
    roles = line.query(ROLES, [",".join(DANGEROUS_ROLES)])
    for row in range(roles.ntuples):
        name = (roles.get_value(row, 0) or b"").decode()
        found.append(f"The account may {DANGEROUS_ROLES[name]} (role {name}).")
    if may_administer:
        found.append("The account may create roles or databases.")
    if may_create:
        found.append("The account may create schemas in this database.")
    writable = line.query(WRITABLE)
    if writable.ntuples:
        table = (writable.get_value(0, 0) or b"").decode()
        found.append(f"The account may change data, for instance in {table}.")
    return tuple(found)
