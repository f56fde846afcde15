"""What earlier runs tell: the history of a job, and how long a run should take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from metadb.engine import unit_of_work
from models import Run
from tests.integration.conftest import Cast
from vocabulary import Reason, RunState, Trigger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ran(job_id: int | None, day: int, seconds: float | None, **fields: Any) -> int:
    """One run of the ledger, `seconds` long; None: not ended."""
    due_at = NOON + timedelta(days=day)
    ended_at = None if seconds is None else due_at + timedelta(seconds=seconds)
    values = {
        "state": RunState.SUCCEEDED,
        "started_at": due_at,
        "finished_at": ended_at,
        "rows": day,
        "size_bytes": day * 10,
    }
    with unit_of_work() as session:
        run = Run(
            job_id=job_id,
            job_name="Vendas",
            due_at=due_at,
            queued_at=due_at,
            trigger=Trigger.SCHEDULE,
            **values | fields,
        )
        session.add(run)
        session.flush()
        return run.run_id


def test_the_history_of_a_job_is_its_newest_ended_runs_oldest_first(
    cast: Cast, job_id: int
) -> None:
    runs = [ran(job_id, day, 1.5 + day) for day in range(1, 4)]
    failed = ran(job_id, 4, 0.25, state=RunState.FAILED, rows=None, size_bytes=None)
    # None of these was started and has ended
    ran(job_id, 5, 0, state=RunState.CANCELLED, reason=Reason.MISSED, started_at=None)
    ran(job_id, 6, 9, state=RunState.INTERRUPTED, retry_at=NOON)
    ran(job_id, 7, None, state=RunState.RUNNING)
    ran(None, 8, 1)
    history = cast.normal.get(f"/api/jobs/{job_id}/history").json
    assert [entry["run_id"] for entry in history] == [*runs, failed]
    assert history[0] == {
        "run_id": runs[0],
        "due_at": "2026-03-03T12:00:00Z",
        "state": "succeeded",
        "duration_ms": 2500,
        "rows": 1,
        "size_bytes": 10,
    }
    assert (history[-1]["state"], history[-1]["duration_ms"]) == ("failed", 250)
    assert (history[-1]["rows"], history[-1]["size_bytes"]) == (None, None)
    newest = cast.normal.get(f"/api/jobs/{job_id}/history?limit=2").json
    assert newest == history[-2:]


def test_thirty_runs_are_a_history(cast: Cast, job_id: int) -> None:
    runs = [ran(job_id, day, 1) for day in range(35)]
    history = cast.normal.get(f"/api/jobs/{job_id}/history").json
    assert [entry["run_id"] for entry in history] == runs[5:]


def test_a_job_without_runs_has_an_empty_history_and_an_unknown_one_none(
    cast: Cast, job_id: int
) -> None:
    assert cast.normal.get(f"/api/jobs/{job_id}/history").json == []
    unknown = cast.normal.get("/api/jobs/999/history")
    assert (unknown.status_code, unknown.json["code"]) == (404, "job_not_found")
    for limit in ("0", "201", "x"):
        faulty = cast.normal.get(f"/api/jobs/{job_id}/history?limit={limit}")
        assert (faulty.status_code, faulty.json["code"]) == (422, "validation_failed")


def test_a_run_is_expected_to_take_what_the_ten_before_it_took(cast: Cast, job_id: int) -> None:
    def expected(run_id: int) -> int | None:
        found: int | None = cast.normal.get(f"/api/runs/{run_id}").json["expected_duration_ms"]
        return found

    first = ran(job_id, 0, 1000)
    assert expected(first) is None
    second = ran(job_id, 1, 2000)
    assert expected(second) is None
    ran(job_id, 2, 5, state=RunState.FAILED)
    third = ran(job_id, 3, 1)
    # Failed runs do not count; of two the middle is between them.
    assert expected(third) == 1_500_000
    for day in range(4, 14):
        ran(job_id, day, day)
    running = ran(job_id, 14, None, state=RunState.RUNNING)
    assert expected(running) == 8500
    assert expected(third) == 1_500_000
    cancelled = cast.moderator.post(f"/api/runs/{running}/cancel")
    assert cancelled.json["expected_duration_ms"] == 8500


def test_nothing_is_expected_of_a_run_whose_job_is_gone(cast: Cast, job_id: int) -> None:
    runs = [ran(job_id, day, 1) for day in range(3)]
    assert cast.root.get(f"/api/runs/{runs[-1]}").json["expected_duration_ms"] == 1000
    assert cast.root.delete(f"/api/jobs/{job_id}").status_code == 200
    assert cast.root.get(f"/api/runs/{runs[-1]}").json["expected_duration_ms"] is None
