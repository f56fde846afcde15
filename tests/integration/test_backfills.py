"""A range of days read again: in order, one at a time, behind everything else, and stoppable."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from models import Job, Run
from services import admission, ledger
from services.ledger import AttemptKey, Failure
from tests.executing import OneWorker, get_run
from tests.integration.conftest import Cast, job_body
from tests.integration.test_api_connections import real_body
from tests.sources import new_database
from vocabulary import Reason, RunState, Trigger, WaitingFor

WINDOW = "select :inicio as i, :fim as f, :hoje as h"


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    """One database for all: nothing is written to it."""
    return new_database(pg_server)


@pytest.fixture
def source(cast: Cast, address: DatabaseAddress) -> int:
    body = real_body(address, name="fonte")
    return int(cast.root.post("/api/connections", body).json["connection_id"])


@pytest.fixture
def worker(cast: Cast, settings: Settings) -> OneWorker:
    return OneWorker.of(settings)


def save(cast: Cast, source: int, sql: str = WINDOW, **fields: Any) -> int:
    response = cast.moderator.post(
        "/api/jobs", job_body(sql_script=sql, connection_id=source, **fields)
    )
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def start(cast: Cast, job_id: int, *days: str, step: str = "month", status: int = 202) -> Any:
    body = {"first_date": days[0], "last_date": days[1], "step": step}
    response = cast.moderator.post(f"/api/jobs/{job_id}/backfills", body)
    assert response.status_code == status, response.text
    return response.json


def batch(backfill_id: int) -> list[Run]:
    with unit_of_work() as session:
        chosen = select(Run).where(Run.backfill_id == backfill_id).order_by(Run.run_id)
        return list(session.scalars(chosen))


def offered() -> list[int]:
    """What may start now, first of all first."""
    with unit_of_work() as session:
        admission.offer(session, zone="UTC")
        ready = (Run.state == RunState.QUEUED) & Run.queue_entry_id.is_not(None)
        return list(session.scalars(select(Run.run_id).where(ready).order_by(-Run.priority)))


def test_its_runs_have_their_dates_and_go_one_by_one_in_order(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source, priority=5, last_data_date="2024-01-09")
    made = start(cast, job_id, "2024-01-10", "2024-03-02")
    assert (made["state"], made["total"], made["counts"]) == ("running", 3, {"queued": 3})
    assert (made["progress"], made["step"], made["job_name"]) == (0, "month", "Vendas diárias")
    runs_made = batch(made["backfill_id"])
    assert {(run.trigger, run.priority) for run in runs_made} == {(Trigger.BACKFILL, -995)}
    for number, run in enumerate(runs_made):
        assert offered() == [run.run_id]
        assert all(
            r.waiting_for == WaitingFor.BACKFILL for r in batch(made["backfill_id"])[number + 1 :]
        )
        assert worker.execute(run.run_id).state == RunState.SUCCEEDED
        shown = cast.normal.get(f"/api/backfills/{made['backfill_id']}").json
        assert shown["progress"] == pytest.approx((number + 1) / 3)
    assert (shown["state"], shown["counts"]) == ("finished", {"succeeded": 3})
    assert [run.binds for run in batch(made["backfill_id"])] == [
        {"inicio": "2024-01-10", "fim": "2024-01-31", "hoje": "2024-01-31"},
        {"inicio": "2024-02-01", "fim": "2024-02-29", "hoje": "2024-02-29"},
        {"inicio": "2024-03-01", "fim": "2024-03-02", "hoje": "2024-03-02"},
    ]
    with unit_of_work() as session:
        assert session.get_one(Job, job_id).last_data_date == date(2024, 3, 2)
    listed = cast.normal.get(f"/api/backfills?job_id={job_id}").json
    assert [item["backfill_id"] for item in listed["items"]] == [made["backfill_id"]]
    assert cast.normal.get("/api/backfills?job_id=999").json["items"] == []
    of_it = cast.normal.get(f"/api/runs?backfill_id={made['backfill_id']}").json
    assert of_it["total"] == 3


def test_it_never_moves_the_last_day_back(cast: Cast, source: int, worker: OneWorker) -> None:
    job_id = save(cast, source, last_data_date="2024-05-31")
    made = start(cast, job_id, "2024-01-01", "2024-01-31", step="whole")
    (run,) = batch(made["backfill_id"])
    assert worker.execute(run.run_id).state == RunState.SUCCEEDED
    with unit_of_work() as session:
        assert session.get_one(Job, job_id).last_data_date == date(2024, 5, 31)


def test_other_runs_of_the_job_pass_it_and_the_next_waits_for_retries(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source)
    follower = save(
        cast, source, "select 1 as n", export_name="b", job_status="Y", after=[{"job_id": job_id}]
    )
    made = start(cast, job_id, "2024-01-01", "2024-01-04", step="day")
    first, second, third, _ = batch(made["backfill_id"])
    key = AttemptKey(first.run_id, 1)
    with unit_of_work() as session:
        assert ledger.claim(session, key, worker.executor.worker)
    # A run by hand is let in while the backfill is under way, and stands before its rest
    assert cast.moderator.post(f"/api/jobs/{job_id}/runs").status_code == 202
    assert offered() == []
    with unit_of_work() as session:
        ledger.fail(session, key, Failure("away", "Away."), retry_in_s=3600)
    (by_hand,) = offered()
    assert get_run(by_hand).trigger == Trigger.MANUAL
    assert worker.execute(by_hand).state == RunState.SUCCEEDED
    # It should keep the order of its days: the second waits until the first has ended for good
    assert offered() == [r.run_id for r in _waiting_of(follower)]
    with unit_of_work() as session:
        session.execute(update(Run).where(Run.run_id == first.run_id).values(not_before=None))
    worker.execute(first.run_id)
    assert second.run_id in offered()
    assert third.run_id not in offered()
    # And its runs start no followers
    assert {run.caused_by_run_id for run in _waiting_of(follower)} == {by_hand}


def _waiting_of(job_id: int) -> list[Run]:
    with unit_of_work() as session:
        return list(session.scalars(select(Run).where(Run.job_id == job_id)))


def test_it_is_cancelled_whole(cast: Cast, source: int, worker: OneWorker) -> None:
    job_id = save(cast, source)
    made = start(cast, job_id, "2022-01-01", "2024-09-26", step="day")
    assert made["total"] == 1000
    first, second, *_ = batch(made["backfill_id"])
    worker.execute(first.run_id)
    with unit_of_work() as session:
        assert ledger.claim(session, AttemptKey(second.run_id, 1), worker.executor.worker)
    path = f"/api/backfills/{made['backfill_id']}"
    cancelled = cast.moderator.post(f"{path}/cancel")
    assert cancelled.status_code == 202
    assert (cancelled.json["state"], cancelled.json["cancelled_by"]) == (
        "cancelling",
        "moderator_user",
    )
    assert cancelled.json["counts"] == {"succeeded": 1, "running": 1, "cancelled": 998}
    running = get_run(second.run_id)
    assert running.cancel_requested_by == "moderator_user"
    assert batch(made["backfill_id"])[-1].reason == Reason.ON_REQUEST
    with unit_of_work() as session:
        ledger.cancel(session, AttemptKey(second.run_id, 1), Failure("cancelled", "x"))
    assert cast.normal.get(path).json["state"] == "cancelled"
    again = cast.moderator.post(f"{path}/cancel")
    assert (again.status_code, again.json["code"]) == (409, "backfill_not_active")
    # Deleting the job ends a batch too, and keeps its record
    other = start(cast, job_id, "2024-01-01", "2024-01-31", step="day")
    assert cast.moderator.delete(f"/api/jobs/{job_id}").status_code == 200
    kept = cast.normal.get(f"/api/backfills/{other['backfill_id']}").json
    assert (kept["state"], kept["job_id"]) == ("cancelled", None)
    assert offered() == []


def test_what_makes_no_sense_is_refused_with_the_reason(cast: Cast, source: int) -> None:
    job_id = save(cast, source)
    tomorrow = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011 - any zone will do
    for days, step, code, word in (
        (("2024-02-01", "2024-01-01"), "day", "backfill_invalid", "comes after"),
        (("2024-01-01", tomorrow), "whole", "backfill_invalid", "has not come yet"),
        (("2020-01-01", "2024-01-01"), "day", "backfill_invalid", "1462 runs"),
    ):
        refused = start(cast, job_id, *days, step=step, status=422)
        assert refused["code"] == code
        assert word in refused["detail"]
    assert start(cast, job_id, "2024-01-01", "x", status=422)["code"] == "validation_failed"
    assert start(cast, 999, "2024-01-01", "2024-01-02", status=404)["code"] == "job_not_found"
    for sql, word in (("select 1 as n", "names no day"), ("select :inicio as i", "end of its")):
        job = save(cast, source, sql, export_name=f"n{len(sql)}")
        refused = start(cast, job, "2024-01-01", "2024-01-02", status=422)
        assert refused["code"] == "backfill_without_dates"
        assert word in refused["detail"]
    # A query of other days has no window
    job = save(cast, source, "select :ontem as d", export_name="d")
    made = start(cast, job, "2024-01-01", "2024-01-02", step="day")
    found = [(run.reference_date, run.window_end) for run in batch(made["backfill_id"])]
    assert found == [(date(2024, 1, 1), None), (date(2024, 1, 2), None)]


def test_a_batch_is_not_late_and_hides_no_other_run_of_its_job(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source)
    by_hand = cast.moderator.post(f"/api/jobs/{job_id}/runs").json["run_id"]
    with unit_of_work() as session:
        assert ledger.claim(session, AttemptKey(by_hand, 1), worker.executor.worker)
        ledger.fail(session, AttemptKey(by_hand, 1), Failure("boom", "It broke."))
    made = start(cast, job_id, "2024-01-01", "2024-01-03", step="day")
    assert worker.execute(batch(made["backfill_id"])[0].run_id).state == RunState.SUCCEEDED
    with unit_of_work() as session:
        session.execute(
            update(Run)
            .where(Run.backfill_id == made["backfill_id"])
            .values(queued_at=Run.queued_at - timedelta(hours=1))
        )
    overview = cast.normal.get("/api/overview").json
    assert overview["late"] == []
    assert [run["run_id"] for run in overview["failed"]] == [by_hand]
    assert cast.normal.get(f"/api/jobs/{job_id}").json["last_run"]["run_id"] == by_hand


def lines(settings: Settings, name: str = "diario.csv") -> list[str]:
    text = (settings.paths.csv_root / "vendas" / name).read_text("utf-8")
    return sorted(text.splitlines()[1:])


def execute_all(worker: OneWorker, backfill_id: int) -> None:
    for run in batch(backfill_id):
        done = worker.execute(run.run_id)
        assert done.state == RunState.SUCCEEDED, done.error_message


def test_each_period_takes_its_place_and_later_days_stay(
    cast: Cast, source: int, worker: OneWorker, settings: Settings
) -> None:
    sql = "select d::date as dia, {} as v from generate_series(:1, :2, interval '10 days') d"
    fields = {"export_type": "Acumulado", "data_primary_key": "dia"}
    job_id = save(cast, source, sql.format("'a'"), **fields)
    execute_all(worker, start(cast, job_id, "2024-01-01", "2024-01-31")["backfill_id"])
    execute_all(worker, start(cast, job_id, "2024-02-01", "2024-02-29")["backfill_id"])
    kept = ["01/02/2024;a", "11/02/2024;a", "21/02/2024;a", "31/01/2024;a"]
    assert lines(settings) == sorted(["01/01/2024;a", "11/01/2024;a", "21/01/2024;a", *kept])
    cast.moderator.put(f"/api/jobs/{job_id}", {"sql_script": sql.format("'b'")})
    execute_all(worker, start(cast, job_id, "2024-01-10", "2024-01-12", step="day")["backfill_id"])
    days = [f"{day:02}/01/2024;b" for day in range(10, 13)]
    assert lines(settings) == sorted(["01/01/2024;a", *days, "21/01/2024;a", *kept])


def test_months_are_read_again_whole(
    cast: Cast, source: int, worker: OneWorker, settings: Settings
) -> None:
    sql = "select d::date as dia from generate_series(:inicio, :fim, interval '10 days') d"
    job_id = save(cast, source, sql, export_type="Mês", data_primary_key="dia")
    for days, step, word in (
        (("2024-01-01", "2024-01-31"), "day", "take month or whole"),
        (("2024-01-02", "2024-01-31"), "month", "begins none"),
        (("2024-01-01", "2024-02-28"), "whole", "ends none"),
    ):
        assert word in start(cast, job_id, *days, step=step, status=422)["detail"]
    for days in (("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-01-31")):
        execute_all(worker, start(cast, job_id, *days)["backfill_id"])
    assert lines(settings, "diario 01.2024.csv")[-1] == "31/01/2024"
    assert lines(settings, "diario 02.2024.csv")[-1] == "21/02/2024"
