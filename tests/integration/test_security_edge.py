"""The edge as a checklist: names, proxies, TLS, other sites, and what answers carry."""

from __future__ import annotations

from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI

from auxiliares import Settings
from backend import create_app
from tests.integration.conftest import FILE_KEY, PASSWORD, Cast, job_body
from webapi.access import Rule, access

PANEL = "https://painel.example.com"


@pytest.fixture
def open_app(settings: Settings, cast: Cast) -> OpenAPI:
    """The application as somebody runs it behind a proxy and for another site's pages."""
    security: dict[str, Any] = {
        "hosts": ["dados.example.com"],
        "trusted_proxies": ["10.0.0.0/8", "127.0.0.1"],
        "cors_origins": [PANEL],
    }
    changed = type(settings.security)(**security)
    return create_app(settings.model_copy(update={"security": changed}))


def test_security_hosts_a_name_of_somebody_else_is_refused(app: OpenAPI, cast: Cast) -> None:
    for host in ("evil.example", "evil.example:5000", "dados.example.com"):
        response = cast.root.get("/api/jobs", headers={"Host": host})
        assert (response.status_code, response.json["code"]) == (421, "host_not_allowed")
    for host in ("127.0.0.1:5000", "localhost", "[::1]:5000", "servidor", "10.1.2.3"):
        assert cast.anonymous.get("/api/me", headers={"Host": host}).status_code == 200


def test_security_hosts_names_of_the_settings_are_ours(open_app: OpenAPI) -> None:
    client = open_app.test_client()
    for host in ("dados.example.com", "DADOS.example.com:443", "dados.example.com."):
        assert client.get("/api/me", headers={"Host": host}).status_code == 200
    assert client.get("/api/me", headers={"Host": "x.example.com"}).status_code == 421


def test_security_csrf_nothing_changes_from_another_site_or_by_a_form(
    cast: Cast, job_id: int
) -> None:
    path = f"/api/jobs/{job_id}"
    before = cast.root.get(path).json["revision"]
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        response = cast.root.put(path, {"job_name": "x"}, headers=headers)
        assert (response.status_code, response.json["code"]) == (403, "cross_site")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        response = cast.root.request("PUT", path, data=b'{"job_name": "x"}', content_type=kind)
        assert response.status_code == 415
    assert cast.root.get(path).json["revision"] == before


def test_security_csrf_reading_changes_nothing(app: OpenAPI) -> None:
    # Every route that changes something asks for another method than GET.
    reads = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    words = ("retry", "cancel", "release", "discard", "restore", "clone", "logout", "login")
    assert [rule for rule in reads if rule.rpartition("/")[2] in words] == []


def test_security_cors_no_page_of_another_site_reads_unless_configured(cast: Cast) -> None:
    for method in ("GET", "OPTIONS"):
        response = cast.api_key.request(
            method,
            "/api/data/datasets",
            headers={"Origin": PANEL, "Access-Control-Request-Method": "GET"},
        )
        assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


def test_security_cors_a_configured_site_reads_the_data_api_with_a_key(open_app: OpenAPI) -> None:
    client = open_app.test_client()
    asked = {"Origin": PANEL, "Access-Control-Request-Method": "GET"}
    response = client.options("/api/data/datasets", headers=asked)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == PANEL
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]
    read = client.get("/api/data/datasets", headers={"Origin": PANEL, "X-API-Key": FILE_KEY})
    assert (read.status_code, read.headers["Access-Control-Allow-Origin"]) == (200, PANEL)
    assert "Access-Control-Allow-Credentials" not in read.headers
    for path, origin in (("/api/jobs", PANEL), ("/api/data/datasets", "https://evil.example")):
        other = client.get(path, headers={"Origin": origin, "X-API-Key": FILE_KEY})
        assert "Access-Control-Allow-Origin" not in other.headers


def address_seen(app: OpenAPI, peer: str, headers: dict[str, str]) -> str:
    """The address the application takes the caller to have."""

    @access(Rule.PUBLIC)
    def whoami() -> str:
        from flask import request

        return f"{request.remote_addr} {request.scheme}"

    if "whoami" not in app.view_functions:
        app.add_url_rule("/whoami", "whoami", whoami)
    response = app.test_client().get(
        "/whoami", headers=headers, environ_overrides={"REMOTE_ADDR": peer}
    )
    return response.text


def test_security_proxies_only_a_trusted_one_is_believed(open_app: OpenAPI) -> None:
    told = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert address_seen(open_app, "10.0.0.9", told) == "203.0.113.7 https"
    assert address_seen(open_app, "203.0.113.99", told) == "203.0.113.99 http"
    # What the caller wrote in front of the proxy's own word does not count.
    forged = {"X-Forwarded-For": "1.1.1.1, 203.0.113.7, 10.0.0.8"}
    assert address_seen(open_app, "10.0.0.9", forged) == "203.0.113.7 http"
    for text in ("", "unknown", "x, y", "203.0.113.7:80"):
        assert address_seen(open_app, "10.0.0.9", {"X-Forwarded-For": text}) == "10.0.0.9 http"


def test_security_proxies_nobody_is_believed_by_default(app: OpenAPI, cast: Cast) -> None:
    told = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert address_seen(app, "127.0.0.1", told) == "127.0.0.1 http"


def test_security_tls_cookie_and_headers_behind_it(open_app: OpenAPI) -> None:
    body = {"username": "root_user", "password": PASSWORD}
    client = open_app.test_client()
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    response = client.post("/api/login", json=body, headers=told)
    assert "; Secure" in response.headers["Set-Cookie"]
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")
    plain = open_app.test_client().post("/api/login", json=body)
    assert "; Secure" not in plain.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in plain.headers


def test_security_xss_answers_are_data_and_never_pages(cast: Cast) -> None:
    evil = "<img src=x onerror=alert(1)>"
    created = cast.root.post("/api/connections", {**CONNECTION, "name": evil})
    assert created.status_code == 201
    assert cast.root.post("/api/jobs", job_body(job_name=evil)).status_code == 201
    for path in ("/api/jobs", f"/api/{evil}", "/api/logs?q=" + evil, "/api/connections"):
        response = cast.root.get(path)
        assert response.content_type.startswith(("application/json", "application/problem+json"))
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


CONNECTION = {
    "kind": "postgres",
    "host": "127.0.0.1",
    "port": 9,
    "database": "loja",
    "username": "leitor",
    "password": "x",
}


def test_security_exposure_nothing_of_the_project_is_served(cast: Cast) -> None:
    for path in (
        "/.git/config", "/.git/HEAD", "/backend.py", "/datafile.json", "/data/datafile.json",
        "/requirements.txt", "/.env", "/console", "/assets/../datafile.json",
        "/docs/assets/..%2f..%2fdatafile.json", "/server-status", "/debug",
    ):  # fmt: skip
        response = cast.anonymous.get(path)
        assert "secret_key" not in response.text
        assert "[core]" not in response.text
    headers = cast.anonymous.get("/").headers
    assert "Server" not in headers or "Werkzeug" not in headers["Server"]
    assert "X-Powered-By" not in headers
