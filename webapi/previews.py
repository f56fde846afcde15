"""Looks ahead for the job editor: first rows of a query, next moments of a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from flask import Response
from pydantic import Field

from auxiliares import TimeZoneName
from connectors.base import ConnectionSpec
from metadb.engine import unit_of_work
from services import connections, previews, windows
from services.clock import database_now
from timing.sentences import describe
from timing.slots import Schedule, parse_schedule, parse_slots
from timing.timetable import Timetable, make_timetable
from webapi.access import Rule, access
from webapi.answers import answer
from webapi.fair_shares import asking_others
from webapi.job_policy_schemas import Minutes, OptionalDate, SlotList, slots_in
from webapi.job_window_schemas import WindowOfText
from webapi.resource import resource
from webapi.schemas import Model, OptionalName
from webapi.state import current_settings

bp = resource("previews", __name__)


class PlanIn(WindowOfText):
    """A query that need not be saved."""

    connection_id: int
    sql_script: Annotated[str, Field(max_length=1_000_000)]


class PreviewIn(PlanIn):
    """A query that need not be saved, and how many rows of it."""

    limit: Annotated[int, Field(ge=1, le=previews.MAX_ROWS)] = previews.MAX_ROWS


class PreviewColumn(Model):
    """A column of the result."""

    name: str
    type: str
    native_type: str


class PreviewOut(Model):
    """Rows as text, null for NULL; `is_cut`: there are more rows. `binds`: what stood for each
    date the query names."""

    columns: list[PreviewColumn]
    rows: list[list[str | None]]
    is_cut: bool
    elapsed_ms: int
    binds: dict[str, date]


class PlanOut(Model):
    """The plan as the database writes it. `binds`: what stood for each date the query names."""

    lines: list[str]
    elapsed_ms: int
    binds: dict[str, date]


class ProposedSchedule(Model):
    """A schedule that need not be saved: comma texts or `slots`, a cron text, or an interval."""

    day: Annotated[str, Field(max_length=1000)] = ""
    hour: Annotated[str, Field(max_length=1000)] = ""
    minute: Annotated[str, Field(max_length=1000)] = ""
    slots: SlotList = None
    cron_text: OptionalName = None
    every_minutes: Minutes = None
    starts_on: OptionalDate = None
    ends_on: OptionalDate = None
    time_zone: TimeZoneName | None = None
    count: Annotated[int, Field(ge=1, le=50)] = 5


class MomentsOut(Model):
    """The next moments in the schedule's zone, each with its offset, and the schedule in words."""

    time_zone: str
    moments: list[str]
    description: str


@bp.post("/api/preview", responses={200: PreviewOut})
@access(Rule.MODERATOR)
def preview_query(body: PreviewIn) -> Response:
    """The first rows of a query, read-only and within 30 seconds; nothing is published."""
    spec, dates, zone = _source(body)
    with asking_others():
        found = previews.preview_query(
            spec, body.sql_script, limit=body.limit, time_zone=zone, dates=dates
        )
    columns = [
        PreviewColumn(name=c.name, type=c.type, native_type=c.native_type) for c in found.columns
    ]
    return answer(
        PreviewOut(
            columns=columns,
            rows=found.rows,
            is_cut=found.is_cut,
            elapsed_ms=found.elapsed_ms,
            binds=dict(dates),
        )
    )


@bp.post("/api/preview/plan", responses={200: PlanOut})
@access(Rule.MODERATOR)
def explain_query(body: PlanIn) -> Response:
    """How the database would run a query; it is not run."""
    spec, dates, zone = _source(body)
    with asking_others():
        plan = previews.explain_query(spec, body.sql_script, time_zone=zone, dates=dates)
    return answer(PlanOut(lines=[*plan.lines], elapsed_ms=plan.elapsed_ms, binds=dict(dates)))


def _source(body: PlanIn) -> tuple[ConnectionSpec, Mapping[str, date], str]:
    """Where the query goes, the dates it names, and its zone; no transaction stays open."""
    settings = current_settings()
    with unit_of_work() as session:
        spec = connections.spec_of(
            connections.get_connection(session, body.connection_id), settings
        )
        days = body.days(database_now(session), settings.scheduler.time_zone)
    dates = windows.dates_of_text(body.sql_script, spec.kind, days)
    return spec, dates, body.time_zone or settings.scheduler.time_zone


@bp.post("/api/schedule/preview", responses={200: MomentsOut})
@access(Rule.NORMAL)
def preview_schedule(body: ProposedSchedule) -> Response:
    """The next moments of a schedule."""
    zone = body.time_zone or current_settings().scheduler.time_zone
    timetable = _timetable(body, zone)
    moments = previews.preview_schedule(timetable, after=datetime.now(UTC), count=body.count)
    return answer(
        MomentsOut(
            time_zone=zone,
            moments=[moment.isoformat() for moment in moments],
            description=describe(timetable),
        )
    )


def _timetable(body: ProposedSchedule, zone: str) -> Timetable:
    """Without a cron text or an interval there must be slots."""
    texts = (body.day, body.hour, body.minute)
    slots = Schedule()
    if body.slots is not None:
        slots = parse_slots(slots_in(body.slots))
    elif any(text.strip() for text in texts) or (
        body.cron_text is None and body.every_minutes is None
    ):
        slots = parse_schedule(*texts)
    return make_timetable(
        ZoneInfo(zone),
        slots=slots,
        cron_text=body.cron_text,
        every_minutes=body.every_minutes,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
