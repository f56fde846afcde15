# ruff: noqa: C901, PLR0912, TRY004 - one branch per type
"""Oracle column types: descriptions and the wire form of their values."""

from __future__ import annotations

import datetime as dt
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from .wire import SHORT_MAX, Writer

# type numbers used on the wire
VARCHAR, NUMBER, LONG, ROWID, DATE, RAW, LONG_RAW = 1, 2, 8, 11, 12, 23, 24
CHAR, BFLOAT, BDOUBLE, CLOB, BLOB = 96, 100, 101, 112, 113
TIMESTAMP, TIMESTAMP_TZ, INTERVAL_YM, INTERVAL_DS = 180, 181, 182, 183
TIMESTAMP_LTZ, BOOLEAN = 231, 252

NAMES = {
    "VARCHAR2": VARCHAR,
    "VARCHAR": VARCHAR,
    "NVARCHAR2": VARCHAR,
    "NUMBER": NUMBER,
    "INTEGER": NUMBER,
    "FLOAT": NUMBER,
    "LONG": LONG,
    "ROWID": ROWID,
    "DATE": DATE,
    "RAW": RAW,
    "LONG RAW": LONG_RAW,
    "CHAR": CHAR,
    "NCHAR": CHAR,
    "BINARY_FLOAT": BFLOAT,
    "BINARY_DOUBLE": BDOUBLE,
    "CLOB": CLOB,
    "NCLOB": CLOB,
    "BLOB": BLOB,
    "TIMESTAMP": TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": TIMESTAMP_TZ,
    "TIMESTAMP WITH LOCAL TIME ZONE": TIMESTAMP_LTZ,
    "INTERVAL YEAR TO MONTH": INTERVAL_YM,
    "INTERVAL DAY TO SECOND": INTERVAL_DS,
    "BOOLEAN": BOOLEAN,
}
FIXED = {
    NUMBER: 22,
    DATE: 7,
    TIMESTAMP: 11,
    TIMESTAMP_TZ: 13,
    TIMESTAMP_LTZ: 11,
    BFLOAT: 4,
    BDOUBLE: 8,
    INTERVAL_YM: 5,
    INTERVAL_DS: 11,
    ROWID: 18,
    BOOLEAN: 4,
    CLOB: 4000,
    BLOB: 4000,
}


class Raw(bytes):
    """A value given as its wire bytes: dates before Christ, broken text..."""


class Encoded(bytes):
    """Cells of a whole row as `encoder` makes them, one after the other: quick to send."""


@dataclass
class Column:
    name: str
    num: int
    precision: int = 0
    scale: int = 0
    size: int = 0  # bytes (characters x 4 for CHAR semantics)
    chars: int = 0
    csfrm: int = 0
    nullable: bool = True

    @property
    def is_lob(self) -> bool:
        return self.num in (CLOB, BLOB)


_DEF = re.compile(
    r'^\s*("(?:[^"]+)"|[\w$#]+)\s+'
    r"(TIMESTAMP(?:\s*\(\s*\d+\s*\))?(?:\s+WITH(?:\s+LOCAL)?\s+TIME\s+ZONE)?"
    r"|INTERVAL\s+YEAR(?:\s*\(\s*\d+\s*\))?\s+TO\s+MONTH"
    r"|INTERVAL\s+DAY(?:\s*\(\s*\d+\s*\))?\s+TO\s+SECOND(?:\s*\(\s*\d+\s*\))?"
    r"|LONG\s+RAW|[\w]+(?:\s*\([^)]*\))?)"
    r"(.*)$",
    re.IGNORECASE | re.DOTALL,
)


