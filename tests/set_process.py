"""A process that executes one attempt of a run until a failpoint kills it.

Started by tests/integration/test_parameter_sets.py; the failpoint is in its environment.
"""

from __future__ import annotations

import os

from execution.context import ActiveRuns
from execution.executor import Executor
from metadb.engine import unit_of_work
from services import workers
from tests.process_task import begin


def main() -> None:
    settings, task = begin()
    with unit_of_work() as session:
        worker = workers.register(
            session, name="w", host="h", pid=os.getpid(), is_scheduler=False, concurrency=1
        )
    Executor(settings, ActiveRuns(), worker).execute(task["run_id"], task["attempt"])


if __name__ == "__main__":
    main()
