"""Parameter sets: those a job has files of, those of a run, and trying a query for them."""

from __future__ import annotations

import time

from flask import Response

from datafiles.set_names import name_of_set
from metadb.engine import unit_of_work
from services import job_kinds, job_rules, jobs, previews, runs, set_answers, set_views
from services.parameter_set_rules import in_form
from services.parameter_sets import ParameterSets
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.fair_shares import asking_others
from webapi.job_schemas import JobPath
from webapi.parameter_set_schemas import (
    ChosenSets,
    FoundSet,
    FoundSets,
    JobSetList,
    JobSetOut,
    QueryParameter,
    RunSetList,
    RunSetOut,
)
from webapi.query_sources import PlanIn, source_of
from webapi.resource import resource
from webapi.run_schemas import RunOut, RunPath
from webapi.schemas import Name

bp = resource("parameter_sets", __name__)


class SetsPreviewIn(PlanIn):
    """A query for the sets, in `sql_script`, that need not be saved."""

    parameters: list[QueryParameter]
    export_name: Name = ""


@bp.get("/api/jobs/<int:job_id>/sets", responses={200: JobSetList})
@access(Rule.NORMAL)
def list_job_sets(path: JobPath) -> Response:
    """The sets a job has files of, each with its dataset and how it stands."""
    with unit_of_work() as session:
        jobs.get_job(session, path.job_id)
        found = set_views.sets_of_job(session, path.job_id)
        return answer_list([JobSetOut.of(view) for view in found])


@bp.post("/api/jobs/<int:job_id>/sets/runs", responses={202: RunOut})
@access(Rule.MODERATOR)
def run_job_sets(path: JobPath, body: ChosenSets) -> Response:
    """Run a job now for some of its sets; the files of the others stay as they are."""
    with unit_of_work() as session:
        job = jobs.get_job(session, path.job_id)
        job_rules.check_runnable(job)
        job_kinds.check_kind(job)
        run = runs.enqueue_run(
            session, path.job_id, requested_by=actor().username, chosen_sets=body.labels
        )
        out = RunOut.of(run, {})
    return answer(out, 202, location=f"/api/runs/{out.run_id}")


@bp.get("/api/runs/<int:run_id>/sets", responses={200: RunSetList})
@access(Rule.NORMAL)
def list_run_sets(path: RunPath) -> Response:
    """How far each set of a run is; empty for a run without any, or before it knows them."""
    with unit_of_work() as session:
        found = set_views.sets_of_run(session, path.run_id)
        return answer_list([RunSetOut.of(view) for view in found])


@bp.post("/api/preview/sets", responses={200: FoundSets})
@access(Rule.MODERATOR)
def preview_sets(body: SetsPreviewIn) -> Response:
    """The sets that a query answers with now, and how their files would be called."""
    wanted = {
        "parameters": [one.model_dump() for one in body.parameters],
        "query": body.sql_script,
    }
    found = ParameterSets.of(in_form(wanted))
    spec, dates, zone = source_of(body)
    started = time.monotonic()
    with asking_others():
        columns, rows = previews.fetch_sets(spec, body.sql_script, time_zone=zone, binds=dates)
    sets = set_answers.sets_in(found, columns, rows)
    return answer(
        FoundSets(
            sets=[
                FoundSet(
                    label=one.label,
                    values=dict(one.values),
                    file_name=name_of_set(body.export_name, one.label, one.values),
                )
                for one in sets
            ],
            total=len(sets),
            elapsed_ms=round((time.monotonic() - started) * 1000),
        )
    )
