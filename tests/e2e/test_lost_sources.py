"""Sources whose line breaks or goes silent in the middle: a sentence, and the version before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from metadb.engine import DatabaseAddress
from tests.chaos_proxy import ChaosProxy
from tests.e2e.bodies import manual_job, postgres_body, run_to, save_connection, save_job
from tests.e2e.product import Client, Product
from tests.oracle_standin.tns_standin import Scripted, Server
from tests.waiting import wait_for

MEGABYTE = 1 << 20
LARGE = "select n, repeat('x', 1000) as texto from generate_series(1, 20000) as n"
# Without a limit of ours these lines are waited for a quarter of an hour, or for ever.
SLACK_S = 80
SLOW = "select n, pg_sleep(0.01)::text as pausa from generate_series(1, 100000) as n"
TIME_LIMIT_S = 3


@pytest.fixture
def proxy(source: DatabaseAddress) -> Iterator[ChaosProxy]:
    """Between the product and the PostgreSQL it reads from."""
    with ChaosProxy(f"{source.host}/.s.PGSQL.{source.port}") as between:
        yield between


@pytest.fixture
def root(product: Product) -> Client:
    product.start_both()
    return product.login()


def _published(root: Client, product: Product, body: dict[str, Any]) -> int:
    """A job with one good version of one row."""
    job_id = save_job(root, body)
    run_to(root, job_id, "succeeded")
    return job_id


def _assert_untouched(product: Product, name: str, rows: list[dict[str, Any]]) -> None:
    assert product.reader().dataset(f"testes/{name}") == rows
    assert [*product.data.rglob("*.part")] == []


def test_postgres_line_cut_or_silent_publishes_nothing(
    product: Product, root: Client, source: DatabaseAddress, proxy: ChaosProxy
) -> None:
    body = postgres_body(source, host="127.0.0.1", port=proxy.port)
    job = manual_job("pg", save_connection(root, body), "select 1 as um", time_limit_s=60)
    job_id = _published(root, product, job)

    root.put(f"/api/jobs/{job_id}", {"sql_script": LARGE})
    for after in (20_000, 10 * MEGABYTE):
        proxy.cut_after(after)
        failed = run_to(root, job_id, "failed")
        assert failed["error_code"] == "source_unreachable"
        assert "was lost while the query ran" in failed["error_message"]
        _assert_untouched(product, "pg", [{"um": 1}])
    assert proxy.faults >= 2
    proxy.heal()

    root.put(f"/api/jobs/{job_id}", {"sql_script": SLOW, "time_limit_s": TIME_LIMIT_S})
    started = time.monotonic()
    run_id = root.post(f"/api/jobs/{job_id}/runs", expect=202)["run_id"]
    wait_for(
        lambda: root.get(f"/api/runs/{run_id}")["phase"] in {"querying", "writing"},
        what="the query to run",
    )
    proxy.silence()
    wait_for(lambda: root.get(f"/api/runs/{run_id}")["state"] == "failed", timeout_s=90, what="end")
    assert time.monotonic() - started < TIME_LIMIT_S + SLACK_S
    assert root.get(f"/api/runs/{run_id}")["error_code"] == "source_timeout"
    _assert_untouched(product, "pg", [{"um": 1}])

    # Silent from the start: not even the login is answered
    failed = run_to(root, job_id, "failed")
    assert failed["error_code"] in {"source_unreachable", "source_timeout"}
    proxy.heal()
    root.put(f"/api/jobs/{job_id}", {"sql_script": "select 2 as dois"})
    run_to(root, job_id, "succeeded")
    _assert_untouched(product, "pg", [{"dois": 2}])


def test_oracle_line_cut_or_silent_publishes_nothing(product: Product, root: Client) -> None:
    script = Scripted()
    script.on(r"from um", "ID NUMBER(38)", [(1,)])
    script.on(
        r"from muitos",
        "ID NUMBER(38), TEXTO VARCHAR2(1000)",
        [(n, f"{n:06}" * 160) for n in range(20_000)],
    )
    with (
        Server(script, users={"APP": "s3cret"}, profile="19c") as oracle,
        ChaosProxy(("127.0.0.1", oracle.port)) as proxy,
    ):
        body = {
            "name": "erp",
            "kind": "oracle",
            "dsn": oracle.dsn.replace(str(oracle.port), str(proxy.port)),
            "username": "app",
            "password": "s3cret",
        }
        job = manual_job("ora", save_connection(root, body), "select id from um", time_limit_s=60)
        job_id = _published(root, product, job)
        root.put(f"/api/jobs/{job_id}", {"sql_script": "select id, texto from muitos"})
        proxy.cut_after(5 * MEGABYTE)
        failed = run_to(root, job_id, "failed")
        assert failed["error_code"] == "source_unreachable"
        assert "was lost while the query ran" in failed["error_message"]
        assert proxy.faults
        _assert_untouched(product, "ora", [{"ID": 1}])
        proxy.heal()

        # Silent from the start: the listener takes the connection and says nothing
        proxy.silence()
        root.put(f"/api/jobs/{job_id}", {"time_limit_s": TIME_LIMIT_S})
        started = time.monotonic()
        failed = run_to(root, job_id, "failed")
        assert time.monotonic() - started < TIME_LIMIT_S + SLACK_S
        assert failed["error_code"] == "source_unreachable"
        assert "not answered within" in failed["error_message"]
        proxy.heal()

        # Silent in the middle of a query
        proxy.silence_after(2 * MEGABYTE)
        started = time.monotonic()
        failed = run_to(root, job_id, "failed")
        assert time.monotonic() - started < TIME_LIMIT_S + SLACK_S
        assert failed["error_code"] == "source_timeout"
        _assert_untouched(product, "ora", [{"ID": 1}])
        proxy.heal()
        run_to(root, job_id, "succeeded")
