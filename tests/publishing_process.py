"""A process that publishes one version after the other until a failpoint kills it.

Its task: the job, the first value, how many versions to publish before the failpoint is armed.
Started by tests/integration/test_readers.py and test_delivery_crash.py.
"""

from __future__ import annotations

import os
from datetime import timedelta

import failpoints
from auxiliares import Settings
from execution.context import ActiveRuns
from execution.executor import Executor
from metadb.engine import unit_of_work
from services import jobs, runs, workers
from tests.process_task import begin

ROWS = 500


def sql_of(value: int) -> str:
    """Every row holds the value, and the value says how many rows there are."""
    return f"select {value} as v, repeat('x', 300) as t from generate_series(1, {ROWS + value}) g"


def publish(executor: Executor, settings: Settings, job_id: int, value: int) -> None:
    with unit_of_work() as session:
        jobs.update_job(session, job_id, {"sql_script": sql_of(value)}, settings=settings)
        run_id = runs.enqueue_run(session, job_id, requested_by="publisher").run_id
    executor.execute(run_id, 1)


def main() -> None:
    settings, task = begin()
    with unit_of_work() as session:
        # The run of the process before, which was killed
        workers.interrupt_lost_runs(session, lost_after=timedelta(0), max_attempts=1)
        worker = workers.register(
            session, name="w", host="h", pid=os.getpid(), is_scheduler=False, concurrency=1
        )
    executor = Executor(settings, ActiveRuns(), worker)
    for number, value in enumerate(range(task["first"], task["first"] + task["count"] + 1)):
        if number == task["count"]:
            os.environ["FAILPOINT"] = f"{task['failpoint']}:kill"
            failpoints._actions.cache_clear()
        publish(executor, settings, task["job_id"], value)


if __name__ == "__main__":
    main()
