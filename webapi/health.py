"""/healthz: the process lives. /readyz: it can do its work."""

from __future__ import annotations

import logging

from flask import Response, current_app, jsonify

from metadb.engine import MetadataUnavailable, unit_of_work
from services import health
from services.clock import CLOCK_LIMIT_S
from webapi.access import Rule, access
from webapi.resource import resource
from webapi.schemas import Model
from webapi.state import current_settings, state_of

log = logging.getLogger(__name__)

bp = resource("health", __name__)


class Health(Model):
    """The process answers."""

    status: str


class WorkerOut(Model):
    """A worker that has not stopped and the seconds since its last heartbeat; and those by which
    its machine's clock was ahead of the metadata database's then (negative: behind it)."""

    name: str
    is_scheduler: bool
    heartbeat_age_s: float | None
    clock_ahead_s: float | None


class WarningOut(Model):
    """Something that should be put right although requests are carried out: which worker, what,
    and what to do. `code`: `clock_differs`."""

    code: str
    worker: str
    message: str


class ReadinessOut(Model):
    """`ready` is what the status says too. The age of the scheduler's heartbeat is null when
    there is no scheduler: nothing runs on time then, but the API works. `warnings` do not change
    the status; clocks further apart than `clock_limit_s` are one."""

    ready: bool
    database: str
    schema_current: bool | None
    embedded: bool
    scheduler_heartbeat_age_s: float | None
    workers: list[WorkerOut]
    clock_limit_s: float
    warnings: list[WarningOut]


@bp.get("/healthz", responses={200: Health})
@access(Rule.PUBLIC)
def healthz() -> Response:
    """Answers as long as the process lives; asks nobody."""
    return jsonify(Health(status="ok").body())


@bp.get("/readyz", responses={200: ReadinessOut, 503: ReadinessOut})
@access(Rule.PUBLIC)
def readyz() -> Response:
    """Database, schema, scheduler and workers; 503 while requests cannot be carried out."""
    out = _readiness()
    response = jsonify(out.body())
    response.status_code = 200 if out.ready else 503
    return response


def _readiness() -> ReadinessOut:
    embedded = current_settings().postgres.is_embedded
    away = ReadinessOut(
        ready=False,
        database="away",
        schema_current=None,
        embedded=embedded,
        scheduler_heartbeat_age_s=None,
        workers=[],
        clock_limit_s=CLOCK_LIMIT_S,
        warnings=[],
    )
    if not state_of(current_app).opened.is_set():
        return away
    try:
        with unit_of_work() as session:
            found = health.check_readiness(session)
    except MetadataUnavailable as exc:
        log.debug("database_away", extra={"detail": exc.message})
        return away
    return ReadinessOut(
        ready=found.is_ready,
        database="ok",
        schema_current=found.is_ready,
        embedded=embedded,
        scheduler_heartbeat_age_s=found.scheduler_age_s,
        workers=[
            WorkerOut(
                name=w.name,
                is_scheduler=w.is_scheduler,
                heartbeat_age_s=w.age_s,
                clock_ahead_s=w.clock_ahead_s,
            )
            for w in found.workers
        ],
        clock_limit_s=CLOCK_LIMIT_S,
        warnings=[
            WarningOut(code="clock_differs", worker=w.name, message=w.clock_warning)
            for w in found.workers
            if w.clock_warning is not None
        ],
    )
