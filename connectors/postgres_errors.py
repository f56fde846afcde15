"""Which error each answer of PostgreSQL is, in words a person can act on."""

from __future__ import annotations

from connectors.base import (
    ConnectionSpec,
    QueryInvalid,
    QueryRefused,
    SourceError,
    SourceFailed,
    SourceLoginFailed,
    SourceUnreachable,
)
from connectors.binds import BoundStatement
from connectors.limits import Limits
from connectors.postgres_line import LineLost, ServerFault
from vocabulary import ErrorClass

# https://www.postgresql.org/docs/current/errcodes-appendix.html
LOST = {"57P01", "57P02", "57P03", "57P05", "53300"}
STOPPED = "57014"
READ_ONLY = "25006"
NO_RIGHT = "42501"
# By SQLSTATE, else by its class, which is the first two characters; everything else: unknown.
CLASSES = {
    "08": ErrorClass.TRANSIENT,  # the connection
    "25P03": ErrorClass.TRANSIENT,  # idle in a transaction too long
    "40": ErrorClass.TRANSIENT,  # rolled back: deadlock, conflict with the recovery of a replica
    "53": ErrorClass.TRANSIENT,  # no room, no memory, too many connections
    "53400": ErrorClass.PERMANENT,  # more than the server allows, for instance temp_file_limit
    "55006": ErrorClass.TRANSIENT,  # in use
    "55P03": ErrorClass.TRANSIENT,  # locked
    "57P": ErrorClass.TRANSIENT,  # shut down, crashed, cannot connect now
    "57P04": ErrorClass.PERMANENT,  # the database was dropped
    "58": ErrorClass.TRANSIENT,  # the server's own disk or system
    **dict.fromkeys(
        ("0A", "21", "22", "23", "25", "28", "3D", "3F", "42", "44", "54"), ErrorClass.PERMANENT
    ),
}
# Slots of a server are given back by others: those need longer than a blink.
FULL = {"53300"}
FULL_WAIT_S = 120.0
HINTS = {
    "53100": "The disk of the database server is full; its administrator must make room.",
    "53200": "The database server has no memory left; run the job again later.",
    "53400": "The query needs more than the server allows (for instance temp_file_limit).",
    "54000": "Make the query smaller.",
    "55P03": "Somebody holds a lock on a table of the query; run the job again later.",
    "40001": "Run the job again; a read replica cancels queries that stand in the way.",
}
# Words of the server before a login carry no code, and libpq offers none; it answers in its own
# language, of which these are English and Portuguese.
NO_DATABASE = ("database", "banco de dados")
MISSING = ("does not exist", "não existe", "nao existe")
BUSY = (
    "too many",
    "remaining connection slots",
    "starting up",
    "shutting down",
    "not accepting connections",
    "recovery",
    "muitas conexões",
    "demais clientes",
    "iniciando",
    "desligando",
)
LOGIN = ("fe_sendauth", "no password", "scram", "authentication")


def place(spec: ConnectionSpec) -> str:
    """What a message calls the server."""
    if (spec.host or "").startswith("/"):
        return f"PostgreSQL at the socket in {spec.host}"
    return f"PostgreSQL at {spec.host}:{spec.port}"


def connect_error(spec: ConnectionSpec, lost: LineLost) -> SourceError:
    """Why no session could be opened."""
    words = str(lost).rpartition("failed: ")[2]  # libpq repeats the address before
    said = words.partition("FATAL:")[2].strip()
    low = words.lower()
    where = place(spec)
    test_again = f"Correct the connection {spec.name!r} and test it again."
    if said and any(word in low for word in BUSY):
        return SourceUnreachable(
            f"{where} takes no connection now: {said}.",
            hint="Try again in a while.",
            retry_after_s=FULL_WAIT_S,
        )
    if said and _names_missing_database(spec, low):
        return SourceUnreachable(
            f"{where} has no database called {spec.database!r}.",
            hint=test_again,
            database_code="3D000",
            error_class=ErrorClass.PERMANENT,
        )
    if said or any(word in low for word in LOGIN):
        return SourceLoginFailed(
            f"{where} refused the login of user {spec.username!r}: {said or words}.",
            hint=f"Check user and password. {test_again}",
            database_code="28P01" if "password" in low else "28000",
        )
    if "ssl" in low or "certificate" in low:
        return SourceUnreachable(
            f"No encrypted connection to {where}: {words}.",
            hint=f"Check sslmode and certificates. {test_again}",
            error_class=ErrorClass.PERMANENT,
        )
    return SourceUnreachable(
        f"{where} cannot be reached: {words}.",
        hint=f"Check host and port of the connection {spec.name!r}, and that the server runs.",
    )


