"""Runs from the queue to their end, in a real worker against a real source that can be harmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from auxiliares import Settings
from execution.context import ActiveRuns
from execution.executor import Executor
from execution.housekeeping import offer_waiting
from execution.pulse import Pulse
from execution.worker import QueueWorker
from metadb.engine import DatabaseAddress, unit_of_work
from models import Connection, Job, Run
from services import connections, runs, workers
from tests.chaos_proxy import ChaosProxy
from tests.waiting import wait_for
from vocabulary import RunState

ENDED = {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}
Ask = Callable[..., int]


@pytest.fixture
def proxy(metadata_db: DatabaseAddress) -> Iterator[ChaosProxy]:
    """Between the worker and its source, which is the same server as the ledger's."""
    with ChaosProxy(f"{metadata_db.host}/.s.PGSQL.{metadata_db.port}") as between:
        yield between


@pytest.fixture
def connection_id(metadata_db: DatabaseAddress, proxy: ChaosProxy, settings: Settings) -> int:
    with unit_of_work() as session:
        return connections.create_connection(
            session,
            {
                "name": "loja",
                "kind": "postgres",
                "host": "127.0.0.1",
                "port": proxy.port,
                "database": metadata_db.dbname,
                "username": metadata_db.user,
                "password": metadata_db.password,
            },
            settings=settings,
            is_root=True,
        ).connection_id


@pytest.fixture
def worker(metadata_db: DatabaseAddress, settings: Settings) -> Iterator[Settings]:
    """A worker for four runs at a time with its pulse, which tries again at once."""
    impatient = settings.scheduler.model_copy(update={"retry_wait_s": 0})
    settings = settings.model_copy(update={"scheduler": impatient})
    with unit_of_work() as session:
        row = workers.register(
            session, name="w", host="h", pid=1, is_scheduler=False, concurrency=4
        )
    active = ActiveRuns()
    executor = Executor(settings, active, row)
    pulse = Pulse(
        active,
        worker_id=lambda: row.worker_id,
        rejoin=lambda: None,
        heartbeat_s=0.2,
        lost_after=timedelta(seconds=60),
        max_attempts=3,
    )
    queue_worker = QueueWorker(
        connection=metadata_db.keywords,
        execute=executor.execute,
        execute_next=executor.execute_next,
        active=active,
        concurrency=4,
        lost_after_s=60,
    )
    pulse.start()
    queue_worker.start()
    yield settings
    queue_worker.stop(0)
    pulse.stop()


@pytest.fixture
def ask(connection_id: int) -> Ask:
    """Save a job with this query and ask for a run of it."""
    count = iter(range(100))

    def make(sql: str, **values: Any) -> int:
        name = f"j{next(count)}"
        with unit_of_work() as session:
            job = Job(
                job_name=name,
                job_status="N",
                export_type="Único",
                export_path="",
                export_name=name,
                check_parameter="N",
                sql_script=sql,
                connection_id=connection_id,
                **values,
            )
            session.add(job)
            session.flush()
            return runs.enqueue_run(session, job.job_id, requested_by="ana").run_id

    return make


def _run(run_id: int) -> Run:
    with unit_of_work() as session:
        return runs.get_run(session, run_id)


def _ended(run_id: int, settings: Settings) -> Run:
    """The run once it has ended; the daemon's beat is played here."""

    def look() -> Run | None:
        offer_waiting(settings)
        run = _run(run_id)
        return run if run.state in ENDED else None

    return wait_for(look, timeout_s=60, what=f"run {run_id} to end")


def _sleeping() -> int | None:
    with unit_of_work() as session:
        found: int | None = session.scalar(
            text("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")
        )
        return found