def column(text: str) -> Column:
    """'NAME VARCHAR2(30 CHAR) NOT NULL' -> Column."""
    m = _DEF.match(text)
    if not m:
        raise ValueError(f"not a column definition: {text!r}")
    name, spec, rest = m.groups()
    name = name[1:-1] if name.startswith('"') else name.upper()
    args = re.findall(r"\(([^)]*)\)", spec)
    base = " ".join(re.sub(r"\([^)]*\)", " ", spec).upper().split())
    if base not in NAMES:
        raise ValueError(f"unknown type {base!r}")
    num = NAMES[base]
    col = Column(name, num, nullable="NOT NULL" not in rest.upper())
    arg = args[0].split(",") if args else []
    if num in (VARCHAR, CHAR):
        n = int(arg[0].split()[0]) if arg else 1
        wide = base.startswith("N") or "CHAR" in (arg[0].upper() if arg else "")
        col.csfrm = 2 if base.startswith("N") else 1
        col.chars = n
        col.size = n * (2 if base.startswith("N") else 4 if wide else 1)
    elif num == RAW:
        col.size = int(arg[0]) if arg else 1
    elif num in (LONG, LONG_RAW):
        col.size, col.csfrm = 0, 1 if num == LONG else 0
    else:
        col.size = FIXED[num]
        if num == CLOB:
            col.csfrm = 2 if base == "NCLOB" else 1
        elif num == NUMBER:
            if base == "INTEGER":
                col.precision, col.scale = 38, 0
            elif base == "FLOAT":
                col.precision, col.scale = int(arg[0]) if arg else 126, -127
            elif not arg:
                col.precision, col.scale = 0, -127
            else:
                col.precision = 38 if arg[0].strip() == "*" else int(arg[0])
                col.scale = int(arg[1]) if len(arg) > 1 else 0
        elif num in (TIMESTAMP, TIMESTAMP_TZ, TIMESTAMP_LTZ):
            col.scale = int(arg[0]) if arg else 6
        elif num == INTERVAL_DS:
            col.precision = 2
            col.scale = int(args[1]) if len(args) > 1 else 6
        elif num == INTERVAL_YM:
            col.precision = int(arg[0]) if arg else 2
    return col


def columns(text: str) -> list[Column]:
    """'ID NUMBER(10), NAME VARCHAR2(30)' -> [Column, Column]."""
    parts, depth, cur = [], 0, ""
    for ch in text:
        if ch == "," and depth == 0:
            parts.append(cur)
            cur = ""
            continue
        depth += (ch == "(") - (ch == ")")
        cur += ch
    return [column(p) for p in (*parts, cur) if p.strip()]


# --- values ---------------------------------------------------------------


PAIRS = {f"{n:02}": n for n in range(100)}


def enc_number(value) -> bytes:
    """Base-100 digits with an excess-64 exponent; negatives complemented."""
    if isinstance(value, int):
        sign, exp, text = value < 0, 0, str(abs(value))
    else:
        d = value if isinstance(value, Decimal) else Decimal(str(value))
        sign, digits, exp = d.as_tuple()
        if not isinstance(exp, int):
            raise ValueError("not a finite number")
        text = "".join(map(str, digits))
    text = text.lstrip("0")
    if not text:
        return b"\x80"
    point = len(text) + exp  # digits before the point
    text = text.rstrip("0")
    if point % 2:  # pairs start at even places
        text, point = "0" + text, point + 1
    if len(text) % 2:
        text += "0"
    pairs = [PAIRS[text[i : i + 2]] for i in range(0, min(len(text), 40), 2)]
    lead = point // 2 + 192
    if not 0x80 <= lead <= 0xFF:
        raise ValueError("number out of range")
    if sign:
        body = bytes(101 - p for p in pairs)
        return bytes((lead ^ 0xFF,)) + body + (b"\x66" if len(pairs) < 20 else b"")
    return bytes((lead,)) + bytes(p + 1 for p in pairs)


def dec_number(data: bytes) -> Decimal:
    if data == b"\x80":
        return Decimal(0)
    neg = not data[0] & 0x80
    if neg:
        lead, body = data[0] ^ 0xFF, data[1:]
        if body.endswith(b"\x66"):
            body = body[:-1]
        pairs = [101 - b for b in body]
    else:
        lead, pairs = data[0], [b - 1 for b in data[1:]]
    value = 0
    for p in pairs:
        value = value * 100 + p
    out = Decimal(value).scaleb(2 * (lead - 192 - len(pairs)))
    out = out.normalize() if out % 1 else out.quantize(1)
    return -out if neg else out


