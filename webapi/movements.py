"""Jobs that move tables, before they do: what a run would insert, update and delete."""

from __future__ import annotations

from flask import Response

from metadb.engine import unit_of_work
from services import dry_runs, lookup_trials, movements
from services.movements import Proposal
from transfer.definition import lookup_of, source_of
from vocabulary import JobKind
from webapi.access import Rule, access
from webapi.answers import answer
from webapi.fair_shares import asking_others
from webapi.movement_schemas import (
    DryRunIn,
    DryRunOut,
    DryRunTable,
    LookUpTrialIn,
    LookUpTrialOut,
)
from webapi.resource import resource
from webapi.state import current_settings

bp = resource("movements", __name__)


@bp.post("/api/movements/dry-run", responses={200: DryRunOut})
@access(Rule.MODERATOR)
def dry_run(body: DryRunIn) -> Response:
    """Count what a run of this job would do now, within two minutes; nothing is changed."""
    proposal = Proposal(
        JobKind(body.job_kind),
        body.connection_id,
        body.target_connection_id,
        body.movement,
        body.days_offset,
        body.last_data_date,
        body.calendar_id,
    )
    with unit_of_work() as session:
        job = movements.proposed(session, proposal, current_settings())
    with asking_others():
        found = dry_runs.dry_run(job)
    return answer(
        DryRunOut(
            tables=[
                DryRunTable(**{name: getattr(each, name) for name in DryRunTable.model_fields})
                for each in found
            ]
        )
    )


@bp.post("/api/movements/look-up", responses={200: LookUpTrialOut})
@access(Rule.MODERATOR)
def try_look_up(body: LookUpTrialIn) -> Response:
    """Ask the service of a look-up once, with one row; nothing is written."""
    lookup = lookup_of(body.lookup)
    table = source_of(body.table) if body.table is not None else None
    with unit_of_work() as session:
        trial = lookup_trials.prepared(
            session,
            lookup,
            connection_id=body.connection_id,
            table=table,
            values=body.values,
            settings=current_settings(),
        )
    with asking_others():
        tried = lookup_trials.try_look_up(trial)
    return answer(
        LookUpTrialOut(**{name: getattr(tried, name) for name in LookUpTrialOut.model_fields})
    )
