# ruff: noqa: N812 - T and W are the short names of the wire
"""Where the answers of the stand-in come from.

A backend gives one object per database session with the methods
execute(sql, binds) -> Result, commit(), rollback(), cancel(), close().
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from . import datatypes as T


class OraError(Exception):
    def __init__(self, code: int, text: str, offset: int = 0, prefix: str = "ORA") -> None:
        super().__init__(f"{prefix}-{code:05d}: {text}")
        self.code, self.offset = code, offset


@dataclass
class Fault:
    """What goes wrong with a statement, and when.

    rows counts rows already given to the client; None = before the first
    answer.  do: 'error' (an ORA- error), 'rst' / 'fin' (the connection ends
    instead of the answer), 'half' (it ends inside a packet), 'stall' (no
    answer until the client breaks the call or goes away).
    """

    do: str
    rows: int | None = None
    code: int = 600
    text: str = "internal error code"
    times: int | None = None  # None = always
    offset: int = 0  # where in the statement, for an error of the parser

    def spend(self) -> bool:
        if self.times is None:
            return True
        if self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class Result:
    columns: list[T.Column] = field(default_factory=list)
    rows: Iterable = ()
    rowcount: int = 0
    fault: Fault | None = None


@dataclass
class Script:
    pattern: re.Pattern
    columns: list[T.Column]
    rows: Callable | Iterable
    delay: float = 0.0
    fault: Fault | None = None
    rowcount: int = 0


class Scripted:
    """Answers statements by pattern; asks another backend for the rest."""

    def __init__(self, otherwise=None) -> None:
        self.scripts: list[Script] = []
        self.otherwise = otherwise
        self._lock = threading.Lock()

    def on(
        self,
        pattern: str,
        cols: str | list[T.Column] = (),
        rows: Callable | Iterable = (),
        *,
        delay: float = 0.0,
        fault: Fault | None = None,
        rowcount: int = 0,
    ) -> Script:
        """Registers an answer; the newest matching one wins.

        rows: a list, or a function of the bind values giving an iterable.
        """
        s = Script(
            re.compile(pattern, re.IGNORECASE | re.DOTALL),
            T.columns(cols) if isinstance(cols, str) else list(cols),
            rows,
            delay,
            fault,
            rowcount,
        )
        with self._lock:
            self.scripts.insert(0, s)
        return s

    def open(self, session):
        return _ScriptedSession(self, session)


class _ScriptedSession:
    def __init__(self, owner: Scripted, session) -> None:
        self.owner, self.session = owner, session
        self.inner = owner.otherwise.open(session) if owner.otherwise else None

    def _found(self, sql: str) -> Script | None:
        with self.owner._lock:
            return next((s for s in self.owner.scripts if s.pattern.search(sql)), None)

    def describe(self, sql: str) -> Result:
        """Columns without running: no delay, no fault but those a parser finds."""
        found = self._found(sql)
        if found is None:
            return self.execute(sql, [])
        f = found.fault
        if f is not None and f.do == "error" and f.rows is None and 900 <= f.code <= 999:
            raise OraError(f.code, f.text, f.offset)
        return Result(found.columns)

    def execute(self, sql: str, binds: list) -> Result:
        found = self._found(sql)
        if found is None:
            if self.inner is None:
                raise OraError(942, "table or view does not exist")
            return self.inner.execute(sql, binds)
        if found.delay:
            self.session.wait(found.delay)
        f = found.fault
        if f is not None and not f.spend():
            f = None
        if f is not None and f.do == "error" and f.rows is None:
            raise OraError(f.code, f.text, f.offset)
        rows = found.rows(binds) if callable(found.rows) else found.rows
        return Result(found.columns, rows, found.rowcount, f)

    def __getattr__(self, name):
        if name in ("commit", "rollback", "cancel", "close"):
            return getattr(self.inner, name) if self.inner else lambda: None
        raise AttributeError(name)


class DuckDB:
    """A real SQL engine behind the wire: Oracle SQL through sqlglot.

    Column types: those given to table() where a result column has the name
    of a column of a table named in the query, else from DuckDB's own types.
    """

    def __init__(self) -> None:
        import duckdb

        self.db = duckdb.connect()
        self.db.execute("create table dual (dummy varchar)")
        self.db.execute("insert into dual values ('X')")
        self.tables: dict[str, list[T.Column]] = {}
        self.lock = threading.Lock()

    def table(self, name: str, cols: str, rows: Iterable[tuple] = ()) -> None:
        spec = T.columns(cols)
        self.tables[name.upper()] = spec
        body = ", ".join(f'"{c.name}" {_duck_type(c)}' for c in spec)
        with self.lock:
            self.db.execute(f'create table "{name.upper()}" ({body})')
            rows = list(rows)
            if rows:
                marks = ", ".join("?" * len(spec))
                self.db.executemany(f'insert into "{name.upper()}" values ({marks})', rows)

    def open(self, session):
        return _DuckSession(self, session)


def _duck_type(c: T.Column) -> str:
    if c.num == T.NUMBER:
        if c.scale == -127:
            return "DOUBLE"
        return f"DECIMAL({min(c.precision or 38, 38)},{max(c.scale, 0)})"
    return {
        T.DATE: "TIMESTAMP",
        T.TIMESTAMP: "TIMESTAMP",
        T.TIMESTAMP_TZ: "TIMESTAMPTZ",
        T.TIMESTAMP_LTZ: "TIMESTAMP",
        T.BDOUBLE: "DOUBLE",
        T.BFLOAT: "FLOAT",
        T.RAW: "BLOB",
        T.BLOB: "BLOB",
        T.LONG_RAW: "BLOB",
        T.BOOLEAN: "BOOLEAN",
    }.get(c.num, "VARCHAR")


class _DuckSession:
    def __init__(self, owner: DuckDB, session) -> None:
        self.owner, self.session = owner, session
        self.con = owner.db.cursor()

    def execute(self, sql: str, binds: list) -> Result:
        import duckdb
        import sqlglot
        import sqlglot.errors

        word = sql.split(None, 1)[0].upper() if sql.strip() else ""
        try:
            tree = sqlglot.parse_one(_MARK.sub(lambda m: m[1] or "?", sql), read="oracle")
            text = tree.sql(dialect="duckdb")
        except sqlglot.errors.SqlglotError as e:
            raise OraError(900, f"invalid SQL statement ({e})") from e
        try:
            cur = self.con.execute(text, binds) if binds else self.con.execute(text)
        except duckdb.InterruptException as e:
            raise OraError(1013, "user requested cancel of current operation") from e
        except duckdb.CatalogException as e:
            raise OraError(942, "table or view does not exist") from e
        except duckdb.BinderException as e:
            raise OraError(904, f"invalid identifier ({e})") from e
        except duckdb.ParserException as e:
            raise OraError(933, "SQL command not properly ended") from e
        except duckdb.ConstraintException as e:
            raise OraError(1, f"unique constraint violated ({e})") from e
        except duckdb.Error as e:
            raise OraError(600, str(e)) from e
        if word not in ("SELECT", "WITH"):
            n = cur.fetchall()
            return Result(rowcount=n[0][0] if n and n[0] else 0)
        known = {
            c.name: c
            for t in tree.find_all(sqlglot.exp.Table)
            for c in self.owner.tables.get(t.name.upper(), ())
        }
        cols = []
        for d in cur.description:
            name = str(d[0]).upper()
            col = known.get(name) or _from_duck(name, str(d[1]))
            cols.append(col)
        return Result(cols, _drain(cur))

    def cancel(self) -> None:
        self.con.interrupt()

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None:
        self.con.close()


# strings and quoted names are kept, :1 and :name become positional marks
_MARK = re.compile(r"""('(?:[^']|'')*'|"[^"]*")|:\w+""")


