"""What a saved connection must hold, by kind of database. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from auxiliares import AutomacaoError, FieldError
from connectors.registry import KINDS
from models import Connection
from vocabulary import Role

# Root may use every connection and is never named.
ALL_ROLES = (Role.NORMAL, Role.MODERATOR)
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "postgres": ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl"),
    "oracle": (
        "instant_client",
        "config_dir",
        "wallet_location",
        "protocol",
        "sid",
        "current_schema",
    ),
}
DEFAULT_PORTS = {"postgres": 5432, "oracle": 1521}


class ConnectionRefused(AutomacaoError):
    """The fields do not make an address; `errors` names each of them."""

    code = "connection_invalid"
    status = 422


def check_connection(connection: Connection) -> None:
    """Complete the port and refuse what cannot work. Raises ConnectionRefused."""
    kind = connection.kind
    if kind not in KINDS:
        faults = [_fault("kind", "unknown_kind", f"must be one of: {', '.join(KINDS)}")]
    else:
        if connection.port is None and not connection.dsn:
            connection.port = DEFAULT_PORTS[kind]
        faults = [
            *_names(connection),
            *_address(connection),
            *_options(connection),
            *_quiet_hours(connection),
            *_roles(connection),
        ]
    if faults:
        text = " ".join(f"{fault['field']} {fault['message']}." for fault in faults)
        raise ConnectionRefused(f"The connection cannot be saved: {text}", errors=faults)


def _names(connection: Connection) -> list[FieldError]:
    faults = []
    if not connection.name.strip() or not connection.name.isprintable():
        faults.append(_fault("name", "required", "must not be empty"))
    if not connection.username.strip():
        faults.append(_fault("username", "required", "must not be empty"))
    return faults


def _address(connection: Connection) -> list[FieldError]:
    if connection.kind == "oracle" and connection.dsn:
        # It is shown to everybody who may read connections; a descriptor begins with "(".
        if "@" in connection.dsn.partition("(")[0]:
            rule = "must not hold a login: put user and password into their own fields"
            return [_fault("dsn", "login_in_dsn", rule)]
        return []
    where = " (or give a dsn)" if connection.kind == "oracle" else ""
    faults = []
    if connection.kind != "oracle" and connection.dsn:
        faults.append(_fault("dsn", "not_supported", "is for Oracle only"))
    if not connection.host:
        faults.append(_fault("host", "required", f"must not be empty{where}"))
    if not connection.database and not connection.options.get("sid"):
        faults.append(_fault("database", "required", f"must not be empty{where}"))
    return faults


def _options(connection: Connection) -> list[FieldError]:
    allowed = OPTIONS[connection.kind]
    faults = []
    for name, value in connection.options.items():
        field = f"options.{name[:40]}"
        if name not in allowed:
            faults.append(_fault(field, "unknown_option", f"must be one of: {', '.join(allowed)}"))
        elif not isinstance(value, str) or len(value) > 500:
            faults.append(_fault(field, "not_text", "must be a text of at most 500 characters"))
        elif name == "sslmode" and value not in SSL_MODES:
            faults.append(_fault(field, "unknown_mode", f"must be one of: {', '.join(SSL_MODES)}"))
        elif name == "protocol" and value not in ("tcp", "tcps"):
            faults.append(_fault(field, "unknown_protocol", "must be tcp or tcps"))
    return faults


def _quiet_hours(connection: Connection) -> list[FieldError]:
    start, end = connection.quiet_start, connection.quiet_end
    if (start is None) != (end is None):
        missing = "quiet_start" if start is None else "quiet_end"
        return [_fault(missing, "required", "quiet hours need both a start and an end")]
    if start is not None and start == end:
        return [_fault("quiet_end", "no_time_left", "must differ from quiet_start")]
    return []


def _roles(connection: Connection) -> list[FieldError]:
    unknown = set(connection.usable_roles) - set(ALL_ROLES)
    if not unknown:
        return []
    return [_fault("usable_roles", "role_unknown", f"must be of: {', '.join(ALL_ROLES)}")]


def _fault(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)
