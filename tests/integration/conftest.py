"""The cast of the API tests: root, moderator, normal, anonymous and the holder of an API key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi.openapi import OpenAPI
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from auxiliares import Settings
from backend import create_app
from metadb.engine import DatabaseAddress, unit_of_work
from models import User
from services import sessions
from services.passwords import hash_password
from vocabulary import Role
from webapi import events
from webapi.state import state_of

PASSWORD = "correct horse battery"
FILE_KEY = "file-key-for-tests-0123456789"
ACTORS = ("root", "moderator", "normal", "anonymous", "api_key")


@dataclass(frozen=True)
class Caller:
    """One actor with a client of its own; bodies are sent as JSON."""

    name: str
    client: FlaskClient
    headers: dict[str, str]
    user_id: int | None = None

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = {**self.headers, **options.pop("headers", {})}
        options.setdefault("buffered", True)  # read to the end, so that files are closed
        if body is not None:
            options["json"] = body
        return self.client.open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.request("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.request("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.request("DELETE", path, **options)


@dataclass(frozen=True)
class Cast:
    """Everybody who may call."""

    root: Caller
    moderator: Caller
    normal: Caller
    anonymous: Caller
    api_key: Caller

    def __iter__(self) -> Iterator[Caller]:
        return iter((self.root, self.moderator, self.normal, self.anonymous, self.api_key))

    def named(self, name: str) -> Caller:
        return next(caller for caller in self if caller.name == name)


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Made once: hashing is slow on purpose."""
    return hash_password(PASSWORD)


@pytest.fixture
def app(settings: Settings, metadata_db: DatabaseAddress) -> Iterator[OpenAPI]:
    """The application on a fresh metadata database."""
    application = create_app(settings)
    yield application
    events.close(application)
    state_of(application).read_log.close()
    state_of(application).sqlbox.close()


@pytest.fixture
def cast(app: OpenAPI, password_hash: str) -> Cast:
    """Three users with running sessions, somebody without one, and a key of the settings."""
    users = {}
    with unit_of_work() as session:
        for role in Role:
            user = User(username=f"{role}_user", role=role, password_hash=password_hash)
            session.add(user)
            session.flush()
            users[role] = _logged_in(session, app, role, user)
    return Cast(
        root=users[Role.ROOT],
        moderator=users[Role.MODERATOR],
        normal=users[Role.NORMAL],
        anonymous=Caller("anonymous", app.test_client(), {}),
        api_key=Caller("api_key", app.test_client(), {"X-API-Key": FILE_KEY}),
    )


def _logged_in(session: Session, app: OpenAPI, role: Role, user: User) -> Caller:
    """A client with the cookie a login would have set."""
    token = sessions.begin_session(session, user, address="127.0.0.1", user_agent=None)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return Caller(role, client, {}, user.user_id)


@pytest.fixture
def connection_id(cast: Cast) -> int:
    """A saved PostgreSQL connection that nobody answers on."""
    response = cast.root.post("/api/connections", connection_body())
    assert response.status_code == 201, response.text
    return int(response.json["connection_id"])


@pytest.fixture
def job_id(cast: Cast, connection_id: int) -> int:
    """A saved, inactive job."""
    response = cast.root.post("/api/jobs", job_body())
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def connection_body(**changes: Any) -> dict[str, Any]:
    body = {
        "name": "vendas",
        "kind": "postgres",
        "host": "127.0.0.1",
        "port": 9,
        "database": "loja",
        "username": "leitor",
        "password": "segredo-do-banco",
    }
    return body | changes


def job_body(**changes: Any) -> dict[str, Any]:
    body = {
        "job_name": "Vendas diárias",
        "job_status": "N",
        "export_type": "Único",
        "export_path": "vendas",
        "export_name": "diario",
        "days_offset": None,
        "check_parameter": "N",
        "sql_script": "select 1 as n",
    }
    return body | changes
