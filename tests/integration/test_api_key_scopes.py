"""What a key opens: datasets and actions of its scope, from its networks, as often as it may."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from auxiliares import Settings
from tests.integration.conftest import Caller, Cast
from tests.integration.test_api_datasets import CONTENT, publish, put_file


def key_with(cast: Cast, **scope: Any) -> str:
    response = cast.root.post("/api/api-keys", {"name": "Excel", **scope})
    assert response.status_code == 201, response.text
    return str(response.json["key"])


def basic(user: str, password: str) -> dict[str, str]:
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def status(caller: Caller, path: str, headers: dict[str, str]) -> tuple[int, str | None]:
    response = caller.get(path, headers=headers)
    return response.status_code, response.json["code"] if response.status_code >= 400 else None


@pytest.fixture
def published(settings: Settings) -> None:
    for name in ("vendas/diario", "rh/salarios"):
        publish(settings, name, CONTENT)
    put_file(settings, "vendas/antigo.csv", "A\n1\n")
    put_file(settings, "rh/antigo.csv", "A\n1\n")


def test_a_key_sees_and_reads_the_datasets_of_its_patterns(cast: Cast, published: None) -> None:
    headers = {"X-API-Key": key_with(cast, datasets=["vendas/*"])}
    names = cast.anonymous.get("/api/data/datasets", headers=headers).json
    assert names == ["vendas/antigo", "vendas/diario"]
    for name in names:
        assert status(cast.anonymous, f"/api/data/datasets/{name}", headers) == (200, None)


@pytest.mark.parametrize("form", ["", ".csv", "?limit=1", "?COD=007", "?format=file"])
def test_what_lies_outside_the_scope_looks_like_what_is_not_there(
    cast: Cast, published: None, form: str
) -> None:
    headers = {"X-API-Key": key_with(cast, datasets=["vendas/*"])}
    answers = []
    for name in ("rh/salarios", "rh/nothing", "rh/antigo", "RH/Salarios"):
        response = cast.anonymous.get(f"/api/data/datasets/{name}{form}", headers=headers)
        answers.append((response.status_code, response.text.replace(name, "NAME")))
    assert answers[0][0] == 404
    assert len(set(answers)) == 1


def test_a_key_is_sent_in_three_ways(cast: Cast, published: None) -> None:
    key = key_with(cast)
    path = "/api/data/datasets/vendas/diario"
    for headers in (
        {"X-API-Key": key},
        {"Authorization": f"Bearer {key}"},
        basic("", key),
        basic("anybody", key),
        basic("ção", key),
    ):
        assert status(cast.anonymous, path, headers) == (200, None)
    # The key is the password, never the user name.
    assert status(cast.anonymous, path, basic(key, "x"))[0] == 401


def test_programs_are_asked_for_a_password_and_pages_of_the_interface_are_not(cast: Cast) -> None:
    asked = cast.anonymous.get("/api/data/datasets").headers.getlist("WWW-Authenticate")
    assert [value.partition(" ")[0] for value in asked] == ["Basic", "Bearer"]
    quiet = cast.anonymous.get("/api/data/datasets", headers={"Sec-Fetch-Mode": "cors"})
    assert not quiet.headers["WWW-Authenticate"].startswith("Basic")
    assert "WWW-Authenticate" not in cast.anonymous.get("/api/jobs").headers


def test_a_key_may_do_what_its_actions_name(cast: Cast) -> None:
    reads, watches = key_with(cast), key_with(cast, actions=["metrics"])
    for key, refused, allowed in (
        (reads, "/metrics", "/api/data/datasets"),
        (watches, "/api/data/datasets", "/metrics"),
    ):
        headers = {"X-API-Key": key}
        assert status(cast.anonymous, refused, headers) == (403, "key_action_refused")
        assert cast.anonymous.get(allowed, headers=headers).status_code == 200


def test_a_key_opens_nothing_from_other_networks(cast: Cast) -> None:
    inside = key_with(cast, networks=["10.0.0.0/8", "127.0.0.1"])
    outside = key_with(cast, networks=["10.0.0.0/8"])
    path = "/api/data/datasets"
    assert status(cast.anonymous, path, {"X-API-Key": inside}) == (200, None)
    assert status(cast.anonymous, path, {"X-API-Key": outside}) == (403, "key_network_refused")
    mapped = cast.anonymous.get(
        path, headers={"X-API-Key": outside}, environ_base={"REMOTE_ADDR": "::ffff:10.9.9.9"}
    )
    assert mapped.status_code == 200


def test_a_key_that_asks_too_often_is_told_when_to_go_on(cast: Cast) -> None:
    headers = {"X-API-Key": key_with(cast, rate_per_minute=2)}
    for _ in range(2):
        assert cast.anonymous.get("/api/data/datasets", headers=headers).status_code == 200
    response = cast.anonymous.get("/api/data/datasets", headers=headers)
    assert (response.status_code, response.json["code"]) == (429, "rate_limited")
    assert 1 <= int(response.headers["Retry-After"]) <= 30


def test_the_last_use_tells_when_from_where_and_with_what(cast: Cast) -> None:
    headers = {"X-API-Key": key_with(cast), "User-Agent": "python-requests/2.32"}
    began = datetime.now(UTC)
    cast.anonymous.get("/api/data/datasets", headers=headers)
    (key,) = cast.root.get("/api/api-keys").json
    assert (key["last_address"], key["last_user_agent"]) == ("127.0.0.1", "python-requests/2.32")
    assert abs((datetime.fromisoformat(key["last_used_at"]) - began).total_seconds()) < 60
    assert key["datasets"] == ["**"]
    assert (key["actions"], key["networks"], key["rate_per_minute"]) == (
        ["read", "status"],
        [],
        None,
    )


def test_a_session_reads_everything(cast: Cast, published: None) -> None:
    assert "rh/salarios" in cast.normal.get("/api/data/datasets").json


def test_a_changed_key_opens_something_else_from_the_next_request(
    cast: Cast, published: None
) -> None:
    made = cast.root.post("/api/api-keys", {"name": "BI", "datasets": ["vendas/*"]}).json
    headers, path = {"X-API-Key": made["key"]}, f"/api/api-keys/{made['api_key_id']}"
    assert status(cast.anonymous, "/api/data/datasets/vendas/diario", headers) == (200, None)
    change = {
        "name": "BI do RH",
        "expires_at": "2099-01-01T00:00:00Z",
        "datasets": ["rh/*"],
        "actions": ["read"],
        "networks": ["127.0.0.0/8"],
        "rate_per_minute": 600,
    }
    changed = cast.root.put(path, change)
    assert changed.status_code == 200, changed.text
    assert {name: changed.json[name] for name in change} == change
    assert "key" not in changed.json
    assert status(cast.anonymous, "/api/data/datasets/vendas/diario", headers)[0] == 404
    assert status(cast.anonymous, "/api/data/datasets/rh/salarios", headers) == (200, None)
    assert status(cast.anonymous, "/api/data/status", headers) == (403, "key_action_refused")
    elsewhere = {**change, "networks": ["10.0.0.0/8"]}
    assert cast.root.put(path, elsewhere).status_code == 200
    found = status(cast.anonymous, "/api/data/datasets/rh/salarios", headers)
    assert found == (403, "key_network_refused")


def test_a_change_of_a_key_is_whole_and_sound(cast: Cast) -> None:
    made = cast.root.post("/api/api-keys", {"name": "BI"}).json
    path = f"/api/api-keys/{made['api_key_id']}"
    whole = {name: made[name] for name in ("name", "expires_at", "datasets", "actions", "networks")}
    whole["rate_per_minute"] = None
    for name in whole:
        less = {key: value for key, value in whole.items() if key != name}
        assert cast.root.put(path, less).status_code == 422, name
    for fault in ({"name": " "}, {"datasets": []}, {"networks": ["x"]}, {"rate_per_minute": 0}):
        response = cast.root.put(path, {**whole, **fault})
        assert (response.status_code, response.json["code"]) == (422, "api_key_invalid"), fault
    past = {**whole, "expires_at": "2020-01-01T00:00:00Z"}
    assert cast.root.put(path, past).json["code"] == "api_key_invalid"
    assert cast.root.delete(path).status_code == 200
    assert cast.root.put(path, whole).json["code"] == "api_key_not_found"
