"""Transitions of a run while a worker has it: claim, progress, end, interruption.

Every transition is a conditional UPDATE on (run_id, attempt, state = running). When it touches
no row the attempt is no longer ours - a frozen worker that woke up - and nothing happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, delete, func, select, update
from sqlalchemy.orm import Session

from metadb.engine import announce, notify
from metadb.prepared import Prepared
from models import Run, RunAttempt, Worker
from services import notification_events
from services.dependencies import write_followers
from vocabulary import ErrorClass, Phase, Reason, RunState, WaitingFor

RUNS_CHANNEL = "runs_changed"
REPEAT_DELAY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """One attempt of one run; what every fence compares."""

    run_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt ended without a result: stable code and plain sentence.

    `error_class` says whether trying again may help, `retry_after_s` how long to wait at least.
    """

    code: str
    message: str
    error_class: ErrorClass | None = None
    retry_after_s: float = 0


def open_attempts(session: Session) -> set[AttemptKey]:
    """Attempts that have not ended, so that each may still publish."""
    rows = session.execute(
        select(RunAttempt.run_id, RunAttempt.attempt).where(RunAttempt.finished_at.is_(None))
    )
    return {AttemptKey(run_id, attempt) for run_id, attempt in rows}


def fenced(key: AttemptKey) -> Update:
    """An UPDATE of the run that touches it only while this attempt is running."""
    return update(Run).where(
        Run.run_id == key.run_id, Run.attempt == key.attempt, Run.state == RunState.RUNNING
    )


# Takes the queued attempt and opens its row. An exclusive run of the same
# job that still runs keeps it away; the unique index does so where both come at once.
CLAIMED = """
claimed as (
    update runs r
    set state = 'running', worker_id = :worker_id, started_at = clock_timestamp(),
        progress_at = clock_timestamp(), finished_at = null, rows = null, size_bytes = null,
        error_code = null, error_message = null, warning = null, retry_at = null,
        waiting_for = null, phase = 'connecting'
    where r.run_id = :run_id and r.attempt = :attempt and r.state = 'queued'
      and not (r.is_exclusive and exists (
          select from runs o
          where o.job_id = r.job_id and o.is_exclusive and o.state = 'running'))
      and {condition}
    returning r.run_id, r.attempt
),
opened as (
    insert into run_attempts (run_id, attempt, worker_name, state)
    select run_id, attempt, :worker_name, 'running' from claimed
    returning run_id
)
"""
CLAIM_TYPES = {
    "run_id": "bigint",
    "attempt": "integer",
    "worker_id": "bigint",
    "worker_name": "text",
}
_CLAIM = Prepared(
    "claim_attempt",
    f"with {CLAIMED.format(condition='true')} select run_id from opened",
    CLAIM_TYPES,
)


def claim(session: Session, key: AttemptKey, worker: Worker) -> bool:
    """Take a queued attempt for this worker; False when it is not there to be taken.

    Whether it may start is asked before, by `claiming`. Raises IntegrityError when a run of the
    same job that excludes it is claimed in the same moment; the transaction is lost then.
    """
    values = {
        "worker_id": worker.worker_id,
        "worker_name": worker.name,
        "run_id": key.run_id,
        "attempt": key.attempt,
    }
    if _CLAIM.execute(session, values).first() is None:
        return False
    announce(session, RUNS_CHANNEL, str(key.run_id))
    return True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running attempt is."""

    phase: Phase
    rows: int | None = None
    size_bytes: int | None = None


def record_progress(session: Session, progress: Mapping[AttemptKey, Progress]) -> None:
    """Store how far running attempts are; always in the same order, as claims lock some too."""
    for key in sorted(progress, key=lambda each: each.run_id):
        found = progress[key]
        session.execute(
            fenced(key).values(
                phase=found.phase,
                rows=found.rows,
                size_bytes=found.size_bytes,
                progress_at=func.clock_timestamp(),
            )
        )
        announce(session, RUNS_CHANNEL, str(key.run_id))


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
    session: Session,
    key: AttemptKey,
    failure: Failure,
    *,
    reason: Reason | None = None,
    retry_in_s: float | None = None,
) -> bool:
    """Close the attempt as failed, and its run too unless it is tried again. False: not ours.

    `retry_in_s`: the run waits that long and is then queued as its next attempt.
    """
    if retry_in_s is None:
        return _end(session, key, state=RunState.FAILED, reason=reason, failure=failure)
    # The same in both columns, unlike clock_timestamp.
    retry_at = func.statement_timestamp() + timedelta(seconds=retry_in_s)
    waiting = session.execute(
        fenced(key)
        .values(
            **_back_to_the_queue(WaitingFor.RETRY, retry_at),
            retry_at=retry_at,
            error_code=failure.code,
            error_message=failure.message,
        )
        .returning(Run.not_before)
    ).first()
    if waiting is None:
        return False
    close_attempt(session, key, state=RunState.FAILED, failure=failure, retry_at=waiting.not_before)
    notify(session, RUNS_CHANNEL, str(key.run_id))
    return True


def put_back(
    session: Session, key: AttemptKey, waiting_for: WaitingFor, *, not_before: datetime
) -> bool:
    """Undo a claim: the run waits until then, and the try leaves no trace. False: not ours.

    The number of the attempt rises all the same, so that nobody can end it twice.
    """
    waiting = session.execute(
        fenced(key).values(**_back_to_the_queue(waiting_for, not_before)).returning(Run.run_id)
    ).first()
    if waiting is None:
        return False
    session.execute(
        delete(RunAttempt).where(RunAttempt.run_id == key.run_id, RunAttempt.attempt == key.attempt)
    )
    notify(session, RUNS_CHANNEL, str(key.run_id))
    return True


def _back_to_the_queue(waiting_for: WaitingFor, not_before: object) -> dict[str, object]:
    return {
        "state": RunState.QUEUED,
        "attempt": Run.attempt + 1,
        "waiting_for": waiting_for,
        "not_before": not_before,
        "queue_entry_id": None,
        "worker_id": None,
        "phase": None,
        "rows": None,
        "size_bytes": None,
    }


def cancel(session: Session, key: AttemptKey, failure: Failure) -> bool:
    """Close the attempt and its run as cancelled on request. False: no longer ours."""
    return _end(session, key, state=RunState.CANCELLED, reason=Reason.ON_REQUEST, failure=failure)


def skip(session: Session, key: AttemptKey, *, reason: Reason, failure: Failure) -> bool:
    """Close the attempt and its run as cancelled: there was nothing to do. False: not ours."""
    return _end(session, key, state=RunState.CANCELLED, reason=reason, failure=failure)


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
    announce_end(session, key.run_id)
    return True


def announce_end(session: Session, run_id: int) -> None:
    """Write the runs that follow a run that has just ended for good, and tell whoever watches.

    Who is notified of it is decided later, of the event that is written here.
    """
    notification_events.run_ended(session, run_id)
    for number in [run_id, *write_followers(session, run_id)]:
        notify(session, RUNS_CHANNEL, str(number))


def close_attempt(
    session: Session,
    key: AttemptKey,
    *,
    state: RunState,
    reason: Reason | None = None,
    failure: Failure | None = None,
    retry_at: datetime | None = None,
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
            error_class=failure.error_class if failure else None,
            finished_at=func.clock_timestamp(),
            retry_at=retry_at,
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
    if used_up:
        announce_end(session, key.run_id)
    else:
        notify(session, RUNS_CHANNEL, str(key.run_id))
    return True
