"""The list of all jobs as plain rows: with ten thousand of them, objects cost seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, select, true
from sqlalchemy.orm import Session

from models import Connection, Dataset, Job, JobTarget, Run
from services.dependencies import Dependency, followed_by_job
from services.tags import with_tags
from services.timetables import read_slots, stored_slots
from timing.slots import Schedule

# So few are there at a time that the collector of garbage does not look through all of them.
AT_ONCE = 500


class ListedJob(NamedTuple):
    """A job by the names of its columns, and what belongs to it. `last_run`: by those of `Run`;
    None: it never ran. `targets`: [(target_id, path), ...]."""

    job: dict[str, object]
    connection_name: str | None
    dataset_name: str | None
    last_run: Mapping[str, object] | None
    slots: Schedule
    after: Sequence[Dependency]
    targets: Sequence[tuple[int, str]]


def list_jobs(
    session: Session,
    *,
    columns: Collection[str],
    run_columns: Collection[str],
    tags: Collection[str] = (),
) -> Iterator[Sequence[ListedJob]]:
    """Every job that has all of these tags, by name, some at a time; of it and of its newest run
    these columns alone are read."""
    names, run_names = ["job_id", *columns], ["run_id", *run_columns]
    after = followed_by_job(session)
    slots = stored_slots(session)
    targets = _targets(session)
    nothing: Sequence[Any] = ()
    for rows in _rows(session, names, run_names, with_tags(session, tags)):
        yield [
            ListedJob(
                dict(zip(names, row, strict=False)),
                row[-2],
                row[-1],
                None if (run := row[len(names) : -2])[0] is None else _named(run_names, run),
                read_slots(slots.get(row[0], "")),
                after.get(row[0], nothing),
                targets.get(row[0], nothing),
            )
            for row in rows
        ]


def _named(names: Sequence[str], values: Sequence[object]) -> Mapping[str, object]:
    return dict(zip(names, values, strict=True))


def _rows(
    session: Session,
    names: Sequence[str],
    run_names: Sequence[str],
    chosen: Sequence[ColumnElement[bool]],
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """Columns of the job, of its newest run, the names of its connection and dataset.

    One index look-up a job finds its newest run, however long the ledger is; those of a backfill
    are told apart from it.
    """
    job, run = Job.__table__.c, Run.__table__.c
    newest = (
        select(*(run[name] for name in run_names))
        .where(run.job_id == job.job_id, run.backfill_id.is_(None))
        .order_by(run.run_id.desc())
        .limit(1)
        .lateral("newest")
    )
    query = (
        select(
            *(job[name] for name in names),
            *newest.c,
            Connection.__table__.c.name,
            Dataset.__table__.c.name,
        )
        .select_from(Job.__table__)
        .outerjoin(newest, true())
        .outerjoin(Connection.__table__, Connection.connection_id == job.connection_id)
        .outerjoin(
            Dataset.__table__, and_(Dataset.job_id == job.job_id, Dataset.set_label.is_(None))
        )
        .where(*chosen)
        .order_by(job.job_name, job.job_id)
    )
    return session.connection().execute(query).partitions(AT_ONCE)


def _targets(session: Session) -> dict[int, list[tuple[int, str]]]:
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = session.execute(select(JobTarget.job_id, JobTarget.target_id, JobTarget.path))
    for job_id, target_id, path in rows:
        found[job_id].append((target_id, path))
    return found
