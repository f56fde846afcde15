"""What an account may read: the names the editor of a query completes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from auxiliares import Settings
from connectors import oracle_catalogue, postgres_catalogue
from connectors.base import SourceLoginFailed, SourceTimeout
from connectors.catalogue import CatalogueColumn, CatalogueTable, cut_catalogue
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.integration.conftest import Cast, connection_body
from tests.oracle_standin.tns_standin import DuckDB, Scripted
from tests.sources import Source, new_database, oracle_source, postgres_source, run_sql, with_spec

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

SCHEMA = """
create schema vendas;
create schema fechado;
create table public.clientes (id int, "Nome Social" varchar(40), valor numeric(12,2), segredo text);
alter table public.clientes add column velha int;
alter table public.clientes drop column velha;
create view public.ativos as select id from public.clientes;
create materialized view vendas.totais as select count(*) as n from public.clientes;
create table vendas.itens (id bigint, dia date) partition by range (dia);
create table vendas.itens_2024 partition of vendas.itens
  for values from ('2024-01-01') to ('2025-01-01');
create table vendas.oculta (id int);
create table fechado.dentro (id int);
create role {reader} login password 'somente-leitura';
grant select (id, "Nome Social", valor) on public.clientes to {reader};
grant select on public.ativos, vendas.totais, vendas.itens, vendas.itens_2024 to {reader};
grant select on fechado.dentro to {reader};
grant usage on schema vendas to {reader};
"""


@pytest.fixture
def address(pg_server: ServerAddress) -> DatabaseAddress:
    return new_database(pg_server)


@pytest.fixture
def reader(address: DatabaseAddress) -> Source:
    """An account that may read a part of what there is."""
    source = postgres_source(address)
    name = f"leitor_{secrets.token_hex(4)}"
    run_sql(address, SCHEMA.format(reader=name))
    return with_spec(source, username=name, password="somente-leitura")


def test_an_account_of_postgresql_sees_what_it_may_select(reader: Source) -> None:
    found = reader.connector.catalogue(reader.spec)
    assert not found.is_cut
    assert [(t.schema, t.name, t.kind) for t in found.tables] == [
        ("public", "ativos", "view"),
        ("public", "clientes", "table"),
        ("vendas", "itens", "table"),
        ("vendas", "totais", "materialized view"),
    ]
    assert [t.columns for t in found.tables] == [
        (CatalogueColumn("id", "integer"),),
        (
            CatalogueColumn("id", "integer"),
            CatalogueColumn("Nome Social", "character varying(40)"),
            CatalogueColumn("valor", "numeric(12,2)"),
        ),
        (CatalogueColumn("id", "bigint"), CatalogueColumn("dia", "date")),
        (CatalogueColumn("n", "bigint"),),
    ]


def test_a_catalogue_is_cut_at_tables_and_at_columns(
    reader: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit, cut in ((4, False), (3, True), (1, True)):
        found = reader.connector.catalogue(reader.spec, limit=limit)
        assert (len(found.tables), found.is_cut) == (limit, cut)
    # It should not show a table with a part of its columns
    monkeypatch.setattr(postgres_catalogue, "MAX_COLUMNS", 2)
    found = reader.connector.catalogue(reader.spec)
    assert ([t.name for t in found.tables], found.is_cut) == (["ativos"], True)


def test_an_empty_schema_has_an_empty_catalogue(address: DatabaseAddress) -> None:
    source = postgres_source(address)
    run_sql(address, "drop table textos, alvo cascade")
    found = source.connector.catalogue(source.spec)
    assert (found.tables, found.is_cut) == ((), False)


def test_a_catalogue_of_exactly_the_limit_is_whole() -> None:
    tables = [CatalogueTable("s", str(n), "table", ()) for n in range(3)]
    assert not cut_catalogue(tables, limit=3, max_columns=9).is_cut
    assert cut_catalogue(tables, limit=2, max_columns=9).is_cut
    assert cut_catalogue(tables, limit=0, max_columns=9).tables == ()


OBJECT_COLUMNS = (
    "OWNER VARCHAR2(128), OBJECT_NAME VARCHAR2(128), OBJECT_TYPE VARCHAR2(23), SECONDARY CHAR(1)"
)
COLUMN_COLUMNS = (
    "OWNER VARCHAR2(128), TABLE_NAME VARCHAR2(128), COLUMN_NAME VARCHAR2(128),"
    " DATA_TYPE VARCHAR2(128), DATA_LENGTH NUMBER(10), DATA_PRECISION NUMBER(10),"
    " DATA_SCALE NUMBER(10), CHAR_LENGTH NUMBER(10), COLUMN_ID NUMBER(10)"
)
SYNONYM_COLUMNS = (
    "OWNER VARCHAR2(128), SYNONYM_NAME VARCHAR2(128), TABLE_OWNER VARCHAR2(128),"
    " TABLE_NAME VARCHAR2(128)"
)


def dictionary() -> DuckDB:
    """The views of Oracle's dictionary that are asked, as tables of a real SQL engine."""
    database = DuckDB()
    database.table(
        "ALL_OBJECTS",
        OBJECT_COLUMNS,
        [
            ("ERP", "PEDIDOS", "TABLE", "N"),
            ("APP", "RESUMO", "MATERIALIZED VIEW", "N"),
            ("APP", "RESUMO", "TABLE", "N"),
            ("APP", "CLIENTES", "TABLE", "N"),
            ("APP", "BIN$abc==$0", "TABLE", "N"),
            ("APP", "INDICE_TEXTO", "TABLE", "Y"),
            ("APP", "PACOTE", "PACKAGE", "N"),
            ("CRM", "ABERTOS", "VIEW", "N"),
            ("SYS", "DUAL", "TABLE", "N"),
            ("APEX_230100", "WWV", "TABLE", "N"),
        ],
    )
    text, number = ("VARCHAR2", 160, None, None, 40), ("NUMBER", 22, 12, 2, 0)
    database.table(
        "ALL_TAB_COLUMNS",
        COLUMN_COLUMNS,
        [
            ("ERP", "PEDIDOS", "VALOR", *number, 2),
            ("ERP", "PEDIDOS", "ID", "NUMBER", 22, None, None, 0, 1),
            ("APP", "CLIENTES", "NOME", *text, 1),
            ("APP", "CLIENTES", "FOTO", "RAW", 16, None, None, 0, 2),
            ("APP", "CLIENTES", "DESDE", "TIMESTAMP(6)", 11, None, 6, 0, 3),
            ("APP", "RESUMO", "N", "NUMBER", 22, 9, 0, 0, 1),
            ("CRM", "ABERTOS", "ID", "NUMBER", 22, 9, 0, 0, 1),
            ("SYS", "DUAL", "DUMMY", "VARCHAR2", 1, None, None, 1, 1),
        ],
    )
    database.table(
        "ALL_SYNONYMS",
        SYNONYM_COLUMNS,
        [
            ("APP", "VENDAS", "ERP", "PEDIDOS"),
            ("APP", "LONGE", "OUTRO", "NAO_LOCAL"),
            ("PUBLIC", "DUAL", "SYS", "DUAL"),
        ],
    )
    return database


