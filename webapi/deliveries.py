"""Deliveries of versions to targets: what became of them, and trying again."""

from __future__ import annotations

from flask import Response

from metadb.engine import unit_of_work
from services import deliveries, runs
from services.deliveries import DeliveryFilter
from webapi.access import Rule, access
from webapi.answers import answer, answer_list, answer_page
from webapi.resource import resource
from webapi.run_schemas import RunPath
from webapi.target_schemas import (
    DeliveryList,
    DeliveryOut,
    DeliveryPage,
    DeliveryPath,
    DeliveryQuery,
)

RUN_LIMIT = 200

bp = resource("deliveries", __name__, tag="targets")


@bp.get("/api/deliveries", responses={200: DeliveryPage})
@access(Rule.NORMAL)
def list_deliveries(query: DeliveryQuery) -> Response:
    """Deliveries in pages, the newest first."""
    chosen = DeliveryFilter(
        state=query.state, target_id=query.target_id, job_id=query.job_id, run_id=query.run_id
    )
    with unit_of_work() as session:
        found, total = deliveries.list_deliveries(session, chosen, page=query.page, size=query.size)
        items = [DeliveryOut.of(delivery) for delivery in found]
    return answer_page(items, total, query)


@bp.get("/api/runs/<int:run_id>/deliveries", responses={200: DeliveryList})
@access(Rule.NORMAL)
def list_run_deliveries(path: RunPath) -> Response:
    """Where the version of a run goes, as a bare array."""
    with unit_of_work() as session:
        runs.get_run(session, path.run_id)
        chosen = DeliveryFilter(run_id=path.run_id)
        found, _ = deliveries.list_deliveries(session, chosen, page=1, size=RUN_LIMIT)
        return answer_list([DeliveryOut.of(delivery) for delivery in found])


@bp.post("/api/deliveries/<int:delivery_id>/retry", responses={200: DeliveryOut})
@access(Rule.MODERATOR)
def retry_delivery(path: DeliveryPath) -> Response:
    """Try a delivery again now: one that was given up, or that waits for its next try."""
    with unit_of_work() as session:
        return answer(DeliveryOut.of(deliveries.retry(session, path.delivery_id)))
