"""Why a job did or did not run, for any job and any day, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from metadb.engine import unit_of_work
from models import Job, OccurrenceSpan, Run, RunAttempt, Worker
from services import occurrences
from tests.database_clock import DatabaseClock, hold_clock
from tests.integration.conftest import Cast, job_body

NOW = "2026-03-06T15:00"  # a Friday, 12:00 in São Paulo
DAILY = {"day": "Semana", "hour": "06,18", "minute": "00"}
MORNING, EVENING = "2026-03-06T09:00:00Z", "2026-03-06T21:00:00Z"


@pytest.fixture(autouse=True)
def held_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseClock]:
    return hold_clock(monkeypatch, NOW)


@pytest.fixture
def scheduler(cast: Cast) -> None:
    """A scheduler that has just given a sign of life."""
    with unit_of_work() as session:
        session.add(
            Worker(
                name="s", host="h", pid=1, is_scheduler=True, concurrency=1, heartbeat_at=at(NOW)
            )
        )


def at(iso: str) -> datetime:
    return datetime.fromisoformat(iso.removesuffix("Z")).replace(tzinfo=UTC)


def make_job(cast: Cast, *, since: str = "2026-01-01T00:00", **changes: Any) -> int:
    """A job that is planned, created and unchanged since then."""
    changes = {"job_status": "Y", "schedule": DAILY} | changes
    response = cast.root.post("/api/jobs", job_body(**changes))
    assert response.status_code == 201, response.text
    job_id = int(response.json["job_id"])
    with unit_of_work() as session:
        session.execute(
            text("update jobs_he set created_at = :since, schedule_since = :since"),
            {"since": at(since)},
        )
    return job_id


def report(cast: Cast, job_id: int, first: str | None = None, last: str | None = None) -> Any:
    query = {name: value for name, value in {"from": first, "to": last}.items() if value}
    response = cast.normal.get(f"/api/jobs/{job_id}/occurrences", query_string=query)
    assert response.status_code == 200, response.text
    return response.json


def add_run(job_id: int, due: str, state: str, started: float | None = None, **more: Any) -> None:
    """A run of the schedule; `started` is seconds after it was due."""
    with unit_of_work() as session:
        started_at = None if started is None else at(due) + timedelta(seconds=started)
        run = Run(
            job_id=job_id,
            job_name="Rotina",
            due_at=at(due),
            trigger="schedule",
            state=state,
            started_at=started_at,
            **more,
        )
        session.add(run)
        session.flush()
        if started_at is not None:
            session.add(
                RunAttempt(
                    run_id=run.run_id,
                    attempt=1,
                    worker_name="w",
                    state=state,
                    started_at=started_at,
                )
            )


def test_today_is_the_day_of_the_jobs_zone(cast: Cast, connection_id: int, scheduler: None) -> None:
    job_id = make_job(cast, time_zone="Pacific/Auckland", schedule=DAILY)
    found = report(cast, job_id)
    assert found["time_zone"] == "Pacific/Auckland"
    # 7 March there, thirteen hours ahead
    assert (found["range_start"], found["range_end"]) == (
        "2026-03-06T11:00:00Z",
        "2026-03-07T11:00:00Z",
    )


RUNS: list[tuple[dict[str, Any], str, str | None, int | None]] = [
    ({"state": "succeeded", "started": 3}, "ran", None, 3),
    ({"state": "succeeded", "started": 61}, "late", None, 61),
    ({"state": "running", "started": 2}, "running", None, 2),
    ({"state": "interrupted", "started": 1, "retry_at": at(NOW)}, "waiting", None, 1),
    ({"state": "interrupted", "started": 1, "reason": "attempts_used_up"}, "failed",
     "attempts_used_up", 1),
    ({"state": "failed", "started": 1, "error_code": "query_invalid", "error_message": "Typo."},
     "failed", "query_invalid", 1),
    ({"state": "cancelled", "reason": "overlap"}, "skipped", "overlap", None),
    ({"state": "cancelled", "reason": "missed"}, "skipped", "missed", None),
    ({"state": "cancelled", "reason": "paused"}, "skipped", "paused", None),
    ({"state": "cancelled", "reason": "on_request"}, "cancelled", "on_request", None),
    ({"state": "queued"}, "waiting", None, 2 * 3600),
    ({"state": "queued", "waiting_for": "quiet_hours"}, "waiting", "quiet_hours", 3600),
]  # fmt: skip


def test_each_state_of_a_run_has_its_outcome(
    cast: Cast, connection_id: int, scheduler: None
) -> None:
    job_id = make_job(cast, schedule=None, cron_text="0 * * * *")
    for hour, (run, *_) in enumerate(RUNS, start=3):
        add_run(job_id, f"2026-03-06T{hour:02}:00:00Z", **run)
    items = report(cast, job_id)["items"]
    found = [(item["outcome"], item["reason"], item["late_s"]) for item in items[: len(RUNS)]]
    assert found == [tuple(expected) for _, *expected in RUNS]
    assert [item["state"] for item in items[: len(RUNS)]] == [run["state"] for run, *_ in RUNS]
    assert all(item["message"].endswith(".") for item in items)
    # What is to come today has no run
    assert [(item["outcome"], item["run_id"]) for item in items[-11:]] == [("planned", None)] * 11


def test_an_error_message_is_the_sentence_of_a_failed_run(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast)
    add_run(job_id, MORNING, "failed", 1, error_code="query_invalid", error_message="Sem tabela.")
    found = report(cast, job_id, "2026-03-06T00:00Z", "2026-03-06T12:00Z")
    assert found["items"][0]["message"] == "Sem tabela."
    assert found["explanation"]["code"] == "failed"


def explained(cast: Cast, job_id: int, *days: str) -> tuple[str, list[str], str]:
    """Code, the reasons of the items, and the sentence."""
    found = report(cast, job_id, *days)
    reasons = [item["reason"] or item["outcome"] for item in found["items"]]
    return found["explanation"]["code"], reasons, found["explanation"]["message"]


def test_a_day_before_the_job_was_created(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast, since="2026-03-01T12:00")
    code, reasons, message = explained(cast, job_id, "2026-02-28")
    assert (code, reasons) == ("created_later", [])
    assert "2026-03-01 09:00" in message  # in São Paulo


def test_a_day_before_the_schedule_was_changed(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast)
    change = {"schedule": {"day": "Seg", "hour": "07", "minute": "00"}}
    assert cast.root.put(f"/api/jobs/{job_id}", change).status_code == 200
    code, reasons, message = explained(cast, job_id, "2026-03-02")  # a Monday
    assert (code, reasons) == ("schedule_changed", [])
    assert "2026-03-06 12:00" in message


def test_an_inactive_job(cast: Cast, connection_id: int, scheduler: None) -> None:
    job_id = make_job(cast, job_status="N")
    code, reasons, message = explained(cast, job_id)
    assert (code, reasons) == ("inactive", ["inactive", "inactive"])
    assert "not planned" in message


def test_an_inactive_job_without_a_schedule(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast, job_status="N", schedule=None)
    assert explained(cast, job_id)[:2] == ("inactive", [])


def test_a_job_whose_schedule_is_gone(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast)
    with unit_of_work() as session:
        session.execute(text("delete from jobs_de"))
    assert explained(cast, job_id)[:2] == ("no_schedule", [])


def test_a_schedule_typed_past_the_api_that_cannot_be_read(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast)
    with unit_of_work() as session:
        session.execute(text("delete from jobs_de"))
        session.execute(text("update jobs_he set cron_text = 'todo dia'"))
    assert explained(cast, job_id)[:2] == ("schedule_unreadable", [])


def test_a_zone_typed_past_the_api_that_is_unknown(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast)
    with unit_of_work() as session:
        session.execute(text("update jobs_he set time_zone = 'Lua'"))
    found = report(cast, job_id)
    assert (found["time_zone"], found["items"]) == ("America/Sao_Paulo", [])
    assert found["explanation"]["code"] == "schedule_unreadable"


def test_a_weekday_without_a_slot(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast, schedule={"day": "Seg,Ter", "hour": "06", "minute": "00"})
    code, reasons, message = explained(cast, job_id, "2026-03-04")  # a Wednesday
    assert (code, reasons) == ("no_slot", [])
    assert "Seg, Ter at 06:00" in message
    assert "The next time is 2026-03-09 06:00" in message


def test_days_outside_the_first_and_the_last(cast: Cast, connection_id: int) -> None:
    bounds = {"starts_on": "2026-03-05", "ends_on": "2026-03-07"}
    job_id = make_job(cast, **bounds)
    for day in ("2026-03-04", "2026-03-08"):
        code, reasons, message = explained(cast, job_id, day)
        assert (code, reasons) == ("outside_validity", ["outside_validity"] * 2)
        assert "from 2026-03-05 until 2026-03-07" in message
    # The days themselves are both in
    assert "outside_validity" not in explained(cast, job_id, "2026-03-05", "2026-03-07")[1]
    weekly = {"schedule": {"day": "Qui", "hour": "06", "minute": "00"}}
    cast.root.put(f"/api/jobs/{job_id}", weekly)
    assert explained(cast, job_id, "2026-03-10")[:2] == ("outside_validity", [])


def test_a_paused_job(
    cast: Cast, connection_id: int, held_clock: DatabaseClock, scheduler: None
) -> None:
    job_id = make_job(cast)
    assert cast.root.put(f"/api/jobs/{job_id}/pause", {"paused": True}).json == {"msg": "updated"}
    code, reasons, message = explained(cast, job_id, "2026-03-07")
    assert (code, reasons) == ("paused", ["paused", "paused"])
    assert "paused since 2026-03-06 12:00 by root_user" in message
    # What comes due is recorded, and stays told after the job goes on
    held_clock.move(days=1)
    enqueue()
    cast.root.put(f"/api/jobs/{job_id}/pause", {"paused": False})
    code, reasons, message = explained(cast, job_id, "2026-03-07T00:00", "2026-03-07T12:00")
    assert (code, reasons) == ("paused", ["paused"])
    assert "since" not in message


def test_maintenance(
    cast: Cast, connection_id: int, held_clock: DatabaseClock, scheduler: None
) -> None:
    job_id = make_job(cast)
    cast.root.put("/api/maintenance", {"paused": True, "note": "Troca"})
    assert explained(cast, job_id, "2026-03-07")[:2] == ("maintenance", ["maintenance"] * 2)
    held_clock.move(days=1)
    enqueue()
    cast.root.put("/api/maintenance", {"paused": False})
    held_clock.move(hours=10)
    enqueue()
    found = report(cast, job_id, "2026-03-06T21:00Z", "2026-03-07T21:01Z")
    assert [item["reason"] for item in found["items"]] == ["maintenance", "maintenance", "missed"]


def enqueue() -> None:
    with unit_of_work() as session:
        occurrences.enqueue_due(
            session, default_zone="America/Sao_Paulo", missed_within=timedelta(0)
        )


def test_nobody_is_scheduling(cast: Cast, connection_id: int, held_clock: DatabaseClock) -> None:
    job_id = make_job(cast)
    held_clock.move(hours=7)
    found = report(cast, job_id)
    assert [(item["outcome"], item["reason"]) for item in found["items"]] == [
        ("not_planned", "no_record"),  # its row is not there: the job is as old only in this test
        ("waiting", "no_scheduler"),
    ]
    assert found["explanation"]["code"] == "no_scheduler"
    assert explained(cast, job_id, "2026-03-08")[:2] == ("no_scheduler", ["no_scheduler"] * 2)


def test_a_day_to_come(cast: Cast, connection_id: int, scheduler: None) -> None:
    job_id = make_job(cast)
    code, reasons, message = explained(cast, job_id, "2026-03-08")
    assert (code, reasons) == ("planned", ["planned", "planned"])
    assert message == "2 occurrences are planned."


def test_several_reasons_are_counted(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast)
    add_run(job_id, "2026-03-05T09:00:00Z", "cancelled", reason="missed")
    add_run(job_id, "2026-03-05T21:00:00Z", "cancelled", reason="overlap")
    code, _, message = explained(cast, job_id, "2026-03-05")
    assert code == "skipped"
    assert "1 missed, 1 overlap" in message


def test_something_ran(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast)
    add_run(job_id, "2026-03-05T09:00:00Z", "succeeded", 1)
    add_run(job_id, "2026-03-05T21:00:00Z", "cancelled", reason="overlap")
    code, _, message = explained(cast, job_id, "2026-03-05")
    assert (code, message) == (
        "ran",
        "1 of 2 occurrences ran or is running. The others say what became of them.",
    )


def test_many_recorded_together_are_listed_and_stay_told_after_a_change(
    cast: Cast, connection_id: int
) -> None:
    job_id = make_job(cast)
    with unit_of_work() as session:
        session.add(
            OccurrenceSpan(
                job_id=job_id,
                first_due_at=at("2026-02-01T09:00:00Z"),
                last_due_at=at("2026-02-20T21:00:00Z"),
                occurrences=40,
                reason="missed",
            )
        )
    code, reasons, message = explained(cast, job_id, "2026-02-10")
    assert (code, reasons) == ("missed", ["missed", "missed"])
    assert "40 in all" in message
    cast.root.put(f"/api/jobs/{job_id}", {"schedule": {**DAILY, "hour": "07"}})
    code, reasons, message = explained(cast, job_id, "2026-02-10")
    assert (code, reasons) == ("missed", [])
    assert message.startswith("40 occurrences were not run from 2026-02-01 06:00 to 2026-02-20")


def test_moments_and_dates_bound_the_range(cast: Cast, connection_id: int) -> None:
    job_id = make_job(cast)
    for first, last, start, end in [
        ("2026-03-01", "2026-03-02", "2026-03-01T03:00:00Z", "2026-03-03T03:00:00Z"),
        ("2026-03-01", None, "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"),
        (None, "2026-03-01", "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"),
        ("2026-03-01T10:00", "2026-03-01T14:00Z", "2026-03-01T13:00:00Z", "2026-03-01T14:00:00Z"),
        ("2026-03-01T10:00+02:00", None, "2026-03-01T08:00:00Z", "2026-03-02T03:00:00Z"),
    ]:
        found = report(cast, job_id, first, last)
        assert (found["range_start"], found["range_end"]) == (start, end)


FAULTY = [
    ("ontem", None, "range_invalid"),
    ("2026-02-30", None, "range_invalid"),
    ("0001-01-01", None, "range_invalid"),
    ("2026-03-02", "2026-03-01", "range_invalid"),
    ("2026-03-01T10:00", "2026-03-01T13:00Z", "range_invalid"),
    ("2026-03-01", "2026-04-01", "range_too_long"),
    ("2026-03-01", "2199-03-01", "range_too_long"),
]


def test_a_faulty_range_is_refused(cast: Cast, job_id: int) -> None:
    for first, last, code in FAULTY:
        query = {"from": first} | ({"to": last} if last else {})
        response = cast.root.get(f"/api/jobs/{job_id}/occurrences", query_string=query)
        assert (response.status_code, response.json["code"]) == (422, code), first
        assert response.json["errors"][0]["field"] in ("from", "to")


def test_a_range_of_31_days_is_answered_and_cut_at_a_thousand(
    cast: Cast, connection_id: int
) -> None:
    job_id = make_job(cast, schedule=None, cron_text="* * * * *")
    found = report(cast, job_id, "2026-04-01", "2026-05-01")
    assert (len(found["items"]), found["is_cut"]) == (1000, True)
    assert found["items"][0]["due_at"] == "2026-04-01T03:00:00Z"
    assert report(cast, job_id, "2026-04-01T00:00", "2026-04-01T16:40")["is_cut"] is False


def test_a_job_that_is_not_there(cast: Cast, app: object) -> None:
    response = cast.root.get("/api/jobs/77/occurrences")
    assert (response.status_code, response.json["code"]) == (404, "job_not_found")


def test_a_schedule_typed_into_the_table_is_not_told_as_run(
    cast: Cast, connection_id: int, scheduler: None
) -> None:
    job_id = make_job(cast)
    with unit_of_work() as session:
        job = session.get_one(Job, job_id)
        job.planned_until = at(NOW)
    code, reasons, _ = explained(cast, job_id, "2026-03-05")
    assert (code, reasons) == ("no_record", ["no_record", "no_record"])
