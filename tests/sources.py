"""The two kinds of source database as the connector tests see them: one interface, real drivers."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import psycopg2

from connectors.base import ConnectionSpec, Connector, SessionTags, SourceSession
from connectors.oracle import OracleConnector
from connectors.postgres import PostgresConnector
from dialects.dialect import Dialect
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.oracle_standin.tns_standin import Fault, Scripted, Server

TAGS = SessionTags("Vendas diárias", 42)
ENDLESS_ROWS = 2**62


@dataclass(frozen=True)
class Source:
    """A database with the same answers behind different texts."""

    connector: Connector
    spec: ConnectionSpec
    texts: dict[str, str]
    writes: Callable[[], int]  # how often something was written by a text

    def open(self, **options: object) -> SourceSession:
        return self.connector.open(self.spec, tags=TAGS, **options)  # type: ignore[arg-type]

    def export(self, text: str, form: Dialect | None = None, **options: object) -> tuple[int, str]:
        """Rows and CSV of the text called `text`, or of the SQL itself."""
        sink = io.BytesIO()
        with self.open(**options) as session:
            rows = session.export_csv(self.texts.get(text, text), sink, form or Dialect())
        return rows, sink.getvalue().decode()


POSTGRES_TEXTS = {
    "numbers": "select 7 as a, 12345678901234567890123456789012345678::numeric(38) as b,"
    " 0.50::numeric(10,2) as c",
    "texts": "select id, t from textos order by id",
    "moments": "select timestamp '2024-01-31 10:11:12' as a, timestamp '2024-01-31 10:11:12.5'"
    " as b, timestamptz '2024-01-31 13:11:12+00' as c, null::timestamp as d",
    "twice": "select 1 as a, 2 as a",
    "one_column": "select t from (values ('a'), (null), ('\\.')) v (t)",
    "empty": "select 1 as a, 2 as b where false",
    "many": "select g as id, 'linha ' || g as v from generate_series(1, 30000) g",
    "slow": "select 1 as a from pg_sleep(60)",
    "endless": f"select generate_series(1, {ENDLESS_ROWS}) as id",
    "typo": "select *\nfrom não_existe",
    "writes": "with x as (insert into alvo values (1) returning id) select id from x",
    "writes_hidden": "select grava()",
    "placeholder": "select $1::int as a",
    "dialects": "select * from (values (-7, 1234.5, 0.1::float8, '=1+1',"
    " timestamp '2024-01-31 10:11:12.25', timestamptz '2024-01-31 13:11:12+00'),"
    " (null, null, null, null, null, null), (1, -0.5, 1.5, 'a;\"b\"',"
    " timestamp '1899-12-01', timestamptz '1999-12-01 02:00+00')) v (i, n, f, t, d, z)",
    "breaks": "select 10 / (5 - g) as a from generate_series(1, 9) g",
}
POSTGRES_TABLES = """
create table textos (id int, t text);
insert into textos values (1, 'São João; "casa"'), (2, E'duas\\nlinhas'), (3, null), (4, 'a,b'),
  (5, '  '), (6, E'\\r'), (7, 'não');
create table alvo (id int);
create function grava() returns int language sql as 'insert into alvo values (1) returning id';
"""


def run_sql(address: DatabaseAddress, sql: str) -> list[tuple[Any, ...]]:
    """Run statements as the owner of the test's database."""
    with contextlib.closing(
        psycopg2.connect(
            host=address.host,
            port=address.port,
            dbname=address.dbname,
            user=address.user,
            password=address.password,
        )
    ) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def new_database(server: ServerAddress) -> DatabaseAddress:
    """A database that lives as long as the server of the tests."""
    name = f"fonte_{secrets.token_hex(6)}"
    run_sql(
        DatabaseAddress(server.host, server.port, "postgres", server.superuser, server.password),
        f'create database "{name}" template template0',
    )
    return DatabaseAddress(server.host, server.port, name, server.superuser, server.password)


def postgres_source(address: DatabaseAddress) -> Source:
    """The embedded server, by its superuser: every barrier must hold for that one too."""
    run_sql(address, POSTGRES_TABLES)
    spec = ConnectionSpec(
        kind="postgres",
        name="loja",
        username=address.user,
        password=address.password,
        host=address.host,
        port=address.port,
        database=address.dbname,
    )
    return Source(
        PostgresConnector(),
        spec,
        POSTGRES_TEXTS,
        lambda: len(run_sql(address, "select id from alvo")),
    )


