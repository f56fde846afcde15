"""Claim, fence, interruption and repetition against a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from metadb.engine import DatabaseAddress, unit_of_work
from models import Job, Run, RunAttempt, Worker
from services import ledger, queue, runs, workers
from services.ledger import AttemptKey, Failure, Progress
from services.runs import RunAlreadyActive, RunNotActive
from vocabulary import Phase, Reason, RunState

pytestmark = pytest.mark.usefixtures("metadata_db")

BOOM = Failure("boom", "It broke.")
LOST_AFTER = timedelta(seconds=20)


@pytest.fixture
def job_id(metadata_db: DatabaseAddress) -> int:
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
        return job.job_id


@pytest.fixture
def make_worker(metadata_db: DatabaseAddress) -> Callable[[], Worker]:
    def make() -> Worker:
        with unit_of_work() as session:
            return workers.register(
                session, name="w", host="h", pid=1, is_scheduler=False, concurrency=1
            )

    return make


@pytest.fixture
def claimed(job_id: int, make_worker: Callable[[], Worker]) -> tuple[AttemptKey, Worker]:
    worker = make_worker()
    with unit_of_work() as session:
        key = AttemptKey(runs.enqueue_run(session, job_id, requested_by="ana").run_id, 1)
    with unit_of_work() as session:
        assert ledger.claim(session, key, worker)
    return key, worker


def _run(key: AttemptKey) -> Run:
    with unit_of_work() as session:
        return runs.get_run(session, key.run_id)


def _entries() -> list[tuple[int, str]]:
    with unit_of_work() as session:
        found = session.execute(
            text("select (args->>'run_id')::int, status::text from procrastinate_jobs order by id")
        )
        return [(run_id, status) for run_id, status in found]


def _silence(worker: Worker) -> None:
    """Make the worker's heartbeat a minute old."""
    with unit_of_work() as session:
        session.execute(
            update(Worker)
            .where(Worker.worker_id == worker.worker_id)
            .values(heartbeat_at=text("clock_timestamp() - interval '1 minute'"))
        )


def _sweep(max_attempts: int = 3) -> list[AttemptKey]:
    with unit_of_work() as session:
        return workers.interrupt_lost_runs(
            session, lost_after=LOST_AFTER, max_attempts=max_attempts
        )


def _repeat_now() -> list[Run]:
    with unit_of_work() as session:
        session.execute(update(Run).where(Run.retry_at.is_not(None)).values(retry_at=text("now()")))
    with unit_of_work() as session:
        return workers.repeat_interrupted_runs(session)


def test_run_and_queue_entry_are_written_together_or_not_at_all(job_id: int) -> None:
    with pytest.raises(RuntimeError, match="undo"), unit_of_work() as session:
        runs.enqueue_run(session, job_id, requested_by=None)
        raise RuntimeError("undo")
    assert _entries() == []
    with unit_of_work() as session:
        run = runs.enqueue_run(session, job_id, requested_by=None)
    assert _entries() == [(run.run_id, "todo")]


def test_second_run_is_refused_while_one_is_active(claimed: tuple[AttemptKey, Worker]) -> None:
    run = _run(claimed[0])
    assert run.job_id is not None
    with pytest.raises(RunAlreadyActive, match=f"run {run.run_id} in state running"):
        with unit_of_work() as session:
            runs.enqueue_run(session, run.job_id, requested_by=None)


def test_only_one_worker_claims_an_attempt(job_id: int, make_worker: Callable[[], Worker]) -> None:
    first, second = make_worker(), make_worker()
    with unit_of_work() as session:
        key = AttemptKey(runs.enqueue_run(session, job_id, requested_by=None).run_id, 1)
    with unit_of_work() as session:
        assert ledger.claim(session, key, first)
    with unit_of_work() as session:
        assert not ledger.claim(session, key, second)
    assert _run(key).worker_id == first.worker_id


