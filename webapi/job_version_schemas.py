"""Requests and responses of versions and proposals of jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, RootModel, StringConstraints

from models import JobProposal, JobVersion
from services.job_proposals import STATES
from services.job_versions import Definition, differences, sql_difference
from webapi.job_schemas import JobUpdate
from webapi.schemas import Model, OptionalInt

Note = Annotated[str, StringConstraints(max_length=2000)]


class JobVersionPath(Model):
    """A version of a job by the revision it was saved as."""

    job_id: int
    revision: int


class JobVersionOut(Model):
    """A saved version; `changed` names the fields that differ from the one before."""

    revision: int
    saved_at: datetime
    saved_by: str | None
    changed: list[str]


class JobVersionList(RootModel[list[JobVersionOut]]):
    """Versions of a job, newest first."""


class JobVersionDetail(Model):
    """A version as a request that would save it again."""

    revision: int
    saved_at: datetime
    saved_by: str | None
    definition: dict[str, Any]

    @classmethod
    def of(cls, version: JobVersion) -> Self:
        return cls(**{name: getattr(version, name) for name in cls.model_fields})


class JobVersionDiffQuery(Model):
    """With which version to compare; absent: with the newest."""

    to: OptionalInt = None


class FieldDiff(Model):
    """One field that differs."""

    field: str
    before: Any
    after: Any


class JobDiff(Model):
    """What differs; `sql` compares the queries line by line, as a unified diff."""

    fields: list[FieldDiff]
    sql: str

    @classmethod
    def between(cls, before: Definition, after: Definition) -> Self:
        fields = [
            FieldDiff(field=found.field, before=found.before, after=found.after)
            for found in differences(before, after)
        ]
        return cls(fields=fields, sql=sql_difference(before, after))


class ProposalPath(Model):
    """A proposal by number."""

    proposal_id: int


class ProposalCreate(Model):
    """Fields of the job to change, as in the request that would change them, and a word why."""

    changes: JobUpdate
    note: Note | None = None


class ProposalCreated(Model):
    """The number of the new proposal."""

    proposal_id: int


class ProposalDecision(Model):
    """A word about the decision."""

    note: Note | None = None


class ProposalsQuery(Model):
    """Which proposals."""

    state: Annotated[str | None, Field(pattern="|".join(STATES))] = None
    job_id: OptionalInt = None


class ProposalOut(Model):
    """A proposal with what it would change of the job as it was."""

    proposal_id: int
    job_id: int
    job_name: str
    base_revision: int
    state: str
    note: str | None
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str | None
    diff: JobDiff

    @classmethod
    def of(cls, proposal: JobProposal, job_name: str, base: Definition) -> Self:
        # Whoever switches a new job on must see all of it: it is compared with nothing.
        is_new = proposal.base_revision == 1 and set(proposal.changes) <= {"job_status"}
        diff = JobDiff.between({} if is_new else base, {**base, **proposal.changes})
        members = {
            name: getattr(proposal, name)
            for name in cls.model_fields
            if name not in ("job_name", "diff")
        }
        return cls(job_name=job_name, diff=diff, **members)


class ProposalList(RootModel[list[ProposalOut]]):
    """Proposals, the newest first."""
