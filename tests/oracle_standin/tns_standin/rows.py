# ruff: noqa: C901, N812, PLR0912, PLR0915 - one function per message reads like the protocol
"""Descriptions of columns and rows on their way to the client."""

from __future__ import annotations

import secrets
import time

from . import datatypes as T
from . import wire as W
from .backends import Fault, OraError
from .protocol import BIT_VECTOR, DESCRIBE, ROW, ROW_HEADER, Cursor
from .session_base import AtRow, SessionBase


class Rows(SessionBase):
    """Descriptions of columns and rows on their way to the client."""

    def _describe(self, w: W.Writer, cur: Cursor) -> None:
        cur.described = True
        w.u8(DESCRIBE)
        w.blob(secrets.token_bytes(16) + bytes(7))
        w.num(sum(c.size for c in cur.columns) or 1)
        w.num(len(cur.columns))
        if cur.columns:
            w.u8(0x51)
        for i, c in enumerate(cur.columns):
            name = c.name.encode()
            w.u8(c.num)
            w.u8(0x80 if c.csfrm else 0)
            w.u8(c.precision)
            w.u8(c.scale)
            w.num(c.size)
            w.num(0)  # array elements
            w.num(0)  # flags
            w.num(0)  # type OID
            w.num(0)  # version
            w.num((2000 if c.csfrm == 2 else 873) if c.csfrm else 0)
            w.u8(c.csfrm)
            w.num(c.chars)
            if self.fv >= 8:
                w.num(0)
            w.u8(1 if c.nullable else 0)
            w.u8(len(name) & 0xFF)
            w.two(name)
            w.num(0)  # schema of the type
            w.num(0)  # name of the type
            w.num(i)  # position
            w.num(0)  # flags
            if self.fv >= 17:
                w.num(0)  # domain schema
                w.num(0)  # domain name
            if self.fv >= 20:
                w.num(0)  # annotations
            if self.fv >= 24:
                w.num(0)  # vector dimensions, format, flags
                w.u8(0)
                w.u8(0)
        now = time.gmtime()
        w.two(
            bytes(
                (
                    now.tm_year // 100 + 100,
                    now.tm_year % 100 + 100,
                    now.tm_mon,
                    now.tm_mday,
                    now.tm_hour + 1,
                    now.tm_min + 1,
                    now.tm_sec + 1,
                )
            )
        )
        w.num(0)
        w.num(8168)
        w.num(2)
        w.num(2)
        w.num(0)

    def _encoders(self, cur: Cursor) -> list:
        """For each column the function from its value to what goes over the wire."""
        return [
            self._long_encoder(col, cur.defines[i] if cur.defines else None)
            if col.is_lob or col.num in (T.LONG, T.LONG_RAW)
            else T.encoder(col)
            for i, col in enumerate(cur.columns)
        ]

    def _long_encoder(self, col: T.Column, define):
        def cell(v) -> bytes:
            w = W.Writer()
            self._value(w, col, v, define)
            return bytes(w.buf)

        return cell

    def _value(self, w: W.Writer, col: T.Column, v, define) -> None:
        if col.is_lob:
            if define and define[0] in (T.LONG, T.LONG_RAW):
                data = (
                    None
                    if v is None
                    else (
                        v.encode("utf-16-be" if define[1] == 2 else "utf-8")
                        if col.num == T.CLOB
                        else bytes(v)
                    )
                )
                w.blob(data)
                w.num(-1 if data is None else 0)  # null indicator
                w.num(1405 if data is None else 0)  # return code
                return None
            if v is None:
                return w.num(0)
            is_char = col.num == T.CLOB
            data = v.encode("utf-16-be") if is_char else bytes(v)
            loc = self._new_lob(is_char, data)
            w.num(len(loc))
            w.num(len(data) // 2 if is_char else len(data))
            w.num(8060)
            w.blob(loc)
            return None
        w.blob(T.encode(col, v))
        if col.num in (T.LONG, T.LONG_RAW):
            w.num(-1 if v is None else 0)
            w.num(1405 if v is None else 0)
        return None

    def _rows(self, w: W.Writer, cur: Cursor, count: int, ret: bool = False) -> Fault | None:
        """Writes up to count rows and the end-of-call message."""
        if cur.rows is None:
            raise OraError(1002, "fetch out of sequence")
        if cur.ended:
            raise OraError(1002, "fetch out of sequence")
        body, header_at, sent, fault = W.Writer(), len(w.buf), 0, None
        first_bits = b""
        error = None
        encoders = self._encoders(cur)
        # Long values are always sent, the same or not.
        may_skip = [not (c.is_lob or c.num in (T.LONG, T.LONG_RAW)) for c in cur.columns]
        can_skip = self.server.compress
        for _ in range(count):
            f = cur.fault
            if f is not None and f.rows is not None and cur.sent >= f.rows:
                if f.do == "stall":
                    self._fault_now(f)
                if f.do == "error":
                    error = OraError(f.code, f.text)
                else:
                    fault = f
                break
            try:
                row = next(cur.rows)
            except StopIteration:
                cur.ended = True
                break
            if self.chan.interrupted.is_set():
                raise OraError(1013, "user requested cancel of current operation")
            if isinstance(row, T.Encoded):
                body.u8(ROW)
                body.raw(row)
                cur.last = None
                sent += 1
                cur.sent += 1
                continue
            vals = [encode(v) for encode, v in zip(encoders, row, strict=False)]
            bits = None
            if can_skip and cur.last is not None:
                same = [a == b and m for a, b, m in zip(vals, cur.last, may_skip, strict=True)]
                if any(same):
                    bits = bytearray((len(same) + 7) // 8)
                    for i, dup in enumerate(same):
                        if not dup:
                            bits[i // 8] |= 1 << (i % 8)
            cur.last = vals
            if bits is not None:
                if sent == 0:
                    first_bits = bytes(bits)
                else:
                    body.u8(BIT_VECTOR)
                    body.num(sum(not d for d in same))
                    body.raw(bytes(bits))
            body.u8(ROW)
            if bits is not None:
                vals = [v for v, dup in zip(vals, same, strict=True) if not dup]
            body.raw(b"".join(vals))
            sent += 1
            cur.sent += 1
        if error is not None and sent == 0:
            raise AtRow(error, cur)
        if sent or not ret:
            w.u8(ROW_HEADER)
            w.u8(0x22 if header_at else 0x02)
            w.num(len(cur.columns))
            w.num(0)
            w.num(count)
            w.num(0)
            if first_bits:
                w.num(len(first_bits))
                w.u8(len(first_bits))
                w.raw(first_bits)
            else:
                w.num(0)
            w.num(0)
        w.raw(bytes(body.buf))
        if fault is not None:
            return fault
        if error is not None:
            # a server reports it with the next call once rows went out
            cur.fault = Fault(
                "error", rows=cur.sent, code=error.code, text=str(error).split(": ", 1)[1]
            )
        if ret:
            self._returned(w)
        if cur.ended:
            self._error(w, cur, rows=cur.sent, code=1403, text="ORA-01403: no data found")
        else:
            self._error(w, cur, rows=cur.sent)
        return None
