"""What a worker takes from the queue at once, what it deletes, and what it gives back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from procrastinate.jobs import Job as Entry
from procrastinate.jobs import Status
from sqlalchemy import text

from metadb.engine import DatabaseAddress, unit_of_work
from services import queue
from services.queue_places import PlacesManager
from tests.executing import queued_runs

Step = Callable[[PlacesManager, int], Awaitable[None]]


@pytest.fixture
def run_ids(metadata_db: DatabaseAddress) -> list[int]:
    """Five queued runs, the last of them the most urgent."""
    return queued_runs(5)


def _as_worker(address: DatabaseAddress, step: Step, *, places: int) -> None:
    """Do `step` as a worker of so many places; it leaves at the end."""

    async def work() -> None:
        app, manager = queue.worker_app(
            address.keywords(), lambda _place, _run, _attempt: None, places=places
        )
        async with app.open_async():
            await step(manager, await manager.register_worker())
            await manager.leave()

    asyncio.run(work())


def _entries() -> dict[int, str]:
    with unit_of_work() as session:
        found = session.execute(
            text("select (args->>'run_id')::int as run_id, status from procrastinate_jobs")
        )
        return {entry.run_id: entry.status for entry in found}


async def _next(manager: PlacesManager, worker_id: int) -> Entry:
    entry = await manager.fetch_job([queue.QUEUE], worker_id)
    assert entry is not None
    return entry


def test_all_free_places_are_filled_at_once_the_most_urgent_first(
    run_ids: list[int], metadata_db: DatabaseAddress
) -> None:
    async def step(manager: PlacesManager, worker_id: int) -> None:
        first = await _next(manager, worker_id)
        assert first.task_kwargs["run_id"] == run_ids[4]
        taken = {run_id for run_id, status in _entries().items() if status == "doing"}
        assert taken == set(run_ids[2:])
        others = [(await _next(manager, worker_id)).task_kwargs["run_id"] for _ in range(2)]
        assert others == [run_ids[3], run_ids[2]]

    _as_worker(metadata_db, step, places=3)


def test_entries_that_were_not_begun_are_given_back(
    run_ids: list[int], metadata_db: DatabaseAddress
) -> None:
    async def step(manager: PlacesManager, worker_id: int) -> None:
        await _next(manager, worker_id)

    _as_worker(metadata_db, step, places=3)
    assert [_entries()[run_id] for run_id in run_ids] == ["todo", "todo", "todo", "todo", "doing"]


def test_place_of_an_ended_entry_is_free_before_it_is_deleted(
    run_ids: list[int], metadata_db: DatabaseAddress
) -> None:
    async def step(manager: PlacesManager, worker_id: int) -> None:
        for _ in range(2):
            entry = await _next(manager, worker_id)
            await manager.finish_job(entry, Status.SUCCEEDED, delete_job=True)
        assert len(_entries()) == 5
        await _next(manager, worker_id)
        # It should have deleted both with the look for more, and filled both places
        assert _entries() == dict.fromkeys(run_ids[1:3], "doing") | {run_ids[0]: "todo"}

    _as_worker(metadata_db, step, places=2)


def test_worker_that_leaves_deletes_what_has_ended(
    run_ids: list[int], metadata_db: DatabaseAddress
) -> None:
    async def step(manager: PlacesManager, worker_id: int) -> None:
        entry = await _next(manager, worker_id)
        await manager.finish_job(entry, Status.FAILED, delete_job=True)

    _as_worker(metadata_db, step, places=1)
    assert _entries() == dict.fromkeys(run_ids[:4], "todo")


def test_entry_that_was_taken_away_harms_nothing(
    run_ids: list[int], metadata_db: DatabaseAddress
) -> None:
    """The worker was declared lost: its entry is gone, or is somebody else's by now."""

    async def step(manager: PlacesManager, worker_id: int) -> None:
        gone, elsewhere = await _next(manager, worker_id), await _next(manager, worker_id)
        other = await manager.register_worker()
        with unit_of_work() as session:
            queue.drop_entry(session, gone.id)
            session.execute(
                text("update procrastinate_jobs set worker_id = :other where id = :id"),
                {"other": other, "id": elsewhere.id},
            )
        for entry in (gone, elsewhere):
            await manager.finish_job(entry, Status.SUCCEEDED, delete_job=True)
        assert (await _next(manager, worker_id)).task_kwargs["run_id"] == run_ids[2]

    _as_worker(metadata_db, step, places=2)
    assert set(_entries()) == set(run_ids[:4])


def test_nothing_to_do_is_said_so(metadata_db: DatabaseAddress) -> None:
    async def step(manager: PlacesManager, worker_id: int) -> None:
        assert await manager.fetch_job([queue.QUEUE], worker_id) is None

    _as_worker(metadata_db, step, places=4)
