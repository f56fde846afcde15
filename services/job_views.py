"""A job as people see it: with the last run and the dataset it publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, load_only, selectinload

from models import Dataset, Job, Run
from services.dependencies import Dependency, followed_by_job, followers_of
from services.runs import JobNotFound
from services.timetables import read_slots, stored_slots
from timing.slots import Schedule

# What a list shows of a run; reading anything else of it is an error.
LAST_RUN = (
    Run.run_id,
    Run.state,
    Run.reason,
    Run.trigger,
    Run.due_at,
    Run.started_at,
    Run.finished_at,
    Run.rows,
    Run.error_code,
)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with connection loaded, its newest run in short, the name of its dataset, its slots."""

    job: Job
    last_run: Run | None
    dataset_name: str | None
    slots: Schedule
    after: Sequence[Dependency] = ()
    followed_by: Sequence[Dependency] = ()


def view_job(session: Session, job_id: int) -> JobView:
    """Raises JobNotFound."""
    row = session.execute(_query().where(Job.job_id == job_id)).first()
    if row is None:
        raise JobNotFound(f"There is no job with the number {job_id}.")
    after = followed_by_job(session, [job_id]).get(job_id, ())
    slots = read_slots(stored_slots(session, job_id).get(job_id, ""))
    followed_by = followers_of(session, job_id)
    return JobView(row[0], row[1], row[2], slots, after=after, followed_by=followed_by)


def _query() -> Select[Job, Run | None, str | None]:
    """One index look-up finds its newest run, however long the ledger is; those of a backfill are
    told apart from it."""
    newest = (
        select(Run.run_id)
        .where(Run.job_id == Job.job_id, Run.backfill_id.is_(None))
        .order_by(Run.run_id.desc())
        .limit(1)
        .correlate(Job)
        .scalar_subquery()
    )
    query: Select[Job, Run | None, str | None] = (
        select(Job, Run, Dataset.name)
        .outerjoin(Run, Run.run_id == newest)
        .outerjoin(Dataset, and_(Dataset.job_id == Job.job_id, Dataset.set_label.is_(None)))
        .options(
            selectinload(Job.connection),
            selectinload(Job.targets),
            load_only(*LAST_RUN, raiseload=True),
        )
    )
    return query