def _seven(v) -> bytes:
    h, m, s = (v.hour, v.minute, v.second) if isinstance(v, dt.datetime) else (0, 0, 0)
    return bytes((v.year // 100 + 100, v.year % 100 + 100, v.month, v.day, h + 1, m + 1, s + 1))


def enc_timestamp(v, nanos: int | None = None) -> bytes:
    frac = (
        nanos if nanos is not None else (v.microsecond * 1000 if isinstance(v, dt.datetime) else 0)
    )
    return _seven(v) + (struct.pack(">I", frac) if frac else b"")


def enc_timestamp_tz(v: dt.datetime) -> bytes:
    """UTC fields, then the offset as hour+20 and minute+60."""
    if v.tzinfo is None:
        v = v.replace(tzinfo=dt.UTC)
    minutes = int(v.utcoffset().total_seconds() // 60)
    hours = int(minutes / 60)
    utc = v.astimezone(dt.UTC)
    return (
        _seven(utc)
        + struct.pack(">I", utc.microsecond * 1000)
        + bytes((hours + 20, minutes - hours * 60 + 60))
    )


def dec_datetime(data: bytes) -> dt.datetime:
    year = (data[0] - 100) * 100 + data[1] - 100
    frac = struct.unpack(">I", data[7:11])[0] // 1000 if len(data) >= 11 else 0
    return dt.datetime(year, data[2], data[3], data[4] - 1, data[5] - 1, data[6] - 1, frac)


def enc_double(v: float) -> bytes:
    b = struct.pack(">d", float(v))
    return bytes((b[0] | 0x80,)) + b[1:] if not b[0] & 0x80 else bytes(x ^ 0xFF for x in b)


def enc_float(v: float) -> bytes:
    b = struct.pack(">f", float(v))
    return bytes((b[0] | 0x80,)) + b[1:] if not b[0] & 0x80 else bytes(x ^ 0xFF for x in b)


def dec_double(b: bytes) -> float:
    b = bytes((b[0] & 0x7F,)) + b[1:] if b[0] & 0x80 else bytes(x ^ 0xFF for x in b)
    return struct.unpack(">d" if len(b) == 8 else ">f", b)[0]


def enc_interval_ds(v: dt.timedelta) -> bytes:
    neg = v < dt.timedelta(0)
    a = -v if neg else v
    h, rest = divmod(a.seconds, 3600)
    m, s = divmod(rest, 60)
    k = -1 if neg else 1
    return (
        struct.pack(">I", a.days * k + 0x80000000)
        + bytes((h * k + 60, m * k + 60, s * k + 60))
        + struct.pack(">I", a.microseconds * 1000 * k + 0x80000000)
    )


def enc_interval_ym(v) -> bytes:
    years, months = v
    return struct.pack(">I", years + 0x80000000) + bytes((months + 60,))


def encode(col: Column, v) -> bytes | None:
    """The bytes of one value, without its length (None = NULL)."""
    if isinstance(v, Raw):
        return bytes(v)
    if v is None or (v == "" and col.num in (VARCHAR, CHAR, LONG)):
        return None
    n = col.num
    if n in (VARCHAR, CHAR, LONG):
        s = v if isinstance(v, str) else str(v)
        if n == CHAR and col.chars:
            s = s.ljust(col.chars)
        return s.encode("utf-16-be" if col.csfrm == 2 else "utf-8")
    if n == NUMBER:
        return enc_number(v)
    if n == DATE:
        return _seven(v)
    if n in (TIMESTAMP, TIMESTAMP_LTZ):
        return enc_timestamp(v)
    if n == TIMESTAMP_TZ:
        return enc_timestamp_tz(v)
    if n == BDOUBLE:
        return enc_double(v)
    if n == BFLOAT:
        return enc_float(v)
    if n in (RAW, LONG_RAW):
        return bytes(v) or None
    if n == INTERVAL_DS:
        return enc_interval_ds(v)
    if n == INTERVAL_YM:
        return enc_interval_ym(v)
    if n == BOOLEAN:
        return b"\x01\x01" if v else b"\x00"
    raise ValueError(f"type {n} has no plain form")


def encoder(col: Column) -> Callable[[object], bytes]:
    """What makes the bytes of one value of a column, its length before it."""
    plain = {NUMBER: enc_number, DATE: _seven, TIMESTAMP: enc_timestamp}.get(col.num)
    if col.num == VARCHAR and col.csfrm == 1:
        plain = str.encode

    def cell(v: object) -> bytes:
        if v is None:
            return b"\0"
        quick = plain is not None and not isinstance(v, Raw) and v != ""
        data = plain(v) if quick else encode(col, v)
        if not data:
            return b"\0"
        if len(data) <= SHORT_MAX:
            return bytes((len(data),)) + data
        w = Writer()
        w.blob(data)
        return bytes(w.buf)

    return cell


def decode_bind(num: int, csfrm: int, data: bytes | None):
    if data is None:
        return None
    if num in (VARCHAR, CHAR, LONG):
        return data.decode("utf-16-be" if csfrm == 2 else "utf-8")
    if num in (NUMBER, 3):
        d = dec_number(data)
        return int(d) if d == d.to_integral_value() else d
    if num in (DATE, TIMESTAMP, TIMESTAMP_LTZ, TIMESTAMP_TZ):
        return dec_datetime(data)
    if num in (BDOUBLE, BFLOAT):
        return dec_double(data)
    if num == BOOLEAN:
        return data == b"\x01\x01"
    if num == INTERVAL_DS:
        base = 0x80000000
        return dt.timedelta(
            days=struct.unpack(">I", data[:4])[0] - base,
            hours=data[4] - 60,
            minutes=data[5] - 60,
            seconds=data[6] - 60,
            microseconds=(struct.unpack(">I", data[7:11])[0] - base) // 1000,
        )
    return data
