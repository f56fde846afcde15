"""Transfer: whole tables from one real database to another, through the real executor."""

from __future__ import annotations

import io

import pytest

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from services.movements import TargetNotWritable
from tests.moving import Ground, tables_of
from tests.sources import new_database
from transfer.csv_files import CsvFiles
from transfer.names import TableName
from vocabulary import RunState, TableState

SHOP = """
create schema sales;
create table sales.stores (id int primary key, name text not null, city text);
create table sales.orders (
  id bigint primary key, store_id int references sales.stores, total numeric(12,2),
  placed timestamptz, note text, tags text[], raw bytea, data jsonb);
create index orders_placed on sales.orders (placed desc);
insert into sales.stores select g, 'Loja ' || g, 'São Paulo' from generate_series(1, 50) g;
insert into sales.orders select g, 1 + g % 50, g / 3.0,
  timestamptz '2024-01-01' + g * interval '1 min',
  case when g % 7 = 0 then null when g % 11 = 0 then '' else E'linha\\t"' || g || E'\\n\\\\.' end,
  array['a', null, g::text], decode(lpad(to_hex(g), 8, '0'), 'hex'), jsonb_build_object('n', g)
from generate_series(1, 3000) g;
"""
ORDERS = "select count(*), md5(string_agg(o::text, '|' order by id)) from sales.orders o"


@pytest.fixture
def ground(metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings) -> Ground:
    ground = Ground.of(new_database(pg_server), new_database(pg_server), settings)
    ground.at_source(SHOP)
    return ground


def _tables(*names: str, **more: object) -> dict[str, object]:
    return {"tables": [{"source": name, "target": name} for name in names], **more}


def test_missing_tables_are_created_with_their_keys_and_every_value(ground: Ground) -> None:
    run = ground.move(_tables("sales.stores", "sales.orders", verify="checksums"))
    # It should say how many rows and bytes went over, and end well
    assert (run.state, run.rows, run.error_message) == (RunState.SUCCEEDED, 3050, None)
    # It should have moved every value as it was
    assert ground.at_target(ORDERS) == ground.at_source(ORDERS)
    # It should have made keys and indexes
    made = ground.at_target("select indexdef from pg_indexes where schemaname = 'sales'")
    assert len(made) == 3
    assert any("USING btree (placed DESC)" in row[0] for row in made)
    # It should have compared both sides
    stores, orders = tables_of(run)
    assert orders.state == TableState.DONE
    assert orders.checks is not None
    assert orders.checks["source_checksum"] == orders.checks["target_checksum"]
    assert (orders.rows, orders.checks["target_rows"]) == (3000, 3000)
    assert (orders.size_bytes or 0) > 100_000
    assert stores.target == "sales.stores"


def test_replaced_table_keeps_its_rights_indexes_and_names(ground: Ground) -> None:
    ground.at_target(
        "create schema sales; create table sales.stores (name text, id int, city text,"
        " constraint stores_pk primary key (id), constraint c check (id > 0));"
        " create index stores_city on sales.stores (lower(city));"
        " insert into sales.stores values ('antiga', 7, null);"
        " grant select on sales.stores to public"
    )
    run = ground.move(_tables("sales.stores"))
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target("select count(*), min(name) from sales.stores") == [(50, "Loja 1")]
    names = ground.at_target(
        "select indexname from pg_indexes where schemaname = 'sales' order by 1"
    )
    assert names == [("stores_city",), ("stores_pk",)]
    assert ground.at_target(
        "select has_table_privilege('public', 'sales.stores', 'select'),"
        " count(*) from pg_constraint where conrelid = 'sales.stores'::regclass and contype = 'c'"
    ) == [(True, 1)]
    assert tables_of(run)[0].notes is None


def test_table_that_views_read_is_replaced_in_place(ground: Ground) -> None:
    ground.at_target(
        "create schema sales; create table sales.stores (id int primary key, name text, city text);"
        " insert into sales.stores values (999, 'antiga', null);"
        " create view sales.names as select name from sales.stores"
    )
    run = ground.move(_tables("sales.stores"))
    assert ground.at_target("select count(*) from sales.names") == [(50,)]
    assert tables_of(run)[0].notes == ["replaced by delete and insert: views and rules"]


@pytest.mark.parametrize(("mode", "expected"), [("append", 51), ("truncate", 50), ("replace", 50)])
def test_mode_says_what_becomes_of_the_rows_before(
    ground: Ground, mode: str, expected: int
) -> None:
    ground.at_target(
        "create schema sales; create table sales.stores (id int, name text, city text);"
        " insert into sales.stores values (999, 'antiga', null)"
    )
    ground.move(_tables("sales.stores", mode=mode))
    assert ground.at_target("select count(*) from sales.stores") == [(expected,)]