def _names_missing_database(spec: ConnectionSpec, low: str) -> bool:
    named = f'"{(spec.database or "").lower()}"' in low
    return named and any(w in low for w in NO_DATABASE) and any(w in low for w in MISSING)


def lost_error(spec: ConnectionSpec, lost: LineLost, limits: Limits) -> SourceError:
    """The line broke while a statement ran."""
    if limits.is_reached:
        return limits.error(place(spec))
    return SourceUnreachable(
        f"The connection to {place(spec)} was lost while the query ran: {lost}.",
        hint="Run the job again; if it happens each time, ask the administrator of the server.",
        database_code="08006",
    )


def query_error(
    spec: ConnectionSpec, sent: BoundStatement | None, fault: ServerFault, limits: Limits
) -> SourceError:
    """What a statement was answered with; `sent` if a place in the job's text may be told."""
    state, where = fault.sqlstate, place(spec)
    if state == STOPPED:
        return limits.error(where, state)
    if state in LOST or state.startswith("08"):
        return SourceUnreachable(
            f"{where} ended the connection: {fault.message}.",
            hint="Run the job again later.",
            database_code=state,
            error_class=class_of(state),
            retry_after_s=FULL_WAIT_S if state in FULL else 0,
        )
    if state == READ_ONLY:
        return QueryRefused(
            f"The query wants to change data: {fault.message}.",
            hint="A job only reads; write one SELECT without side effects.",
            database_code=state,
        )
    if state == NO_RIGHT:
        return SourceFailed(
            f"User {spec.username!r} may not run the query at {where}: {fault.message}.",
            hint="Ask the administrator of the database for the right to SELECT.",
            database_code=state,
            error_class=ErrorClass.PERMANENT,
        )
    is_text_at_fault = state.startswith("22") and fault.position is not None
    if is_text_at_fault or state.startswith(("42", "0A", "3F")):
        return _invalid(sent, fault)
    return _failed(fault, where)


def _invalid(sent: BoundStatement | None, fault: ServerFault) -> QueryInvalid:
    line = column = None
    at = ""
    if sent is not None and fault.position is not None:
        line, column = sent.place(fault.position - 1)
        at = f" in line {line}, column {column}"
    more = f" {fault.detail}" if fault.detail else ""
    return QueryInvalid(
        f"PostgreSQL cannot read the query{at}: {fault.message}.{more}",
        hint=fault.hint or "Correct the query.",
        database_code=fault.sqlstate,
        line=line,
        column=column,
    )


def _failed(fault: ServerFault, where: str) -> SourceFailed:
    state = fault.sqlstate
    data = state.startswith("22")
    hint = HINTS.get(state) or fault.hint or ("A value in the data does it." if data else "")
    more = f" {fault.detail}" if fault.detail else ""
    return SourceFailed(
        f"The query failed at {where}: {fault.message}.{more}",
        hint=hint,
        database_code=state,
        error_class=class_of(state),
    )


def class_of(sqlstate: str) -> ErrorClass:
    """Whether a statement that ended with this SQLSTATE may succeed when tried again."""
    for length in (5, 3, 2):
        found = CLASSES.get(sqlstate[:length])
        if found is not None:
            return found
    return ErrorClass.UNKNOWN
