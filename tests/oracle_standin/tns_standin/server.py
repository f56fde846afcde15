# ruff: noqa: C901, N812, PLR0912, PLR0915, PLR0917 - one function per message reads like the protocol
"""A stand-in for an Oracle Database listener, for tests on loopback only.

It speaks enough of Oracle Net / TTC for unmodified thin drivers to log in,
run SQL, describe, fetch in many round trips, read LOBs, be interrupted and
see the failures a real server shows.  It is not a database.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from . import datatypes as T
from . import wire as W
from .auth import Challenge
from .backends import Fault, OraError, Result, Scripted

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


class Server:
    """with Server(backend, users={'APP': 'secret'}) as s: s.dsn ..."""

    def __init__(
        self,
        backend=None,
        *,
        users: dict | None = None,
        service: str = "ORCLPDB1",
        profile: str = "19c",
        host: str = "127.0.0.1",
        port: int = 0,
        compress: bool = True,
        tls: ssl.SSLContext | None = None,
        redirect_to: tuple[str, int] | None = None,
        max_sessions: int | None = None,
        native_encryption: bool = False,
    ) -> None:
        self.backend = backend if backend is not None else Scripted()
        self.users = {
            k.upper(): v if isinstance(v, User) else User(v)
            for k, v in (users or {"APP": "secret"}).items()
        }
        self.service, self.profile = service, PROFILES[profile]
        self.compress, self.tls = compress, tls
        self.redirect_to, self.max_sessions = redirect_to, max_sessions
        self.native_encryption = native_encryption  # demand NNE (thin: refuses)
        self.refuse: int | None = None  # listener error for new connections
        self.events: list[Event] = []
        self.sessions: dict[int, Session] = {}
        self._lock = threading.Lock()
        self._next_sid = 100
        self._listen = socket.create_server((host, port))
        self.host, self.port = self._listen.getsockname()[:2]
        self._stop = False
        self._thread = threading.Thread(target=self._accept, daemon=True)

    # -- life
    def __enter__(self) -> Self:
        self._thread.start()
        return self

    start = __enter__

    def __exit__(self, *exc) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop = True
        with contextlib.suppress(OSError):
            self._listen.shutdown(socket.SHUT_RDWR)
        self._listen.close()
        for s in list(self.sessions.values()):
            s.chan.drop("fin")

    @property
    def dsn(self) -> str:
        return f"{self.host}:{self.port}/{self.service}"

    def log(self, sid: int, what: str, detail=None) -> None:
        with self._lock:
            self.events.append(Event(time.monotonic(), sid, what, detail))

    def did(self, what: str) -> list:
        """Details of every event of one kind, in order."""
        with self._lock:
            return [e.detail for e in self.events if e.what == what]

    def kill(self, sid: int, how: str = "rst") -> None:
        self.sessions[sid].chan.drop(how)

    def _accept(self) -> None:
        while not self._stop:
            try:
                sock, _ = self._listen.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        if self.tls is not None:
            try:
                sock = self.tls.wrap_socket(sock, server_side=True)
            except (OSError, ssl.SSLError) as e:
                self.log(0, "tls failed", str(e))
                sock.close()
                return
        with self._lock:
            self._next_sid += 1
            sid = self._next_sid
        s = Session(self, sid, W.Channel(sock))
        self.sessions[sid] = s
        try:
            s.run()
        except (W.PeerGone, OSError):
            self.log(sid, "gone")
        except Exception as e:  # a fault of the stand-in itself
            self.log(sid, "stand-in failed", repr(e))
            raise
        finally:
            s.end()
            self.sessions.pop(sid, None)


class Session:
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

    # -- helpers
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

    # -- connection
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

    def _request(self) -> W.Reader:
        while True:
            kind, body = self.chan.next_packet()
            if kind == W.DATA:
                if struct.unpack(">H", body[:2])[0] & W.FLAG_EOF:
                    raise W.PeerGone
                return W.Reader(self.chan, body[2:])
            if kind == W.MARKER:
                self._break(body[2])

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

    # -- login
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

    # -- calls
    def _seq(self, r: W.Reader) -> None:
        self.seq = r.u8()
        if self.fv >= 18:
            r.num()  # pipeline token

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

    def _cursor(self, number: int) -> Cursor:
        if number not in self.cursors:
            raise OraError(1001, "invalid cursor")
        return self.cursors[number]

    # -- execute
    def _types(self, r: W.Reader, count: int) -> list[tuple[int, int, int]]:
        out = []
        for _ in range(count):
            num, _flag, _p, _s = r.u8(), r.u8(), r.u8(), r.u8()
            size = r.num()
            r.num(), r.num()
            r.two()
            r.num(), r.num()
            csfrm = r.u8()
            r.num()
            if self.fv >= 8:
                r.num()
            out.append((num, csfrm, size))
        return out

    def _bind_row(self, r: W.Reader, types) -> list:
        limit = 32767 if self.p.long_strings else 4000
        late = [
            i
            for i, (n, _, size) in enumerate(types)
            if size > limit and n in (T.VARCHAR, T.CHAR, T.RAW, T.LONG, T.LONG_RAW)
        ]
        out = [None] * len(types)
        order = [i for i in range(len(types)) if i not in late] + late
        for i in order:
            num, csfrm, _ = types[i]
            if num in (T.CLOB, T.BLOB):
                loc = r.two()
                lob = self.lobs.get(loc) if loc else None
                out[i] = (
                    None
                    if lob is None
                    else (lob.data.decode("utf-16-be") if lob.is_char else lob.data)
                )
            elif num == T.BOOLEAN:
                size = r.u8()
                if size == 253:
                    r.u8()
                else:
                    out[i] = r.raw(size) == b"\x01\x01"
            else:
                out[i] = T.decode_bind(num, csfrm, r.blob())
        return out

    def _execute(self, r: W.Reader) -> None:
        options = r.num()
        number = r.num()
        has_sql, sql_len = r.u8(), r.num()
        r.u8(), r.num(), r.u8(), r.u8(), r.num()
        prefetch = r.num()
        r.num()
        has_binds, n_binds = r.u8(), r.num()
        for _ in range(5):
            r.u8()
        has_defines, n_defines = r.u8(), r.num()
        r.num(), r.u8(), r.u8(), r.u8(), r.num(), r.u8(), r.num(), r.num()
        r.u8(), r.num(), r.u8()
        if self.fv >= 8:
            r.u8(), r.num(), r.u8(), r.num(), r.u8()
            if self.fv >= 9:
                r.u8(), r.num()
        sql = None
        if (has_sql and number == 0) or sql_len:
            sql = (r.blob() or b"").decode("utf-8").rstrip("\0")
        i4 = [r.num() for _ in range(13)]
        if number:
            cur = self._cursor(number)
            if sql is not None:
                cur.sql, cur.described = sql, False
        else:
            cur = Cursor(self.next_cursor, sql or "")
            self.next_cursor += 1
            self.cursors[cur.id] = cur
        if has_defines:
            cur.defines = self._types(r, n_defines)
            cur.last = None
        rows = []
        word = _first_word(cur.sql)
        is_query = word in ("SELECT", "WITH")
        if has_binds and not has_defines:
            cur.binds = self._types(r, n_binds)
            execs = 1 if is_query else max(i4[1], 1)
            for _ in range(execs):
                assert r.u8() == ROW
                rows.append(self._bind_row(r, cur.binds))
        w = W.Writer()
        if options & O_DESCRIBE:  # parse only
            self._run_sql(cur, [], describe_only=True)
            self._describe(w, cur)
            self._error(w, cur)
            return self.respond(w)
        if not options & O_EXECUTE:  # define of an executed query
            self.log("define", [d[0] for d in cur.defines])
            self._error(w, cur)
            return self.respond(w)
        self._run(w, cur, word, rows, prefetch, bool(options & O_FETCH), bool(options & O_COMMIT))
        return None

    def _reexecute(self, r: W.Reader, func: int) -> None:
        cur = self._cursor(r.num())
        count = r.num()
        r.num()
        commit = bool(r.num() & 1)
        rows = []
        execs = 1 if func == F_REEXEC_FETCH else max(count, 1)
        if cur.binds:
            for _ in range(execs):
                assert r.u8() == ROW
                rows.append(self._bind_row(r, cur.binds))
        self._run(
            W.Writer(), cur, _first_word(cur.sql), rows, count, func == F_REEXEC_FETCH, commit
        )

    def _run(
        self,
        w: W.Writer,
        cur: Cursor,
        word: str,
        rows: list,
        prefetch: int,
        fetch: bool,
        commit: bool,
    ) -> None:
        self.log("sql", cur.sql)
        if rows:
            self.log("binds", rows if len(rows) > 1 else rows[0])
        if word in ("SELECT", "WITH"):
            first = not cur.described
            self._run_sql(cur, rows[0] if rows else [])
            if first:
                self._describe(w, cur)
            lob = any(c.is_lob for c in cur.columns)
            f = cur.fault
            if f is not None and f.rows is None and f.do != "error":
                self._fault_now(f)
            if fetch and prefetch and not lob:
                fault = self._rows(w, cur, prefetch, ret=True)
                return self.respond(w, fault)
            self._returned(w)
            self._error(w, cur)
            return self.respond(w)
        total = 0
        if not self._builtin(cur.sql, word):
            if self.read_only and word in ("INSERT", "UPDATE", "DELETE", "MERGE"):
                raise OraError(
                    1456,
                    "may not perform insert/delete/update operation inside a READ ONLY transaction",
                )
            for row in rows or [[]]:
                res = self.db.execute(cur.sql, row)
                if res.fault is not None and res.fault.do != "error":
                    self._fault_now(res.fault)
                total += res.rowcount
            if word in ("INSERT", "UPDATE", "DELETE", "MERGE"):
                self.in_txn = True
        if word in ("BEGIN", "DECLARE", "CALL") and cur.binds:
            w.u8(IO_VECTOR)
            w.u8(1)
            w.num(len(cur.binds))
            for _ in range(4):
                w.num(0)
            for _ in cur.binds:
                w.u8(32)  # IN only
        if commit:
            self.db.commit()
            self.in_txn = False
            self.log("commit")
        self._returned(w)
        self._error(w, cur, rows=total)
        self.respond(w)
        return None

    def _fault_now(self, f: Fault) -> None:
        if f.do == "stall":
            self.log("fault", "stall")
            while not self.chan.interrupted.wait(0.2):
                if self.chan.packets.queue and self.chan.packets.queue[0] is None:
                    raise W.PeerGone
            raise OraError(1013, "user requested cancel of current operation")
        self.respond(W.Writer(), f)

    def _builtin(self, sql: str, word: str) -> bool:
        flat = " ".join(sql.split()).rstrip(";")
        if word == "ALTER" and re.match(r"ALTER SESSION\b", flat, re.IGNORECASE):
            self.log("alter session", flat)
            return True
        if word == "SET" and re.match(r"SET TRANSACTION\b", flat, re.IGNORECASE):
            if self.in_txn or self.read_only:
                raise OraError(1453, "SET TRANSACTION must be first statement of transaction")
            self.read_only = bool(re.search(r"READ ONLY", flat, re.IGNORECASE))
            self.in_txn = True
            self.log("set transaction", flat)
            return True
        if word in ("COMMIT", "ROLLBACK"):
            getattr(self.db, word.lower())()
            self.in_txn = self.read_only = False
            self.log(word.lower())
            return True
        if word in ("BEGIN", "DECLARE", "CALL") and not isinstance(self.server.backend, Scripted):
            self.log("plsql", flat)
            return True
        return False

    def _run_sql(self, cur: Cursor, binds: list, describe_only: bool = False) -> None:
        describe = getattr(self.db, "describe", None) if describe_only else None
        res: Result = describe(cur.sql) if describe else self.db.execute(cur.sql, binds)
        if self.chan.interrupted.is_set():
            raise OraError(1013, "user requested cancel of current operation")
        if cur.described and [c.num for c in cur.columns] != [c.num for c in res.columns]:
            cur.described = False  # as after DDL: describe again
        cur.columns, cur.rows = res.columns, iter(res.rows)
        cur.fault, cur.sent, cur.last, cur.ended = res.fault, 0, None, False

    # -- answers
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
            vals = []
            for i, col in enumerate(cur.columns):
                vw = W.Writer()
                self._value(vw, col, row[i], cur.defines[i] if cur.defines else None)
                vals.append(bytes(vw.buf))
            bits = None
            if can_skip and cur.last is not None:
                same = [
                    a == b and not c.is_lob and c.num not in (T.LONG, T.LONG_RAW)
                    for a, b, c in zip(vals, cur.last, cur.columns, strict=False)
                ]
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
            for i, v in enumerate(vals):
                if bits is None or not same[i]:
                    body.raw(v)
            sent += 1
            cur.sent += 1
        if error is not None and sent == 0:
            raise _AtRow(error, cur)
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

    # -- LOBs
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


class _AtRow(OraError):
    def __init__(self, e: OraError, cur: Cursor) -> None:
        Exception.__init__(self, str(e))
        self.code, self.offset, self.cursor = e.code, e.offset, cur


def _first_word(sql: str) -> str:
    text = re.sub(r"/\*.*?\*/|--[^\n]*", " ", sql, flags=re.DOTALL).lstrip(" \t\r\n(")
    m = re.match(r"[A-Za-z]+", text)
    return m[0].upper() if m else ""
