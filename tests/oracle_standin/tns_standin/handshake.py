# ruff: noqa: N812 - T and W are short for what every line of the protocol needs
"""The way from the first packet to a session that is logged in."""

from __future__ import annotations

import re
import secrets
import struct

from . import wire as W
from .auth import Challenge
from .backends import OraError
from .protocol import DATA_TYPES, F_AUTH1, F_AUTH2, FAST_AUTH, FUNCTION, PARAMETER, PROTOCOL
from .session_base import SessionBase


class Handshake(SessionBase):
    """The way from the first packet to a session that is logged in."""

    def run(self) -> None:
        self.chan.start()
        if not self._connect():
            return
        _kind, body = self.chan.next_packet()
        r = W.Reader(self.chan, body[2:])
        first = r.u8()
        self.eor, eor = False, self.p.end_of_response
        if first == FAST_AUTH:
            self.eor = eor
            self._fast_auth(r)
        elif first == PROTOCOL:
            self._protocol_request(r)
            w = W.Writer()
            self._protocol_answer(w)
            self.respond(w)
            r = self._request()
            assert r.u8() == DATA_TYPES
            w = W.Writer()
            self._data_types(r, w)
            self.respond(w)
            self.eor = eor
            r = self._request()
            self._auth(r)
        else:
            raise ValueError(f"unexpected message {first}")

    def _connect(self) -> bool:
        kind, body = self.chan.next_packet()
        if kind != W.CONNECT:
            raise W.PeerGone
        (size, offset) = struct.unpack(">HH", body[16:20])
        sdu = struct.unpack(">I", body[50:54])[0] if len(body) >= 54 else 8192
        text = body[offset - 8 : offset - 8 + size]
        if len(text) < size:  # long descriptors follow as DATA
            kind, more = self.chan.next_packet()
            text = more[2:]
        text = text.decode("utf-8", "replace")
        self.log("connect", text)
        m = re.search(r"\((?:SERVICE_NAME|SID)\s*=\s*([^)]*)\)", text, re.IGNORECASE)
        named = m[1].strip() if m else ""
        is_sid = bool(m) and m[0].upper().startswith("(SID")
        srv = self.server
        code = srv.refuse
        if code is None and srv.redirect_to is None and named.upper() != srv.service.upper():
            code = 12505 if is_sid else 12514
        if code is None and srv.max_sessions is not None and len(srv.sessions) > srv.max_sessions:
            code = 12516
        if code is not None:
            msg = (
                f"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR={code})"
                f"(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
            ).encode()
            self.chan.send(W.REFUSE, struct.pack(">BBH", 1, 0, len(msg)) + msg)
            self.log("refused", code)
            return False
        if srv.redirect_to is not None:
            host, port = srv.redirect_to
            data = (f"(ADDRESS=(PROTOCOL=TCP)(HOST={host})(PORT={port}))\0{text}").encode()
            self.chan.send(W.REDIRECT, struct.pack(">H", len(data)))
            self.chan.send(W.DATA, b"\0\0" + data)
            self.log("redirected", (host, port))
            return False
        self.chan.sdu = max(512, min(sdu, 65535))
        flags = (0x10000000 if self.p.fast_auth else 0) | (
            0x02000000 if self.p.end_of_response else 0
        )
        w = W.Writer()
        w.u16be(self.p.tns_version)
        w.u16be(1)  # service options
        w.raw(bytes(4) + b"\x01\x00" + bytes(2) + struct.pack(">H", 45))
        # no native network encryption needed, or demanded (0x10)
        w.u8(0xC5 | (0x10 if self.server.native_encryption else 0))
        w.raw(bytes(9))
        w.u32be(self.chan.sdu)
        w.u32be(self.chan.sdu)
        w.u8(0)
        w.u32be(flags)
        self.chan.send(W.ACCEPT, bytes(w.buf))
        self.chan.large = self.p.tns_version >= 315
        return True

    def _protocol_request(self, r: W.Reader) -> None:
        while r.u8():  # versions the client speaks
            pass
        self.log("driver", r.zstr().decode("utf-8", "replace"))

    def _protocol_answer(self, w: W.Writer) -> None:
        w.u8(PROTOCOL)
        w.u8(6)
        w.u8(0)
        w.raw(b"x86_64/Linux 2.4.xx\0")
        w.u16le(873)  # AL32UTF8
        w.u8(1)
        w.u16le(0)
        fdo = bytes(9) + struct.pack(">H", 2000)  # national: AL16UTF16
        w.u16be(len(fdo))
        w.raw(fdo)
        caps = bytearray(55)
        caps[0], caps[1], caps[2], caps[3] = 6, 1, 1, 1
        caps[4] = 0x6F  # logon kinds
        caps[7] = self.p.field_version
        caps[15] = 0x29
        caps[23] = 0xFF  # LOB features
        caps[27] = 1
        caps[37] = 0xE2 | 0x20  # big chunks
        caps[40] = 0x05 | (0x20 if self.p.end_of_response else 0)
        w.blob(bytes(caps))
        run = bytearray(7)
        run[0], run[1], run[4] = 2, 1, 0x18
        run[6] = 0x73 if self.p.long_strings else 0x03
        if self.p.long_strings:
            run[6] |= 0x04
        w.blob(bytes(run))

    def _data_types(self, r: W.Reader, w: W.Writer) -> None:
        r.u16le(), r.u16le(), r.u8()
        caps, run = r.blob() or b"", r.blob() or b""
        if len(caps) > 7:
            self.fv = min(self.p.field_version, caps[7])
        w.u8(DATA_TYPES)
        if len(run) > 1 and run[1] & 1:  # both sides give a time zone
            r.raw(11)
            w.raw(bytes.fromhex("800000003c3c3c80000000"))  # +00:00
        while t := r.u16be():
            conv = r.u16be()
            w.u16be(t)
            w.u16be(conv)
            if conv:
                w.u16be(r.u16be())
                w.u16be(r.u16be())
        w.u16be(0)

    def _fast_auth(self, r: W.Reader) -> None:
        r.raw(3)  # version and flags
        assert r.u8() == PROTOCOL
        self._protocol_request(r)
        r.raw(5)  # server character sets (unused)
        r.u8()  # field version used inside
        assert r.u8() == DATA_TYPES
        w = W.Writer()
        self._protocol_answer(w)
        self._data_types(r, w)
        fv, self.fv = self.fv, 13  # this login message is written as 19c
        self._auth(r, w, fv)

    def _auth_message(self, r: W.Reader) -> tuple[str, int, dict]:
        has_user = r.u8()
        r.num()
        mode = r.num()
        r.u8()
        count = r.num()
        r.u8(), r.u8()
        user = (r.blob() or b"").decode() if has_user else ""
        pairs = {}
        for _ in range(count):
            key = (r.two() or b"").decode().rstrip("\0")
            value = (r.two() or b"").decode("utf-8", "replace")
            r.num()
            pairs[key] = value
        return user, mode, pairs

    def _pairs(self, w: W.Writer, pairs) -> None:
        w.u8(PARAMETER)
        w.num(len(pairs))
        for key, value, flags in pairs:
            w.two(key)
            w.two(value)
            w.num(flags)

    def _auth(self, r: W.Reader, w: W.Writer | None = None, later_fv: int | None = None) -> None:
        assert r.u8() == FUNCTION
        func = r.u8()
        self._seq(r)
        assert func == F_AUTH1, f"token or external login ({func})"
        user, mode, info = self._auth_message(r)
        if later_fv is not None:
            self.fv = later_fv
        name = user[1:-1] if user.startswith('"') else user.upper()
        self.log("login", {"user": name, "mode": mode, **info})
        known = self.server.users.get(name)
        ch = Challenge(
            known.password if known else secrets.token_hex(8), known.verifier if known else "12c"
        )
        w = w or W.Writer()
        self._pairs(w, ch.pairs())
        self._error(w)
        self.respond(w)
        r = self._request()
        msg, func = r.u8(), r.u8()
        self._seq(r)
        if (msg, func) != (FUNCTION, F_AUTH2):
            raise W.PeerGone
        _, mode, info = self._auth_message(r)
        ok = known is not None and ch.check(info)
        self.log("session", {k: v for k, v in info.items() if "KEY" not in k and "PASS" not in k})
        err = (
            None
            if ok
            else OraError(
                1017,
                "invalid credential or not authorized; logon denied"
                if self.p.tns_version >= 319
                else "invalid username/password; logon denied",
            )
        )
        if ok and known.login_error:
            err = known.login_error
        if err:
            self.log("login failed", err.code)
            self._send_error(err)
            raise W.PeerGone
        self.user = self.schema = name
        self.db = self.server.backend.open(self)
        self.chan.on_interrupt = self.db.cancel
        w = W.Writer()
        self._pairs(
            w,
            [
                ("AUTH_VERSION_STRING", "- Stand-in", 0),
                ("AUTH_VERSION_SQL", "24", 0),
                ("AUTH_VERSION_NO", str(self.p.version_number), 0),
                ("AUTH_DBNAME", self.server.service.upper(), 0),
                ("AUTH_SESSION_ID", str(self.sid), 0),
                ("AUTH_SERIAL_NUM", str(self.serial), 0),
                ("AUTH_INSTANCE_NO", "1", 0),
                ("AUTH_SC_DB_DOMAIN", "", 0),
                ("AUTH_SC_DBUNIQUE_NAME", self.server.service.upper(), 0),
                ("AUTH_SC_REAL_DBUNIQUE_NAME", self.server.service.upper(), 0),
                ("AUTH_SC_SERVICE_NAME", self.server.service, 0),
                ("AUTH_INSTANCENAME", "standin", 0),
                ("AUTH_MAX_OPEN_CURSORS", "300", 0),
                ("AUTH_MAX_IDEN_LENGTH", "128" if self.fv >= 8 else "30", 0),
                ("AUTH_SVR_RESPONSE", ch.server_response(), 0),
            ],
        )
        self._error(w)
        self.respond(w)
        self._calls()
