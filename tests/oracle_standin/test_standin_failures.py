import contextlib
import threading
import time

import oracledb
import pytest

from tests.oracle_standin.tns_standin import Fault, OraError, Server, User


def connect(server, **kw):
    return oracledb.connect(**{"user": "app", "password": "s3cret", "dsn": server.dsn, **kw})


def code(e):
    return e.value.args[0].full_code


def test_wrong_password(server):
    with pytest.raises(oracledb.DatabaseError) as e:
        connect(server, password="nope")
    assert code(e) == "ORA-01017"
    with pytest.raises(oracledb.DatabaseError) as e:
        connect(server, user="nobody")
    assert code(e) == "ORA-01017"


@pytest.mark.parametrize("verifier", ["12c", "11g"])
def test_verifiers(script, profile, verifier):
    with Server(script, users={"A": User("x", verifier)}, profile=profile) as s:
        connect(s, user="a", password="x").close()
        with pytest.raises(oracledb.DatabaseError) as e:
            connect(s, user="a", password="y")
        assert code(e) == "ORA-01017"


def test_10g_verifier_is_refused_by_thin_mode(script, profile):
    with Server(script, users={"A": User("x", "10g")}, profile=profile) as s:
        with pytest.raises(oracledb.Error, match="DPY-3015"):
            connect(s, user="a", password="x")


def test_11g_server_needs_thick_mode(script):
    with Server(script, profile="11g") as s:
        with pytest.raises(oracledb.Error, match="DPY-3010"):
            connect(s)


def test_locked_account(script, profile):
    locked = User("x", login_error=OraError(28000, "the account is locked"))
    with Server(script, users={"A": locked}, profile=profile) as s:
        with pytest.raises(oracledb.DatabaseError) as e:
            connect(s, user="a", password="x")
        assert code(e) == "ORA-28000"


def test_listener_refusals(server):
    with pytest.raises(oracledb.OperationalError, match="DPY-6001"):
        connect(server, dsn=f"{server.host}:{server.port}/OTHER")
    server.refuse = 12520
    with pytest.raises(oracledb.OperationalError, match="12520"):
        connect(server)


def test_redirect(server, script, profile):
    with Server(
        script, users={"APP": "s3cret"}, profile=profile, redirect_to=(server.host, server.port)
    ) as scan:
        c = connect(scan)
        assert c.version
        c.close()
        assert scan.did("redirected")


def test_sql_errors(conn, script):
    cur = conn.cursor()
    with pytest.raises(oracledb.DatabaseError) as e:
        cur.execute("select * from missing")
    assert code(e) == "ORA-00942"
    script.on("from t", fault=Fault("error", code=1476, text="divisor is equal to zero"))
    for _ in range(3):
        with pytest.raises(oracledb.DatabaseError) as e:
            cur.execute("select * from t")
        assert code(e) == "ORA-01476"
    script.on("from ok", "A NUMBER", [(1,)])
    assert cur.execute("select * from ok").fetchall() == [(1,)]


def test_error_in_the_middle_of_a_fetch(conn, script):
    script.on(
        "from t",
        "A NUMBER",
        lambda _: ((i,) for i in range(1000)),
        fault=Fault("error", rows=350, code=1555, text="snapshot too old"),
    )
    cur = conn.cursor()
    cur.arraysize = 100
    cur.execute("select * from t")
    got = []
    with pytest.raises(oracledb.DatabaseError) as e:
        for r in cur:
            got.append(r[0])  # noqa: PERF401 - the rows before the error count
    assert code(e) == "ORA-01555"
    assert got == list(range(350))
    script.on("from ok", "A NUMBER", [(1,)])
    assert conn.cursor().execute("select * from ok").fetchall() == [(1,)]


@pytest.mark.parametrize("how", ["rst", "fin", "half"])
def test_lost_in_the_middle_of_a_fetch(conn, script, how):
    script.on(
        "from t",
        "A NUMBER, V VARCHAR2(200)",
        lambda _: ((i, "v" * 150) for i in range(1000)),
        fault=Fault(how, rows=350),
    )
    cur = conn.cursor()
    cur.arraysize, cur.prefetchrows = 100, 0
    cur.execute("select * from t")
    got = []
    with pytest.raises(oracledb.Error) as e:
        for r in cur:
            got.append(r[0])  # noqa: PERF401 - the rows before the error count
    assert "DPY-4011" in str(e.value)
    assert e.value.args[0].isrecoverable
    assert got == list(range(300))
    assert not conn.is_healthy()


