"""Daemons beside each other, and a daemon that comes before anybody else."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg2
import pytest

from metadb.engine import DatabaseAddress
from tests.e2e.bodies import manual_job, postgres_body, save_connection, save_job
from tests.e2e.product import Product
from tests.waiting import wait_for

ZONE = ZoneInfo("America/Sao_Paulo")
JOBS = 6
WAITS = "select 1 as n from pg_advisory_xact_lock_shared(42)"


def test_daemon_that_starts_first_prints_the_password_of_root(new_product: Product) -> None:
    new_product.start("schedule")
    found = wait_for(
        lambda: re.search(r"password\W+(\S{12,})", new_product.output("schedule")),
        what="the daemon to print the first password",
    )
    new_product.start("backend")
    new_product.wait_until_ready()
    new_product.login(password=found[1])
    # The password should be shown once, by the one that made it, and be in no log record
    assert new_product.output("schedule").count(found[1]) == 1
    assert found[1] not in new_product.output("backend")


@pytest.mark.slow
def test_two_daemons_run_every_occurrence_once(product: Product, source: DatabaseAddress) -> None:
    product.start_both()
    product.start("schedule-2")
    root = product.login()
    wait_for(
        lambda: "daemon_started" in product.output("schedule-2"), what="the second daemon to start"
    )
    # Time enough to save all of them before, also on a slow machine
    due = datetime.now(ZONE) + timedelta(seconds=25)
    due = due.replace(second=0, microsecond=0) + timedelta(minutes=1)
    schedule = {"day": "Semana", "hour": f"{due.hour:02}", "minute": f"{due.minute:02}"}
    connection_id = save_connection(root, postgres_body(source))
    jobs = [
        save_job(
            root,
            manual_job(f"j{n}", connection_id, "select 1", job_status="Y", schedule=schedule),
        )
        for n in range(JOBS)
    ]
    for job_id in jobs:
        root.wait_for_run(job_id, "succeeded", timeout_s=120)
    runs = [run for job_id in jobs for run in root.runs_of(job_id)]
    assert [(run["state"], run["attempt"]) for run in runs] == [("succeeded", 1)] * JOBS

    def said(event: str) -> int:
        return (product.output("schedule") + product.output("schedule-2")).count(event)

    # The last is said after it can be seen
    wait_for(lambda: said("run_succeeded") >= JOBS, what="the runs to be said to have succeeded")
    assert (said("run_started"), said("run_succeeded")) == (JOBS, JOBS)
    assert product.stop("schedule-2") == 0


@contextmanager
def _held(source: DatabaseAddress) -> Iterator[None]:
    """Meanwhile no query with WAITS gets on."""
    with closing(psycopg2.connect(**source.keywords())) as holder:
        holder.cursor().execute("select pg_advisory_lock(42)")
        yield


@pytest.mark.slow
def test_rolling_restart_interrupts_and_loses_nothing(
    product: Product, source: DatabaseAddress
) -> None:
    product.start_both()
    root = product.login()
    connection_id = save_connection(root, postgres_body(source))
    jobs = [save_job(root, manual_job(f"j{n}", connection_id, WAITS)) for n in range(2 * JOBS)]

    def asked(some: list[int]) -> list[int]:
        return [root.post(f"/api/jobs/{job_id}/runs", expect=202)["run_id"] for job_id in some]

    def states(which: list[int]) -> list[str]:
        return [root.get(f"/api/runs/{run_id}")["state"] for run_id in which]

    def replaced(old: str, new: str) -> list[int]:
        """Runs that wait and run while one daemon takes the place of the other."""
        with _held(source):
            run_ids = asked(jobs[:JOBS])
            # There is no other daemon yet that could have begun them
            wait_for(lambda: states(run_ids) == ["running"] * JOBS, what=f"{old} to run them")
            product.start(new)
            wait_for(lambda: "daemon_started" in product.output(new), what=f"{new} to start")
            run_ids += asked(jobs[JOBS:])
            stopping = product.processes.pop(old)
            stopping.send_signal(signal.SIGTERM)
        assert stopping.wait(timeout=60) == 0
        wait_for(lambda: set(states(run_ids)) == {"succeeded"}, what="all runs to end")
        return run_ids

    run_ids = replaced("schedule", "schedule-2") + replaced("schedule-2", "schedule-3")
    attempts = [root.get(f"/api/runs/{run_id}")["attempts"] for run_id in run_ids]
    assert [len(each) for each in attempts] == [1] * 4 * JOBS
