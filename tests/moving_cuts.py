"""Cutting a run that moves tables: workers in processes of their own, killed or frozen.

`python -m tests.moving_cuts 50 [SEED]` kills that many workers at random points of transfers of
twenty tables, and as many of synchronisations, and ends with 0 when every invariant held; the short
form runs in the tests.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import update

from metadb.engine import DatabaseAddress, unit_of_work
from models import Run
from services import ledger, workers
from services.ledger import AttemptKey, Failure
from tests.executing import get_run
from tests.moving import Ground, tables_of
from tests.process_task import task_for
from tests.waiting import wait_for
from vocabulary import Reason, RunState, TableState

ROOT = Path(__file__).resolve().parents[1]
LOST = Failure("worker_lost", "The worker died.")
TABLES = 20
ROWS = 4000
LEFT = r"select count(*) from pg_class where relname like '%\_moving\_%'"
STATE = "select coalesce(md5(string_agg(t::text, '|' order by id)), '') from {} t"


@contextlib.contextmanager
def worker_process(
    ground: Ground, metadata: DatabaseAddress, run_id: int, *, failpoint: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """Executes the run's current attempt; killed at the end if it still lives."""
    attempt = get_run(run_id).attempt
    task = task_for(ground.settings, metadata, run_id=run_id, attempt=attempt)
    environment = os.environ | task | {"FAILPOINT": failpoint}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.moving_process"], cwd=ROOT, env=environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def lose(run_id: int) -> None:
    """What the daemon does when a worker has been silent for too long: the next attempt waits."""
    with unit_of_work() as session:
        run = session.get_one(Run, run_id)
        if run.state == RunState.RUNNING:
            key = AttemptKey(run_id, run.attempt)
            ledger.interrupt(
                session, key, reason=Reason.WORKER_LOST, failure=LOST, max_attempts=10_000
            )
    with unit_of_work() as session:
        session.execute(
            update(Run)
            .where(Run.run_id == run_id, Run.state == RunState.INTERRUPTED)
            .values(retry_at=Run.finished_at)
        )
        workers.repeat_interrupted_runs(session)


class Kills:
    """Twenty tables at both sides; every version of the source is told from every other."""

    def __init__(self, ground: Ground, metadata: DatabaseAddress, seed: int) -> None:
        self.ground, self.metadata = ground, metadata
        self.random = random.Random(seed)
        self.kills = self.amid = 0
        self.names = [f"t{number:02}" for number in range(TABLES)]
        for name in self.names:
            ground.at_source(
                f"create table {name} (id int primary key, v int, w text);"
                f"insert into {name} select g, 0, repeat('x', g % 90)"
                f" from generate_series(1, {ROWS}) g"
            )
            ground.at_target(f"create table {name} (id int primary key, v int, w text)")

    def change_source(self, version: int) -> None:
        for name in self.names:
            self.ground.at_source(
                f"update {name} set v = {version} where id % 3 = 0;"
                f"delete from {name} where id = {version}"
            )

    def states(self, *, at_source: bool) -> dict[str, str]:
        ask = self.ground.at_source if at_source else self.ground.at_target
        union = " union all ".join(
            f"select '{name}', ({STATE.format(name)})" for name in self.names
        )
        return dict(ask(union))  # type: ignore[arg-type]

    def movement(self, kind: str) -> dict[str, Any]:
        tables: list[dict[str, Any]] = [{"source": name, "target": name} for name in self.names]
        if kind == "sync":
            return {"tables": [table | {"key": ["id"], "gone": "delete"} for table in tables]}
        return {"tables": tables, "verify": "checksums", "parallel": 3, "split_above_mb": 0}

    def _await_moment(self, process: subprocess.Popen[bytes], run_id: int) -> None:
        """Until a random number of the tables still open are done, and a moment more; or until
        the worker has ended."""
        done = sum(table.state == TableState.DONE for table in tables_of(get_run(run_id)))
        enough = self.random.randrange(done, TABLES + 1)

        def is_reached() -> bool:
            run = get_run(run_id)
            tables = tables_of(run)
            is_begun = any(table.attempt == run.attempt for table in tables)
            now_done = sum(table.state == TableState.DONE for table in tables)
            return process.poll() is not None or (is_begun and now_done >= enough)

        wait_for(is_reached, what=f"{enough} tables that are done", timeout_s=120, interval_s=0.01)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=self.random.uniform(0, 0.15))

    def round(self, job_id: int, version: int, kills: int) -> None:
        """One run that is killed so often and then left alone. Raises AssertionError."""
        old = self.states(at_source=False)
        self.change_source(version)
        new = self.states(at_source=True)
        run_id = self.ground.ask(job_id)
        for _ in range(kills):
            with worker_process(self.ground, self.metadata, run_id) as process:
                self._await_moment(process, run_id)
                if process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    self.kills += 1
            found = self.states(at_source=False)
            mixed = [name for name in self.names if found[name] not in (old[name], new[name])]
            assert not mixed, f"neither old nor new: {mixed}"
            self.amid += 0 < sum(found[name] == new[name] for name in self.names) < TABLES
            if get_run(run_id).state == RunState.SUCCEEDED:
                break
            lose(run_id)
        if get_run(run_id).state == RunState.QUEUED:
            self.ground.worker.execute(run_id)
        run = get_run(run_id)
        assert run.state == RunState.SUCCEEDED, (run.state, run.error_message)
        assert self.states(at_source=False) == new
        assert self.ground.at_target(LEFT) == [(0,)]


def main(wanted: int, seed: int) -> None:
    from tests.moving_ground import one_ground

    with one_ground() as (ground, metadata):
        cuts = Kills(ground, metadata, seed)
        version = 0
        for kind in ("transfer", "sync"):
            job_id = ground.save(cuts.movement(kind), kind)
            killed = amid = rounds = 0
            while killed < wanted:
                version, rounds = version + 1, rounds + 1
                before = (cuts.kills, cuts.amid)
                cuts.round(job_id, version, kills=4)
                killed, amid = killed + cuts.kills - before[0], amid + cuts.amid - before[1]
                print(  # noqa: T201
                    f"{kind}, seed {seed}: {killed} kills in {rounds} runs, {amid} of them with "
                    "some tables done and some not; every table old or new, then all equal"
                )


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(given[0] if given else 50, given[1] if len(given) > 1 else int(time.time()))
