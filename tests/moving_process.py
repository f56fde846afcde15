"""A worker process that executes one attempt of a run, and may be killed or frozen meanwhile.

Its task, as JSON in the environment: the metadata database, the secret key, run and attempt.
Started by tests.moving_cuts.
"""

from __future__ import annotations

import json
import os

from auxiliares import Settings
from execution.context import ActiveRuns
from execution.executor import Executor
from metadb import engine
from metadb.engine import DatabaseAddress, unit_of_work
from services import workers


def main() -> None:
    task = json.loads(os.environ["MOVING_TASK"])
    address = DatabaseAddress(**task["database"])
    engine.connect(lambda: address)
    settings = Settings(backend={"secret_key": task["secret_key"]})  # type: ignore[arg-type]
    with unit_of_work() as session:
        worker = workers.register(
            session, name="w", host="h", pid=os.getpid(), is_scheduler=False, concurrency=1
        )
    Executor(settings, ActiveRuns(), worker).execute(task["run_id"], task["attempt"])


if __name__ == "__main__":
    main()
