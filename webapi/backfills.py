"""Backfills: read a range of days again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from flask import Response
from pydantic import Field

from metadb.engine import unit_of_work
from services import backfills
from services.backfills import BackfillView, Period, Step
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_page
from webapi.job_schemas import JobPath
from webapi.job_window_schemas import EARLIEST, LATEST
from webapi.resource import resource
from webapi.schemas import Model, OptionalInt, PageQuery
from webapi.state import current_settings

bp = resource("backfills", __name__)

GivenDate = Annotated[date, Field(ge=EARLIEST, le=LATEST)]


class BackfillIn(Model):
    """Both days included; one run for each day, each month of the calendar, or one for all."""

    first_date: GivenDate
    last_date: GivenDate
    step: Step = Step.MONTH


class BackfillPath(Model):
    """A backfill by number."""

    backfill_id: int


class BackfillQuery(PageQuery):
    """Of which job; absent: of all."""

    job_id: OptionalInt = None


class BackfillOut(Model):
    """`state` is `running`, `finished`, or after a cancellation `cancelling` and `cancelled`;
    `counts` are its runs by their states, `progress` how much of them has ended, 0 to 1."""

    backfill_id: int
    job_id: int | None
    job_name: str
    first_date: date
    last_date: date
    step: Step
    created_by: str | None
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    state: str
    counts: dict[str, int]
    total: int
    progress: float

    @classmethod
    def of(cls, view: BackfillView) -> Self:
        derived = {"state", "counts", "total", "progress"}
        same = {
            name: getattr(view.backfill, name) for name in cls.model_fields if name not in derived
        }
        return cls(
            state=view.state,
            counts=view.counts,
            total=view.total,
            progress=view.progress,
            **same,
        )


class BackfillPage(Model):
    """One page, newest first."""

    items: list[BackfillOut]
    total: int
    page: int
    size: int


@bp.post("/api/jobs/<int:job_id>/backfills", responses={202: BackfillOut})
@access(Rule.MODERATOR)
def start_backfill(path: JobPath, body: BackfillIn) -> Response:
    """Run a job for each day, month or the whole of a range, in order, behind its other runs."""
    with unit_of_work() as session:
        view = backfills.start_backfill(
            session,
            path.job_id,
            Period(body.first_date, body.last_date, body.step),
            default_zone=current_settings().scheduler.time_zone,
            requested_by=actor().username,
        )
        out = BackfillOut.of(view)
    return answer(out, 202, location=f"/api/backfills/{out.backfill_id}")


@bp.get("/api/backfills", responses={200: BackfillPage})
@access(Rule.NORMAL)
def list_backfills(query: BackfillQuery) -> Response:
    """Backfills, newest first, in pages."""
    with unit_of_work() as session:
        found, total = backfills.list_backfills(
            session, job_id=query.job_id, page=query.page, size=query.size
        )
        items = [BackfillOut.of(view) for view in found]
    return answer_page(items, total, query)


@bp.get("/api/backfills/<int:backfill_id>", responses={200: BackfillOut})
@access(Rule.NORMAL)
def get_backfill(path: BackfillPath) -> Response:
    """One backfill with how far it is; its runs are those of `/api/runs?backfill_id=`."""
    with unit_of_work() as session:
        return answer(BackfillOut.of(backfills.get_backfill(session, path.backfill_id)))


@bp.post("/api/backfills/<int:backfill_id>/cancel", responses={202: BackfillOut})
@access(Rule.MODERATOR)
def cancel_backfill(path: BackfillPath) -> Response:
    """Cancel the runs that wait, and stop the one that runs as soon as its database lets go."""
    with unit_of_work() as session:
        view = backfills.cancel_backfill(session, path.backfill_id, cancelled_by=actor().username)
        out = BackfillOut.of(view)
    return answer(out, 202)
