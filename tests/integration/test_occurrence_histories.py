"""Random histories of a job: whatever happens when, each occurrence has one row and is explained.

What should be there is told by a watch that looks at every minute, not by the code under test.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import Connection, OccurrenceSpan, Run
from services import jobs, maintenance, occurrences, planning
from services.jobs import JobFields
from services.occurrence_explanation import explain
from services.occurrence_report import MAX_ITEMS, Occurrence, report_occurrences
from tests.database_clock import DatabaseClock, hold_clock
from tests.timetable_oracle import (
    Planned,
    planned_cron,
    planned_slots,
    slot_of,
    walked_moments,
)
from timing.cron import Cron
from timing.slots import DAY_NAMES, Schedule

pytestmark = pytest.mark.usefixtures("metadata_db")

ZONE = "America/Sao_Paulo"
# Each begins half a day before the zone's clock changes; the last one on a plain day.
STARTS = [
    ("America/Sao_Paulo", "2018-11-03T15:00"),
    ("America/Sao_Paulo", "2018-02-17T14:00"),
    ("America/Santiago", "2023-04-01T15:00"),
    ("Australia/Lord_Howe", "2024-10-05T03:00"),
    ("Pacific/Apia", "2011-12-29T22:00"),
    ("Asia/Kathmandu", "2026-03-06T12:00"),
]
SIX_HOURS = timedelta(hours=6)
# The first twenty, and one that once told a pause of a clock set back wrongly.
HISTORIES = (*range(20), 91)


class Rollback(Exception):
    """The transaction is lost, as in a crash before its commit."""


@dataclass
class History:
    """A job, the clock, and what should be in the ledger by now."""

    settings: Settings
    clock: DatabaseClock
    zone: ZoneInfo
    planned: Planned
    job_id: int = 0
    is_active: bool = True
    is_paused: bool = False
    since: datetime = field(init=False)
    plan_since: datetime = field(init=False)
    written: dict[datetime, bool] = field(default_factory=dict)  # moment -> paused then

    def create(self) -> None:
        with unit_of_work() as session:
            name = secrets.token_hex(8)
            connection = Connection(name=name, kind="postgres", username="leitor")
            session.add(connection)
            session.flush()
            fields: JobFields = {
                "job_name": "Rotina",
                "job_status": "Y",
                "export_path": "historias",
                "export_name": name,
                "sql_script": "select 1",
                "time_zone": self.zone.key,
                "connection_id": connection.connection_id,
                **_schedule_fields(self.planned),
            }
            job = jobs.create_job(session, fields, settings=self.settings, created_by_id=None)
            job.created_at = self.clock.now
            self.job_id = job.job_id
        self.since = self.plan_since = self.clock.now

    def account(self) -> None:
        """What must have a row once somebody has looked at the present moment."""
        now = self.clock.now
        if self.is_active and now > self.since:
            for moment in walked_moments(self.planned, self.zone, self.since, now):
                self.written.setdefault(moment, self.is_paused)
            self.since = now

    def change(self, fields: JobFields) -> None:
        with unit_of_work() as session:
            jobs.update_job(session, self.job_id, fields, settings=self.settings)
        self.account()
        self.since = self.plan_since = self.clock.now


def _schedule_fields(planned: Planned) -> JobFields:
    if isinstance(planned.pattern, Cron):
        return {
            "cron_text": planned.pattern.text,
            "schedule": {"day": "", "hour": "", "minute": ""},
        }
    assert isinstance(planned.pattern, Schedule)
    slots = [
        {"day": DAY_NAMES[s.weekday], "hour": s.hour, "minute": s.minute}
        for s in planned.pattern.slots
    ]
    return {
        "cron_text": None,
        "schedule": {"day": "", "hour": "", "minute": "", "slots": slots},  # type: ignore[typeddict-item]
    }


Step = Callable[[History], None]


def advance(minutes: int) -> Step:
    return lambda history: void(history.clock.move(minutes=minutes, seconds=7))


def void(_: object) -> None:
    """Steps return nothing."""


def tick(history: History) -> None:
    """A daemon looks until nothing is due."""
    while _enqueue_once(history):
        pass
    history.account()


def _enqueue_once(history: History) -> bool:
    with unit_of_work() as session:
        occurrences.enqueue_due(session, default_zone=ZONE, missed_within=SIX_HOURS)
        seconds = planning.seconds_to_next(session)
        return seconds is not None and seconds <= 0


def two_daemons(history: History) -> None:
    threads = [threading.Thread(target=_enqueue_once, args=(history,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tick(history)


def crash(history: History) -> None:
    """A tick whose transaction is lost, then a daemon that starts anew and plans everything."""
    with pytest.raises(Rollback), unit_of_work() as session:
        occurrences.enqueue_due(session, default_zone=ZONE, missed_within=SIX_HOURS)
        raise Rollback
    restart(history)


def restart(_: History) -> None:
    with unit_of_work() as session:
        planning.reload_jobs(session, default_zone=ZONE)


def pause(paused: bool) -> Step:
    def step(history: History) -> None:
        with unit_of_work() as session:
            changed = jobs.set_paused(
                session,
                history.job_id,
                paused=paused,
                settings=history.settings,
                changed_by="ana",
            )
        if changed:
            history.account()
            history.since = history.clock.now
            history.is_paused = paused

    return step


def activate(is_active: bool) -> Step:
    def step(history: History) -> None:
        if is_active != history.is_active:
            history.change({"job_status": "Y" if is_active else "N"})
            history.is_active = is_active

    return step


def edit(planned: Planned) -> Step:
    def step(history: History) -> None:
        if planned.pattern != history.planned.pattern:
            history.change(_schedule_fields(planned))
            history.planned = planned

    return step


def end_runs(_: History) -> None:
    """Whatever waits is done."""
    with unit_of_work() as session:
        session.execute(update(Run).where(Run.state == "queued").values(state="succeeded"))


def everything_paused(paused: bool) -> Step:
    def step(_: History) -> None:
        with unit_of_work() as session:
            maintenance.set_maintenance(session, paused=paused, note=None, changed_by="ana")

    return step


ALWAYS = ("*", frozenset(range(60)))


def any_pattern(rng: Random) -> Planned:
    """Something that is due often: every few minutes, at some minutes of some hours, or slots."""
    kind = rng.randrange(3)
    if kind == 0:
        step = rng.randint(1, 40)
        return planned_cron((f"*/{step}", frozenset(range(0, 60, step))), *[ALWAYS] * 4)
    if kind == 1:
        minutes, hours = rng.sample(range(60), 4), rng.sample(range(24), 12)
        lists = [(",".join(map(str, part)), frozenset(part)) for part in (minutes, hours)]
        return planned_cron(lists[0], lists[1], *[ALWAYS] * 3)
    minutes_of_week = rng.sample(range(7 * 1440), rng.randint(200, 600))
    return planned_slots(frozenset(map(slot_of, minutes_of_week)))


def any_steps(rng: Random) -> Iterator[Step]:
    """Between two actions time goes on, and now and then the clock is set back."""
    for _ in range(rng.randint(3, 9)):
        yield advance(rng.randint(1, 400) if rng.random() < 0.85 else -rng.randint(1, 90))
        yield rng.choice(
            [
                tick,
                two_daemons,
                crash,
                restart,
                end_runs,
                pause(True),
                pause(False),
                activate(rng.random() < 0.7),
                everything_paused(rng.random() < 0.5),
                edit(any_pattern(rng)),
                edit(any_pattern(rng)),
            ]
        )


@pytest.fixture
def held_clock(monkeypatch: pytest.MonkeyPatch) -> DatabaseClock:
    return hold_clock(monkeypatch, "2018-01-01T00:00")


def test_each_occurrence_has_one_row_and_is_reported(
    settings: Settings, held_clock: DatabaseClock
) -> None:
    for seed in HISTORIES:
        rng = Random(seed)
        zone, start = rng.choice(STARTS)
        held_clock.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
        history = History(settings, held_clock, ZoneInfo(zone), any_pattern(rng))
        everything_paused(False)(history)
        history.create()
        for step in any_steps(rng):
            step(history)
        tick(history)
        with unit_of_work() as session:
            _check_ledger(session, history, f"history {seed}")
            _check_report(session, history, f"history {seed}")
        with unit_of_work() as session:
            jobs.delete_job(session, history.job_id, settings=settings, deleted_by="ana")


def _check_ledger(session: Session, history: History, name: str) -> None:
    """One row or one record for each occurrence, with the reason that counted then."""
    rows = session.execute(
        select(Run.due_at, Run.state, Run.reason)
        .where(Run.job_id == history.job_id)
        .order_by(Run.due_at)
    ).all()
    spans = session.scalars(
        select(OccurrenceSpan).where(OccurrenceSpan.job_id == history.job_id)
    ).all()
    moments = {row.due_at for row in rows}
    together = [moment for moment in sorted(history.written) if moment not in moments]
    assert len(moments) == len(rows), name
    assert moments <= set(history.written), name
    assert len(together) == sum(span.occurrences for span in spans), name
    assert all(any(s.first_due_at <= m <= s.last_due_at for s in spans) for m in together), name
    for row in rows:
        was_paused = history.written[row.due_at]
        assert (row.reason == "paused") == was_paused, name
        assert was_paused or row.reason in (None, "missed", "overlap", "maintenance"), name
        assert (row.state == "cancelled") == (row.reason is not None), name


def _check_report(session: Session, history: History, name: str) -> None:
    """Day by day: every row is there, and besides only what the schedule in force names."""
    zone = history.zone
    job = jobs.get_job(session, history.job_id)
    rows = set(session.scalars(select(Run.due_at).where(Run.job_id == history.job_id)))
    for shift in range(-2, 3):
        day = (history.clock.now.astimezone(zone) + timedelta(days=shift)).date()
        report = report_occurrences(
            session,
            job,
            first=day.isoformat(),
            last=None,
            default_zone=ZONE,
            lost_after=timedelta(seconds=20),
        )
        start, end = report.situation.range.start, report.situation.range.end
        expected = sorted(
            {row for row in rows if row is not None and start <= row < end}
            | set(_named_since_it_holds(history, start, end))
        )
        assert [item.due_at for item in report.items] == expected[:MAX_ITEMS], name
        assert report.is_cut == (len(expected) > MAX_ITEMS), name
        for item in report.items:
            assert (item.run_id is not None) == (item.due_at in rows), name
            if item.run_id is None:
                _check_unwritten(item, history)
        assert explain(report).message


def _check_unwritten(item: Occurrence, history: History) -> None:
    """Nothing that is over lacks a row but for a reason, and nobody schedules in this test."""
    if not history.is_active:
        assert (item.outcome, item.reason) == ("not_planned", "inactive")
    elif item.due_at in history.written:
        assert (item.outcome, "together" in item.message) == ("skipped", True)
    elif history.is_paused:
        assert (item.outcome, item.reason) == ("not_planned", "paused")
    else:
        assert item.due_at > history.clock.now
        assert item.reason in ("no_scheduler", "maintenance")


def _named_since_it_holds(history: History, start: datetime, end: datetime) -> list[datetime]:
    second = timedelta(seconds=1)
    after = max(start - second, history.plan_since)
    return walked_moments(history.planned, history.zone, after, end - second)