def _drain(cur) -> Iterator[tuple]:
    while part := cur.fetchmany(1000):
        yield from part


def _from_duck(name: str, kind: str) -> T.Column:
    kind = kind.upper()
    m = re.match(r"DECIMAL\((\d+),(\d+)\)", kind)
    spec = (
        f"NUMBER({m[1]},{m[2]})"
        if m
        else {
            "BIGINT": "NUMBER(19)",
            "HUGEINT": "NUMBER(38)",
            "INTEGER": "NUMBER(10)",
            "SMALLINT": "NUMBER(5)",
            "TINYINT": "NUMBER(3)",
            "UBIGINT": "NUMBER(20)",
            "DOUBLE": "BINARY_DOUBLE",
            "FLOAT": "BINARY_FLOAT",
            "DATE": "DATE",
            "TIMESTAMP": "TIMESTAMP(6)",
            "TIMESTAMP WITH TIME ZONE": "TIMESTAMP(6) WITH TIME ZONE",
            "BLOB": "BLOB",
            "BOOLEAN": "NUMBER(1)",
            "NUMBER": "NUMBER",
            "INTERVAL": "INTERVAL DAY TO SECOND",
        }.get(kind, "VARCHAR2(4000)")
    )
    return T.column(f'"{name}" {spec}')