def test_two_runs_of_one_job_never_run_at_once(
    claimed: tuple[AttemptKey, Worker], job_id: int
) -> None:
    key, worker = claimed
    with unit_of_work() as session:
        other = Run(job_id=job_id, job_name="Vendas", trigger="manual", state="queued", attempt=1)
        session.add(other)
    with unit_of_work() as session:
        # It should wait, and the transaction should stay usable
        assert not ledger.claim(session, AttemptKey(other.run_id, 1), worker)
        assert session.scalar(select(Run.state).where(Run.run_id == other.run_id)) == "queued"
    assert _run(key).state == RunState.RUNNING


def test_failure_is_kept_with_its_attempt(claimed: tuple[AttemptKey, Worker]) -> None:
    key, _ = claimed
    with unit_of_work() as session:
        assert ledger.fail(session, key, BOOM)
    run = _run(key)
    assert (run.state, run.error_code, run.error_message) == ("failed", "boom", "It broke.")
    assert [(a.attempt, a.state, a.error_code) for a in run.attempts] == [(1, "failed", "boom")]
    assert run.finished_at is not None


def test_run_of_silent_worker_is_interrupted_and_repeated(
    claimed: tuple[AttemptKey, Worker],
) -> None:
    key, worker = claimed
    assert _sweep() == []
    _silence(worker)
    assert _sweep() == [key]
    interrupted = _run(key)
    assert (interrupted.state, interrupted.reason) == ("interrupted", Reason.WORKER_LOST)
    # Its queue entry should be gone, and it should not be repeated before its time
    assert _entries() == []
    with unit_of_work() as session:
        assert workers.repeat_interrupted_runs(session) == []
    assert [run.run_id for run in _repeat_now()] == [key.run_id]
    repeated = _run(key)
    assert (repeated.state, repeated.attempt) == ("queued", 2)
    assert _entries() == [(key.run_id, "todo")]


def test_worker_that_never_sent_a_heartbeat_is_lost_too(
    claimed: tuple[AttemptKey, Worker],
) -> None:
    key, worker = claimed
    with unit_of_work() as session:
        session.execute(
            update(Worker)
            .where(Worker.worker_id == worker.worker_id)
            .values(heartbeat_at=None, started_at=text("clock_timestamp() - interval '1 minute'"))
        )
    assert _sweep() == [key]


def test_stopped_worker_does_not_use_up_an_attempt(claimed: tuple[AttemptKey, Worker]) -> None:
    key, _ = claimed
    with unit_of_work() as session:
        assert ledger.interrupt(
            session, key, reason=Reason.WORKER_STOPPED, failure=BOOM, max_attempts=1
        )
    assert _run(key).retry_at is not None


def test_lost_attempts_are_used_up(
    claimed: tuple[AttemptKey, Worker], make_worker: Callable[[], Worker]
) -> None:
    key, worker = claimed
    _silence(worker)
    _sweep(max_attempts=2)
    _repeat_now()
    second = AttemptKey(key.run_id, 2)
    again = make_worker()
    with unit_of_work() as session:
        assert ledger.claim(session, second, again)
    _silence(again)
    assert _sweep(max_attempts=2) == [second]
    run = _run(key)
    assert (run.state, run.reason, run.retry_at) == (
        "interrupted",
        Reason.ATTEMPTS_USED_UP,
        None,
    )
    assert [(a.attempt, a.state) for a in run.attempts] == [(1, "interrupted"), (2, "interrupted")]


def test_frozen_worker_that_wakes_up_changes_nothing(claimed: tuple[AttemptKey, Worker]) -> None:
    key, worker = claimed
    _silence(worker)
    _sweep()
    _repeat_now()
    with unit_of_work() as session:
        assert not ledger.fail(session, key, BOOM)
        assert not ledger.cancel(session, key, BOOM)
        ledger.record_progress(session, {key: Progress(Phase.WRITING, 5, 5)})
        assert ledger.still_ours(session, {key}) == {}
    run = _run(key)
    assert (run.state, run.attempt, run.rows) == ("queued", 2, None)


