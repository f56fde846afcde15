import datetime as dt
import random
from decimal import Decimal

import oracledb
import pytest

ALL = (
    "N NUMBER, N10 NUMBER(10), N122 NUMBER(12,2), V VARCHAR2(40), "
    "C CHAR(5), NV NVARCHAR2(20), D DATE, TS TIMESTAMP(6), "
    "TZ TIMESTAMP(6) WITH TIME ZONE, LTZ TIMESTAMP(6) WITH LOCAL TIME ZONE, "
    "R RAW(16), BD BINARY_DOUBLE, BF BINARY_FLOAT, "
    "IDS INTERVAL DAY TO SECOND, IYM INTERVAL YEAR TO MONTH"
)
ROW = (
    Decimal("-0.00012"),
    1234567890,
    Decimal("-98765.43"),
    "Ação ñ €",
    "ab",
    "日本",
    dt.datetime(2024, 2, 29, 23, 59, 58),
    dt.datetime(1999, 12, 31, 1, 2, 3, 456789),
    dt.datetime(2024, 3, 15, 14, 30, 45, 123456, dt.timezone(dt.timedelta(hours=-3, minutes=-30))),
    dt.datetime(2020, 1, 1, 0, 0, 0, 1),
    b"\x00\xff\x10",
    -2.5,
    1.5,
    dt.timedelta(days=-3, hours=-4, microseconds=-7),
    (2, 11),
)


def test_every_type(conn, script):
    script.on("from all_types", ALL, [ROW, (None,) * 15])
    cur = conn.cursor()
    with oracledb.defaults_ctx() if hasattr(oracledb, "defaults_ctx") else Decimals():
        cur.execute("select * from all_types")
        got, nulls = cur.fetchall()
    assert got[0] == Decimal("-0.00012")
    assert got[1] == 1234567890
    assert got[2] == Decimal("-98765.43")
    assert got[3] == "Ação ñ €"
    assert got[4] == "ab   "
    assert got[5] == "日本"
    assert got[6] == ROW[6]
    assert got[7] == ROW[7]
    assert got[8] == dt.datetime(2024, 3, 15, 14, 30, 45, 123456)
    assert got[9] == ROW[9]
    assert got[10] == b"\x00\xff\x10"
    assert got[11:13] == (-2.5, 1.5)
    assert got[13] == ROW[13]
    assert tuple(got[14]) == (2, 11)
    assert nulls == (None,) * 15
    names = [d[0] for d in cur.description]
    assert names[0] == "N"
    assert names[-1] == "IYM"
    assert cur.description[2][4:6] == (12, 2)


class Decimals:
    def __enter__(self):
        oracledb.defaults.fetch_decimals = True

    def __exit__(self, *a):
        oracledb.defaults.fetch_decimals = False


def test_numbers_both_ways(conn, script):
    rng = random.Random(7)
    vals = [
        Decimal(0),
        Decimal(1),
        Decimal(-1),
        Decimal(99),
        Decimal(100),
        Decimal("1e125"),
        Decimal("-1e125"),
        Decimal("1e-130"),
        Decimal("9" * 38),
        Decimal("-" + "9" * 38),
        Decimal("0.01"),
        Decimal("0.1"),
        Decimal("123.45"),
        Decimal(1000000),
    ]
    for _ in range(500):
        d = rng.randint(1, 38)
        vals.append(Decimal(rng.randint(-(10**d), 10**d)).scaleb(rng.randint(-30, 10)))
    script.on("from nums", "X NUMBER", [(v,) for v in vals])
    with Decimals():
        got = [r[0] for r in conn.cursor().execute("select x from nums")]
    assert got == vals


@pytest.mark.parametrize(
    ("arraysize", "prefetch"), [(1, 0), (7, 2), (100, 101), (1000, 1), (5000, 5001)]
)
def test_many_round_trips(conn, server, script, arraysize, prefetch):
    n = 12_345
    script.on(
        "from big",
        "ID NUMBER(10), TXT VARCHAR2(30), GRP VARCHAR2(3)",
        lambda _: ((i, f"row {i}", "AAA" if i % 50 < 49 else None) for i in range(n)),
    )
    if arraysize == 1:
        n = 40
    cur = conn.cursor()
    cur.arraysize, cur.prefetchrows = arraysize, prefetch
    cur.execute("select * from big")
    got = cur.fetchmany(n) if n == 40 else cur.fetchall()
    assert got == [(i, f"row {i}", "AAA" if i % 50 < 49 else None) for i in range(n)]
    assert set(server.did("fetch")) <= {arraysize}
    assert cur.rowcount == n


def test_wide_values_and_many_columns(conn, script):
    cols = ", ".join(f"C{i} VARCHAR2(4000)" for i in range(300))
    row = tuple("x" * (i * 13 % 4000) or None for i in range(300))
    script.on("from wide", cols, [row, row, tuple(reversed(row))])
    assert conn.cursor().execute("select * from wide").fetchall() == [
        row,
        row,
        tuple(reversed(row)),
    ]


