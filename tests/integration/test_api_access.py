"""Every route against the five actors; sessions, their end, and requests of foreign sites."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI
from sqlalchemy import select, text

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import User
from services import sessions
from tests.integration.conftest import ACTORS, PASSWORD, Caller, Cast, connection_body, job_body
from webapi.access import rule_of

LOGGED_IN = frozenset({"root", "moderator", "normal"})
MODERATORS = frozenset({"root", "moderator"})
ROOT = frozenset({"root"})
READERS = LOGGED_IN | {"api_key"}
ALL = frozenset(ACTORS)


CHANNEL = {
    "kind": "webhook",
    "options": {"url": "http://127.0.0.1:9/aviso"},
    "secret": "segredo-que-assina-as-mensagens",
}


@dataclass(frozen=True)
class Row:
    """Who may call a route and what it answers to them. `{job}` and so on are made anew."""

    allowed: frozenset[str]
    status: int
    path: str
    body: dict[str, Any] | None = None


DRY_RUN = {"job_kind": "sync", "connection_id": 0, "target_connection_id": 0, "movement": {}}
DEFINITIONS = {"version": 1, "jobs": []}
MATRIX = {
    "POST /api/login": Row(ALL, 200, "/api/login", {"username": "root_user", "password": PASSWORD}),
    "POST /api/logout": Row(LOGGED_IN, 200, "/api/logout"),
    "GET /api/me": Row(ALL, 200, "/api/me"),
    "PUT /api/me/password": Row(
        LOGGED_IN,
        200,
        "/api/me/password",
        {"current_password": PASSWORD, "new_password": "another password"},
    ),
    "GET /api/me/sessions": Row(LOGGED_IN, 200, "/api/me/sessions"),
    "DELETE /api/me/sessions": Row(LOGGED_IN, 200, "/api/me/sessions"),
    "DELETE /api/me/sessions/<int:session_id>": Row(LOGGED_IN, 404, "/api/me/sessions/999"),
    "GET /api/jobs": Row(LOGGED_IN, 200, "/api/jobs"),
    "POST /api/jobs": Row(LOGGED_IN, 201, "/api/jobs", job_body(export_name="{unique}")),
    "GET /api/jobs/<int:job_id>": Row(LOGGED_IN, 200, "/api/jobs/{job}"),
    "PUT /api/jobs/<int:job_id>": Row(
        MODERATORS, 200, "/api/jobs/{job}", {"job_name": "Outro nome"}
    ),
    "DELETE /api/jobs/<int:job_id>": Row(MODERATORS, 200, "/api/jobs/{job}"),
    "GET /api/jobs/definitions": Row(LOGGED_IN, 200, "/api/jobs/definitions"),
    "POST /api/jobs/definitions/dry-run": Row(
        LOGGED_IN, 200, "/api/jobs/definitions/dry-run", DEFINITIONS
    ),
    "POST /api/jobs/definitions": Row(LOGGED_IN, 200, "/api/jobs/definitions", DEFINITIONS),
    "PUT /api/jobs/<int:job_id>/status": Row(
        MODERATORS, 200, "/api/jobs/{job}/status", {"job_status": "N"}
    ),
    "PUT /api/jobs/<int:job_id>/pause": Row(
        MODERATORS, 200, "/api/jobs/{job}/pause", {"paused": True}
    ),
    "GET /api/jobs/<int:job_id>/occurrences": Row(LOGGED_IN, 200, "/api/jobs/{job}/occurrences"),
    "GET /api/maintenance": Row(LOGGED_IN, 200, "/api/maintenance"),
    "PUT /api/maintenance": Row(
        MODERATORS, 200, "/api/maintenance", {"paused": True, "note": "Troca do servidor"}
    ),
    "POST /api/jobs/<int:job_id>/clone": Row(
        LOGGED_IN, 201, "/api/jobs/{job}/clone", {"job_name": "Cópia"}
    ),
    "GET /api/jobs/<int:job_id>/history": Row(LOGGED_IN, 200, "/api/jobs/{job}/history"),
    "POST /api/jobs/<int:job_id>/runs": Row(MODERATORS, 202, "/api/jobs/{job}/runs"),
    "GET /api/runs": Row(LOGGED_IN, 200, "/api/runs"),
    "GET /api/runs/<int:run_id>": Row(LOGGED_IN, 200, "/api/runs/{run}"),
    "POST /api/movements/dry-run": Row(MODERATORS, 404, "/api/movements/dry-run", DRY_RUN),
    "POST /api/movements/look-up": Row(MODERATORS, 422, "/api/movements/look-up", {"lookup": {}}),
    "GET /api/runs/<int:run_id>/sets": Row(LOGGED_IN, 200, "/api/runs/{run}/sets"),
    "GET /api/jobs/<int:job_id>/sets": Row(LOGGED_IN, 200, "/api/jobs/{job}/sets"),
    "POST /api/jobs/<int:job_id>/sets/runs": Row(
        MODERATORS, 422, "/api/jobs/{job}/sets/runs", {"labels": ["SP"]}
    ),
    "POST /api/preview/sets": Row(
        MODERATORS,
        404,
        "/api/preview/sets",
        {"connection_id": 0, "sql_script": "select 1 as uf", "parameters": [{"name": "uf"}]},
    ),
    "GET /api/runs/<int:run_id>/tables": Row(LOGGED_IN, 200, "/api/runs/{run}/tables"),
    "POST /api/runs/<int:run_id>/cancel": Row(MODERATORS, 202, "/api/runs/{run}/cancel"),
    "GET /api/connections": Row(LOGGED_IN, 200, "/api/connections"),
    "POST /api/connections": Row(
        MODERATORS, 201, "/api/connections", connection_body(name="{unique}")
    ),
    "GET /api/connections/<int:connection_id>": Row(
        LOGGED_IN, 200, "/api/connections/{connection}"
    ),
    "PUT /api/connections/<int:connection_id>": Row(
        MODERATORS, 200, "/api/connections/{connection}", {"database": "outro"}
    ),
    "DELETE /api/connections/<int:connection_id>": Row(
        MODERATORS, 200, "/api/connections/{connection}"
    ),
    "POST /api/connections/<int:connection_id>/test": Row(
        MODERATORS, 502, "/api/connections/{connection}/test"
    ),
    "GET /api/connections/<int:connection_id>/catalogue": Row(
        MODERATORS, 502, "/api/connections/{connection}/catalogue"
    ),
    "GET /api/parameters": Row(LOGGED_IN, 200, "/api/parameters"),
    "POST /api/parameters": Row(
        MODERATORS,
        201,
        "/api/parameters",
        {"parameter_name": "{unique}", "sql_script": "select 1"},
    ),
    "GET /api/parameters/<int:parameter_id>": Row(LOGGED_IN, 200, "/api/parameters/{parameter}"),
    "PUT /api/parameters/<int:parameter_id>": Row(
        MODERATORS, 200, "/api/parameters/{parameter}", {"sql_script": "select 2"}
    ),
    "DELETE /api/parameters/<int:parameter_id>": Row(
        MODERATORS, 200, "/api/parameters/{parameter}"
    ),
    "GET /api/tags": Row(LOGGED_IN, 200, "/api/tags"),
    "GET /api/calendars": Row(LOGGED_IN, 200, "/api/calendars"),
    "POST /api/calendars": Row(MODERATORS, 201, "/api/calendars", {"name": "{unique}"}),
    "GET /api/calendars/<int:calendar_id>": Row(LOGGED_IN, 200, "/api/calendars/1"),
    "GET /api/calendars/<int:calendar_id>/days": Row(
        LOGGED_IN, 200, "/api/calendars/1/days?year=2026"
    ),
    "PUT /api/calendars/<int:calendar_id>": Row(
        MODERATORS, 200, "/api/calendars/1", {"weekend": ["Dom"]}
    ),
    "POST /api/calendars/<int:calendar_id>/lines": Row(
        MODERATORS, 200, "/api/calendars/1/lines", {"text": "25/01/2027;Aniversário"}
    ),
    "DELETE /api/calendars/<int:calendar_id>": Row(MODERATORS, 404, "/api/calendars/999"),
    "GET /api/users": Row(ROOT, 200, "/api/users"),
    "POST /api/users": Row(
        ROOT,
        201,
        "/api/users",
        {"username": "{unique}", "password": PASSWORD, "role": "normal"},
    ),
    "PUT /api/users/<int:user_id>": Row(ROOT, 200, "/api/users/{user}", {"role": "moderator"}),
    "DELETE /api/users/<int:user_id>": Row(ROOT, 200, "/api/users/{user}"),
    "GET /api/api-keys": Row(ROOT, 200, "/api/api-keys"),
    "POST /api/api-keys": Row(ROOT, 201, "/api/api-keys", {"name": "Excel"}),
    "PUT /api/api-keys/<int:api_key_id>": Row(
        ROOT,
        200,
        "/api/api-keys/{key}",
        {
            "name": "Excel",
            "expires_at": None,
            "datasets": ["**"],
            "actions": ["read"],
            "networks": [],
            "rate_per_minute": None,
        },
    ),
    "DELETE /api/api-keys/<int:api_key_id>": Row(ROOT, 200, "/api/api-keys/{key}"),
    "GET /api/audit": Row(MODERATORS, 200, "/api/audit"),
    "GET /api/audit/export": Row(MODERATORS, 200, "/api/audit/export"),
    "GET /api/jobs/<int:job_id>/versions": Row(LOGGED_IN, 200, "/api/jobs/{job}/versions"),
    "GET /api/jobs/<int:job_id>/versions/<int:revision>": Row(
        LOGGED_IN, 200, "/api/jobs/{job}/versions/1"
    ),
    "GET /api/jobs/<int:job_id>/versions/<int:revision>/diff": Row(
        LOGGED_IN, 200, "/api/jobs/{job}/versions/1/diff"
    ),
    "POST /api/jobs/<int:job_id>/versions/<int:revision>/restore": Row(
        MODERATORS, 200, "/api/jobs/{job}/versions/1/restore"
    ),
    "POST /api/jobs/<int:job_id>/proposals": Row(
        LOGGED_IN, 201, "/api/jobs/{job}/proposals", {"changes": {"sql_script": "select 2"}}
    ),
    "GET /api/proposals": Row(LOGGED_IN, 200, "/api/proposals"),
    "POST /api/proposals/<int:proposal_id>/approve": Row(
        MODERATORS, 404, "/api/proposals/999/approve", {}
    ),
    "POST /api/proposals/<int:proposal_id>/refuse": Row(
        MODERATORS, 404, "/api/proposals/999/refuse", {}
    ),
    "GET /api/logs": Row(LOGGED_IN, 200, "/api/logs"),
    "GET /api/data/datasets": Row(READERS, 200, "/api/data/datasets"),
    "GET /api/data/datasets/<path:name>": Row(READERS, 200, "/api/data/datasets/antigo"),
    "GET /api/data/odata/": Row(READERS, 200, "/api/data/odata/"),
    "GET /api/data/odata/$metadata": Row(READERS, 200, "/api/data/odata/$metadata"),
    "GET /api/data/odata/<path:address>": Row(READERS, 200, "/api/data/odata/antigo"),
    "GET /api/data/open/<path:name>": Row(READERS, 200, "/api/data/open/antigo.odc"),
    "POST /api/data/sql": Row(READERS, 200, "/api/data/sql", {"sql": "SELECT 1 AS n"}),
    "GET /api/data/status": Row(READERS, 200, "/api/data/status"),
    "GET /api/data/datasets/<path:name>/schema": Row(
        READERS, 200, "/api/data/datasets/antigo/schema"
    ),
    "GET /api/data/datasets/<path:name>/profile": Row(
        READERS, 200, "/api/data/datasets/antigo/profile"
    ),
    "GET /api/data/datasets/<path:name>/versions": Row(
        READERS, 404, "/api/data/datasets/antigo/versions"
    ),
    "GET /api/data/datasets/<path:name>/diff": Row(READERS, 404, "/api/data/datasets/antigo/diff"),
    "PUT /api/datasets/<int:dataset_id>/expectation": Row(
        MODERATORS, 404, "/api/datasets/999/expectation", {"expected_by": "07:30"}
    ),
    "GET /api/datasets/<int:dataset_id>/readers": Row(LOGGED_IN, 404, "/api/datasets/999/readers"),
    "GET /api/overview": Row(LOGGED_IN, 200, "/api/overview"),
    "GET /api/datasets": Row(LOGGED_IN, 200, "/api/datasets"),
    "GET /api/datasets/<int:dataset_id>/versions": Row(
        LOGGED_IN, 404, "/api/datasets/999/versions"
    ),
    "GET /api/versions/<int:version_id>": Row(LOGGED_IN, 404, "/api/versions/999"),
    "GET /api/versions/<int:version_id>/diff": Row(LOGGED_IN, 404, "/api/versions/999/diff"),
    "POST /api/versions/<int:version_id>/release": Row(
        MODERATORS, 404, "/api/versions/999/release"
    ),
    "POST /api/versions/<int:version_id>/discard": Row(
        MODERATORS, 404, "/api/versions/999/discard"
    ),
    "POST /api/versions/<int:version_id>/restore": Row(
        MODERATORS, 404, "/api/versions/999/restore"
    ),
    "GET /api/dialects": Row(LOGGED_IN, 200, "/api/dialects"),
    "POST /api/dialects/sample": Row(
        LOGGED_IN, 200, "/api/dialects/sample", {"dialect": {"profile": "excel_br"}}
    ),
    "GET /api/targets": Row(LOGGED_IN, 200, "/api/targets"),
    "POST /api/targets": Row(
        MODERATORS,
        201,
        "/api/targets",
        {"name": "{unique}", "kind": "folder", "options": {"folder": "."}},
    ),
    "GET /api/targets/<int:target_id>": Row(LOGGED_IN, 200, "/api/targets/{target}"),
    "PUT /api/targets/<int:target_id>": Row(
        MODERATORS, 200, "/api/targets/{target}", {"name": "{unique}"}
    ),
    "DELETE /api/targets/<int:target_id>": Row(MODERATORS, 200, "/api/targets/{target}"),
    "POST /api/targets/<int:target_id>/test": Row(MODERATORS, 200, "/api/targets/{target}/test"),
    "GET /api/deliveries": Row(LOGGED_IN, 200, "/api/deliveries"),
    "GET /api/runs/<int:run_id>/deliveries": Row(LOGGED_IN, 200, "/api/runs/{run}/deliveries"),
    "POST /api/deliveries/<int:delivery_id>/retry": Row(
        MODERATORS, 404, "/api/deliveries/999/retry"
    ),
    "GET /api/channels": Row(LOGGED_IN, 200, "/api/channels"),
    "POST /api/channels": Row(MODERATORS, 201, "/api/channels", CHANNEL | {"name": "{unique}"}),
    "GET /api/channels/<int:channel_id>": Row(LOGGED_IN, 200, "/api/channels/{channel}"),
    "PUT /api/channels/<int:channel_id>": Row(
        MODERATORS, 200, "/api/channels/{channel}", {"name": "{unique}"}
    ),
    "DELETE /api/channels/<int:channel_id>": Row(MODERATORS, 200, "/api/channels/{channel}"),
    "POST /api/channels/<int:channel_id>/test": Row(
        MODERATORS, 422, "/api/channels/{channel}/test", {}
    ),
    "GET /api/notification-rules": Row(LOGGED_IN, 200, "/api/notification-rules"),
    "POST /api/notification-rules": Row(
        MODERATORS, 422, "/api/notification-rules", {"channel_id": 999, "topics": ["failure"]}
    ),
    "PUT /api/notification-rules/<int:rule_id>": Row(
        MODERATORS, 404, "/api/notification-rules/999", {"only_changes": True}
    ),
    "DELETE /api/notification-rules/<int:rule_id>": Row(
        MODERATORS, 404, "/api/notification-rules/999"
    ),
    "GET /api/notifications": Row(LOGGED_IN, 200, "/api/notifications"),
    "POST /api/notifications/<int:notification_id>/send": Row(
        MODERATORS, 404, "/api/notifications/999/send"
    ),
    "POST /api/jobs/<int:job_id>/columns": Row(
        MODERATORS, 502, "/api/jobs/999/columns", {"connection_id": 1, "sql_script": "select 1"}
    ),
    "POST /api/preview": Row(
        MODERATORS, 502, "/api/preview", {"connection_id": 1, "sql_script": "select 1"}
    ),
    "POST /api/preview/plan": Row(
        MODERATORS, 502, "/api/preview/plan", {"connection_id": 1, "sql_script": "select 1"}
    ),
    "POST /api/schedule/preview": Row(
        LOGGED_IN, 200, "/api/schedule/preview", {"day": "Seg", "hour": "06", "minute": "00"}
    ),
    "GET /api/database-codes": Row(LOGGED_IN, 200, "/api/database-codes"),
    "POST /api/jobs/<int:job_id>/backfills": Row(
        MODERATORS,
        422,
        "/api/jobs/{job}/backfills",
        {"first_date": "2024-01-01", "last_date": "2024-01-31"},
    ),
    "GET /api/backfills": Row(LOGGED_IN, 200, "/api/backfills"),
    "GET /api/backfills/<int:backfill_id>": Row(LOGGED_IN, 404, "/api/backfills/999"),
    "POST /api/backfills/<int:backfill_id>/cancel": Row(
        MODERATORS, 404, "/api/backfills/999/cancel"
    ),
    "GET /api/date-expressions": Row(LOGGED_IN, 200, "/api/date-expressions"),
    "GET /api/events": Row(LOGGED_IN, 200, "/api/events"),
    "GET /healthz": Row(ALL, 200, "/healthz"),
    "GET /metrics": Row(READERS, 200, "/metrics"),
    "GET /readyz": Row(ALL, 200, "/readyz"),
    "GET /docs": Row(ALL, 200, "/docs"),
    "GET /docs/": Row(ALL, 302, "/docs/"),
    "GET /docs/redoc": Row(ALL, 200, "/docs/redoc"),
    "GET /docs/openapi.json": Row(ALL, 200, "/docs/openapi.json"),
    "GET /docs/assets/<name>": Row(ALL, 200, "/docs/assets/swagger.js"),
    "GET /": Row(ALL, 200, "/"),
    "GET /assets/<path:name>": Row(ALL, 404, "/assets/nothing.js"),
}


def routes_of(app: OpenAPI) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


class Maker:
    """Makes what a path names, as root, each time anew."""

    def __init__(self, root: Caller) -> None:
        self.root = root
        self.counter = itertools.count()

    def fill(self, template: str) -> str:
        makers: dict[str, Callable[[], object]] = {
            "{unique}": lambda: f"novo{next(self.counter)}",
            "{connection}": lambda: self._made(
                "/api/connections", connection_body(name=self._name()), "connection_id"
            ),
            "{job}": self._job,
            "{run}": lambda: self._made(f"/api/jobs/{self._job()}/runs", None, "run_id"),
            "{parameter}": lambda: self._made(
                "/api/parameters",
                {"parameter_name": self._name(), "sql_script": "select 1"},
                "parameter_id",
            ),
            "{user}": lambda: self._made(
                "/api/users",
                {"username": self._name(), "password": PASSWORD, "role": "normal"},
                "user_id",
            ),
            "{target}": lambda: self._made(
                "/api/targets",
                {"name": self._name(), "kind": "folder", "options": {"folder": "."}},
                "target_id",
            ),
            "{channel}": lambda: self._made(
                "/api/channels", CHANNEL | {"name": self._name()}, "channel_id"
            ),
            "{key}": lambda: self._made("/api/api-keys", {"name": "k"}, "api_key_id"),
        }
        for mark, make in makers.items():
            if mark in template:
                template = template.replace(mark, str(make()))
        return template

    def body(self, template: dict[str, Any] | None) -> dict[str, Any] | None:
        if template is None:
            return None
        return {k: self.fill(v) if isinstance(v, str) else v for k, v in template.items()}

    def _name(self) -> str:
        return f"coisa{next(self.counter)}"

    def _job(self) -> object:
        body = job_body(export_name=self._name(), job_name=self._name(), connection_id=1)
        return self._made("/api/jobs", body, "job_id")

    def _made(self, path: str, body: dict[str, Any] | None, member: str) -> object:
        response = self.root.post(path, body)
        assert response.status_code in (201, 202), response.text
        return response.json[member]


def renew_sessions(app: OpenAPI, cast: Cast, password_hash: str) -> None:
    """Undo what logout and changed passwords do to the cast."""
    with unit_of_work() as session:
        session.execute(
            text("update users set password_hash = :h where user_id <= 3"), {"h": password_hash}
        )
        session.execute(text("delete from login_failures"))
        tokens = {
            user.user_id: sessions.begin_session(session, user, address="x", user_agent=None)
            for user in session.scalars(select(User).where(User.user_id <= 3))
        }
    for caller in cast:
        with caller.client.session_transaction() as cookie:
            cookie.clear()
            if caller.user_id is not None:
                cookie["_user_id"] = tokens[caller.user_id]


@pytest.fixture
def maker(cast: Cast, connection_id: int, settings: Settings) -> Maker:
    root = settings.paths.csv_root
    root.mkdir(parents=True)
    (root / "antigo.csv").write_text("A;B\n1;2\n", encoding="utf-8")
    return Maker(cast.root)


def test_every_route_answers_each_actor_as_declared(
    app: OpenAPI, cast: Cast, maker: Maker, password_hash: str
) -> None:
    # A route without a row, or a row without a route, fails.
    assert routes_of(app) == set(MATRIX)
    wrong = []
    for route, row in MATRIX.items():
        for name in ("anonymous", "api_key", "normal", "moderator", "root"):
            renew_sessions(app, cast, password_hash)
            path, body = maker.fill(row.path), maker.body(row.body)
            options = {"buffered": False} if path == "/api/events" else {}
            response = cast.named(name).request(route.partition(" ")[0], path, body, **options)
            response.close()
            wanted = expected_status(row, name)
            if response.status_code != wanted:
                wrong.append(f"{route} {name}: {response.status_code}, not {wanted}")
    assert wrong == []


def expected_status(row: Row, name: str) -> int:
    if name in row.allowed:
        return row.status
    return 403 if name in LOGGED_IN else 401


def test_every_endpoint_has_a_declared_rule(app: OpenAPI) -> None:
    without = [name for name in app.view_functions if rule_of(app, name) is None]
    assert without == []


def test_a_route_without_a_rule_is_refused_to_everybody(app: OpenAPI, cast: Cast) -> None:
    app.add_url_rule("/api/forgotten", "forgotten", lambda: "secret")
    assert cast.anonymous.get("/api/forgotten").status_code == 401
    assert cast.api_key.get("/api/forgotten").status_code == 401
    for caller in (cast.normal, cast.moderator, cast.root):
        assert caller.get("/api/forgotten").status_code == 403


def test_authentication_comes_before_validation(cast: Cast) -> None:
    bad = {"data": b"{", "headers": {"Content-Type": "application/json"}}
    assert cast.anonymous.post("/api/jobs", **bad).status_code == 401
    assert cast.normal.put("/api/jobs/1", **bad).status_code == 403
    assert cast.anonymous.get("/api/runs?page=x").status_code == 401
    assert cast.anonymous.post("/api/jobs", data=b"x" * 2_000_000).status_code == 401


def test_anonymous_and_forbidden_are_told_in_the_words_of_the_old_interface(cast: Cast) -> None:
    refused = cast.anonymous.get("/api/users")
    assert refused.json["msg"] == "Authentication required"
    assert cast.normal.get("/api/users").json["msg"] == "Acesso negado"


def test_a_change_of_role_ends_the_sessions_of_the_user(cast: Cast) -> None:
    assert cast.moderator.get("/api/jobs").status_code == 200
    response = cast.root.put(f"/api/users/{cast.moderator.user_id}", {"role": "normal"})
    assert response.json == {"msg": "updated"}
    assert cast.moderator.get("/api/jobs").status_code == 401


def test_a_copied_cookie_is_worthless_after_logout(app: OpenAPI, cast: Cast) -> None:
    thief = app.test_client()
    stolen = cast.normal.client.get_cookie("asql_session")
    assert stolen is not None
    thief.set_cookie("asql_session", stolen.value)
    assert thief.get("/api/jobs").status_code == 200
    assert cast.normal.post("/api/logout").json == {"msg": "deslogado"}
    assert thief.get("/api/jobs").status_code == 401


def test_a_deleted_user_is_logged_out(cast: Cast) -> None:
    assert cast.root.delete(f"/api/users/{cast.normal.user_id}").status_code == 200
    assert cast.normal.get("/api/jobs").status_code == 401


def test_a_session_ends_after_a_week_at_the_latest(cast: Cast) -> None:
    with unit_of_work() as session:
        session.execute(text("update sessions set created_at = created_at - interval '8 days'"))
    assert cast.root.get("/api/jobs").status_code == 401


def test_a_strange_session_is_nobody(cast: Cast) -> None:
    for cookie_id in ("", "x.1", "1", "1.x", "1.2", "-1.1", "²1.1", "9" * 400 + ".1"):
        with cast.root.client.session_transaction() as cookie:
            cookie["_user_id"] = cookie_id
        assert cast.root.get("/api/jobs").status_code == 401


SITES: list[tuple[dict[str, str], bool]] = [
    ({}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Origin": "http://localhost"}, True),
    ({"Origin": "http://evil.example"}, False),
    ({"Origin": "null"}, False),
]


def test_a_page_of_another_site_changes_nothing(cast: Cast, job_id: int) -> None:
    path = f"/api/jobs/{job_id}"
    for number, (headers, is_own) in enumerate(SITES):
        name = cast.root.get(path).json["job_name"]
        response = cast.root.put(path, {"job_name": f"Nome {number}"}, headers=headers)
        if is_own:
            assert response.json == {"msg": "updated"}
            continue
        assert (response.status_code, response.json["code"]) == (403, "cross_site")
        assert cast.root.get(path).json["job_name"] == name


def test_no_other_origin_may_read_answers(cast: Cast) -> None:
    response = cast.root.get("/api/jobs", headers={"Origin": "http://evil.example"})
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]
