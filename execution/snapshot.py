"""What an attempt executes, read once in one transaction so that edits meanwhile do not mix in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, contains_eager, defer, load_only

from auxiliares import AutomacaoError, Settings
from connectors.base import ConnectionSpec
from connectors.bind_values import Bound
from datafiles.formats.form import FileForm
from metadb.prepared import prepared_as
from models import Connection, Dataset, DatasetVersion, Job, Run
from services import connections, datasets, job_kinds, windows
from services.gates import Gate, gate_of
from services.guards import Guards
from services.job_kinds import Kind
from services.job_outputs import form_of
from services.ledger import AttemptKey
from services.movements import Movement, is_movement, movement_snapshot
from services.parameter_sets import ParameterSets
from services.set_targets import SetNames
from services.timetables import zone_of
from services.windows import RunDates


class JobNotExecutable(AutomacaoError):
    """The job lacks something without which it cannot run."""

    code = "job_not_executable"
    status = 409


@dataclass(frozen=True, slots=True)
class SetsOfRun:
    """The parameter sets a run is for: those of its job, or those of these labels. `query_dates`
    are what the query for them is given, `data` and `fim` the days in the names of files."""

    found: ParameterSets
    names: SetNames
    chosen: Sequence[str] | None
    query_dates: Mapping[str, date]
    data: date
    fim: date


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """Everything an export needs. `data_as_of` is the database's clock before the query. With
    `sets` it is what they all share; dataset and target are said for each when its turn comes.

    The window, both ends included, is there for a job that reads one; `binds` are what `:name`
    stands for in `sql`. What is published already from after `replaces_until` stays; None: the
    run brings everything from the start of its window on. `gate` is asked before the query. Two
    connections share the rows by their values in `parallel_column`; None: one reads them all.
    """

    job_id: int
    job_name: str
    sql: str
    spec: ConnectionSpec
    time_zone: str
    time_limit_s: float
    no_progress_limit_s: float | None
    dataset_id: int
    target: Path
    form: FileForm
    data_as_of: datetime
    guards: Guards
    kind: Kind
    parallel_column: str | None = None
    window_start: date | None = None
    window_end: date | None = None
    replaces_until: date | None = None
    binds: Mapping[str, Bound] = field(default_factory=dict)
    gate: Gate | None = None
    sets: SetsOfRun | None = None


def has_empty_window(job: JobSnapshot | Movement) -> bool:
    """There is no day to read."""
    return (
        job.window_start is not None
        and job.window_end is not None
        and job.window_end < job.window_start
    )


# What an export needs; anything else is read when it is asked for.
_NEEDED = (
    load_only(
        Run.job_id,
        Run.job_name,
        Run.due_at,
        Run.queued_at,
        Run.attempt,
        Run.reference_date,
        Run.window_start,
        Run.window_end,
        Run.gate_deadline_at,
        Run.backfill_id,
        Run.caused_by_run_id,
        Run.chosen_sets,
    ),
    defer(Job.planned_until),
    defer(Job.next_due_at),
    defer(Job.schedule_since),
    defer(Job.starts_on),
    defer(Job.ends_on),
    defer(Job.paused_at),
    defer(Job.paused_by),
    defer(Job.created_at),
    defer(Job.updated_at),
    load_only(Dataset.name_key, Dataset.job_id, Dataset.current_version_id),
    load_only(
        DatasetVersion.file_name,
        DatasetVersion.target_path,
        DatasetVersion.size_bytes,
        DatasetVersion.rows,
        DatasetVersion.sha256,
        DatasetVersion.columns,
        DatasetVersion.form,
        DatasetVersion.files,
    ),
)
_JOB_OF_RUN = prepared_as(
    "job_of_run",
    select(Run, Job, Dataset, DatasetVersion, func.clock_timestamp())
    .outerjoin(Job, Job.job_id == Run.job_id)
    .outerjoin(Job.connection)
    .outerjoin(Dataset, and_(Dataset.job_id == Job.job_id, Job.parameter_sets.is_(None)))
    .outerjoin(DatasetVersion, DatasetVersion.version_id == Dataset.current_version_id)
    .where(Run.run_id == bindparam("run_id"))
    .options(contains_eager(Job.connection), *_NEEDED),
    {"run_id": "bigint"},
)


def take_snapshot(session: Session, key: AttemptKey, settings: Settings) -> JobSnapshot | Movement:
    """Read the run's job and write into the run what will be executed.

    A Movement for a job that moves tables. Raises JobNotExecutable, or what the target or
    connection has to say.
    """
    found = session.execute(_JOB_OF_RUN, {"run_id": key.run_id}).all()
    run, job, dataset, current, now = found[0]
    if job is not None and is_movement(job):
        target = session.get(Connection, job.target_connection_id or 0)
        if target is None:
            raise JobNotExecutable(f"Job {job.job_name!r} has no target; choose a connection.")
        return movement_snapshot(session, run, job, target, now=now, settings=settings)
    connection = _check(run, job)
    roots = settings.paths.export_roots
    folder = datasets.export_folder(job, roots)
    form = form_of(job, default_zone=settings.scheduler.time_zone)
    is_alone = dataset is not None and len(found) == 1
    has_sets = job.parameter_sets is not None
    if not has_sets and (not is_alone or not datasets.is_attached(job, dataset, folder, roots)):
        dataset = datasets.attach_target(session, job, roots)
        current = session.get(DatasetVersion, dataset.current_version_id or 0)
    dates = windows.dates_of_run(
        session, run, job, zone=zone_of(job, settings.scheduler.time_zone), kind=connection.kind
    )
    windows.record(session, run.run_id, dates, sql=job.sql_script)
    days = {"data": dates.days.today, "fim": dates.days.window.end}
    sets = _sets_of(run, job, dates, kind=connection.kind, roots=roots) if has_sets else None
    return JobSnapshot(
        job_id=job.job_id,
        job_name=job.job_name,
        sql=job.sql_script,
        spec=connections.spec_of(connection, settings),
        time_zone=job.time_zone or settings.scheduler.time_zone,
        time_limit_s=job.time_limit_s or settings.scheduler.time_limit_s,
        no_progress_limit_s=job.no_progress_limit_s,
        dataset_id=0 if sets else dataset.dataset_id,
        target=sets.names.folder if sets else datasets.target_path(job, folder, **days),
        form=form,
        data_as_of=now,
        guards=Guards.of(job.guards),
        kind=job_kinds.kind_of(
            job,
            current,
            settings.paths.versions,
            names_window=windows.names_window(job.sql_script, connection.kind),
        ),
        parallel_column=job.parallel_column,
        window_start=dates.window.start if dates.window else None,
        window_end=dates.window.end if dates.window else None,
        replaces_until=dates.window.end if dates.window and run.backfill_id else None,
        binds=dates.binds,
        gate=gate_of(session, run, job, dates, kind=connection.kind, now=now),
        sets=sets,
    )


def _sets_of(run: Run, job: Job, dates: RunDates, *, kind: str, roots: Sequence[Path]) -> SetsOfRun:
    found = ParameterSets.of(job.parameter_sets or {})
    query = found.query
    return SetsOfRun(
        found,
        SetNames.of(job, roots),
        chosen=run.chosen_sets,
        query_dates=windows.dates_of_text(query, kind, dates.days) if query else {},
        data=dates.days.today,
        fim=dates.days.window.end,
    )


def _check(run: Run, job: Job | None) -> Connection:
    """The connection of a job that has what it needs. Raises JobNotExecutable or JobInvalid."""
    if job is None:
        raise JobNotExecutable(f"The job {run.job_name!r} was deleted before its run started.")
    if job.connection is None:
        raise JobNotExecutable(
            f"Job {job.job_name!r} has no connection; choose one in the job and run it again."
        )
    job_kinds.check_kind(job)
    if not job.sql_script:
        raise JobNotExecutable(f"Job {job.job_name!r} has no SQL; write a SELECT and run it again.")
    return job.connection
