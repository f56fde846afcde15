"""Who may use a connection: asked of everybody, wherever its login would be used."""

from __future__ import annotations

from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI
from sqlalchemy import text

from metadb.engine import unit_of_work
from models import Connection
from services import jobs, runs
from services.connection_use import ConnectionNotUsable, called_by
from tests.integration.conftest import Caller, Cast, connection_body, job_body
from vocabulary import Role


def make(cast: Cast, **rights: Any) -> int:
    response = cast.root.post("/api/connections", connection_body(name="folha", **rights))
    assert response.status_code == 201, response.text
    return int(response.json["connection_id"])


def uses(caller: Caller, connection_id: int, job_id: int) -> dict[str, tuple[int, str]]:
    """What somebody is answered who tries every use of a connection."""
    query = {"connection_id": connection_id, "sql_script": "select 1"}
    move = {
        "job_kind": "sync", "connection_id": connection_id, "target_connection_id": connection_id,
        "movement": {"tables": [{"source": "a", "target": "a", "key": ["id"]}]},
    }  # fmt: skip
    days = {"first_date": "2024-01-01", "last_date": "2024-01-31"}
    name = f"de_{caller.name}"
    new_job = job_body(job_name=name, export_name=name, connection_id=connection_id)
    calls: dict[str, tuple[str, str, dict[str, Any] | None]] = {
        "test": ("POST", f"/api/connections/{connection_id}/test", None),
        "complete": ("GET", f"/api/connections/{connection_id}/catalogue", None),
        "preview": ("POST", "/api/preview", query),
        "plan": ("POST", "/api/preview/plan", query),
        "dry run": ("POST", "/api/movements/dry-run", move),
        "new job": ("POST", "/api/jobs", new_job),
        "change job": ("PUT", f"/api/jobs/{job_id}", {"sql_script": f"select '{name}'"}),
        "move job away": ("PUT", f"/api/jobs/{job_id}", {"connection_id": 999}),
        "activate job": ("PUT", f"/api/jobs/{job_id}/status", {"job_status": "Y"}),
        "clone job": ("POST", f"/api/jobs/{job_id}/clone", {"job_name": f"cópia {name}"}),
        "run job": ("POST", f"/api/jobs/{job_id}/runs", None),
        "run job again": ("POST", f"/api/jobs/{job_id}/backfills", days),
        "change": ("PUT", f"/api/connections/{connection_id}", {"usable_roles": ["normal"]}),
        "delete": ("DELETE", f"/api/connections/{connection_id}", None),
    }
    found = {}
    for use, (method, path, body) in calls.items():
        response = caller.request(method, path, body)
        found[use] = (response.status_code, (response.json or {}).get("code", ""))
    return found


NOT_USABLE = (403, "connection_not_usable")


def test_security_connection_use_is_refused_in_every_way_there_is(cast: Cast) -> None:
    connection_id = make(cast, usable_roles=[], is_writable=True)
    body = job_body(connection_id=connection_id)
    job_id = cast.root.post("/api/jobs", body).json["job_id"]
    found = uses(cast.moderator, connection_id, job_id)
    assert {use: answer for use, answer in found.items() if answer != NOT_USABLE} == {}
    # What is left untouched: the job, and the connection with its rights.
    assert cast.root.get(f"/api/jobs/{job_id}").json["revision"] == 1
    assert cast.root.get(f"/api/connections/{connection_id}").json["usable_roles"] == []
    assert len(cast.root.get("/api/jobs").json) == 1
    # Root may, and is only told what the rest of it has to say.
    assert NOT_USABLE not in uses(cast.root, connection_id, job_id).values()


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [
        ({}, {"root", "moderator", "normal"}),
        ({"usable_roles": ["normal", "moderator"]}, {"root", "moderator", "normal"}),
        ({"usable_roles": ["moderator"]}, {"root", "moderator"}),
        ({"usable_roles": ["normal"]}, {"root", "normal"}),
        ({"usable_roles": []}, {"root"}),
        ({"usable_roles": [], "usable_users": ["normal_user"]}, {"root", "normal"}),
        ({"usable_roles": [], "usable_users": ["moderator_user"]}, {"root", "moderator"}),
    ],
)
def test_security_connection_use_by_role_and_name(
    cast: Cast, rights: dict[str, Any], allowed: set[str]
) -> None:
    connection_id = make(cast, **rights)
    for caller in (cast.root, cast.moderator, cast.normal):
        shown = caller.get(f"/api/connections/{connection_id}").json
        assert shown["may_use"] is (caller.name in allowed)
        name = f"de_{caller.name}"
        body = job_body(job_name=name, export_name=name, connection_id=connection_id)
        made = caller.post("/api/jobs", body)
        wanted = (201, "") if caller.name in allowed else NOT_USABLE
        assert (made.status_code, made.json.get("code", "")) == wanted, caller.name


