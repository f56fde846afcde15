"""A run that moves tables, looked at while it works: each table's rows, bytes and expectation."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg2
import pytest

from auxiliares import Settings
from execution.pulse import Pulse
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from models import RunTable
from tests.executing import get_run
from tests.moving import Ground, tables_of
from tests.sources import new_database
from tests.waiting import wait_for
from transfer import following
from vocabulary import RunState, TableState
from webapi.movement_schemas import RunTableOut

# Rows come until one of the last waits for a lock that the test holds.
ROWS, LOCK = 3000, 7
QUERY = f"""
select g as id, repeat('x', 1000) as t,
  case when g = {ROWS - 100} then (select pg_advisory_lock_shared({LOCK}))::text end as w
from generate_series(1, {ROWS}) g
"""


@pytest.fixture
def ground(metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings) -> Ground:
    ground = Ground.of(new_database(pg_server), new_database(pg_server), settings)
    ground.at_source("create table u (id int primary key); insert into u values (1), (2), (3)")
    ground.at_target(
        "create table t (id int primary key, t text, w text); create table u (id int primary key)"
    )
    return ground


@contextmanager
def _pulsing(ground: Ground) -> Iterator[None]:
    executor = ground.worker.executor
    pulse = Pulse(
        executor.active,
        worker_id=lambda: executor.worker.worker_id,
        rejoin=lambda: None,
        heartbeat_s=0.05,
        lost_after=timedelta(minutes=10),
        max_attempts=3,
    )
    pulse.start()
    try:
        yield
    finally:
        pulse.stop()


@contextmanager
def _held(ground: Ground) -> Iterator[None]:
    """The lock the rows wait for."""
    with closing(psycopg2.connect(**ground.source.keywords())) as holder:
        with holder.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", (LOCK,))
        yield


@pytest.mark.parametrize("kind", ["transfer", "sync"])
def test_rows_and_bytes_of_a_table_are_told_while_it_is_moved(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(following, "EVERY_S", 0.05)
    tables: list[dict[str, object]] = [
        {"query": QUERY, "target": "t"},
        {"source": "u", "target": "u"},
    ]
    more: dict[str, object] = {"parallel": 1, "order": "listed"}
    if kind == "sync":
        tables, more = [table | {"key": ["id"]} for table in tables], {}
    job_id = ground.save({"tables": tables, **more}, kind)
    assert ground.worker.execute(ground.ask(job_id)).state == RunState.SUCCEEDED
    run_id = ground.ask(job_id)

    def seen() -> RunTable | None:
        found = tables_of(get_run(run_id))
        is_known = bool(found) and (found[0].rows or 0) > 1000 and get_run(run_id).rows
        return found[0] if is_known else None

    with _pulsing(ground), ThreadPoolExecutor(1) as pool:
        with _held(ground):
            moved = pool.submit(ground.worker.execute, run_id)
            wait_for(seen, what="rows of a table that is being moved", timeout_s=120)
            moving, waiting = tables_of(get_run(run_id))
        run = moved.result()
    # It should have been on its way, with what had arrived by then and what was to come
    assert (moving.state, moving.rows_expected) == (TableState.RUNNING, ROWS)
    assert 1000 < (moving.rows or 0) < ROWS
    assert (moving.size_bytes or 0) > 1_000_000
    # It should have known of the next table what the last run had brought
    assert (waiting.state, waiting.rows, waiting.rows_expected) == (TableState.WAITING, None, 3)
    assert moving.started_at is not None
    out = RunTableOut.of(moving, moving.started_at + timedelta(seconds=2))
    assert (out.duration_ms, out.rows_per_s) == (2000, (moving.rows or 0) / 2)
    # It should end with the rows there are
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert [(table.rows, table.state) for table in tables_of(run)] == [
        (ROWS, TableState.DONE),
        (3, TableState.DONE),
    ]
    assert run.rows == ROWS + 3
