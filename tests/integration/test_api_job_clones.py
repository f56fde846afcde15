"""Activating a job with one member, and making a second job like the first."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import Job, JobSlot
from tests.integration.conftest import Cast, job_body

SCHEDULE = {"minute": "00,30", "hour": "06,18", "day": "Seg,Sáb"}


@pytest.fixture
def scheduled(cast: Cast, connection_id: int) -> int:
    """An inactive job that could be active."""
    body = job_body(schedule=SCHEDULE, time_zone="America/Manaus", time_limit_s=600)
    return int(cast.root.post("/api/jobs", body).json["job_id"])


def status_of(cast: Cast, job_id: int) -> str:
    return str(cast.root.get(f"/api/jobs/{job_id}").json["job_status"])


def test_a_job_is_activated_and_deactivated(cast: Cast, scheduled: int) -> None:
    path = f"/api/jobs/{scheduled}"
    before = cast.root.get(path).json
    for status, msg in (("Y", "updated"), ("Y", "no changes"), ("N", "updated")):
        response = cast.moderator.put(f"{path}/status", {"job_status": status})
        assert (response.status_code, response.json) == (200, {"msg": msg})
        after = cast.root.get(path)
        assert after.json["job_status"] == status
        assert (after.json["next_due_at"] is not None) == (status == "Y")
        assert response.headers["ETag"] == after.headers["ETag"]
    changing = {"revision", "updated_at"}
    assert {k: v for k, v in after.json.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }


def test_a_job_that_could_not_run_is_not_activated(cast: Cast, job_id: int) -> None:
    path = f"/api/jobs/{job_id}/status"
    for body, status, code in (
        ({"job_status": "Y"}, 422, "job_without_slots"),
        ({"job_status": "y"}, 422, "flag_invalid"),
        ({"job_status": "YES"}, 422, "validation_failed"),
        ({"job_status": None}, 422, "validation_failed"),
        ({}, 422, "validation_failed"),
    ):
        response = cast.moderator.put(path, body)
        assert (body, response.status_code, response.json["code"]) == (body, status, code)
    assert status_of(cast, job_id) == "N"
    unknown = cast.moderator.put("/api/jobs/999/status", {"job_status": "N"})
    assert (unknown.status_code, unknown.json["code"]) == (404, "job_not_found")


def test_a_stale_revision_does_not_activate(cast: Cast, scheduled: int) -> None:
    path = f"/api/jobs/{scheduled}"
    tag = cast.root.get(path).headers["ETag"]
    assert cast.root.put(path, {"sql_script": "select 2 as n"}).status_code == 200
    stale = cast.root.put(f"{path}/status", {"job_status": "Y"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json["code"]) == (412, "revision_conflict")
    assert status_of(cast, scheduled) == "N"


def test_a_clone_is_like_the_job_but_inactive_and_with_a_file_of_its_own(
    cast: Cast, scheduled: int
) -> None:
    cast.root.put(f"/api/jobs/{scheduled}/status", {"job_status": "Y"})
    response = cast.normal.post(f"/api/jobs/{scheduled}/clone", {"job_name": "Cópia"})
    assert response.status_code == 201
    clone_id = response.json["job_id"]
    assert response.json == {"job_id": clone_id}
    assert response.headers["Location"] == f"/api/jobs/{clone_id}"
    original, clone = (cast.root.get(f"/api/jobs/{n}").json for n in (scheduled, clone_id))
    differing = {k for k in clone if clone[k] != original[k]}
    assert differing == {
        "job_id", "job_name", "job_status", "export_name", "next_due_at", "revision",
        "created_at", "updated_at", "dataset",
    }  # fmt: skip
    assert (clone["job_name"], clone["job_status"], clone["next_due_at"]) == ("Cópia", "N", None)
    assert clone["dataset"] == "vendas/diario_2"
    with unit_of_work() as session:
        assert session.get_one(Job, clone_id).created_by_id == cast.normal.user_id
    # It should be a job that runs once somebody activates it
    activated = cast.root.put(f"/api/jobs/{clone_id}/status", {"job_status": "Y"})
    assert activated.json == {"msg": "updated"}
    assert cast.root.get(f"/api/jobs/{clone_id}").json["next_due_at"] is not None


def test_names_of_clones_go_on_counting(cast: Cast, job_id: int, settings: Settings) -> None:
    def clone_of(number: int, **body: Any) -> tuple[int, str]:
        response = cast.root.post(f"/api/jobs/{number}/clone", {"job_name": "Cópia", **body})
        assert response.status_code == 201, response.text
        clone_id = int(response.json["job_id"])
        return clone_id, cast.root.get(f"/api/jobs/{clone_id}").json["export_name"]

    second, name = clone_of(job_id)
    assert name == "diario_2"
    assert clone_of(job_id)[1] == "diario_3"
    assert clone_of(second)[1] == "diario_4"
    assert clone_of(job_id, export_name="")[1] == "diario_5"
    assert clone_of(job_id, export_name="outro")[1] == "outro"
    # It should pass over a file that somebody else put there, and the data of a deleted job
    folder = settings.paths.csv_root / "vendas"
    folder.mkdir(parents=True)
    (folder / "diario_6.csv").write_text("A\n1\n")
    seventh, name = clone_of(job_id)
    assert name == "diario_7"
    assert cast.root.delete(f"/api/jobs/{seventh}").status_code == 200
    assert clone_of(job_id)[1] == "diario_8"


def test_a_name_without_room_for_a_number_is_shortened(cast: Cast, connection_id: int) -> None:
    for long in ("x" * 120, "ção" * 40, "é" * 100):
        made = cast.root.post("/api/jobs", job_body(export_name=long)).json["job_id"]
        clone = cast.root.post(f"/api/jobs/{made}/clone", {"job_name": "Cópia"}).json["job_id"]
        name = cast.root.get(f"/api/jobs/{clone}").json["export_name"]
        assert name.endswith("_2")
        assert long.startswith(name.removesuffix("_2"))


def test_slots_that_are_not_every_combination_are_copied_one_by_one(
    cast: Cast, job_id: int
) -> None:
    slots = [("Seg", "06", "00"), ("Ter", "18", "30")]
    with unit_of_work() as session:
        for day, hour, minute in slots:
            session.execute(
                text(
                    "insert into jobs_de (job_id, job_day, job_hour, job_minute)"
                    " values (:job, :day, :hour, :minute)"
                ),
                {"job": job_id, "day": day, "hour": hour, "minute": minute},
            )
    clone_id = cast.root.post(f"/api/jobs/{job_id}/clone", {"job_name": "Cópia"}).json["job_id"]
    with unit_of_work() as session:
        found = session.scalars(select(JobSlot).where(JobSlot.job_id == clone_id)).all()
        assert [(s.job_day, s.job_hour, s.job_minute) for s in found] == slots


def test_a_clone_that_cannot_be_is_refused(cast: Cast, job_id: int) -> None:
    for path, body, status, code in (
        (f"/api/jobs/{job_id}/clone", {}, 422, "validation_failed"),
        (f"/api/jobs/{job_id}/clone", {"job_name": " "}, 422, "job_invalid"),
        (f"/api/jobs/{job_id}/clone", {"job_name": "x" * 201}, 422, "validation_failed"),
        (f"/api/jobs/{job_id}/clone", {"job_name": "a", "export_name": "a/b"}, 422, "name_invalid"),
        (f"/api/jobs/{job_id}/clone", {"job_name": "a", "export_name": "DIARIO"}, 409,
         "target_taken"),
        ("/api/jobs/999/clone", {"job_name": "a"}, 404, "job_not_found"),
    ):  # fmt: skip
        response = cast.normal.post(path, body)
        assert (body, response.status_code, response.json["code"]) == (body, status, code)
    assert len(cast.root.get("/api/jobs").json) == 1