def test_run_that_lost_its_source_is_tried_again_and_keeps_the_first_error(
    worker: Settings, ask: Ask, proxy: ChaosProxy
) -> None:
    proxy.cut_after(200_000)
    run_id = ask("select repeat('x', 1000) as t from generate_series(1, 20000)", retry_limit=20)
    wait_for(lambda: _run(run_id).attempt > 1, timeout_s=60, what="the first try to fail")
    proxy.heal()
    run = _ended(run_id, worker)
    assert (run.state, run.error_code, run.rows) == ("succeeded", None, 20_000)
    first, *_, last = run.attempts
    assert (first.state, first.error_code, first.error_class) == (
        "failed",
        "source_unreachable",
        "transient",
    )
    assert first.retry_at is not None
    assert (last.attempt, last.state) == (run.attempt, "succeeded")
    # Published once, whatever was tried
    with unit_of_work() as session:
        assert session.scalar(text("select count(*) from dataset_versions")) == 1


def test_tries_end_at_the_limit_of_the_job(worker: Settings, ask: Ask, proxy: ChaosProxy) -> None:
    proxy.cut_after(1)
    run = _ended(ask("select 1 as n", retry_limit=1), worker)
    assert (run.state, run.error_code, run.attempt) == ("failed", "source_unreachable", 2)
    assert [attempt.state for attempt in run.attempts] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("sql", "password", "code"),
    [
        ("select nada from lugar_nenhum", None, "query_invalid"),
        ("select 1", "x", "source_login_failed"),
    ],
)
def test_wrong_query_and_refused_login_are_never_tried_again(
    worker: Settings, ask: Ask, connection_id: int, sql: str, password: str | None, code: str
) -> None:
    if password is not None:
        with unit_of_work() as session:
            connections.update_connection(
                session, connection_id, {"password": password}, settings=worker, is_root=True
            )
    run = _ended(ask(sql), worker)
    assert (run.state, run.error_code, run.attempt) == ("failed", code, 1)
    assert [attempt.error_class for attempt in run.attempts] == ["permanent"]


def test_slot_that_gets_free_is_taken_at_once_and_never_twice(
    worker: Settings, ask: Ask, connection_id: int
) -> None:
    """No beat is played here: the end of one run alone lets the next one in."""
    with unit_of_work() as session:
        session.execute(update(Connection).values(max_runs=1))
    asked = [ask("select pg_sleep(0.05)::text as p") for _ in range(5)]
    wait_for(
        lambda: all(_run(run_id).state == "succeeded" for run_id in asked), what="all five to end"
    )
    with unit_of_work() as session:
        overlapping = session.scalar(
            text(
                "select count(*) from runs a join runs b on a.run_id < b.run_id"
                " and a.started_at < b.finished_at and b.started_at < a.finished_at"
            )
        )
        order = session.scalars(select(Run.run_id).order_by(Run.started_at)).all()
    assert overlapping == 0
    assert order == asked


def test_query_that_stands_still_is_stopped_and_tried_again(
    worker: Settings, ask: Ask, metadata_db: DatabaseAddress
) -> None:
    run_id = ask("select pg_sleep(600)::text as p", no_progress_limit_s=1, retry_limit=0)
    run = _ended(run_id, worker)
    assert (run.state, run.error_code) == ("failed", "no_progress")
    assert run.attempts[0].error_class == "transient"
    wait_for(lambda: not _sleeping(), what="the query to be gone at the server")


def test_query_that_moves_is_left_alone(worker: Settings, ask: Ask) -> None:
    run_id = ask(
        "select n, pg_sleep(0.02)::text as p, repeat('x', 9000) as t"
        " from generate_series(1, 120) as n",
        no_progress_limit_s=2,
    )
    assert _ended(run_id, worker).state == "succeeded"


def test_run_tells_its_phase_and_rows_while_it_runs(worker: Settings, ask: Ask) -> None:
    run_id = ask(
        "select n, pg_sleep(0.05)::text as p, repeat('x', 9000) as t"
        " from generate_series(1, 100000) as n"
    )
    wait_for(lambda: _run(run_id).phase == "writing" and _run(run_id).rows, what="rows to come")
    with unit_of_work() as session:
        runs.request_cancel(session, run_id, requested_by="ana")
    run = _ended(run_id, worker)
    assert (run.state, run.reason) == ("cancelled", "on_request")
