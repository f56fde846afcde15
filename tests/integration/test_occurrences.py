"""What becomes due is written once, whatever happened to the daemon."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from metadb.engine import unit_of_work
from models import Job, JobSlot, Run
from services import clock, occurrences, planning, runs

pytestmark = pytest.mark.usefixtures("metadata_db")

ZONE = "America/Sao_Paulo"
SIX_HOURS = timedelta(hours=6)
ALL_DAYS = ("Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom")


def _make_job(*, every_minutes: int = 1, zone: str | None = None, status: str = "Y") -> int:
    """A job due every n minutes of every hour of every day."""
    with unit_of_work() as session:
        job = Job(
            job_name="A cada minuto",
            job_status=status,
            export_type="Único",
            export_path="",
            export_name="x",
            check_parameter="N",
            time_zone=zone,
        )
        session.add(job)
        session.flush()
        rows = [
            {
                "job_id": job.job_id,
                "job_day": day,
                "job_hour": f"{hour:02}",
                "job_minute": f"{m:02}",
            }
            for day in ALL_DAYS
            for hour in range(24)
            for m in range(0, 60, every_minutes)
        ]
        session.execute(insert(JobSlot), rows)
        session.refresh(job, ["slots"])
        planning.replan(session, job, default_zone=ZONE)
        return job.job_id


def _pretend_last_planned(job_id: int, ago: timedelta) -> datetime:
    """As if the daemon had been away since then."""
    with unit_of_work() as session:
        since = clock.database_now(session) - ago
        session.execute(
            update(Job).where(Job.job_id == job_id).values(planned_until=since, next_due_at=since)
        )
        return since


def _enqueue(missed_within: timedelta = SIX_HOURS) -> list[Run]:
    with unit_of_work() as session:
        return occurrences.enqueue_due(session, default_zone=ZONE, missed_within=missed_within)


def _ledger() -> list[tuple[datetime | None, str, str | None]]:
    with unit_of_work() as session:
        found = session.execute(select(Run.due_at, Run.state, Run.reason).order_by(Run.due_at))
        return [(due, state, reason) for due, state, reason in found]


def _whole_minutes(since: datetime, until: datetime) -> list[datetime]:
    """An independent list of what was due."""
    minute = since.replace(second=0, microsecond=0) + timedelta(minutes=1)
    found = []
    while minute <= until:
        found.append(minute)
        minute += timedelta(minutes=1)
    return found


def test_planning_looks_to_the_future_only() -> None:
    job_id = _make_job()
    with unit_of_work() as session:
        job = session.get_one(Job, job_id)
        assert job.planned_until is not None
        assert job.next_due_at is not None
        assert job.next_due_at > job.planned_until
    assert _ledger() == []


def test_due_occurrence_becomes_one_queued_run() -> None:
    job_id = _make_job()
    since = _pretend_last_planned(job_id, timedelta(seconds=60))
    (run,) = _enqueue()
    with unit_of_work() as session:
        until = session.get_one(Job, job_id).planned_until
    assert until is not None
    assert run.due_at == _whole_minutes(since, until)[-1]
    assert run.due_at is not None
    assert run.due_at.second == 0
    # The same moment should not be written again
    with unit_of_work() as session:
        session.execute(update(Job).values(planned_until=since, next_due_at=since))
    assert _enqueue() == []
    assert [state for _, state, _ in _ledger()].count("queued") == 1


def test_latest_missed_occurrence_runs_and_the_others_say_missed() -> None:
    job_id = _make_job()
    since = _pretend_last_planned(job_id, timedelta(minutes=30))
    _enqueue()
    rows = _ledger()
    assert [due for due, _, _ in rows] == _whole_minutes(since, datetime.now(UTC))[: len(rows)]
    assert {(state, reason) for _, state, reason in rows[:-1]} == {("cancelled", "missed")}
    assert rows[-1][1] == "queued"


def test_too_late_occurrences_are_all_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = _make_job(every_minutes=30)
    _pretend_last_planned(job_id, timedelta(hours=2))
    off_the_grid = datetime.now(UTC).replace(minute=45) + timedelta(hours=1)
    monkeypatch.setattr(clock, "_read", lambda _: off_the_grid)
    assert _enqueue(missed_within=timedelta(0)) == []
    assert {(state, reason) for _, state, reason in _ledger()} == {("cancelled", "missed")}


def test_occurrence_during_an_active_run_says_overlap() -> None:
    job_id = _make_job()
    with unit_of_work() as session:
        runs.enqueue_run(session, job_id, requested_by="ana")
    _pretend_last_planned(job_id, timedelta(seconds=60))
    assert _enqueue() == []
    assert ("cancelled", "overlap") in [(state, reason) for _, state, reason in _ledger()]


def test_inactive_job_is_never_due() -> None:
    job_id = _make_job(status="N")
    with unit_of_work() as session:
        assert session.get_one(Job, job_id).next_due_at is None
    _pretend_last_planned(job_id, timedelta(hours=1))
    assert _enqueue() == []
    assert _ledger() == []


def test_two_daemons_write_each_occurrence_once() -> None:
    jobs = [_make_job(every_minutes=5) for _ in range(12)]
    for job_id in jobs:
        _pretend_last_planned(job_id, timedelta(minutes=20))
    barrier = threading.Barrier(3)

    def daemon() -> None:
        barrier.wait()
        for _ in range(5):
            _enqueue()

    threads = [threading.Thread(target=daemon) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with unit_of_work() as session:
        found = session.execute(select(Run.job_id, Run.due_at)).all()
        queued = session.scalars(select(Run.job_id).where(Run.state == "queued")).all()
    assert len(found) == len(set(found))
    assert sorted(queued) == sorted(jobs)  # type: ignore[type-var] # never None here


def test_reload_heals_what_was_typed_into_the_tables() -> None:
    job_id = _make_job(every_minutes=30)
    with unit_of_work() as session:
        session.execute(update(Job).values(planned_until=None, next_due_at=None))
    with unit_of_work() as session:
        assert planning.reload_jobs(session, default_zone=ZONE) == 1
    with unit_of_work() as session:
        job = session.get_one(Job, job_id)
        assert job.next_due_at is not None
        assert job.planned_until is not None
        assert planning.reload_jobs(session, default_zone=ZONE) == 0


def test_unreadable_slots_cost_only_themselves() -> None:
    job_id = _make_job(every_minutes=30)
    with unit_of_work() as session:
        session.add(JobSlot(job_id=job_id, job_day="Feriado", job_hour="99", job_minute="x"))
    with unit_of_work() as session:
        planning.reload_jobs(session, default_zone=ZONE)
    _pretend_last_planned(job_id, timedelta(minutes=60))
    assert len(_enqueue()) == 1
