"""Jobs as a file of definitions: no number, secret, moment or state of this installation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models import Job, JobDependency, JobTarget
from services.definition_file import file_text, in_lines
from services.definition_form import BodyForm, written
from services.definition_names import Body, Names
from services.job_versions import own_definition
from services.runs import JobNotFound


def exported(session: Session, job_ids: Collection[int], form: BodyForm) -> str:
    """The file with these jobs, none named: all, by name; the same bytes each time.

    Raises JobNotFound.
    """
    query = select(Job).options(selectinload(Job.slots)).order_by(Job.job_name, Job.job_id)
    jobs = session.scalars(query.where(Job.job_id.in_(job_ids)) if job_ids else query).all()
    missing = sorted({*job_ids} - {job.job_id for job in jobs})
    if missing:
        raise JobNotFound(f"There is no job with the number {missing[0]}.")
    after, targets = _after(session), _targets(session)
    names = Names(session)
    bodies = [
        written(
            own_definition(job) | {"after": after[job.job_id], "targets": targets[job.job_id]},
            names,
            form,
        )
        for job in jobs
    ]
    bodies.sort(key=lambda body: str(body["job_name"]))  # not by the rules of some language
    return file_text([in_lines(body) for body in bodies])


def _after(session: Session) -> defaultdict[int, list[Body]]:
    found: defaultdict[int, list[Body]] = defaultdict(list)
    for row in session.scalars(select(JobDependency)):
        found[row.job_id].append({"job_id": row.after_job_id, "condition": row.condition})
    return found


def _targets(session: Session) -> defaultdict[int, list[Body]]:
    found: defaultdict[int, list[Body]] = defaultdict(list)
    for row in session.scalars(select(JobTarget)):
        found[row.job_id].append({"target_id": row.target_id, "path": row.path})
    return found
