"""Workers make themselves known, send heartbeats, and are declared lost when these stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, text, update
from sqlalchemy.orm import Session

from models import Run, Worker
from services import admission, ledger, queue
from services.ledger import AttemptKey, Failure
from vocabulary import Reason, RunState

LOST = Failure(
    "worker_lost",
    "The worker stopped answering while it executed this run (killed, frozen or cut off from the "
    "database). Nothing was published by it.",
)


def register(
    session: Session, *, name: str, host: str, pid: int, is_scheduler: bool, concurrency: int
) -> Worker:
    """Write a new worker row; its first heartbeat is now."""
    worker = Worker(
        name=name,
        host=host,
        pid=pid,
        is_scheduler=is_scheduler,
        concurrency=concurrency,
        heartbeat_at=func.clock_timestamp(),
    )
    session.add(worker)
    session.flush()
    return worker


def beat(session: Session, worker_id: int, *, clock_ahead_s: float | None = None) -> bool:
    """Renew the heartbeat. False: the row is gone or stopped, register again.

    `clock_ahead_s`: by how much the clock of the worker's machine is ahead of the database's; None
    leaves what is known.
    """
    beaten = session.execute(
        update(Worker)
        .where(Worker.worker_id == worker_id, Worker.stopped_at.is_(None))
        .values(
            heartbeat_at=func.clock_timestamp(),
            clock_ahead_s=func.coalesce(clock_ahead_s, Worker.clock_ahead_s),
        )
        .returning(Worker.worker_id)
    )
    return beaten.first() is not None


def retire(session: Session, worker_id: int) -> None:
    """A clean stop: what this worker still has is free to be repeated at once."""
    session.execute(
        update(Worker)
        .where(Worker.worker_id == worker_id)
        .values(stopped_at=func.clock_timestamp())
    )


def _is_lost(lost_after: timedelta) -> ColumnElement[bool]:
    """No worker row, a stopped one, or a heartbeat too old; a missing first heartbeat counts
    from the worker's start."""
    return or_(
        Run.worker_id.is_(None),
        Worker.worker_id.is_(None),
        Worker.stopped_at.is_not(None),
        func.coalesce(Worker.heartbeat_at, Worker.started_at) < func.clock_timestamp() - lost_after,
    )


def interrupt_lost_runs(
    session: Session, *, lost_after: timedelta, max_attempts: int
) -> list[AttemptKey]:
    """Interrupt every running attempt whose worker is lost; returns them."""
    found = session.execute(
        select(Run.run_id, Run.attempt, Run.queue_entry_id)
        .join(Worker, Worker.worker_id == Run.worker_id, isouter=True)
        .where(Run.state == RunState.RUNNING, _is_lost(lost_after))
        .order_by(Run.run_id)
    ).all()
    entries = {AttemptKey(run_id, attempt): entry for run_id, attempt, entry in found}
    return _interrupt(session, entries, max_attempts=max_attempts)


def interrupt_dropped_runs(
    session: Session,
    worker_id: int,
    *,
    holding: Callable[[], set[AttemptKey]],
    lost_after: timedelta,
    max_attempts: int,
) -> list[AttemptKey]:
    """Interrupt what this worker has by the ledger and yet does not execute; returns it.

    The answer to its claim was lost, or its end could not be written in time. `holding` is asked
    after the ledger, so that nothing that has just begun is taken for dropped.
    """
    found = session.execute(
        select(Run.run_id, Run.attempt, Run.queue_entry_id).where(
            Run.state == RunState.RUNNING,
            Run.worker_id == worker_id,
            func.coalesce(Run.progress_at, Run.started_at) < func.clock_timestamp() - lost_after,
        )
    ).all()
    held = holding() if found else set()
    entries = {AttemptKey(run_id, attempt): entry for run_id, attempt, entry in found}
    dropped = {key: entry for key, entry in entries.items() if key not in held}
    return _interrupt(session, dropped, max_attempts=max_attempts)


