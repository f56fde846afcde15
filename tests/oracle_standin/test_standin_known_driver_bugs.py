"""Bugs of python-oracledb seen on real servers that this stand-in shows too."""

import asyncio
from decimal import Decimal

import oracledb
import pytest

pa = pytest.importorskip("pyarrow", reason="the product does not need pyarrow")

VERSION = tuple(int(x) for x in oracledb.__version__.split(".")[:2])


@pytest.mark.xfail((4, 0) <= VERSION < (26, 1), strict=True, reason="oracle/python-oracledb#605")
def test_605_repeated_values_across_batches(server, script):
    """Reported on Oracle 19.30 with 26.0.0: columns of unequal length.

    Shows only when the server leaves out repeated values (the default here).
    """
    script.on(
        "level", "ID NUMBER, AMOUNT NUMBER(12,2)", [(i, Decimal("1.23")) for i in range(1, 5)]
    )
    schema = pa.schema([("ID", pa.int64()), ("AMOUNT", pa.decimal128(12, 2))])

    async def go():
        out = []
        async with oracledb.connect_async(user="app", password="s3cret", dsn=server.dsn) as c:
            async for f in c.fetch_df_batches("select level", size=1, requested_schema=schema):
                t = pa.table(f)
                t.validate(full=True)
                out += t.to_pylist()
        return out

    assert asyncio.run(go()) == [{"ID": i, "AMOUNT": Decimal("1.23")} for i in range(1, 5)]


def test_a_cached_statement_keeps_its_first_fetch_types(conn, script):
    """fetch_decimals is not honoured once the statement is cached."""
    script.on("from t", "B NUMBER(38)", [(Decimal("9" * 38),)])
    conn.cursor().execute("select b from t").fetchall()
    t = pa.table(conn.fetch_df_all("select b from t", fetch_decimals=True))
    assert t.schema.field("B").type == pa.float64()  # digits are lost
    t = pa.table(conn.fetch_df_all("select b from t /* df */", fetch_decimals=True))
    assert t.column("B").to_pylist() == [Decimal("9" * 38)]


@pytest.mark.skipif(VERSION < (26, 0), reason="decimal256 came later")
def test_number_without_precision_is_a_double_in_arrow(conn, script):
    script.on("from t", "A NUMBER", [(Decimal(12345678901234567890),)])
    t = pa.table(conn.fetch_df_all("select a from t", fetch_decimals=True))
    assert t.schema.field("A").type == pa.float64()
    schema = pa.schema([("A", pa.decimal256(76, 10))])
    t = pa.table(conn.fetch_df_all("select a from t /* 2 */", requested_schema=schema))
    assert t.column("A").to_pylist() == [Decimal(12345678901234567890)]
