"""The home page and the list of datasets: what needs attention, this day, how fresh data is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import Dataset, Job, JobSlot, Run
from services import overview
from tests.integration.conftest import Cast
from tests.integration.test_api_datasets import COLUMNS, CONTENT, publish
from vocabulary import Reason, RunState, Trigger

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
WEEKDAYS = ("Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom")
SetClock = Callable[[datetime], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """The clock the overview reads; noon at first."""

    def set_to(now: datetime) -> None:
        monkeypatch.setattr(overview, "database_now", lambda _session: now)

    set_to(NOON)
    return set_to


def new_job(name: str, *slots: tuple[str, str, str], zone: str | None = None) -> int:
    """An active job with these slots, planned from noon on."""
    with unit_of_work() as session:
        job = Job(
            job_name=name,
            job_status="Y" if slots else "N",
            export_type="Único",
            export_path="vendas",
            export_name=name,
            check_parameter="N",
            time_zone=zone,
            next_due_at=NOON if slots else None,
            slots=[JobSlot(job_day=d, job_hour=h, job_minute=m) for d, h, m in slots],
        )
        session.add(job)
        session.flush()
        return job.job_id


def add_run(job_id: int | None, moment: datetime, state: RunState, **fields: Any) -> int:
    ended = state not in {RunState.QUEUED, RunState.RUNNING}
    values = {
        "due_at": moment,
        "queued_at": moment,
        "trigger": Trigger.SCHEDULE,
        "started_at": None if state is RunState.QUEUED else moment,
        "finished_at": moment + timedelta(seconds=5) if ended else None,
    }
    with unit_of_work() as session:
        run = Run(
            job_id=job_id,
            job_name="Vendas",
            state=state,
            **values | fields,
        )
        session.add(run)
        session.flush()
        return run.run_id


def seen(cast: Cast, member: str) -> list[int]:
    return [run["run_id"] for run in cast.normal.get("/api/overview").json[member]]


def test_an_empty_house_has_an_empty_overview(cast: Cast, set_clock: SetClock) -> None:
    assert cast.normal.get("/api/overview").json == {
        "now": "2026-03-04T12:00:00Z",
        "time_zone": "America/Sao_Paulo",
        "day_start": "2026-03-04T00:00:00-03:00",
        "day_end": "2026-03-05T00:00:00-03:00",
        "states_today": {},
        "failed": [],
        "late": [],
        "running": [],
        "oldest_queued_at": None,
        "today": [],
        "planned": [],
        "active_jobs": 0,
        "inactive_jobs": 0,
        "failed_notifications": [],
    }


def test_a_failed_job_is_shown_until_it_succeeds(cast: Cast, set_clock: SetClock) -> None:
    job_id = new_job("a")
    hours = [NOON - timedelta(hours=n) for n in range(9, 0, -1)]
    add_run(job_id, hours[0], RunState.SUCCEEDED)
    assert seen(cast, "failed") == []
    first = add_run(job_id, hours[1], RunState.FAILED, error_code="query_invalid")
    assert seen(cast, "failed") == [first]
    (shown,) = cast.normal.get("/api/overview").json["failed"]
    assert (shown["error_code"], shown["job_id"]) == ("query_invalid", job_id)
    # What waits, was cancelled or was never run does not make it well
    add_run(job_id, hours[2], RunState.CANCELLED, reason=Reason.MISSED, started_at=None)
    waiting = add_run(job_id, hours[3], RunState.QUEUED)
    assert seen(cast, "failed") == [first]
    with unit_of_work() as session:
        session.delete(session.get_one(Run, waiting))
    second = add_run(job_id, hours[4], RunState.INTERRUPTED, reason=Reason.ATTEMPTS_USED_UP)
    assert seen(cast, "failed") == [second]
    add_run(job_id, hours[5], RunState.SUCCEEDED)
    assert seen(cast, "failed") == []


def test_failures_that_need_nobody_are_left_out(cast: Cast, set_clock: SetClock) -> None:
    hour = NOON - timedelta(hours=1)
    add_run(new_job("repeated"), hour, RunState.INTERRUPTED, retry_at=NOON)
    add_run(None, hour, RunState.FAILED)
    add_run(new_job("old"), NOON - timedelta(days=7, minutes=1), RunState.FAILED)
    other = add_run(new_job("b"), NOON - timedelta(days=6), RunState.FAILED)
    newest = add_run(new_job("c"), hour, RunState.FAILED)
    assert seen(cast, "failed") == [newest, other]


def test_a_run_is_late_a_minute_after_it_was_due(cast: Cast, set_clock: SetClock) -> None:
    job_ids = [new_job(name) for name in "abcd"]
    add_run(job_ids[0], NOON - timedelta(seconds=59), RunState.QUEUED)
    late = add_run(job_ids[1], NOON - timedelta(seconds=61), RunState.QUEUED)
    by_hand = add_run(
        job_ids[2],
        NOON - timedelta(minutes=5),
        RunState.QUEUED,
        due_at=None,
        trigger=Trigger.MANUAL,
    )
    running = add_run(job_ids[3], NOON - timedelta(minutes=9), RunState.RUNNING)
    assert sorted(seen(cast, "late")) == [late, by_hand]
    assert seen(cast, "running") == [running]
    found = cast.normal.get("/api/overview").json
    assert found["oldest_queued_at"] == "2026-03-04T11:55:00Z"
    assert found["states_today"] == {"queued": 3, "running": 1}


def test_the_day_is_that_of_the_time_zone(cast: Cast, set_clock: SetClock) -> None:
    job_id = new_job("a")
    midnight = datetime(2026, 3, 4, 3, tzinfo=UTC)
    add_run(job_id, midnight - timedelta(minutes=1), RunState.SUCCEEDED)
    first = add_run(job_id, midnight, RunState.SUCCEEDED)
    last = add_run(job_id, midnight + timedelta(hours=23, minutes=59), RunState.FAILED)
    add_run(job_id, midnight + timedelta(days=1), RunState.SUCCEEDED)
    assert seen(cast, "today") == [last, first]
    assert cast.normal.get("/api/overview").json["states_today"] == {"succeeded": 1, "failed": 1}
    # 23:30 in São Paulo is tomorrow in UTC, and today all the same
    set_clock(datetime(2026, 3, 5, 2, 30, tzinfo=UTC))
    assert seen(cast, "today") == [last, first]
    set_clock(datetime(2026, 3, 5, 3, 0, tzinfo=UTC))
    assert last not in seen(cast, "today")


def planned(cast: Cast) -> list[tuple[str, str]]:
    found = cast.normal.get("/api/overview").json["planned"]
    return [(entry["job_name"], entry["due_at"]) for entry in found]


def test_what_is_still_to_come_today_is_planned(cast: Cast, set_clock: SetClock) -> None:
    new_job("a", ("Qua", "08", "00"), ("Qua", "23", "59"), ("Qui", "00", "00"))
    # Noon in Manaus is an hour later; its midnight is already tomorrow here.
    new_job("b", ("Qua", "12", "00"), ("Qua", "23", "30"), zone="America/Manaus")
    new_job("inativo")
    assert planned(cast) == [("b", "2026-03-04T16:00:00Z"), ("a", "2026-03-05T02:59:00Z")]
    found = cast.normal.get("/api/overview").json
    assert (found["active_jobs"], found["inactive_jobs"]) == (2, 1)
    set_clock(datetime(2026, 3, 5, 2, 59, 30, tzinfo=UTC))
    assert planned(cast) == []


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24)],
    ids=["spring", "autumn", "summer"],
)
def test_a_day_on_which_the_clock_changes_is_whole(
    cast: Cast,
    set_clock: SetClock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    day: date,
    hours: int,
) -> None:
    zone = ZoneInfo("America/New_York")
    scheduler = settings.scheduler.model_copy(update={"time_zone": zone.key})
    changed = settings.model_copy(update={"scheduler": scheduler})
    monkeypatch.setattr("webapi.overview.current_settings", lambda: changed)
    start = datetime.combine(day, time.min, zone)
    set_clock(start + timedelta(minutes=1))
    new_job("a", *[(WEEKDAYS[day.weekday()], f"{hour:02}", "30") for hour in range(24)])
    with unit_of_work() as session:
        session.query(Job).update({"next_due_at": start})
    found = cast.normal.get("/api/overview").json
    begin, end = (datetime.fromisoformat(found[m]) for m in ("day_start", "day_end"))
    assert (end.astimezone(UTC) - begin.astimezone(UTC)) == timedelta(hours=hours)
    # A skipped slot runs with the next, a repeated one once: never twice, never lost.
    moments = [datetime.fromisoformat(due_at) for _, due_at in planned(cast)]
    assert len(moments) == len(set(moments)) == min(hours, 24)
    assert all(begin <= moment < end for moment in moments)


# --- datasets


def test_datasets_are_listed_with_version_and_job(
    cast: Cast, settings: Settings, set_clock: SetClock
) -> None:
    assert cast.normal.get("/api/datasets").json == []
    first = publish(settings, "vendas/b", CONTENT)
    publish(settings, "vendas/a", CONTENT)
    job_id = new_job("Diário", ("Qua", "08", "00"))
    with unit_of_work() as session:
        session.add(Dataset(name="ainda/vazio", name_key="ainda/vazio", job_id=None))
        session.query(Dataset).filter_by(name="vendas/a").update({"job_id": job_id})
    a, b = cast.normal.get("/api/datasets").json
    assert (a["name"], b["name"]) == ("vendas/a", "vendas/b")
    assert (a["job_id"], a["job_name"], a["job_status"]) == (job_id, "Diário", "Y")
    assert a["next_due_at"] == "2026-03-04T12:00:00Z"
    assert [b[m] for m in ("job_id", "job_name", "job_status", "next_due_at")] == [None] * 4
    assert (b["version"], b["rows"], b["columns"]) == (first, 2, COLUMNS)
    assert b["size_bytes"] == len(CONTENT.encode())
    assert len(b["sha256"]) == 64
    assert datetime.fromisoformat(b["data_as_of"]) <= datetime.fromisoformat(b["published_at"])