def test_empty_result(conn, script):
    script.on("from nothing", "A NUMBER", [])
    assert conn.cursor().execute("select * from nothing").fetchall() == []


def test_statement_cache_reexecutes(conn, server, script):
    script.on("from t where id", "ID NUMBER, V VARCHAR2(10)", lambda b: [(b[0], f"v{b[0]}")])
    for i in range(5):
        cur = conn.cursor()
        cur.execute("select id, v from t where id = :1", [i])
        assert cur.fetchall() == [(i, f"v{i}")]
    assert server.did("binds") == [[i] for i in range(5)]


def test_bind_types(conn, server, script):
    script.on("where", "A NUMBER", [(1,)])
    values = {
        "n": 42,
        "d": Decimal("1.25"),
        "s": "ç",
        "f": 2.5,
        "t": dt.datetime(2024, 1, 2, 3, 4, 5),
        "r": b"\x01",
        "z": None,
        "long": "y" * 40000,
    }
    conn.cursor().execute(
        "select 1 from x where :n=:d and :s=:f and :t=:r and :z=:long", values
    ).fetchall()
    got = server.did("binds")[0]
    assert got[0] == 42
    assert got[1] == Decimal("1.25")
    assert got[2] == "ç"
    assert got[3] == 2.5
    assert got[4] == dt.datetime(2024, 1, 2, 3, 4, 5)
    assert got[5] == b"\x01"
    assert got[6] is None
    assert got[7] == "y" * 40000


def test_lobs_by_locator_and_as_values(conn, server, script):
    text, blob = "é" * 100_000 + "😀", bytes(range(256)) * 500
    script.on(
        "from docs", "ID NUMBER, T CLOB, B BLOB", [(1, text, blob), (2, None, None), (3, "x", b"y")]
    )
    cur = conn.cursor()
    cur.execute("select * from docs")
    rows = [(i, t and t.read(), b and b.read()) for i, t, b in cur]
    assert rows == [(1, text, blob), (2, None, None), (3, "x", b"y")]
    assert server.did("lob read")
    cur.execute("select * from docs")
    t = cur.fetchone()[1]
    assert t.read(2, 3) == "ééé"
    assert t.size() == len(text) + 1
    oracledb.defaults.fetch_lobs = False
    try:
        before = len(server.did("lob read"))
        for _ in range(2):
            cur = conn.cursor()
            # a cached statement keeps the fetch types of its first run
            assert cur.execute("select d.* from docs d").fetchall() == [
                (1, text, blob),
                (2, None, None),
                (3, "x", b"y"),
            ]
        assert len(server.did("lob read")) == before
    finally:
        oracledb.defaults.fetch_lobs = True


def test_output_type_handler(conn, script):
    script.on(
        "from t",
        "N NUMBER(20,4), D DATE",
        [(Decimal("1234567890123456.7891"), dt.datetime(2024, 1, 1))],
    )
    cur = conn.cursor()

    def handler(cursor, md):
        if md.type_code is oracledb.DB_TYPE_NUMBER:
            return cursor.var(str, arraysize=cursor.arraysize)
        return None

    cur.outputtypehandler = handler
    assert cur.execute("select * from t").fetchone()[0] == "1234567890123456.7891"


def test_describe_only(conn, script):
    script.on("from t", "N NUMBER(20,4), V VARCHAR2(12)", [])
    cur = conn.cursor()
    cur.parse("select * from t")
    assert [d[0] for d in cur.description] == ["N", "V"]


def test_dml_commit_and_executemany(conn, server, script):
    script.on("^insert", rowcount=1)
    cur = conn.cursor()
    cur.executemany("insert into t values (:1, :2)", [(i, f"n{i}") for i in range(250)])
    assert cur.rowcount == 250
    assert conn.transaction_in_progress
    conn.commit()
    assert not conn.transaction_in_progress
    assert server.did("commit") == [None]
    assert len(server.did("binds")[0]) == 250


def test_session_settings_are_seen(conn, server, script):
    script.on("^select", "A NUMBER", [(1,)])
    conn.module, conn.action = "automacao", "job 7"
    conn.client_identifier, conn.clientinfo = "ana", "info"
    conn.current_schema = "ERP"
    cur = conn.cursor()
    cur.execute("alter session set nls_date_format = 'YYYY-MM-DD'")
    conn.commit()
    cur.execute("set transaction read only")
    cur.execute("select 1 from dual").fetchall()
    assert server.did("module") == ["automacao"]
    assert server.did("action") == ["job 7"]
    assert server.did("client_identifier") == ["ana"]
    assert set(server.did("schema")) == {"ERP"}  # sent with each call
    assert len(server.did("alter session")) == 1
    assert server.did("set transaction") == ["set transaction read only"]
    with pytest.raises(oracledb.DatabaseError, match="ORA-01456"):
        cur.execute("insert into t values (1)")
    conn.rollback()