def test_columns_are_chosen_renamed_masked_and_filtered(ground: Ground) -> None:
    table = {
        "source": "sales.stores",
        "target": "lojas",
        "where": "id <= 10 -- só as primeiras",
        "columns": [
            {"source": "id", "target": "numero"},
            {"source": "name", "mask": "hash"},
            {"source": "city", "target": "cidade", "mask": "constant", "value": "D'Oeste"},
        ],
    }
    run = ground.move({"tables": [table]})
    assert run.state == RunState.SUCCEEDED, run.error_message
    found = ground.at_target("select numero, name, cidade from lojas order by 1")
    assert len(found) == 10
    assert found[0][0] == 1
    assert found[0][2] == "D'Oeste"
    assert len({name for _, name, _ in found}) == 10
    assert all(len(name) == 64 and "Loja" not in name for _, name, _ in found)


def test_query_is_moved_like_a_table_and_types_are_converted(ground: Ground) -> None:
    ground.at_target("create table resumo (cidade varchar(40), lojas text, total numeric(20,3))")
    query = "select city as cidade, count(*) as lojas, 0.5 as total from sales.stores group by 1"
    run = ground.move({"tables": [{"query": query, "target": "resumo"}]})
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target("select cidade, lojas, total::text from resumo") == [
        ("São Paulo", "50", "0.500")
    ]


def test_patterns_find_the_tables_of_the_source(ground: Ground) -> None:
    ground.at_source("create table sales.log_1 (a int); create table outra (a int)")
    run = ground.move({"include": ["sales.*"], "exclude": ["*.log_*"], "target_schema": "copia"})
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('copia', 'sales', 'public') order by 1"
    ) == [("copia.orders",), ("copia.stores",)]


def test_what_others_refer_to_is_moved_first(ground: Ground) -> None:
    ground.at_target(
        "create schema sales; create table sales.stores (id int primary key, name text, city text);"
        " create table sales.orders (id bigint, store_id int references sales.stores,"
        " total numeric(12,2), placed timestamptz, note text, tags text[], raw bytea, data jsonb)"
    )
    run = ground.move(_tables("sales.orders", "sales.stores", parallel=4))
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target(ORDERS) == ground.at_source(ORDERS)


def test_failed_table_stays_as_it_was_and_is_the_only_one_repeated(ground: Ground) -> None:
    ground.at_source("create table ruim (v text); insert into ruim values ('1'), ('x')")
    ground.at_target("create table ruim (v int); insert into ruim values (7)")
    job_id = ground.save(_tables("ruim", "sales.stores"))
    run = ground.worker.execute(ground.ask(job_id))
    # It should name the table and what is wrong with it
    assert (run.state, run.error_code) == (RunState.FAILED, "tables_failed")
    assert "ruim" in (run.error_message or "")
    assert [row.state for row in tables_of(run)] == [TableState.FAILED, TableState.DONE]
    # It should have left the failed table alone
    assert ground.at_target("select v from ruim") == [(7,)]


def test_target_must_be_marked_writable(ground: Ground) -> None:
    with pytest.raises(TargetNotWritable):
        ground.save(_tables("sales.stores"), target_connection_id=ground.source_id)


def test_query_may_do_nothing_but_read(ground: Ground) -> None:
    ground.at_source("create table alvo (id int)")
    for query in (
        "insert into alvo values (1) returning id",
        "select 1) to stdout; insert into alvo values (1); copy (select 1",
        "with x as (insert into alvo values (1) returning id) select id from x",
    ):
        run = ground.move({"tables": [{"query": query, "target": "t"}]})
        assert run.state == RunState.FAILED
    assert ground.at_source("select count(*) from alvo") == [(0,)]


def test_rows_rest_in_files_that_a_repetition_loads(ground: Ground) -> None:
    ground.at_target("create table sobra (v int check (v > 1))")
    ground.at_source("create table sobra as select g as v from generate_series(1, 3) g")
    job_id = ground.save(_tables("sales.orders", "sobra", via_csv="entre", verify="checksums"))
    run = ground.worker.execute(ground.ask(job_id))
    assert [row.state for row in tables_of(run)] == [TableState.DONE, TableState.FAILED]
    # It should have brought every value through a file, which stays
    assert ground.at_target(ORDERS) == ground.at_source(ORDERS)
    folder = ground.settings.paths.export_roots[0] / "entre"
    assert {path.name for path in folder.iterdir()} == {
        "sales.orders.csv",
        f"public.sobra.run-{run.run_id}.csv",
    }
    # It should load the file that is complete, and not ask the source again
    ground.at_source("drop table sobra; create table sobra (v int)")
    ground.at_target("alter table sobra drop constraint sobra_v_check")
    files = CsvFiles(folder, run.run_id)
    produced = io.BytesIO()
    files.through(TableName("public", "sobra"), _refuse)(produced)
    assert produced.getvalue() == b"1\n2\n3\n"


def _refuse(_pipe: object) -> int:
    raise AssertionError("the source was asked again")
