"""Dates are written by the server's own style only where nothing in the query can notice."""

from __future__ import annotations

import io

import psycopg2
import pytest

from connectors.base import Column, ConnectionSpec, SessionTags
from connectors.limits import Limits
from connectors.postgres import libpq_parameters
from connectors.postgres_session import PostgresSession
from dialects.dialect import Dialect
from metadb.engine import DatabaseAddress

SETUP = """
create table pedidos as
select n as id, date '2024-01-31' + n as dia,
       timestamp '2024-02-01 10:11:12' + n * interval '1 h' as em,
       timestamptz '2024-02-01 12:00+00' as tz, 'cliente ' || n as nome, n * 1.5 as valor
from generate_series(1, 5) as n;
create view visao as select id, dia, dia::text as texto from pedidos;
create function escrita(date) returns text language plpgsql as 'begin return $1::text; end';
create table listas as select array[date '2024-02-01'] as dias, date '2024-02-01' as dia;
"""

INDIFFERENT = [
    "select * from pedidos",
    "select dia, sum(valor), count(*) filter (where id in (1, 2)) from pedidos group by dia",
    "select p.dia, q.nome from pedidos p join pedidos q using (id) where p.dia >= '2024-02-01'",
    "select date_trunc('month', em) as mes, coalesce(nome, 'x;y') from pedidos order by 1 desc",
    "select dia, row_number() over (partition by nome order by dia) from pedidos",
    "with x as (select max(dia) as dia from pedidos) select * from x where exists (select 1)",
    "select to_char(em, 'DD/MM/YYYY') as texto, dia, extract(year from em) as ano from pedidos",
    "select dia from visao",
]
NOTICING = [
    "select dia, dia::text as texto from pedidos",
    "select dia, 'dia ' || dia as texto from pedidos",
    "select dia, concat(dia, '') as texto from pedidos",
    "select * from visao",
    "select dia, escrita(dia) from pedidos",
    "select dias, dia from listas",
    "select dia, string_agg(dia::varchar, ',') from pedidos group by dia",
    "select dia, json_build_object('d', dia)::text from pedidos",
    "select dia, pedidos::text from pedidos",
]
# Which month '03/02/2024' is in depends on the order that the server reads dates in.
AMBIGUOUS = "select dia from pedidos where dia = '03/02/2024'"


@pytest.fixture
def spec(pg_database: DatabaseAddress) -> ConnectionSpec:
    connection = psycopg2.connect(**pg_database.keywords())
    with connection, connection.cursor() as cursor:
        cursor.execute(SETUP)
        cursor.execute(f"alter database {pg_database.dbname} set datestyle to 'ISO, MDY'")
    connection.close()
    return ConnectionSpec(
        kind="postgres",
        name="loja",
        username=pg_database.user,
        password=pg_database.password,
        host=pg_database.host,
        port=pg_database.port,
        database=pg_database.dbname,
    )


class WatchedSession(PostgresSession):
    """Remembers in which style the server was to write dates."""

    chosen = ""

    def _date_style(self, sql: str, columns: tuple[Column, ...], form: Dialect) -> str:
        self.chosen = super()._date_style(sql, columns, form)
        return self.chosen


def _export(spec: ConnectionSpec, sql: str, style: str) -> tuple[list[str], bool]:
    """Rows of an export, and whether the server itself wrote the dates."""
    sink = io.BytesIO()
    form = Dialect(date_format=style, time_zone="America/Sao_Paulo")  # type: ignore[arg-type]
    with WatchedSession(
        spec,
        libpq_parameters(spec, SessionTags("t")),
        Limits(60),
        connect_timeout_s=10,
        time_zone="America/Sao_Paulo",
    ) as session:
        session.export_csv(sql, sink, form)
    return sink.getvalue().decode().splitlines(), session.chosen.startswith("SQL, DMY")


@pytest.mark.parametrize("sql", INDIFFERENT)
def test_plain_queries_are_written_by_the_server(spec: ConnectionSpec, sql: str) -> None:
    rows, was_switched = _export(spec, sql, "dmy")
    iso, _ = _export(spec, sql, "iso")
    assert was_switched or "/" not in "".join(rows)
    assert len(rows) == len(iso)


@pytest.mark.parametrize("sql", [*NOTICING, AMBIGUOUS])
def test_queries_that_could_notice_keep_the_servers_style(spec: ConnectionSpec, sql: str) -> None:
    rows, was_switched = _export(spec, sql, "dmy")
    assert not was_switched
    assert rows


@pytest.mark.parametrize("sql", [*INDIFFERENT, *NOTICING, AMBIGUOUS])
def test_both_ways_give_the_same_bytes(
    spec: ConnectionSpec, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, _ = _export(spec, sql, "dmy")
    monkeypatch.setattr(PostgresSession, "_date_style", lambda *_: "ISO, MDY")
    slow, was_switched = _export(spec, sql, "dmy")
    assert not was_switched
    assert fast == slow


def test_order_of_day_and_month_stays_the_servers(spec: ConnectionSpec) -> None:
    # Read as MDY this is the second of March, which is not in the table
    rows, _ = _export(spec, AMBIGUOUS, "dmy")
    assert rows == ["dia"]


def test_text_made_of_dates_inside_the_query_is_untouched(spec: ConnectionSpec) -> None:
    rows, _ = _export(spec, "select dia, dia::text as texto from pedidos where id = 1", "dmy")
    assert rows == ["dia;texto", "01/02/2024;2024-02-01"]
