"""Runs: ask for one, list, read, cancel."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from metadb.engine import unit_of_work
from models import Run
from services import health, job_kinds, job_rules, jobs, movements, run_history, run_tables, runs
from services.clock import database_now
from services.runs import RunFilter
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list, answer_page
from webapi.job_schemas import JobPath
from webapi.movement_schemas import RunTableList, RunTableOut
from webapi.resource import resource
from webapi.run_schemas import (
    History,
    HistoryEntry,
    HistoryQuery,
    RunDetail,
    RunOut,
    RunPage,
    RunPath,
    RunQuery,
)

bp = resource("runs", __name__)


@bp.post("/api/jobs/<int:job_id>/runs", responses={202: RunOut})
@access(Rule.MODERATOR)
def create_run(path: JobPath) -> Response:
    """Run a job now, active or not."""
    with unit_of_work() as session:
        job = jobs.get_job(session, path.job_id)
        job_rules.check_runnable(job)
        if movements.is_movement(job):
            movements.check_movement(session, job)
        else:
            job_kinds.check_kind(job)
        run = runs.enqueue_run(session, path.job_id, requested_by=actor().username)
        out = RunOut.of(run, {})
    return answer(out, 202, location=f"/api/runs/{out.run_id}")


@bp.get("/api/jobs/<int:job_id>/history", responses={200: History})
@access(Rule.NORMAL)
def list_history(path: JobPath, query: HistoryQuery) -> Response:
    """The newest runs of a job that were started and have ended, oldest first, as a bare array."""
    with unit_of_work() as session:
        found = run_history.recent_runs(session, path.job_id, limit=query.limit)
        return answer_list([HistoryEntry.of(run) for run in found])


@bp.get("/api/runs", responses={200: RunPage})
@access(Rule.NORMAL)
def list_runs(query: RunQuery) -> Response:
    """The ledger, newest occurrence first: every planned occurrence has its row."""
    chosen = RunFilter(
        job_id=query.job_id,
        states=tuple(query.state),
        trigger=query.trigger,
        since=query.since,
        until=query.until,
        text=query.q,
        backfill_id=query.backfill_id,
    )
    with unit_of_work() as session:
        found, total = runs.list_runs(session, chosen, page=query.page, size=query.size)
        names = health.worker_names(session, {run.worker_id for run in found})
        items = [RunOut.of(run, names) for run in found]
    return answer_page(items, total, query)


@bp.get("/api/runs/<int:run_id>", responses={200: RunDetail})
@access(Rule.NORMAL)
def get_run(path: RunPath) -> Response:
    """One run with its attempts."""
    with unit_of_work() as session:
        run = runs.get_run(session, path.run_id)
        out = _detail(session, run)
    return answer(out)


@bp.get("/api/runs/<int:run_id>/tables", responses={200: RunTableList})
@access(Rule.NORMAL)
def list_run_tables(path: RunPath) -> Response:
    """How far each table of a run is; empty for a run that exports."""
    with unit_of_work() as session:
        run = runs.get_run(session, path.run_id)
        until = run.finished_at or database_now(session)
        found = run_tables.tables_of(session, path.run_id)
        return answer_list([RunTableOut.of(row, until) for row in found])


@bp.post("/api/runs/<int:run_id>/cancel", responses={202: RunDetail})
@access(Rule.MODERATOR)
def cancel_run(path: RunPath) -> Response:
    """Stop a run: one that waits at once, one that runs as soon as its database lets go."""
    with unit_of_work() as session:
        run = runs.request_cancel(session, path.run_id, requested_by=actor().username)
        out = _detail(session, run)
    return answer(out, 202, location=f"/api/runs/{path.run_id}")


def _detail(session: Session, run: Run) -> RunDetail:
    return RunDetail.with_attempts(
        run,
        health.worker_names(session, {run.worker_id}),
        expected=run_history.expectation(session, run),
    )
