"""Saved connections to foreign databases: rules, stored passwords, the decrypted address."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, TypedDict, cast

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError, Settings
from connectors.base import ConnectionSpec, SourceUnreachable
from metadb.database import embedded_address
from models import Connection, Job
from services.connection_rules import ALL_ROLES, ConnectionRefused, check_connection
from services.connection_use import check_use, check_users_exist
from services.new_names import flush_new_name
from stored_secrets import decrypt_secret, encrypt_secret

log = logging.getLogger(__name__)

EMBEDDED_HOST = "@embedded"
DEFAULT_NAME = "oracle"
# Another port is another server: somebody else's may ask for the password in the clear.
ADDRESS_FIELDS = frozenset({"kind", "host", "port", "dsn"})
ROUTE_OPTIONS = frozenset(
    {"config_dir", "wallet_location", "protocol", "sid", "sslmode", "sslrootcert", "sslcrl"}
)


class ConnectionNotFound(AutomacaoError):
    """No connection has this number."""

    code = "connection_not_found"
    status = 404


class ConnectionExists(AutomacaoError):
    """The name is taken."""

    code = "connection_exists"
    status = 409


class ConnectionInUse(AutomacaoError):
    """Jobs read from this connection, or write to it."""

    code = "connection_in_use"
    status = 409


class ConnectionRequired(AutomacaoError):
    """A job names no connection and there is none to assume."""

    code = "connection_required"
    status = 422


class PasswordRequired(AutomacaoError):
    """The address changed, and a stored password does not follow to another server."""

    code = "password_required"
    status = 422


class RootOptionRefused(AutomacaoError):
    """Only root may say which library is loaded into the server's processes."""

    code = "option_root_only"
    status = 403


class ConnectionFields(TypedDict, total=False):
    """What a caller may set; absent means unchanged. `password` arrives in the clear."""

    name: str
    kind: str
    host: str | None
    port: int | None
    database: str | None
    dsn: str | None
    username: str
    password: str | None
    options: dict[str, Any]
    max_runs: int | None
    quiet_start: time | None
    quiet_end: time | None
    is_writable: bool
    usable_roles: list[str]
    usable_users: list[str]


def get_connection(session: Session, connection_id: int) -> Connection:
    connection = session.get(Connection, connection_id)
    if connection is None:
        raise ConnectionNotFound(f"There is no connection with the number {connection_id}.")
    return connection


def list_connections(session: Session) -> Sequence[Connection]:
    return session.scalars(select(Connection).order_by(Connection.name)).all()


def default_connection(session: Session) -> Connection:
    """The one called `oracle`, else the only one. Raises ConnectionRequired."""
    found = list_connections(session)
    for connection in found:
        if connection.name == DEFAULT_NAME:
            return connection
    if len(found) == 1:
        return found[0]
    message = (
        "There is no connection yet; create one first."
        if not found
        else "There are several connections; say which one the job reads from."
    )
    raise ConnectionRequired(
        message,
        errors=[FieldError(field="connection_id", code="connection_required", message=message)],
    )


def create_connection(
    session: Session, fields: ConnectionFields, *, settings: Settings, is_root: bool
) -> Connection:
    """Raises ConnectionRefused, ConnectionExists or RootOptionRefused."""
    connection = Connection(options={}, username="", usable_roles=[*ALL_ROLES], usable_users=[])
    _assign(connection, fields)
    check_connection(connection)
    check_users_exist(session, connection)
    _check_root_options(connection, {}, settings, is_root=is_root)
    flush_new_name(session, connection, ConnectionExists)
    _store_password(connection, fields, settings)
    session.flush()
    log.info("connection_created", extra={"connection": connection.name})
    return connection


def update_connection(
    session: Session,
    connection_id: int,
    fields: ConnectionFields,
    *,
    settings: Settings,
    is_root: bool,
) -> list[str]:
    """Store what differs; returns the names of the changed fields.

    An absent password stays. Raises what create_connection raises, ConnectionNotUsable, and
    PasswordRequired when somebody other than root points the stored password at another server.
    """
    connection = get_connection(session, connection_id)
    check_use(connection)
    before = dict(connection.options)
    with session.no_autoflush:
        changed = _assign(connection, fields)
        check_connection(connection)
        if "usable_users" in changed:
            check_users_exist(session, connection)
    _check_root_options(connection, before, settings, is_root=is_root)
    keeps_secret = connection.password_encrypted is not None and "password" not in fields
    is_elsewhere = ADDRESS_FIELDS & set(changed) or _is_rerouted(before, connection.options)
    if is_elsewhere and keeps_secret and not is_root:
        message = "The server changed: enter the password again with the new address."
        raise PasswordRequired(
            message,
            errors=[FieldError(field="password", code="password_required", message=message)],
        )
    if _store_password(connection, fields, settings):
        changed.append("password")
    if changed:
        connection.updated_at = func.clock_timestamp()
        flush_new_name(session, connection, ConnectionExists)
        log.info("connection_updated", extra={"connection": connection.name, "changed": changed})
    return changed


