"""Jobs of the existing system get what jobs of this one have, a few in each transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import Dataset, Job
from services import datasets

log = logging.getLogger(__name__)

AT_ONCE = 50
# Serialises processes that adopt at the same moment.
LOCK_KEY = 7_426_091_505

_CONNECT = text("""
update jobs_he j set connection_id = c.connection_id
from connections c
where c.name = :name and j.connection_id is null
  and not exists (select from datasets d where d.job_id = j.job_id)
""")


def connect_jobs(session: Session, connection_name: str) -> None:
    """Jobs without a connection and a dataset get the connection of this name, if there is one."""
    session.execute(_CONNECT, {"name": connection_name})


def adopt_jobs(settings: Settings, *, is_over: Callable[[], bool], after: int = 0) -> int | None:
    """Give jobs with numbers above `after` their datasets until `is_over()` says so.

    Opens its own transactions. Returns the number of the last job that was looked at; None: all
    were. A job whose folder is not allowed, or whose file another job already owns, stays without
    a dataset: its run says so and what to do.
    """
    while not is_over():
        with unit_of_work() as session:
            session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            jobs = _without_dataset(session, after)
            for job in jobs:
                _adopt(session, job, settings)
                after = job.job_id
        if len(jobs) < AT_ONCE:
            return None
    return after


def _without_dataset(session: Session, after: int) -> Sequence[Job]:
    return session.scalars(
        select(Job)
        .outerjoin(Dataset, Dataset.job_id == Job.job_id)
        .where(Dataset.dataset_id.is_(None), Job.parameter_sets.is_(None), Job.job_id > after)
        .order_by(Job.job_id)
        .limit(AT_ONCE)
    ).all()


def _adopt(session: Session, job: Job, settings: Settings) -> None:
    problem = datasets.try_attach(session, job, settings.paths.export_roots)
    if problem is not None:
        log.warning("job_without_target", extra={"job_id": job.job_id, "problem": problem.message})
