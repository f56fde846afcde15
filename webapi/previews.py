"""Looks ahead for the job editor: first rows of a query, next moments of a schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from flask import Response
from pydantic import Field

from auxiliares import TimeZoneName
from metadb.engine import unit_of_work
from services import previews
from services.business_calendars import business_calendar
from services.calendars import get_calendar
from services.timetables import month_days_of, rule_of
from timing.month_days import MonthDaysForm
from timing.off_moments import OffMoment
from timing.sentences import describe
from timing.slots import Schedule, parse_schedule, parse_slots
from timing.timetable import Timetable, check_kinds, make_timetable
from webapi.access import Rule, access
from webapi.answers import answer
from webapi.calendar_schemas import JobCalendarIn
from webapi.column_checks import ColumnConcernOut, ColumnsIn, concerns_of
from webapi.fair_shares import asking_others
from webapi.job_policy_schemas import Minutes, OptionalDate, SlotList, slots_in
from webapi.query_sources import PlanIn, binds_of, source_of
from webapi.resource import resource
from webapi.schemas import Model, OptionalInt, OptionalName
from webapi.state import current_settings

bp = resource("previews", __name__)


class PreviewIn(ColumnsIn):
    """A query that need not be saved, and how many rows of it. `job_id`: the job it is meant for,
    whose readers are thought of."""

    job_id: OptionalInt = None
    limit: Annotated[int, Field(ge=1, le=previews.MAX_ROWS)] = previews.MAX_ROWS


class PreviewColumn(Model):
    """A column of the result."""

    name: str
    type: str
    native_type: str


class PreviewOut(Model):
    """Rows as text, null for NULL; `is_cut`: there are more rows. `binds`: what stood for each
    date the query names. `concerns`: what the job has published and this query has not."""

    columns: list[PreviewColumn]
    rows: list[list[str | None]]
    is_cut: bool
    elapsed_ms: int
    binds: dict[str, date]
    concerns: list[ColumnConcernOut]


class PlanOut(Model):
    """The plan as the database writes it. `binds`: what stood for each date the query names."""

    lines: list[str]
    elapsed_ms: int
    binds: dict[str, date]


class ProposedSchedule(JobCalendarIn):
    """A schedule that need not be saved: comma texts or `slots`, a cron text, an interval, or
    business days of the month; and a calendar, if there is one."""

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


class OffMomentOut(Model):
    """A moment on a day that is no business day; `holiday` is its name, null a weekend;
    `moves_to` is when it runs instead, null: it is left out."""

    moment: str
    holiday: str | None
    moves_to: str | None

    @classmethod
    def of(cls, off: OffMoment, zone: ZoneInfo) -> Self:
        moves_to = off.moves_to
        return cls(
            moment=off.moment.astimezone(zone).isoformat(),
            holiday=off.holiday,
            moves_to=None if moves_to is None else moves_to.astimezone(zone).isoformat(),
        )


class MomentsOut(Model):
    """The next moments in the schedule's zone, each with its offset, and the schedule in words.
    `off`: those up to the last of them that fall on days that are no business days, 50 at most."""

    time_zone: str
    moments: list[str]
    off: list[OffMomentOut]
    description: str


@bp.post("/api/preview", responses={200: PreviewOut})
@access(Rule.MODERATOR)
def preview_query(body: PreviewIn) -> Response:
    """The first rows of a query, read-only and within 30 seconds; nothing is published."""
    spec, dates, zone = source_of(body)
    with asking_others():
        found = previews.preview_query(
            spec, body.sql_script, limit=body.limit, time_zone=zone, binds=binds_of(body, dates)
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
            concerns=concerns_of(body.job_id, found.columns, body.dialect),
        )
    )


@bp.post("/api/preview/plan", responses={200: PlanOut})
@access(Rule.MODERATOR)
def explain_query(body: PlanIn) -> Response:
    """How the database would run a query; it is not run."""
    spec, dates, zone = source_of(body)
    with asking_others():
        plan = previews.explain_query(
            spec, body.sql_script, time_zone=zone, binds=binds_of(body, dates)
        )
    return answer(PlanOut(lines=[*plan.lines], elapsed_ms=plan.elapsed_ms, binds=dict(dates)))


@bp.post("/api/schedule/preview", responses={200: MomentsOut})
@access(Rule.NORMAL)
def preview_schedule(body: ProposedSchedule) -> Response:
    """The next moments of a schedule."""
    zone = body.time_zone or current_settings().scheduler.time_zone
    timetable = _timetable(body, zone)
    found = previews.preview_schedule(timetable, after=datetime.now(UTC), count=body.count)
    return answer(
        MomentsOut(
            time_zone=zone,
            moments=[moment.isoformat() for moment in found.moments],
            off=[OffMomentOut.of(off, timetable.zone) for off in found.off],
            description=describe(timetable),
        )
    )


def _timetable(body: ProposedSchedule, zone: str) -> Timetable:
    """Without a cron text or an interval there must be slots."""
    texts = (body.day, body.hour, body.minute)
    slots = Schedule()
    others = (body.cron_text, body.every_minutes, body.business_days)
    if body.slots is not None:
        slots = parse_slots(slots_in(body.slots))
    elif any(text.strip() for text in texts) or all(other is None for other in others):
        slots = parse_schedule(*texts)
    check_kinds(
        has_slots=bool(slots.slots),
        cron_text=body.cron_text,
        every_minutes=body.every_minutes,
        has_month_days=body.business_days is not None,
    )
    timetable = make_timetable(
        ZoneInfo(zone),
        slots=slots,
        cron_text=body.cron_text,
        every_minutes=body.every_minutes,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    return _with_calendar(timetable, body)


def _with_calendar(timetable: Timetable, body: ProposedSchedule) -> Timetable:
    calendar = None
    if body.calendar_id is not None:
        with unit_of_work() as session:
            calendar = business_calendar(get_calendar(session, body.calendar_id))
    if body.business_days is not None:
        form = MonthDaysForm(days=body.business_days.days, times=body.business_days.times)
        return replace(timetable, pattern=month_days_of(form, calendar))
    return replace(timetable, rule=rule_of(body.off_day_policy, calendar))
