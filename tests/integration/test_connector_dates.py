"""Dates that a query names reach both databases as dates, by every way a query is read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from connectors.base import ColumnType, QueryInvalid, QueryRefused
from connectors.bind_values import BindValue
from dialects.dialect import Dialect
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.oracle_standin.tns_standin import Fault, Scripted, Server
from tests.sources import Source, new_database, oracle_source, postgres_source, run_sql
from vocabulary import ParameterType

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

DATES = {"1": date(2024, 2, 1), "2": date(2024, 2, 29), "hoje": date(2024, 3, 1)}
WINDOW = """select d, n from vendas
 where d between :1 and :2 -- not :x
   and n <> 'x:y' and d < :HOJE
 order by d"""
CSV = "01/02/2024;b\n29/02/2024;c\n"


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    found = new_database(pg_server)
    run_sql(
        found,
        "create table vendas (d date, n text);"
        "insert into vendas values ('2024-01-31', 'a'), ('2024-02-01', 'b'), ('2024-02-29', 'c'),"
        " ('2024-03-01', 'd')",
    )
    return found


@pytest.fixture(scope="module")
def postgres(address: DatabaseAddress) -> Source:
    return postgres_source(address)


def answers() -> Scripted:
    """The stand-in as a table of four days that obeys its binds."""
    script = Scripted()
    days = {"a": (1, 31), "b": (2, 1), "c": (2, 29), "d": (3, 1)}
    rows = [(datetime(2024, *day), name) for name, day in days.items()]

    def chosen(binds: list[datetime]) -> list[tuple[datetime, str]]:
        first, last, today = binds
        return [row for row in rows if first <= row[0] <= last and row[0] < today]

    script.on("from vendas", "D DATE, N VARCHAR2(1)", chosen)
    return script


@pytest.fixture
def oracle() -> Iterator[tuple[Source, Server]]:
    with oracle_source("19c", answers()) as found:
        yield found


@pytest.fixture(params=["postgres", "oracle"])
def source(request: pytest.FixtureRequest) -> Source:
    found = request.getfixturevalue(request.param)
    return found if isinstance(found, Source) else found[0]


def exported(source: Source, sql: str, dialect: Dialect | None = None) -> str:
    sink = io.BytesIO()
    with source.open(binds=DATES) as session:
        session.describe(sql)
        session.export_csv(sql, sink, dialect or Dialect(header=False))
    return sink.getvalue().decode()


def test_an_export_reads_the_days_of_its_dates(source: Source) -> None:
    assert exported(source, WINDOW).replace(" 00:00:00", "") == CSV


def test_a_preview_reads_the_same_days(source: Source) -> None:
    with source.open(binds=DATES) as session:
        _, rows = session.fetch(WINDOW, 10)
    assert [(str(day)[:10], name) for day, name in rows] == [
        ("2024-02-01", "b"),
        ("2024-02-29", "c"),
    ]


def test_a_date_that_nothing_fills_is_refused(source: Source) -> None:
    with source.open(binds={"1": DATES["1"]}) as session:
        with pytest.raises(QueryRefused, match=":2, which nothing fills"):
            session.export_csv(WINDOW, io.BytesIO(), Dialect())
        with pytest.raises(QueryRefused, match=":2, which nothing fills"):
            session.fetch(WINDOW, 1)


def test_postgresql_reads_every_text_as_it_was_given(postgres: Source) -> None:
    ascii_signs = [chr(number) * 2 for number in range(1, 128)]
    texts = [
        *ascii_signs,
        "",
        "x' or 'a' = 'a",
        "\\'; drop table x --",
        "ação \U0001f600",
        "\u2028:hoje",
    ]
    given = {f"t{n}": BindValue(ParameterType.TEXT, text) for n, text in enumerate(texts)}
    named = ", ".join(f":{name} as {name}" for name in given)
    with postgres.open(binds=given) as session:
        _, rows = session.fetch(f"select {named}", 1)
    assert list(rows[0]) == texts


def test_dates_reach_oracle_as_binds(oracle: tuple[Source, Server]) -> None:
    source, server = oracle
    exported(source, WINDOW)
    sent = [datetime(day.year, day.month, day.day) for day in DATES.values()]
    assert server.did("binds") == [sent]


def test_a_quoted_placeholder_of_oracle_is_refused(oracle: tuple[Source, Server]) -> None:
    source, _ = oracle
    with source.open(binds=DATES) as session, pytest.raises(QueryRefused, match="nothing fills"):
        session.describe('select d, n from vendas where d > :"Outro"')


def test_a_place_in_an_error_of_oracle_is_one_in_the_text() -> None:
    script = answers()
    sql = "select d, n from vendas\nwhere d > :hoje and q = 1"
    sent_offset = len("select d, n from vendas\nwhere d > (CAST(:hoje AS DATE)) and ")
    script.on(
        "q = 1",
        "D DATE",
        fault=Fault("error", code=904, text='"Q": invalid identifier', offset=sent_offset),
    )
    with oracle_source("19c", script) as (source, _), source.open(binds=DATES) as session:
        with pytest.raises(QueryInvalid) as invalid:
            session.describe(sql)
    assert (invalid.value.line, invalid.value.column) == (2, 21)


def test_a_place_in_an_error_of_postgresql_is_one_in_the_text(postgres: Source) -> None:
    with postgres.open(binds=DATES) as session, pytest.raises(QueryInvalid) as invalid:
        session.describe("select :hoje, :1,\n  q from vendas")
    assert (invalid.value.line, invalid.value.column) == (2, 3)


@pytest.mark.parametrize("style", ["ISO, MDY", "SQL, DMY", "SQL, MDY", "German"])
def test_no_style_of_the_server_turns_a_day_around(
    postgres: Source, address: DatabaseAddress, style: str
) -> None:
    run_sql(
        address, f"alter role current_user in database {address.dbname} set datestyle='{style}'"
    )
    try:
        sql = "select d as dia, n, d = :1 as primeiro from vendas where d = :1"
        assert exported(postgres, sql) == "01/02/2024;b;true\n"
        assert exported(postgres, sql, Dialect(date_format="iso", header=False)).startswith(
            "2024-02-01;"
        )
        with postgres.open(binds=DATES) as session:
            columns, rows = session.fetch(
                "select d, d::timestamp as t, n from vendas where d=:1", 5
            )
        assert rows == [("2024-02-01", "2024-02-01 00:00:00", "b")]
        assert [column.name for column in columns] == ["d", "t", "n"]
    finally:
        run_sql(address, f"alter role current_user in database {address.dbname} reset datestyle")


def test_a_day_alone_is_a_date(postgres: Source) -> None:
    with postgres.open(binds=DATES) as session:
        (column,) = session.describe("select :hoje as dia")
    assert column.type is ColumnType.DATE


PLACES = """
select :hoje; select(:hoje)as a, :hoje b; select 1 where:1<:2; select :2-:1 as dias;
select :hoje::text || 'x', :hoje :: timestamp; select * from vendas where d in(:1,:2,:hoje);
select case when d between:1 and:2 then:1 else:2 end from vendas; select array[:1,:2];
select extract(year from:hoje), date_trunc('month',:hoje), :hoje + interval '1 day', -(:2-:1);
select n from vendas v join (select :1 as d) w on w.d=v.d and v.d>:1-7 order by:1,n limit 3;
select count(*) filter (where d>:1) over (partition by d>:2) from vendas group by d;
with x as (select :1 as d union all values(:2)) select d from x where d<=:2 -- :1
; select generate_series(:1,:2,'1 day')::date; select (array[1,2,3])[1:2], :hoje at time zone 'UTC'
"""


def test_a_date_may_stand_wherever_a_value_may(postgres: Source) -> None:
    with postgres.open(binds=DATES) as session:
        for text in PLACES.split(";"):
            assert session.describe(text.strip())


@pytest.mark.parametrize(
    "text",
    [
        "select 1 where :1 = :1) to program 'touch /nunca'; copy (select 2",
        "select :1 as a; drop table vendas",
        "select $1::date, :1",
    ],
)
def test_dates_open_no_door_out_of_copy(postgres: Source, text: str) -> None:
    with pytest.raises(QueryRefused):
        exported(postgres, text)
