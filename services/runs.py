"""Runs as people see them: ask for one, list, read, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from auxiliares import AutomacaoError
from metadb.engine import notify
from models import Job, Run
from services import admission, queue
from services.connection_use import check_use_by_job
from services.ledger import RUNS_CHANNEL, announce_end
from services.parameter_sets import check_chosen
from vocabulary import OverlapPolicy, Reason, RunState, Trigger


class RunNotFound(AutomacaoError):
    """No run has this number."""

    code = "run_not_found"
    status = 404


class JobNotFound(AutomacaoError):
    """No job has this number."""

    code = "job_not_found"
    status = 404


class RunAlreadyActive(AutomacaoError):
    """The job has a run that waits or runs."""

    code = "run_already_active"
    status = 409


class RunNotActive(AutomacaoError):
    """The run has ended; there is nothing to cancel."""

    code = "run_not_active"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """What to list; None or empty means no restriction. Times compare with due or queued time."""

    job_id: int | None = None
    states: tuple[str, ...] = ()
    trigger: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    backfill_id: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        moment = func.coalesce(Run.due_at, Run.queued_at)
        chosen: list[ColumnElement[bool] | None] = [
            Run.job_id == self.job_id if self.job_id is not None else None,
            Run.state.in_(self.states) if self.states else None,
            Run.trigger == self.trigger if self.trigger else None,
            Run.backfill_id == self.backfill_id if self.backfill_id is not None else None,
            moment >= self.since if self.since else None,
            moment < self.until if self.until else None,
            Run.job_name.icontains(self.text, autoescape=True) if self.text else None,
        ]
        return [condition for condition in chosen if condition is not None]


def is_active() -> ColumnElement[bool]:
    """The run waits, runs or is about to be repeated."""
    return Run.state.in_((RunState.QUEUED, RunState.RUNNING)) | (
        (Run.state == RunState.INTERRUPTED) & Run.retry_at.is_not(None)
    )


def active_runs(session: Session, job_id: int) -> Sequence[Run]:
    """Every run of this job that waits, runs or is about to be repeated, oldest first."""
    return session.scalars(
        select(Run).where(Run.job_id == job_id, is_active()).order_by(Run.run_id)
    ).all()


def active_run(session: Session, job_id: int) -> Run | None:
    """The first of them, if any; those that wait before those that run. Backfills do not count:
    they let every other run of the job pass."""
    return session.scalars(
        select(Run)
        .where(Run.job_id == job_id, is_active(), Run.backfill_id.is_(None))
        .order_by(Run.state == RunState.RUNNING, Run.run_id)
        .limit(1)
    ).first()


def enqueue_run(
    session: Session,
    job_id: int,
    *,
    requested_by: str | None,
    chosen_sets: Sequence[str] | None = None,
) -> Run:
    """Write a queued run asked for by hand and its queue entry in the caller's transaction.

    `chosen_sets`: labels of the parameter sets it is for; None: all. Raises JobNotFound,
    ConnectionNotUsable, SetUnknown, or RunAlreadyActive when the job has a run that waits
    or runs; a job whose runs queue up may have one that runs, a job whose runs may overlap any
    number.
    """
    job = session.get(Job, job_id, with_for_update={"key_share": True})
    if job is None:
        raise JobNotFound(f"There is no job with the number {job_id}.")
    check_use_by_job(session, job)
    active = active_run(session, job_id)
    if active is not None and _is_in_the_way(job, active):
        raise RunAlreadyActive(
            f"Job {job.job_name!r} already has run {active.run_id} in state {active.state}; "
            "wait for it to end or cancel it."
        )
    if chosen_sets is not None:
        check_chosen(job.parameter_sets, chosen_sets)
    run = Run(
        job_id=job.job_id,
        job_name=job.job_name,
        trigger=Trigger.MANUAL,
        state=RunState.QUEUED,
        requested_by=requested_by,
        attempt=1,
        priority=job.priority,
        is_exclusive=job.overlap_policy != OverlapPolicy.ALLOW,
        chosen_sets=None if chosen_sets is None else list(chosen_sets),
    )
    session.add(run)
    session.flush()
    admission.offer(session, only=[run.run_id])
    session.refresh(run)
    notify(session, RUNS_CHANNEL, str(run.run_id))
    return run


def _is_in_the_way(job: Job, active: Run) -> bool:
    if job.overlap_policy == OverlapPolicy.QUEUE:
        return active.state != RunState.RUNNING
    return job.overlap_policy != OverlapPolicy.ALLOW


def list_runs(
    session: Session, chosen: RunFilter, *, page: int, size: int
) -> tuple[list[Run], int]:
    """One page of runs, newest occurrence first, and how many there are in all."""
    conditions = chosen.conditions()
    total = session.scalar(select(func.count()).select_from(Run).where(*conditions)) or 0
    runs = session.scalars(
        select(Run)
        .where(*conditions)
        .order_by(func.coalesce(Run.due_at, Run.queued_at).desc(), Run.run_id.desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return list(runs), total


def get_run(session: Session, run_id: int) -> Run:
    """The run with its attempts. Raises RunNotFound."""
    run = session.scalars(
        select(Run).where(Run.run_id == run_id).options(selectinload(Run.attempts))
    ).first()
    if run is None:
        raise RunNotFound(f"Run {run_id} not found")
    return run


def request_cancel(session: Session, run_id: int, *, requested_by: str) -> Run:
    """Cancel a waiting run at once, or ask the worker that has it to stop the query.

    Raises RunNotFound or RunNotActive.
    """
    run = session.get(Run, run_id, with_for_update=True)
    if run is None:
        raise RunNotFound(f"Run {run_id} not found")
    waits = run.state == RunState.QUEUED or (
        run.state == RunState.INTERRUPTED and run.retry_at is not None
    )
    if not waits and run.state != RunState.RUNNING:
        raise RunNotActive(f"Run {run_id} is {run.state}; there is nothing to cancel")
    run.cancel_requested_by = requested_by
    if waits:
        run.state, run.reason, run.retry_at = RunState.CANCELLED, Reason.ON_REQUEST, None
        run.finished_at = session.scalar(select(func.clock_timestamp()))
        queue.drop_entry(session, run.queue_entry_id)
        run.queue_entry_id = run.waiting_for = None
    session.flush()
    if waits:
        announce_end(session, run_id)
    else:
        notify(session, RUNS_CHANNEL, str(run_id))
    return get_run(session, run_id)
