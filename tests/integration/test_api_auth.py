"""Login, logout and passwords over HTTP."""

from __future__ import annotations

import statistics
import time

import pytest
from flask_openapi.openapi import OpenAPI
from sqlalchemy import select
from werkzeug.security import generate_password_hash

from metadb.engine import unit_of_work
from models import User
from services.login_attempts import LIMIT
from tests.integration.conftest import PASSWORD, Cast


def login(app: OpenAPI, username: str, password: str) -> tuple[int, dict[str, object]]:
    response = app.test_client().post(
        "/api/login", json={"username": username, "password": password}
    )
    return response.status_code, response.json


def test_login_answers_as_the_existing_interface_and_opens_a_session(
    app: OpenAPI, cast: Cast
) -> None:
    client = app.test_client()
    response = client.post("/api/login", json={"username": "root_user", "password": PASSWORD})
    assert response.status_code == 200
    assert response.json == {"role": "root", "username": "root_user"}
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("asql_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/api/me").json == {
        "authenticated": True,
        "role": "root",
        "username": "root_user",
    }


def test_me_of_nobody(cast: Cast) -> None:
    assert cast.anonymous.get("/api/me").json == {"authenticated": False}


def test_a_wrong_login_is_refused_in_one_sentence(cast: Cast) -> None:
    for body in (
        {},
        {"username": "root_user"},
        {"password": PASSWORD},
        {"username": None, "password": None},
        {"username": "nobody", "password": PASSWORD},
        {"username": "root_user", "password": "wrong password"},
        {"username": "root_user ", "password": PASSWORD},
    ):
        response = cast.anonymous.post("/api/login", body)
        assert response.status_code == 401
        assert response.json["msg"] == "Usuário ou senha inválidos"
        assert response.json["code"] == "login_refused"
        assert "Set-Cookie" not in response.headers


def test_an_unknown_user_takes_as_long_as_a_wrong_password(app: OpenAPI, cast: Cast) -> None:
    login(app, "nobody", "x")  # the dummy hash is made at the first use

    def median_s(username: str) -> float:
        times = []
        for _ in range(4):
            begun = time.perf_counter()
            login(app, username, "wrong password")
            times.append(time.perf_counter() - begun)
        return statistics.median(times)

    known, unknown = median_s("root_user"), median_s("nobody")
    assert unknown > known / 4


def test_a_password_hash_of_the_existing_system_is_renewed_at_login(
    app: OpenAPI, cast: Cast
) -> None:
    old = generate_password_hash("senha antiga", method="scrypt:1024:8:1")
    with unit_of_work() as session:
        session.add(User(username="antigo", role="normal", password_hash=old))
    assert login(app, "antigo", "senha antiga")[0] == 200
    with unit_of_work() as session:
        stored = session.scalars(select(User.password_hash).where(User.username == "antigo")).one()
    assert stored.startswith("$argon2id$")
    assert login(app, "antigo", "senha antiga")[0] == 200


def test_guessing_is_paused_with_the_seconds_to_wait(app: OpenAPI, cast: Cast) -> None:
    for _ in range(LIMIT):
        assert login(app, "root_user", "wrong password")[0] == 401
    response = app.test_client().post(
        "/api/login", json={"username": "root_user", "password": PASSWORD}
    )
    assert response.status_code == 429
    assert response.json["code"] == "too_many_attempts"
    assert 0 < int(response.headers["Retry-After"]) <= 15 * 60
    assert login(app, "normal_user", PASSWORD)[0] == 200


def test_a_user_changes_the_own_password_and_keeps_this_session_only(
    app: OpenAPI, cast: Cast
) -> None:
    other = app.test_client()
    other.post("/api/login", json={"username": "normal_user", "password": PASSWORD})
    body = {"current_password": PASSWORD, "new_password": "uma senha nova"}
    assert cast.normal.put("/api/me/password", body).json == {"msg": "updated"}
    assert cast.normal.get("/api/jobs").status_code == 200
    assert other.get("/api/jobs").status_code == 401
    assert login(app, "normal_user", PASSWORD)[0] == 401
    assert login(app, "normal_user", "uma senha nova")[0] == 200


def test_a_password_is_not_changed_without_the_current_one(app: OpenAPI, cast: Cast) -> None:
    body = {"current_password": "wrong password", "new_password": "uma senha nova"}
    response = cast.normal.put("/api/me/password", body)
    assert (response.status_code, response.json["code"]) == (403, "wrong_password")
    short = {"current_password": PASSWORD, "new_password": "curta"}
    response = cast.normal.put("/api/me/password", short)
    assert (response.status_code, response.json["code"]) == (422, "password_refused")
    assert response.json["errors"][0]["field"] == "new_password"
    assert login(app, "normal_user", PASSWORD)[0] == 200


def test_a_one_time_password_says_that_it_must_be_changed(app: OpenAPI, cast: Cast) -> None:
    with unit_of_work() as session:
        user = session.scalars(select(User).where(User.username == "root_user")).one()
        user.must_change_password = True
    status, body = login(app, "root_user", PASSWORD)
    assert (status, body["must_change_password"]) == (200, True)
    # Nothing else answers until then.
    for path in ("/api/jobs", "/api/users", "/api/data/datasets", "/api/me/sessions"):
        refused = cast.root.get(path)
        assert (refused.status_code, refused.json["code"]) == (403, "password_change_required")
    change = {"current_password": PASSWORD, "new_password": "uma senha nova"}
    assert cast.root.put("/api/me/password", change).status_code == 200
    assert "must_change_password" not in cast.root.get("/api/me").json


def test_a_name_cannot_forge_a_log_line(
    app: OpenAPI, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    login(app, "x\nINFO root_user logged in", "wrong password")
    assert all("\n" not in record.getMessage() for record in caplog.records)
