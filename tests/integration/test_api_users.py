"""Users and API keys over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from metadb.engine import unit_of_work
from models import ApiKey, User
from tests.integration.conftest import PASSWORD, Cast


def user_body(**changes: object) -> dict[str, object]:
    return {"username": "joao", "password": PASSWORD, "role": "normal"} | changes


def test_users_are_created_listed_changed_and_deleted(cast: Cast) -> None:
    created = cast.root.post("/api/users", user_body())
    assert (created.status_code, created.json) == (201, {"user_id": 4})
    assert {"role": "normal", "user_id": 4, "username": "joao"} in cast.root.get("/api/users").json
    assert cast.root.put("/api/users/4", {"role": "moderator"}).json == {"msg": "updated"}
    assert cast.root.put("/api/users/4", {"role": "moderator"}).json == {"msg": "no changes"}
    # A blank password means unchanged.
    assert cast.root.put("/api/users/4", {"password": ""}).json == {"msg": "no changes"}
    assert cast.root.put("/api/users/4", {"password": "outra senha"}).json == {"msg": "updated"}
    assert cast.root.delete("/api/users/4").json == {"msg": "deleted"}
    assert cast.root.delete("/api/users/4").status_code == 404


def test_no_answer_holds_a_password_hash(cast: Cast) -> None:
    assert set(cast.root.get("/api/users").json[0]) == {"role", "user_id", "username"}


@pytest.mark.parametrize("missing", ["username", "password", "role"])
def test_a_new_user_needs_name_password_and_role(cast: Cast, missing: str) -> None:
    body = user_body()
    del body[missing]
    response = cast.root.post("/api/users", body)
    assert response.status_code == 400
    assert response.json["msg"] == "Missing username, password, or role"
    assert [fault["field"] for fault in response.json["errors"]] == [missing]


def test_a_name_is_given_once(cast: Cast) -> None:
    response = cast.root.post("/api/users", user_body(username="root_user"))
    assert (response.status_code, response.json["msg"]) == (400, "Usuário já existe")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"role": "chefe"}, "user_invalid"),
        ({"password": "curta"}, "password_refused"),
        ({"username": "  "}, "user_invalid"),
        ({"username": "a\nb"}, "user_invalid"),
    ],
)
def test_what_cannot_be_a_user_is_refused(cast: Cast, change: dict[str, str], code: str) -> None:
    response = cast.root.post("/api/users", user_body(**change))
    assert (response.status_code, response.json["code"]) == (422, code)


def test_nobody_deletes_the_own_account(cast: Cast) -> None:
    response = cast.root.delete(f"/api/users/{cast.root.user_id}")
    assert (response.status_code, response.json["msg"]) == (403, "Cannot delete yourself")


def test_the_last_root_stays_root(cast: Cast) -> None:
    response = cast.root.put(f"/api/users/{cast.root.user_id}", {"role": "normal"})
    assert (response.status_code, response.json["code"]) == (409, "last_root")
    second = cast.root.post("/api/users", user_body(role="root")).json["user_id"]
    assert cast.root.delete(f"/api/users/{second}").json == {"msg": "deleted"}
    with unit_of_work() as session:
        assert session.scalars(select(User.username).where(User.role == "root")).all() == [
            "root_user"
        ]


def test_a_key_is_shown_once_and_opens_the_data_api(cast: Cast) -> None:
    created = cast.root.post("/api/api-keys", {"name": "Excel do financeiro"})
    assert created.status_code == 201
    key = created.json["key"]
    assert key.startswith(f"asql_{created.json['prefix']}_")
    listed = cast.root.get("/api/api-keys")
    assert key.rpartition("_")[2] not in listed.text
    assert "secret_hash" not in listed.text
    for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
        assert cast.anonymous.get("/api/data/datasets", headers=headers).status_code == 200
        assert cast.anonymous.get("/api/jobs", headers=headers).status_code == 401
    assert cast.root.get("/api/api-keys").json[0]["last_used_at"] is not None
    with unit_of_work() as session:
        stored = session.scalars(select(ApiKey)).one()
        assert key.encode() not in bytes(stored.secret_hash)


def test_a_revoked_key_opens_nothing(cast: Cast) -> None:
    created = cast.root.post("/api/api-keys", {"name": "Excel"}).json
    path = f"/api/api-keys/{created['api_key_id']}"
    assert cast.root.delete(path).json == {"msg": "deleted"}
    assert cast.root.delete(path).status_code == 404
    headers = {"X-API-Key": created["key"]}
    assert cast.anonymous.get("/api/data/datasets", headers=headers).status_code == 401


def test_an_expired_key_opens_nothing(cast: Cast) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    created = cast.root.post("/api/api-keys", {"name": "Excel", "expires_at": soon}).json
    headers = {"X-API-Key": created["key"]}
    assert cast.anonymous.get("/api/data/datasets", headers=headers).status_code == 200
    with unit_of_work() as session:
        session.execute(text("update api_keys set expires_at = now() - interval '1 second'"))
    assert cast.anonymous.get("/api/data/datasets", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "body",
    [{"name": " "}, {"name": "x", "expires_at": "2020-01-01T00:00:00Z"}],
)
def test_a_key_that_makes_no_sense_is_refused(cast: Cast, body: dict[str, str]) -> None:
    response = cast.root.post("/api/api-keys", body)
    assert (response.status_code, response.json["code"]) == (422, "api_key_invalid")


WRONG_KEYS = ["", "wrong", "asql_", "asql__", "asql_x_y", "chave-ção", "x" * 5000, "asql_0_" * 50]


def test_a_wrong_key_is_nobody(cast: Cast) -> None:
    for key in WRONG_KEYS:
        response = cast.anonymous.get(
            "/api/data/datasets", headers={"X-API-Key": key.encode().decode("latin-1")}
        )
        assert response.status_code == 401
        assert response.json["msg"] == "Authentication required"


def test_a_session_reads_data_without_a_key(cast: Cast) -> None:
    assert cast.normal.get("/api/data/datasets").status_code == 200
