"""A transfer that is cut anywhere: each table is in its old state or its new one, moved once."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.executing import get_run
from tests.moving import Ground, tables_of
from tests.moving_cuts import Kills, lose, worker_process
from tests.sources import new_database
from tests.waiting import wait_for
from vocabulary import RunState, TableState

MOVES = {"tables": [{"source": "t", "target": "t"}], "mode": "append"}


@pytest.fixture
def ground(metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings) -> Ground:
    ground = Ground.of(new_database(pg_server), new_database(pg_server), settings)
    ground.at_source("create table t as select g as id from generate_series(1, 1000) g")
    ground.at_target("create table t (id int); insert into t values (-1)")
    return ground


@pytest.mark.parametrize("moment", ["mid_table", "before_target_commit", "after_target_commit"])
def test_rows_are_appended_once_whenever_the_worker_dies(
    ground: Ground, metadata_db: DatabaseAddress, moment: str
) -> None:
    run_id = ground.ask(ground.save(MOVES))
    with worker_process(ground, metadata_db, run_id, failpoint=f"{moment}:kill") as process:
        process.wait(timeout=60)
    # It should have left the old state, or the new one when the commit was through
    before = 1001 if moment == "after_target_commit" else 1
    assert ground.at_target("select count(*) from t") == [(before,)]
    # It should not be known to the ledger as done
    assert tables_of(get_run(run_id))[0].state != TableState.DONE
    lose(run_id)
    run = ground.worker.execute(run_id)
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target("select count(*) from t") == [(1001,)]
    assert tables_of(run)[0].state == TableState.DONE


def test_frozen_worker_that_wakes_up_changes_nothing(
    ground: Ground, metadata_db: DatabaseAddress
) -> None:
    run_id = ground.ask(ground.save(MOVES | {"mode": "replace"}))
    freeze = "before_target_commit:stop"
    with worker_process(ground, metadata_db, run_id, failpoint=freeze) as process:
        # It should have passed the fence and frozen right before its commit
        wait_for(
            lambda: [row for row in tables_of(get_run(run_id)) if row.state == "committing"],
            what="a table that is being committed",
        )
        wait_for(lambda: _is_stopped(process.pid), what="the frozen worker")
        ground.at_source("update t set id = id + 5000")
        lose(run_id)
        run = ground.worker.execute(run_id)
        assert run.state == RunState.SUCCEEDED, run.error_message
        process.send_signal(signal.SIGCONT)
        process.wait(timeout=60)
    assert ground.at_target("select min(id), count(*) from t") == [(5001, 1000)]
    assert get_run(run_id).state == RunState.SUCCEEDED


def test_workers_killed_at_random_leave_whole_tables(
    ground: Ground, metadata_db: DatabaseAddress
) -> None:
    kills = Kills(ground, metadata_db, seed=7)
    kills.round(ground.save(kills.movement("transfer")), version=1, kills=3)


def _is_stopped(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    return stat.rpartition(")")[2].split()[0] in ("T", "t")
