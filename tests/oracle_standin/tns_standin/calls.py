# ruff: noqa: C901, N812, PLR0912 - one function per message reads like the protocol
"""Which call of the client goes where, and what rides on it."""

from __future__ import annotations

from . import wire as W
from .backends import OraError
from .protocol import (
    F_CLOSE_CURSORS,
    F_COMMIT,
    F_END_TO_END,
    F_EXECUTE,
    F_FETCH,
    F_KEY_VALUE,
    F_LOB,
    F_LOGOFF,
    F_PING,
    F_REEXEC,
    F_REEXEC_FETCH,
    F_ROLLBACK,
    F_SESSION_STATE,
    F_SET_SCHEMA,
    FUNCTION,
    PIGGYBACK,
)
from .session_base import SessionBase


class Calls(SessionBase):
    """Which call of the client goes where, and what rides on it."""

    def _calls(self) -> None:
        while True:
            r = self._request()
            self.chan.interrupted.clear()
            try:
                done = self._call(r)
            except OraError as e:
                self._send_error(e)
                done = False
            except W.Interrupted as e:
                self._break(e.kind)
                done = False
            if done:
                return

    def _call(self, r: W.Reader) -> bool:
        while True:
            msg = r.u8()
            func = r.u8()
            self._seq(r)
            if msg == PIGGYBACK:
                self._piggyback(func, r)
                continue
            if msg != FUNCTION:
                raise ValueError(f"message {msg} not known")
            break
        if func == F_EXECUTE:
            self._execute(r)
        elif func in (F_REEXEC, F_REEXEC_FETCH):
            self._reexecute(r, func)
        elif func == F_FETCH:
            cur = self._cursor(r.num())
            n = r.num()
            self.log("fetch", n)
            w = W.Writer()
            fault = self._rows(w, cur, n)
            self.respond(w, fault)
        elif func == F_LOB:
            self._lob(r)
        elif func in (F_COMMIT, F_ROLLBACK, F_PING, F_LOGOFF):
            name = {F_COMMIT: "commit", F_ROLLBACK: "rollback", F_PING: "ping", F_LOGOFF: "logoff"}[
                func
            ]
            self.log(name)
            if func in (F_COMMIT, F_ROLLBACK):
                getattr(self.db, name)()
                self.in_txn = self.read_only = False
            w = W.Writer()
            self._status(w)
            self.respond(w)
            return func == F_LOGOFF
        else:
            raise OraError(
                3115, f"unsupported network datatype or representation (function {func})"
            )
        return False

    def _piggyback(self, func: int, r: W.Reader) -> None:
        if func == F_CLOSE_CURSORS:
            r.u8()
            for _ in range(r.num()):
                self.cursors.pop(r.num(), None)
        elif func == F_END_TO_END:
            r.u8(), r.u8(), r.num()
            have = []
            for name in ("client_identifier", "module", "action"):
                p, n = r.u8(), r.num()
                have.append((name, p, n))
            r.u8(), r.num(), r.u8(), r.num()
            have.append(("clientinfo", r.u8(), r.num()))
            r.u8(), r.num(), r.u8(), r.num()
            have.append(("dbop", r.u8(), r.num()))
            for name, p, n in have:
                if p:
                    v = (r.blob() or b"").decode() if n else ""
                    self.attrs[name] = v
                    self.log(name, v)
        elif func == F_SET_SCHEMA:
            r.u8()
            self.schema = (r.two() or b"").decode()
            self.log("schema", self.schema)
        elif func == F_SESSION_STATE:
            r.num()
        elif func == F_LOB:  # free temporary LOBs
            r.u8()
            total = r.num()
            for reader in "bnnnbbbnbnnnbbnbnbn":
                r.u8() if reader == "b" else r.num()
            r.raw(total)
        elif func == F_KEY_VALUE:
            r.u8(), r.num(), r.u8()
            n = r.num()
            r.num(), r.u8()
            space = (r.blob() or b"").decode()
            for _ in range(n):
                k, v = r.two(), r.two()
                r.num()
                self.log("context", (space, (k or b"").decode(), (v or b"").decode()))
        else:
            raise ValueError(f"piggyback {func} not known")
