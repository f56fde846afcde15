"""Every kind of schedule over HTTP: saved, shown, previewed, refused; pause and the short list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metadb.engine import unit_of_work
from models import Job, Run
from services import occurrences
from tests.database_clock import DatabaseClock, hold_clock
from tests.integration.conftest import Cast, job_body

NOTHING = {"day": "", "hour": "", "minute": ""}
UNEVEN = [
    {"day": "Seg", "hour": 6, "minute": 0},
    {"day": "Sex", "hour": 17, "minute": 30},
]
EVEN = {"day": "Seg,Sex", "hour": "06", "minute": "00", "slots": None}


def create(cast: Cast, **changes: Any) -> int:
    response = cast.root.post("/api/jobs", job_body(**changes))
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def shown(cast: Cast, job_id: int) -> Any:
    return cast.normal.get(f"/api/jobs/{job_id}").json


def change(cast: Cast, job_id: int, **fields: Any) -> Any:
    return cast.root.put(f"/api/jobs/{job_id}", fields)


def test_single_slots_are_kept_and_shown_in_both_forms(cast: Cast, connection_id: int) -> None:
    job_id = create(cast, job_status="Y", schedule={"slots": [*UNEVEN, UNEVEN[0]]})
    texts = {"day": "Seg,Sex", "hour": "06,17", "minute": "00,30"}
    assert shown(cast, job_id)["schedule"] == {**texts, "slots": UNEVEN}
    (item,) = cast.normal.get("/api/jobs").json
    assert item["schedule"] == {**texts, "complete_hour": "06:00,17:30", "slots": UNEVEN}
    assert item["next_due_at"] is not None
    # A client of the existing interface sends back the texts it was shown
    assert change(cast, job_id, schedule=texts).json == {"msg": "no changes"}
    # Both at once, as they are shown, are one thing
    assert change(cast, job_id, schedule={**texts, "slots": UNEVEN}).json == {"msg": "no changes"}
    even = {"day": "Seg,Sex", "hour": "06", "minute": "00"}
    assert change(cast, job_id, schedule=even).json == {"msg": "updated"}
    assert shown(cast, job_id)["schedule"] == EVEN
    # Slots that are every combination are shown as texts alone
    product = [{**UNEVEN[0], "day": day} for day in ("Segunda", "sexta")]
    assert change(cast, job_id, schedule={"slots": product}).json == {"msg": "no changes"}
    assert change(cast, job_id, schedule={"slots": []}).status_code == 422  # it is active


def test_each_kind_of_schedule_plans_the_job(cast: Cast, connection_id: int) -> None:
    job_id = create(cast, job_status="Y", cron_text="*/5 * * * *", time_zone="UTC")
    job = shown(cast, job_id)
    assert (job["cron_text"], job["schedule"]["day"]) == ("*/5 * * * *", "")
    assert datetime.fromisoformat(job["next_due_at"]).minute % 5 == 0
    assert change(cast, job_id, cron_text=None, every_minutes=45).status_code == 200
    due = datetime.fromisoformat(shown(cast, job_id)["next_due_at"])
    assert (due - datetime(2024, 1, 1, tzinfo=UTC)) % timedelta(minutes=45) == timedelta(0)
    assert change(cast, job_id, starts_on="2150-01-02").status_code == 200
    assert shown(cast, job_id)["next_due_at"] == "2150-01-02T00:00:00Z"
    assert change(cast, job_id, starts_on=None, ends_on="2020-01-01").status_code == 200
    assert shown(cast, job_id)["next_due_at"] is None


FAULTY: list[tuple[dict[str, Any], str, str]] = [
    ({"cron_text": "61 * * * *"}, "cron_invalid", "cron_text"),
    ({"cron_text": "0 6 * * SEG"}, "cron_invalid", "cron_text"),
    ({"every_minutes": 0}, "interval_invalid", "every_minutes"),
    ({"every_minutes": 10_081}, "interval_invalid", "every_minutes"),
    ({"cron_text": "@daily", "every_minutes": 5}, "schedule_kind_conflict", "cron_text"),
    ({"cron_text": "@daily", "schedule": {"slots": UNEVEN}}, "schedule_kind_conflict", "schedule"),
    ({"starts_on": "2026-03-02", "ends_on": "2026-03-01"}, "validity_invalid", "ends_on"),
    ({"starts_on": "1999-12-31"}, "validity_invalid", "starts_on"),
    ({"missed_within_min": 0}, "job_invalid", "missed_within_min"),
    ({"schedule": {"slots": [{"day": "Feriado", "hour": 6, "minute": 0}]}}, "schedule_invalid",
     "schedule.slots"),
    ({"schedule": {**EVEN, "slots": UNEVEN}}, "schedule_invalid", "schedule.slots"),
    ({"schedule": {"slots": [{"day": "Seg", "hour": 24, "minute": 0}]}}, "validation_failed",
     "schedule.slots.0.hour"),
]  # fmt: skip


def test_a_schedule_that_means_nothing_is_refused_with_its_field(
    cast: Cast, connection_id: int
) -> None:
    for fields, code, field in FAULTY:
        response = cast.root.post("/api/jobs", job_body(**fields))
        assert (response.status_code, response.json["code"]) == (422, code), fields
        assert response.json["errors"][0]["field"] == field
    assert cast.root.get("/api/jobs").json == []


def test_a_second_kind_is_refused_until_the_first_is_emptied(
    cast: Cast, connection_id: int
) -> None:
    job_id = create(cast, schedule={"slots": UNEVEN})
    refused = change(cast, job_id, cron_text="@daily")
    assert (refused.status_code, refused.json["code"]) == (422, "schedule_kind_conflict")
    assert change(cast, job_id, cron_text="@daily", schedule=NOTHING).status_code == 200
    assert shown(cast, job_id)["schedule"] == {**NOTHING, "slots": None}


def test_a_preview_takes_every_kind(cast: Cast, app: object) -> None:
    bodies: list[tuple[dict[str, Any], str, list[str]]] = [
        (
            {"slots": UNEVEN, "starts_on": "2150-01-01"},
            "Seg at 06:00; Sex at 17:30, from 2150-01-01",
            ["2150-01-02T17:30:00-03:00", "2150-01-05T06:00:00-03:00"],
        ),
        (
            {"cron_text": "30 6 1 * *", "starts_on": "2150-01-01", "ends_on": "2150-01-31"},
            (
                "At 06:30 on the first day of every month (30 6 1 * *), from 2150-01-01, "
                "until 2150-01-31"
            ),
            ["2150-01-01T06:30:00-03:00"],
        ),
        (
            {"every_minutes": 90, "starts_on": "2150-01-01"},
            "Every 90 minutes, counted from 00:00 on 2150-01-01, from 2150-01-01",
            ["2150-01-01T00:00:00-03:00", "2150-01-01T01:30:00-03:00"],
        ),
    ]
    for body, description, expected in bodies:
        found = cast.normal.post("/api/schedule/preview", {**body, "count": 2}).json
        assert found["moments"] == expected
        assert found["description"] == description
    for fields, code in [
        ({}, "schedule_invalid"),
        ({"cron_text": "* *"}, "cron_invalid"),
        ({"day": "Seg", "hour": "6", "minute": "0", "every_minutes": 5}, "schedule_kind_conflict"),
    ]:
        response = cast.normal.post("/api/schedule/preview", fields)
        assert (response.status_code, response.json["code"]) == (422, code)


def test_a_clone_has_the_schedule_and_policies(cast: Cast, connection_id: int) -> None:
    policies = {"missed_policy": "all", "missed_cap": 3, "overlap_policy": "queue", "priority": 7}
    job_id = create(cast, cron_text="@daily", ends_on="2150-01-01", **policies)
    cast.root.put(f"/api/jobs/{job_id}/pause", {"paused": True})
    clone = cast.root.post(f"/api/jobs/{job_id}/clone", {"job_name": "Outra"}).json["job_id"]
    job = shown(cast, clone)
    assert (job["cron_text"], job["ends_on"], job["paused_at"]) == ("@daily", "2150-01-01", None)
    assert {name: job[name] for name in policies} == policies


@pytest.fixture
def held_clock(monkeypatch: pytest.MonkeyPatch) -> DatabaseClock:
    return hold_clock(monkeypatch, "2026-03-06T15:00:30")


def ledger(job_id: int) -> list[tuple[str, str | None]]:
    with unit_of_work() as session:
        occurrences.enqueue_due(session, default_zone="UTC", missed_within=timedelta(hours=6))
    with unit_of_work() as session:
        runs = session.query(Run).filter_by(job_id=job_id).order_by(Run.due_at)
        return [(f"{run.due_at:%H:%M} {run.state}", run.reason) for run in runs]


def test_pause_runs_what_was_due_before_and_makes_up_for_nothing(
    cast: Cast, connection_id: int, held_clock: DatabaseClock
) -> None:
    job_id = create(cast, job_status="Y", cron_text="*/10 * * * *", time_zone="UTC")
    revision = shown(cast, job_id)["revision"]
    held_clock.move(minutes=10)
    for _ in range(2):
        cast.moderator.put(f"/api/jobs/{job_id}/pause", {"paused": True})
    job = shown(cast, job_id)
    assert (job["paused_at"], job["paused_by"]) == ("2026-03-06T15:10:30Z", "moderator_user")
    assert job["revision"] == revision
    assert cast.normal.get("/api/overview").json["planned"] == []
    held_clock.move(minutes=20)
    assert ledger(job_id) == [
        ("15:10 queued", None),
        ("15:20 cancelled", "paused"),
        ("15:30 cancelled", "paused"),
    ]
    held_clock.move(minutes=10)
    again = cast.moderator.put(f"/api/jobs/{job_id}/pause", {"paused": False})
    assert again.json == {"msg": "updated"}
    held_clock.move(minutes=10)
    assert ledger(job_id)[3:] == [("15:40 cancelled", "paused"), ("15:50 cancelled", "overlap")]
    assert shown(cast, job_id)["paused_by"] is None


def test_an_edit_loses_nothing_that_was_due_before_it(
    cast: Cast, connection_id: int, held_clock: DatabaseClock
) -> None:
    job_id = create(cast, job_status="Y", cron_text="*/10 * * * *", time_zone="UTC")
    held_clock.move(minutes=10)
    change(cast, job_id, cron_text="*/15 * * * *")
    held_clock.move(minutes=5)
    assert ledger(job_id) == [("15:10 queued", None), ("15:15 cancelled", "overlap")]
    held_clock.move(minutes=15)
    cast.root.put(f"/api/jobs/{job_id}/status", {"job_status": "N"})
    held_clock.move(minutes=15)
    assert ledger(job_id)[2:] == [("15:30 cancelled", "overlap")]
    with unit_of_work() as session:
        assert session.get_one(Job, job_id).next_due_at is None


def test_the_brief_list_leaves_the_queries_out(cast: Cast, connection_id: int) -> None:
    create(cast, schedule={"slots": UNEVEN})
    (full,) = cast.normal.get("/api/jobs").json
    (brief,) = cast.normal.get("/api/jobs?brief=1").json
    assert full["sql_script"] == "select 1 as n"
    assert brief == {**full, "sql_script": None}


def test_the_list_escapes_every_letter_beyond_ascii(cast: Cast, connection_id: int) -> None:
    name = 'Relatório "ação" \\ 😀 \u2028'
    create(cast, job_name=name)
    answer = cast.normal.get("/api/jobs?brief=1")
    assert answer.data.isascii()
    assert [job["job_name"] for job in answer.json] == [name]


def test_maintenance_is_told_and_ends(
    cast: Cast, connection_id: int, held_clock: DatabaseClock
) -> None:
    nothing = {"paused": False, "paused_at": None, "paused_by": None, "note": None}
    assert cast.normal.get("/api/maintenance").json == nothing
    started = cast.moderator.put("/api/maintenance", {"paused": True, "note": "Troca do disco"})
    assert started.json == {
        "paused": True,
        "paused_at": "2026-03-06T15:00:30Z",
        "paused_by": "moderator_user",
        "note": "Troca do disco",
    }
    # Saying it again keeps since when and who
    held_clock.move(minutes=5)
    again = cast.root.put("/api/maintenance", {"paused": True, "note": "Ainda"}).json
    assert again == started.json | {"note": "Ainda"}
    assert cast.root.put("/api/maintenance", {"paused": False}).json == nothing
