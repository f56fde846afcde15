"""A place whose run has ended takes its next entry with the claim of its run, or nothing at all."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from metadb.engine import DatabaseAddress, unit_of_work
from models import Maintenance, Run, Worker
from services import claiming, runs, workers
from services.claiming import NextClaim
from services.ledger import AttemptKey
from services.queue_places import Place
from tests.executing import queued_runs
from vocabulary import RunState, WaitingFor


@pytest.fixture
def worker(metadata_db: DatabaseAddress) -> Worker:
    with unit_of_work() as session:
        return workers.register(
            session, name="w", host="h", pid=1, is_scheduler=False, concurrency=1
        )


@pytest.fixture
def run_ids(metadata_db: DatabaseAddress) -> list[int]:
    """Three queued runs, the last of them the most urgent."""
    return queued_runs(3)


@pytest.fixture
def place(metadata_db: DatabaseAddress) -> Place:
    with unit_of_work() as session:
        registered = session.scalar(text("select procrastinate_register_worker_v1()"))
        assert registered is not None
        return Place(registered, entry_id=-1)


def _claim_next(place: Place, worker: Worker) -> NextClaim | None:
    with unit_of_work() as session:
        return claiming.claim_next(session, place, worker, zone="UTC")


def _entries() -> dict[int, str]:
    """Whose entries there are, each with its state."""
    with unit_of_work() as session:
        found = session.execute(
            text("select (args->>'run_id')::int as run_id, status from procrastinate_jobs")
        )
        return {entry.run_id: entry.status for entry in found}


def _run(run_id: int) -> Run:
    with unit_of_work() as session:
        return runs.get_run(session, run_id)


def test_most_urgent_entry_is_taken_and_the_ended_one_deleted(
    run_ids: list[int], place: Place, worker: Worker
) -> None:
    low, middle, high = run_ids
    first = _claim_next(place, worker)
    assert first is not None
    assert first.key == AttemptKey(high, 1)
    assert first.claim.is_ours
    run = _run(high)
    assert (run.state, run.worker_id) == (RunState.RUNNING, worker.worker_id)
    assert [attempt.state for attempt in run.attempts] == [RunState.RUNNING]
    place.entry_id = first.entry_id
    second = _claim_next(place, worker)
    assert second is not None
    assert second.key == AttemptKey(middle, 1)
    assert _entries() == {middle: "doing", low: "todo"}


def test_empty_queue_is_said_so_and_the_ended_entry_goes(
    run_ids: list[int], place: Place, worker: Worker
) -> None:
    for _ in run_ids:
        found = _claim_next(place, worker)
        assert found is not None
        place.entry_id = found.entry_id
    assert _claim_next(place, worker) is None
    assert _entries() == {}


def test_entry_stays_in_the_queue_when_the_claim_is_undone(
    run_ids: list[int], place: Place, worker: Worker
) -> None:
    """As when the job cannot be read, or the line breaks."""
    with pytest.raises(RuntimeError, match="unreadable"), unit_of_work() as session:
        assert claiming.claim_next(session, place, worker, zone="UTC") is not None
        raise RuntimeError("unreadable")
    assert set(_entries().values()) == {"todo"}
    assert _run(run_ids[2]).state == RunState.QUEUED


def test_what_is_hindered_waits_and_keeps_no_entry(
    run_ids: list[int], place: Place, worker: Worker
) -> None:
    with unit_of_work() as session:
        session.execute(update(Maintenance).values(paused_at=text("clock_timestamp()")))
    found = _claim_next(place, worker)
    assert found is not None
    assert found.claim.hindrance == WaitingFor.MAINTENANCE
    run = _run(run_ids[2])
    assert (run.state, run.waiting_for, run.queue_entry_id) == ("queued", "maintenance", None)


def test_cancelled_run_is_not_started(run_ids: list[int], place: Place, worker: Worker) -> None:
    """Cancelled after its entry was written, and the entry is still there."""
    with unit_of_work() as session:
        session.execute(update(Run).where(Run.run_id == run_ids[2]).values(state="cancelled"))
    found = _claim_next(place, worker)
    assert found is not None
    assert not found.claim.is_ours
    assert found.claim.hindrance is None
    assert _run(run_ids[2]).state == RunState.CANCELLED


def test_worker_the_queue_does_not_know_takes_nothing(run_ids: list[int], worker: Worker) -> None:
    with pytest.raises(IntegrityError):
        _claim_next(Place(2**40, entry_id=-1), worker)
    assert set(_entries().values()) == {"todo"}
