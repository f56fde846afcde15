"""What earlier runs of a job tell: how long they took and how much they brought."""

from __future__ import annotations

from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Job, Run
from services.runs import JobNotFound
from vocabulary import RunState

ENDED = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED, RunState.INTERRUPTED)
RUNS_FOR_EXPECTATION = 10
FEWEST_RUNS = 2


def recent_runs(session: Session, job_id: int, *, limit: int) -> list[Run]:
    """The newest runs that were started and have ended, oldest first. Raises JobNotFound.

    Occurrences that were never run, and runs that wait to be repeated, are left out.
    """
    if session.get(Job, job_id) is None:
        raise JobNotFound(f"There is no job with the number {job_id}.")
    newest = session.scalars(
        select(Run)
        .where(
            Run.job_id == job_id,
            Run.state.in_(ENDED),
            Run.started_at.is_not(None),
            Run.finished_at.is_not(None),
            Run.retry_at.is_(None),
        )
        .order_by(Run.run_id.desc())
        .limit(limit)
    ).all()
    return list(reversed(newest))


def expected_duration_ms(session: Session, run: Run) -> int | None:
    """The median of the job's ten succeeded runs before this one; None where fewer than two."""
    if run.job_id is None:
        return None
    durations = session.scalars(
        select(func.extract("epoch", Run.finished_at - Run.started_at))
        .where(
            Run.job_id == run.job_id,
            Run.run_id < run.run_id,
            Run.state == RunState.SUCCEEDED,
            Run.started_at.is_not(None),
            Run.finished_at.is_not(None),
        )
        .order_by(Run.run_id.desc())
        .limit(RUNS_FOR_EXPECTATION)
    ).all()
    if len(durations) < FEWEST_RUNS:
        return None
    return round(median(float(seconds) for seconds in durations) * 1000)