def test_run_of_deleted_job_is_not_repeated(
    claimed: tuple[AttemptKey, Worker], job_id: int
) -> None:
    key, worker = claimed
    _silence(worker)
    _sweep()
    with unit_of_work() as session:
        session.delete(session.get_one(Job, job_id))
    _repeat_now()
    run = _run(key)
    assert (run.state, run.reason, run.job_name) == ("cancelled", Reason.JOB_DELETED, "Vendas")


def test_stranded_run_is_queued_again(job_id: int) -> None:
    with unit_of_work() as session:
        run = runs.enqueue_run(session, job_id, requested_by=None)
    with unit_of_work() as session:
        assert workers.requeue_stranded_runs(session, lost_after=timedelta(0)) == []
        queue.drop_entry(session, run.queue_entry_id)
    assert _entries() == []
    with unit_of_work() as session:
        again = workers.requeue_stranded_runs(session, lost_after=timedelta(0))
    assert [r.run_id for r in again] == [run.run_id]
    assert _entries() == [(run.run_id, "todo")]


def test_entry_of_an_ended_run_goes_with_its_dead_worker(
    claimed: tuple[AttemptKey, Worker],
) -> None:
    key, _ = claimed
    with unit_of_work() as session:
        worker = session.scalar(
            text("insert into procrastinate_workers default values returning id")
        )
        session.execute(
            text("update procrastinate_jobs set status = 'doing', worker_id = :id"), {"id": worker}
        )
    with unit_of_work() as session:
        workers.drop_ended_entries(session, lost_after=timedelta(0))
    # The entry of a run that still runs stays, whatever became of its worker
    assert _entries() == [(key.run_id, "doing")]
    with unit_of_work() as session:
        assert ledger.fail(session, key, Failure("x", "y"))
        workers.drop_ended_entries(session, lost_after=timedelta(minutes=1))
    # So does one whose worker is alive: it is about to delete it itself
    assert _entries() == [(key.run_id, "doing")]
    with unit_of_work() as session:
        session.execute(text("update procrastinate_workers set last_heartbeat = '2020-01-01'"))
        workers.drop_ended_entries(session, lost_after=timedelta(minutes=1))
    assert _entries() == []


def test_entry_a_living_worker_forgot_goes_long_after_its_run(
    claimed: tuple[AttemptKey, Worker],
) -> None:
    key, _ = claimed
    with unit_of_work() as session:
        worker = session.scalar(
            text("insert into procrastinate_workers default values returning id")
        )
        session.execute(
            text("update procrastinate_jobs set status = 'doing', worker_id = :id"), {"id": worker}
        )
        assert ledger.fail(session, key, Failure("x", "y"))
        session.execute(text("update runs set finished_at = finished_at - interval '10 minutes'"))
        workers.drop_ended_entries(session, lost_after=timedelta(minutes=1))
    assert _entries() == [(key.run_id, "doing")]
    with unit_of_work() as session:
        workers.drop_ended_entries(session, lost_after=timedelta(seconds=30))
    assert _entries() == []


def test_cancelling_a_waiting_run_ends_it_at_once(job_id: int) -> None:
    with unit_of_work() as session:
        run = runs.enqueue_run(session, job_id, requested_by=None)
    with unit_of_work() as session:
        runs.request_cancel(session, run.run_id, requested_by="ana")
    cancelled = _run(AttemptKey(run.run_id, 1))
    assert (cancelled.state, cancelled.cancel_requested_by) == ("cancelled", "ana")
    assert _entries() == []
    with pytest.raises(RunNotActive), unit_of_work() as session:
        runs.request_cancel(session, run.run_id, requested_by="ana")


def test_cancelling_a_running_run_tells_its_worker(claimed: tuple[AttemptKey, Worker]) -> None:
    key, _ = claimed
    with unit_of_work() as session:
        runs.request_cancel(session, key.run_id, requested_by="ana")
    with unit_of_work() as session:
        assert ledger.still_ours(session, {key}) == {key: "ana"}
        attempts = session.scalars(select(RunAttempt.state)).all()
    assert attempts == ["running"]
