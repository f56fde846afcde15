"""A query read over two connections: every row once, one snapshot, and both end together."""

from __future__ import annotations

import csv
import io
import json
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auxiliares import Settings
from connectors.base import (
    QueryNotDivisible,
    SourceCancelled,
    SourceFailed,
    SourceTimeout,
    SourceUnreachable,
)
from connectors.postgres_divided import division
from connectors.postgres_session import PostgresSession
from datafiles.durable import DiskFull
from dialects.dialect import Dialect
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.publisher import Publisher
from tests.sources import Source, new_database, postgres_source, run_sql
from tests.waiting import wait_for

TABLE = """
create table pedidos as
select n as id, nullif(n % 7, 0)::smallint as grupo,
       case n % 50 when 0 then null when 1 then 'NaN' else n / 3.0 end::numeric as valor,
       case n % 50 when 0 then null when 1 then 'infinity'::date when 2 then '0044-03-15 BC'
            else date '2024-01-01' + n end as dia,
       case n % 50 when 0 then null when 1 then '-infinity'::timestamp
            else timestamp '2024-01-01' + n * interval '1 second' end as momento,
       case n % 50 when 0 then null
            else timestamptz '2024-01-01Z' + n * interval '1 hour' end as zona,
       E'linha "1"\\n' || n as texto, n / 7.0::float8 as taxa
from generate_series(1, 2000) n;
create table conhecidos as select * from pedidos;
create index on conhecidos (id);
analyze conhecidos;
create table chaves as select id, grupo from pedidos where id % 2 = 0;
alter table chaves add primary key (id);
analyze chaves;
create view visao as select id, random() as sorte from pedidos;
create materialized view resumo as select grupo, count(*) as n from pedidos group by grupo;
"""
COUNT_COPIES = """
select 1 where {} = (select count(*) from pg_stat_activity
                     where datname = current_database() and state = 'active' and query like 'COPY%')
"""
SLOW = "select p.* from pedidos p where pg_sleep(0.05) is not null"


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    found = new_database(pg_server)
    run_sql(found, TABLE)
    return found


@pytest.fixture(scope="module")
def source(address: DatabaseAddress) -> Source:
    return postgres_source(address)


def divided(session: PostgresSession, sql: str, column: str) -> tuple[list[str], list[str], int]:
    """The lines of both sinks and the number of rows."""
    first, second = io.BytesIO(), io.BytesIO()
    rows = session.export_divided(sql, (first, second), Dialect(date_format="iso"), column=column)
    return _lines(first), _lines(second), rows


def _lines(sink: io.BytesIO) -> list[str]:
    return sink.getvalue().decode().splitlines(keepends=True)


@pytest.mark.parametrize("table", ["pedidos", "conhecidos"])
@pytest.mark.parametrize("column", ["id", "GRUPO", "valor", "dia", "momento", "zona"])
def test_every_row_comes_exactly_once(source: Source, table: str, column: str) -> None:
    sql = f"select id, grupo, valor, dia, momento, zona from {table} -- todos"
    with source.open() as session:
        first, second, rows = divided(session, sql, column)
    with source.open() as session:
        whole = io.BytesIO()
        session.export_csv(sql, whole, Dialect(date_format="iso"))
    _header, *lines = whole.getvalue().decode().splitlines(True)
    assert rows == 2000
    assert sorted(first + second) == sorted(lines)
    # Both have work to do; seven groups cannot be shared more evenly.
    assert min(len(first), len(second)) > 200


def ids(lines: list[str]) -> list[int]:
    return sorted(int(line.partition(";")[0]) for line in lines)


def test_rows_go_by_the_median_the_server_knows(source: Source) -> None:
    sql = "select id, zona from conhecidos where grupo is not null"
    with source.open() as session:
        first, second, _rows = divided(session, sql, "id")
    assert ids(first)[-1] < ids(second)[0]
    assert abs(len(first) - len(second)) < 200


@pytest.mark.parametrize("date_style", ["ISO, MDY", "SQL, DMY", "German", "Postgres, MDY"])
def test_a_median_is_the_same_day_in_every_date_style(
    source: Source, address: DatabaseAddress, date_style: str
) -> None:
    run_sql(address, f"alter database {address.dbname} set datestyle = '{date_style}'")
    try:
        with source.open() as session:
            first, second, rows = divided(session, "select id, dia, zona from conhecidos", "zona")
    finally:
        run_sql(address, f"alter database {address.dbname} reset datestyle")
    assert (rows, len(first) + len(second)) == (2000, 2000)
    assert abs(len(first) - len(second)) < 200
    assert max(ids(first)) < min(n for n in ids(second) if n % 50)


