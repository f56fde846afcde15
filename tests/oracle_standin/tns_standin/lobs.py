# ruff: noqa: C901, N812, PLR0912, PLR0915 - one function per message reads like the protocol
"""LOB locators and what is read and written through them."""

from __future__ import annotations

import struct

from . import datatypes as T
from . import wire as W
from .backends import OraError
from .protocol import LOB_DATA, PARAMETER, Lob
from .session_base import SessionBase


class Lobs(SessionBase):
    """LOB locators and what is read and written through them."""

    def _new_lob(self, is_char: bool, data: bytes, temp: bool = False) -> bytes:
        loc = bytearray(40)
        loc[0:2] = struct.pack(">H", 38)
        loc[3] = 4
        loc[4] = 0x00 if is_char else 0x01
        loc[5] = 0x08
        loc[6] = 0x80 if is_char else 0  # UTF-16 content
        loc[7] = 0x01 if temp else 0
        loc[32:40] = struct.pack(">Q", self.next_lob)
        self.next_lob += 1
        key = bytes(loc)
        self.lobs[key] = Lob(is_char, data)
        return key

    def _lob(self, r: W.Reader) -> None:
        has_src, src_len = r.u8(), r.num()
        r.u8(), r.num(), r.num(), r.num()
        r.u8(), r.u8(), r.u8()
        op = r.num()
        r.u8(), r.u8()
        offset, dest = r.num(), r.num()
        send_amount = r.u8()
        for _ in range(3):
            r.u16be()
        loc = r.raw(src_len) if has_src else b""
        w = W.Writer()
        if op == 0x0110:  # create temporary
            r.num()
            loc = self._new_lob(dest == T.CLOB, b"", temp=True)
            w.u8(PARAMETER)
            w.raw(loc)
            w.num(873)
            w.u8(0)
            self._error(w)
            return self.respond(w)
        lob = self.lobs.get(loc)
        if lob is None:
            raise OraError(22275, "invalid LOB locator specified")
        unit = 2 if lob.is_char else 1
        data = None
        amount = 0
        if op == 0x0040:  # write
            assert r.u8() == LOB_DATA
            data = r.blob() or b""
        if send_amount:
            amount = r.num()
        if op == 0x0002:  # read
            start = (max(offset, 1) - 1) * unit
            part = lob.data[start : start + amount * unit]
            self.log("lob read", len(part) // unit)
            if part:
                w.u8(LOB_DATA)
                w.blob(part)
            amount = len(part) // unit
        elif op == 0x0001:
            amount = len(lob.data) // unit
        elif op == 0x4000:
            amount = 8060
        elif op == 0x0040:
            start = (max(offset, 1) - 1) * unit
            lob.data = lob.data[:start].ljust(start, b"\0") + data + lob.data[start + len(data) :]
        elif op == 0x0020:
            lob.data = lob.data[: amount * unit]
        w.u8(PARAMETER)
        w.raw(loc)
        if send_amount:
            w.num(amount)
        if op == 0x11000:
            w.u8(0)
        self._error(w)
        self.respond(w)
        return None
