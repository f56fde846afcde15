"""The one door to procrastinate: entries that point to runs, and nothing else.

The truth about a run is its row in `runs`; a queue entry only wakes a worker up. Entries are
deleted when they end, so the queue tables stay small.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import procrastinate
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from procrastinate.exceptions import ConnectorException
from sqlalchemy import text
from sqlalchemy.orm import Session

from models import Run

QUEUE = "runs"
TASK = "run.execute"

__all__ = ["QUEUE", "TASK", "ConnectorException", "defer_run", "drop_entry", "worker_app"]


@lru_cache(maxsize=1)
def _deferring_app() -> procrastinate.App:
    """An app without tasks: opening the worker's would close this one's connector."""
    return procrastinate.App(connector=SQLAlchemyPsycopg2Connector())


def defer_run(session: Session, run: Run) -> None:
    """Write a queue entry for the run's current attempt in the caller's transaction.

    Workers are notified when the transaction commits; nothing is queued when it rolls back.
    """
    task = _deferring_app().configure_task(TASK, queue=QUEUE, connection=session.connection())
    run.queue_entry_id = task.defer(run_id=run.run_id, attempt=run.attempt)


def drop_entry(session: Session, queue_entry_id: int | None) -> None:
    """Delete an entry whose worker is gone or whose run will not be executed."""
    if queue_entry_id is not None:
        session.execute(
            text("delete from procrastinate_jobs where id = :id"), {"id": queue_entry_id}
        )


def worker_app(
    connection: dict[str, Any], execute: Callable[[int, int], None]
) -> procrastinate.App:
    """An app whose only task calls `execute(run_id, attempt)` in a thread.

    `connection`: libpq keywords. The caller opens it, runs its worker and closes it.
    """
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(kwargs=connection, min_size=1, max_size=8)
    )
    app.task(name=TASK, queue=QUEUE)(execute)
    return app
