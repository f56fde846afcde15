# ruff: noqa: N812 - T and W are short for what every line of the protocol needs
"""Numbers of the protocol, what the stand-in claims to be, and what a session keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from . import datatypes as T
from .backends import Fault, OraError

# TTC messages
PROTOCOL, DATA_TYPES, FUNCTION, ERROR, ROW_HEADER, ROW, PARAMETER, STATUS = (1, 2, 3, 4, 6, 7, 8, 9)
IO_VECTOR, LOB_DATA, WARNING, DESCRIBE, PIGGYBACK = 11, 14, 15, 16, 17
BIT_VECTOR, END_OF_RESPONSE, FAST_AUTH = 21, 29, 34
# TTC functions
F_REEXEC, F_FETCH, F_LOGOFF, F_COMMIT, F_ROLLBACK, F_REEXEC_FETCH = (4, 5, 9, 14, 15, 78)
F_EXECUTE, F_LOB, F_CLOSE_CURSORS, F_AUTH2, F_AUTH1 = 94, 96, 105, 115, 118
F_END_TO_END, F_PING, F_SET_SCHEMA, F_KEY_VALUE, F_SESSION_STATE = (135, 147, 152, 154, 176)
# execute options
O_PARSE, O_BIND, O_DEFINE, O_EXECUTE, O_FETCH, O_COMMIT = (0x1, 0x8, 0x10, 0x20, 0x40, 0x100)
O_DESCRIBE, O_NO_COMPRESS = 0x20000, 0x40000
TXN_OPEN = 2  # call status bit


@dataclass(frozen=True)
class Profile:
    """What the stand-in claims to be."""

    name: str
    tns_version: int
    field_version: int
    version: tuple[int, int, int, int, int]
    long_strings: bool = True  # MAX_STRING_SIZE = EXTENDED
    fast_auth: bool = False
    end_of_response: bool = False

    @property
    def version_number(self) -> int:
        a, b, c, d, e = self.version
        if self.field_version >= 11:
            return a << 24 | b << 16 | c << 12 | d << 4 | e
        return a << 24 | b << 20 | c << 12 | d << 8 | e


PROFILES = {
    p.name: p
    for p in (
        Profile("23ai", 319, 24, (23, 26, 2, 0, 0), fast_auth=True, end_of_response=True),
        Profile("21c", 318, 16, (21, 3, 0, 0, 0)),
        Profile("19c", 318, 12, (19, 22, 0, 0, 0)),
        Profile("12c", 316, 7, (12, 1, 0, 2, 0), long_strings=False),
        Profile("11g", 314, 6, (11, 2, 0, 4, 0), long_strings=False),
    )
}


@dataclass
class User:
    password: str
    verifier: str = "12c"  # '12c', '11g' or '10g'
    login_error: OraError | None = None  # e.g. ORA-28000 account locked


@dataclass
class Event:
    """One thing a client did, for assertions in tests."""

    at: float
    session: int
    what: str
    detail: object = None


@dataclass
class Cursor:
    id: int
    sql: str
    columns: list[T.Column] = field(default_factory=list)
    rows: object = None
    sent: int = 0
    last: list | None = None  # last row's encoded values
    binds: list = field(default_factory=list)
    defines: list = field(default_factory=list)
    described: bool = False
    fault: Fault | None = None
    ended: bool = False


@dataclass
class Lob:
    is_char: bool
    data: bytes  # CLOB: UTF-16BE


def first_word(sql: str) -> str:
    text = re.sub(r"/\*.*?\*/|--[^\n]*", " ", sql, flags=re.DOTALL).lstrip(" \t\r\n(")
    m = re.match(r"[A-Za-z]+", text)
    return m[0].upper() if m else ""
