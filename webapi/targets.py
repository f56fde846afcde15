"""Targets: places that versions are delivered to; secrets go in and never come out."""

from __future__ import annotations

import logging
import time
from typing import cast

from flask import Response

from metadb.engine import unit_of_work
from services import targets
from services.targets import TargetFields
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.fair_shares import asking_others
from webapi.resource import resource
from webapi.schemas import Message
from webapi.state import current_settings
from webapi.target_schemas import (
    TargetCreate,
    TargetCreated,
    TargetList,
    TargetOut,
    TargetPathParameter,
    TargetTestOut,
    TargetUpdate,
)

log = logging.getLogger(__name__)

bp = resource("targets", __name__)


@bp.get("/api/targets", responses={200: TargetList})
@access(Rule.NORMAL)
def list_targets() -> Response:
    """Every target, by name."""
    with unit_of_work() as session:
        return answer_list([TargetOut.of(target) for target in targets.list_targets(session)])


@bp.get("/api/targets/<int:target_id>", responses={200: TargetOut})
@access(Rule.NORMAL)
def get_target(path: TargetPathParameter) -> Response:
    """One target."""
    with unit_of_work() as session:
        return answer(TargetOut.of(targets.get_target(session, path.target_id)))


@bp.post("/api/targets", responses={201: TargetCreated})
@access(Rule.MODERATOR)
def create_target(body: TargetCreate) -> Response:
    """Save a target; it is not tried."""
    with unit_of_work() as session:
        target = targets.create_target(
            session, cast("TargetFields", body.model_dump()), settings=current_settings()
        )
        out = TargetCreated(target_id=target.target_id)
    return answer(out, 201, location=f"/api/targets/{out.target_id}")


@bp.put("/api/targets/<int:target_id>", responses={200: Message})
@access(Rule.MODERATOR)
def update_target(path: TargetPathParameter, body: TargetUpdate) -> Response:
    """Change a target; an absent secret stays as it is."""
    with unit_of_work() as session:
        changed = targets.update_target(
            session,
            path.target_id,
            cast("TargetFields", body.model_dump(exclude_unset=True)),
            settings=current_settings(),
            is_root=actor().is_root,
        )
    return answer(Message(msg="updated" if changed else "no changes"))


@bp.delete("/api/targets/<int:target_id>", responses={200: Message})
@access(Rule.MODERATOR)
def delete_target(path: TargetPathParameter) -> Response:
    """Delete a target that no job delivers to."""
    with unit_of_work() as session:
        targets.delete_target(session, path.target_id)
    return answer(Message(msg="deleted"))


@bp.post("/api/targets/<int:target_id>/test", responses={200: TargetTestOut})
@access(Rule.MODERATOR)
def test_target(path: TargetPathParameter) -> Response:
    """Log in, write a small file and remove it. A server whose key nobody has confirmed gets no
    login: its key is shown."""
    started = time.monotonic()
    with unit_of_work() as session:
        target = targets.get_target(session, path.target_id)
        store = targets.store_of(target, current_settings())
    with asking_others():
        report = store.test()
    log.info("target_tested", extra={"target": target.name, "is_ok": report.is_ok})
    elapsed_ms = round((time.monotonic() - started) * 1000)
    return answer(TargetTestOut(ok=report.is_ok, host_key=report.host_key, elapsed_ms=elapsed_ms))
