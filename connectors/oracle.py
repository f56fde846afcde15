"""The connector for Oracle: thin, or thick where Oracle Instant Client is set."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import oracledb

from connectors import oracle_errors as errors
from connectors.base import (
    ConnectionReport,
    ConnectionSpec,
    QueryInvalid,
    SessionTags,
    SourceDriverMissing,
    SourceFailed,
)
from connectors.bind_values import NO_VALUES, Bound
from connectors.catalogue import Catalogue
from connectors.limits import Limits
from connectors.oracle_catalogue import read_catalogue
from connectors.oracle_login import LoginSilent, logged_in
from connectors.oracle_session import OracleSession

DEFAULT_PORT = 1521
CONNECT_TIMEOUT_S = 10.0
# After the driver's own limit, which ends a connection that is not taken and says why.
LOGIN_EXTRA_S = 2.0
KEEPALIVE_MINUTES = 2
# The columns of V$SESSION, in bytes.
MODULE_BYTES, ACTION_BYTES, CLIENT_BYTES = 48, 32, 64
PASSED_OPTIONS = ("config_dir", "wallet_location", "wallet_password", "protocol", "sid")
DANGEROUS = """
SELECT privilege FROM session_privs
WHERE privilege IN ('SYSDBA', 'ALTER SYSTEM', 'CREATE ANY TABLE', 'DROP ANY TABLE',
  'INSERT ANY TABLE', 'UPDATE ANY TABLE', 'DELETE ANY TABLE', 'EXECUTE ANY PROCEDURE')
ORDER BY privilege
"""
WRITABLE = """
SELECT owner || '.' || table_name FROM (
  SELECT USER AS owner, table_name FROM user_tables
  UNION ALL
  SELECT table_schema, table_name FROM all_tab_privs
  WHERE privilege IN ('INSERT', 'UPDATE', 'DELETE')
    AND grantee IN (SELECT USER FROM dual UNION ALL SELECT role FROM session_roles)
) WHERE ROWNUM = 1
"""


class OracleConnector:
    """Reads Oracle Database 12.1 and later, older ones with Instant Client."""

    kind = "oracle"

    def test(self, spec: ConnectionSpec, *, timeout_s: float = 10) -> ConnectionReport:
        """Log in, look at version and rights, log out. Raises a SourceError."""
        started = time.monotonic()
        limits = Limits(timeout_s)
        connection = _connect(
            spec, SessionTags("connection test"), timeout_s=min(timeout_s, CONNECT_TIMEOUT_S)
        )
        with OracleSession(spec, connection, limits) as session:
            session.start()
            warnings = _warnings(session)
            version = f"Oracle Database {connection.version}"
        return ConnectionReport(version, warnings, int((time.monotonic() - started) * 1000))

    def open(
        self,
        spec: ConnectionSpec,
        *,
        tags: SessionTags,
        time_limit_s: float | None = None,
        time_zone: str = "UTC",
        binds: Mapping[str, Bound] = NO_VALUES,
    ) -> OracleSession:
        """See connectors.base.Connector."""
        limits = Limits(time_limit_s)
        connection = _connect(spec, tags, timeout_s=CONNECT_TIMEOUT_S)
        session = OracleSession(spec, connection, limits, time_zone=time_zone, binds=binds)
        try:
            session.start()
        except BaseException:
            session.close()
            raise
        return session

    def catalogue(
        self, spec: ConnectionSpec, *, timeout_s: float = 15, limit: int = 5000
    ) -> Catalogue:
        """What the account may read, at most `limit` tables. Raises a SourceError."""
        with self.open(spec, tags=SessionTags("catalogue"), time_limit_s=timeout_s) as session:
            return read_catalogue(session, limit)


def _connect(spec: ConnectionSpec, tags: SessionTags, *, timeout_s: float) -> oracledb.Connection:
    folder = spec.options.get("instant_client")
    if folder:
        _use_instant_client(spec, str(folder))
    passed = {key: spec.options[key] for key in PASSED_OPTIONS if spec.options.get(key)}
    address: dict[str, object] = {"dsn": spec.dsn}
    if not spec.dsn:
        address = {"host": spec.host, "port": spec.port or DEFAULT_PORT}
        if "sid" not in passed:
            address["service_name"] = spec.database
    login = partial(
        oracledb.connect,
        user=spec.username,
        password=spec.password,
        program="automacaosql",
        tcp_connect_timeout=timeout_s,
        retry_count=0,
        expire_time=KEEPALIVE_MINUTES,
        # The cache would keep the types of a text's first fetch for the next one.
        stmtcachesize=0,
        **address,
        **passed,
    )
    try:
        connection = logged_in(login, timeout_s=timeout_s + LOGIN_EXTRA_S)
    except (*errors.DRIVER_ERRORS, LoginSilent) as exc:
        raise errors.connect_error(spec, exc) from exc
    schema = spec.options.get("current_schema")
    if schema:
        connection.current_schema = str(schema)
    connection.module = "automacaosql"
    connection.action = _cut(tags.job_name, ACTION_BYTES)
    connection.client_identifier = _cut(tags.text, CLIENT_BYTES)
    connection.clientinfo = _cut(tags.text, CLIENT_BYTES)
    return connection


def _use_instant_client(spec: ConnectionSpec, folder: str) -> None:
    """Load the client library; a process stays with the mode of its first connection."""
    if not Path(folder).is_dir():
        raise SourceDriverMissing(
            f"Oracle Instant Client is set to {folder}, which is not a folder.",
            hint="Install it and name its folder in the setting oracle_database.INSTANT_CLIENT, "
            "or empty the setting to connect without it.",
        )
    config_dir = spec.options.get("config_dir")
    try:
        oracledb.init_oracle_client(
            lib_dir=folder, config_dir=str(config_dir) if config_dir else None
        )
    except errors.DRIVER_ERRORS as exc:
        raise errors.client_error(spec, folder, exc) from exc


def _cut(text: str, size_bytes: int) -> str:
    return text.encode()[:size_bytes].decode(errors="ignore")


def _warnings(session: OracleSession) -> tuple[str, ...]:
    """What the account may do beyond reading, one sentence each."""
    try:
        found = [f"The account has the right {row[0]}." for row in session.answer(DANGEROUS)]
        writable = session.answer(WRITABLE)
    except (QueryInvalid, SourceFailed):
        return ("The rights of the account could not be read.",)
    if writable:
        found.append(f"The account may change data, for instance in {writable[0][0]}.")
    return tuple(found)
