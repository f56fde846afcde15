import datetime as dt
from decimal import Decimal

import oracledb
import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")
from tests.oracle_standin.tns_standin import DuckDB, Scripted, Server


@pytest.fixture
def conn(profile):
    d = DuckDB()
    d.table(
        "VENDAS",
        "ID NUMBER(10) NOT NULL, VALOR NUMBER(12,2), CLIENTE VARCHAR2(60), EMISSAO DATE",
        [
            (i, Decimal(i) / 8, f"cliente {i % 10}", dt.datetime(2024, 1, 1) + dt.timedelta(days=i))
            for i in range(5000)
        ],
    )
    with Server(Scripted(otherwise=d), profile=profile) as s:
        c = oracledb.connect(user="app", password="secret", dsn=s.dsn)
        yield c
        c.close()


def test_sql(conn):
    cur = conn.cursor()
    assert cur.execute("select 1 from dual").fetchall() == [(1,)]
    assert cur.execute("select sysdate from dual").fetchone()
    cur.execute(
        "select id, nvl(cliente, '-') c, valor, emissao from vendas "
        "where id between :1 and :2 order by id",
        [10, 4000],
    )
    rows = cur.fetchall()
    assert len(rows) == 3991
    assert rows[0][0] == 10
    assert [d[0] for d in cur.description] == ["ID", "C", "VALOR", "EMISSAO"]
    cur.execute("select cliente, count(*) n, sum(valor) v from vendas group by cliente order by 1")
    assert len(cur.fetchall()) == 10
    with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
        cur.execute("select * from nada")
    with pytest.raises(oracledb.DatabaseError, match="ORA-00904"):
        cur.execute("select naoexiste from vendas")
    cur.execute("insert into vendas values (:1,:2,:3,:4)", [9999, 1, "z", dt.datetime(2024, 1, 1)])
    assert cur.rowcount == 1


def test_rownum_and_df(conn):
    df = conn.fetch_df_all("select * from vendas order by id")
    assert df.num_rows() == 5000
