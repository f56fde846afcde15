"""Every saved version of a job: kept, compared, and as fields to save again."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from metadb.acting import current_actor
from models import Job, JobDependency, JobTarget, JobVersion
from services.timetables import schedule_of

# What a job has that nobody decides when saving it, and what goes on by itself.
NOT_DEFINED = frozenset(
    {
        "job_id", "revision", "planned_until", "next_due_at", "schedule_since", "paused_at",
        "paused_by", "last_data_date", "created_by_id", "created_at", "updated_at",
    }
)  # fmt: skip
SQL_FIELD = "sql_script"

Definition = Mapping[str, Any]


class JobVersionNotFound(AutomacaoError):
    """The job was never saved at this revision, or before versions were kept."""

    code = "job_version_not_found"
    status = 404


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that differs."""

    field: str
    before: Any
    after: Any


def keep_version(session: Session, job: Job) -> None:
    """Keep the job as it is now saved, by whoever acts; `job.slots` must be loaded."""
    values = {"saved_by": current_actor(), "definition": definition_of(session, job)}
    table = cast("Table", JobVersion.__table__)
    session.execute(
        insert(table)
        .values(job_id=job.job_id, revision=job.revision, **values)
        .on_conflict_do_update(constraint=table.primary_key, set_=values)
    )


def keep_first_version(session: Session, job: Job) -> None:
    """Keep the job as it is before its first change since versions are kept."""
    there = select(JobVersion.revision).where(
        JobVersion.job_id == job.job_id, JobVersion.revision == job.revision
    )
    if session.scalar(there) is None:
        with session.no_autoflush:
            keep_version(session, job)


def definition_of(session: Session, job: Job) -> dict[str, Any]:
    """The job as a request that saves it again, in values JSON knows; its slots must be loaded."""
    followed = session.execute(
        select(JobDependency.after_job_id, JobDependency.condition)
        .where(JobDependency.job_id == job.job_id)
        .order_by(JobDependency.after_job_id)
    )
    after = [{"job_id": number, "condition": word} for number, word in followed]
    targets = session.execute(
        select(JobTarget.target_id, JobTarget.path)
        .where(JobTarget.job_id == job.job_id)
        .order_by(JobTarget.target_id)
    )
    places = [{"target_id": number, "path": path} for number, path in targets]
    return own_definition(job) | {"after": after, "targets": places}


def own_definition(job: Job) -> dict[str, Any]:
    """What definition_of says, without what lies in tables of its own."""
    names = {attribute.key for attribute in Job.__mapper__.column_attrs} - NOT_DEFINED
    found = {name: _plain(getattr(job, name)) for name in names}
    schedule = schedule_of(job)
    texts = schedule.detail_form()
    return found | {"schedule": {**texts, "slots": schedule.slots_form()}}


def list_versions(session: Session, job_id: int) -> Sequence[JobVersion]:
    """Newest first; also of a job that was deleted."""
    return session.scalars(
        select(JobVersion).where(JobVersion.job_id == job_id).order_by(JobVersion.revision.desc())
    ).all()


def get_version(session: Session, job_id: int, revision: int) -> JobVersion:
    """Raises JobVersionNotFound."""
    found = session.get(JobVersion, (job_id, revision))
    if found is None:
        raise JobVersionNotFound(f"The job {job_id} has no kept version {revision}.")
    return found


def newest_version(session: Session, job_id: int) -> JobVersion | None:
    newest = select(func.max(JobVersion.revision)).where(JobVersion.job_id == job_id)
    revision = session.scalar(newest)
    return None if revision is None else session.get(JobVersion, (job_id, revision))


def differences(before: Definition, after: Definition) -> list[FieldDifference]:
    """What differs, by name; a field that one of them does not know counts as empty."""
    return [
        FieldDifference(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if _or_none(before.get(name)) != _or_none(after.get(name))
    ]


def sql_difference(before: Definition, after: Definition) -> str:
    """The queries compared line by line (unified diff); empty when they are the same."""
    old, new = (str(one.get(SQL_FIELD) or "").splitlines() for one in (before, after))
    return "\n".join(difflib.unified_diff(old, new, "before", "after", lineterm="", n=3))


def _or_none(value: object) -> object:
    """Nothing in a list is nothing."""
    return None if value == [] else value


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