@pytest.mark.parametrize(
    "rows", ["id > 1500", "id = any('{1,2,3,4,2000}')", "grupo = 3 and id < 5"]
)
def test_a_median_that_does_not_part_the_rows_of_the_query_gives_way_to_a_hash(
    source: Source, rows: str
) -> None:
    sql = f"select id from conhecidos where {rows}"
    with source.open() as session:
        first, second, count = divided(session, sql, "id")
    assert len(set(first + second)) == len(first + second) == count
    if count > 100:
        assert min(len(first), len(second)) > 100
        assert ids(first)[-1] > ids(second)[0]


def test_rows_without_a_value_come_once_when_there_are_no_others(source: Source) -> None:
    with source.open() as session:
        first, second, rows = divided(
            session, "select grupo, id from pedidos where grupo is null", "grupo"
        )
    assert (len(first), rows) == (0, 285)
    assert len(set(second)) == 285


@pytest.mark.parametrize(
    ("sql", "rows", "may_be_null"),
    [
        ("select id from chaves", 1000, False),
        ("select k.id, c.id as n from conhecidos c left join chaves k on k.id = c.id", 2000, True),
        ("select id, count(*) from chaves group by grouping sets ((id), ())", 1001, True),
        ("select id from conhecidos", 2000, True),
    ],
)
def test_only_a_primary_key_read_alone_is_never_null(
    source: Source, sql: str, rows: int, may_be_null: bool
) -> None:
    with source.open() as session:
        columns = session.describe(sql)
        _lower, upper = session.answer(lambda line: division(line, sql, columns, "id"))
        first, second, count = divided(session, sql, "id")
    assert upper.startswith("c1 >= ") is not may_be_null
    assert count == len(set(first + second)) == rows
    assert min(len(first), len(second)) > 300


def test_both_connections_see_one_snapshot(source: Source, address: DatabaseAddress) -> None:
    is_over = threading.Event()
    run_sql(address, "create table if not exists ruido (n int)")

    def write_on() -> None:
        while not is_over.is_set():
            run_sql(address, "insert into ruido values (1)")

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        sql = "select id, pg_current_snapshot()::text as visto from pedidos"
        with source.open() as session:
            first, second, _ = divided(session, sql, "id")
    finally:
        is_over.set()
        writer.join()
    assert len({line.partition(";")[2] for line in first + second}) == 1


@pytest.mark.parametrize(
    ("sql", "column", "why"),
    [
        ("select id from pedidos", "outra", "not in the result"),
        ("select id, id from pedidos", "id", "several"),
        ("select texto from pedidos", "texto", "text"),
        ("select taxa from pedidos", "taxa", "double precision"),
        ("select id + 1 as id from pedidos", "id", "computes"),
        ("select n as id from generate_series(1, 3) n", "id", "computes"),
        ("select id, sorte from visao", "id", "view"),
        ("select id from pedidos limit 10", "id", "Limit"),
        ("select distinct on (grupo) id from pedidos order by grupo", "id", "Unique"),
        ("select id, row_number() over () from pedidos", "id", "WindowAgg"),
        ("select id from pedidos tablesample bernoulli (50)", "id", "Sample Scan"),
        ("select p.id from pedidos p, generate_series(1, 3)", "id", "Function Scan"),
    ],
)
def test_what_may_give_each_connection_other_rows_is_refused(
    source: Source, sql: str, column: str, why: str
) -> None:
    with source.open() as session, pytest.raises(QueryNotDivisible, match=why):
        divided(session, sql, column)


def test_joins_groups_and_materialized_views_are_shared(source: Source) -> None:
    sql = """
    select p.grupo, r.n, count(*) from pedidos p join resumo r using (grupo)
    where p.id in (select id from pedidos where id > 10) group by p.grupo, r.n
    union all select 0, 0, 0
    """
    with source.open() as session, pytest.raises(QueryNotDivisible, match="computes"):
        divided(session, sql, "n")
    with source.open() as session:
        first, second, rows = divided(session, sql.partition("union")[0], "n")
    assert (rows, len(first + second)) == (6, 6)


