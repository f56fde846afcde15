"""The one door to procrastinate: entries that point to runs, and nothing else.

The truth about a run is its row in `runs`; a queue entry only wakes a worker up. Entries are
deleted when they end, so the queue tables stay small.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

import procrastinate
import psycopg
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import text
from sqlalchemy.orm import Session

from models import Run
from services.queue_places import Place, PlacesManager

QUEUE = "runs"
TASK = "run.execute"
# A fetched or ended entry need not outlive a crash of the server: an entry that comes back finds
# its run claimed or ended, and the sweep drops it. Waiting for the disk would bound the rate.
UNHURRIED = "-c synchronous_commit=off"
# One looks for entries, one sends the heartbeat; the listener's line is none of the pool.
POOL_SIZE = 3

# Entries of the queue are written by its own function, in order of rank, all in one statement.
# The rows are locked first: of two that offer the same run at once, one passes it by.
_DEFER_RUNS = text("""
with chosen as (
    select run_id, attempt, priority,
           row_number() over (order by priority desc, due, run_id) as place
    from (
        select run_id, attempt, priority, coalesce(due_at, queued_at) as due
        from runs
        where run_id = any(:run_ids) and state = 'queued' and queue_entry_id is null
        for update skip locked
    ) as locked
),
entries as (
    select e.entry_id, e.place
    from unnest((
        select procrastinate_defer_jobs_v1(array_agg(
            row(cast(:queue as text), cast(:task as text), priority, null, null,
                jsonb_build_object('run_id', run_id, 'attempt', attempt), null
            )::procrastinate_job_to_defer_v1 order by place))
        from chosen
    )) with ordinality as e (entry_id, place)
)
update runs r set queue_entry_id = entries.entry_id, waiting_for = null,
    not_before = case when waiting_for = 'quiet_hours' then null else not_before end
from chosen join entries using (place)
where r.run_id = chosen.run_id
returning r.run_id
""")

# The entry a worker takes when another of its entries has ended, which is deleted with it: for a
# statement that claims its run at once, and gives the entry back where that fails.
TAKE_NEXT = """
ended as (
    delete from procrastinate_jobs where id = :ended_entry_id and worker_id = :queue_worker_id
),
taken as materialized (
    select (job).id as entry_id, ((job).args ->> 'run_id')::bigint as run_id,
           ((job).args ->> 'attempt')::integer as attempt
    from (
        select procrastinate_fetch_job_v2(array[:queue]::varchar[], :queue_worker_id) as job
    ) as fetched
    where (job).id is not null
)
"""
TAKE_TYPES = {"ended_entry_id": "bigint", "queue_worker_id": "bigint", "queue": "text"}

__all__ = [
    "QUEUE",
    "TAKE_NEXT",
    "TAKE_TYPES",
    "TASK",
    "ConnectorException",
    "defer_run",
    "defer_runs",
    "drop_entry",
    "worker_app",
]


@lru_cache(maxsize=1)
def _deferring_app() -> procrastinate.App:
    """An app without tasks: opening the worker's would close this one's connector."""
    return procrastinate.App(connector=SQLAlchemyPsycopg2Connector())


def defer_run(session: Session, run: Run) -> None:
    """Write a queue entry for the run's current attempt in the caller's transaction.

    Workers are notified when the transaction commits; nothing is queued when it rolls back.
    """
    task = _deferring_app().configure_task(
        TASK, queue=QUEUE, priority=run.priority, connection=session.connection()
    )
    run.queue_entry_id = task.defer(run_id=run.run_id, attempt=run.attempt)


def defer_runs(session: Session, run_ids: Collection[int]) -> list[int]:
    """Write queue entries for those of these runs that are queued and have none; their numbers.

    Workers are notified when the caller's transaction commits. Objects of these runs in the
    session do not learn of it.
    """
    return list(
        session.scalars(_DEFER_RUNS, {"run_ids": list(run_ids), "queue": QUEUE, "task": TASK})
    )


def drop_entry(session: Session, queue_entry_id: int | None) -> None:
    """Delete an entry whose worker is gone or whose run will not be executed."""
    if queue_entry_id is not None:
        session.execute(
            text("delete from procrastinate_jobs where id = :id"), {"id": queue_entry_id}
        )


def worker_app(
    connection: dict[str, Any], execute: Callable[[Place, int, int], None], *, places: int
) -> tuple[procrastinate.App, PlacesManager]:
    """An app whose only task calls `execute(place, run_id, attempt)` in a thread, and what it
    holds.

    `connection`: libpq keywords; `places`: how many run at a time. The caller opens the app, runs
    its worker, lets the manager leave, and closes the app.
    """
    connector = procrastinate.PsycopgConnector(
        kwargs={**connection, "options": UNHURRIED},
        min_size=1,
        max_size=POOL_SIZE,
        configure=_commit_at_once,
        pool_factory=_unchecked_pool,
    )
    app = procrastinate.App(connector=connector)
    app.job_manager = manager = PlacesManager(connector, places)

    def run(context: procrastinate.JobContext, run_id: int, attempt: int) -> None:
        execute(manager.place_of(context.job), run_id, attempt)

    app.task(name=TASK, queue=QUEUE, pass_context=True)(run)
    return app, manager


async def _commit_at_once(connection: psycopg.AsyncConnection[Any]) -> None:
    """Each statement is a transaction of its own: the library sends none that belong together."""
    await connection.set_autocommit(True)


def _unchecked_pool(**arguments: Any) -> AsyncConnectionPool[Any]:
    """The library's pool without a question before each statement: where a line was lost the
    worker starts anew anyway."""
    return AsyncConnectionPool(**{**arguments, "check": None})
