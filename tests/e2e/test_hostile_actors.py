"""Every actor against the real server: hostile texts, paths, cookies, and planted secrets."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from metadb.engine import DatabaseAddress
from tests.e2e.bodies import manual_job, postgres_body, run_to, save_connection, save_job
from tests.e2e.product import Client, Product, running_as

# What a SELECT may try in a session of a superuser, the worst connection anybody could save.
REFUSED_WHEN_SAVED = [
    "select 1) to program 'touch {marker}'; copy (select 2",
    "select 1; commit; insert into pedidos (pedido) values (-1)",
    "select 1; drop table pedidos",
    "with x as (insert into pedidos (pedido) values (-1) returning *) select * from x",
    "with x as (delete from pedidos returning *) select * from x",
    "copy pedidos to program 'touch {marker}'",
    "select 1 /* */ ; commit",
    "begin",
    "explain analyze select 1",
    "(select 1",
    "select 'a' || $$; commit; $$ || $x$",
]
REFUSALS = {"query_refused", "query_invalid", "source_failed"}
REFUSED_WHEN_RUN = [
    "select 1 union all select count(*) from (select apaga()) as x",
    "select set_config('transaction_read_only', 'off', false), nextval('folge')",
    "select * from pedidos for update",
    "select nextval('folge')",
    "select lo_import('/etc/passwd')",
    "select dblink('dbname=x', 'insert into pedidos (pedido) values (-1)')",
    "select 1 -- ) to program 'touch {marker}'\n where nextval('folge') > 0",
]


@pytest.fixture(scope="module")
def product(first_start: Product) -> Iterator[Product]:
    """One product for all that let root in again."""
    with running_as(first_start) as product:
        yield product


@pytest.fixture
def root(product: Product) -> Client:
    return product.login()


def _answer(product: Product, method: str, path: str, **headers: str) -> tuple[int, str]:
    """The path as it is: no client normalises it."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=20)
    with closing(connection):
        connection.putrequest(method, path, skip_host=False, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")


def test_hostile_queries_change_nothing_whenever_they_are_saved(
    product: Product, root: Client, source: DatabaseAddress
) -> None:
    with closing(psycopg2.connect(**source.keywords())) as admin, admin.cursor() as cursor:
        cursor.execute("create sequence folge")
        admin.commit()
    marker = product.data.parent / "marker"
    product.data.parent.chmod(0o777)
    connection_id = save_connection(root, postgres_body(source))
    job_id = save_job(root, manual_job("bom", connection_id, "select 1 as um"))
    for text in REFUSED_WHEN_SAVED:
        sql = text.format(marker=marker)
        created = root.call("POST", "/api/jobs", manual_job("mau", connection_id, sql))
        changed = root.call("PUT", f"/api/jobs/{job_id}", {"sql_script": sql})
        for answer in (created, changed):
            assert (answer.status, answer.body["code"][:6]) == (422, "query_"), (sql, answer)
    for text in REFUSED_WHEN_RUN:
        sql = text.format(marker=marker)
        answer = root.call("PUT", f"/api/jobs/{job_id}", {"sql_script": sql})
        if answer.status == 200:
            failed = run_to(root, job_id, "failed")
            assert failed["error_code"] in REFUSALS, (sql, failed)
        else:
            assert answer.status == 422, (sql, answer)
    assert not marker.exists()
    with closing(psycopg2.connect(**source.keywords())) as admin, admin.cursor() as cursor:
        cursor.execute("select count(*), min(pedido), (select is_called from folge) from pedidos")
        assert cursor.fetchone() == (2000, 1, False)


TRAVERSALS = [
    "../datafile.json", "..%2f..%2fdatafile", "%2e%2e/%2e%2e/datafile.json", "..%5c..%5cdatafile",
    "%252e%252e%252fdatafile", "..%c0%afdatafile", "x/%00", "x%00.csv", "/etc/passwd",
    "%2fetc%2fpasswd", "C:%5cWindows%5cwin.ini", "fora", "pasta/fora", "a" * 5000,
    "x/" * 100 + "y", "%E2%80%AEx", "con", "aux.csv", "x:stream", ".hidden", "%ff%fe",
    "....//....//datafile", "..;/datafile", "%uff0e%uff0e/x", "\u2025/x".encode().hex(),
]  # fmt: skip


def test_no_path_leads_out_of_the_folder_of_the_data(product: Product, root: Client) -> None:
    outside = product.data.parent / "fora.csv"
    outside.write_text("SEGREDO\ncanario\n")
    csv = product.data / "csv"
    csv.mkdir(exist_ok=True)
    (csv / "fora.csv").symlink_to(outside)
    (csv / "pasta").symlink_to(product.data.parent)
    key = {"X_API_Key": product.reader().api_key or ""}
    for path in TRAVERSALS:
        status, text = _answer(product, "GET", f"/api/data/datasets/{path}", **key)
        # Two slashes become one by a redirect to the same folder
        assert 400 <= status < 500 or (status == 308 and "/datasets/etc/passwd" in text), path
        assert "canario" not in text
        assert "secret_key" not in text
    assert product.reader().get("/api/data/datasets") == []
    for folder in (
        "../x",
        "..\\x",
        "/etc",
        "C:\\x",
        "\\\\host\\share",
        "pasta",
        "a/../../b",
        "a\x1bb",
    ):
        answer = root.call("POST", "/api/jobs", manual_job("x", 1, "select 1", export_path=folder))
        assert answer.status == 422, (folder, answer)


CANARIES = {name: f"canario-{name}-{secrets.token_hex(8)}" for name in ("conn", "typo", "login")}


def test_planted_secrets_appear_nowhere(
    product: Product, root: Client, source: DatabaseAddress
) -> None:
    body = postgres_body(source, name="errada", password=CANARIES["conn"])
    wrong = save_connection(root, body)
    dsn = f"ana/{CANARIES['typo']}@127.0.0.1:1/X"
    oracle = {"name": "ora", "kind": "oracle", "dsn": dsn, "username": "a", "password": "b"}
    refused = root.call("POST", "/api/connections", oracle)
    assert (refused.status, refused.body["code"]) == (422, "connection_invalid")
    answers: list[Any] = [refused.body]
    key = root.post("/api/api-keys", {"name": "excel"})["key"]
    root.call("POST", "/api/login", {"username": "ana", "password": CANARIES["login"]})
    root.call("POST", "/api/login", {"username": ["ana"], "password": CANARIES["login"]})
    answers.append(root.call("POST", f"/api/connections/{wrong}/test", {}).body)
    job_id = save_job(root, manual_job("x", wrong, "select 1"))
    run_to(root, job_id, "failed")
    paths = ("/api/connections", "/api/api-keys", "/api/runs", "/api/jobs", "/api/logs?size=200")
    answers += [root.get(path) for path in paths]
    answers += [product.output("backend"), product.output("schedule")]
    with closing(psycopg2.connect(**_metadata(product))) as admin, admin.cursor() as cursor:
        for table in ("connections", "logs", "runs", "run_attempts", "api_keys", "users"):
            cursor.execute(f"select t::text from {table} as t")
            answers.append(cursor.fetchall())
    shown = json.dumps(answers, ensure_ascii=False, default=str)
    found = [name for name, canary in CANARIES.items() if canary in shown]
    assert found == []
    assert key not in shown
    assert product.root_password not in shown


def _metadata(product: Product) -> dict[str, Any]:
    lines = (product.data / "postgres" / "postmaster.pid").read_text().splitlines()
    password = next(Path(product.data / "postgres").parent.rglob("*password*")).read_text().strip()
    return {
        "host": lines[4] or lines[5],
        "port": int(lines[3]),
        "user": "postgres",
        "password": password,
        "dbname": "automacaosql",
    }


def test_texts_of_people_begin_no_line_and_no_header(product: Product, root: Client) -> None:
    evil = "x\r\nSet-Cookie: a=b\r\n\x1b[2J2024-01-01 00:00:00 INFO root user_logged_in"
    root.call("POST", "/api/login", {"username": evil, "password": "y"})
    created = root.call(
        "POST", "/api/users", {"username": evil, "password": "p" * 12, "role": "normal"}
    )
    key = root.call("POST", "/api/api-keys", {"name": evil})
    assert {created.status, key.status} <= {201, 422}
    for answer in (created, key):
        assert "a=b" not in answer.headers.get("Set-Cookie", "")
    output = product.output("backend")
    assert "\x1b" not in output
    assert not [
        line for line in output.splitlines() if line.startswith(("Set-Cookie", "2024-01-01"))
    ]


def test_forged_cookies_and_foreign_sites_are_nobody(product: Product, root: Client) -> None:
    body = {"username": "eva", "password": "p" * 12, "role": "root"}
    for headers in (
        {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
    ):  # fmt: skip
        answer = root.call("POST", "/api/users", body, **headers)
        assert (answer.status, answer.body["code"]) == (403, "cross_site")
    login = Client(product.base).call(
        "POST", "/api/login", {"username": "root", "password": product.root_password}
    )
    cookie = login.headers["Set-Cookie"].partition(";")[0]
    assert "HttpOnly" in login.headers["Set-Cookie"]
    assert "SameSite=Lax" in login.headers["Set-Cookie"]
    payload, _, rest = cookie.partition(".")
    forged = [
        cookie[:-2] + "AA",
        f"{payload}x.{rest}",
        "asql_session=.",
        f"{payload}.",
        "asql_session=1.1",
    ]
    for text in forged:
        status, _ = _answer(product, "GET", "/api/users", Cookie=text)
        assert status == 401, text
    assert _answer(product, "GET", "/api/users", Cookie=cookie)[0] == 200
    # Logged out everywhere: a stolen cookie should die with it
    root.call("POST", "/api/logout")
    assert _answer(product, "GET", "/api/users", Cookie=cookie)[0] == 401


def test_guessing_a_password_is_slowed_down(new_product: Product) -> None:
    new_product.start("backend")
    new_product.wait_until_ready()
    guesses = [
        Client(new_product.base).call(
            "POST", "/api/login", {"username": "root", "password": f"no{n}"}
        )
        for n in range(12)
    ]
    assert [answer.status for answer in guesses] == [401] * 10 + [429] * 2
    assert int(guesses[-1].headers["Retry-After"]) > 60
