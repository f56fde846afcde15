"""Jobs: create, change, delete, read. A change is planned at once; the daemon hears of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypedDict, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from auxiliares import AutomacaoError, Settings
from connectors.statement import check_statement
from metadb.engine import log_committed, notify
from models import Job
from services.backfills import cancel_backfills_of
from services.business_calendars import calendars_of
from services.connection_use import check_use_by_job
from services.connections import default_connection
from services.dependencies import (
    DependencyFields,
    differs,
    followed_by_job,
    hold_dependencies,
    refuse_followed,
    replace_dependencies,
)
from services.job_kinds import KIND_FIELDS, check_kind, check_kind_fits
from services.job_outputs import OUTPUT_FIELDS, form_of
from services.job_references import check_parameter_exists, kind_of_source
from services.job_rules import FIELDS, check_active, check_fields
from services.job_schedules import PLAN_FIELDS, ScheduleText, check_schedule, replace_slots
from services.job_targets import check_places, check_targets_exist, replace_targets
from services.job_versions import keep_first_version, keep_version
from services.lookup_secrets import sealed
from services.movements import FILE_NAME_FIELDS, MOVEMENT_FIELDS, check_movement, is_movement
from services.occurrences import settle
from services.parameter_set_rules import SET_FIELDS, check_sets, in_form
from services.parameter_sets import names_of
from services.planning import JOBS_CHANNEL, plan_from, replan
from services.runs import JobNotFound, active_runs, request_cancel
from services.set_targets import TARGET_FIELDS, attach_files
from services.tags import as_others_write
from services.windows import check_dates
from timing.month_days import MonthDaysForm
from vocabulary import (
    Compression,
    ExportType,
    FileFormat,
    JobKind,
    MissedPolicy,
    OffDayPolicy,
    OverlapPolicy,
)

log = logging.getLogger(__name__)


class RevisionConflict(AutomacaoError):
    """Somebody saved the job after the caller read it."""

    code = "revision_conflict"
    status = 412


class JobFields(TypedDict, total=False):
    """What a caller may set; absent means unchanged, or the default of a new job."""

    job_name: str
    tags: list[str]
    job_status: str
    export_type: str
    export_path: str
    export_name: str
    days_offset: int | None
    check_parameter: str
    parameter_id: int | None
    data_primary_key: str | None
    sql_script: str
    connection_id: int | None
    time_zone: str | None
    time_limit_s: int | None
    cron_text: str | None
    every_minutes: int | None
    starts_on: date | None
    ends_on: date | None
    business_days: MonthDaysForm | None
    calendar_id: int | None
    off_day_policy: OffDayPolicy
    missed_policy: MissedPolicy
    missed_cap: int
    missed_within_min: int | None
    overlap_policy: OverlapPolicy
    priority: int
    retry_limit: int | None
    no_progress_limit_s: int | None
    last_data_date: date | None
    gate_check_every_min: int | None
    gate_deadline_min: int | None
    gate_on_deadline: str
    after: list[DependencyFields]
    file_format: str
    compression: str
    dialect: dict[str, object] | None
    schedule: ScheduleText | None
    split: dict[str, Any] | None
    key_columns: list[str] | None
    parallel_column: str | None
    parameter_sets: dict[str, Any] | None
    guards: dict[str, Any] | None
    versions_kept: int | None
    versions_kept_days: int | None
    targets: list[dict[str, Any]]
    job_kind: str
    target_connection_id: int | None
    movement: dict[str, Any] | None


def get_job(session: Session, job_id: int, *, lock: bool = False) -> Job:
    """The job with slots and connection. Raises JobNotFound."""
    query = (
        select(Job)
        .where(Job.job_id == job_id)
        .options(selectinload(Job.slots), selectinload(Job.connection), selectinload(Job.targets))
        .execution_options(populate_existing=True)
    )
    job = session.scalars(query.with_for_update(of=Job) if lock else query).first()
    if job is None:
        raise JobNotFound(f"There is no job with the number {job_id}.")
    return job


def create_job(
    session: Session, fields: JobFields, *, settings: Settings, created_by_id: int | None
) -> Job:
    """Raises what the rules of a job raise, and TargetTaken when its file belongs to another."""
    fields = _as_kept(session, fields, settings, job_id=None)
    job = Job(
        job_status="N",
        job_kind=JobKind.EXPORT,
        export_path="",
        export_name="",
        export_type=ExportType.UNICO,
        check_parameter="N",
        file_format=FileFormat.CSV,
        compression=Compression.NONE,
        created_by_id=created_by_id,
        slots=[],
        targets=[],
    )
    changed = _assign(job, fields)
    _choose_connection(session, job)
    after = fields.get("after") or []
    _check(session, job, {*changed, *FIELDS, "sql_script"}, follows=bool(after))
    session.add(job)
    session.flush()
    if after:
        replace_dependencies(session, job, after)
    if not is_movement(job):
        attach_files(session, job, settings.paths.export_roots)
        check_places(session, job, settings)
    replan(session, job, default_zone=settings.scheduler.time_zone)
    keep_version(session, job)
    notify(session, JOBS_CHANNEL, str(job.job_id))
    told = {"job_id": job.job_id, "job_name": job.job_name}
    log_committed(session, log, "job_created", told)
    return job


def update_job(
    session: Session,
    job_id: int,
    fields: JobFields,
    *,
    settings: Settings,
    expected_revision: int | None = None,
) -> list[str]:
    """Store what differs; returns the names of the changed fields, none when nothing did.

    An absent schedule stays. Raises RevisionConflict when the job is not at the revision the
    caller read, ConnectionNotUsable, and what create_job raises.
    """
    after = fields.get("after")
    if after is not None:
        hold_dependencies(session)
    job = get_job(session, job_id, lock=True)
    if expected_revision is not None and expected_revision != job.revision:
        raise RevisionConflict(
            f"The job was saved by somebody else: it is at revision {job.revision}, you changed "
            f"revision {expected_revision}. Read it again and repeat your change."
        )
    check_use_by_job(session, job)
    now = _settle(session, job, settings)
    keep_first_version(session, job)
    fields = _as_kept(session, fields, settings, job_id)
    with session.no_autoflush:
        changed = _assign(job, fields)
        if after is not None and differs(session, job_id, after):
            changed.append("after")
        if changed:
            if job.is_active or "connection_id" in changed:
                _choose_connection(session, job)
            follows = bool(followed_by_job(session, [job_id]) if after is None else after)
            _check(session, job, set(changed), follows=follows)
    if not changed:
        return []
    job.revision += 1
    job.updated_at = func.clock_timestamp()
    session.flush()
    if after is not None and "after" in changed:
        replace_dependencies(session, job, after)
    _take_places(session, job, set(changed), settings)
    if PLAN_FIELDS & set(changed):
        replan(session, job, default_zone=settings.scheduler.time_zone, now=now)
    keep_version(session, job)
    notify(session, JOBS_CHANNEL, str(job.job_id))
    told = {"job_id": job_id, "job_name": job.job_name, "changed": sorted(changed)}
    log_committed(session, log, "job_updated", told)
    return changed


def _take_places(session: Session, job: Job, changed: set[str], settings: Settings) -> None:
    """The job's own file and those at its targets are nobody else's."""
    if is_movement(job):
        return
    is_named_anew = "job_name" in changed and "{job}" in job.export_name
    is_moved = is_named_anew or TARGET_FIELDS & changed
    if is_moved or (job.is_active and "job_status" in changed):
        attach_files(session, job, settings.paths.export_roots)
    if {*TARGET_FIELDS, "targets"} & changed:
        check_places(session, job, settings)


def set_paused(
    session: Session, job_id: int, *, paused: bool, settings: Settings, changed_by: str
) -> bool:
    """Record the job's occurrences from now on instead of running them, or go on; True: changed.

    What was due before is run first, and nothing of the pause is made up for after it.
    """
    job = get_job(session, job_id, lock=True)
    if paused == (job.paused_at is not None):
        return False
    now = _settle(session, job, settings)
    job.paused_at, job.paused_by = (now, changed_by) if paused else (None, None)
    plan_from(job, now, settings.scheduler.time_zone, calendars_of(session, [job]))
    session.flush()
    notify(session, JOBS_CHANNEL, str(job_id))
    log.info("job_paused" if paused else "job_resumed", extra={"job_id": job_id})
    return True


def delete_job(
    session: Session, job_id: int, *, settings: Settings, deleted_by: str, unlink: bool = False
) -> None:
    """Delete the job with its slots; its runs and its published dataset stay.

    Runs that wait are cancelled, one that runs is asked to stop. Raises JobHasFollowers while
    others run after it, unless `unlink` says that they shall not any more.
    """
    job = get_job(session, job_id, lock=True)
    if not unlink:
        refuse_followed(session, job)
    _settle(session, job, settings)
    cancel_backfills_of(session, job_id, cancelled_by=deleted_by)
    for active in active_runs(session, job_id):
        request_cancel(session, active.run_id, requested_by=deleted_by)
    name = job.job_name
    session.delete(job)
    session.flush()
    notify(session, JOBS_CHANNEL, str(job_id))
    log.info("job_deleted", extra={"job_id": job_id, "job_name": name})


def _settle(session: Session, job: Job, settings: Settings) -> datetime:
    scheduler = settings.scheduler
    return settle(
        session,
        job,
        default_zone=scheduler.time_zone,
        missed_within=timedelta(hours=scheduler.missed_within_hours),
    )


def _as_kept(
    session: Session, fields: JobFields, settings: Settings, job_id: int | None
) -> JobFields:
    """Secrets sealed; values of parameter sets, and tags, in their one written form."""
    kept: JobFields = {**fields}
    if (movement := fields.get("movement")) is not None:
        kept["movement"] = sealed(movement, settings.backend.opening_keys)
    if (sets := fields.get("parameter_sets")) is not None:
        kept["parameter_sets"] = in_form(sets)
    if "tags" in fields:
        kept["tags"] = as_others_write(session, fields["tags"], job_id)
    return kept


def _assign(job: Job, fields: JobFields) -> list[str]:
    changed = []
    for name, value in cast("Mapping[str, object]", fields).items():
        if name == "schedule":
            if value is not None and replace_slots(job, cast("ScheduleText", value)):
                changed.append(name)
        elif name == "targets":
            if replace_targets(job, cast("list[dict[str, Any]]", value)):
                changed.append(name)
        elif name != "after" and getattr(job, name) != value:
            setattr(job, name, value)
            changed.append(name)
    return changed


def _choose_connection(session: Session, job: Job) -> None:
    if job.connection_id is None:
        job.connection_id = default_connection(session).connection_id


def _check(session: Session, job: Job, changed: set[str], *, follows: bool) -> None:
    """Check what changed; all of it when the job is active after the change.

    A job adopted from the existing system can therefore always be switched off.
    """
    check_use_by_job(session, job)
    is_active = job.is_active
    names = FIELDS if is_active else changed
    check_fields(job, names - FILE_NAME_FIELDS if is_movement(job) else names)
    if is_active or changed & PLAN_FIELDS:
        check_schedule(session, job)
    if is_movement(job):
        _check_movement(session, job, changed, follows=follows)
        return
    if is_active or changed & OUTPUT_FIELDS:
        form_of(job, default_zone="UTC")
    kind = kind_of_source(session, job)
    if is_active or changed & {"sql_script", "connection_id", "calendar_id"}:
        check_statement(job.sql_script or "", kind)
        check_dates(
            job.sql_script or "",
            kind,
            known=names_of(job.parameter_sets),
            has_calendar=job.calendar_id is not None,
        )
    if is_active or changed & SET_FIELDS:
        check_sets(job, kind)
    if "targets" in changed:
        check_targets_exist(session, job)
    if changed & KIND_FIELDS:
        check_kind_fits(job)
    if "parameter_id" in changed and job.parameter_id is not None:
        check_parameter_exists(session, job.parameter_id)
    if is_active:
        check_active(job, follows=follows)
        check_kind(job)


def _check_movement(session: Session, job: Job, changed: set[str], *, follows: bool) -> None:
    kind_of_source(session, job)
    check_sets(job, None)
    if job.is_active or changed & MOVEMENT_FIELDS:
        check_movement(session, job)
    if job.is_active:
        check_active(job, follows=follows)
