"""Runs read the days they should: window, date expressions, and how far a job's data reaches."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from models import Job, Run
from services import runs, windows
from tests.executing import OneWorker, get_run
from tests.integration.conftest import Cast, job_body
from tests.integration.test_api_connections import real_body
from tests.sources import new_database, oracle_source, run_sql
from tests.waiting import wait_for
from vocabulary import Reason, RunState

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

WINDOW = "select d, n from vendas where d between :1 and :2 order by d"
MONDAY = datetime(2024, 3, 4, 9, tzinfo=UTC)  # 06:00 in São Paulo
LATE_SUNDAY = datetime(2024, 3, 4, 2, 30, tzinfo=UTC)  # still the third there


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    found = new_database(pg_server)
    run_sql(
        found,
        "create table vendas as select d::date, 'v' || d::date as n"
        " from generate_series(date '2024-01-01', date '2024-03-31', interval '1 day') d",
    )
    return found


@pytest.fixture
def source(cast: Cast, address: DatabaseAddress) -> int:
    created = cast.root.post("/api/connections", real_body(address, name="fonte"))
    return int(created.json["connection_id"])


@pytest.fixture
def worker(cast: Cast, settings: Settings) -> OneWorker:
    return OneWorker.of(settings)


def save(cast: Cast, source: int, sql: str = WINDOW, **fields: Any) -> int:
    body = job_body(sql_script=sql, connection_id=source, **fields)
    response = cast.moderator.post("/api/jobs", body)
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def asked(job_id: int, due_at: datetime | None = None) -> int:
    """The number of a queued run, due then."""
    with unit_of_work() as session:
        run = runs.enqueue_run(session, job_id, requested_by="ana")
        session.execute(update(Run).where(Run.run_id == run.run_id).values(due_at=due_at))
        return run.run_id


def reaches(job_id: int) -> date | None:
    with unit_of_work() as session:
        return session.get_one(Job, job_id).last_data_date


def lines(settings: Settings) -> list[str]:
    text = (settings.paths.csv_root / "vendas" / "diario.csv").read_text("utf-8")
    return text.splitlines()[1:]


@pytest.mark.parametrize(
    ("last", "start"), [("2024-01-31", date(2024, 2, 1)), ("2024-02-15", date(2024, 2, 1))]
)
def test_a_run_reads_its_window_and_the_job_remembers_its_end(
    cast: Cast, source: int, worker: OneWorker, settings: Settings, last: str, start: date
) -> None:
    job_id = save(cast, source, days_offset=1, last_data_date=last)
    run = worker.execute(asked(job_id, MONDAY))
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert (run.window_start, run.window_end) == (start, date(2024, 3, 3))
    assert run.binds == {"1": "2024-02-01", "2": "2024-03-03"}
    assert run.rows == 32
    assert lines(settings)[0] == "01/02/2024;v2024-02-01"
    assert reaches(job_id) == date(2024, 3, 3)
    shown = cast.normal.get(f"/api/runs/{run.run_id}").json
    assert shown["binds"] == {"1": "2024-02-01", "2": "2024-03-03"}
    assert (shown["window_start"], shown["window_end"]) == ("2024-02-01", "2024-03-03")
    assert cast.normal.get(f"/api/jobs/{job_id}").json["last_data_date"] == "2024-03-03"


def test_the_first_window_begins_with_the_month_of_its_end(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source, days_offset=5)
    run = worker.execute(asked(job_id, MONDAY))
    assert (run.window_start, run.window_end) == (date(2024, 2, 1), date(2024, 2, 28))


def test_a_run_has_the_dates_of_the_day_it_was_due_in_the_zone_of_its_job(
    cast: Cast, source: int, worker: OneWorker, settings: Settings
) -> None:
    sql = "select :hoje as h, :ontem as o, :month_start as m from vendas limit 1"
    job_id = save(cast, source, sql)
    run = worker.execute(asked(job_id, LATE_SUNDAY))
    assert run.binds == {
        "hoje": "2024-03-03",
        "ontem": "2024-03-02",
        "month_start": "2024-03-01",
    }
    assert lines(settings) == ["03/03/2024;02/03/2024;01/03/2024"]
    # It should know no window, and leave the last day alone
    assert (run.window_start, reaches(job_id)) == (None, None)
    cast.moderator.put(f"/api/jobs/{job_id}", {"time_zone": "Asia/Tokyo"})
    assert worker.execute(asked(job_id, LATE_SUNDAY)).binds["hoje"] == "2024-03-04"  # type: ignore[index]


def test_a_run_asked_for_by_hand_has_the_dates_of_that_day(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source, "select :hoje as h", time_zone="UTC")
    run = worker.execute(asked(job_id))
    assert run.binds == {"hoje": run.queued_at.astimezone(UTC).date().isoformat()}


def test_business_days_are_counted_by_the_calendar_of_the_job(
    cast: Cast, source: int, worker: OneWorker, settings: Settings
) -> None:
    brazil = cast.root.get("/api/calendars").json[0]["calendar_id"]
    sql = "select :dia_util_anterior as d, :month_last_business_day as u from vendas limit 1"
    job_id = save(cast, source, sql, calendar_id=brazil)
    # The Monday after a weekend; the month ends with Good Friday and Easter
    run = worker.execute(asked(job_id, MONDAY))
    assert run.binds == {
        "dia_util_anterior": "2024-03-01",
        "month_last_business_day": "2024-03-28",
    }
    assert lines(settings) == ["01/03/2024;28/03/2024"]
    refused = cast.root.put(f"/api/jobs/{job_id}", {"calendar_id": None})
    assert (refused.status_code, refused.json["code"]) == (422, "date_needs_calendar")
    # A calendar that works on no day of the month
    days = [{"day": f"2000-03-{n:02}", "name": "Parada", "yearly": True} for n in range(1, 32)]
    assert cast.root.put(f"/api/calendars/{brazil}", {"days": days}).status_code == 200
    run = worker.execute(asked(job_id, MONDAY))
    assert (run.state, run.error_code) == (RunState.FAILED, "business_day_missing")
    asking = f"/api/date-expressions?reference_date=2024-04-01&calendar_id={brazil}"
    values = {one["name"]: one["value"] for one in cast.normal.get(asking).json}
    assert values["dia_util_anterior"] == "2024-02-29"
    bare = {one["name"]: one["value"] for one in cast.normal.get("/api/date-expressions").json}
    assert bare["dia_util_anterior"] is None


def test_a_repeated_run_reads_the_same_window(cast: Cast, source: int, worker: OneWorker) -> None:
    job_id = save(cast, source, last_data_date="2024-01-31")
    run_id = asked(job_id, MONDAY)
    with unit_of_work() as session:
        run, job = session.get_one(Run, run_id), session.get_one(Job, job_id)
        first = windows.dates_of_run(
            session, run, job, zone=ZoneInfo("America/Sao_Paulo"), kind="postgres"
        )
        windows.record(session, run.run_id, first)
        job.last_data_date = date(2024, 2, 29)
    run = worker.execute(run_id)
    assert (run.window_start, run.window_end) == (date(2024, 2, 1), date(2024, 3, 4))
    assert reaches(job_id) == date(2024, 3, 4)


def test_nothing_to_read_is_no_failure_and_asks_no_source(
    cast: Cast, connection_id: int, worker: OneWorker
) -> None:
    # Nobody answers on this connection
    job_id = save(cast, connection_id, days_offset=4, last_data_date="2024-02-29")
    run = worker.execute(asked(job_id, MONDAY))
    assert (run.state, run.reason) == (RunState.CANCELLED, Reason.WINDOW_EMPTY)
    assert run.error_code == "window_empty"
    assert "01/03/2024" in str(run.error_message)
    assert "29/02/2024" in str(run.error_message)
    assert (run.window_start, run.window_end) == (date(2024, 3, 1), date(2024, 2, 29))
    assert [attempt.state for attempt in run.attempts] == [RunState.CANCELLED]
    assert reaches(job_id) == date(2024, 2, 29)


def test_a_failed_run_leaves_the_last_day(cast: Cast, source: int, worker: OneWorker) -> None:
    sql = "select 1 / (n = 'x')::int as q from vendas where d between :inicio and :fim"
    job_id = save(cast, source, sql, last_data_date="2024-01-31")
    run = worker.execute(asked(job_id, MONDAY))
    assert run.state != RunState.SUCCEEDED
    assert reaches(job_id) == date(2024, 1, 31)


MOVES = [
    (date(2024, 3, 10), date(2024, 3, 1), date(2024, 3, 4), date(2024, 3, 10)),  # never back
    (date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 29), date(2024, 2, 29)),  # the day after
    (date(2024, 1, 31), date(2024, 2, 2), date(2024, 2, 29), date(2024, 1, 31)),  # over no gap
    (None, date(2024, 2, 1), date(2024, 2, 29), date(2024, 2, 29)),
]


def test_the_last_day_moves_forward_only_and_over_no_gap(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source)
    for last, start, end, then in MOVES:
        run_id = asked(job_id)
        with unit_of_work() as session:
            session.get_one(Job, job_id).last_data_date = last
            run = session.get_one(Run, run_id)
            run.window_start, run.window_end = start, end
        assert worker.execute(run_id).state == RunState.SUCCEEDED
        assert reaches(job_id) == then


def test_the_last_day_is_edited_and_the_window_reloads_from_there(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source, last_data_date="2024-02-29")
    changed = cast.moderator.put(f"/api/jobs/{job_id}", {"last_data_date": "2024-01-14"})
    assert changed.json == {"msg": "updated"}
    run = worker.execute(asked(job_id, MONDAY))
    assert run.window_start == date(2024, 1, 1)
    for wrong in ("0000-01-01", "9999-12-31", "ontem"):
        refused = cast.moderator.put(f"/api/jobs/{job_id}", {"last_data_date": wrong})
        assert refused.json["errors"][0]["field"] == "last_data_date"


def test_oracle_gets_its_window_as_binds(cast: Cast, worker: OneWorker) -> None:
    with oracle_source("19c") as (oracle, server):
        spec = oracle.spec
        body = {
            "name": spec.name,
            "kind": "oracle",
            "host": spec.host,
            "port": spec.port,
            "database": spec.database,
            "username": spec.username,
            "password": spec.password,
        }
        number = cast.root.post("/api/connections", body).json["connection_id"]
        sql = "select id, t from textos where d between :1 and :2"
        job_id = save(cast, number, sql, last_data_date="2024-01-31")
        run = worker.execute(asked(job_id, MONDAY))
        assert run.state == RunState.SUCCEEDED, run.error_message
        assert server.did("binds") == [[datetime(2024, 2, 1), datetime(2024, 3, 4)]]


@pytest.mark.parametrize("path", ["/api/jobs", "/api/parameters"])
def test_an_unknown_date_is_refused_when_it_is_saved(cast: Cast, source: int, path: str) -> None:
    sql = "select ':certo' as a, :ontem as b, :onte as c, :3 as d"
    body = job_body(sql_script=sql, connection_id=source, parameter_name="p")
    refused = cast.moderator.post(path, body)
    assert (refused.status_code, refused.json["code"]) == (422, "date_expression_unknown")
    assert ":onte, :3" in refused.json["detail"]
    assert ":inicio_mes_anterior" in refused.json["hint"]
    assert ":ontem, " not in refused.json["detail"].split("There are")[0]


def test_a_preview_reads_the_same_days_and_says_which(cast: Cast, source: int) -> None:
    body = {
        "connection_id": source,
        "sql_script": WINDOW.replace("d, n", "count(*) as linhas").replace("order by d", ""),
        "reference_date": "2024-03-04",
        "days_offset": 1,
        "last_data_date": "2024-01-31",
    }
    found = cast.moderator.post("/api/preview", body)
    assert found.json["rows"] == [["32"]]
    assert found.json["binds"] == {"1": "2024-02-01", "2": "2024-03-03"}
    refused = cast.moderator.post("/api/preview", body | {"sql_script": "select :amanhan"})
    assert (refused.status_code, refused.json["code"]) == (422, "date_expression_unknown")


def test_the_names_of_days_are_listed_with_their_values(cast: Cast) -> None:
    query = "?reference_date=2024-03-04&days_offset=1&last_data_date=2024-01-31"
    found = cast.normal.get(f"/api/date-expressions{query}").json
    assert found[0] == {
        "name": "inicio",
        "aliases": ["window_start", "1"],
        "meaning": found[0]["meaning"],
        "value": "2024-02-01",
    }
    assert set(found[0]["meaning"]) == {"pt", "en"}
    values = {entry["name"]: entry["value"] for entry in found}
    assert (values["fim"], values["hoje"], values["inicio_mes_anterior"]) == (
        "2024-03-03",
        "2024-03-04",
        "2024-02-01",
    )
    # It should be the day of the zone
    for zone, hours in (("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)):

        def is_there(zone: str = zone, hours: int = hours) -> bool:
            listed = cast.normal.get(f"/api/date-expressions?time_zone={zone}").json
            shifted = datetime.fromtimestamp(datetime.now(UTC).timestamp() + hours * 3600, UTC)
            return bool(listed[2]["value"] == shifted.date().isoformat())

        wait_for(is_there, what=f"today in {zone}")
    assert cast.normal.get("/api/date-expressions?time_zone=Lua/Mar").status_code == 422


def test_a_run_shows_no_dates_before_it_has_them(cast: Cast, source: int) -> None:
    run = get_run(asked(save(cast, source)))
    shown = cast.normal.get(f"/api/runs/{run.run_id}").json
    assert (shown["binds"], shown["window_end"], shown["backfill_id"]) == (None, None, None)
