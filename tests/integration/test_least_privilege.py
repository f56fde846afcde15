"""The scripts of docs/howto/least-privilege.md, run as they stand there on a real PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace

import psycopg2
import pytest

from auxiliares import ROOT, Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.integration.conftest import Cast, job_body
from tests.moving import Ground, tables_of
from tests.sources import new_database, run_sql
from vocabulary import RunState

PAGE = (ROOT / "docs" / "howto" / "least-privilege.md").read_text("utf-8")
ROLES = ("automacaosql_reader", "automacaosql_writer", "automacaosql_sync", "dono_vendas")
PASSWORD = "put a long random text here"
TABLES = """
    create role dono_vendas;
    create schema vendas authorization dono_vendas;
    set role dono_vendas;
    create table vendas.clientes (id int primary key, nome text);
    insert into vendas.clientes select n, 'Cliente ' || n from generate_series(1, 50) n;
    create sequence vendas.numero;
    create function vendas.apaga() returns int language sql security definer
        as 'delete from vendas.clientes returning id';
    create table vendas.segredo (x text);
"""
WRITING = [
    "insert into vendas.clientes values (999, 'x')", "update vendas.clientes set nome = 'x'",
    "delete from vendas.clientes", "truncate vendas.clientes", "drop table vendas.clientes",
    "create table vendas.nova (x int)", "create table public.nova (x int)",
    "create temporary table t (x int)", "select nextval('vendas.numero')", "create schema s",
    "select vendas.apaga()", "copy vendas.clientes to program 'id'", "create role r",
    "select pg_read_file('/etc/passwd')", "select lo_import('/etc/passwd')", "create database d",
    "alter role automacaosql_reader superuser", "set role dono_vendas",
]  # fmt: skip


def script(heading: str, place: int = 0) -> str:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```sql\n(.*?)```", section, re.DOTALL)[place]


@pytest.fixture
def shop(pg_server: ServerAddress) -> Iterator[DatabaseAddress]:
    """A database with the names of the page; its roles are gone afterwards."""
    address = new_database(pg_server)
    run_sql(address, TABLES)
    yield address
    for role in ROLES:
        with suppress(psycopg2.errors.UndefinedObject):
            run_sql(address, f"drop owned by {role} cascade; drop role {role}")


def make(address: DatabaseAddress, heading: str, place: int = 0) -> None:
    text = re.sub(r"\bDATABASE loja\b", f'DATABASE "{address.dbname}"', script(heading, place))
    run_sql(address, text)


def as_role(address: DatabaseAddress, role: str) -> DatabaseAddress:
    return replace(address, user=role, password=PASSWORD)


def connect(cast: Cast, address: DatabaseAddress) -> int:
    body = {
        "name": "loja", "kind": "postgres", "host": address.host, "port": address.port,
        "database": address.dbname, "username": address.user, "password": address.password,
    }  # fmt: skip
    return int(cast.root.post("/api/connections", body).json["connection_id"])


def test_security_least_privilege_a_reader_does_all_that_jobs_need_and_no_more(
    cast: Cast, shop: DatabaseAddress, settings: Settings
) -> None:
    make(shop, "PostgreSQL: read")
    make(shop, "PostgreSQL: read", 1)
    reader = as_role(shop, "automacaosql_reader")
    connection_id = connect(cast, reader)
    # It can be tested without a warning, completed, previewed, explained and exported.
    tested = cast.root.post(f"/api/connections/{connection_id}/test")
    assert (tested.status_code, tested.json["warnings"]) == (200, []), tested.text
    found = cast.root.get(f"/api/connections/{connection_id}/catalogue").json["tables"]
    assert {"clientes", "segredo"} == {one["name"] for one in found}
    query = {"connection_id": connection_id, "sql_script": "select * from vendas.clientes"}
    assert len(cast.root.post("/api/preview", query).json["rows"]) == 50
    assert cast.root.post("/api/preview/plan", query).json["lines"]
    ground = Ground.of(reader, shop, settings)
    job = job_body(connection_id=connection_id, sql_script=query["sql_script"])
    job_id = cast.root.post("/api/jobs", job).json["job_id"]
    run = ground.worker.execute(ground.ask(job_id))
    assert (run.state, run.rows) == (RunState.SUCCEEDED, 50), run.error_message
    # A table made later is read as well; nothing is written, also not past the product.
    run_sql(shop, "set role dono_vendas; create table vendas.nova as select 1 as n")
    assert run_sql(reader, "select n from vendas.nova") == [(1,)]
    run_sql(shop, "drop table vendas.nova")
    for text in WRITING:
        assert not _works(reader, text), text
    assert run_sql(shop, "select count(*) from vendas.clientes") == [(50,)]


def _works(address: DatabaseAddress, text: str) -> bool:
    """Past the product, and with the read-only default switched off by whoever has the password."""
    with closing(psycopg2.connect(**address.keywords())) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("set default_transaction_read_only = off")
            try:
                cursor.execute(text)
            except psycopg2.Error:
                return False
    return True


def test_security_least_privilege_a_writer_owns_its_copies_and_nothing_else(
    metadata_db: DatabaseAddress,
    pg_server: ServerAddress,
    shop: DatabaseAddress,
    settings: Settings,
) -> None:
    make(shop, "PostgreSQL: the target of a transfer")
    writer = as_role(shop, "automacaosql_writer")
    source = new_database(pg_server)
    run_sql(source, "create table a (id int primary key, x text); insert into a values (1, 'um')")
    ground = Ground.of(source, writer, settings)
    tables = [{"source": "a", "target": "espelho.a"}]
    for mode in ("replace", "replace", "append", "truncate"):
        if mode == "append":
            run_sql(source, "update a set id = id + 1")
        run = ground.move({"tables": tables, "mode": mode}, job_name=mode)
        assert run.state == RunState.SUCCEEDED, (mode, tables_of(run)[0].error_message)
    assert run_sql(writer, "select * from espelho.a") == [(2, "um")]
    for text in ("select * from vendas.clientes", "create table public.x (x int)", *WRITING[:6]):
        assert not _works(writer, text), text


def test_security_least_privilege_a_sync_changes_its_table_and_nothing_else(
    metadata_db: DatabaseAddress,
    pg_server: ServerAddress,
    shop: DatabaseAddress,
    settings: Settings,
) -> None:
    make(shop, "PostgreSQL: the target of a synchronisation")
    account = as_role(shop, "automacaosql_sync")
    source = new_database(pg_server)
    run_sql(source, "create table c (id int primary key, nome text)")
    run_sql(source, "insert into c values (1, 'Nova'), (777, 'Outra')")
    ground = Ground.of(source, account, settings)
    table = {"source": "c", "target": "vendas.clientes", "key": ["id"], "gone": "delete"}
    run = ground.move({"tables": [table]}, "sync")
    assert run.state == RunState.SUCCEEDED, tables_of(run)[0].error_message
    changed = run_sql(account, "select * from vendas.clientes order by id")
    assert changed == [(1, "Nova"), (777, "Outra")]
    for text in ("select * from vendas.segredo", *WRITING[3:7], "create schema s"):
        assert not _works(account, text), text


def test_every_kind_of_connection_has_a_script() -> None:
    headings = re.findall(r"^## (\w+): ", PAGE, re.MULTILINE)
    assert {"PostgreSQL", "Oracle"} == set(headings)
    assert "CREATE USER automacaosql_reader" in script("Oracle: read")
