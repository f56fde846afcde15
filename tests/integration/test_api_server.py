"""`python backend.py` as a real process: serving, refusing, stopping, first start."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from auxiliares import ROOT
from metadb.engine import DatabaseAddress
from tests.integration.conftest import connection_body, job_body
from tests.waiting import wait_for

JSON = "application/json"


@dataclass
class Backend:
    """A running process and where it listens."""

    process: subprocess.Popen[str]
    port: int
    output: Path

    def get(self, path: str) -> tuple[int, dict[str, object]]:
        return self.request("GET", path)

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"{}")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(tmp_path: Path, address: DatabaseAddress, **more: str) -> dict[str, str]:
    postgres = {
        "HOSTNAME": address.host,
        "PORT": str(address.port),
        "DATABASE": address.dbname,
        "USERNAME": address.user,
        "PASSWORD": address.password,
    }
    return {
        **os.environ,
        "ASQL_DATA": str(tmp_path / "data"),
        "PYTHONUNBUFFERED": "1",
        **{f"ASQL_POSTGRES__{name}": value for name, value in postgres.items()},
        **more,
    }


def start(
    tmp_path: Path, address: DatabaseAddress, *arguments: str, port: int | None = None
) -> Backend:
    port = port or free_port()
    output = tmp_path / "backend.log"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "backend.py", "--port", str(port), *arguments],
            cwd=ROOT,
            env=environment(tmp_path, address),
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Backend(process, port, output)


@pytest.fixture
def backend(tmp_path: Path, pg_database: DatabaseAddress) -> Iterator[Backend]:
    """A server on an empty database, ready to be called."""
    running = start(tmp_path, pg_database)
    try:
        wait_for(running.is_ready, timeout_s=60, what="the server to be ready")
        yield running
    finally:
        running.process.kill()
        running.process.wait(10)


def test_a_first_start_migrates_and_shows_the_root_password_once(backend: Backend) -> None:
    text = backend.output.read_text()
    assert f"http://127.0.0.1:{backend.port}" in text
    found = re.search(r"user root with the password\s+(\S+)", text)
    assert found
    body = json.dumps({"username": "root", "password": found[1]}).encode()
    status, answer = backend.request("POST", "/api/login", body, **{"Content-Type": JSON})
    assert (status, answer["role"], answer["must_change_password"]) == (200, "root", True)
    assert backend.output.read_text().count(found[1]) == 1


def test_what_people_do_is_found_in_the_log_with_their_name(backend: Backend) -> None:
    found = re.search(r"user root with the password\s+(\S+)", backend.output.read_text())
    assert found
    login = json.dumps({"username": "root", "password": found[1]}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST", "/api/login", login, {"Content-Type": JSON})
        response = connection.getresponse()
        response.read()
        cookie = response.headers["Set-Cookie"].partition(";")[0]
        change = {"current_password": found[1], "new_password": "root chose this one"}
        headers = {"Content-Type": JSON, "Cookie": cookie}
        connection.request("PUT", "/api/me/password", json.dumps(change).encode(), headers)
        response = connection.getresponse()
        assert response.status == 200, response.read()
        response.read()
        cookie = response.headers["Set-Cookie"].partition(";")[0]

    def call(method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Cookie": cookie, "Content-Type": JSON}
        status, answer = backend.request(method, path, data, **headers)
        assert status < 300, answer
        return answer

    call("POST", "/api/connections", connection_body())
    job_id = call("POST", "/api/jobs", job_body())["job_id"]
    call("PUT", f"/api/jobs/{job_id}", {"job_name": "Outro nome"})
    call("DELETE", f"/api/jobs/{job_id}")

    def records() -> dict[str, dict[str, object]]:
        items = call("GET", "/api/logs?size=200")["items"]
        assert isinstance(items, list)
        return {str(item["log_text"]).split()[0]: item for item in items}

    wait_for(lambda: "job_deleted" in records(), what="the record of the deletion")
    kept = records()
    for event in ("user_logged_in", "connection_created", "job_created", "job_updated"):
        assert kept[event]["user_name"] == "root"
    # The record outlives its job, and says who deleted it.
    assert (kept["job_deleted"]["job_id"], kept["job_deleted"]["user_name"]) == (job_id, "root")
    assert "job_name" in str(kept["job_updated"]["log_text"])
    # Calls are no audit records, and no record or line holds a secret.
    assert not [item for item in kept.values() if item["logger_name"] == "access"]
    text = backend.output.read_text() + json.dumps(kept)
    assert "segredo-do-banco" not in text
    assert cookie not in text


def test_a_request_larger_than_any_limit_is_a_problem_too(backend: Backend) -> None:
    for size in (2 * 1024 * 1024, 17 * 1024 * 1024):
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=20)
        with contextlib.closing(connection):
            connection.putrequest("POST", "/api/login")
            connection.putheader("Content-Type", JSON)
            connection.putheader("Content-Length", str(size))
            connection.endheaders()
            with contextlib.suppress(ConnectionError):
                connection.send(b"x" * min(size, 3 * 1024 * 1024))
            response = connection.getresponse()
            assert response.status == 413
            assert response.headers["Content-Type"] == "application/problem+json"
            assert json.loads(response.read())["code"] == "body_too_large"


@pytest.mark.parametrize(
    "sent",
    [b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\n\r\n"],
)
def test_what_is_no_http_is_refused_and_the_server_lives(backend: Backend, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", backend.port), 20) as connection:
        connection.sendall(sent)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1."), answer
    assert backend.get("/healthz")[0] == 200


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly(backend: Backend, number: int) -> None:
    assert backend.stop(number) == 0
    assert "Traceback" not in backend.output.read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", backend.port)) != 0


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path, pg_database: DatabaseAddress) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = start(tmp_path, pg_database, port=port)
        assert refused.process.wait(60) == 1
    text = refused.output.read_text()
    assert f"Cannot listen on 127.0.0.1:{port}" in text
    assert "--port" in text
    assert "Traceback" not in text


def test_prepare_makes_everything_and_ends(tmp_path: Path, pg_database: DatabaseAddress) -> None:
    for expected in (1, 0):
        done = start(tmp_path, pg_database, "--prepare", "--no-demo")
        assert done.process.wait(60) == 0, done.output.read_text()
        assert done.output.read_text().count("user root with the password") == expected


def test_a_database_of_a_newer_version_is_refused_in_words(
    tmp_path: Path, pg_database: DatabaseAddress
) -> None:
    connection = psycopg2.connect(**pg_database.keywords())
    connection.autocommit = True
    connection.cursor().execute(
        "create table alembic_version (version_num varchar(32) primary key);"
        "insert into alembic_version values ('9999')"
    )
    connection.close()
    refused = start(tmp_path, pg_database)
    assert refused.process.wait(60) == 1
    assert "newer than this program" in refused.output.read_text()


def test_the_server_waits_for_a_database_that_is_away_and_then_serves(
    tmp_path: Path, pg_database: DatabaseAddress
) -> None:
    def allow_connections(allowed: bool) -> None:
        keywords = pg_database.keywords() | {"dbname": "postgres"}
        connection = psycopg2.connect(**keywords)
        connection.autocommit = True
        connection.cursor().execute(
            f'alter database "{pg_database.dbname}" allow_connections {allowed}'
        )
        connection.close()

    allow_connections(False)
    waiting = start(tmp_path, pg_database)
    try:
        wait_for(
            lambda: "webapi.opening metadata_unavailable" in waiting.output.read_text(),
            timeout_s=60,
            what="the complaint about the database",
        )
        assert waiting.get("/healthz")[0] == 200
        assert waiting.get("/readyz")[0] == 503
        assert waiting.get("/api/jobs")[0] == 503
        allow_connections(True)
        wait_for(waiting.is_ready, timeout_s=60, what="the server to be ready")
        assert waiting.get("/api/jobs")[0] == 401
        # One line of complaint in half a minute, not one per try.
        assert waiting.output.read_text().count("webapi.opening metadata_unavailable") == 1
    finally:
        waiting.process.kill()
        waiting.process.wait(10)


def test_wrong_settings_are_told_all_at_once(tmp_path: Path, pg_database: DatabaseAddress) -> None:
    done = subprocess.run(
        [sys.executable, "backend.py", "--port", "99999"],
        cwd=ROOT,
        env=environment(tmp_path, pg_database, ASQL_SCHEDULER__TIME_ZONE="America/Sampa"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "backend.port" in done.stderr
    assert "America/Sampa" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_application_is_built_only_when_it_is_asked_for() -> None:
    code = "import backend, sys; sys.exit('app' in vars(backend))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
