"""Jobs over HTTP: the forms of the existing interface, the rules, and what is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from metadb.engine import unit_of_work
from models import Dataset, Job, JobSlot
from tests.integration.conftest import Cast, connection_body, job_body
from webapi.job_schemas import JobListItem

SCHEDULE = {"minute": "00,30", "hour": "06,18", "day": "Seg,Sáb"}
ACTIVE = {"job_status": "Y", "schedule": SCHEDULE}


def create(cast: Cast, **changes: Any) -> int:
    response = cast.root.post("/api/jobs", job_body(**changes))
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def test_a_job_is_created_with_the_number_the_old_interface_gives(
    cast: Cast, connection_id: int
) -> None:
    response = cast.root.post("/api/jobs", job_body(schedule=SCHEDULE))
    assert (response.status_code, response.json) == (201, {"job_id": 1})
    assert response.headers["Location"] == "/api/jobs/1"
    assert response.headers["ETag"] == '"1"'


def test_both_forms_of_a_schedule_are_distinct_padded_and_equal(
    cast: Cast, connection_id: int
) -> None:
    schedule = {"minute": "30,0,30", "hour": "18, 6", "day": "Sab,Seg"}
    job_id = create(cast, schedule=schedule)
    detail = cast.root.get(f"/api/jobs/{job_id}").json
    assert detail["schedule"] == {**SCHEDULE, "slots": None}
    (item,) = cast.root.get("/api/jobs").json
    assert item["schedule"] == {
        **SCHEDULE, "complete_hour": "06:00,06:30,18:00,18:30", "slots": None,
    }  # fmt: skip
    with unit_of_work() as session:
        assert len(session.scalars(select(JobSlot)).all()) == 8


def test_a_job_without_schedule_shows_empty_texts(cast: Cast, job_id: int) -> None:
    (item,) = cast.root.get("/api/jobs").json
    texts = ("complete_hour", "day", "hour", "minute")
    assert item["schedule"] == {**dict.fromkeys(texts, ""), "slots": None}


def test_a_job_shows_everything_that_was_saved_and_what_is_derived(
    cast: Cast, connection_id: int
) -> None:
    job_id = create(
        cast,
        job_status="Y",
        schedule={"minute": "00", "hour": "12", "day": "Semana"},
        time_zone="America/Manaus",
        time_limit_s=600,
        days_offset=3,
        data_primary_key="DT_VENDA",
    )
    response = cast.root.get(f"/api/jobs/{job_id}")
    job = response.json
    assert job["schedule"]["day"] == "Seg,Ter,Qua,Qui,Sex,Sáb,Dom"
    assert (job["time_zone"], job["time_zone_effective"]) == ("America/Manaus", "America/Manaus")
    assert (job["time_limit_s"], job["days_offset"]) == (600, 3)
    assert job["data_primary_key"] == "DT_VENDA"
    assert (job["connection_id"], job["connection_name"]) == (connection_id, "vendas")
    assert job["dataset"] == "vendas/diario"
    assert job["last_run"] is None
    assert job["sql_script"] == "select 1 as n"
    due = datetime.fromisoformat(job["next_due_at"])
    assert (due.hour, due.minute) == (16, 0)  # 12:00 in Manaus
    assert timedelta(0) < due - datetime.now(UTC) <= timedelta(days=1)


def test_jobs_are_a_bare_array_by_name(cast: Cast, connection_id: int) -> None:
    for name in ("b", "a", "c"):
        create(cast, job_name=name, export_name=name)
    assert [job["job_name"] for job in cast.normal.get("/api/jobs").json] == ["a", "b", "c"]


def test_the_list_says_of_a_job_what_the_job_itself_says(cast: Cast, connection_id: int) -> None:
    first = create(cast, export_name="primeiro")
    job_id = create(
        cast,
        **ACTIVE,
        after=[{"job_id": first, "condition": "success"}],
        guards={"min_rows": 3},
        split={"by": "rows", "rows": 10},
        dialect={"profile": "excel_br"},
        starts_on="2024-01-31",
        last_data_date="2024-02-29",
        tags=["vendas", "diário"],
    )
    assert cast.root.post(f"/api/jobs/{job_id}/runs").status_code == 202
    detail = cast.root.get(f"/api/jobs/{job_id}").json
    listed = {item["job_id"]: item for item in cast.root.get("/api/jobs").json}[job_id]
    # What may be long, or is asked for with one job alone
    derived = {"schedule", "followed_by", "parameter_sets"}
    assert {k: v for k, v in listed.items() if k not in derived} == {
        k: v for k, v in detail.items() if k not in derived
    }
    # It is what the documentation of the API describes
    assert JobListItem.model_validate(listed).body() == listed


def test_a_new_job_gets_defaults(cast: Cast, connection_id: int) -> None:
    needed = ("job_name", "export_path", "export_name", "sql_script")
    body = {name: value for name, value in job_body().items() if name in needed}
    response = cast.root.post("/api/jobs", body)
    job = cast.root.get(response.headers["Location"]).json
    assert (job["job_status"], job["export_type"], job["check_parameter"]) == ("N", "Único", "N")
    assert job["days_offset"] is None
    assert job["time_zone_effective"] == "America/Sao_Paulo"


@pytest.mark.parametrize("missing", ["job_name", "export_path", "export_name", "sql_script"])
def test_required_fields_are_named_when_they_are_missing(
    cast: Cast, connection_id: int, missing: str
) -> None:
    body = job_body()
    del body[missing]
    response = cast.root.post("/api/jobs", body)
    assert (response.status_code, response.json["code"]) == (400, "missing_fields")
    assert response.json["msg"] == "Missing required fields"
    assert [fault["field"] for fault in response.json["errors"]] == [missing]


def test_a_job_of_a_normal_user_is_born_inactive(cast: Cast, connection_id: int) -> None:
    body = job_body(job_status="Y", schedule=SCHEDULE)
    response = cast.normal.post("/api/jobs", body)
    assert response.status_code == 201
    job = cast.normal.get(response.headers["Location"]).json
    assert (job["job_status"], job["next_due_at"]) == ("N", None)


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"sql_script": "delete from vendas"}, 422, "query_not_select"),
    ({"sql_script": "select 1; drop table vendas"}, 422, "query_multiple_statements"),
    ({"sql_script": "with x as (delete from t returning *) table x"}, 422, "query_not_select"),
    ({"sql_script": "  "}, 422, "query_empty"),
    ({"sql_script": "select (1"}, 422, "query_unbalanced"),
    ({"export_path": "../fora"}, 422, "export_path_outside_roots"),
    ({"export_path": "/etc"}, 422, "export_path_outside_roots"),
    ({"export_path": "C:\\Windows"}, 422, "export_path_outside_roots"),
    ({"export_name": "../x"}, 422, "name_invalid"),
    ({"export_name": "CON"}, 422, "name_invalid"),
    ({"export_name": "a/b"}, 422, "name_invalid"),
    ({"job_name": " "}, 422, "job_invalid"),
    ({"export_type": "Semanal"}, 422, "job_invalid"),
    ({"job_status": "X"}, 422, "flag_invalid"),
    ({"check_parameter": ""}, 422, "flag_invalid"),
    ({"time_zone": "America/Sampa"}, 422, "time_zone_unknown"),
    ({"time_zone": "../../etc/passwd"}, 422, "time_zone_unknown"),
    ({"time_zone": "America"}, 422, "time_zone_unknown"),
    ({"time_limit_s": 0}, 422, "job_invalid"),
    ({"time_limit_s": 604801}, 422, "job_invalid"),
    ({"days_offset": -1}, 422, "job_invalid"),
    ({"days_offset": 10**20}, 422, "job_invalid"),
    ({"connection_id": 999}, 422, "connection_not_found"),
    ({"connection_id": 10**30}, 422, "connection_not_found"),
    ({"parameter_id": 999}, 422, "parameter_not_found"),
    ({"schedule": {"minute": "75", "hour": "06", "day": "Seg"}}, 422, "schedule_invalid"),
    ({"schedule": {"minute": "00", "hour": "24", "day": "Seg"}}, 422, "schedule_invalid"),
    ({"schedule": {"minute": "00", "hour": "06", "day": "Mon"}}, 422, "schedule_invalid"),
    ({"schedule": {"minute": "00", "hour": "06"}}, 422, "schedule_invalid"),
    ({"schedule": "Seg 06:00"}, 422, "validation_failed"),
    ({"schedule": {"minute": 0, "hour": 6, "day": "Seg"}}, 422, "validation_failed"),
    ({"job_name": "x" * 201}, 422, "validation_failed"),
    ({"job_name": 7}, 422, "validation_failed"),
    ({"days_offset": "três"}, 422, "validation_failed"),
    ({"job_status": "Y"}, 422, "job_without_slots"),
    ({**ACTIVE, "export_type": "Mês"}, 422, "job_incomplete"),
    ({**ACTIVE, "export_type": "Chave"}, 422, "job_incomplete"),
    ({**ACTIVE, "split": {"by": "month"}}, 422, "job_incomplete"),
    ({"split": {"by": "rows"}}, 422, "validation_failed"),
    ({"split": {"by": "week"}}, 422, "validation_failed"),
    ({"split": {"by": "rows", "rows": 5}, "export_type": "Mês"}, 422, "kind_invalid"),
    ({"export_type": "Chave", "file_format": "parquet"}, 422, "kind_invalid"),
    ({"parallel_column": "id", "export_type": "Acumulado"}, 422, "kind_invalid"),
    ({"parallel_column": "id", "split": {"by": "rows", "rows": 5}}, 422, "kind_invalid"),
    ({**ACTIVE, "check_parameter": "Y"}, 422, "job_incomplete"),
]  # fmt: skip


def test_a_wrong_job_is_refused_at_creation_and_at_change_alike(cast: Cast, job_id: int) -> None:
    before = cast.root.get(f"/api/jobs/{job_id}").json
    wrong = []
    for change, status, code in WRONG:
        created = cast.root.post("/api/jobs", job_body(**{"export_name": "outro", **change}))
        changed = cast.root.put(f"/api/jobs/{job_id}", change)
        for response in (created, changed):
            found = (response.status_code, response.json["code"])
            if found != (status, code) or len(response.json["msg"]) < 10:
                wrong.append((change, response.text))
    assert wrong == []
    # Nothing of any refused change was kept.
    assert cast.root.get(f"/api/jobs/{job_id}").json == before
    assert len(cast.root.get("/api/jobs").json) == 1


def test_a_refused_slot_names_its_field_and_what_is_expected(
    cast: Cast, connection_id: int
) -> None:
    wrong = {"minute": "75", "hour": "06", "day": "Seg"}
    response = cast.root.post("/api/jobs", job_body(schedule=wrong))
    (fault,) = response.json["errors"]
    assert fault["field"] == "schedule.minute"
    assert "'75'" in fault["message"]


def test_kinds_of_export_of_the_old_system_can_be_kept_inactive(
    cast: Cast, connection_id: int
) -> None:
    job_id = create(cast, export_type="Acumulado", check_parameter="N", schedule=SCHEDULE)
    job = cast.root.get(f"/api/jobs/{job_id}").json
    assert (job["export_type"], job["check_parameter"]) == ("Acumulado", "N")
    run = cast.root.post(f"/api/jobs/{job_id}/runs")
    assert (run.status_code, run.json["code"]) == (422, "job_incomplete")
    assert run.json["errors"][0]["field"] == "data_primary_key"


def test_a_kind_s_members_are_stored_as_sent(cast: Cast, connection_id: int) -> None:
    split = {"by": "rows", "rows": 5, "column": None}
    job_id = create(cast, split=split)
    assert cast.root.get(f"/api/jobs/{job_id}").json["split"] == split
    cast.root.put(
        f"/api/jobs/{job_id}", {"split": None, "export_type": "Chave", "key_columns": ["a"]}
    )
    job = cast.root.get(f"/api/jobs/{job_id}").json
    assert (job["split"], job["export_type"], job["key_columns"]) == (None, "Chave", ["a"])


def test_two_jobs_cannot_export_to_the_same_file(cast: Cast, job_id: int) -> None:
    for name, path in (("diario", "vendas"), ("DIARIO", "vendas/"), ("diario", "x/../vendas")):
        response = cast.root.post("/api/jobs", job_body(export_name=name, export_path=path))
        assert response.status_code in (409, 422), response.text
    response = cast.root.post("/api/jobs", job_body())
    assert (response.status_code, response.json["code"]) == (409, "target_taken")
    assert "Vendas diárias" in response.json["msg"]
    other = create(cast, export_name="outro")
    moved = cast.root.put(f"/api/jobs/{other}", {"export_name": "diario"})
    assert (moved.status_code, moved.json["code"]) == (409, "target_taken")


def test_a_change_of_nothing_says_so(cast: Cast, job_id: int) -> None:
    response = cast.root.put(f"/api/jobs/{job_id}", job_body())
    assert (response.status_code, response.json) == (200, {"msg": "no changes"})
    assert cast.root.get(f"/api/jobs/{job_id}").json["revision"] == 1


def test_an_absent_schedule_stays_and_an_empty_one_goes(cast: Cast, connection_id: int) -> None:
    job_id = create(cast, schedule=SCHEDULE)
    changed = cast.root.put(f"/api/jobs/{job_id}", job_body(job_name="Outro"))
    assert changed.json == {"msg": "updated"}
    assert cast.root.get(f"/api/jobs/{job_id}").json["schedule"] == {**SCHEDULE, "slots": None}
    empty = {"minute": "", "hour": "", "day": ""}
    assert cast.root.put(f"/api/jobs/{job_id}", {"schedule": empty}).json == {"msg": "updated"}
    assert cast.root.get(f"/api/jobs/{job_id}").json["schedule"] == {**empty, "slots": None}


def test_a_change_of_nothing_but_the_schedule_is_stored_and_planned(
    cast: Cast, connection_id: int
) -> None:
    job_id = create(cast, schedule=SCHEDULE, job_status="Y")
    before = cast.root.get(f"/api/jobs/{job_id}").json["next_due_at"]
    later = {"minute": "15", "hour": "03", "day": "Ter"}
    assert cast.root.put(f"/api/jobs/{job_id}", {"schedule": later}).json == {"msg": "updated"}
    job = cast.root.get(f"/api/jobs/{job_id}").json
    assert job["schedule"] == {**later, "slots": None}
    assert job["next_due_at"] != before
    assert datetime.fromisoformat(job["next_due_at"]).minute == 15


def test_an_inactive_job_is_due_never(cast: Cast, connection_id: int) -> None:
    job_id = create(cast, schedule=SCHEDULE, job_status="Y")
    assert cast.root.get(f"/api/jobs/{job_id}").json["next_due_at"] is not None
    cast.moderator.put(f"/api/jobs/{job_id}", {"job_status": "N"})
    assert cast.root.get(f"/api/jobs/{job_id}").json["next_due_at"] is None


def test_the_slots_of_an_active_job_cannot_be_emptied(cast: Cast, connection_id: int) -> None:
    job_id = create(cast, schedule=SCHEDULE, job_status="Y")
    empty = {"minute": "", "hour": "", "day": ""}
    response = cast.root.put(f"/api/jobs/{job_id}", {"schedule": empty})
    assert (response.status_code, response.json["code"]) == (422, "job_without_slots")


def test_a_lost_update_is_refused(cast: Cast, job_id: int) -> None:
    path = f"/api/jobs/{job_id}"
    tag = cast.root.get(path).headers["ETag"]
    first = cast.root.put(path, {"job_name": "Primeiro"}, headers={"If-Match": tag})
    assert first.headers["ETag"] == '"2"'
    for attempt in (
        cast.moderator.put(path, {"job_name": "Segundo"}, headers={"If-Match": tag}),
        cast.moderator.put(path, {"job_name": "Segundo", "revision": 1}),
        cast.moderator.put(path, {"job_name": "Segundo"}, headers={"If-Match": "x"}),
    ):
        assert (attempt.status_code, attempt.json["code"]) == (412, "revision_conflict")
    assert cast.root.get(path).json["job_name"] == "Primeiro"
    assert cast.root.put(path, {"job_name": "Segundo", "revision": 2}).status_code == 200


@pytest.mark.parametrize("number", ["0", "999", str(2**31), str(10**30)])
def test_an_unknown_job_is_404(cast: Cast, number: str) -> None:
    for method, suffix in (("GET", ""), ("DELETE", ""), ("POST", "/runs")):
        response = cast.root.request(method, f"/api/jobs/{number}{suffix}")
        assert (response.status_code, response.json["code"]) == (404, "job_not_found")
    response = cast.root.put(f"/api/jobs/{number}", {"job_name": "x"})
    assert (response.status_code, response.json["code"]) == (404, "job_not_found")


def test_a_job_with_slots_and_runs_is_deleted_and_its_runs_stay(
    cast: Cast, connection_id: int
) -> None:
    job_id = create(cast, schedule=SCHEDULE, job_status="Y")
    run_id = cast.root.post(f"/api/jobs/{job_id}/runs").json["run_id"]
    assert cast.root.delete(f"/api/jobs/{job_id}").json == {"msg": "deleted"}
    run = cast.root.get(f"/api/runs/{run_id}").json
    assert (run["job_id"], run["job_name"], run["state"]) == (None, "Vendas diárias", "cancelled")
    with unit_of_work() as session:
        assert session.scalars(select(JobSlot)).all() == []
        assert session.scalars(select(Dataset.job_id)).all() == [None]
    # Its file is free for another job.
    create(cast)


def test_without_a_connection_named_oracle_the_only_one_is_assumed(cast: Cast) -> None:
    response = cast.root.post("/api/jobs", job_body())
    assert (response.status_code, response.json["code"]) == (422, "connection_required")
    cast.root.post("/api/connections", connection_body())
    create(cast)
    cast.root.post("/api/connections", connection_body(name="outra"))
    response = cast.root.post("/api/jobs", job_body(export_name="b"))
    assert (response.status_code, response.json["code"]) == (422, "connection_required")
    oracle = connection_body(name="oracle", kind="oracle", port=1521)
    oracle_id = cast.root.post("/api/connections", oracle).json["connection_id"]
    job_id = create(cast, export_name="b")
    assert cast.root.get(f"/api/jobs/{job_id}").json["connection_id"] == oracle_id


def adopt_job() -> None:
    """What the existing system wrote: a Windows path, another kind of export, odd slots."""
    with unit_of_work() as session:
        session.execute(
            text(
                "insert into jobs_he (job_name, job_status, export_type, export_path, export_name,"
                " check_parameter, sql_script) values ('Antigo', 'Y', 'Mensal', 'D:\\Saida', 'x',"
                " 'Y', 'select 1 from dual;')"
            )
        )
        session.execute(
            text(
                "insert into jobs_de (job_id, job_minute, job_hour, job_day) values"
                " (1, '5', '7', 'Sab'), (1, '99', '7', 'Seg')"
            )
        )


def test_rows_of_an_adopted_database_stay_readable(cast: Cast) -> None:
    adopt_job()
    (job,) = cast.normal.get("/api/jobs").json
    assert job["schedule"] == {
        "complete_hour": "07:05", "day": "Sáb", "hour": "07", "minute": "05", "slots": None,
    }  # fmt: skip
    assert (job["dataset"], job["connection_name"]) == (None, None)


def test_a_job_of_an_adopted_database_can_always_be_switched_off(cast: Cast) -> None:
    adopt_job()
    # It is active, so another change must first make it fit to run ...
    refused = cast.root.put("/api/jobs/1", {"job_name": "Novo"})
    assert (refused.status_code, refused.json["code"]) == (422, "connection_required")
    # ... but never the one that stops it.
    assert cast.root.put("/api/jobs/1", {"job_status": "N"}).json == {"msg": "updated"}
    assert cast.root.put("/api/jobs/1", {"job_name": "Novo"}).json == {"msg": "updated"}


def test_events_name_the_job_and_what_changed(
    cast: Cast, job_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    cast.root.put(f"/api/jobs/{job_id}", {"job_name": "Novo", "time_limit_s": 60})
    cast.root.delete(f"/api/jobs/{job_id}")
    events = {r.message: r.__dict__ for r in caplog.records if r.name.startswith("services")}
    assert events["job_updated"]["changed"] == ["job_name", "time_limit_s"]
    assert events["job_updated"]["job_id"] == job_id
    assert events["job_deleted"]["job_name"] == "Novo"


def test_unknown_and_read_only_members_are_ignored(cast: Cast, job_id: int) -> None:
    body = job_body(job_id=77, revision=1, planned_until="2020-01-01", created_by_id=3, foo={})
    assert cast.root.put(f"/api/jobs/{job_id}", body).json == {"msg": "no changes"}
    with unit_of_work() as session:
        job = session.scalars(select(Job)).one()
        assert (job.job_id, job.created_by_id) == (job_id, cast.root.user_id)
