"""Connections and parameters over HTTP; passwords go in and never come out."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text, update

from auxiliares import Settings
from metadb.engine import DatabaseAddress, unit_of_work
from models import Connection
from services.connections import get_connection, spec_of
from stored_secrets import SecretUnreadable
from tests.integration.conftest import Cast, connection_body, job_body
from tests.waiting import wait_for

SECRET = "segredo-do-banco"


def real_body(address: DatabaseAddress, **changes: Any) -> dict[str, Any]:
    body = connection_body(
        host=address.host,
        port=address.port,
        database=address.dbname,
        username=address.user,
        password=address.password,
        options={"sslmode": "disable"},
    )
    return body | changes


def test_a_connection_is_saved_and_read_without_its_password(cast: Cast) -> None:
    created = cast.moderator.post("/api/connections", connection_body())
    assert (created.status_code, created.json) == (201, {"connection_id": 1})
    answers = [cast.normal.get(path) for path in ("/api/connections", "/api/connections/1")]
    for response in answers:
        assert SECRET not in response.text
        assert "password_encrypted" not in response.text
    (connection,) = answers[0].json
    assert connection == answers[1].json
    assert connection["has_password"] is True
    assert (connection["kind"], connection["host"], connection["port"]) == (
        "postgres", "127.0.0.1", 9,
    )  # fmt: skip


def test_the_stored_password_is_encrypted_for_its_row_alone(cast: Cast, settings: Settings) -> None:
    for name in ("a", "b"):
        cast.root.post("/api/connections", connection_body(name=name, password=f"{SECRET}-{name}"))
    with unit_of_work() as session:
        rows = session.scalars(select(Connection).order_by(Connection.name)).all()
        assert SECRET not in repr([row.password_encrypted for row in rows])
        spec = spec_of(rows[0], settings)
        assert spec.password == f"{SECRET}-a"
        assert SECRET not in repr(spec)
        session.execute(
            update(Connection)
            .where(Connection.connection_id == rows[1].connection_id)
            .values(password_encrypted=rows[0].password_encrypted)
        )
        moved = get_connection(session, rows[1].connection_id)
        session.refresh(moved)
        with pytest.raises(SecretUnreadable):
            spec_of(moved, settings)


def test_an_absent_password_stays_and_an_empty_one_goes(
    cast: Cast, connection_id: int, settings: Settings
) -> None:
    path = f"/api/connections/{connection_id}"
    assert cast.moderator.put(path, {"database": "outro"}).json == {"msg": "updated"}
    assert cast.moderator.put(path, {"database": "outro"}).json == {"msg": "no changes"}
    with unit_of_work() as session:
        spec = spec_of(get_connection(session, connection_id), settings)
    assert (spec.database, spec.password) == ("outro", SECRET)
    assert cast.moderator.put(path, {"password": ""}).json == {"msg": "updated"}
    assert cast.root.get(path).json["has_password"] is False


def test_a_stored_password_does_not_follow_to_another_server(
    cast: Cast, connection_id: int
) -> None:
    path = f"/api/connections/{connection_id}"
    for change in ({"host": "10.1.1.1"}, {"port": 10}):
        response = cast.moderator.put(path, change)
        assert (response.status_code, response.json["code"]) == (422, "password_required")
    assert cast.root.get(path).json["host"] == "127.0.0.1"
    moved = cast.moderator.put(path, {"host": "10.1.1.1", "password": "x"})
    assert moved.status_code == 200
    assert cast.root.put(path, {"host": "10.1.1.2"}).status_code == 200


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "mysql"}, "connection_invalid", "kind"),
    ({"host": ""}, "connection_invalid", "host"),
    ({"database": None}, "connection_invalid", "database"),
    ({"username": " "}, "connection_invalid", "username"),
    ({"name": " "}, "connection_invalid", "name"),
    ({"dsn": "banco/x"}, "connection_invalid", "dsn"),
    ({"kind": "oracle", "dsn": "ana/senha@banco/x"}, "connection_invalid", "dsn"),
    ({"options": {"sslmode": "perhaps"}}, "connection_invalid", "options.sslmode"),
    ({"options": {"service": "x"}}, "connection_invalid", "options.service"),
    ({"options": {"sslmode": {"a": 1}}}, "connection_invalid", "options.sslmode"),
    ({"port": 0}, "validation_failed", "port"),
    ({"port": "abc"}, "validation_failed", "port"),
    ({"options": []}, "validation_failed", "options"),
    ({"name": "x" * 201}, "validation_failed", "name"),
]


def test_a_wrong_connection_is_refused_with_its_field(cast: Cast, connection_id: int) -> None:
    for change, code, field in WRONG:
        created = cast.root.post("/api/connections", connection_body(**{"name": "nova", **change}))
        changed = cast.root.put(f"/api/connections/{connection_id}", change)
        for response in (created, changed):
            assert (response.status_code, response.json["code"]) == (422, code), response.text
            assert field in [fault["field"] for fault in response.json["errors"]]


def test_limits_of_a_connection_are_saved_changed_and_emptied(
    cast: Cast, connection_id: int
) -> None:
    path = f"/api/connections/{connection_id}"
    before = cast.normal.get(path).json
    assert [before[name] for name in ("max_runs", "quiet_start", "quiet_end")] == [None] * 3
    limits = {"max_runs": 2, "quiet_start": "22:30", "quiet_end": "06:00"}
    assert cast.moderator.put(path, limits).status_code == 200
    assert limits.items() <= cast.normal.get(path).json.items()
    # What is absent stays
    cast.moderator.put(path, {"max_runs": 3})
    assert cast.normal.get(path).json["quiet_start"] == "22:30"
    cast.moderator.put(path, {"max_runs": None, "quiet_start": "", "quiet_end": None})
    after = cast.normal.get(path).json
    assert [after[name] for name in ("max_runs", "quiet_start", "quiet_end")] == [None] * 3


def test_wrong_limits_are_refused_with_their_field(cast: Cast, connection_id: int) -> None:
    for limits, field in (
        ({"max_runs": 0}, "max_runs"),
        ({"max_runs": "many"}, "max_runs"),
        ({"quiet_start": "25:00", "quiet_end": "06:00"}, "quiet_start"),
        ({"quiet_start": "22:00Z", "quiet_end": "06:00"}, "quiet_start"),
        ({"quiet_start": "22:00"}, "quiet_end"),
        ({"quiet_end": "22:00"}, "quiet_start"),
        ({"quiet_start": "22:00", "quiet_end": "22:00"}, "quiet_end"),
    ):
        response = cast.moderator.put(f"/api/connections/{connection_id}", limits)
        assert (limits, response.status_code) == (limits, 422)
        assert response.json["errors"][0]["field"] == field


def test_an_oracle_connection_needs_a_dsn_or_an_address(cast: Cast) -> None:
    body = {"name": "oracle", "kind": "oracle", "username": "leitor", "dsn": "PRODUCAO"}
    assert cast.root.post("/api/connections", body).status_code == 201
    body = {"name": "o2", "kind": "oracle", "username": "leitor", "host": "h", "database": "S"}
    created = cast.root.post("/api/connections", body)
    assert cast.root.get(created.headers["Location"]).json["port"] == 1521
    body = {"name": "o3", "kind": "oracle", "username": "leitor"}
    assert cast.root.post("/api/connections", body).status_code == 422


def test_only_root_says_which_client_library_is_loaded(cast: Cast) -> None:
    body = connection_body(
        name="o", kind="oracle", options={"instant_client": "/opt/oracle/client"}
    )
    response = cast.moderator.post("/api/connections", body)
    assert (response.status_code, response.json["code"]) == (403, "option_root_only")
    created = cast.root.post("/api/connections", body)
    path = created.headers["Location"]
    assert cast.moderator.put(path, {"database": "X"}).status_code == 200
    changed = cast.moderator.put(path, {"options": {"instant_client": "/opt/other"}})
    assert changed.status_code == 403


def test_a_name_is_given_once(cast: Cast, connection_id: int) -> None:
    response = cast.root.post("/api/connections", connection_body())
    assert (response.status_code, response.json["code"]) == (409, "connection_exists")
    other = cast.root.post("/api/connections", connection_body(name="b"))
    response = cast.root.put(other.headers["Location"], {"name": "vendas"})
    assert (response.status_code, response.json["code"]) == (409, "connection_exists")


def test_a_connection_in_use_is_not_deleted_and_the_jobs_are_named(
    cast: Cast, job_id: int, connection_id: int
) -> None:
    path = f"/api/connections/{connection_id}"
    response = cast.root.delete(path)
    assert (response.status_code, response.json["code"]) == (409, "connection_in_use")
    assert "Vendas diárias" in response.json["msg"]
    cast.root.delete(f"/api/jobs/{job_id}")
    assert cast.root.delete(path).json == {"msg": "deleted"}
    assert cast.root.get(path).status_code == 404


def test_a_connection_is_tried_against_a_real_server(
    cast: Cast, pg_database: DatabaseAddress
) -> None:
    created = cast.root.post("/api/connections", real_body(pg_database))
    response = cast.moderator.post(f"{created.headers['Location']}/test")
    assert response.status_code == 200, response.text
    report = response.json
    assert report["ok"] is True
    assert "PostgreSQL" in report["server_version"]
    # The superuser of the test server may do more than read.
    assert report["warnings"]
    assert report["elapsed_ms"] >= 0


def open_transactions() -> int:
    with unit_of_work() as session:
        found = session.scalar(
            text(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and xact_start is not null"
            )
        )
    return int(found or 0)


def test_no_metadata_transaction_is_open_while_a_connection_is_tried(
    cast: Cast, pg_database: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []
    created = cast.root.post("/api/connections", real_body(pg_database))

    class Watching:
        def test(self, spec: object, *, timeout_s: float) -> object:
            # Those of other threads end by themselves, one of the request would not.
            wait_for(lambda: not open_transactions(), what="no transaction to be open")
            tried.append(spec)
            return connector.test(spec, timeout_s=timeout_s)

    from connectors.registry import connector_for

    connector = connector_for("postgres")
    monkeypatch.setattr("webapi.connections.connector_for", lambda _kind: Watching())
    assert cast.root.post(f"{created.headers['Location']}/test").status_code == 200
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"password": "wrong password"}, 502, "source_login_failed"),
        ({"username": "ninguem"}, 502, "source_login_failed"),
        ({"host": "127.0.0.1", "port": 9}, 502, "source_unreachable"),
    ],
)
def test_a_connection_that_fails_says_why_and_what_to_do(
    cast: Cast,
    pg_database: DatabaseAddress,
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    created = cast.root.post("/api/connections", real_body(pg_database, **change))
    response = cast.root.post(f"{created.headers['Location']}/test")
    assert (response.status_code, response.json["code"]) == (status, code), response.text
    assert response.json["hint"]
    assert "database_code" in response.json
    assert "wrong password" not in response.text
    assert pg_database.password not in response.text


def test_parameters_are_kept_like_jobs(cast: Cast) -> None:
    body = {
        "parameter_name": "Fechamento",
        "sql_script": "select 'A' instancia, '01/01/2024' valor",
    }
    created = cast.moderator.post("/api/parameters", body)
    assert (created.status_code, created.json) == (201, {"parameter_id": 1})
    seen = {"parameter_id": 1, "parameter_name": "Fechamento"}
    assert cast.normal.get("/api/parameters").json == [seen]
    assert cast.normal.get("/api/parameters/1").json == seen
    assert cast.moderator.get("/api/parameters").json == [seen | {"sql_script": body["sql_script"]}]
    path = "/api/parameters/1"
    assert cast.moderator.put(path, body).json == {"msg": "no changes"}
    assert cast.moderator.put(path, {"parameter_name": "Novo"}).json == {"msg": "updated"}
    refused = cast.moderator.put(path, {"sql_script": "delete from t"})
    assert (refused.status_code, refused.json["code"]) == (422, "query_not_select")
    assert cast.moderator.post("/api/parameters", body | {"sql_script": ""}).status_code == 422
    same = cast.moderator.post("/api/parameters", body | {"parameter_name": "Novo"})
    assert (same.status_code, same.json["code"]) == (409, "parameter_exists")


def test_a_parameter_in_use_is_not_deleted(cast: Cast, connection_id: int) -> None:
    body = {"parameter_name": "Fechamento", "sql_script": "select 1"}
    cast.root.post("/api/parameters", body)
    job = cast.root.post("/api/jobs", job_body(parameter_id=1, check_parameter="Y"))
    assert job.status_code == 201
    response = cast.root.delete("/api/parameters/1")
    assert (response.status_code, response.json["code"]) == (409, "parameter_in_use")
    assert cast.root.put("/api/jobs/1", {"parameter_id": None}).json == {"msg": "updated"}
    assert cast.root.delete("/api/parameters/1").json == {"msg": "deleted"}
    assert cast.root.get("/api/parameters/1").status_code == 404
