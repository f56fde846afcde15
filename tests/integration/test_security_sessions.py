"""Sessions, logins and first passwords as a checklist."""

from __future__ import annotations

import threading

import pytest
from flask.testing import FlaskClient
from flask_openapi.openapi import OpenAPI
from sqlalchemy import text

from auxiliares import Settings
from backend import create_app
from metadb.engine import unit_of_work
from services.login_attempts import ADDRESS_LIMIT, LIMIT
from tests.integration.conftest import PASSWORD, Cast
from webapi.access import Rule, rule_of


def entered(app: OpenAPI, username: str = "normal_user", **headers: str) -> FlaskClient:
    client = app.test_client()
    body = {"username": username, "password": PASSWORD}
    assert client.post("/api/login", json=body, headers=headers).status_code == 200
    return client


def is_in(client: FlaskClient) -> bool:
    return client.get("/api/jobs").status_code == 200


def shift(column: str, interval: str) -> None:
    with unit_of_work() as session:
        session.execute(text(f"update sessions set {column} = {column} - interval '{interval}'"))


def test_security_sessions_are_listed_and_ended_one_by_one(app: OpenAPI, cast: Cast) -> None:
    office = entered(app, **{"User-Agent": "Firefox"})
    home = entered(app)
    listed = office.get("/api/me/sessions").json
    assert [one["is_current"] for one in listed] == [False, True, False]
    assert (listed[1]["user_agent"], listed[1]["address"]) == ("Firefox", "127.0.0.1")
    path = f"/api/me/sessions/{listed[0]['session_id']}"
    # Nobody ends somebody else's.
    assert cast.root.delete(path).status_code == 404
    assert is_in(home)
    assert office.delete(path).json == {"msg": "ended"}
    assert not is_in(home)
    assert is_in(office)
    assert is_in(cast.normal.client)
    assert office.delete("/api/me/sessions").json == {"msg": "ended"}
    assert not is_in(cast.normal.client)
    assert is_in(office)


def test_security_sessions_end_by_themselves(app: OpenAPI, cast: Cast) -> None:
    client = entered(app)
    shift("last_seen_at", "11 hours")
    assert is_in(client)  # and being seen keeps it
    shift("last_seen_at", "11 hours")
    assert is_in(client)
    shift("last_seen_at", "13 hours")
    assert not is_in(client)
    client = entered(app)
    shift("created_at", "8 days")
    assert not is_in(client)
    # What has ended is removed at the next login.
    entered(app)
    with unit_of_work() as session:
        assert session.scalar(text("select count(*) from sessions")) == 1


def test_security_sessions_end_with_role_password_and_user(app: OpenAPI, cast: Cast) -> None:
    path = f"/api/users/{cast.normal.user_id}"
    for body in ({"role": "moderator"}, {"password": "uma senha nova"}):
        client = entered(app) if "role" in body else cast.normal.client
        if "password" in body:
            client = entered(app)
        assert cast.root.put(path, body).status_code == 200
        assert not is_in(client)
        cast.root.put(path, {"password": PASSWORD})
    client = entered(app)
    assert cast.root.delete(path).status_code == 200
    assert not is_in(client)


def test_security_sessions_are_new_with_each_login_and_stored_as_hashes(
    app: OpenAPI, cast: Cast
) -> None:
    client = app.test_client()
    tokens = []
    for _ in range(2):
        client.post("/api/login", json={"username": "normal_user", "password": PASSWORD})
        with client.session_transaction() as cookie:
            tokens.append(cookie["_user_id"])
    assert tokens[0] != tokens[1]
    with unit_of_work() as session:
        stored = str(session.execute(text("select * from sessions")).all())
    assert all(len(token) >= 40 and token not in stored for token in tokens)


def test_security_sessions_cookie_is_out_of_reach_of_pages(app: OpenAPI, cast: Cast) -> None:
    client = app.test_client()
    answer = client.post("/api/login", json={"username": "root_user", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("asql_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain=" not in cookie


def test_security_first_password_must_be_changed_before_anything_else(
    app: OpenAPI, cast: Cast
) -> None:
    body = {"username": "novata", "password": PASSWORD, "role": "root"}
    made = cast.root.post("/api/users", {**body, "must_change_password": True})
    assert made.status_code == 201
    client = entered(app, "novata")
    refused = set()
    for rule in app.url_map.iter_rules():
        if rule_of(app, rule.endpoint) is Rule.PUBLIC or rule.arguments:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if rule.rule in ("/api/me/password", "/api/logout"):
                continue
            answer = client.open(rule.rule, method=method)
            problem = answer.json.get("error") if "code" not in answer.json else answer.json
            assert (answer.status_code, problem["code"]) == (403, "password_change_required")
            refused.add(rule.rule)
    assert {"/api/jobs", "/api/users", "/api/data/datasets", "/metrics"} <= refused
    change = {"current_password": PASSWORD, "new_password": "uma senha nova"}
    assert client.put("/api/me/password", json=change).status_code == 200
    assert is_in(client)


def guess(app: OpenAPI, username: str = "root_user", address: str = "203.0.113.7") -> int:
    return (
        app.test_client()
        .post(
            "/api/login",
            json={"username": username, "password": "wrong password"},
            environ_overrides={"REMOTE_ADDR": address},
        )
        .status_code
    )


def test_security_brute_force_pause_lasts_through_a_restart(
    app: OpenAPI, cast: Cast, settings: Settings
) -> None:
    assert [guess(app) for _ in range(LIMIT)] == [401] * LIMIT
    assert guess(app) == 429
    restarted = create_app(settings)
    assert guess(restarted, "ROOT_user") == 429
    # Another address, where the real owner may be, is not affected; nor another user.
    assert guess(restarted, address="203.0.113.8") == 401
    assert guess(restarted, "normal_user") == 401
    with unit_of_work() as session:
        session.execute(
            text("update login_failures set first_at = first_at - interval '16 minutes'")
        )
    assert guess(restarted) == 401


def test_security_brute_force_one_password_on_many_users_is_paused(
    app: OpenAPI, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.login_attempts.ADDRESS_LIMIT", 12)
    assert ADDRESS_LIMIT <= 100
    statuses = [guess(app, f"pessoa{number}") for number in range(14)]
    assert statuses == [401] * 12 + [429] * 2


def test_security_brute_force_many_guesses_at_once_are_no_way_round(
    app: OpenAPI, cast: Cast
) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(guess(app))) for _ in range(LIMIT + 6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(statuses) == [401] * LIMIT + [429] * 6


def test_security_brute_force_a_right_password_forgets_the_failures(
    app: OpenAPI, cast: Cast
) -> None:
    for _ in range(2):
        assert [guess(app, address="127.0.0.1") for _ in range(LIMIT - 1)] == [401] * (LIMIT - 1)
        entered(app, "root_user")


def test_security_brute_force_answers_do_not_tell_which_users_exist(
    app: OpenAPI, cast: Cast
) -> None:
    answers = []
    for username in ("root_user", "nobody"):
        body = {"username": username, "password": "wrong password"}
        answers.append(app.test_client().post("/api/login", json=body).json)
    assert answers[0] == answers[1]