@pytest.fixture(params=["12c", "19c", "23ai"])
def oracle(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Source, Scripted]]:
    """Our own statements, run by an engine that counts rows with another word."""
    for name in ("OBJECTS", "COLUMNS", "SYNONYMS"):
        text = getattr(oracle_catalogue, name)
        assert text.count("WHERE ROWNUM <= :limit") == 1
        monkeypatch.setattr(
            oracle_catalogue, name, text.replace("WHERE ROWNUM <= :limit", "LIMIT :limit")
        )
    script = Scripted(otherwise=dictionary())
    script.on("select user from dual", "USER VARCHAR2(128)", [("APP",)])
    for statement in ("alter session", "set transaction"):
        script.on(statement)
    with oracle_source(request.param, script) as (source, _server):
        yield source, script


def test_an_account_of_oracle_sees_its_own_tables_first(oracle: tuple[Source, Scripted]) -> None:
    source, _ = oracle
    found = source.connector.catalogue(source.spec)
    assert not found.is_cut
    assert [(t.schema, t.name, t.kind) for t in found.tables] == [
        ("APP", "CLIENTES", "table"),
        ("APP", "RESUMO", "materialized view"),
        ("APP", "LONGE", "synonym"),
        ("APP", "VENDAS", "synonym"),
        ("CRM", "ABERTOS", "view"),
        ("ERP", "PEDIDOS", "table"),
    ]
    by_name = {t.name: t.columns for t in found.tables}
    assert by_name["CLIENTES"] == (
        CatalogueColumn("NOME", "VARCHAR2(40)"),
        CatalogueColumn("FOTO", "RAW(16)"),
        CatalogueColumn("DESDE", "TIMESTAMP(6)"),
    )
    assert by_name["PEDIDOS"] == by_name["VENDAS"]
    assert by_name["PEDIDOS"] == (
        CatalogueColumn("ID", "NUMBER"),
        CatalogueColumn("VALOR", "NUMBER(12,2)"),
    )
    assert by_name["LONGE"] == ()


