"""Four eyes: what somebody without the right to change jobs proposes, and who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from models import Job, JobProposal, JobVersion
from services.job_versions import Definition, keep_first_version
from services.jobs import get_job

STATES = ("waiting", "approved", "refused")


class ProposalNotFound(AutomacaoError):
    """No proposal has this number."""

    code = "proposal_not_found"
    status = 404


class ProposalDecided(AutomacaoError):
    """Somebody has decided already."""

    code = "proposal_decided"
    status = 409


class ProposalOutdated(AutomacaoError):
    """The job was saved after the proposal was made."""

    code = "proposal_outdated"
    status = 409


class OwnProposal(AutomacaoError):
    """Nobody approves what they proposed themselves."""

    code = "own_proposal"
    status = 403


class ProposalEmpty(AutomacaoError):
    """The proposal changes nothing."""

    code = "proposal_empty"
    status = 422


def propose(
    session: Session,
    job_id: int,
    changes: Mapping[str, Any],
    *,
    proposed_by: str,
    note: str | None = None,
) -> JobProposal:
    """Write a proposal that waits; `changes` are fields of a request that saves the job.

    Raises JobNotFound.
    """
    job = get_job(session, job_id, lock=True)
    keep_first_version(session, job)
    proposal = JobProposal(
        job_id=job_id,
        base_revision=job.revision,
        changes=dict(changes),
        note=note,
        proposed_by=proposed_by,
    )
    session.add(proposal)
    session.flush()
    return proposal


def list_proposals(
    session: Session, *, state: str | None = None, job_id: int | None = None
) -> Sequence[tuple[JobProposal, str]]:
    """Proposals with the names of their jobs, the newest first; 200 at most."""
    query = select(JobProposal, Job.job_name).join(Job, Job.job_id == JobProposal.job_id)
    if state is not None:
        query = query.where(JobProposal.state == state)
    if job_id is not None:
        query = query.where(JobProposal.job_id == job_id)
    found = session.execute(query.order_by(JobProposal.proposal_id.desc()).limit(200)).all()
    return [(proposal, name) for proposal, name in found]


def get_proposal(session: Session, proposal_id: int, *, lock: bool = False) -> JobProposal:
    """Raises ProposalNotFound."""
    found = session.get(JobProposal, proposal_id, with_for_update=lock or None)
    if found is None:
        raise ProposalNotFound(f"There is no proposal with the number {proposal_id}.")
    return found


def base_of(session: Session, proposal: JobProposal) -> Definition:
    """The job as it was when the proposal was made."""
    found = session.get(JobVersion, (proposal.job_id, proposal.base_revision))
    return {} if found is None else found.definition


def open_for_approval(session: Session, proposal_id: int, *, decided_by: str) -> JobProposal:
    """The proposal, locked, with its job as it was proposed on.

    Raises ProposalNotFound, ProposalDecided, OwnProposal or ProposalOutdated.
    """
    proposal = _waiting(session, proposal_id)
    if proposal.proposed_by == decided_by:
        raise OwnProposal("Nobody approves their own proposal; ask somebody else.")
    job = get_job(session, proposal.job_id, lock=True)
    if job.revision != proposal.base_revision:
        raise ProposalOutdated(
            f"The job was saved since: it is at revision {job.revision}, the proposal changes "
            f"revision {proposal.base_revision}. Refuse it, and have it made again."
        )
    return proposal


def refuse(session: Session, proposal_id: int, *, decided_by: str, note: str | None) -> None:
    """Raises ProposalNotFound or ProposalDecided; one's own may be taken back so."""
    close(_waiting(session, proposal_id), "refused", decided_by=decided_by, note=note)
    session.flush()


def close(proposal: JobProposal, state: str, *, decided_by: str, note: str | None) -> None:
    """Write down the decision."""
    proposal.state, proposal.decided_by, proposal.decision_note = state, decided_by, note
    proposal.decided_at = func.clock_timestamp()


def _waiting(session: Session, proposal_id: int) -> JobProposal:
    proposal = get_proposal(session, proposal_id, lock=True)
    if proposal.state != "waiting":
        raise ProposalDecided(
            f"The proposal was {proposal.state} by {proposal.decided_by} already."
        )
    return proposal
