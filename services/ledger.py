"""Transitions of a run while a worker has it: claim, progress, end, interruption.

Every transition is a conditional UPDATE on (run_id, attempt, state = running). When it touches
no row the attempt is no longer ours - a frozen worker that woke up - and nothing happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Update, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from metadb.engine import notify
from models import Run, RunAttempt, Worker
from vocabulary import Reason, RunState

RUNS_CHANNEL = "runs_changed"
REPEAT_DELAY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """One attempt of one run; what every fence compares."""

    run_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt ended without a result: stable code and plain sentence."""

    code: str
    message: str


def fenced(key: AttemptKey) -> Update:
    """An UPDATE of the run that touches it only while this attempt is running."""
    return update(Run).where(
        Run.run_id == key.run_id, Run.attempt == key.attempt, Run.state == RunState.RUNNING
    )


def claim(session: Session, key: AttemptKey, worker: Worker) -> bool:
    """Take a queued attempt for this worker; False when it is not there to be taken.

    Another run of the same job that still runs makes it wait: the sweep offers it again.
    """
    now = func.clock_timestamp()
    try:
        with session.begin_nested():
            claimed = session.execute(
                update(Run)
                .where(
                    Run.run_id == key.run_id,
                    Run.attempt == key.attempt,
                    Run.state == RunState.QUEUED,
                )
                .values(
                    state=RunState.RUNNING,
                    worker_id=worker.worker_id,
                    started_at=now,
                    progress_at=now,
                    finished_at=None,
                    rows=None,
                    size_bytes=None,
                    error_code=None,
                    error_message=None,
                    warning=None,
                )
                .returning(Run.run_id)
            ).first()
    except IntegrityError:
        return False
    if claimed is None:
        return False
    session.add(
        RunAttempt(
            run_id=key.run_id,
            attempt=key.attempt,
            worker_name=worker.name,
            state=RunState.RUNNING,
        )
    )
    notify(session, RUNS_CHANNEL, str(key.run_id))
    return True


def record_progress(session: Session, progress: Mapping[AttemptKey, tuple[int, int]]) -> None:
    """Store (rows, bytes) of running attempts."""
    for key, (rows, size_bytes) in progress.items():
        session.execute(
            fenced(key).values(rows=rows, size_bytes=size_bytes, progress_at=func.clock_timestamp())
        )
        notify(session, RUNS_CHANNEL, str(key.run_id))


def still_ours(session: Session, keys: set[AttemptKey]) -> dict[AttemptKey, str | None]:
    """Of these attempts, those still running, each with who asked to cancel it, if anybody."""
    found = session.execute(
        select(Run.run_id, Run.attempt, Run.cancel_requested_by).where(
            Run.run_id.in_([key.run_id for key in keys]), Run.state == RunState.RUNNING
        )
    )
    running = {AttemptKey(run_id, attempt): by for run_id, attempt, by in found}
    return {key: running[key] for key in keys if key in running}


def fail(
    session: Session, key: AttemptKey, failure: Failure, *, reason: Reason | None = None
) -> bool:
    """Close the attempt and its run as failed. False: no longer ours."""
    return _end(session, key, state=RunState.FAILED, reason=reason, failure=failure)


def cancel(session: Session, key: AttemptKey, failure: Failure) -> bool:
    """Close the attempt and its run as cancelled on request. False: no longer ours."""
    return _end(session, key, state=RunState.CANCELLED, reason=Reason.ON_REQUEST, failure=failure)


def _end(
    session: Session, key: AttemptKey, *, state: RunState, reason: Reason | None, failure: Failure
) -> bool:
    now = func.clock_timestamp()
    ended = session.execute(
        fenced(key)
        .values(
            state=state,
            reason=reason,
            error_code=failure.code,
            error_message=failure.message,
            finished_at=now,
            rows=None,
            size_bytes=None,
        )
        .returning(Run.run_id)
    ).first()
    if ended is None:
        return False
    close_attempt(session, key, state=state, reason=reason, failure=failure)
    notify(session, RUNS_CHANNEL, str(key.run_id))
    return True


def close_attempt(
    session: Session,
    key: AttemptKey,
    *,
    state: RunState,
    reason: Reason | None = None,
    failure: Failure | None = None,
) -> None:
    """Write how the attempt ended."""
    session.execute(
        update(RunAttempt)
        .where(RunAttempt.run_id == key.run_id, RunAttempt.attempt == key.attempt)
        .values(
            state=state,
            reason=reason,
            error_code=failure.code if failure else None,
            error_message=failure.message if failure else None,
            finished_at=func.clock_timestamp(),
        )
    )


def interrupt(
    session: Session, key: AttemptKey, *, reason: Reason, failure: Failure, max_attempts: int
) -> bool:
    """Mark the attempt interrupted and plan its repetition. False: no longer running.

    A worker that was stopped on purpose does not use up an attempt; a lost one does, and after
    `max_attempts` lost ones the run stays interrupted.
    """
    lost = session.scalar(
        select(func.count())
        .select_from(RunAttempt)
        .where(RunAttempt.run_id == key.run_id, RunAttempt.reason == Reason.WORKER_LOST)
    )
    used_up = reason == Reason.WORKER_LOST and (lost or 0) + 1 >= max_attempts
    now = func.clock_timestamp()
    ended = session.execute(
        fenced(key)
        .values(
            state=RunState.INTERRUPTED,
            reason=Reason.ATTEMPTS_USED_UP if used_up else reason,
            error_code=failure.code,
            error_message=failure.message,
            finished_at=now,
            retry_at=None if used_up else now + REPEAT_DELAY,
        )
        .returning(Run.run_id)
    ).first()
    if ended is None:
        return False
    close_attempt(session, key, state=RunState.INTERRUPTED, reason=reason, failure=failure)
    notify(session, RUNS_CHANNEL, str(key.run_id))
    return True