def test_a_catalogue_of_oracle_is_cut_at_the_limit(oracle: tuple[Source, Scripted]) -> None:
    source, _ = oracle
    found = source.connector.catalogue(source.spec, limit=2)
    assert ([t.name for t in found.tables], found.is_cut) == (["CLIENTES", "RESUMO"], True)


def test_a_dictionary_that_does_not_answer_in_time_is_given_up(
    oracle: tuple[Source, Scripted],
) -> None:
    source, script = oracle
    script.on("from all_tab_columns", "OWNER VARCHAR2(9)", [], delay=60)
    with pytest.raises(SourceTimeout):
        source.connector.catalogue(source.spec, timeout_s=0.5)


def test_a_catalogue_needs_a_login(oracle: tuple[Source, Scripted], reader: Source) -> None:
    for source in (with_spec(oracle[0], password="x"), with_spec(reader, password="x")):
        with pytest.raises(SourceLoginFailed):
            source.connector.catalogue(source.spec)


# --- over HTTP


@pytest.fixture
def saved(cast: Cast, reader: Source) -> str:
    """The address of the catalogue of the reader's connection."""
    spec = reader.spec
    body = connection_body(
        host=spec.host,
        port=spec.port,
        database=spec.database,
        username=spec.username,
        password=spec.password,
    )
    created = cast.root.post("/api/connections", body)
    return f"/api/connections/{created.json['connection_id']}"


def test_the_catalogue_of_a_connection_names_tables_and_columns(cast: Cast, saved: str) -> None:
    answer = cast.moderator.get(f"{saved}/catalogue")
    assert answer.status_code == 200
    assert set(answer.json) == {"tables", "is_cut"}
    assert answer.json["is_cut"] is False
    assert answer.json["tables"][0] == {
        "schema": "public",
        "name": "ativos",
        "kind": "view",
        "columns": [{"name": "id", "type": "integer"}],
    }


def test_a_catalogue_is_kept_until_it_is_asked_anew_or_the_connection_changes(
    cast: Cast, saved: str, address: DatabaseAddress, settings: Settings
) -> None:
    def names(query: str = "") -> set[str]:
        answer = cast.root.get(f"{saved}/catalogue{query}")
        return {table["name"] for table in answer.json["tables"]}

    def grant(table: str) -> None:
        run_sql(address, f"create table {table} (id int); grant select on {table} to public")

    before = names()
    grant("nova")
    assert names() == names("?refresh=0") == before
    assert names("?refresh=1") == names() == {*before, "nova"}
    grant("mais_nova")
    assert cast.root.put(saved, {"name": "outro nome"}).json == {"msg": "updated"}
    assert "mais_nova" in names()


def test_a_catalogue_that_cannot_be_read_says_why_and_is_not_kept(cast: Cast, saved: str) -> None:
    assert cast.root.put(saved, {"password": "errada"}).status_code == 200
    refused = cast.moderator.get(f"{saved}/catalogue")
    assert (refused.status_code, refused.json["code"]) == (502, "source_login_failed")
    assert cast.root.put(saved, {"password": "somente-leitura"}).status_code == 200
    assert cast.moderator.get(f"{saved}/catalogue").status_code == 200
    unknown = cast.moderator.get("/api/connections/999/catalogue")
    assert (unknown.status_code, unknown.json["code"]) == (404, "connection_not_found")
    faulty = cast.moderator.get(f"{saved}/catalogue?refresh=perhaps")
    assert (faulty.status_code, faulty.json["code"]) == (422, "validation_failed")
