"""A living worker whose run got lost on the way gives it back instead of blocking its job."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from execution.context import ActiveRuns
from execution.pulse import Pulse
from metadb.engine import DatabaseAddress, unit_of_work
from models import Job, Run, Worker
from services import ledger, runs, workers
from services.ledger import AttemptKey
from tests.waiting import wait_for
from vocabulary import Reason, RunState


@pytest.fixture
def worker_id(metadata_db: DatabaseAddress) -> int:
    with unit_of_work() as session:
        worker = workers.register(
            session, name="w", host="h", pid=1, is_scheduler=False, concurrency=1
        )
        return worker.worker_id


@pytest.fixture
def claimed(worker_id: int) -> AttemptKey:
    with unit_of_work() as session:
        job = Job(
            job_name="Vendas",
            job_status="Y",
            export_type="Único",
            export_path="",
            export_name="vendas",
            check_parameter="N",
            sql_script="select 1",
        )
        session.add(job)
        session.flush()
        key = AttemptKey(runs.enqueue_run(session, job.job_id, requested_by="ana").run_id, 1)
        worker = session.get_one(Worker, worker_id)
        assert ledger.claim(session, key, worker)
        return key


@pytest.fixture
def active(worker_id: int) -> Iterator[ActiveRuns]:
    """What the worker executes, while its pulse beats."""
    holding = ActiveRuns()
    pulse = Pulse(
        holding,
        worker_id=lambda: worker_id,
        rejoin=lambda: None,
        heartbeat_s=0.05,
        lost_after=timedelta(seconds=0.2),
        max_attempts=3,
    )
    pulse.start()
    yield holding
    pulse.stop()


def _run(key: AttemptKey) -> Run:
    with unit_of_work() as session:
        return runs.get_run(session, key.run_id)


def test_claim_whose_answer_was_lost_is_repeated(claimed: AttemptKey, active: ActiveRuns) -> None:
    wait_for(
        lambda: _run(claimed).state == RunState.INTERRUPTED,
        timeout_s=10,
        what="the run that nobody executes to be given back",
    )
    run = _run(claimed)
    assert run.reason == Reason.WORKER_LOST
    assert run.retry_at is not None


def test_run_in_progress_is_never_given_back(
    worker_id: int, claimed: AttemptKey, metadata_db: DatabaseAddress
) -> None:
    with unit_of_work() as session:
        others = workers.interrupt_dropped_runs(
            session, worker_id, holding=lambda: {claimed}, lost_after=timedelta(0), max_attempts=3
        )
        young = workers.interrupt_dropped_runs(
            session,
            worker_id,
            holding=set,
            lost_after=timedelta(minutes=1),
            max_attempts=3,
        )
    assert (others, young) == ([], [])
    assert _run(claimed).state == RunState.RUNNING
