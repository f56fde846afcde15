"""A real Oracle as a source of the contract tests, where ORACLE_TEST_DSN names one.

`host:port/service` with ORACLE_TEST_USER and ORACLE_TEST_PASSWORD (`app` and `segredo` unless
set): an account that may create a table and a function of its own. See
tests/oracle_standin/compose.yaml.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

import oracledb

from connectors.base import ConnectionSpec
from connectors.oracle import OracleConnector
from tests.sources import ORACLE_TEXTS, Source

DSN = os.environ.get("ORACLE_TEST_DSN", "")
USER = os.environ.get("ORACLE_TEST_USER", "app")
PASSWORD = os.environ.get("ORACLE_TEST_PASSWORD", "segredo")

_MANY = "(select level as n from dual connect by level <= 100000)"
_DIALECTS = (
    "select {} as i, {} as n, cast({} as binary_double) as f, {} as t,"
    " cast({} as timestamp) as d, cast({} as timestamp with time zone) as z from dual"
)
TEXTS = ORACLE_TEXTS | {
    "numbers": "select cast(7 as number(9)) as a,"
    " cast(12345678901234567890123456789012345678 as number(38)) as b,"
    " cast(0.50 as number(10,2)) as c from dual",
    "texts": "select id, t from ("
    "select 1 as id, 'São João; \"casa\"' as t from dual"
    " union all select 2, 'duas' || chr(10) || 'linhas' from dual"
    " union all select 3, null from dual union all select 4, 'a,b' from dual"
    " union all select 5, '  ' from dual union all select 6, chr(13) from dual"
    " union all select 7, 'não' from dual) order by id",
    "moments": "select cast(timestamp '2024-01-31 10:11:12' as date) as a,"
    " timestamp '2024-01-31 10:11:12.5' as b, timestamp '2024-01-31 13:11:12 +00:00' as c,"
    " cast(null as date) as d from dual",
    "twice": "select 1 as a, 2 as a from dual",
    "one_column": "select t from (select 'a' as t from dual union all select null from dual"
    " union all select '\\.' from dual)",
    "empty": "select 1 as a, 2 as b from dual where 1 = 0",
    "many": "select level as id, 'linha ' || level as v from dual connect by level <= 30000",
    "slow": f"select count(*) as a from {_MANY} x, {_MANY} y, {_MANY} z",
    "endless": f"select rownum as id from {_MANY} x, {_MANY} y, {_MANY} z",
    "breaks": "select 10 / (5 - level) as a from dual connect by level <= 9",
    "dialects": " union all ".join(
        (
            _DIALECTS.format(
                "-7",
                "1234.5",
                "0.1",
                "'=1+1'",
                "timestamp '2024-01-31 10:11:12.25'",
                "timestamp '2024-01-31 13:11:12 +00:00'",
            ),
            _DIALECTS.format("null", "null", "null", "null", "null", "null"),
            _DIALECTS.format(
                "1",
                "-0.5",
                "1.5",
                "'a;\"b\"'",
                "timestamp '1899-12-01 00:00:00'",
                "timestamp '1999-12-01 02:00:00 +00:00'",
            ),
        )
    ),
}
WRITER = """
create or replace function grava return number is
begin insert into alvo values (1); return 1; end;
"""
PREPARE = (
    "begin execute immediate 'drop table alvo'; exception when others then null; end;",
    "create table alvo (id number)",
    WRITER,
)


def _ask(*statements: str) -> list[tuple[object, ...]]:
    with oracledb.connect(user=USER, password=PASSWORD, dsn=DSN) as session:
        cursor = session.cursor()
        for statement in statements:
            cursor.execute(statement)
        rows: list[tuple[object, ...]] = cursor.fetchall() if cursor.description else []
        return rows


@contextlib.contextmanager
def live_oracle() -> Iterator[Source]:
    """The server that ORACLE_TEST_DSN names."""
    found = re.fullmatch(r"([^:/]+):(\d+)/(.+)", DSN)
    assert found, "write ORACLE_TEST_DSN as host:port/service"
    _ask(*PREPARE)
    spec = ConnectionSpec(
        kind="oracle",
        name="erp",
        username=USER,
        password=PASSWORD,
        host=found[1],
        port=int(found[2]),
        database=found[3],
    )
    yield Source(OracleConnector(), spec, TEXTS, lambda: len(_ask("select id from alvo")))
