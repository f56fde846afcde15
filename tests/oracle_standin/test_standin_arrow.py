import datetime as dt
from decimal import Decimal

import pytest

pa = pytest.importorskip("pyarrow", reason="the product does not need pyarrow")

COLS = (
    "ID NUMBER(10), AMOUNT NUMBER(12,2), NAME VARCHAR2(40), D DATE, "
    "TS TIMESTAMP(6), X BINARY_DOUBLE, R RAW(4), GRP VARCHAR2(3)"
)


def rows(n):
    for i in range(n):
        yield (
            i,
            Decimal(i) / 4,
            f"nome {i}" if i % 7 else None,
            dt.datetime(2024, 1, 1) + dt.timedelta(hours=i),
            dt.datetime(2024, 1, 1, 0, 0, 0, i % 1000),
            i / 3,
            bytes([i % 256]),
            "AAA" if i % 10 < 8 else "B",
        )


@pytest.mark.parametrize("size", [100, 1000, 3333])
def test_batches(conn, script, size):
    n = 10_000
    script.on("from t", COLS, lambda _: rows(n))
    got = []
    for df in conn.fetch_df_batches("select * from t", size=size):
        tab = pa.table(df)
        assert tab.num_rows <= size
        got.append(tab)
    tab = pa.concat_tables(got)
    want = list(rows(n))
    assert tab.column("ID").to_pylist() == [r[0] for r in want]
    assert tab.column("AMOUNT").to_pylist() == [float(r[1]) for r in want]
    assert tab.column("NAME").to_pylist() == [r[2] for r in want]
    assert tab.column("D").to_pylist() == [r[3] for r in want]
    assert tab.column("TS").to_pylist() == [r[4] for r in want]
    assert tab.column("X").to_pylist() == [r[5] for r in want]
    assert tab.column("R").to_pylist() == [r[6] for r in want]
    assert tab.column("GRP").to_pylist() == [r[7] for r in want]


def test_all_with_decimals_and_schema(conn, script):
    script.on("from t", COLS, lambda _: rows(300))
    tab = pa.table(conn.fetch_df_all("select * from t", fetch_decimals=True))
    assert tab.schema.field("AMOUNT").type == pa.decimal128(12, 2)
    assert tab.column("AMOUNT").to_pylist() == [r[1].quantize(Decimal("0.01")) for r in rows(300)]
    assert tab.schema.field("TS").type == pa.timestamp("us")


def test_lobs_become_large_strings(conn, script):
    script.on(
        "from docs",
        "ID NUMBER(5), T CLOB, B BLOB",
        [(i, "é" * i * 50 or None, b"z" * i or None) for i in range(60)],
    )
    parts = [pa.table(d) for d in conn.fetch_df_batches("select * from docs", size=25)]
    tab = pa.concat_tables(parts)
    assert tab.column("T").to_pylist() == ["é" * i * 50 or None for i in range(60)]
    assert tab.column("B").to_pylist() == [b"z" * i or None for i in range(60)]


def test_empty(conn, script):
    script.on("from t", COLS, [])
    assert pa.table(conn.fetch_df_all("select * from t")).num_rows == 0
