"""By when new data of a dataset are expected, and whether they are there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from auxiliares import AutomacaoError
from models import Dataset, DatasetVersion, Job
from services.business_calendars import Calendars, calendars_of
from services.clock import database_now
from services.timetables import plannable, zone_of
from services.versions import get_dataset
from timing.expectations import Judgement, judge

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DatasetState:
    """A dataset with its current version, if there is one; no judgement without an expectation."""

    dataset: Dataset
    version: DatasetVersion | None
    job: Job | None
    judgement: Judgement | None


def dataset_states(session: Session, *, default_zone: str) -> list[DatasetState]:
    """Every dataset that is published or expected, by name."""
    return _states(session, default_zone, None)


def dataset_state(session: Session, dataset_id: int, *, default_zone: str) -> DatasetState:
    """One dataset. Raises DatasetNotFound."""
    get_dataset(session, dataset_id)
    return _states(session, default_zone, dataset_id)[0]


def expect_by(session: Session, dataset_id: int, expected_by: time | None) -> Dataset:
    """Say by when new data must be there; None: no more. Raises DatasetNotFound."""
    dataset = get_dataset(session, dataset_id)
    dataset.expected_by = expected_by
    session.flush()
    log.info(
        "expectation_changed",
        extra={"dataset": dataset.name, "expected_by": expected_by and f"{expected_by:%H:%M}"},
    )
    return dataset


def _states(session: Session, default_zone: str, dataset_id: int | None) -> list[DatasetState]:
    now = database_now(session)
    query = (
        select(Dataset, DatasetVersion, Job)
        .outerjoin(DatasetVersion, DatasetVersion.version_id == Dataset.current_version_id)
        .outerjoin(Job, Job.job_id == Dataset.job_id)
        .order_by(Dataset.name)
        .options(selectinload(Job.slots))
    )
    if dataset_id is not None:
        query = query.where(Dataset.dataset_id == dataset_id)
    else:
        is_known = or_(Dataset.current_version_id.is_not(None), Dataset.expected_by.is_not(None))
        query = query.where(is_known)
    found: Sequence[tuple[Dataset, DatasetVersion | None, Job | None]] = [
        (dataset, version, job) for dataset, version, job in session.execute(query)
    ]
    calendars = calendars_of(session, [job for _, _, job in found if job is not None])
    return [
        DatasetState(
            dataset, version, job, _judged(dataset, version, job, default_zone, calendars, now)
        )
        for dataset, version, job in found
    ]


def _judged(
    dataset: Dataset,
    version: DatasetVersion | None,
    job: Job | None,
    default_zone: str,
    calendars: Calendars,
    now: datetime,
) -> Judgement | None:
    if dataset.expected_by is None:
        return None
    return judge(
        plannable(job, default_zone, calendars) if job is not None else None,
        _zone(job, default_zone),
        dataset.expected_by,
        data_as_of=version.data_as_of if version is not None else None,
        now=now,
    )


def _zone(job: Job | None, default_zone: str) -> ZoneInfo:
    try:
        return zone_of(job, default_zone) if job is not None else ZoneInfo(default_zone)
    except AutomacaoError:  # typed past the API
        return ZoneInfo(default_zone)
