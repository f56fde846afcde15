"""Asking the gate before a run: let it in, put it back, or end it at the deadline."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.base import SessionTags
from connectors.registry import connector_for
from execution.context import ActiveRun
from execution.snapshot import JobSnapshot
from models import Run
from services import ledger, publication
from services.clock import database_now
from services.gates import MAX_UNITS, TIME_LIMIT_S, Gate, OpenUnit, kept, open_units
from services.ledger import AttemptKey, Failure
from services.movements import Movement
from vocabulary import ErrorClass, Reason, WaitingFor

log = logging.getLogger(__name__)

CANCELLED = Failure("cancelled", "The run was cancelled on request; the query was stopped.")


def pass_gate(
    run: ActiveRun,
    job: JobSnapshot | Movement,
    gate: Gate,
    *,
    persist: Callable[[Callable[[Session], bool]], bool],
) -> bool:
    """True when the run may go on. Else it waits again, and its worker is free; or it has ended.

    No transaction is open while the source is asked. Raises GateUnreadable, or a SourceError.
    """
    units = _ask(run, job, gate)
    return persist(lambda session: _decide(session, run.key, gate, units))


def _ask(run: ActiveRun, job: JobSnapshot | Movement, gate: Gate) -> list[OpenUnit]:
    with connector_for(job.spec.kind).open(
        job.spec,
        tags=SessionTags(job.job_name, run.key.run_id),
        time_limit_s=min(job.time_limit_s, TIME_LIMIT_S),
        time_zone=job.time_zone,
        binds=gate.dates,
    ) as source:
        run.attach(source)
        columns, rows = source.fetch(gate.sql, MAX_UNITS + 1)
        run.detach()
    return open_units(gate, columns, rows)


def _decide(session: Session, key: AttemptKey, gate: Gate, units: list[OpenUnit]) -> bool:
    session.execute(ledger.fenced(key).values(gate_units=kept(units)))
    if not units:
        return True
    now = database_now(session)
    again_at = gate.next_ask_at(now)
    told = gate.told(units)
    facts = {"parameter": gate.parameter_name, "open": len(units), "problem": told}
    if again_at is not None:
        _wait(session, key, again_at=again_at)
        log.info("gate_open", extra=facts | {"again_at": again_at})
        return False
    if gate.runs_anyway:
        publication.warn(session, key.run_id, told)
        log.warning("gate_passed_open", extra=facts)
        return True
    failure = Failure(
        "gate_open",
        f"{told} Nothing was read. Run the job again once they have closed.",
        ErrorClass.PERMANENT,
    )
    ledger.fail(session, key, failure, reason=Reason.GATE_OPEN)
    log.error("gate_stayed_open", extra=facts)
    return False


def _wait(session: Session, key: AttemptKey, *, again_at: datetime) -> None:
    """Give the worker's slot back; a run that somebody has cancelled meanwhile ends instead."""
    cancelled_by = session.scalar(
        select(Run.cancel_requested_by).where(Run.run_id == key.run_id).with_for_update()
    )
    if cancelled_by is None:
        ledger.put_back(session, key, WaitingFor.GATE, not_before=again_at)
    else:
        ledger.cancel(session, key, CANCELLED)
