"""Definitions of jobs as a file: out of one installation, into the same or another."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from metadb.engine import undone_work, unit_of_work
from services.definition_export import exported
from services.definition_import import DefinitionImport, Importer, refuse_unless_all
from webapi.access import Rule, access, actor
from webapi.answers import answer
from webapi.definition_schemas import (
    DefinitionImportIn,
    DefinitionOutcome,
    DefinitionOutcomes,
    Definitions,
    DefinitionsQuery,
    JobBody,
)
from webapi.resource import resource
from webapi.state import current_settings

bp = resource("definitions", __name__, tag="jobs")

FILE_NAME = "jobs.json"


@bp.get("/api/jobs/definitions", responses={200: Definitions})
@access(Rule.NORMAL)
def export_definitions(query: DefinitionsQuery) -> Response:
    """Jobs as a file to keep and to import; the same jobs make the same bytes."""
    with unit_of_work() as session:
        text = exported(session, query.job_id, JobBody())
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return response


@bp.post("/api/jobs/definitions/dry-run", responses={200: DefinitionOutcomes})
@access(Rule.NORMAL)
def try_definitions(body: Definitions) -> Response:
    """What importing each job of a file would do; nothing is saved."""
    jobs = body.checked()
    with undone_work() as session:
        entries = _import(session).carry_out(jobs)
        out = [DefinitionOutcome.of(entry, is_saved=False) for entry in entries]
    return answer(DefinitionOutcomes(proposed=not actor().is_moderator, jobs=out))


@bp.post("/api/jobs/definitions", responses={200: DefinitionOutcomes})
@access(Rule.NORMAL)
def import_definitions(body: DefinitionImportIn) -> Response:
    """Save the chosen jobs of a file, all of them or none; nothing is ever deleted."""
    jobs = body.checked()
    chosen = None if body.chosen is None else [one.chosen() for one in body.chosen]
    with unit_of_work() as session:
        entries = _import(session).carry_out(jobs, chosen)
        refuse_unless_all(entries)
        out = [DefinitionOutcome.of(entry, is_saved=True) for entry in entries]
    return answer(DefinitionOutcomes(proposed=not actor().is_moderator, jobs=out))


def _import(session: Session) -> DefinitionImport:
    who = actor()
    importer = Importer(user_id=who.user_id, username=who.username, may_change=who.is_moderator)
    return DefinitionImport(
        session=session, form=JobBody(), importer=importer, settings=current_settings()
    )
