"""What the policies leave in the ledger, and what keeps an outage from ending in a storm."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from metadb.engine import unit_of_work
from models import Backfill, Job, OccurrenceSpan, Run
from services import occurrences, planning
from tests.database_clock import DatabaseClock, hold_clock

pytestmark = pytest.mark.usefixtures("metadata_db")

NOW = "2126-03-06T12:00:30"


@pytest.fixture(autouse=True)
def held_clock(monkeypatch: pytest.MonkeyPatch) -> DatabaseClock:
    return hold_clock(monkeypatch, NOW)


def make_jobs(count: int, behind: timedelta, **fields: Any) -> list[int]:
    """Active jobs whose occurrences nobody has looked at for so long."""
    since = datetime.fromisoformat(NOW).replace(tzinfo=UTC) - behind
    values = {
        "job_name": "Rotina",
        "job_status": "Y",
        "export_type": "Único",
        "export_path": "x",
        "export_name": "x",
        "check_parameter": "N",
        "sql_script": "select 1",
        "cron_text": "*/10 * * * *",
        "time_zone": "UTC",
        "planned_until": since,
        "next_due_at": since,
    } | fields
    with unit_of_work() as session:
        rows = insert(Job).values([values] * count).returning(Job.job_id)
        return sorted(session.scalars(rows))


def tick() -> list[Run]:
    with unit_of_work() as session:
        return occurrences.enqueue_due(
            session, default_zone="UTC", missed_within=timedelta(hours=6)
        )


def ledger() -> list[tuple[str, str, str | None]]:
    with unit_of_work() as session:
        runs = session.scalars(select(Run).order_by(Run.due_at)).all()
        return [(f"{run.due_at:%d %H:%M}", run.state, run.reason) for run in runs]


def test_queued_runs_carry_priority_and_whether_they_may_overlap() -> None:
    make_jobs(1, timedelta(minutes=5), priority=9, overlap_policy="allow")
    make_jobs(1, timedelta(minutes=5), priority=-9, overlap_policy="queue")
    found = sorted((run.priority, run.is_exclusive, run.not_before) for run in tick())
    assert found == [(-9, True, None), (9, False, None)]


def test_one_occurrence_waits_under_the_policy_queue(held_clock: DatabaseClock) -> None:
    make_jobs(1, timedelta(minutes=5), overlap_policy="queue")
    tick()
    with unit_of_work() as session:
        session.execute(update(Run).values(state="running"))
    for _ in range(2):
        held_clock.move(minutes=10)
        tick()
    assert ledger() == [
        ("06 12:00", "running", None),
        ("06 12:10", "queued", None),
        ("06 12:20", "cancelled", "overlap"),
    ]


def test_runs_of_a_backfill_make_no_occurrence_overlap() -> None:
    (job_id,) = make_jobs(1, timedelta(minutes=5))
    with unit_of_work() as session:
        day = date(2126, 1, 1)
        backfill = Backfill(
            job_id=job_id, job_name="Rotina", first_date=day, last_date=day, step="day"
        )
        session.add(backfill)
        session.flush()
        session.add(
            Run(
                job_id=job_id,
                job_name="Rotina",
                trigger="backfill",
                state="queued",
                backfill_id=backfill.backfill_id,
            )
        )
    assert len(tick()) == 1


def test_all_missed_occurrences_run_in_turn_up_to_the_cap() -> None:
    make_jobs(1, timedelta(minutes=55), missed_policy="all", missed_cap=3)
    queued = tick()
    assert [f"{run.due_at:%H:%M}" for run in queued] == ["11:40", "11:50", "12:00"]
    assert all(run.is_exclusive for run in queued)
    assert [reason for _, _, reason in ledger()][:3] == ["missed", "missed", "missed"]


def test_starts_after_an_outage_are_spread_and_those_on_time_are_not() -> None:
    late = make_jobs(450, timedelta(hours=2), cron_text="30 11 * * *")
    urgent = make_jobs(1, timedelta(hours=2), cron_text="30 11 * * *", priority=5)
    on_time = make_jobs(20, timedelta(seconds=40), cron_text="0 12 * * *")
    first = tick()
    # What is due now comes first, and at once
    assert {run.job_id for run in first} >= set(on_time)
    while tick():
        pass
    with unit_of_work() as session:
        runs = session.scalars(select(Run)).all()
    assert {run.job_id for run in runs} == {*late, *urgent, *on_time}
    starts = {run.job_id: run.not_before for run in runs}
    assert {starts[job_id] for job_id in on_time} == {None}
    now = datetime.fromisoformat(NOW).replace(tzinfo=UTC)
    seconds = Counter(
        0 if starts[job_id] is None else int((starts[job_id] - now).total_seconds())  # type: ignore[operator]
        for job_id in (*late, *urgent)
    )
    assert max(seconds.values()) == 5
    assert max(seconds) == 451 // 5
    assert {run.waiting_for for run in runs if run.not_before is not None} == {"spread"}


def test_a_season_of_minutes_is_accounted_for_without_a_hundred_thousand_rows() -> None:
    (job_id,) = make_jobs(1, timedelta(days=90), cron_text="* * * * *")
    assert [run.job_id for run in tick()] == [job_id]
    assert not still_due()
    with unit_of_work() as session:
        rows = session.scalar(select(func.count()).select_from(Run))
        (span,) = session.scalars(select(OccurrenceSpan)).all()
    assert rows == occurrences.ROWS_A_JOB + 1
    assert (span.occurrences, span.reason) == (90 * 1440 - 501, "missed")
    assert (span.first_due_at.isoformat(), span.last_due_at.isoformat()) == (
        "2125-12-06T12:01:00+00:00",
        "2126-03-06T03:39:00+00:00",
    )


def still_due() -> bool:
    with unit_of_work() as session:
        seconds = planning.seconds_to_next(session)
        return seconds is not None and seconds <= 0


def test_one_transaction_writes_no_more_than_its_share() -> None:
    make_jobs(30, timedelta(days=3), cron_text="*/5 * * * *")
    tick()
    with unit_of_work() as session:
        rows = session.scalar(select(func.count()).select_from(Run)) or 0
    assert occurrences.ROWS_A_TICK <= rows <= occurrences.ROWS_A_TICK + occurrences.ROWS_A_JOB + 30
    assert still_due()


def test_reload_never_runs_a_moment_of_the_past_that_a_change_brought_up() -> None:
    (job_id,) = make_jobs(1, timedelta(hours=3), cron_text="0 20 * * *")
    with unit_of_work() as session:
        # The plan as it was made, then a cron text typed past the API
        job = session.get_one(Job, job_id)
        job.next_due_at = datetime(2126, 3, 6, 20, tzinfo=UTC)
        job.cron_text = "0 10 * * *"
    with unit_of_work() as session:
        assert planning.reload_jobs(session, default_zone="UTC") == 1
    assert tick() == []
    with unit_of_work() as session:
        job = session.get_one(Job, job_id)
        assert job.next_due_at == datetime(2126, 3, 7, 10, tzinfo=UTC)
        assert job.schedule_since == datetime.fromisoformat(NOW).replace(tzinfo=UTC)
    assert ledger() == []


def test_a_job_that_cannot_be_read_stops_no_other() -> None:
    broken = [
        *make_jobs(1, timedelta(minutes=5), cron_text="todo dia"),
        *make_jobs(1, timedelta(minutes=5), time_zone="Lua"),
        *make_jobs(1, timedelta(minutes=5), every_minutes=5),
    ]
    (sound,) = make_jobs(1, timedelta(minutes=5))
    assert [run.job_id for run in tick()] == [sound]
    with unit_of_work() as session:
        assert planning.reload_jobs(session, default_zone="UTC") == 0
        found = session.scalars(select(Job.next_due_at).where(Job.job_id.in_(broken))).all()
    assert found == [None, None, None]
