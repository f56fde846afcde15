"""Calendars of business days: everybody reads them, moderators and root edit them."""

from __future__ import annotations

from typing import cast

from flask import Response

from metadb.engine import unit_of_work
from services import calendars
from services.business_calendars import business_calendar
from services.calendars import CalendarFields
from webapi.access import Rule, access
from webapi.answers import answer, answer_list
from webapi.calendar_schemas import (
    CalendarCreate,
    CalendarCreated,
    CalendarDetail,
    CalendarLines,
    CalendarLinesAdded,
    CalendarList,
    CalendarOut,
    CalendarPath,
    CalendarUpdate,
    CalendarYear,
    CalendarYearQuery,
)
from webapi.resource import resource
from webapi.schemas import Message
from webapi.state import current_settings

bp = resource("calendars", __name__)


@bp.get("/api/calendars", responses={200: CalendarList})
@access(Rule.NORMAL)
def list_calendars() -> Response:
    """Every calendar, by name."""
    with unit_of_work() as session:
        found = calendars.list_calendars(session)
        return answer_list([CalendarOut.of(row, jobs) for row, jobs in found])


@bp.get("/api/calendars/<int:calendar_id>", responses={200: CalendarDetail})
@access(Rule.NORMAL)
def get_calendar(path: CalendarPath) -> Response:
    """One calendar with the days of its own and the jobs that use it."""
    with unit_of_work() as session:
        row = calendars.get_calendar(session, path.calendar_id)
        names = calendars.jobs_of(session, path.calendar_id)
        return answer(CalendarDetail.with_days(row, [*names]))


@bp.get("/api/calendars/<int:calendar_id>/days", responses={200: CalendarYear})
@access(Rule.NORMAL)
def list_calendar_days(path: CalendarPath, query: CalendarYearQuery) -> Response:
    """The holidays of a year, computed and own, and what was taken out."""
    with unit_of_work() as session:
        row = calendars.get_calendar(session, path.calendar_id)
        days = calendars.days_of_year(business_calendar(row), query.year)
        return answer(CalendarYear.of(row, query.year, days))


@bp.post("/api/calendars", responses={201: CalendarCreated})
@access(Rule.MODERATOR)
def create_calendar(body: CalendarCreate) -> Response:
    """Create a calendar."""
    with unit_of_work() as session:
        row = calendars.create_calendar(session, cast("CalendarFields", body.given()))
        out = CalendarCreated(calendar_id=row.calendar_id)
    return answer(out, 201, location=f"/api/calendars/{out.calendar_id}")


@bp.put("/api/calendars/<int:calendar_id>", responses={200: Message})
@access(Rule.MODERATOR)
def update_calendar(path: CalendarPath, body: CalendarUpdate) -> Response:
    """Change a calendar; the jobs that use it are planned anew at once."""
    with unit_of_work() as session:
        changed = calendars.update_calendar(
            session,
            path.calendar_id,
            cast("CalendarFields", body.given()),
            settings=current_settings(),
            expected_revision=body.revision,
        )
    return answer(Message(msg="updated" if changed else "no changes"))


@bp.post("/api/calendars/<int:calendar_id>/lines", responses={200: CalendarLinesAdded})
@access(Rule.MODERATOR)
def add_calendar_lines(path: CalendarPath, body: CalendarLines) -> Response:
    """Add days out of pasted lines or a CSV, all of them or none."""
    with unit_of_work() as session:
        added = calendars.add_lines(
            session, path.calendar_id, body.text, settings=current_settings()
        )
    return answer(CalendarLinesAdded(added=added))


@bp.delete("/api/calendars/<int:calendar_id>", responses={200: Message})
@access(Rule.MODERATOR)
def delete_calendar(path: CalendarPath) -> Response:
    """Delete a calendar that no job uses."""
    with unit_of_work() as session:
        calendars.delete_calendar(session, path.calendar_id)
    return answer(Message(msg="deleted"))
