"""Parameter sets as people see them: those of a job with their datasets, and those of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from models import Dataset, DatasetVersion, Run, RunSet
from services.runs import get_run
from vocabulary import RunState, SetState

_ENDED = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


@dataclass(frozen=True, slots=True)
class SetView:
    """A set of a job with the dataset that is its own, and how it stands in the newest run that
    had it."""

    label: str
    dataset_id: int
    dataset: str
    rows: int | None
    data_as_of: datetime | None
    run_id: int | None
    state: str | None
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class RunSetView:
    """A set of a run with the name of its dataset; its state as it is told."""

    row: RunSet
    dataset: str | None
    state: str


def sets_of_job(session: Session, job_id: int) -> Sequence[SetView]:
    """The sets a job has files of, by label; those of a query are known once it has run."""
    newest = (
        select(
            RunSet.run_id,
            RunSet.state,
            RunSet.error_code,
            RunSet.error_message,
            Run.state.label("of"),
        )
        .join(Run, Run.run_id == RunSet.run_id)
        .where(RunSet.dataset_id == Dataset.dataset_id, Run.job_id == job_id)
        .order_by(RunSet.run_id.desc())
        .limit(1)
        .lateral("newest")
    )
    found = session.execute(
        select(Dataset, DatasetVersion, newest)
        .outerjoin(DatasetVersion, DatasetVersion.version_id == Dataset.current_version_id)
        .outerjoin(newest, true())
        .where(Dataset.job_id == job_id, Dataset.set_label.is_not(None))
        .order_by(Dataset.set_label)
    )
    return [
        SetView(
            label=dataset.set_label or "",
            dataset_id=dataset.dataset_id,
            dataset=dataset.name,
            rows=version.rows if version else None,
            data_as_of=version.data_as_of if version else None,
            run_id=run_id,
            state=None if state is None else _told(state, of),
            error_code=code,
            error_message=message,
        )
        for dataset, version, run_id, state, code, message, of in found
    ]


def sets_of_run(session: Session, run_id: int) -> Sequence[RunSetView]:
    """The sets of a run in order; none for any other run. Raises RunNotFound."""
    run = get_run(session, run_id)
    found = session.execute(
        select(RunSet, Dataset.name)
        .outerjoin(Dataset, Dataset.dataset_id == RunSet.dataset_id)
        .where(RunSet.run_id == run_id)
        .order_by(RunSet.position)
    )
    return [RunSetView(row, name, _told(row.state, run.state)) for row, name in found]


def _told(state: str, of_run: str) -> str:
    """A set that an ended run did not come to, or was stopped in, has no state of its own."""
    is_open = state in (SetState.WAITING, SetState.RUNNING)
    return SetState.NOT_RUN if is_open and of_run in _ENDED else state
