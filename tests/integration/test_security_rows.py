"""Rows of the table of threats that need the application: files, keys, roles, logs, limits."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from auxiliares import ROOT, Settings
from datafiles.folders import ExportPathRefused, resolve_export_folder
from datafiles.reading import opened
from datafiles.records import DatasetUnreadable
from logging_config import configure_logging
from metadb import engine
from metadb.engine import DatabaseAddress, unit_of_work
from tests.integration.conftest import FILE_KEY, PASSWORD, Cast, connection_body, job_body
from webapi.access import rule_of

OUTSIDE = [
    "..", "../x", "a/../../x", "/etc", "C:\\Windows", "\\\\servidor\\c$", "a\\..\\..\\x", "CON",
    "a/NUL.csv", "a/x.", "a\0b", "a/\u202ex", "file:///etc", ".ssh", "a/.git",
]  # fmt: skip
MARKER = "CANARIO7f3a"


def test_security_traversal_no_name_leads_out_of_the_folders(
    cast: Cast, connection_id: int, settings: Settings
) -> None:
    for path in OUTSIDE:
        for body in (job_body(export_path=path), job_body(export_name=f"{path}/x")):
            response = cast.root.post("/api/jobs", body)
            assert response.status_code in (422, 400), body
    root = settings.paths.csv_root
    assert cast.root.get("/api/jobs").json == []
    assert not root.exists() or list(root.rglob("*")) == []


@given(st.text(max_size=40))
def test_security_traversal_any_text_is_below_a_root_or_refused(name: str) -> None:
    root = Path("/srv/csv")
    try:
        found = resolve_export_folder([root], name)
    except ExportPathRefused:
        return
    assert found == root or root in found.parents


def test_security_symlink_put_there_while_it_is_read_shows_nothing(tmp_path: Path) -> None:
    secret, place = tmp_path / "segredo", tmp_path / "dados.csv"
    secret.write_text(MARKER)
    beside, link = tmp_path / "a", tmp_path / "b"
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            beside.write_text("N\n1\n")
            beside.replace(place)
            link.symlink_to(secret)
            link.replace(place)

    thread = threading.Thread(target=swap)
    thread.start()
    refused = read = 0
    try:
        while refused < 200 or read < 200:
            try:
                with opened(place) as file:
                    assert MARKER.encode() not in file.read()
                read += 1
            except DatasetUnreadable:
                refused += 1
    finally:
        stop.set()
        thread.join(30)


def test_security_foreign_files_are_served_from_below_the_folder_only(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    root = settings.paths.csv_root
    root.mkdir(parents=True)
    (tmp_path / "fora.csv").write_text(f"A\n{MARKER}\n")
    (root / "link.csv").symlink_to(tmp_path / "fora.csv")
    (root / "pasta").symlink_to(tmp_path)
    (root / "texto.txt").write_text(MARKER)
    os.mkfifo(root / "cano.csv")
    assert cast.api_key.get("/api/data/datasets").json == []
    for name in ("link", "pasta/fora", "texto", "texto.txt", "cano", "../fora", "%2e%2e/fora"):
        response = cast.api_key.get(f"/api/data/datasets/{name}")
        assert response.status_code in (400, 404), name
        assert MARKER not in response.text


@pytest.mark.parametrize("key", ["troque-esta-chave", "curta", "x" * 31])
def test_security_default_keys_start_nothing(tmp_path: Path, key: str) -> None:
    (tmp_path / "datafile.json").write_text(json.dumps({"backend": {"secret_key": key}}))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ASQL_")}
    done = subprocess.run(
        [sys.executable, "auxiliares.py", "--check"],
        cwd=ROOT,
        env={**environment, "ASQL_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "backend.secret_key" in done.stderr
    assert key not in done.stderr + done.stdout


def test_security_api_keys_are_shown_once_stored_as_hashes_and_revoked_at_once(
    app: OpenAPI, cast: Cast
) -> None:
    made = cast.root.post("/api/api-keys", {"name": "excel"}).json
    key = made["key"]
    assert len(key) >= 40

    def status(headers: dict[str, str], path: str = "/api/data/datasets") -> int:
        return app.test_client().get(path, headers=headers).status_code

    assert status({"X-API-Key": key}) == 200
    assert status({"X-API-Key": key[:-1] + ("a" if key[-1] != "a" else "b")}) == 401
    # Never in an address, where it would be logged; never good for more than data.
    assert status({}, f"/api/data/datasets?api_key={key}&X-API-Key={key}") == 401
    assert status({"X-API-Key": key}, "/api/jobs") == 401
    for example in ("asql_...", "chave-1", "sua-chave", "<key>", "", FILE_KEY[:-1]):
        assert status({"X-API-Key": example}) == 401
    with unit_of_work() as session:
        assert key not in str(session.execute(text("select k::text from api_keys k")).all())
    assert key not in cast.root.get("/api/api-keys").text
    assert cast.root.delete(f"/api/api-keys/{made['api_key_id']}").status_code == 200
    assert status({"X-API-Key": key}) == 401


def test_security_roles_every_route_declares_its_rule(app: OpenAPI, cast: Cast) -> None:
    assert [name for name in app.view_functions if rule_of(app, name) is None] == []
    app.add_url_rule("/api/esquecida", "esquecida", lambda: MARKER)
    for caller in cast:
        response = caller.get("/api/esquecida")
        assert response.status_code in (401, 403)
        assert MARKER not in response.text


def test_security_roles_fields_nobody_may_set_are_not_taken(cast: Cast, job_id: int) -> None:
    body = {"revision": 1, "job_id": 99, "created_by_id": 1, "next_due_at": "2026-01-01T00:00:00Z"}
    cast.root.put(f"/api/jobs/{job_id}", {**body, "planned_until": "x", "paused_by": "eu"})
    job = cast.root.get(f"/api/jobs/{job_id}").json
    assert (job["job_id"], job["next_due_at"]) == (job_id, None)
    mine = {"current_password": PASSWORD, "new_password": "uma senha nova", "role": "root"}
    assert cast.normal.put("/api/me/password", mine).status_code == 200
    assert cast.normal.get("/api/me").json["role"] == "normal"


FORGED = "x\nINFO root logged in\r\x1b[2Jsumiu\u2028outra\x00linha"


def test_security_log_injection_a_text_stays_one_line(tmp_path: Path) -> None:
    import logging

    stream = io.StringIO()
    handle = configure_logging("teste", overflow_folder=tmp_path, stream=stream)
    try:
        log = logging.getLogger("teste")
        for _ in range(3):
            log.warning("login_refused", extra={"user_name": FORGED, "campo=": FORGED})
        log.warning("%s %d {} %(x)s")
    finally:
        handle.close()
    lines = [line for line in stream.getvalue().split("\n") if " teste " in f"{line} "]
    assert len(lines) == 4
    assert "\x1b" not in stream.getvalue()
    assert "\r" not in stream.getvalue()


def test_security_log_secrets_planted_markers_are_seen_nowhere(
    app: OpenAPI, cast: Cast, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level("DEBUG")
    words = ("banco", "login", "novo", "usuario", "dsn")
    secrets = {word: f"{MARKER}-{word}-Zq9" for word in words}
    shown: list[str] = []

    def call(method: str, path: str, body: dict[str, Any]) -> None:
        shown.append(cast.root.request(method, path, body).text)

    call("POST", "/api/connections", connection_body(password=secrets["banco"]))
    call("POST", "/api/connections", connection_body(name="b", dsn=f"a/{secrets['dsn']}@x:1/y"))
    call("POST", "/api/connections/1/test", {})
    call("POST", "/api/login", {"username": "root_user", "password": secrets["login"]})
    call("POST", "/api/login", {"username": ["x"], "password": secrets["login"]})
    call("POST", "/api/users", {"username": "a", "password": secrets["usuario"], "role": "x"})
    call("POST", "/api/users", {"username": "a", "password": secrets["usuario"], "role": "normal"})
    call("PUT", "/api/me/password", {"current_password": "x", "new_password": secrets["novo"]})
    paths = ("/api/connections", "/api/users", "/api/logs?size=200", "/api/audit?size=200")
    shown += [cast.root.get(path).text for path in (*paths, "/api/audit/export", "/metrics")]
    with unit_of_work() as session:
        tables = session.scalars(text("select relname from pg_stat_user_tables")).all()
        shown += [str(session.execute(text(f'select t::text from "{t}" t')).all()) for t in tables]
    shown += [str(vars(record)) for record in caplog.records if record.name != "sqlalchemy"]
    everything = "\n".join(shown)
    assert "vendas" in everything or "users" in everything
    assert [word for word, secret in secrets.items() if secret in everything] == []


def test_security_exhaustion_large_deep_and_many_are_refused(cast: Cast, job_id: int) -> None:
    kind = {"content_type": "application/json"}
    large = b'{"a":"' + b"x" * 2_000_000 + b'"}'
    assert cast.root.request("POST", "/api/jobs", data=large, **kind).status_code == 413
    for body in (b'{"a":' * 60 + b"1" + b"}" * 60, b"[" * 200_000, b'{"a":' + b"9" * 50_000 + b"}"):
        assert cast.root.request("POST", "/api/jobs", data=body, **kind).status_code == 400
    many = {"day": ",".join(["Seg"] * 9000), "hour": "06", "minute": "00"}
    answers = [
        cast.root.put(f"/api/jobs/{job_id}", {"schedule": many}),
        cast.root.put(f"/api/jobs/{job_id}", {"sql_script": "select " + "(" * 50_000}),
        cast.root.get("/api/runs?size=100000"),
        cast.root.get("/api/logs?page=99999999999999999999"),
    ]
    assert [answer.status_code for answer in answers] == [422] * 4


def test_security_duckdb_a_filter_is_a_value_and_never_a_query(
    cast: Cast, settings: Settings
) -> None:
    root = settings.paths.csv_root
    root.mkdir(parents=True)
    (root / "d.csv").write_text("A;B\n1;x\n2;y\n", encoding="utf-8")
    for value in (
        "x' or 1=1 --", "read_csv('/etc/passwd')", "'; attach '/tmp/x.db' --", "x'; copy d to 'y",
        "(select 1)", "getenv('HOME')", '"; install httpfs; "',
    ):  # fmt: skip
        for query in ({"B": value}, {"B__eq": value}, {"sort": value}, {"columns": value}):
            response = cast.api_key.get("/api/data/datasets/d", query_string=query)
            assert response.status_code in (200, 400), (query, response.text)
            if response.status_code == 200:
                assert response.json == []
            assert "root:" not in response.text
    assert sorted(path.name for path in root.iterdir()) == ["d.csv"]


def test_security_supply_chain_every_package_is_pinned_with_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-node.lock"):
        lines = (ROOT / name).read_text("utf-8").replace("\\\n", " ").splitlines()
        packages = [line for line in lines if line and not line.startswith(("#", " ", "-"))]
        assert packages
        assert [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == []
    tree = json.loads((ROOT / "frontend" / "package-lock.json").read_text("utf-8"))
    modules = {name: one for name, one in tree["packages"].items() if name}
    assert [name for name, one in modules.items() if not one.get("integrity")] == []
    # No package runs a program of its own while it is installed.
    assert '"--ignore-scripts"' in (ROOT / "bootstrap" / "frontend.py").read_text("utf-8")


def test_security_supply_chain_the_bill_of_materials_names_every_package(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "bootstrap/sbom.py", str(tmp_path / "sbom.json")],
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    bill = json.loads((tmp_path / "sbom.json").read_text("utf-8"))
    names = {component["purl"] for component in bill["components"]}
    locked = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ").splitlines()
    pinned = [line.split()[0].lower() for line in locked if "==" in line and line[0].isalnum()]
    assert len(pinned) > 40
    for package in pinned:
        name, _, version = package.partition("==")
        assert f"pkg:pypi/{name.partition('[')[0].replace('_', '-')}@{version}" in names
    assert sum(purl.startswith("pkg:npm/") for purl in names) > 100


def test_security_fail_open_without_its_database_nobody_gets_in(
    app: OpenAPI, cast: Cast, metadata_db: DatabaseAddress
) -> None:
    engine.connect(lambda: DatabaseAddress("127.0.0.1", 9, "x", "x", "x"))
    try:
        for caller in cast:
            for path in ("/api/jobs", "/api/users", "/api/audit"):
                assert caller.get(path).status_code in (401, 403, 503)
        body = {"username": "root_user", "password": PASSWORD}
        answer = app.test_client().post("/api/login", json=body)
        assert answer.status_code == 503
        assert "Set-Cookie" not in answer.headers
    finally:
        engine.connect(lambda: metadata_db)
    assert cast.root.get("/api/jobs").status_code == 200
