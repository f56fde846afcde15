"""Jobs out into a file of definitions and in again: all of them, refused, chosen, proposed."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from sqlalchemy import text

from metadb.engine import unit_of_work
from tests.integration.conftest import Caller, Cast, connection_body, job_body
from webapi.definition_schemas import MAX_JOBS
from webapi.requests import MAX_BODY_BYTES, MAX_FILE_BYTES

PATH = "/api/jobs/definitions"
DRY_RUN = f"{PATH}/dry-run"
SECRET = "o-segredo-do-servico"
LOOK_UP = {
    "column": "foto",
    "url": "https://fotos.example.com/{email}",
    "headers": {"X-Key": SECRET, "Accept": "application/json"},
    "secret_headers": ["X-Key"],
}
# What jobs refer to, each by the path it is made at; numbers are given in this order.
THINGS: list[tuple[str, dict[str, Any]]] = [
    ("connections", connection_body()),
    ("connections", connection_body(name="destino", is_writable=True)),
    ("calendars", {"name": "Filial", "weekend": ["Dom"]}),
    ("calendars", {"name": "Matriz"}),
    ("parameters", {"parameter_name": "Mês fechado", "sql_script": "select 1"}),
    ("parameters", {"parameter_name": "Ano fechado", "sql_script": "select 1"}),
    ("targets", {"name": "Pasta", "kind": "folder", "options": {"folder": "entrega"}}),
    ("targets", {"name": "Arquivo", "kind": "folder", "options": {"folder": "arquivo"}}),
]
NUMBER = {
    "connections": "connection_id",
    "calendars": "calendar_id",
    "parameters": "parameter_id",
    "targets": "target_id",
}


def make_things(cast: Cast, things: list[tuple[str, dict[str, Any]]]) -> dict[str, int]:
    """Their numbers by name."""
    made = {}
    for kind, body in things:
        answer = cast.moderator.post(f"/api/{kind}", body)
        assert answer.status_code == 201, answer.text
        made[body.get("name") or body["parameter_name"]] = int(answer.json[NUMBER[kind]])
    return made


def bodies(made: dict[str, int]) -> list[dict[str, Any]]:
    """A job of every kind, in the order in which they can be made one by one."""
    source, target = made["vendas"], made["destino"]
    moved = {"connection_id": source, "target_connection_id": target}
    tables = [{"query": "select *\nfrom p", "target": "p", "key": ["id"], "lookups": [LOOK_UP]}]
    return [
        job_body(
            job_name="Último da fila",  # the first that others follow, the last by name
            job_status="Y",
            connection_id=source,
            sql_script="select n\r\nfrom t\n\n  where x = 'ção'\n",
            schedule={"slots": [{"day": "Seg", "hour": 6, "minute": 0}] * 2},
            tags=["vendas", "fechamento mensal"],
            guards={"min_rows": 3, "not_all_null": ["N"]},
            dialect={"profile": "excel_br", "columns": [{"name": "n", "as": "N"}]},
            targets=[
                {"target_id": made["Pasta"], "path": "a/"},
                {"target_id": made["Arquivo"]},
            ],
            last_data_date="2026-01-31",
        ),
        job_body(
            job_name="Conjuntos",
            connection_id=source,
            sql_script="select 1 as n where :uf = 'SP'",
            export_name="uf_{label}",
            parameter_sets={
                "parameters": [{"name": "uf"}],
                "sets": [{"label": "SP", "values": {"uf": "SP"}}],
            },
            time_zone="America/Manaus",
            starts_on="2026-02-01",
        ),
        job_body(
            job_name="Quinto dia útil",
            job_status="Y",
            connection_id=source,
            export_name="quinto",
            calendar_id=made["Matriz"],
            business_days={"days": [5, -1], "times": ["18:00"]},
            check_parameter="Y",
            parameter_id=made["Mês fechado"],
            gate_deadline_min=60,
        ),
        {
            "job_name": "Cópia",
            "job_kind": "transfer",
            "movement": {"tables": [{"source": "a", "target": "b", "where": "x > 1\nand y"}]},
            "every_minutes": 10,
            **moved,
        },
        {"job_name": "Fotos", "job_kind": "sync", "movement": {"tables": tables}, **moved},
    ]


def make_jobs(cast: Cast, made: dict[str, int]) -> dict[str, int]:
    jobs = {}
    for body in bodies(made):
        answer = cast.moderator.post("/api/jobs", body)
        assert answer.status_code == 201, answer.text
        jobs[body["job_name"]] = int(answer.json["job_id"])
    first, second = jobs["Último da fila"], jobs["Fotos"]
    chained = job_body(
        job_name="A seguir",
        job_status="Y",
        connection_id=made["vendas"],
        export_name="depois",
        after=[{"job_id": second, "condition": "failure"}, {"job_id": first}],
    )
    jobs["A seguir"] = int(cast.moderator.post("/api/jobs", chained).json["job_id"])
    changed = {"guards": {"min_rows": 5}, "after": [{"job_id": first}]}
    assert cast.moderator.put(f"/api/jobs/{second}", changed).json["msg"] == "updated"
    return jobs


def states(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {job["job_name"]: job["state"] for job in answer.json["jobs"]}


def faults(answer: Any) -> dict[str, str]:
    """Codes by place."""
    found = answer.json.get("errors") or [
        fault for job in answer.json["jobs"] for fault in job["errors"]
    ]
    return {fault["field"]: fault["code"] for fault in found}


def names(caller: Caller) -> list[str]:
    return [job["job_name"] for job in caller.get("/api/jobs").json]


def test_jobs_of_every_kind_go_out_and_come_into_another_installation(cast: Cast) -> None:
    jobs = make_jobs(cast, make_things(cast, THINGS))
    exported = cast.normal.get(PATH)
    file = exported.json
    assert exported.headers["Content-Disposition"] == 'attachment; filename="jobs.json"'
    assert [job["job_name"] for job in file["jobs"]] == sorted(jobs)
    # It should be the same bytes each time, without secrets and what goes on by itself
    assert cast.root.get(PATH).text == exported.text
    for told in (SECRET, "sealed:", "_id", "last_data_date", "2026-01-31", "revision"):
        assert told not in exported.text
    by_name = {job["job_name"]: job for job in file["jobs"]}
    assert by_name["A seguir"]["after"] == [
        {"job": "Fotos", "condition": "failure"},
        {"job": "Último da fila"},
    ]
    assert by_name["Último da fila"]["targets"] == [
        {"target": "Arquivo"},
        {"target": "Pasta", "path": "a/"},
    ]
    # Here nothing would change, whichever way it was saved
    assert set(states(cast.moderator.post(DRY_RUN, file)).values()) == {"same"}

    empty_installation(cast)
    make_things(cast, [*reversed(THINGS)])
    refused = cast.moderator.post(DRY_RUN, file)
    assert states(refused) == dict.fromkeys(jobs, "new") | {
        "Fotos": "refused",
        "A seguir": "refused",
    }
    header = "movement.tables[0].lookups[0].headers"
    assert faults(refused) == {
        "jobs[0].after[0].job": "definition_reference_unknown",
        f"jobs[3].{header}.X-Key": "definition_secret_missing",
    }
    by_name["Fotos"]["movement"]["tables"][0]["lookups"][0]["headers"]["X-Key"] = SECRET
    assert states(cast.moderator.post(PATH, file)) == dict.fromkeys(jobs, "new")
    assert cast.root.get(PATH).text == exported.text
    # Some of them: in the same words
    chosen = [job["job_id"] for job in cast.root.get("/api/jobs").json if "C" in job["job_name"]]
    some = cast.normal.get(PATH, query_string={"job_id": chosen}).json
    assert [job["job_name"] for job in some["jobs"]] == ["Conjuntos", "Cópia"]
    assert some["jobs"][0] == by_name["Conjuntos"]
    assert cast.normal.get(f"{PATH}?job_id=999").json["code"] == "job_not_found"


def empty_installation(cast: Cast) -> None:
    with unit_of_work() as session:
        session.execute(text("delete from jobs_he"))
        session.execute(text("delete from datasets"))
        for table in ("connections", "calendars", "parameters", "targets"):
            session.execute(text(f"delete from {table}"))
    assert names(cast.root) == []


def file_of(*jobs: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"version": 1, "jobs": list(jobs), **members}


def entry(name: str, **members: Any) -> dict[str, Any]:
    """A job of a file that can be saved."""
    export = {"export_path": "p", "export_name": name, "sql_script": "select 1"}
    return {"job_name": name, "connection": "vendas", **export, **members}


FAULTY = file_of(
    entry("a", connection="nenhuma", calendar=["x"], parameter=4, nova=1),
    entry("b", schedule={"slots": [{"day": "Seg", "hour": 24, "minute": 0}]}),
    entry("c", job_status="Y"),
    entry("d", after=[{"job": "Dois"}]),
    entry("e", after=[{"job": "f"}]),
    entry("f", after=[{"job": "e"}]),
    entry("g", targets=[{"target": "Pasta"}], sql_script=["select 1;", "select 2"]),
    entry("Dois"),
    entry("h"),
    entry("h"),
    {"job_name": "i", "job_kind": "sync", "movement": {"tables": [{"lookups": [1]}]}},
    {"connection": None},
    entry("last_data_date", last_data_date="2026-01-01"),
    entry("boa", after=[{"job": "ótima"}]),
    entry("ótima"),
)
FAULTS = {
    "jobs[0].nova": "definition_member_unknown",
    "jobs[0].connection": "definition_reference_unknown",
    "jobs[0].calendar": "definition_reference_unknown",
    "jobs[0].parameter": "definition_reference_unknown",
    "jobs[1].schedule.slots[0].hour": "less_than_equal",
    "jobs[2].schedule": "job_without_slots",
    "jobs[3].after[0].job": "definition_name_ambiguous",
    "jobs[4].after": "dependency_cycle",
    "jobs[5].after": "dependency_cycle",
    "jobs[6].targets[0].target": "definition_reference_unknown",
    "jobs[7].job_name": "definition_name_ambiguous",
    "jobs[8].job_name": "definition_name_ambiguous",
    "jobs[9].job_name": "definition_name_ambiguous",
    **dict.fromkeys(
        (f"jobs[10].movement.tables[0].{name}" for name in ("target", "key", "lookups[0]")),
        "movement_invalid",
    ),
    "jobs[11].job_name": "missing",
    "jobs[12].last_data_date": "definition_member_unknown",
}


def test_what_cannot_be_is_refused_at_its_place_and_nothing_is_saved(
    cast: Cast, connection_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    twice = [job_body(job_name="Dois", export_name=name) for name in ("d1", "d2")]
    for body in twice:
        assert cast.root.post("/api/jobs", body).status_code == 201
    caplog.clear()
    refused = cast.root.post(DRY_RUN, FAULTY)
    found = states(refused)
    assert {name for name, state in found.items() if state != "refused"} == {"boa", "ótima"}
    assert faults(refused) == FAULTS
    assert names(cast.root) == ["Dois", "Dois"]
    # All of it or nothing
    answer = cast.root.post(PATH, FAULTY)
    assert (answer.status_code, answer.json["code"]) == (422, "definitions_refused")
    assert faults(answer) == faults(refused)
    assert names(cast.root) == ["Dois", "Dois"]
    # What was undone is not told as done
    told = {record.message for record in caplog.records}
    assert not told & {"job_created", "job_updated", "definitions_imported"}


def test_a_file_that_is_too_large_or_of_another_time_is_refused_whole(cast: Cast) -> None:
    for body, status, code in (
        ({**FAULTY, "version": 2}, 422, "definition_version_unknown"),
        (file_of(*[{}] * (MAX_JOBS + 1)), 422, "validation_failed"),
        (file_of(entry("x"), chosen=[{"job_name": "y"}]), 422, "definition_not_in_file"),
        (file_of(entry("x"), filler="x" * MAX_FILE_BYTES), 413, "body_too_large"),
    ):
        answer = cast.root.post(PATH, body)
        assert (answer.status_code, answer.json["code"]) == (status, code)
    assert str(MAX_FILE_BYTES) in answer.json["detail"]
    assert cast.root.post(DRY_RUN, file_of(filler="x" * MAX_BODY_BYTES)).status_code == 200


def test_chosen_jobs_are_saved_as_by_any_other_request(
    cast: Cast, connection_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    one, two = entry("um", priority=5), entry("dois", after=[{"job": "um"}], job_status="Y")
    first = cast.moderator.post(PATH, file_of(two, one))
    assert states(first) == {"um": "new", "dois": "new"}
    number = {job["job_name"]: job["job_id"] for job in first.json["jobs"]}
    assert cast.root.get(f"/api/jobs/{number['dois']}").json["job_status"] == "Y"
    told = [record.message for record in caplog.records]
    assert told.count("job_created") == 2
    assert told.count("definitions_imported") == 1

    # The chain turned round, a member gone back to its default, a query of two lines
    one = entry("um", after=[{"job": "dois"}], sql_script=["select 1", "where true"])
    two = entry("dois", job_status="N")
    file = file_of(one, two, entry("três"))
    tried = cast.moderator.post(DRY_RUN, file)
    assert states(tried) == {"um": "changed", "dois": "changed", "três": "new"}
    um, dois, new = tried.json["jobs"]
    assert [(found["field"], found["before"], found["after"]) for found in um["fields"]] == [
        ("after", None, [{"job": "dois"}]),
        ("priority", 5, None),
        ("sql_script", "select 1", "select 1\nwhere true"),
    ]
    assert um["sql"].endswith(" select 1\n+where true")
    assert (um["revision"], new["revision"], new["job_id"]) == (1, None, None)
    chosen = [{key: job[key] for key in ("job_name", "revision")} for job in (um, dois)]
    # Somebody saves one of them in between; somebody makes the other
    assert cast.root.put(f"/api/jobs/{number['um']}", {"priority": 6}).status_code == 200
    late = cast.moderator.post(PATH, {**file, "chosen": chosen})
    assert faults(late) == {"jobs[0].job_name": "revision_conflict"}
    unseen = [{"job_name": "dois", "revision": None}]
    assert faults(cast.moderator.post(PATH, {**file, "chosen": unseen})) == {
        "jobs[1].job_name": "revision_conflict"
    }
    chosen[0]["revision"] = 2
    done = cast.moderator.post(PATH, {**file, "chosen": chosen})
    assert states(done) == {"um": "changed", "dois": "changed"}
    assert sorted(names(cast.root)) == ["dois", "um"]
    versions = cast.root.get(f"/api/jobs/{number['um']}/versions").json
    assert (versions[0]["revision"], versions[0]["saved_by"]) == (3, "moderator_user")
    assert versions[0]["changed"] == ["after", "priority", "sql_script"]
    audit = cast.root.get("/api/audit?entity=jobs_he&actor=moderator_user&size=200").json["items"]
    assert {(row["action"], row["entity_name"]) for row in audit} >= {
        ("created", "um"),
        ("changed", "um"),
    }
    assert set(states(cast.moderator.post(DRY_RUN, file_of(one, two))).values()) == {"same"}


def test_what_a_normal_user_imports_waits_for_approval(cast: Cast, connection_id: int) -> None:
    assert cast.root.post(PATH, file_of(entry("velha"))).status_code == 200
    file = file_of(
        entry("nova", job_status="Y", every_minutes=10, after=[{"job": "velha"}]),
        entry("velha", priority=9),
    )
    tried = cast.normal.post(DRY_RUN, file)
    assert tried.json["proposed"] is True
    assert cast.root.get("/api/proposals").json == []
    done = cast.normal.post(PATH, file)
    assert states(done) == states(tried) == {"nova": "new", "velha": "changed"}
    by_name = {job["job_name"]: job for job in cast.root.get("/api/jobs").json}
    assert (by_name["nova"]["job_status"], by_name["velha"]["priority"]) == ("N", 0)
    proposals = {one["job_name"]: one for one in cast.root.get("/api/proposals").json}
    assert [one["field"] for one in proposals["velha"]["diff"]["fields"]] == ["priority"]
    for one in proposals.values():
        path = f"/api/proposals/{one['proposal_id']}/approve"
        assert cast.moderator.post(path, {}).status_code == 200
    by_name = {job["job_name"]: job for job in cast.root.get("/api/jobs").json}
    assert (by_name["nova"]["job_status"], by_name["velha"]["priority"]) == ("Y", 9)
    # Nor does a file open a connection to somebody it is not for
    closed = {"usable_roles": ["moderator"]}
    assert cast.root.put(f"/api/connections/{connection_id}", closed).status_code == 200
    changed = file_of(entry("velha", priority=1), entry("mais"))
    assert faults(cast.normal.post(DRY_RUN, changed)) == {
        "jobs[0]": "connection_not_usable",
        "jobs[1]": "connection_not_usable",
    }
    assert states(cast.moderator.post(DRY_RUN, changed)) == {"velha": "changed", "mais": "new"}


def test_a_secret_of_a_job_that_is_there_stays_or_is_replaced(cast: Cast) -> None:
    jobs = make_jobs(cast, make_things(cast, THINGS[:8]))
    path = f"/api/jobs/{jobs['Fotos']}"
    sealed = stored_secret(cast, path)
    file = cast.root.get(PATH, query_string={"job_id": jobs["Fotos"]}).json
    [job] = file["jobs"]
    lookup = job["movement"]["tables"][0]["lookups"][0]
    job["movement"]["on_error"] = "continue"
    assert states(cast.moderator.post(PATH, file)) == {"Fotos": "changed"}
    assert stored_secret(cast, path) == sealed
    # Another server does not get it
    there = lookup["url"].replace("fotos.", "outros.")
    lookup["url"] = there
    assert faults(cast.moderator.post(DRY_RUN, file)) == {"jobs[0].movement": "movement_invalid"}
    lookup["headers"]["X-Key"] = "outro-segredo"
    done = cast.moderator.post(PATH, file)
    assert states(done) == {"Fotos": "changed"}
    assert stored_secret(cast, path) not in {sealed, "outro-segredo"}
    assert "outro-segredo" not in json.dumps(done.json)
    again = cast.moderator.post(DRY_RUN, file)
    assert states(again) == {"Fotos": "changed"}, "a secret that is given is entered again"


def stored_secret(cast: Cast, path: str) -> str:
    movement = cast.root.get(path).json["movement"]
    return str(movement["tables"][0]["lookups"][0]["headers"]["X-Key"])
