"""Killed processes: nothing half is ever visible, and everything comes back by itself."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import psycopg2.extensions
import pytest

from metadb.engine import DatabaseAddress
from tests.e2e.product import Client, Product
from tests.waiting import wait_for

SLOW_SQL = """
select n, repeat('x', 1000) as texto, pg_sleep(0.002)::text as pausa
from generate_series(1, 2000) as n
"""


@pytest.fixture
def root(product: Product) -> Client:
    product.start_both()
    return product.login()


@pytest.fixture
def job_id(root: Client, source: DatabaseAddress) -> int:
    connection = root.post(
        "/api/connections",
        {
            "name": "loja",
            "kind": "postgres",
            "host": source.host,
            "port": source.port,
            "database": source.dbname,
            "username": source.user,
            "password": source.password,
        },
    )
    made = root.post(
        "/api/jobs",
        {
            "job_name": "lento",
            "job_status": "N",
            "export_path": "testes",
            "export_name": "lento",
            "sql_script": SLOW_SQL,
            "connection_id": connection["connection_id"],
        },
    )
    job_id: int = made["job_id"]
    return job_id


class Watcher(threading.Thread):
    """Reads the published file all the time; every look must show nothing or the whole."""

    def __init__(self, file: Path) -> None:
        super().__init__(daemon=True)
        self.file = file
        self.stopping = threading.Event()
        self.looks = 0
        self.seen: set[int] = set()

    def run(self) -> None:
        while not self.stopping.is_set():
            self.looks += 1
            try:
                self.seen.add(len(self.file.read_bytes()))
            except FileNotFoundError:
                self.seen.add(0)

    def stop(self) -> None:
        self.stopping.set()
        self.join()


def _running(root: Client, job_id: int) -> int:
    """Ask for a run and wait until it writes rows."""
    root.post(f"/api/jobs/{job_id}/runs", expect=202)

    def writes() -> int | None:
        run = root.runs_of(job_id)[0]
        return run["run_id"] if run["state"] == "running" and run["rows"] else None

    return wait_for(writes, timeout_s=30, what="the run to write rows")


def test_killed_daemon_run_is_interrupted_and_repeated(
    product: Product, root: Client, job_id: int
) -> None:
    watcher = Watcher(product.data / "csv" / "testes" / "lento.csv")
    watcher.start()
    run_id = _running(root, job_id)
    product.kill("schedule")
    product.start("schedule")
    root.wait_for_run(job_id, "interrupted", timeout_s=30)
    done = root.wait_for_run(job_id, "succeeded", timeout_s=60)
    watcher.stop()

    assert (done["run_id"], done["attempt"], done["rows"]) == (run_id, 2, 2000)
    attempts = root.get(f"/api/runs/{run_id}")["attempts"]
    assert [(a["attempt"], a["state"]) for a in attempts] == [(1, "interrupted"), (2, "succeeded")]
    assert attempts[0]["reason"] == "worker_lost"
    assert watcher.looks > 100
    assert watcher.seen <= {0, done["size_bytes"]}
    # The temporary file of the killed attempt should not stand beside what readers see; the file
    # is placed after the run has ended
    folder = product.data / "csv" / "testes"
    wait_for(
        lambda: [file.name for file in folder.iterdir()] == ["lento.csv"],
        timeout_s=60,
        what="the exported file, and nothing beside it",
    )


def test_frozen_daemon_that_wakes_up_publishes_nothing(
    product: Product, root: Client, job_id: int
) -> None:
    run_id = _running(root, job_id)
    frozen = product.processes["schedule"]
    os.kill(frozen.pid, signal.SIGSTOP)
    try:
        product.start("schedule-2")
        done = root.wait_for_run(job_id, "succeeded", timeout_s=60)
    finally:
        os.kill(frozen.pid, signal.SIGCONT)
    assert (done["run_id"], done["attempt"]) == (run_id, 2)
    wait_for(
        lambda: (
            "run_abandoned" in product.output("schedule")
            or "publication_refused" in product.output("schedule")
        ),
        what="the woken daemon to give up its run",
    )
    runs = root.runs_of(job_id)
    assert [(run["run_id"], run["state"], run["attempt"]) for run in runs] == [
        (run_id, "succeeded", 2)
    ]
    # The woken daemon should work again
    product.stop("schedule-2")
    root.post(f"/api/jobs/{job_id}/runs", expect=202)
    assert root.wait_for_run(job_id, "succeeded", skip=run_id)["attempt"] == 1


def test_stopped_daemon_hands_its_run_back(product: Product, root: Client, job_id: int) -> None:
    product.stop("schedule")
    product.start("schedule", ASQL_SCHEDULER__STOP_GRACE_S="0")
    run_id = _running(root, job_id)
    assert product.stop("schedule") == 0
    interrupted = root.wait_for_run(job_id, "interrupted")
    assert (interrupted["run_id"], interrupted["reason"]) == (run_id, "worker_stopped")
    product.start("schedule")
    assert root.wait_for_run(job_id, "succeeded")["attempt"] == 2


def test_both_processes_survive_the_death_of_the_database(
    product: Product, root: Client, job_id: int
) -> None:
    _running(root, job_id)
    postmaster = _postmaster(product)
    postmaster.kill()
    product.wait_until_ready(timeout_s=60)
    assert product.processes["schedule"].poll() is None
    assert product.processes["backend"].poll() is None
    done = root.wait_for_run(job_id, "succeeded", timeout_s=90)
    assert done["rows"] == 2000
    root.post(f"/api/jobs/{job_id}/runs", expect=202)
    root.wait_for_run(job_id, "succeeded", timeout_s=60, skip=done["run_id"])


def _postmaster(product: Product) -> psutil.Process:
    pid = int((product.data / "postgres" / "postmaster.pid").read_text().split()[0])
    return psutil.Process(pid)


def _queries(connection: psycopg2.extensions.connection) -> int:
    """Sessions at the source whose query is the slow one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where query like '%pausa%'"
            " and datname = current_database() and pid <> pg_backend_pid()"
        )
        found = cursor.fetchone()
    assert found is not None
    return int(found[0])


def test_cancel_stops_the_query_in_the_database(
    product: Product, root: Client, job_id: int, source: DatabaseAddress
) -> None:
    run_id = _running(root, job_id)
    root.post(f"/api/runs/{run_id}/cancel", expect=202)
    cancelled = root.wait_for_run(job_id, "cancelled", timeout_s=15)
    assert (cancelled["run_id"], cancelled["reason"]) == (run_id, "on_request")
    with closing(psycopg2.connect(**source.keywords())) as connection:
        connection.autocommit = True
        wait_for(lambda: _queries(connection) == 0, what="the query to be gone from the database")
    assert product.reader().get("/api/data/datasets") == []
