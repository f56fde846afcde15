"""Values that real databases hold and clients trip over."""

import oracledb
import pytest

from tests.oracle_standin.tns_standin import Raw, Scripted, Server


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (Raw(bytes([53, 88, 1, 1, 1, 1, 1])), ValueError),  # 4712 BC
        (Raw(bytes([100, 100, 0, 0, 1, 1, 1])), ValueError),  # all zeros
    ],
)
def test_dates_python_cannot_hold(conn, script, value, error):
    script.on("from t", "D DATE", [(value,)])
    with pytest.raises(error):
        conn.cursor().execute("select d from t").fetchall()


def test_named_time_zone(conn, script):
    script.on(
        "from t",
        "T TIMESTAMP(6) WITH TIME ZONE",
        [(Raw(bytes([120, 124, 3, 15, 15, 31, 46, 0, 0, 0, 0, 0x81, 0x64])),)],
    )
    with pytest.raises(oracledb.NotSupportedError, match="DPY-3022"):
        conn.cursor().execute("select t from t").fetchall()


def test_text_in_a_wrong_character_set(conn, script):
    script.on("from t", "V VARCHAR2(20)", [(Raw(b"caf\xe9"),), ("ok",)])
    with pytest.raises(UnicodeDecodeError):
        conn.cursor().execute("select v from t").fetchall()

    def handler(cur, md):
        return cur.var(
            md.type_code, size=md.display_size, arraysize=cur.arraysize, encoding_errors="replace"
        )

    cur = conn.cursor()
    cur.outputtypehandler = handler
    assert cur.execute("select v from t /* 2 */").fetchall() == [("caf\ufffd",), ("ok",)]


def test_native_network_encryption_demanded():
    with Server(Scripted(), native_encryption=True) as s:
        with pytest.raises(oracledb.Error, match="DPY-3001"):
            oracledb.connect(user="app", password="secret", dsn=s.dsn)
