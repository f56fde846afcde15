"""Which error each answer of Oracle and of its driver is, in words a person can act on."""

from __future__ import annotations

import re

import oracledb

from connectors.base import (
    ConnectionSpec,
    QueryInvalid,
    QueryRefused,
    SourceDriverMissing,
    SourceError,
    SourceFailed,
    SourceLoginFailed,
    SourceUnreachable,
)
from connectors.binds import BoundStatement
from connectors.limits import Limits
from connectors.oracle_reading import ValueUnreadable
from vocabulary import ErrorClass

# What a call of the driver can raise: trap of oracledb, which lets plain Python errors out.
DRIVER_ERRORS = (oracledb.Error, OSError, ValueError)

LOGIN = {"ORA-01017", "ORA-28000", "ORA-28001", "ORA-01045", "ORA-01005", "DPY-4001"}
# Thin mode cannot: server before 12.1, a feature such as native encryption, a 10g verifier.
NEEDS_CLIENT = {
    "DPY-3010": "this server is older than Oracle Database 12.1",
    "DPY-3001": "the server demands native network encryption or another feature of the client",
    "DPY-3015": "the password of the user is stored in the form of Oracle 10g",
}
WRONG_ADDRESS = {"DPY-4000", "DPY-4026", "DPY-4027", "DPY-4018", "ORA-12154", "DPY-2049"}
STOPPED = {"ORA-01013", "DPY-4024"}
LOST = {
    "DPY-4011",
    "DPY-1001",
    "DPY-6005",
    "ORA-00028",
    "ORA-01033",
    "ORA-01034",
    "ORA-01089",
    "ORA-01090",
    "ORA-02396",
    "ORA-03113",
    "ORA-03114",
    "ORA-03135",
    "ORA-12170",
    "ORA-12505",
    "ORA-12514",
    "ORA-12516",
    "ORA-12518",
    "ORA-12520",
    "ORA-12528",
    "ORA-12537",
    "ORA-12541",
    "ORA-12545",
    "ORA-12547",
}
READ_ONLY = {"ORA-01456", "ORA-14551", "ORA-14552", "ORA-16000"}
TRANSIENT = {"ORA-00060", "ORA-01555", "ORA-04031", "ORA-04068", "ORA-12805"}
# Every session the account, the listener or the server allows is taken: others must end first.
FULL = {"ORA-00018", "ORA-00020", "ORA-02391", "ORA-12516", "ORA-12519", "ORA-12520"}
FULL_WAIT_S = 120.0
# A value, a conversion, a right or a limit: the same again the next time. A login that a link to
# another database tried would lock the account there.
PERMANENT = LOGIN | {
    "ORA-01031",
    "ORA-01422",
    "ORA-01426",
    "ORA-01427",
    "ORA-01476",
    "ORA-01489",
    "ORA-01722",
    "ORA-02019",
    "ORA-02399",
    "ORA-04063",
    "ORA-06502",
    "ORA-22835",
}
PERMANENT_DATES = "ORA-018"
TLS = ("SSL:", "certificate", "wallet")
# Not understood, although outside ORA-00900 to 00999.
INVALID = {"ORA-01747", "ORA-01756", "ORA-01787", "ORA-01789", "ORA-01790", "ORA-02289"}
HINTS = {
    "ORA-00942": "Check the name; to a user without the right to SELECT it does not exist either.",
    "ORA-01031": "Ask the administrator of the database for the right to SELECT.",
    "ORA-01555": "The data changed too long while the query ran; run it again at a quieter time.",
    "ORA-01652": "The temporary tablespace is full; its administrator must make room.",
    "ORA-01722": "A text that is no number is compared with one, or converted to one.",
    "ORA-01882": "This server does not know the time zone; choose another for the job.",
    "ORA-28000": "Ask the administrator of the database to unlock the account.",
    "ORA-28001": "The password has expired; set a new one in the database.",
}
BINDS = {"DPY-4010", "ORA-01008"}
ZONE = "DPY-3022"
_CONNECTION_ID = re.compile(r" *\(CONNECTION_ID=[^)]*\)\.?")
_CODE = re.compile(r"\b(?:ORA|DPY|DPI|TNS)-\d{4,5}\b")


