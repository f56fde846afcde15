"""Equal requests are answered alike without the application, and nobody gets anything by it that
the application would not give."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI
from sqlalchemy import text
from werkzeug.test import TestResponse

from auxiliares import Settings
from metadb import engine
from metadb.engine import DatabaseAddress, unit_of_work
from tests.integration.conftest import FILE_KEY, Cast
from tests.integration.test_api_datasets import CONTENT, publish, put_file
from tests.integration.test_api_key_scopes import basic, key_with
from webapi.state import state_of

PAGE = "/api/data/datasets/vendas/d?limit=10"
CHANGING = {"X-Request-Id", "Date"}


class Watched:
    """A client that knows whether the application was asked."""

    def __init__(self, app: OpenAPI, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = app.test_client(use_cookies=False)
        self.asked = 0
        dispatch = app.full_dispatch_request

        def counted() -> Any:
            self.asked += 1
            return dispatch()

        monkeypatch.setattr(app, "full_dispatch_request", counted)

    def get(self, key: str, path: str = PAGE, **more: Any) -> TestResponse:
        headers = {"X-API-Key": key, **more.pop("headers", {})}
        return self.client.get(path, headers=headers, buffered=True, **more)

    def passes(self, key: str, path: str = PAGE, **more: Any) -> bool:
        """Whether the answer came without the application."""
        before = self.asked
        assert self.get(key, path, **more).status_code == 200
        return self.asked == before

    def warm(self, key: str, **more: Any) -> None:
        assert not self.passes(key, **more)
        assert self.passes(key, **more)


@pytest.fixture
def watched(app: OpenAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Watched:
    publish(settings, "vendas/d", CONTENT)
    return Watched(app, monkeypatch)


def executed(sql: str, **values: Any) -> None:
    with unit_of_work() as session:
        session.execute(text(sql), values)


def test_equal_request_is_answered_and_counted_alike(
    app: OpenAPI, cast: Cast, watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    for key in (FILE_KEY, key_with(cast, name="BI")):
        first = watched.get(key)
        with caplog.at_level(logging.INFO, "access"):
            again = watched.get(key)
        assert (again.status_code, again.data) == (200, first.data)
        one, other = (
            {(n, v) for n, v in answer.headers if n not in CHANGING} for answer in (first, again)
        )
        assert one == other
        numbers = {answer.headers["X-Request-Id"] for answer in (first, again)}
        assert len(numbers) == 2
        logged = caplog.records[-1]
        assert (logged.path, logged.status) == ("/api/data/datasets/vendas/d", 200)  # type: ignore[attr-defined]
        assert logged.request_id == again.headers["X-Request-Id"]  # type: ignore[attr-defined]
    # Two answers of four; the other two were given by the application
    assert watched.asked == 2 + 1  # and the key was made
    state_of(app).read_log.write()
    found = cast.normal.get("/api/datasets/1/readers").json
    assert {(one["reader"], one["reads"]) for one in found} == {("file key 1", 2), ("BI", 2)}
    assert {one["bytes_sent"] for one in found} == {2 * len(first.data)}


def key_changed(cast: Cast, **change: Any) -> Callable[[int], None]:
    def change_key(key_id: int) -> None:
        body = {
            "name": "BI", "expires_at": None, "datasets": ["**"], "actions": ["read"],
            "networks": [], "rate_per_minute": None, **change,
        }  # fmt: skip
        assert cast.root.put(f"/api/api-keys/{key_id}", body).status_code == 200

    return change_key


def test_what_a_key_loses_it_loses_at_once(cast: Cast, watched: Watched) -> None:
    def expire(key_id: int) -> None:
        executed("update api_keys set expires_at = now() where api_key_id = :k", k=key_id)

    def revoke(key_id: int) -> None:
        assert cast.root.delete(f"/api/api-keys/{key_id}").status_code == 200

    def unpublish(_key_id: int) -> None:
        executed("update datasets set current_version_id = null")

    losses: list[tuple[Callable[[int], None], int, str]] = [
        (revoke, 401, "authentication_required"),
        (expire, 401, "authentication_required"),
        (key_changed(cast, datasets=["vendas/x"]), 404, "dataset_not_found"),
        (key_changed(cast, actions=["status"]), 403, "key_action_refused"),
        (key_changed(cast, networks=["10.0.0.0/8"]), 403, "key_network_refused"),
        (unpublish, 404, "dataset_not_found"),
    ]
    for lose, status, code in losses:
        made = cast.root.post("/api/api-keys", {"name": "BI"}).json
        watched.warm(made["key"])
        lose(made["api_key_id"])
        refused = watched.get(made["key"])
        assert (refused.status_code, refused.json["code"]) == (status, code)


def test_rate_and_new_versions_hold_for_repeated_requests(
    app: OpenAPI,
    cast: Cast,
    watched: Watched,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However long this takes, nothing is given back meanwhile
    monkeypatch.setattr(state_of(app).rate_limits, "_clock", lambda: 0.0)
    key = key_with(cast, rate_per_minute=3)
    watched.warm(key)
    assert watched.passes(key)
    refused = watched.get(key)
    assert (refused.status_code, refused.json["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0

    free = key_with(cast)
    watched.warm(free)
    new = publish(settings, "vendas/d", CONTENT + "009;;;;\n", attempt=2)
    found = watched.get(free)
    assert found.headers["X-Dataset-Version"] == str(new)
    assert found.json[-1]["COD"] == "009"
    assert watched.passes(free)


def test_another_request_is_never_answered_from_memory(cast: Cast, watched: Watched) -> None:
    key = key_with(cast, networks=["127.0.0.0/8"])
    narrow = key_with(cast, datasets=["rh/*"])
    watched.warm(key)

    def refused(key: str, **more: Any) -> str:
        answer = watched.get(key, **more)
        assert answer.status_code >= 400
        return str(answer.json["code"])

    assert refused(narrow) == "dataset_not_found"
    assert refused(key[:-1] + ("A" if key[-1] != "A" else "B")) == "authentication_required"
    assert refused("") == "authentication_required"
    assert refused(key, environ_overrides={"REMOTE_ADDR": "10.9.9.9"}) == "key_network_refused"
    assert refused(key, headers={"Host": "evil.example.com"}) == "host_not_allowed"
    # Of a proxy that nobody trusts nothing is believed
    told = {"X-Forwarded-For": "127.0.0.1"}
    assert (
        refused(key, headers=told, environ_overrides={"REMOTE_ADDR": "10.9.9.9"})
        == "key_network_refused"
    )
    # What is asked for otherwise is another answer
    assert watched.get(key, headers={"Accept": "text/csv"}).mimetype == "text/csv"
    tag = watched.get(key).headers["ETag"]
    assert watched.get(key, headers={"If-None-Match": tag}).status_code == 304
    assert not watched.passes(key, headers={"Cookie": "asql_session=x"})
    assert not watched.passes(key, headers={"Accept-Encoding": "gzip"})
    # The same key sent otherwise is a request of its own, and as good
    assert watched.client.get(PAGE, headers=basic("x", key)).status_code == 200
    assert watched.passes(key)


def test_use_is_noted_and_only_small_pages_of_published_data_are_repeated(
    cast: Cast, watched: Watched, settings: Settings
) -> None:
    key = key_with(cast, name="BI")
    watched.warm(key)
    executed("update api_keys set last_used_at = clock_timestamp() - interval '2 minutes'")
    assert not watched.passes(key)
    assert watched.passes(key)
    executed("update api_keys set name = 'Power BI'")
    assert watched.passes(key)
    (found,) = (one for one in cast.root.get("/api/api-keys").json if one["name"] == "Power BI")
    assert found["last_used_at"] is not None

    put_file(settings, "livre.csv", "A\n1\n")
    for path in (
        "/api/data/datasets/livre?limit=1",
        "/api/data/datasets/vendas/d",
        "/api/data/datasets/vendas/d?format=file",
        "/api/data/datasets/vendas/d/schema",
        "/api/data/datasets",
        "/api/data/datasets/vendas/d.json?limit=1",
    ):
        assert not watched.passes(key, path)
        assert not watched.passes(key, path)


def test_without_the_database_the_application_says_so(
    watched: Watched, metadata_db: DatabaseAddress
) -> None:
    watched.warm(FILE_KEY)
    engine.connect(lambda: replace(metadata_db, dbname="nowhere"))
    answer = watched.get(FILE_KEY)
    assert (answer.status_code, answer.json["code"]) == (503, "metadata_unavailable")
    engine.connect(lambda: metadata_db)
    assert watched.passes(FILE_KEY)
