"""Versions of jobs, and proposals: what a normal user saves waits for a moderator."""

from __future__ import annotations

from typing import Any, cast

from flask import Response

from metadb.engine import unit_of_work
from services import job_proposals, job_versions, jobs, lookup_secrets
from services.job_proposals import ProposalEmpty
from services.job_versions import differences
from services.jobs import JobFields
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.job_schemas import JobPath, JobUpdate
from webapi.job_version_schemas import (
    JobDiff,
    JobVersionDetail,
    JobVersionDiffQuery,
    JobVersionList,
    JobVersionOut,
    JobVersionPath,
    ProposalCreate,
    ProposalCreated,
    ProposalDecision,
    ProposalList,
    ProposalOut,
    ProposalPath,
    ProposalsQuery,
)
from webapi.resource import resource
from webapi.schemas import Message
from webapi.state import current_settings

bp = resource("job_versions", __name__, tag="jobs")


@bp.get("/api/jobs/<int:job_id>/versions", responses={200: JobVersionList})
@access(Rule.NORMAL)
def list_job_versions(path: JobPath) -> Response:
    """Every saved version of a job, newest first; of a deleted one, too."""
    with unit_of_work() as session:
        found = job_versions.list_versions(session, path.job_id)
        older = [*[one.definition for one in found[1:]], {}]
        items = [
            JobVersionOut(
                revision=version.revision,
                saved_at=version.saved_at,
                saved_by=version.saved_by,
                changed=[one.field for one in differences(before, version.definition)],
            )
            for version, before in zip(found, older, strict=False)
        ]
    return answer_list(items)


@bp.get("/api/jobs/<int:job_id>/versions/<int:revision>", responses={200: JobVersionDetail})
@access(Rule.NORMAL)
def get_job_version(path: JobVersionPath) -> Response:
    """One version, with everything it defines."""
    with unit_of_work() as session:
        found = job_versions.get_version(session, path.job_id, path.revision)
        return answer(JobVersionDetail.of(found))


@bp.get("/api/jobs/<int:job_id>/versions/<int:revision>/diff", responses={200: JobDiff})
@access(Rule.NORMAL)
def diff_job_versions(path: JobVersionPath, query: JobVersionDiffQuery) -> Response:
    """What changed from this version to another, or to the newest."""
    with unit_of_work() as session:
        before = job_versions.get_version(session, path.job_id, path.revision)
        if query.to is None:
            after = job_versions.newest_version(session, path.job_id) or before
        else:
            after = job_versions.get_version(session, path.job_id, query.to)
        return answer(JobDiff.between(before.definition, after.definition))


@bp.post("/api/jobs/<int:job_id>/versions/<int:revision>/restore", responses={200: Message})
@access(Rule.MODERATOR)
def restore_job_version(path: JobVersionPath) -> Response:
    """Save the job as it was; whether it is active stays, and it becomes a version of its own."""
    with unit_of_work() as session:
        found = job_versions.get_version(session, path.job_id, path.revision)
        fields = _fields({**found.definition, "job_status": None})
        changed = jobs.update_job(session, path.job_id, fields, settings=current_settings())
    return answer(Message(msg="updated" if changed else "no changes"))


@bp.post("/api/jobs/<int:job_id>/proposals", responses={201: ProposalCreated})
@access(Rule.NORMAL)
def propose_job_change(path: JobPath, body: ProposalCreate) -> Response:
    """Propose a change; nothing of the job changes before somebody else approves it."""
    changes = body.changes.model_dump(mode="json", exclude_unset=True, exclude={"revision"})
    if not changes:
        raise ProposalEmpty("The proposal changes nothing; name at least one field.")
    changes = lookup_secrets.sealed(changes, current_settings().backend.opening_keys)
    with unit_of_work() as session:
        proposal = job_proposals.propose(
            session, path.job_id, changes, proposed_by=actor().username, note=body.note
        )
        out = ProposalCreated(proposal_id=proposal.proposal_id)
    return answer(out, 201, location=f"/api/proposals?job_id={path.job_id}")


@bp.get("/api/proposals", responses={200: ProposalList})
@access(Rule.NORMAL)
def list_proposals(query: ProposalsQuery) -> Response:
    """Proposals with what each would change, the newest first."""
    with unit_of_work() as session:
        found = job_proposals.list_proposals(session, state=query.state, job_id=query.job_id)
        items = [
            ProposalOut.of(proposal, name, job_proposals.base_of(session, proposal))
            for proposal, name in found
        ]
    return answer_list(items)


@bp.post("/api/proposals/<int:proposal_id>/approve", responses={200: Message})
@access(Rule.MODERATOR)
def approve_proposal(path: ProposalPath, body: ProposalDecision) -> Response:
    """Carry a proposal of somebody else out; the rules of a job are asked now."""
    name = actor().username
    with unit_of_work() as session:
        proposal = job_proposals.open_for_approval(session, path.proposal_id, decided_by=name)
        fields = _fields(proposal.changes)
        jobs.update_job(session, proposal.job_id, fields, settings=current_settings())
        job_proposals.close(proposal, "approved", decided_by=name, note=body.note)
    return answer(Message(msg="approved"))


@bp.post("/api/proposals/<int:proposal_id>/refuse", responses={200: Message})
@access(Rule.MODERATOR)
def refuse_proposal(path: ProposalPath, body: ProposalDecision) -> Response:
    """Leave the job as it is."""
    with unit_of_work() as session:
        job_proposals.refuse(session, path.proposal_id, decided_by=actor().username, note=body.note)
    return answer(Message(msg="refused"))


def _fields(stored: dict[str, Any]) -> JobFields:
    """Stored fields as the request that saves them; one that is None in job_status stays out."""
    sent = {k: v for k, v in stored.items() if not (k == "job_status" and v is None)}
    return cast("JobFields", JobUpdate.model_validate(sent).given())