def _interrupt(
    session: Session, entries: Mapping[AttemptKey, int | None], *, max_attempts: int
) -> list[AttemptKey]:
    lost = []
    for key, entry in entries.items():
        if ledger.interrupt(
            session, key, reason=Reason.WORKER_LOST, failure=LOST, max_attempts=max_attempts
        ):
            queue.drop_entry(session, entry)
            lost.append(key)
    return lost


def repeat_interrupted_runs(session: Session) -> list[Run]:
    """Queue the next attempt of every interrupted run whose time has come."""
    runs = session.scalars(
        select(Run)
        .where(Run.state == RunState.INTERRUPTED, Run.retry_at <= func.clock_timestamp())
        .order_by(Run.run_id)
        .with_for_update(skip_locked=True)
    ).all()
    for run in runs:
        run.retry_at = None
        if run.job_id is None:
            run.state, run.reason = RunState.CANCELLED, Reason.JOB_DELETED
            continue
        run.state = RunState.QUEUED
        run.attempt += 1
        run.worker_id = run.finished_at = run.queue_entry_id = run.phase = None
    session.flush()
    admission.offer(session, only=[run.run_id for run in runs])
    return list(runs)


STRANDED = """
select r.run_id from runs r
left join procrastinate_jobs e on e.id = r.queue_entry_id
left join procrastinate_workers w on w.id = e.worker_id
where r.state = 'queued' and r.queue_entry_id is not null
  and r.queued_at < clock_timestamp() - make_interval(secs => :lost_after_s)
  and (e.id is null
       or e.status not in ('todo', 'doing')
       or (e.status = 'doing'
           and (w.id is null
                or w.last_heartbeat < clock_timestamp() - make_interval(secs => :lost_after_s))))
order by r.run_id
for update of r skip locked
"""


def requeue_stranded_runs(session: Session, *, lost_after: timedelta) -> Sequence[Run]:
    """Queue again what waits with no live queue entry: its worker died between fetch and claim."""
    ids = session.scalars(text(STRANDED), {"lost_after_s": lost_after.total_seconds()}).all()
    runs = [session.get_one(Run, run_id) for run_id in ids]
    for run in runs:
        queue.drop_entry(session, run.queue_entry_id)
        queue.defer_run(session, run)
    session.flush()
    return runs


ENDED_ENTRIES = """
delete from procrastinate_jobs e
where e.status <> 'todo'
  and not exists (select 1 from runs r
                  where r.queue_entry_id = e.id and r.state in ('queued', 'running'))
  and (not exists (select 1 from procrastinate_workers w
                   where w.id = e.worker_id and w.last_heartbeat
                         >= clock_timestamp() - make_interval(secs => :lost_after_s))
       or exists (select 1 from runs r
                  where r.queue_entry_id = e.id and r.finished_at
                        < clock_timestamp() - make_interval(secs => :forgotten_s)))
"""
# A worker may still put the file of an ended run in its place; after so many leases it forgot.
FORGOTTEN_LEASES = 15


def drop_ended_entries(session: Session, *, lost_after: timedelta) -> None:
    """Delete entries of ended runs whose worker died, or lost its line, before it did so itself."""
    lost_after_s = lost_after.total_seconds()
    values = {"lost_after_s": lost_after_s, "forgotten_s": FORGOTTEN_LEASES * lost_after_s}
    session.execute(text(ENDED_ENTRIES), values)


def latest_heartbeats(session: Session) -> list[tuple[Worker, datetime]]:
    """Workers not stopped, newest heartbeat first, each with the database's now."""
    found = session.execute(
        select(Worker, func.clock_timestamp())
        .where(Worker.stopped_at.is_(None))
        .order_by(Worker.heartbeat_at.desc())
        .limit(50)
    )
    return [(worker, now) for worker, now in found]


def forget_old_workers(session: Session, *, keep: timedelta) -> None:
    """Delete workers that stopped, or went silent, longer ago than `keep`."""
    session.execute(
        text(
            "delete from workers where coalesce(stopped_at, heartbeat_at, started_at)"
            " < clock_timestamp() - make_interval(secs => :keep_s)"
        ),
        {"keep_s": keep.total_seconds()},
    )
