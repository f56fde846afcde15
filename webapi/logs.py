"""Log records; a normal user sees those of jobs and runs."""

from __future__ import annotations

from flask import Response

from metadb.engine import unit_of_work
from services import log_records
from services.log_records import LogFilter
from webapi.access import Rule, access, actor
from webapi.answers import answer_page
from webapi.resource import resource
from webapi.run_schemas import LogOut, LogPage, LogQuery

bp = resource("logs", __name__)


@bp.get("/api/logs", responses={200: LogPage})
@access(Rule.NORMAL)
def list_logs(query: LogQuery) -> Response:
    """Log records, newest first."""
    chosen = LogFilter(
        levels=tuple(query.level),
        job_id=query.job_id,
        run_id=query.run_id,
        user_name=query.user or None,
        text=query.q,
        since=query.since,
        until=query.until,
        of_jobs_only=not actor().is_moderator,
    )
    with unit_of_work() as session:
        found, total = log_records.list_records(session, chosen, page=query.page, size=query.size)
        items = [LogOut.of(record) for record in found]
    return answer_page(items, total, query)
