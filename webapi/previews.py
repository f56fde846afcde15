"""Looks ahead for the job editor: first rows of a query, next moments of a schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from flask import Response
from pydantic import Field

from auxiliares import TimeZoneName
from metadb.engine import unit_of_work
from services import connections, previews, windows
from services.occurrences import database_now
from timing.slots import parse_schedule
from webapi.access import Rule, access
from webapi.answers import answer
from webapi.job_window_schemas import WindowOfText
from webapi.resource import resource
from webapi.schemas import Model
from webapi.state import current_settings

bp = resource("previews", __name__)


class PreviewIn(WindowOfText):
    """A query that need not be saved."""

    connection_id: int
    sql_script: Annotated[str, Field(max_length=1_000_000)]
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


class ProposedSchedule(Model):
    """A schedule that need not be saved."""

    day: Annotated[str, Field(max_length=1000)]
    hour: Annotated[str, Field(max_length=1000)]
    minute: Annotated[str, Field(max_length=1000)]
    time_zone: TimeZoneName | None = None
    count: Annotated[int, Field(ge=1, le=50)] = 5


class MomentsOut(Model):
    """The next moments in the schedule's zone, each with its offset."""

    time_zone: str
    moments: list[str]


@bp.post("/api/preview", responses={200: PreviewOut})
@access(Rule.MODERATOR)
def preview_query(body: PreviewIn) -> Response:
    """The first rows of a query, read-only and within 30 seconds; nothing is published."""
    settings = current_settings()
    with unit_of_work() as session:
        spec = connections.spec_of(
            connections.get_connection(session, body.connection_id), settings
        )
        days = body.days(database_now(session), settings.scheduler.time_zone)
    dates = windows.dates_of_text(body.sql_script, spec.kind, days)
    found = previews.preview_query(
        spec,
        body.sql_script,
        limit=body.limit,
        time_zone=body.time_zone or settings.scheduler.time_zone,
        dates=dates,
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


@bp.post("/api/schedule/preview", responses={200: MomentsOut})
@access(Rule.NORMAL)
def preview_schedule(body: ProposedSchedule) -> Response:
    """The next moments of a schedule."""
    zone = body.time_zone or current_settings().scheduler.time_zone
    schedule = parse_schedule(body.day, body.hour, body.minute)
    moments = previews.preview_schedule(schedule, zone, after=datetime.now(UTC), count=body.count)
    return answer(MomentsOut(time_zone=zone, moments=[m.isoformat() for m in moments]))
