"""The first rows of a query and the next moments of a schedule, before anything is saved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from services import previews as preview_services
from tests.integration.conftest import Cast
from tests.integration.test_api_connections import real_body
from tests.oracle_standin.tns_standin import OraError
from tests.sources import POSTGRES_TABLES, Source, new_database, oracle_source, run_sql
from webapi import previews

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def address(pg_server: ServerAddress) -> DatabaseAddress:
    found = new_database(pg_server)
    run_sql(found, POSTGRES_TABLES)
    return found


@pytest.fixture
def source(cast: Cast, address: DatabaseAddress) -> int:
    """The number of a connection that answers."""
    created = cast.root.post("/api/connections", real_body(address, name="fonte"))
    return int(created.json["connection_id"])


def preview(cast: Cast, connection_id: int, sql: str, status: int = 200, **more: Any) -> Any:
    body = {"connection_id": connection_id, "sql_script": sql, **more}
    response = cast.moderator.post("/api/preview", body)
    assert response.status_code == status, response.text
    return response.json


def test_a_preview_shows_columns_and_rows_as_text(cast: Cast, source: int) -> None:
    found = preview(
        cast,
        source,
        "select 7 as n, 0.50::numeric(10,2) as v, '' as vazio, null::text as nulo, true as b,"
        " date '2024-01-31' as d, timestamptz '2024-01-31 13:00+00' as t, '\\xff00'::bytea as x;",
        time_zone="America/Manaus",
    )
    assert set(found) == {"columns", "rows", "is_cut", "elapsed_ms", "binds", "concerns"}
    assert found["columns"][1] == {"name": "v", "type": "decimal", "native_type": "numeric(10,2)"}
    (row,) = found["rows"]
    assert row[:6] == ["7", "0.50", "", None, "true", "2024-01-31"]
    assert row[6].startswith("2024-01-31 09:00:00")
    assert row[7].endswith("ff00")
    assert found["is_cut"] is False
    assert found["elapsed_ms"] >= 0


def test_a_preview_is_cut_where_there_are_more_rows(cast: Cast, source: int) -> None:
    sql = "select generate_series(1, 100) as id"
    for limit, rows, is_cut in ((100, 100, False), (99, 99, True), (1, 1, True)):
        found = preview(cast, source, sql, limit=limit)
        assert (len(found["rows"]), found["is_cut"]) == (rows, is_cut)
    assert preview(cast, source, sql)["is_cut"] is False
    # It should not read what nobody sees
    assert len(preview(cast, source, f"select generate_series(1, {2**62}) as id")["rows"]) == 100
    none = preview(cast, source, "select 1 as a where false")
    assert (none["rows"], none["is_cut"], len(none["columns"])) == ([], False, 1)
    for limit in (0, 101, "x"):
        assert preview(cast, source, sql, 422, limit=limit)["code"] == "validation_failed"


def test_a_long_value_is_shortened(cast: Cast, source: int) -> None:
    ((text,),) = preview(cast, source, "select repeat('é', 100000) as t")["rows"]
    assert text == "é" * preview_services.MAX_CELL_CHARS + "…"


def test_a_typo_is_told_with_its_place(cast: Cast, source: int) -> None:
    problem = preview(cast, source, "select *\n  from não_existe", 422)
    assert (problem["code"], problem["line"], problem["column"]) == ("query_invalid", 2, 8)
    assert problem["database_code"] == "42P01"
    assert "não_existe" in problem["detail"]


def test_a_preview_changes_nothing(cast: Cast, source: int, address: DatabaseAddress) -> None:
    for sql, code in (
        ("insert into alvo values (1)", "query_not_select"),
        ("with x as (insert into alvo values (1) returning id) select id from x", None),
        ("select grava()", "query_refused"),
        ("select 1; drop table alvo", "query_multiple_statements"),
        ("", "query_empty"),
        ("select 'aberto", "query_unbalanced"),
        ("select $1::int", "query_refused"),
    ):
        problem = preview(cast, source, sql, 422)
        assert problem["code"].startswith("query_")
        assert code is None or problem["code"] == code
    assert run_sql(address, "select id from alvo") == []


def test_a_slow_preview_is_stopped_in_the_database(
    cast: Cast, source: int, address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_services, "TIME_LIMIT_S", 0.5)
    problem = preview(cast, source, "select 1 as a from pg_sleep(60)", 504)
    assert problem["code"] == "source_timeout"
    waiting = (
        "select pid from pg_stat_activity where query like '%pg_sleep(60)' and state = 'active'"
    )
    assert run_sql(address, waiting) == []


def test_a_source_that_refuses_or_is_away_is_told(
    cast: Cast, source: int, connection_id: int, address: DatabaseAddress
) -> None:
    changed = {"name": "errada", "username": "ninguem", "password": "errada-e-secreta"}
    created = cast.root.post("/api/connections", real_body(address, **changed))
    refused = preview(cast, created.json["connection_id"], "select 1", 502)
    assert refused["code"] == "source_login_failed"
    assert "errada-e-secreta" not in str(refused)
    assert preview(cast, connection_id, "select 1", 502)["code"] == "source_unreachable"
    assert preview(cast, 999, "select 1", 404)["code"] == "connection_not_found"
    zone = preview(cast, source, "select 1", 422, time_zone="Lua/Mar")
    assert zone["errors"][0]["field"] == "time_zone"


def oracle_connection(cast: Cast, oracle: Source) -> int:
    names = ("name", "kind", "host", "port", "database", "username", "password")
    body = {name: getattr(oracle.spec, name) for name in names}
    return int(cast.root.post("/api/connections", body).json["connection_id"])


def test_oracle_is_previewed_alike(cast: Cast) -> None:
    with oracle_source("19c") as (oracle, _server):
        number = oracle_connection(cast, oracle)
        found = preview(cast, number, "select a, b, c from numeros")
        assert found["rows"] == [["7", "12345678901234567890123456789012345678", "0.5"]]
        found = preview(cast, number, "select id, t from textos order by id", limit=3)
        assert found["rows"][2] == ["3", None]
        assert found["is_cut"] is True


# --- plans


def plan(cast: Cast, connection_id: int, sql: str, status: int = 200, **more: Any) -> Any:
    body = {"connection_id": connection_id, "sql_script": sql, **more}
    response = cast.moderator.post("/api/preview/plan", body)
    assert response.status_code == status, response.text
    return response.json


def test_the_plan_of_a_query_is_shown_and_the_query_not_run(cast: Cast, source: int) -> None:
    found = plan(cast, source, "select *, pg_sleep(60) from textos where id > 3 -- sono")
    assert set(found) == {"lines", "elapsed_ms", "binds"}
    assert any("Seq Scan on textos" in line for line in found["lines"])
    dated = plan(cast, source, "select 1 as a where :hoje > date '2020-01-01'")
    assert set(dated["binds"]) == {"hoje"}


def test_a_plan_refuses_what_a_preview_refuses(
    cast: Cast, source: int, address: DatabaseAddress
) -> None:
    for sql, code in (
        ("analyze", "query_not_select"),
        ("select 1; insert into alvo values (1)", "query_multiple_statements"),
        ("with x as (insert into alvo values (1) returning id) select id from x", None),
        ("select 1) union (select 2", None),
    ):
        problem = plan(cast, source, sql, 422)
        assert code is None or problem["code"] == code
    typo = plan(cast, source, "select *\n  from não_existe", 422)
    assert (typo["line"], typo["column"]) == (2, 8)
    assert run_sql(address, "select id from alvo") == []


def test_oracle_explains_by_its_own_means_and_reads_only_before_and_after(cast: Cast) -> None:
    with oracle_source("19c") as (oracle, server):
        number = oracle_connection(cast, oracle)
        found = plan(cast, number, "select a from numeros where :hoje > b")
        assert any("TABLE ACCESS FULL" in line for line in found["lines"])
        (explained,) = server.did("explain")
        assert "where (DATE '" in explained
        assert server.did("set transaction") == ["SET TRANSACTION READ ONLY"] * 2
        # It should never run the query itself, nor keep what was written
        assert not any(sql.startswith("select a from numeros") for sql in server.did("sql"))
        assert not server.did("commit")


@pytest.mark.parametrize("code", [942, 1031, 1039, 2402, 16000])
def test_an_account_that_may_have_no_plans_made_is_told_so(cast: Cast, code: int) -> None:
    with oracle_source("19c") as (oracle, server):
        server.explain_error = OraError(code, "not for you")
        problem = plan(cast, oracle_connection(cast, oracle), "select a from numeros", 422)
    assert problem["code"] == "plan_not_permitted"
    assert problem["database_code"] == f"ORA-{code:05}"
    assert "PLAN_TABLE" in problem["detail"]


def test_oracle_places_a_fault_when_it_explains(cast: Cast) -> None:
    with oracle_source("19c") as (oracle, server):
        problem = plan(cast, oracle_connection(cast, oracle), "select * from não_existe", 422)
        assert problem["code"] == "query_invalid"
        assert not server.did("explain")


# --- schedules


class Clock(datetime):
    """What the route takes for now."""

    moment = datetime(2026, 3, 6, 12, tzinfo=UTC)  # a Friday

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return cls.moment.astimezone(tz)


@pytest.fixture
def friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "datetime", Clock)


def moments(cast: Cast, **body: Any) -> Any:
    response = cast.normal.post("/api/schedule/preview", body)
    assert response.status_code == 200, response.text
    return response.json


def test_the_next_five_moments_of_a_schedule_have_offsets(
    cast: Cast, friday: None, settings: Settings
) -> None:
    found = moments(cast, day="Seg,Sáb", hour="06,18", minute="30")
    assert found == {
        "time_zone": settings.scheduler.time_zone,
        "moments": [
            "2026-03-07T06:30:00-03:00",
            "2026-03-07T18:30:00-03:00",
            "2026-03-09T06:30:00-03:00",
            "2026-03-09T18:30:00-03:00",
            "2026-03-14T06:30:00-03:00",
        ],
        "description": "Seg, Sáb at 06:30, 18:30",
        "off": [],
    }
    assert len(moments(cast, day="Semana", hour="6", minute="0", count=50)["moments"]) == 50


def test_moments_follow_the_clock_across_its_changes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "datetime", Clock)
    body = {"day": "Semana", "hour": "02", "minute": "30", "time_zone": "America/New_York"}
    assert moments(cast, **body, count=3)["moments"] == [
        "2026-03-07T02:30:00-05:00",
        "2026-03-08T03:30:00-04:00",  # 02:30 does not exist
        "2026-03-09T02:30:00-04:00",
    ]
    monkeypatch.setattr(Clock, "moment", datetime(2026, 10, 31, 12, tzinfo=UTC))
    assert moments(cast, **body | {"hour": "01"}, count=2)["moments"] == [
        "2026-11-01T01:30:00-04:00",  # the first of the two
        "2026-11-02T01:30:00-05:00",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day": "Seg,Domingo?"}, "day"),
        ({"hour": "24"}, "hour"),
        ({"minute": "60"}, "minute"),
        ({"time_zone": "Lua/Mar"}, "time_zone"),
        ({"count": 0}, "count"),
        ({"count": 51}, "count"),
        ({"day": "x" * 1001}, "day"),
    ],
)
def test_a_faulty_schedule_is_refused_with_its_field(
    cast: Cast, change: dict[str, Any], field: str
) -> None:
    body = {"day": "Seg", "hour": "06", "minute": "00"} | change
    response = cast.normal.post("/api/schedule/preview", body)
    assert response.status_code == 422
    assert field in response.json["errors"][0]["field"]