def place(spec: ConnectionSpec) -> str:
    """What a message calls the server."""
    if spec.dsn:
        address = _without_login(spec.dsn)
        return f"Oracle at {address if len(address) <= 80 else address[:77] + '...'}"
    return f"Oracle at {spec.host}:{spec.port}/{spec.database}"


def _without_login(dsn: str) -> str:
    """`host/service` of `user/password@host/service`."""
    return dsn.rpartition("@")[2]


def connect_error(spec: ConnectionSpec, error: Exception) -> SourceError:
    """Why no session could be opened."""
    codes, words = _read(error)
    words = words.replace(spec.dsn, _without_login(spec.dsn)) if spec.dsn else words
    code = codes[0] if codes else None
    where, test_again = place(spec), f"Correct the connection {spec.name!r} and test it again."
    if login := _first(codes, LOGIN):
        return SourceLoginFailed(
            f"{where} refused the login of user {spec.username!r}: {words}.",
            hint=f"{HINTS.get(login, 'Check user and password.')} {test_again}",
            database_code=login,
        )
    if missing := _first(codes, NEEDS_CLIENT):
        return SourceDriverMissing(
            f"{where} cannot be reached without Oracle's own client: {NEEDS_CLIENT[missing]}.",
            hint="Install Oracle Instant Client and name its folder in the setting "
            "oracle_database.INSTANT_CLIENT.",
            database_code=missing,
        )
    if wrong := _first(codes, WRONG_ADDRESS):
        return SourceUnreachable(
            f"The address of {where} cannot be resolved: {words}.",
            hint=f"Check the alias and the folder of tnsnames.ora. {test_again}",
            database_code=wrong,
            error_class=ErrorClass.PERMANENT,
        )
    return SourceUnreachable(
        f"{where} cannot be reached: {words}.",
        hint=f"Check host, port and service of the connection {spec.name!r}, and that the "
        "listener runs.",
        database_code=codes[-1] if codes else code,
        error_class=_class_of_failed_login(error, codes, words),
        retry_after_s=FULL_WAIT_S if _first(codes, FULL) else 0,
    )


def _class_of_failed_login(error: Exception, codes: list[str], words: str) -> ErrorClass:
    """A silent login is tried again; a certificate that does not fit stays what it is."""
    if any(word in words for word in TLS):
        return ErrorClass.PERMANENT
    if isinstance(error, OSError) or set(codes) & (LOST | FULL):
        return ErrorClass.TRANSIENT
    return ErrorClass.UNKNOWN if codes else ErrorClass.TRANSIENT


def query_error(
    spec: ConnectionSpec,
    sent: BoundStatement | None,
    error: Exception,
    limits: Limits,
) -> SourceError:
    """What a statement was answered with.

    `sent`: when a place in the error leads to one in the job's text.
    """
    codes, words = _read(error)
    code, where = codes[0] if codes else None, place(spec)
    if _first(codes, STOPPED) or (limits.is_reached and _first(codes, LOST)):
        return limits.error(where, code)
    if isinstance(error, ValueError):
        return _unreadable_value(error)
    if code is None or _first(codes, LOST):
        return SourceUnreachable(
            f"The connection to {where} was lost while the query ran: {words}.",
            hint="Run the job again; if it happens each time, ask the administrator.",
            database_code=code,
        )
    if refused := _refused(code, words):
        return refused
    if code in INVALID or (code.startswith("ORA-009") and len(code) == 9):
        return _invalid(sent, error, code, words)
    return SourceFailed(
        f"The query failed at {where}: {words}.",
        hint=HINTS.get(code, ""),
        database_code=code,
        error_class=_class_of(code, error),
        retry_after_s=FULL_WAIT_S if code in FULL else 0,
    )


