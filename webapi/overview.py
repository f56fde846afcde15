"""The home page in one answer, and datasets with what is known of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from flask import Response
from pydantic import RootModel

from metadb.engine import unit_of_work
from models import DatasetVersion
from services import freshness, health, notifications, overview
from services.freshness import DatasetState
from services.use import DatasetUses, dataset_uses
from webapi.access import Rule, access
from webapi.answers import answer, answer_list
from webapi.dataset_fact_schemas import FreshnessOut, UseOut
from webapi.notification_schemas import NotificationOut
from webapi.resource import resource
from webapi.run_schemas import RunOut
from webapi.schemas import Model
from webapi.state import current_settings

bp = resource("overview", __name__)


class PlannedOut(Model):
    """An occurrence still to come today."""

    job_id: int
    job_name: str
    due_at: datetime


class OverviewOut(Model):
    """`failed`: last run of its job, and failed; `late`: due over a minute ago and waiting;
    `today` and `planned`: this day's occurrences in `time_zone`, past and to come;
    `failed_notifications`: given up within a week."""

    now: datetime
    time_zone: str
    day_start: datetime
    day_end: datetime
    states_today: dict[str, int]
    failed: list[RunOut]
    late: list[RunOut]
    running: list[RunOut]
    oldest_queued_at: datetime | None
    today: list[RunOut]
    planned: list[PlannedOut]
    failed_notifications: list[NotificationOut]
    active_jobs: int
    inactive_jobs: int


class DatasetOut(UseOut):
    """A dataset and its current version."""

    dataset_id: int
    name: str
    job_id: int | None
    job_name: str | None
    job_status: str | None
    next_due_at: datetime | None
    version: int
    run_id: int | None
    rows: int
    size_bytes: int
    sha256: str
    columns: list[dict[str, Any]]
    data_as_of: datetime
    published_at: datetime
    target_path: str

    @classmethod
    def of(cls, state: DatasetState, version: DatasetVersion, uses: DatasetUses) -> Self:
        dataset, job = state.dataset, state.job
        return cls(
            dataset_id=dataset.dataset_id,
            name=dataset.name,
            job_id=dataset.job_id,
            job_name=job.job_name if job else None,
            job_status=job.job_status if job else None,
            next_due_at=job.next_due_at if job else None,
            version=version.version_id,
            run_id=version.run_id,
            rows=version.rows,
            size_bytes=version.size_bytes,
            sha256=version.sha256,
            columns=version.columns,
            data_as_of=version.data_as_of,
            published_at=version.published_at,
            target_path=version.target_path,
            **FreshnessOut.members(state),
            **UseOut.use_members(uses.of(dataset.name, dataset.created_at)),
        )


class DatasetList(RootModel[list[DatasetOut]]):
    """By name."""


@bp.get("/api/overview", responses={200: OverviewOut})
@access(Rule.NORMAL)
def get_overview() -> Response:
    """What needs attention, and this day."""
    zone = current_settings().scheduler.time_zone
    with unit_of_work() as session:
        found = overview.get_overview(session, time_zone=zone)
        groups = (found.failed, found.late, found.running, found.today)
        names = health.worker_names(session, {run.worker_id for group in groups for run in group})
        unsent = [NotificationOut.of(each) for each in notifications.failed_lately(session)]
        failed, late, running, today = ([RunOut.of(r, names) for r in group] for group in groups)
    return answer(
        OverviewOut(
            now=found.now,
            time_zone=zone,
            day_start=found.day_start,
            day_end=found.day_end,
            states_today=found.states_today,
            failed=failed,
            late=late,
            running=running,
            oldest_queued_at=found.oldest_queued_at,
            today=today,
            planned=[
                PlannedOut(job_id=p.job_id, job_name=p.job_name, due_at=p.due_at)
                for p in found.planned
            ],
            failed_notifications=unsent,
            active_jobs=found.active_jobs,
            inactive_jobs=found.inactive_jobs,
        )
    )


@bp.get("/api/datasets", responses={200: DatasetList})
@access(Rule.NORMAL)
def list_dataset_details() -> Response:
    """Published datasets with size, columns and age, as a bare array."""
    zone = current_settings().scheduler.time_zone
    with unit_of_work() as session:
        uses = dataset_uses(session, days=current_settings().data_api.unused_after_days)
        states = freshness.dataset_states(session, default_zone=zone)
        found = [DatasetOut.of(state, state.version, uses) for state in states if state.version]
    return answer_list(found)
