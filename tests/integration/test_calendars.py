"""Calendars over HTTP, and what becomes of jobs on days that are no business days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from metadb.engine import unit_of_work
from models import OccurrenceSpan, Run
from services import calendars, occurrences, planning
from tests.database_clock import DatabaseClock, hold_clock
from tests.integration.conftest import Cast, job_body
from tests.timetable_oracle import Planned, planned_by_rule, planned_cron, walked_moments
from timing.business_days import BusinessCalendar, OwnDay
from timing.off_days import OffDayRule
from timing.slots import DAY_NAMES
from vocabulary import OffDayPolicy

ZONE = "America/Sao_Paulo"
BRAZIL = "Brasil (feriados nacionais)"
# The Wednesday before Good Friday, noon in São Paulo.
NOW = "2026-04-01T15:00:30"
ALWAYS = ("*", frozenset(range(60)))
DAILY = {"day": "Semana", "hour": "06", "minute": "00"}


@pytest.fixture
def held_clock(monkeypatch: pytest.MonkeyPatch) -> DatabaseClock:
    return hold_clock(monkeypatch, NOW)


@pytest.fixture
def brazil(cast: Cast) -> int:
    """The calendar that is there from the start."""
    [found] = cast.normal.get("/api/calendars").json
    assert found["name"] == BRAZIL
    return int(found["calendar_id"])


def make_calendar(cast: Cast, **fields: Any) -> int:
    response = cast.moderator.post("/api/calendars", {"name": "Matriz", "country": "BR", **fields})
    assert response.status_code == 201, response.text
    return int(response.json["calendar_id"])


def make_job(cast: Cast, **fields: Any) -> int:
    body = {"job_status": "Y", "schedule": DAILY, "time_zone": ZONE, **fields}
    response = cast.root.post("/api/jobs", job_body(**body))
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def due(cast: Cast, job_id: int) -> Any:
    return cast.normal.get(f"/api/jobs/{job_id}").json["next_due_at"]


def enqueue() -> None:
    with unit_of_work() as session:
        occurrences.enqueue_due(session, default_zone=ZONE, missed_within=timedelta(days=1))


def ledger(job_id: int) -> list[tuple[str, str, str | None, str | None]]:
    with unit_of_work() as session:
        runs = session.query(Run).filter_by(job_id=job_id).order_by(Run.due_at).all()
        return [(f"{r.due_at:%m-%d %H:%M}", r.state, r.reason, r.holiday) for r in runs]


def report(cast: Cast, job_id: int, first: str, last: str | None = None) -> Any:
    query = {"from": first, "to": last or first}
    return cast.normal.get(f"/api/jobs/{job_id}/occurrences", query_string=query).json


def test_a_calendar_is_made_read_changed_and_deleted(cast: Cast, brazil: int) -> None:
    days = [
        {"day": "2026-07-08", "name": "Ponte", "yearly": False, "taken_out": False},
        {"day": "2026-11-20", "name": "Trabalhamos", "yearly": False, "taken_out": True},
    ]
    number = make_calendar(
        cast, subdivision="SP", optional_days="bank", weekend=["Dom"], days=[*days, days[0]]
    )
    path = f"/api/calendars/{number}"
    shown = cast.normal.get(path).json
    assert shown["days"] == days
    assert (shown["weekend"], shown["optional_days"], shown["jobs"]) == (["Dom"], "bank", 0)
    year = cast.normal.get(f"{path}/days?year=2026").json
    found = {day["day"]: (day["name"], day["source"], day["business_day"]) for day in year["days"]}
    assert found["2026-02-17"] == ("Carnaval", "optional", False)
    assert found["2026-04-21"] == ("Tiradentes", "national", False)
    assert found["2026-07-08"] == ("Ponte", "own", False)
    assert found["2026-07-09"] == ("Revolução Constitucionalista", "state", False)
    assert found["2026-11-20"] == ("Trabalhamos", "taken_out", True)
    assert year["business_days"][6] == 31 - 4 - 2  # July: four Sundays, two holidays
    # Absent members stay; a revision that is old is told
    assert cast.moderator.put(path, {"weekend": ["Dom", "Sáb"], "revision": 1}).json == {
        "msg": "updated"
    }
    assert cast.moderator.put(path, {"weekend": ["Sáb", "Dom"]}).json == {"msg": "no changes"}
    stale = cast.moderator.put(path, {"name": "Filial", "revision": 1})
    assert (stale.status_code, stale.json["code"]) == (412, "calendar_changed")
    assert cast.normal.get(path).json["days"] == days
    taken = cast.moderator.put(path, {"name": BRAZIL})
    assert (taken.status_code, taken.json["code"]) == (409, "calendar_exists")
    assert cast.moderator.delete(path).json == {"msg": "deleted"}
    assert cast.moderator.delete(path).json["code"] == "calendar_not_found"
    audit = cast.root.get("/api/audit?entity=calendars").json["items"]
    assert [item["action"] for item in audit] == ["deleted", "changed", "created"]


def test_what_a_calendar_cannot_be_is_refused_with_its_field(cast: Cast, brazil: int) -> None:
    faulty: list[tuple[dict[str, Any], str]] = [
        ({"name": " "}, "name"),
        ({"country": "US"}, "country"),
        ({"subdivision": "XX"}, "subdivision"),
        ({"country": None, "subdivision": "SP"}, "subdivision"),
        ({"country": None, "optional_days": "all"}, "optional_days"),
        ({"weekend": ["Sat"]}, "weekend"),
        ({"weekend": ["Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom"]}, "weekend"),
    ]
    for fields, field in faulty:
        response = cast.root.post("/api/calendars", {"name": "X", "country": "BR", **fields})
        assert (response.status_code, response.json["code"]) == (422, "calendar_invalid"), fields
        assert response.json["errors"][0]["field"] == field
    assert len(cast.normal.get("/api/calendars").json) == 1


def test_lines_are_added_or_none_of_them(cast: Cast, brazil: int) -> None:
    path = f"/api/calendars/{brazil}"
    text = "Data;Dia da semana;Feriado\n25/01/2027;segunda-feira;Aniversário\n\n08/12;Imaculada\n"
    assert cast.moderator.post(f"{path}/lines", {"text": text}).json == {"added": 2}
    more = "2027-01-25,Aniversário da cidade\n2027-06-24,São João\n"
    assert cast.moderator.post(f"{path}/lines", {"text": more}).json == {"added": 1}
    shown = cast.normal.get(path).json["days"]
    assert [(day["name"], day["yearly"]) for day in shown] == [
        ("Aniversário da cidade", False),
        ("São João", False),
        ("Imaculada", True),
    ]
    assert shown[2]["day"].endswith("-12-08")
    refused = cast.moderator.post(f"{path}/lines", {"text": "25/12/2027;Natal\n31/02/2027;Nada\n"})
    assert (refused.status_code, refused.json["code"]) == (422, "calendar_lines_invalid")
    assert "line 2, '31/02/2027;Nada'" in refused.json["detail"]
    assert cast.normal.get(path).json["days"] == shown


def test_lines_added_while_somebody_saves_lose_nothing(
    cast: Cast, brazil: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/calendars/{brazil}"

    def saves_meanwhile(days: Any) -> Any:
        monkeypatch.undo()
        answer = cast.root.post(f"{path}/lines", {"text": "25/01/2027;Aniversário\n"})
        assert answer.json == {"added": 1}
        return calendars.days_form(days)

    monkeypatch.setattr(calendars, "days_form", saves_meanwhile)
    refused = cast.moderator.post(f"{path}/lines", {"text": "24/06/2027;São João\n"})
    assert (refused.status_code, refused.json["code"]) == (412, "calendar_changed")
    assert [day["name"] for day in cast.normal.get(path).json["days"]] == ["Aniversário"]


def test_a_day_off_is_left_out_recorded_and_explained(
    cast: Cast, connection_id: int, brazil: int, held_clock: DatabaseClock
) -> None:
    job_id = make_job(cast, calendar_id=brazil, off_day_policy="skip")
    assert due(cast, job_id) == "2026-04-02T09:00:00Z"
    # The days to come
    found = report(cast, job_id, "2026-04-03", "2026-04-04")
    assert [(item["outcome"], item["reason"], item["holiday"]) for item in found["items"]] == [
        ("not_planned", "not_business_day", "Sexta-feira Santa"),
        ("not_planned", "not_business_day", None),
    ]
    assert found["explanation"]["code"] == "not_business_day"
    assert "Sexta-feira Santa" in found["explanation"]["message"]
    held_clock.move(days=1)
    enqueue()
    assert due(cast, job_id) == "2026-04-06T09:00:00Z"
    held_clock.move(days=4)
    with unit_of_work() as session:
        session.query(Run).update({"state": "succeeded"})
    enqueue()
    assert ledger(job_id) == [
        ("04-02 09:00", "succeeded", None, None),
        ("04-03 09:00", "cancelled", "not_business_day", "Sexta-feira Santa"),
        ("04-04 09:00", "cancelled", "not_business_day", None),
        ("04-05 09:00", "cancelled", "not_business_day", None),
        ("04-06 09:00", "queued", None, None),
    ]
    [item] = report(cast, job_id, "2026-04-03")["items"]
    assert (item["outcome"], item["reason"]) == ("skipped", "not_business_day")
    assert item["message"].startswith("Sexta-feira Santa is no business day")


def test_a_day_off_is_moved_and_merged(
    cast: Cast, connection_id: int, brazil: int, held_clock: DatabaseClock
) -> None:
    fridays = {"day": "Sex,Seg", "hour": "06", "minute": "00"}
    job_id = make_job(
        cast, schedule=fridays, calendar_id=brazil, off_day_policy="next_business_day"
    )
    # Friday runs on Monday, together with Monday's own
    assert due(cast, job_id) == "2026-04-06T09:00:00Z"
    found = report(cast, job_id, "2026-04-03", "2026-04-06")
    assert [(item["due_at"], item["reason"], item["moves_to"]) for item in found["items"]] == [
        ("2026-04-03T09:00:00Z", "moved_to_business_day", "2026-04-06T09:00:00Z"),
        ("2026-04-06T09:00:00Z", "no_scheduler", None),
    ]
    cast.root.put(f"/api/jobs/{job_id}", {"off_day_policy": "previous_business_day"})
    assert due(cast, job_id) == "2026-04-02T09:00:00Z"
    held_clock.move(days=5)
    enqueue()
    assert [row[:3] for row in ledger(job_id)] == [
        ("04-02 09:00", "cancelled", "missed"),
        ("04-06 09:00", "queued", None),
    ]


def test_a_change_of_the_calendar_plans_its_jobs_anew(
    cast: Cast, connection_id: int, brazil: int, held_clock: DatabaseClock
) -> None:
    job_id = make_job(cast, calendar_id=brazil, off_day_policy="skip")
    path = f"/api/calendars/{brazil}"
    held_clock.move(days=3)  # the Saturday
    enqueue()
    assert due(cast, job_id) == "2026-04-06T09:00:00Z"
    lines = {"text": "06/04/2026;Inventário"}
    assert cast.moderator.post(f"{path}/lines", lines).json == {"added": 1}
    assert due(cast, job_id) == "2026-04-07T09:00:00Z"
    # What the calendar left out before it was changed is written down by what it said then
    assert ledger(job_id)[1:] == [
        ("04-03 09:00", "cancelled", "not_business_day", "Sexta-feira Santa"),
        ("04-04 09:00", "cancelled", "not_business_day", None),
    ]
    cast.moderator.put(path, {"weekend": []})
    assert due(cast, job_id) == "2026-04-05T09:00:00Z"
    refused = cast.moderator.delete(path)
    assert (refused.status_code, refused.json["code"]) == (409, "calendar_in_use")
    assert "Vendas diárias" in refused.json["detail"]
    # Past the product: the next reload heals the plan
    with unit_of_work() as session:
        session.connection().exec_driver_sql("update calendars set weekend = '[\"Dom\"]'")
    with unit_of_work() as session:
        assert planning.reload_jobs(session, default_zone=ZONE) == 1
    assert due(cast, job_id) == "2026-04-07T09:00:00Z"


def test_many_moments_off_are_one_record(
    cast: Cast, connection_id: int, brazil: int, held_clock: DatabaseClock
) -> None:
    every = {"schedule": None, "every_minutes": 1, "off_day_policy": "skip"}
    job_id = make_job(cast, calendar_id=brazil, **every)
    held_clock.now = datetime.fromisoformat("2026-04-06T03:00:30+00:00")
    enqueue()
    with unit_of_work() as session:
        spans = session.query(OccurrenceSpan).order_by(OccurrenceSpan.first_due_at).all()
        counted = [(span.reason, span.occurrences) for span in spans]
    rows = ledger(job_id)
    # Three days off, the last 500 minutes of them as rows; the first occurrence of Monday runs
    assert counted[-1] == ("not_business_day", 3 * 1440 + 1 - len(rows))
    assert [row[1:3] for row in rows[-2:]] == [("cancelled", "not_business_day"), ("queued", None)]
    [first, *_] = report(cast, job_id, "2026-04-03")["items"]
    assert (first["outcome"], first["reason"]) == ("skipped", "not_business_day")
    assert first["holiday"] == "Sexta-feira Santa"


def test_business_days_of_the_month_are_a_kind_of_schedule(
    cast: Cast, connection_id: int, brazil: int, held_clock: DatabaseClock
) -> None:
    nth = {"days": [-1, 1, 3, 1], "times": ["18:00", "6:00"]}
    job_id = make_job(cast, schedule=None, calendar_id=brazil, business_days=nth)
    job = cast.normal.get(f"/api/jobs/{job_id}").json
    assert job["business_days"] == {"days": [1, 3, -1], "times": ["06:00", "18:00"]}
    # The first of April was worked at 18:00, the third is the Monday after Easter
    assert job["next_due_at"] == "2026-04-01T21:00:00Z"
    clone = cast.root.post(f"/api/jobs/{job_id}/clone", {"job_name": "Outra"}).json["job_id"]
    copy = cast.normal.get(f"/api/jobs/{clone}").json
    assert (copy["business_days"], copy["calendar_id"]) == (job["business_days"], brazil)
    [item] = cast.normal.get("/api/jobs?brief=1").json[1:]
    assert item["business_days"] == job["business_days"]
    with unit_of_work() as session:
        assert planning.reload_jobs(session, default_zone=ZONE) == 0
    conflict = cast.root.put(f"/api/jobs/{job_id}", {"cron_text": "@daily"})
    assert conflict.json["code"] == "schedule_kind_conflict"
    bare = cast.root.put(f"/api/jobs/{job_id}", {"calendar_id": None})
    assert (bare.status_code, bare.json["code"]) == (422, "calendar_required")
    absent = cast.root.put(f"/api/jobs/{job_id}", {"calendar_id": 77})
    assert (absent.status_code, absent.json["code"]) == (422, "calendar_not_found")
    wrong = cast.root.put(f"/api/jobs/{job_id}", {"business_days": {"days": [0], "times": []}})
    assert (wrong.status_code, wrong.json["code"]) == (422, "business_days_invalid")
    assert cast.root.put(f"/api/jobs/{job_id}", {"business_days": None}).status_code == 422
    back = {"business_days": None, "calendar_id": None, "cron_text": "@daily"}
    assert cast.root.put(f"/api/jobs/{job_id}", back).json == {"msg": "updated"}
    restored = cast.root.post(f"/api/jobs/{job_id}/versions/1/restore")
    assert restored.json == {"msg": "updated"}
    assert cast.normal.get(f"/api/jobs/{job_id}").json["business_days"] == job["business_days"]


def test_a_preview_tells_the_days_off(cast: Cast, brazil: int) -> None:
    body = {
        **DAILY,
        "starts_on": "2027-03-25",
        "calendar_id": brazil,
        "off_day_policy": "next_business_day",
        "count": 2,
    }
    found = cast.normal.post("/api/schedule/preview", body).json
    assert found["moments"] == ["2027-03-25T06:00:00-03:00", "2027-03-29T06:00:00-03:00"]
    assert [(off["holiday"], off["moves_to"]) for off in found["off"]] == [
        ("Sexta-feira Santa", "2027-03-29T06:00:00-03:00"),
        (None, "2027-03-29T06:00:00-03:00"),
        (None, "2027-03-29T06:00:00-03:00"),
    ]
    assert found["description"].endswith(f"on the next business day ({BRAZIL})")
    nth = {"business_days": {"days": [2], "times": ["06:00"]}, "calendar_id": brazil, "count": 1}
    found = cast.normal.post("/api/schedule/preview", {**nth, "starts_on": "2150-01-01"}).json
    assert found["moments"] == ["2150-01-02T06:00:00-03:00"]
    refused = cast.normal.post("/api/schedule/preview", {**DAILY, "off_day_policy": "skip"})
    assert (refused.status_code, refused.json["code"]) == (422, "calendar_required")


# The first few, and one in which a day off passes between a run and a change of the calendar.
SEEDS = (0, 1, 2, 3, 9)
POLICIES = [OffDayPolicy.SKIP, OffDayPolicy.NEXT, OffDayPolicy.PREVIOUS]


def test_each_moment_has_one_row_whatever_becomes_of_calendar_and_job(
    cast: Cast, connection_id: int, held_clock: DatabaseClock
) -> None:
    """Random histories of a calendar and a job, against a watch on every minute."""
    for seed in SEEDS:
        rng = Random(seed)
        held_clock.now = datetime.fromisoformat(NOW).replace(tzinfo=UTC)
        hours = sorted(rng.sample(range(24), 5))
        planned = planned_cron(
            ("7", frozenset({7})), (",".join(map(str, hours)), frozenset(hours)), *[ALWAYS] * 3
        )
        weekend = frozenset(rng.sample(range(7), 2))
        calendar = BusinessCalendar("Matriz", weekend=weekend)
        number = make_calendar(
            cast, country=None, name=f"Calendário {seed}", weekend=[DAY_NAMES[n] for n in weekend]
        )
        policy = rng.choice(POLICIES)
        job_id = make_job(
            cast,
            job_name=f"Rotina {seed}",
            export_name=f"h{seed}",
            schedule=None,
            cron_text=planned.pattern.text,  # type: ignore[union-attr]
            calendar_id=number,
            off_day_policy=policy,
        )
        expected: set[datetime] = set()
        since = held_clock.now
        for _ in range(5):
            held_clock.move(minutes=rng.randint(200, 3000))
            rule = OffDayRule(calendar, policy)
            if rng.random() < 0.5:
                enqueue()
                continue
            # Whoever changes the calendar or the job accounts for what was before
            expected |= _written(planned, rule, since, held_clock.now)
            since = held_clock.now
            if rng.random() < 0.6:
                off = {held_clock.now.date() + timedelta(days=n) for n in rng.sample(range(9), 3)}
                calendar = BusinessCalendar(
                    "Matriz", weekend=weekend, own=frozenset(OwnDay(d, "Ponte") for d in off)
                )
                days = [{"day": day.isoformat(), "name": "Ponte"} for day in off]
                changed = cast.moderator.put(f"/api/calendars/{number}", {"days": days})
            else:
                policy = rng.choice([other for other in POLICIES if other != policy])
                changed = cast.root.put(f"/api/jobs/{job_id}", {"off_day_policy": policy})
            assert changed.json == {"msg": "updated"}, changed.text
        cast.root.put(f"/api/jobs/{job_id}/status", {"job_status": "N"})
        expected |= _written(planned, OffDayRule(calendar, policy), since, held_clock.now)
        with unit_of_work() as session:
            rows = session.query(Run).filter_by(job_id=job_id).all()
            assert sorted(run.due_at for run in rows if run.due_at) == sorted(expected), seed
            assert session.query(OccurrenceSpan).count() == 0


def _written(planned: Planned, rule: OffDayRule, since: datetime, until: datetime) -> set[datetime]:
    """What must have a row: what runs, and what a day off leaves out."""
    zone = ZoneInfo(ZONE)
    found = set(walked_moments(planned_by_rule(planned, rule), zone, since, until))
    if rule.policy == OffDayPolicy.SKIP:
        found |= set(walked_moments(planned, zone, since, until))
    return found
