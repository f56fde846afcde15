"""The edge: one error shape for everything, hostile requests, headers, pages, health."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from flask_openapi.openapi import OpenAPI
from werkzeug.test import TestResponse

from auxiliares import Settings
from backend import create_app
from metadb import engine
from metadb.engine import DatabaseAddress
from tests.integration.conftest import PASSWORD, Cast, connection_body, job_body
from webapi import spa
from webapi.access import Rule, access

JSON, TEXT = "application/json", "text/plain"
MEMBERS = {"type", "title", "status", "detail", "code", "msg", "error", "errors"}


def assert_problem(response: TestResponse, status: int, code: str | None = None) -> None:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert set(response.json) >= MEMBERS
    assert response.json["status"] == status
    assert response.json["msg"]
    if code is not None:
        assert response.json["code"] == code


ERRORS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/api/nope", {}, 404, "not_found"),
    ("POST", "/api/nope", {}, 404, "not_found"),
    ("GET", "/api", {}, 404, "not_found"),
    ("GET", "/api/", {}, 404, "not_found"),
    ("POST", "/nope", {}, 404, "not_found"),
    ("GET", "/docs/nope", {}, 404, "not_found"),
    ("GET", "/docs/assets/nope.js", {}, 404, "not_found"),
    ("GET", "/assets/nope.js", {}, 404, "not_found"),
    ("GET", "/assets/../backend.py", {}, 404, "not_found"),
    ("GET", "/api/jobs/abc", {}, 404, "not_found"),
    ("PATCH", "/api/jobs", {}, 405, "method_not_allowed"),
    ("GET", "/api/login", {}, 405, "method_not_allowed"),
    ("POST", "/healthz", {}, 405, "method_not_allowed"),
    ("POST", "/api/jobs", {"data": b"{", "content_type": JSON}, 400, "invalid_json"),
    ("POST", "/api/jobs", {"data": b"[]", "content_type": JSON}, 400, "invalid_json"),
    ("POST", "/api/jobs", {"data": b"a=b"}, 415, "unsupported_media_type"),
    ("POST", "/api/jobs", {"data": b"{}", "content_type": TEXT}, 415, "unsupported_media_type"),
    ("POST", "/api/jobs", {"json": {}}, 400, "missing_fields"),
    ("POST", "/api/jobs", {}, 422, "validation_failed"),
    ("GET", "/api/jobs/99", {}, 404, "job_not_found"),
    ("GET", "/api/connections/99", {}, 404, "connection_not_found"),
    ("PUT", "/api/users/99", {"json": {"role": "root"}}, 404, "user_not_found"),
    ("GET", "/api/data/datasets/x", {}, 404, "dataset_not_found"),
]


def test_every_error_has_one_shape(cast: Cast) -> None:
    for method, path, options, status, code in ERRORS:
        assert_problem(cast.root.request(method, path, **options), status, code)


def test_a_method_that_is_not_allowed_names_those_that_are(cast: Cast) -> None:
    response = cast.root.request("PATCH", "/api/jobs")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_a_crash_tells_a_number_and_nothing_else(
    app: OpenAPI, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    @access(Rule.PUBLIC)
    def crash() -> str:
        raise RuntimeError("password=segredo")

    app.add_url_rule("/api/crash", "crash", crash)
    response = cast.anonymous.get("/api/crash")
    assert_problem(response, 500, "internal_error")
    assert "segredo" not in response.text
    assert "RuntimeError" not in response.text
    logged = [record for record in caplog.records if record.message == "request_crashed"]
    assert logged[0].__dict__["error_id"] == response.json["error_id"]
    assert logged[0].exc_info


DEEP = b'{"a":' * 200 + b"1" + b"}" * 200
HOSTILE_BODIES = [
    b"", b"{", b"null", b"1", b'"x"', b"[]", b"{}", b"\xff\xfe", b"\x00", b'{"a":NaN}',
    b'{"a":Infinity}', b'{"a":' + b"9" * 10_000 + b"}", DEEP, b"[" * 100_000,
    b'{"a":' * 100_000, b'{"job_name":"\\u0000"}', b'{"job_name":"\\ud800"}',
    b'{"\\u0000":1}', b'{"options":{"a":{"b":"\\u0000"}}}', b'{"schedule":[]}',
    b'"{\\"username\\":\\"x\\"}"', b'{"username":[]}', b'{"username":{"a":1},"password":7}',
    b'{"port":1e400}', b'{"port":1.5}', b'{"days_offset":true}', b'{"connection_id":"1; drop"}',
    b'{"schedule":{"minute":"\\u0000"}}', b'{"expires_at":"9999-12-31T23:59:59.999Z","name":"x"}',
    b'{"expires_at":"-1","name":"x"}', b'{"expires_at":1e300,"name":"x"}',
]  # fmt: skip
UNSAFE_ROUTES = [
    ("POST", "/api/login"), ("POST", "/api/jobs"), ("PUT", "/api/jobs/1"),
    ("POST", "/api/jobs/1/runs"), ("POST", "/api/connections"), ("PUT", "/api/connections/1"),
    ("POST", "/api/parameters"), ("PUT", "/api/parameters/1"), ("POST", "/api/users"),
    ("PUT", "/api/users/2"), ("POST", "/api/api-keys"), ("PUT", "/api/me/password"),
    ("DELETE", "/api/parameters/1"), ("POST", "/api/runs/1/cancel"),
]  # fmt: skip


def test_hostile_bodies_are_refused_and_never_crash(cast: Cast, job_id: int) -> None:
    cast.root.post("/api/parameters", {"parameter_name": "p", "sql_script": "select 1"})
    crashed = []
    for method, path in UNSAFE_ROUTES:
        for body in HOSTILE_BODIES:
            response = cast.root.request(method, path, data=body, content_type="application/json")
            if response.status_code >= 500:
                crashed.append((method, path, body[:60], response.status_code))
    assert crashed == []


def valid_bodies() -> list[tuple[str, str, dict[str, Any]]]:
    schedule = {"minute": "00", "hour": "06", "day": "Seg"}
    return [
        ("POST", "/api/jobs", job_body(schedule=schedule, export_name="f", parameter_id=None,
                                       connection_id=1, time_zone="UTC", time_limit_s=5)),
        ("PUT", "/api/jobs/1", job_body(schedule=schedule, revision=1, data_primary_key="D")),
        ("POST", "/api/connections", connection_body(dsn=None, options={})),
        ("PUT", "/api/connections/1", connection_body(dsn=None, options={})),
        ("POST", "/api/parameters", {"parameter_name": "p", "sql_script": "select 1"}),
        ("POST", "/api/users", {"username": "x", "password": PASSWORD, "role": "normal"}),
        ("PUT", "/api/users/2", {"role": "normal"}),
        ("POST", "/api/api-keys", {"name": "x", "expires_at": None}),
        ("PUT", "/api/me/password", {"current_password": "x", "new_password": "y"}),
        ("POST", "/api/login", {"username": "x", "password": "y"}),
    ]  # fmt: skip


STRANGE_VALUES = [
    None, True, -1, 10**30, 1.5, "", "x" * 5000, "\ufffeação\u202e", [], ["x"], {"a": []}, "\n",
    "%s'; drop table x", "\U0001f600" * 100,
]  # fmt: skip


def test_wrong_types_in_any_field_are_refused_and_never_crash(cast: Cast, job_id: int) -> None:
    crashed = []
    for method, path, body in valid_bodies():
        for field in body:
            for value in STRANGE_VALUES:
                response = cast.root.request(method, path, {**body, field: value})
                if response.status_code >= 500:
                    crashed.append((method, path, field, value, response.text[:200]))
                if response.status_code >= 400:
                    assert set(response.json) >= MEMBERS
    assert crashed == []


QUERY_ROUTES = ("/api/runs", "/api/logs", "/api/data/datasets/x", "/api/jobs")
STRANGE_QUERIES = [
    "page=%00", "q=%00", "q=%ED%A0%80", "%00=1", "since=%00", "size=1e3", "state[]=failed",
    "job_id=%27", "q=%25%5F%5C", "user=" + "x" * 300, "limit=%00", "offset=%C2%B2", "page=1&page=x",
    "since=0001-01-01T00:00:00%2B14:00", "until=9999-12-31T23:59:59-14:00", "level=INFO%00",
]  # fmt: skip


def test_strange_queries_are_refused_and_never_crash(cast: Cast) -> None:
    crashed = [
        (path, query)
        for path in QUERY_ROUTES
        for query in STRANGE_QUERIES
        if cast.root.get(f"{path}?{query}").status_code >= 500
    ]
    assert crashed == []


def test_a_body_over_one_mebibyte_is_refused_with_its_limit(cast: Cast, job_id: int) -> None:
    sql = "select '" + "x" * 1_100_000 + "'"
    for method, path in (("POST", "/api/jobs"), ("PUT", f"/api/jobs/{job_id}")):
        response = cast.root.request(method, path, job_body(sql_script=sql))
        assert_problem(response, 413, "body_too_large")
    long = "select '" + "x" * 900_000 + "'"
    assert cast.root.put(f"/api/jobs/{job_id}", {"sql_script": long}).status_code == 200


def test_nothing_is_written_outside_the_data_folders(
    cast: Cast, connection_id: int, tmp_path: Path, settings: Settings
) -> None:
    before = sorted(tmp_path.rglob("*"))
    for path, name in (("../x", "y"), (str(tmp_path), "y"), ("a", "../../y"), ("a/../../..", "y")):
        body = job_body(export_path=path, export_name=name)
        assert cast.root.post("/api/jobs", body).status_code == 422
    # A saved job has made no folder either.
    assert cast.root.post("/api/jobs", job_body(export_path="novo/pasta")).status_code == 201
    assert sorted(tmp_path.rglob("*")) == before


def test_every_answer_carries_the_security_headers(cast: Cast) -> None:
    for path in ("/", "/api/me", "/api/nope", "/docs", "/healthz", "/api/jobs/99"):
        headers = cast.root.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "script-src" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert len(headers["X-Request-Id"]) == 16
    assert cast.root.get("/api/me").headers["Cache-Control"] == "no-store"


def test_json_is_written_as_by_the_existing_interface(cast: Cast, job_id: int) -> None:
    text = cast.root.get("/api/jobs").text
    assert "Vendas di\\u00e1rias" in text
    assert text.endswith("\n")
    members = list(json.loads(text)[0])
    assert members == sorted(members)


def test_without_a_built_interface_a_plain_page_says_so(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spa, "DIST", tmp_path / "none")
    for path in ("/", "/manutencao/7", "/users", "/login"):
        response = cast.anonymous.get(path)
        assert response.status_code == 200
        assert "/docs" in response.text
        assert response.content_type.startswith("text/html")


def test_a_built_interface_is_served_at_every_page(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>the interface</title>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-abc123.js").write_text("1")
    monkeypatch.setattr(spa, "DIST", tmp_path)
    for path in ("/", "/manutencao/7", "/login", "/no/such.page"):
        response = cast.anonymous.get(path)
        assert "the interface" in response.text
        assert response.headers["Cache-Control"] == "no-cache"
    assert cast.anonymous.get("/favicon.svg").text == "<svg/>"
    asset = cast.anonymous.get("/assets/index-abc123.js")
    assert "immutable" in asset.headers["Cache-Control"]
    assert "max-age=31536000" in asset.headers["Cache-Control"]
    (tmp_path.parent / "secret").write_text("segredo")
    for path in ("/../secret", "/..%2fsecret", "/assets/../../secret", "/assets/..%2f..%2fsecret"):
        assert "segredo" not in cast.anonymous.get(path).text
    assert cast.anonymous.get("/api/nope").status_code == 404
    assert cast.anonymous.get("/assets/missing.js").status_code == 404


def test_the_process_is_healthy_and_ready(cast: Cast) -> None:
    assert cast.anonymous.get("/healthz").json == {"status": "ok"}
    response = cast.anonymous.get("/readyz")
    assert response.status_code == 200
    assert response.json["ready"] is True
    assert response.json["scheduler_heartbeat_age_s"] is None


def test_without_its_database_the_process_says_so_and_comes_back(
    cast: Cast, metadata_db: DatabaseAddress
) -> None:
    away = DatabaseAddress("127.0.0.1", 9, "x", "x", "x")
    engine.connect(lambda: away)
    assert cast.anonymous.get("/healthz").status_code == 200
    assert cast.anonymous.get("/readyz").status_code == 503
    for caller, path in ((cast.root, "/api/jobs"), (cast.api_key, "/api/data/datasets")):
        response = caller.get(path)
        assert_problem(response, 503, "metadata_unavailable")
        assert response.headers["Retry-After"] == "5"
    login = cast.anonymous.post("/api/login", {"username": "root_user", "password": PASSWORD})
    assert_problem(login, 503)
    engine.connect(lambda: metadata_db)
    assert cast.root.get("/api/jobs").status_code == 200


def test_a_connection_lost_in_between_heals_by_itself(
    cast: Cast, metadata_db: DatabaseAddress
) -> None:
    assert cast.root.get("/api/jobs").status_code == 200
    admin = psycopg2.connect(**metadata_db.keywords())
    admin.autocommit = True
    admin.cursor().execute(
        "select pg_terminate_backend(pid, 60000) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    admin.close()
    assert cast.root.get("/api/jobs").status_code == 200


def test_before_the_database_is_open_requests_are_told_to_wait(settings: Settings) -> None:
    client = create_app(settings, opened=threading.Event()).test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.get("/", buffered=True).status_code == 200
    assert_problem(client.get("/api/jobs"), 503, "metadata_unavailable")