ORACLE_TEXTS = {
    "numbers": "select a, b, c from numeros",
    "texts": "select id, t from textos order by id",
    "moments": "select a, b, c, d from momentos",
    "twice": "select 1 as a, 2 as a from duas",
    "one_column": "select t from uma",
    "empty": "select a, b from nada",
    "many": "select id, v from muitas",
    "slow": "select a from lenta",
    "endless": "select id from sem_fim",
    "typo": "select *\nfrom não_existe",
    "writes": "with x as (insert into alvo values (1) returning id) select id from x",
    "writes_hidden": "select grava() from dual",
    "placeholder": "select :a from dual",
    "dialects": "select i, n, f, t, d, z from dialetos",
    "breaks": "select a from quebra",
}


def oracle_script() -> Scripted:
    """Answers equal to those of the PostgreSQL texts."""
    script = Scripted()
    day = dt.datetime(2024, 1, 31, 10, 11, 12)
    script.on(
        "from numeros",
        "A NUMBER(9), B NUMBER(38), C NUMBER(10,2)",
        [(7, Decimal(12345678901234567890123456789012345678), Decimal("0.50"))],
    )
    texts = ['São João; "casa"', "duas\nlinhas", None, "a,b", "  ", "\r", "não"]
    script.on("from textos", "ID NUMBER(9), T VARCHAR2(40)", list(enumerate(texts, 1)))
    moments = "A DATE, B TIMESTAMP(6), C {}, D DATE"
    script.on("from momentos", moments.format("TIMESTAMP(6) WITH TIME ZONE"), [])
    script.on(
        r"sys_extract_utc.*from momentos",
        moments.format("TIMESTAMP(6)"),
        [(day, day.replace(microsecond=500_000), day.replace(hour=13), None)],
    )
    _script_dialects(script, day)
    script.on("from duas", '"A" NUMBER(1), "A" NUMBER(1)', [(1, 2)])
    script.on("from uma", "T VARCHAR2(9)", [("a",), (None,), ("\\.",)])
    blobs = [(1, b"\x00\xff" * 3000), (2, None), (3, b"foto")]
    script.on("from fotos", "ID NUMBER(9), FOTO BLOB", blobs)
    script.on(r"count\(\*\)", "N NUMBER", [(3,)])
    script.on("from nada", "A NUMBER(1), B NUMBER(1)", [])
    script.on(
        "from muitas",
        "ID NUMBER(9), V VARCHAR2(20)",
        lambda _: ((i, f"linha {i}") for i in range(1, 30001)),
    )
    script.on("from lenta", "A NUMBER(1)", [(1,)], delay=60)
    script.on("from sem_fim", "ID NUMBER", lambda _: ((i,) for i in range(ENDLESS_ROWS)))
    script.on(
        r"grava\(\)",
        "A NUMBER",
        fault=Fault("error", code=14551, text="cannot perform a DML operation inside a query"),
    )
    script.on(":a from dual", "A NUMBER", [(1,)])
    script.on(
        "from quebra",
        "A NUMBER",
        lambda _: ((i,) for i in range(9)),
        fault=Fault("error", rows=4, code=1476, text="divisor is equal to zero"),
    )
    return script


def _script_dialects(script: Scripted, day: dt.datetime) -> None:
    """Values that every dialect writes in its own way."""
    dialects = "I NUMBER(9), N NUMBER, F BINARY_DOUBLE, T VARCHAR2(20), D TIMESTAMP(6), Z {}"
    script.on("from dialetos", dialects.format("TIMESTAMP(6) WITH TIME ZONE"), [])
    script.on(
        r"sys_extract_utc.*from dialetos",
        dialects.format("TIMESTAMP(6)"),
        [
            (
                -7,
                Decimal("1234.5"),
                0.1,
                "=1+1",
                day.replace(microsecond=250_000),
                day.replace(hour=13),
            ),
            (None,) * 6,
            (
                1,
                Decimal("-0.5"),
                1.5,
                'a;"b"',
                dt.datetime(1899, 12, 1),
                dt.datetime(1999, 12, 1, 2),
            ),
        ],
    )


@contextlib.contextmanager
def oracle_source(profile: str, script: Scripted | None = None) -> Iterator[tuple[Source, Server]]:
    """The stand-in listener with the real driver in front."""
    with Server(script or oracle_script(), users={"APP": "segredo"}, profile=profile) as server:
        spec = ConnectionSpec(
            kind="oracle",
            name="erp",
            username="app",
            password="segredo",
            host=server.host,
            port=server.port,
            database=server.service,
        )
        yield (
            Source(OracleConnector(), spec, ORACLE_TEXTS, lambda: len(server.did("commit"))),
            server,
        )
        assert not server.did("stand-in failed")


def with_spec(source: Source, **changes: object) -> Source:
    return replace(source, spec=replace(source.spec, **changes))  # type: ignore[arg-type]