def test_cancelling_stops_both_queries_in_the_database(
    source: Source, address: DatabaseAddress
) -> None:
    with source.open() as session:

        def cancel() -> None:
            wait_for(lambda: run_sql(address, COUNT_COPIES.format(2)), what="both to run")
            session.cancel()

        thread = threading.Thread(target=cancel)
        thread.start()
        with pytest.raises(SourceCancelled):
            divided(session, SLOW, "id")
        thread.join()
    wait_for(lambda: run_sql(address, COUNT_COPIES.format(0)), what="both to be gone")


def test_the_time_limit_holds_for_both(source: Source, address: DatabaseAddress) -> None:
    with source.open(time_limit_s=1) as session, pytest.raises(SourceTimeout):
        divided(session, SLOW, "id")
    wait_for(lambda: run_sql(address, COUNT_COPIES.format(0)), what="both to be gone")


@pytest.mark.parametrize("id_", range(1, 5))
def test_a_fault_in_one_half_stops_the_other(
    source: Source, address: DatabaseAddress, id_: int
) -> None:
    sql = f"{SLOW} and 1 / (id - {id_}) is not null"
    with source.open() as session, pytest.raises(SourceFailed, match="division by zero"):
        divided(session, sql, "id")
    wait_for(lambda: run_sql(address, COUNT_COPIES.format(0)), what="both to be gone")


def test_a_line_cut_in_one_half_ends_both(source: Source, address: DatabaseAddress) -> None:
    kill = (
        "select pg_terminate_backend(max(pid)) from pg_stat_activity"
        " where datname = current_database() and state = 'active' and query like 'COPY%'"
    )

    def cut() -> None:
        wait_for(lambda: run_sql(address, COUNT_COPIES.format(2)), what="both to run")
        run_sql(address, kill)

    thread = threading.Thread(target=cut)
    thread.start()
    with source.open() as session, pytest.raises(SourceUnreachable):
        divided(session, SLOW, "id")
    thread.join()
    wait_for(lambda: run_sql(address, COUNT_COPIES.format(0)), what="both to be gone")


def test_a_full_disk_under_one_half_ends_both(source: Source, address: DatabaseAddress) -> None:
    class Full:
        def write(self, _data: bytes) -> object:
            raise DiskFull("no room")

    with source.open() as session, pytest.raises(DiskFull):
        sql = "select id, repeat('x', 9000) from pedidos where pg_sleep(0.01) is not null"
        session.export_divided(sql, (io.BytesIO(), Full()), Dialect(), column="id")
    wait_for(lambda: run_sql(address, COUNT_COPIES.format(0)), what="both to be gone")


# --- a whole run


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, address: DatabaseAddress
) -> Publisher:
    return Publisher(settings, address, parallel_column="id")


FORMS = [("csv", "csv"), ("ndjson", "ndjson"), ("json", "json"), ("parquet", "parquet")]


@pytest.mark.parametrize(("file_format", "extension"), FORMS)
def test_a_run_writes_both_halves_into_one_file(
    publisher: Publisher, file_format: str, extension: str
) -> None:
    publisher.change(file_format=file_format)
    run = publisher.run("select id, texto from pedidos")
    assert (run.state, run.error_message) == ("succeeded", None)
    assert publisher.current().rows == 2000
    file = publisher.target.with_suffix(f".{extension}")
    expected = {(str(n), f'linha "1"\n{n}') for n in range(1, 2001)}
    assert _rows_of(file) == sorted(expected)


def _rows_of(file: Path) -> list[tuple[str, str]]:
    match file.suffix:
        case ".csv":
            with file.open(encoding="utf-8", newline="") as text:
                header, *rows = csv.reader(text, delimiter=";")
            # The names come first, whichever connection is faster.
            assert header == ["id", "texto"]
            return sorted((row[0], row[1]) for row in rows)
        case ".parquet":
            objects = pq.read_table(file).to_pylist()
        case ".json":
            objects = json.loads(file.read_text("utf-8"))
        case _:
            objects = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return sorted((str(row["id"]), row["texto"]) for row in objects)


def test_a_run_that_cannot_be_divided_keeps_the_published_file(publisher: Publisher) -> None:
    assert publisher.run("select id from pedidos where id < 3").state == "succeeded"
    run = publisher.run("select id from pedidos limit 5")
    assert (run.state, run.error_code) == ("failed", "query_not_divisible")
    assert len(publisher.target.read_text().splitlines()) == 3
