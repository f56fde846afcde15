# ruff: noqa: C901, N812, PLR0912, PLR0917 - one function per message reads like the protocol
"""Execution of statements with their binds."""

from __future__ import annotations

import re

from . import datatypes as T
from . import wire as W
from .backends import Fault, OraError, Result, Scripted
from .protocol import (
    F_REEXEC_FETCH,
    IO_VECTOR,
    O_COMMIT,
    O_DESCRIBE,
    O_EXECUTE,
    O_FETCH,
    ROW,
    Cursor,
    first_word,
)
from .session_base import SessionBase

# What DBMS_XPLAN writes, shortened.
PLAN = (
    "Plan hash value: 272002086",
    " ",
    "--------------------------------------------------------------------------",
    "| Id  | Operation         | Name | Rows  | Bytes | Cost (%CPU)| Time     |",
    "--------------------------------------------------------------------------",
    "|   0 | SELECT STATEMENT  |      |     1 |     2 |     2   (0)| 00:00:01 |",
    "|   1 |  TABLE ACCESS FULL| T    |     1 |     2 |     2   (0)| 00:00:01 |",
    "--------------------------------------------------------------------------",
)


class Statements(SessionBase):
    """Execution of statements with their binds."""

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
        word = first_word(cur.sql)
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
        self._run(W.Writer(), cur, first_word(cur.sql), rows, count, func == F_REEXEC_FETCH, commit)

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
        if word == "EXPLAIN":
            self._explain(sql)
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

    def _explain(self, sql: str) -> None:
        """EXPLAIN PLAN: parses the query and writes to PLAN_TABLE."""
        self.log("explain", sql)
        if self.server.explain_error is not None:
            raise self.server.explain_error
        if self.read_only:
            raise OraError(1456, "may not perform DML in a READ ONLY transaction")
        query = re.split(r"\bFOR\b", sql, maxsplit=1, flags=re.IGNORECASE)[1]
        describe = getattr(self.db, "describe", None)
        if describe:
            describe(query)
        self.in_txn, self.plan = True, [*PLAN]

    def _run_sql(self, cur: Cursor, binds: list, describe_only: bool = False) -> None:
        describe = getattr(self.db, "describe", None) if describe_only else None
        if "DBMS_XPLAN.DISPLAY(" in cur.sql:
            res = Result(T.columns("PLAN_TABLE_OUTPUT VARCHAR2(300)"), [(x,) for x in self.plan])
        else:
            res = describe(cur.sql) if describe else self.db.execute(cur.sql, binds)
        if self.chan.interrupted.is_set():
            raise OraError(1013, "user requested cancel of current operation")
        if cur.described and [c.num for c in cur.columns] != [c.num for c in res.columns]:
            cur.described = False  # as after DDL: describe again
        cur.columns, cur.rows = res.columns, iter(res.rows)
        cur.fault, cur.sent, cur.last, cur.ended = res.fault, 0, None, False