def delete_connection(session: Session, connection_id: int) -> None:
    """Raises ConnectionNotFound, ConnectionNotUsable, or ConnectionInUse naming the jobs."""
    connection = get_connection(session, connection_id)
    check_use(connection)
    jobs = session.scalars(
        select(Job.job_name)
        .where(or_(Job.connection_id == connection_id, Job.target_connection_id == connection_id))
        .order_by(Job.job_name)
    ).all()
    if jobs:
        shown = ", ".join(jobs[:10]) + (f" and {len(jobs) - 10} more" if len(jobs) > 10 else "")
        raise ConnectionInUse(
            f"The connection {connection.name} is used by: {shown}. "
            "Give these jobs another connection first."
        )
    session.delete(connection)
    session.flush()
    log.info("connection_deleted", extra={"connection": connection.name})


def spec_of(connection: Connection, settings: Settings) -> ConnectionSpec:
    """The decrypted address. Raises ConnectionNotUsable, SecretUnreadable, or SourceUnreachable
    for `@embedded` while no embedded server runs."""
    check_use(connection)
    host, port = connection.host, connection.port
    if host == EMBEDDED_HOST:
        host, port = _embedded(settings)
    return ConnectionSpec(
        kind=connection.kind,
        name=connection.name,
        username=connection.username,
        password=_opened_password(connection, settings),
        host=host,
        port=port,
        database=connection.database,
        dsn=connection.dsn,
        options=_options_with_defaults(connection, settings),
    )


def _options_with_defaults(connection: Connection, settings: Settings) -> Mapping[str, object]:
    instant_client = settings.oracle_database.INSTANT_CLIENT
    if connection.kind == "oracle" and instant_client:
        return {"instant_client": instant_client, **connection.options}
    return connection.options


def _embedded(settings: Settings) -> tuple[str, int]:
    address = embedded_address(settings)
    if address is None:
        raise SourceUnreachable(
            "The embedded database server is not running.",
            hint="It starts with backend.py or schedule.py when postgres.hostname is empty.",
        )
    return address.host, address.port


def _opened_password(connection: Connection, settings: Settings) -> str:
    if connection.password_encrypted is None:
        return ""
    return decrypt_secret(
        settings.backend.opening_keys,
        connection.password_encrypted,
        bound_to=_bound_to(connection),
    )


def _bound_to(connection: Connection) -> str:
    return f"connection:{connection.connection_id}:password"


def _store_password(connection: Connection, fields: ConnectionFields, settings: Settings) -> bool:
    """Encrypt a given password; the row must have its number. An empty one removes it."""
    if "password" not in fields:
        return False
    password = fields["password"]
    key = settings.backend.secret_key.get_secret_value()
    connection.password_encrypted = (
        encrypt_secret(key, password, bound_to=_bound_to(connection)) if password else None
    )
    return True


def _assign(connection: Connection, fields: ConnectionFields) -> list[str]:
    changed = []
    for name, value in cast("Mapping[str, object]", fields).items():
        if name != "password" and getattr(connection, name) != value:
            setattr(connection, name, value)
            changed.append(name)
    return changed


def _check_root_options(
    connection: Connection, before: Mapping[str, Any], settings: Settings, *, is_root: bool
) -> None:
    wanted = connection.options.get("instant_client")
    known = (None, before.get("instant_client"), settings.oracle_database.INSTANT_CLIENT)
    if not is_root and wanted not in known:
        raise RootOptionRefused(
            "Only root may set options.instant_client: it names a library that the server loads."
        )


def _is_rerouted(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the login would go another way: an alias is what the folder it is read from says."""
    return any(before.get(name) != after.get(name) for name in ROUTE_OPTIONS)


__all__ = [
    "EMBEDDED_HOST",
    "ConnectionExists",
    "ConnectionFields",
    "ConnectionInUse",
    "ConnectionNotFound",
    "ConnectionRefused",
    "ConnectionRequired",
    "PasswordRequired",
    "RootOptionRefused",
    "create_connection",
    "default_connection",
    "delete_connection",
    "get_connection",
    "list_connections",
    "spec_of",
    "update_connection",
]
