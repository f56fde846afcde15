"""What a normal user saves waits for somebody else; every version of a job is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from metadb.engine import unit_of_work
from models import Job
from services.job_versions import NOT_DEFINED
from services.jobs import JobFields
from tests.integration.conftest import Cast, job_body

SCHEDULE = {"day": "Seg", "hour": "06", "minute": "00"}


def waiting(cast: Cast) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cast.moderator.get("/api/proposals?state=waiting").json
    return found


def test_security_four_eyes_a_new_job_of_a_normal_user_waits(
    cast: Cast, connection_id: int
) -> None:
    body = job_body(job_status="Y", schedule=SCHEDULE)
    job_id = cast.normal.post("/api/jobs", body).json["job_id"]
    assert cast.root.get(f"/api/jobs/{job_id}").json["job_status"] == "N"
    (proposal,) = waiting(cast)
    assert (proposal["job_id"], proposal["proposed_by"]) == (job_id, "normal_user")
    assert "+select 1 as n" in proposal["diff"]["sql"].splitlines()
    path = f"/api/proposals/{proposal['proposal_id']}"
    assert cast.normal.post(f"{path}/approve", {}).status_code == 403
    assert cast.moderator.post(f"{path}/approve", {"note": "ok"}).status_code == 200
    assert cast.root.get(f"/api/jobs/{job_id}").json["job_status"] == "Y"
    again = cast.root.post(f"{path}/approve", {})
    assert (again.status_code, again.json["code"]) == (409, "proposal_decided")
    decided = cast.root.get("/api/proposals?state=approved").json[0]
    assert (decided["decided_by"], decided["decision_note"]) == ("moderator_user", "ok")


def test_security_four_eyes_a_change_waits_and_shows_the_difference(
    cast: Cast, job_id: int
) -> None:
    changes = {"sql_script": "select 1 as n,\n       2 as m", "export_name": "outro"}
    sent = {"changes": changes, "note": "falta a coluna m"}
    assert cast.normal.post(f"/api/jobs/{job_id}/proposals", sent).status_code == 201
    assert cast.root.get(f"/api/jobs/{job_id}").json["sql_script"] == "select 1 as n"
    (proposal,) = waiting(cast)
    assert [one["field"] for one in proposal["diff"]["fields"]] == ["export_name", "sql_script"]
    assert {"-select 1 as n", "+select 1 as n,"} <= set(proposal["diff"]["sql"].splitlines())
    path = f"/api/proposals/{proposal['proposal_id']}/approve"
    assert cast.root.post(path, {}).status_code == 200
    job = cast.root.get(f"/api/jobs/{job_id}").json
    assert (job["sql_script"], job["export_name"]) == (changes["sql_script"], "outro")


def test_security_four_eyes_nobody_approves_their_own(cast: Cast, job_id: int) -> None:
    sent = {"changes": {"sql_script": "select 3 as n"}}
    made = cast.moderator.post(f"/api/jobs/{job_id}/proposals", sent)
    path = f"/api/proposals/{made.json['proposal_id']}"
    refused = cast.moderator.post(f"{path}/approve", {})
    assert (refused.status_code, refused.json["code"]) == (403, "own_proposal")
    # Taking it back is no approval.
    assert cast.moderator.post(f"{path}/refuse", {}).status_code == 200
    assert cast.root.get(f"/api/jobs/{job_id}").json["sql_script"] == "select 1 as n"


def test_security_four_eyes_what_was_looked_at_is_what_is_saved(cast: Cast, job_id: int) -> None:
    sent = {"changes": {"sql_script": "select 3 as n"}}
    made = cast.normal.post(f"/api/jobs/{job_id}/proposals", sent)
    cast.moderator.put(f"/api/jobs/{job_id}", {"export_name": "novo"})
    path = f"/api/proposals/{made.json['proposal_id']}/approve"
    refused = cast.root.post(path, {})
    assert (refused.status_code, refused.json["code"]) == (409, "proposal_outdated")


def test_security_four_eyes_a_proposal_passes_the_rules_of_a_job_when_approved(
    cast: Cast, job_id: int
) -> None:
    for changes in ({"sql_script": "delete from pedidos"}, {"export_path": "../fora"}):
        made = cast.normal.post(f"/api/jobs/{job_id}/proposals", {"changes": changes})
        path = f"/api/proposals/{made.json['proposal_id']}/approve"
        assert cast.root.post(path, {}).status_code == 422
    assert cast.root.get(f"/api/jobs/{job_id}").json["revision"] == 1
    empty = cast.normal.post(f"/api/jobs/{job_id}/proposals", {"changes": {}})
    assert (empty.status_code, empty.json["code"]) == (422, "proposal_empty")


def test_every_version_of_a_job_is_kept_compared_and_restored(cast: Cast, job_id: int) -> None:
    path = f"/api/jobs/{job_id}"
    changes: list[dict[str, Any]] = [
        {"sql_script": "select 2 as n", "schedule": SCHEDULE},
        {"job_status": "Y", "starts_on": "2026-01-01", "cron_text": None},
        {"export_name": "terceiro", "missed_policy": "all", "dialect": {"profile": "excel_br"}},
    ]
    for body in changes:
        assert cast.moderator.put(path, body).status_code == 200
    versions = cast.normal.get(f"{path}/versions").json
    assert [one["revision"] for one in versions] == [4, 3, 2, 1]
    assert [one["saved_by"] for one in versions] == ["moderator_user"] * 3 + ["root_user"]
    assert versions[2]["changed"] == ["schedule", "sql_script"]
    assert versions[0]["changed"] == ["dialect", "export_name", "missed_policy"]
    diff = cast.normal.get(f"{path}/versions/1/diff?to=2").json
    assert {"-select 1 as n", "+select 2 as n"} <= set(diff["sql"].splitlines())
    definition = cast.normal.get(f"{path}/versions/1").json["definition"]
    assert cast.moderator.post(f"{path}/versions/2/restore").json == {"msg": "updated"}
    # It is as it was, as a version of its own, and goes on being active.
    restored = cast.normal.get(f"{path}/versions/2/diff").json
    assert [one["field"] for one in restored["fields"]] == ["job_status"]
    assert cast.root.get(path).json["job_status"] == "Y"
    assert definition["sql_script"] == "select 1 as n"
    # Deleted, it is still there to look at.
    assert cast.moderator.delete(path).status_code == 200
    assert len(cast.normal.get(f"{path}/versions").json) == 5
    assert cast.normal.get(f"{path}/versions/9").json["code"] == "job_version_not_found"


def test_a_job_from_before_versions_were_kept_has_its_first_at_the_first_change(
    cast: Cast, job_id: int
) -> None:
    with unit_of_work() as session:
        session.execute(text("delete from job_versions"))
    cast.root.put(f"/api/jobs/{job_id}", {"sql_script": "select 2 as n"})
    versions = cast.root.get(f"/api/jobs/{job_id}/versions").json
    assert [one["revision"] for one in versions] == [2, 1]
    assert versions[0]["changed"] == ["sql_script"]


def test_a_version_has_every_field_that_can_be_saved() -> None:
    columns = {attribute.key for attribute in Job.__mapper__.column_attrs}
    fields = set(JobFields.__annotations__) - {"last_data_date"}
    assert (columns - NOT_DEFINED) | {"schedule", "after", "targets"} == fields
