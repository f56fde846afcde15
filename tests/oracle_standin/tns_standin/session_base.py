# ruff: noqa: N812 - T and W are short for what every line of the protocol needs
"""What every part of a session needs: its state, requests, answers, errors and breaks."""

from __future__ import annotations

import contextlib
import secrets
import struct
from typing import TYPE_CHECKING

from . import wire as W
from .backends import Fault, OraError
from .protocol import END_OF_RESPONSE, ERROR, PARAMETER, STATUS, TXN_OPEN, Cursor, Lob

if TYPE_CHECKING:
    from .server import Server


class SessionBase:
    """One client; the parts of the protocol are mixed in beside this."""

    def __init__(self, server: Server, sid: int, chan: W.Channel) -> None:
        self.server, self.sid, self.chan = server, sid, chan
        self.p = server.profile
        self.fv = self.p.field_version  # negotiated field version
        self.eor = False  # ends of responses are marked
        self.serial = secrets.randbelow(60000) + 1
        self.seq = 0
        self.cursors: dict[int, Cursor] = {}
        self.next_cursor = 1
        self.lobs: dict[bytes, Lob] = {}
        self.next_lob = 1
        self.user = ""
        self.db = None
        self.in_txn = False
        self.read_only = False
        self.attrs: dict[str, str] = {}
        self.schema = ""
        self.plan = ["Error: cannot fetch last explain plan from PLAN_TABLE"]

    def log(self, what: str, detail=None) -> None:
        self.server.log(self.sid, what, detail)

    def wait(self, seconds: float) -> None:
        """A pause that a break from the client ends."""
        if self.chan.interrupted.wait(seconds):
            raise OraError(1013, "user requested cancel of current operation")

    def end(self) -> None:
        if self.db is not None:
            with contextlib.suppress(Exception):
                self.db.close()
        self.chan.drop("fin")

    def respond(self, w: W.Writer, fault: Fault | None = None) -> None:
        flags = 0
        if self.eor:
            w.u8(END_OF_RESPONSE)
            flags = W.FLAG_END_OF_RESPONSE
        if fault is not None:
            self.log("fault", fault.do)
            if fault.do == "half":
                self.chan.data(bytes(w.buf), flags, stop_after=max(1, len(w.buf) // 2))
                self.chan.drop("rst")
            else:
                self.chan.drop(fault.do)
            raise W.PeerGone
        self.chan.data(bytes(w.buf), flags)

    def _request(self) -> W.Reader:
        while True:
            kind, body = self.chan.next_packet()
            if kind == W.DATA:
                if struct.unpack(">H", body[:2])[0] & W.FLAG_EOF:
                    raise W.PeerGone
                return W.Reader(self.chan, body[2:])
            if kind == W.MARKER:
                self._break(body[2])

    def _seq(self, r: W.Reader) -> None:
        self.seq = r.u8()
        if self.fv >= 18:
            r.num()  # pipeline token

    def _cursor(self, number: int) -> Cursor:
        if number not in self.cursors:
            raise OraError(1001, "invalid cursor")
        return self.cursors[number]

    def _returned(self, w: W.Writer) -> None:
        w.u8(PARAMETER)
        w.num(6)
        for v in (1_000_000, 0, 1, 0, 0, 0):  # system change number, ...
            w.num(v)
        w.num(0)
        w.num(0)
        w.num(0)

    def _error(
        self,
        w: W.Writer,
        cur: Cursor | None = None,
        *,
        rows: int = 0,
        code: int = 0,
        text: str = "",
        offset: int = 0,
    ) -> None:
        """End of call; code 0 = success."""
        w.u8(ERROR)
        w.num(1 | (TXN_OPEN if self.in_txn else 0))
        w.num(self.seq)
        w.num(rows & 0xFFFFFFFF)
        w.num(code if code < 65536 else 0)
        w.num(0)
        w.num(0)
        w.num(cur.id if cur else 0)
        w.num(offset)
        for _ in range(6):
            w.u8(0)
        w.num(0), w.num(0), w.u8(0), w.num(0), w.num(0)  # rowid
        w.num(0)
        w.u8(0)
        w.u8(self.seq)
        w.num(0)
        w.num(1 if cur else 0)
        w.num(0)
        w.num(0)
        w.num(0)
        w.num(0)
        w.num(code)
        w.num(rows)
        if self.fv >= 14:
            w.num(0)
            w.num(0)
        if code:
            w.blob((text + "\n").encode())

    def _status(self, w: W.Writer) -> None:
        w.u8(STATUS)
        w.num(1 | (TXN_OPEN if self.in_txn else 0))
        w.num(self.seq)

    def _send_error(self, e: OraError) -> None:
        """Break and reset markers, the client's reset, then the error."""
        self.log("error", e.code)
        cur = getattr(e, "cursor", None)
        self.chan.marker(W.MARK_BREAK)
        if not self.chan.interrupted.is_set():
            self.chan.marker(W.MARK_RESET)
            self._await_reset()
        else:
            self._await_reset()
            self.chan.marker(W.MARK_RESET)
        self.chan.interrupted.clear()
        w = W.Writer()
        self._error(w, cur, code=e.code, text=str(e), offset=e.offset, rows=cur.sent if cur else 0)
        self.respond(w)

    def _await_reset(self) -> None:
        while True:
            kind, body = self.chan.next_packet()
            if kind == W.MARKER and body[2] == W.MARK_RESET:
                return

    def _break(self, kind: int) -> None:
        """A break that met no running call (or one just finished)."""
        if kind == W.MARK_RESET:
            return
        self.log("break")
        self.chan.interrupted.set()
        self._send_error(OraError(1013, "user requested cancel of current operation"))


class AtRow(OraError):
    """An error in mid-fetch, with the cursor it belongs to."""

    def __init__(self, e: OraError, cur: Cursor) -> None:
        Exception.__init__(self, str(e))
        self.code, self.offset, self.cursor = e.code, e.offset, cur