@pytest.mark.parametrize("how", ["rst", "half"])
def test_lost_in_the_middle_of_arrow(conn, script, how):
    script.on(
        "from t",
        "A NUMBER(9), V VARCHAR2(200)",
        lambda _: ((i, "v" * 150) for i in range(1000)),
        fault=Fault(how, rows=350),
    )
    seen = 0
    with pytest.raises(oracledb.Error, match="DPY-4011"):
        for df in conn.fetch_df_batches("select * from t", size=100):
            seen += df.num_rows()
    assert seen == 300


def test_lost_before_the_answer_then_reconnect(server, script):
    script.on("from t", "A NUMBER", [(1,)], fault=Fault("rst", times=1))
    c = connect(server)
    with pytest.raises(oracledb.Error, match="DPY-4011"):
        c.cursor().execute("select * from t")
    c = connect(server)
    assert c.cursor().execute("select * from t").fetchall() == [(1,)]


def test_call_timeout(conn, server, script):
    script.on("slow", "A NUMBER", [(1,)], delay=30)
    script.on("quick", "A NUMBER", [(2,)])
    conn.call_timeout = 300
    t = time.monotonic()
    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        conn.cursor().execute("select slow from dual")
    assert time.monotonic() - t < 3
    conn.call_timeout = 0
    assert conn.cursor().execute("select quick from dual").fetchall() == [(2,)]


def test_call_timeout_while_the_server_stalls(conn, script):
    script.on("stuck", "A NUMBER", ((i,) for i in range(500)), fault=Fault("stall", rows=200))
    conn.call_timeout = 300
    cur = conn.cursor()
    cur.arraysize = 100
    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        cur.execute("select stuck from dual").fetchall()


def test_cancel_from_another_thread(conn, script):
    script.on("slow", "A NUMBER", [(1,)], delay=30)
    script.on("quick", "A NUMBER", [(2,)])
    threading.Timer(0.3, conn.cancel).start()
    t = time.monotonic()
    with pytest.raises(oracledb.DatabaseError) as e:
        conn.cursor().execute("select slow from dual")
    assert code(e) == "ORA-01013"
    assert time.monotonic() - t < 3
    assert conn.cursor().execute("select quick from dual").fetchall() == [(2,)]


def test_session_killed_while_idle(conn, server, script):
    script.on("quick", "A NUMBER", [(2,)])
    server.kill(next(iter(server.sessions)))
    with pytest.raises(oracledb.Error) as e:
        conn.cursor().execute("select quick from dual")
    assert e.value.args[0].isrecoverable


def test_fatal_ora_error_kills_the_session(conn, script):
    script.on("from t", fault=Fault("error", code=28, text="your session has been killed"))
    with pytest.raises(oracledb.DatabaseError) as e:
        conn.cursor().execute("select * from t")
    assert code(e) in ("DPY-4011", "ORA-00028")
    assert e.value.args[0].isrecoverable
    assert not conn.is_healthy()


def test_pool(server, script):
    script.on("quick", "A NUMBER", [(2,)])
    pool = oracledb.create_pool(
        user="app", password="s3cret", dsn=server.dsn, min=1, max=3, increment=1, ping_interval=0
    )
    conns = [pool.acquire() for _ in range(3)]
    for c in conns:
        assert c.cursor().execute("select quick from dual").fetchall() == [(2,)]
    for sid in list(server.sessions)[:2]:
        server.kill(sid)
    for c in conns:
        with contextlib.suppress(oracledb.Error):
            c.close()
    for _ in range(3):
        with pool.acquire() as c:
            assert c.cursor().execute("select quick from dual").fetchall() == [(2,)]
    pool.close(force=True)


def test_async(server, script):
    import asyncio

    script.on("from t", "A NUMBER, B VARCHAR2(10)", lambda _: ((i, f"b{i}") for i in range(1000)))

    async def go():
        async with oracledb.connect_async(user="app", password="s3cret", dsn=server.dsn) as c:
            with c.cursor() as cur:
                await cur.execute("select * from t")
                return await cur.fetchall()

    assert asyncio.run(go()) == [(i, f"b{i}") for i in range(1000)]


def test_parse_neither_waits_nor_spends_a_fault(conn, server, script):
    script.on("from t", "A NUMBER", [(1,)], delay=0.05, fault=Fault("rst", times=1))
    script.on(
        "from wrong",
        fault=Fault("error", code=904, text='"X": invalid identifier', offset=7),
    )
    conn.cursor().parse("select a from t")
    assert not server.did("fault")
    with pytest.raises(oracledb.DatabaseError) as e:
        conn.cursor().parse("select x from wrong")
    assert (code(e), e.value.args[0].offset) == ("ORA-00904", 7)
    with pytest.raises(oracledb.Error, match="DPY-4011"):
        conn.cursor().execute("select a from t")
