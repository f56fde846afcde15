"""What people agree and see about a dataset: by when it is expected, and who reads it."""

from __future__ import annotations

from flask import Response, current_app

from metadb.engine import unit_of_work
from services import freshness
from services.dataset_readers import readers_of
from services.versions import get_dataset
from webapi.access import Rule, access
from webapi.answers import answer, answer_list
from webapi.dataset_fact_schemas import (
    DatasetReaderList,
    DatasetReaderOut,
    ExpectationIn,
    StatusItem,
)
from webapi.resource import resource
from webapi.state import current_settings, state_of
from webapi.version_schemas import DatasetNumber

bp = resource("dataset_contracts", __name__, tag="versions")


@bp.put("/api/datasets/<int:dataset_id>/expectation", responses={200: StatusItem})
@access(Rule.MODERATOR)
def set_expectation(path: DatasetNumber, body: ExpectationIn) -> Response:
    """Say by when new data must be there, on the days of the job; or that nobody waits for them."""
    with unit_of_work() as session:
        freshness.expect_by(session, path.dataset_id, body.expected_by)
        state = freshness.dataset_state(
            session, path.dataset_id, default_zone=current_settings().scheduler.time_zone
        )
        return answer(StatusItem.of(state))


@bp.get("/api/datasets/<int:dataset_id>/readers", responses={200: DatasetReaderList})
@access(Rule.NORMAL)
def list_dataset_readers(path: DatasetNumber) -> Response:
    """Keys and people who have read the dataset, with which tool, how often and how much."""
    state_of(current_app).read_log.write()
    with unit_of_work() as session:
        name = get_dataset(session, path.dataset_id).name
        return answer_list([DatasetReaderOut.of(row) for row in readers_of(session, name)])
