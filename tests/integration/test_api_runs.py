"""Runs and log records over HTTP: ask, list, page, filter, cancel."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from metadb.engine import unit_of_work
from models import Job, LogRecord, Maintenance, Run, RunAttempt, Worker
from tests.integration.conftest import Cast
from vocabulary import Phase, RunState, Trigger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEDGER_FIELDS = {
    "run_id", "job_id", "job_name", "due_at", "trigger", "attempt", "state", "reason",
    "queued_at", "started_at", "finished_at", "duration_ms", "rows", "size_bytes", "bytes",
    "version", "error_code", "error_message", "requested_by", "worker", "warning",
    "priority", "phase", "waiting_for", "not_before",
    "reference_date", "binds", "window_start", "window_end", "gate_units", "gate_deadline_at",
    "backfill_id", "caused_by_run_id", "holiday",
}  # fmt: skip


@pytest.fixture
def ledger(cast: Cast, job_id: int) -> int:
    """Thirty runs of the job, one a day; the last failed, the others succeeded."""
    with unit_of_work() as session:
        worker = Worker(name="máquina:1", host="h", pid=1, is_scheduler=True, concurrency=4)
        session.add(worker)
        session.flush()
        job = session.get_one(Job, job_id)
        for day in range(30):
            due_at = NOON + timedelta(days=day)
            run = Run(
                job_id=job_id,
                job_name=job.job_name,
                due_at=due_at,
                trigger=Trigger.SCHEDULE,
                state=RunState.FAILED if day == 29 else RunState.SUCCEEDED,
                error_code="query_invalid" if day == 29 else None,
                error_message="column x does not exist" if day == 29 else None,
                worker_id=worker.worker_id,
                queued_at=due_at,
                started_at=due_at,
                finished_at=due_at + timedelta(seconds=1.5),
                rows=day,
                size_bytes=day * 10,
                executed_sql="select 1 as n",
                attempts=[RunAttempt(attempt=1, worker_name=worker.name, state=RunState.SUCCEEDED)],
            )
            session.add(run)
            session.flush()
    return job_id


def test_a_job_is_run_on_request(cast: Cast, job_id: int) -> None:
    response = cast.moderator.post(f"/api/jobs/{job_id}/runs")
    assert response.status_code == 202
    run = response.json
    assert response.headers["Location"] == f"/api/runs/{run['run_id']}"
    assert (run["state"], run["trigger"], run["requested_by"]) == (
        "queued", "manual", "moderator_user",
    )  # fmt: skip
    assert run["due_at"] is None
    with unit_of_work() as session:
        entry = session.scalar(text("select queue_entry_id from runs"))
        assert session.scalar(text("select id from procrastinate_jobs")) == entry
    again = cast.moderator.post(f"/api/jobs/{job_id}/runs")
    assert (again.status_code, again.json["code"]) == (409, "run_already_active")


def test_a_waiting_run_is_cancelled_once(cast: Cast, job_id: int) -> None:
    run_id = cast.root.post(f"/api/jobs/{job_id}/runs").json["run_id"]
    response = cast.moderator.post(f"/api/runs/{run_id}/cancel")
    assert response.status_code == 202
    assert (response.json["state"], response.json["cancel_requested_by"]) == (
        "cancelled", "moderator_user",
    )  # fmt: skip
    again = cast.moderator.post(f"/api/runs/{run_id}/cancel")
    assert (again.status_code, again.json["code"]) == (409, "run_not_active")


def test_a_row_of_the_ledger_tells_everything_about_an_occurrence(cast: Cast, ledger: int) -> None:
    page = cast.normal.get("/api/runs").json
    assert (page["total"], page["page"], page["size"]) == (30, 1, 50)
    row = page["items"][0]
    assert set(row) == LEDGER_FIELDS
    assert row["due_at"] == "2026-03-31T12:00:00Z"
    assert (row["state"], row["error_code"]) == ("failed", "query_invalid")
    assert (row["duration_ms"], row["rows"], row["bytes"]) == (1500, 29, 290)
    assert (row["worker"], row["job_name"]) == ("máquina:1", "Vendas diárias")
    detail = cast.normal.get(f"/api/runs/{row['run_id']}").json
    assert set(row) < set(detail)
    assert [a["worker_name"] for a in detail["attempts"]] == ["máquina:1"]
    assert (detail["executed_sql"], detail["progress"]) == ("select 1 as n", None)


def test_pages_follow_one_another_by_their_links(cast: Cast, ledger: int) -> None:
    seen, path = [], "/api/runs?size=7&state=succeeded"
    while path:
        response = cast.normal.get(path)
        assert response.json["total"] == 29
        seen += [row["run_id"] for row in response.json["items"]]
        found = re.search(r'<([^>]+)>; rel="next"', response.headers["Link"])
        path = found[1] if found else ""
    assert len(seen) == len(set(seen)) == 29
    assert seen == sorted(seen, reverse=True)
    links = response.headers["Link"]
    assert '</api/runs?state=succeeded&page=1&size=7>; rel="first"' in links
    assert 'page=4&size=7>; rel="prev"' in links
    assert 'page=5&size=7>; rel="last"' in links


def test_runs_are_filtered(cast: Cast, ledger: int) -> None:
    for query, total in (
        ("state=failed", 1),
        ("state=failed&state=succeeded", 30),
        ("state=failed,succeeded", 30),
        ("state=", 30),
        ("trigger=manual", 0),
        ("trigger=schedule", 30),
        ("job_id=1", 30),
        ("job_id=2", 0),
        ("job_id=999999999999999999999999", 0),
        ("since=2026-03-10T12:00:00Z", 22),
        ("since=2026-03-10T09:00:00-03:00", 22),
        ("since=2026-03-10T13:00:00%2B01:00", 22),
        ("since=2026-03-10T13:00:00+01:00", 22),
        ("until=2026-03-10T12:00:00Z", 8),
        ("q=DIÁRIAS", 30),
        ("q=%25", 0),
        ("page=99", 30),
    ):
        response = cast.normal.get(f"/api/runs?{query}")
        assert response.status_code == 200, response.text
        assert (query, response.json["total"]) == (query, total)


WRONG_FILTERS = [
    "page=0", "page=-1", "page=x", "size=0", "size=201", "state=done", "trigger=cron",
    "since=yesterday", "since=2026-03-10T12:00:00", "until=2026-13-10T12:00:00Z",
    "job_id=x", "page=" + "9" * 5000, "q=" + "x" * 201,
]  # fmt: skip


def test_a_wrong_filter_is_refused_with_its_name(cast: Cast) -> None:
    for query in WRONG_FILTERS:
        for path in ("/api/runs", "/api/logs"):
            if path == "/api/logs" and query.startswith(("state", "trigger")):
                continue
            response = cast.normal.get(f"{path}?{query}")
            assert (response.status_code, response.json["code"]) == (422, "validation_failed")
            assert response.json["errors"][0]["field"].split(".")[0] == query.partition("=")[0]


def test_a_run_in_progress_tells_how_far_it_is(cast: Cast, ledger: int) -> None:
    with unit_of_work() as session:
        run = session.scalars(select(Run).where(Run.state == RunState.FAILED)).one()
        run.state, run.phase, run.finished_at = RunState.RUNNING, Phase.WRITING, None
        run.rows, run.size_bytes = 500, 10_000
        assert run.started_at is not None
        run.progress_at = run.started_at + timedelta(seconds=10)
        run_id = run.run_id
    detail = cast.normal.get(f"/api/runs/{run_id}").json
    assert (detail["phase"], detail["waiting_for"], detail["priority"]) == ("writing", None, 0)
    progress = detail["progress"]
    assert (progress["rows"], progress["rows_per_s"], progress["bytes_per_s"]) == (500, 50, 1000)
    # Ten runs before it took 1.5 s each and brought 19 to 28 rows
    assert (detail["expected_duration_ms"], detail["expected_rows"]) == (1500, 24)


def test_a_run_that_waits_says_for_what(cast: Cast, job_id: int) -> None:
    with unit_of_work() as session:
        session.execute(update(Maintenance).values(paused_at=NOON))
    made = cast.root.post(f"/api/jobs/{job_id}/runs")
    assert made.status_code == 202
    assert (made.json["state"], made.json["phase"], made.json["waiting_for"]) == (
        "queued",
        "waiting",
        "maintenance",
    )


def test_an_unknown_run_is_404(cast: Cast) -> None:
    for number in (0, 999, 2**63, 10**30):
        for method, suffix in (("GET", ""), ("POST", "/cancel")):
            response = cast.root.request(method, f"/api/runs/{number}{suffix}")
            assert (response.status_code, response.json["code"]) == (404, "run_not_found")


def test_a_job_in_the_list_shows_its_newest_run(cast: Cast, ledger: int) -> None:
    (job,) = cast.normal.get("/api/jobs").json
    assert job["last_run"]["state"] == "failed"
    assert job["last_run"]["due_at"] == "2026-03-31T12:00:00Z"


def write_records(*records: dict[str, Any]) -> None:
    with unit_of_work() as session:
        for number, record in enumerate(records):
            session.add(LogRecord(timestamp=NOON + timedelta(minutes=number), **record))
            session.flush()


@pytest.fixture
def records(cast: Cast) -> None:
    write_records(
        {"log_level": "INFO", "log_text": "user_logged_in", "user_name": "root_user"},
        {"log_level": "INFO", "log_text": "job_updated", "job_id": 7, "user_name": "root_user"},
        {"log_level": "ERROR", "log_text": "run_failed", "job_id": 7, "run_id": 3},
        {"log_level": "INFO", "log_text": "run_finished", "job_id": 8, "run_id": 4},
    )


def test_log_records_are_filtered_newest_first(cast: Cast, records: None) -> None:
    for query, texts in (
        ("", ["run_finished", "run_failed", "job_updated", "user_logged_in"]),
        ("level=error", ["run_failed"]),
        ("level=ERROR,INFO&job_id=7", ["run_failed", "job_updated"]),
        ("run_id=4", ["run_finished"]),
        ("user=root_user", ["job_updated", "user_logged_in"]),
        ("q=UPDATED", ["job_updated"]),
        ("since=2026-03-02T12:02:00Z", ["run_finished", "run_failed"]),
        ("until=2026-03-02T12:01:00Z", ["user_logged_in"]),
        ("size=1&page=2", ["run_failed"]),
    ):
        response = cast.moderator.get(f"/api/logs?{query}")
        found = [record["log_text"] for record in response.json["items"]]
        assert (query, found) == (query, texts)
        assert "Link" in response.headers


def test_a_normal_user_sees_what_belongs_to_jobs(cast: Cast, records: None) -> None:
    page = cast.normal.get("/api/logs").json
    assert page["total"] == 3
    assert {record["job_id"] for record in page["items"]} == {7, 8}