def test_security_connection_use_of_a_target_is_asked_as_well(cast: Cast) -> None:
    source = make(cast)
    target = cast.root.post(
        "/api/connections",
        connection_body(name="destino", is_writable=True, usable_roles=[]),
    ).json["connection_id"]
    body = job_body(
        job_kind="transfer",
        connection_id=source,
        target_connection_id=target,
        movement={"tables": [{"source": "public.a", "target": "public.a"}]},
    )
    refused = cast.moderator.post("/api/jobs", body)
    assert (refused.status_code, refused.json["code"]) == NOT_USABLE


def test_security_connection_use_counts_when_a_proposal_is_approved(cast: Cast) -> None:
    hidden = make(cast, usable_roles=[])
    body = job_body(connection_id=cast.root.post("/api/connections", connection_body()).json[
        "connection_id"
    ])  # fmt: skip
    job_id = cast.root.post("/api/jobs", body).json["job_id"]
    changes = {"changes": {"connection_id": hidden}}
    made = cast.normal.post(f"/api/jobs/{job_id}/proposals", changes)
    proposal = f"/api/proposals/{made.json['proposal_id']}/approve"
    refused = cast.moderator.post(proposal, {})
    assert (refused.status_code, refused.json["code"]) == NOT_USABLE
    assert cast.root.post(proposal, {}).status_code == 200


def test_security_connection_use_dies_with_the_user(cast: Cast) -> None:
    connection_id = make(cast, usable_roles=[], usable_users=["normal_user", "root_user"])
    assert cast.root.delete(f"/api/users/{cast.normal.user_id}").status_code == 200
    left = cast.root.get(f"/api/connections/{connection_id}").json["usable_users"]
    assert left == ["root_user"]


def test_unknown_roles_and_users_are_refused_by_name(cast: Cast) -> None:
    connection_id = make(cast)
    path = f"/api/connections/{connection_id}"
    refused = cast.root.put(path, {"usable_users": ["normal_user", "ninguém"]})
    assert (refused.status_code, refused.json["code"]) == (422, "connection_invalid")
    assert "ninguém" in refused.json["msg"]
    assert cast.root.put(path, {"usable_roles": ["rei"]}).status_code == 422
    assert cast.root.put(path, {"usable_roles": ["root"]}).status_code == 422
    assert cast.root.get(path).json["usable_users"] == []


def test_rights_of_a_connection_are_in_the_audit_trail(cast: Cast) -> None:
    connection_id = make(cast)
    cast.root.put(f"/api/connections/{connection_id}", {"usable_roles": ["moderator"]})
    record = cast.root.get("/api/audit?entity=connections").json["items"][0]
    assert record["before"] == {"usable_roles": ["normal", "moderator"]}
    assert record["after"] == {"usable_roles": ["moderator"]}


def test_the_product_itself_uses_what_was_saved(app: OpenAPI, cast: Cast) -> None:
    connection_id = make(cast)
    body = job_body(connection_id=connection_id)
    job_id = cast.moderator.post("/api/jobs", body).json["job_id"]
    cast.root.put(f"/api/connections/{connection_id}", {"usable_roles": []})
    with unit_of_work() as session:
        with called_by("moderator_user", Role.MODERATOR), pytest.raises(ConnectionNotUsable):
            runs.enqueue_run(session, job_id, requested_by="moderator_user")
        run = runs.enqueue_run(session, job_id, requested_by=None)
        assert run.job_id == job_id
        assert jobs.get_job(session, job_id).connection_id == connection_id


def test_connections_of_before_are_everybodys(cast: Cast) -> None:
    with unit_of_work() as session:
        session.execute(
            text(
                "insert into connections (name, kind, username, host, database)"
                " values ('antiga', 'postgres', 'x', 'h', 'd')"
            )
        )
        found = session.query(Connection).filter(Connection.name == "antiga").one()
        assert (found.usable_roles, found.usable_users) == (["normal", "moderator"], [])
