"""Tags of jobs that are in use; jobs themselves say and change theirs."""

from __future__ import annotations

from flask import Response

from metadb.engine import unit_of_work
from services.tags import tags_in_use
from webapi.access import Rule, access
from webapi.answers import answer_list
from webapi.resource import resource
from webapi.tag_schemas import TagList, TagOut

bp = resource("tags", __name__, tag="jobs")


@bp.get("/api/tags", responses={200: TagList})
@access(Rule.NORMAL)
def list_tags() -> Response:
    """Every tag that a job has, with the number of its jobs."""
    with unit_of_work() as session:
        return answer_list([TagOut.of(found) for found in tags_in_use(session)])