def _class_of(code: str, error: Exception) -> ErrorClass:
    if code in TRANSIENT | FULL or _is_recoverable(error):
        return ErrorClass.TRANSIENT
    if code in PERMANENT or code.startswith(PERMANENT_DATES):
        return ErrorClass.PERMANENT
    return ErrorClass.UNKNOWN


def client_error(spec: ConnectionSpec, folder: str, error: Exception) -> SourceDriverMissing:
    """Oracle Instant Client could not be loaded from `folder`."""
    codes, words = _read(error)
    if "DPY-2019" in codes:
        return SourceDriverMissing(
            f"The connection {spec.name!r} needs Oracle Instant Client, but this process has "
            "already connected without it.",
            hint="Set oracle_database.INSTANT_CLIENT for all connections and start again.",
            database_code="DPY-2019",
        )
    return SourceDriverMissing(
        f"Oracle Instant Client cannot be loaded from {folder}: {words}.",
        hint="Install it (Basic package, and libaio on Linux) and name its folder in the setting "
        "oracle_database.INSTANT_CLIENT, or empty the setting to connect without it.",
        database_code=codes[0] if codes else None,
    )


def _refused(code: str, words: str) -> QueryRefused | None:
    if code in READ_ONLY:
        return QueryRefused(
            f"The query wants to change data: {words}.",
            hint="A job only reads; write one SELECT without side effects.",
            database_code=code,
        )
    if code in BINDS:
        return QueryRefused(
            f"The query holds a placeholder that nothing fills: {words}.",
            hint="Write the value itself.",
            database_code=code,
        )
    if code == ZONE:
        return QueryRefused(
            "The query returns a timestamp with a named time zone, which cannot be read.",
            hint="Write SYS_EXTRACT_UTC(column) or TO_CHAR(column, ...) in the query.",
            database_code=code,
        )
    return None


def _invalid(sent: BoundStatement | None, error: Exception, code: str, words: str) -> QueryInvalid:
    offset = getattr(error.args[0], "offset", 0) if error.args else 0
    line = column = None
    at = ""
    if sent is not None and offset:
        # The driver sends the text without its leading blanks.
        blanks = len(sent.text) - len(sent.text.lstrip())
        line, column = sent.place(offset + blanks)
        at = f" in line {line}, column {column}"
    return QueryInvalid(
        f"Oracle cannot read the query{at}: {words}.",
        hint=HINTS.get(code, "Correct the query."),
        database_code=code,
        line=line,
        column=column,
    )


def _unreadable_value(error: ValueError) -> SourceFailed:
    if isinstance(error.__cause__, UnicodeDecodeError):
        what = "a text that is not valid in the character set of the database"
        cure = "Correct the text, or write RAWTOHEX(UTL_RAW.CAST_TO_RAW(column)) in the query."
    else:
        what = f"a date outside the years 1 to 9999 ({error})"
        cure = "Correct the date, or write TO_CHAR(column, 'SYYYY-MM-DD') in the query."
    return SourceFailed(
        f"The query returns {what}{_among(error)}.", hint=cure, error_class=ErrorClass.PERMANENT
    )


def _among(error: ValueError) -> str:
    if not isinstance(error, ValueUnreadable):
        return ""
    place = error.place
    is_known = place.first == place.last
    rows = f"row {place.first}" if is_known else f"one of the rows {place.first} to {place.last}"
    column = f", column {' or '.join(place.columns)}" if place.columns else ""
    return f" in {rows}{column}"


def _read(error: Exception) -> tuple[list[str], str]:
    """Every code in the message, in order, and its words in one line without the help link."""
    text = _CONNECTION_ID.sub("", str(error))
    lines = [line.strip() for line in text.splitlines()]
    words = "; ".join(line for line in lines if line and not line.startswith("Help:"))
    return list(dict.fromkeys(_CODE.findall(text))), words.rstrip(".")


def _first(codes: list[str], known: set[str] | dict[str, str]) -> str | None:
    return next((code for code in codes if code in known), None)


def _is_recoverable(error: Exception) -> bool:
    return bool(error.args and getattr(error.args[0], "isrecoverable", False))
