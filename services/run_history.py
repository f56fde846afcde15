"""What earlier runs of a job tell: how long they took and how much they brought."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a run should take and bring; None where too few runs have told."""

    duration_ms: int | None = None
    rows: int | None = None


def expectation(session: Session, run: Run) -> Expectation:
    """Medians of the job's ten succeeded runs before this one, where there are two or more."""
    if run.job_id is None:
        return Expectation()
    earlier = session.execute(
        select(func.extract("epoch", Run.finished_at - Run.started_at).label("seconds"), Run.rows)
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
    durations = [float(found.seconds) for found in earlier]
    rows = [found.rows for found in earlier if found.rows is not None]
    return Expectation(
        round(median(durations) * 1000) if len(durations) >= FEWEST_RUNS else None,
        round(median(rows)) if len(rows) >= FEWEST_RUNS else None,
    )
