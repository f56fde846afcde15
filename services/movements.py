"""What a job that moves tables must hold: two connections, one of them writable, and tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from auxiliares import FieldError, Settings
from connectors.base import ConnectionSpec
from datafiles.folders import resolve_export_folder
from models import Connection, Job, Run
from services import connections, lookup_secrets, windows
from services.business_calendars import calendar_numbered
from services.clock import database_now
from services.gates import Gate, gate_of
from services.job_rules import JobIncomplete, JobInvalid
from services.timetables import zone_of
from timing.date_expressions import Days, window_for
from transfer.dates import dated, texts_of
from transfer.definition import Sync, Transfer, movement_of
from vocabulary import JobKind, OverlapPolicy

MOVEMENT_FIELDS = frozenset(
    {
        "job_kind",
        "target_connection_id",
        "movement",
        "connection_id",
        "overlap_policy",
        "calendar_id",
    }
)
FILE_NAME_FIELDS = frozenset({"export_path", "export_name"})


class TargetNotWritable(JobInvalid):
    """Nobody has said that jobs may write to this connection."""

    code = "target_not_writable"


class TargetKindUnsupported(JobInvalid):
    """Tables cannot be moved to this kind of database."""

    code = "target_kind_unsupported"


@dataclass(frozen=True, slots=True)
class Movement:
    """Everything a run that moves tables needs.

    `mark` tells the job's sessions from all others at a server, `salt` is what masks are keyed
    with: the same in every job, so that masked columns can still be joined. `gate` is asked before
    the first table; the window, both ends included, is there for a job that reads one.
    """

    job_id: int
    job_name: str
    kind: JobKind
    definition: Transfer | Sync
    source: ConnectionSpec
    target: ConnectionSpec
    time_zone: str
    time_limit_s: float
    no_progress_limit_s: float | None
    mark: str
    salt: str
    outgoing_hosts: tuple[str, ...] = ()
    csv_folder: Path | None = None
    gate: Gate | None = None
    window_start: date | None = None
    window_end: date | None = None

    @property
    def spec(self) -> ConnectionSpec:
        """What a gate is asked at."""
        return self.source


def is_movement(job: Job) -> bool:
    """Whether the job moves tables and so writes no dataset."""
    return job.job_kind in (JobKind.TRANSFER, JobKind.SYNC)


def check_movement(session: Session, job: Job) -> None:
    """Refuse a job that could not move its tables. Raises JobInvalid or MovementInvalid."""
    definition = movement_of(job.job_kind, job.movement or {})
    source = session.get(Connection, job.connection_id or 0)
    for text in texts_of(definition):
        windows.check_dates(
            text, source.kind if source else None, has_calendar=job.calendar_id is not None
        )
    if job.target_connection_id is None:
        raise _refusal(
            JobIncomplete, "target_connection_id", "The job has no target; choose a connection."
        )
    target = session.get(Connection, job.target_connection_id)
    if target is None:
        raise _refusal(
            JobInvalid,
            "target_connection_id",
            f"There is no connection with the number {job.target_connection_id}.",
        )
    check_target(target)
    if job.overlap_policy == OverlapPolicy.ALLOW:
        raise _refusal(
            JobInvalid,
            "overlap_policy",
            "Two runs must not write the same tables at once; choose skip or queue.",
        )


def check_target(target: Connection) -> None:
    """Raises TargetKindUnsupported or TargetNotWritable."""
    if target.kind != "postgres":
        raise _refusal(
            TargetKindUnsupported,
            "target_connection_id",
            f"Tables can be moved to PostgreSQL only; {target.name} is {target.kind}.",
        )
    if not target.is_writable:
        raise _refusal(
            TargetNotWritable,
            "target_connection_id",
            f"Jobs only read from the connection {target.name}. A moderator can allow writing to "
            "it in the connection itself.",
        )


def movement_snapshot(
    session: Session,
    run: Run,
    job: Job,
    target: Connection,
    *,
    now: datetime,
    settings: Settings,
) -> Movement:
    """What a run of the job executes, and its days written into the run; `job.connection` must be
    loaded. Raises JobInvalid, GateUnreadable and what a query can be refused for."""
    check_target(target)
    if job.connection is None:
        raise _refusal(JobIncomplete, "connection_id", "The job has no connection; choose one.")
    movement = _movement(
        JobKind(job.job_kind), job.movement or {}, job.connection, target, settings
    )
    kind, zone = movement.source.kind, zone_of(job, settings.scheduler.time_zone)
    texts = texts_of(movement.definition)
    dates = windows.dates_of_run(session, run, job, zone=zone, kind=kind, texts=texts)
    windows.record(session, run.run_id, dates)
    key = settings.backend.secret_key.get_secret_value()
    return replace(
        movement,
        definition=dated(movement.definition, kind, dates.binds),
        gate=gate_of(session, run, job, dates, kind=kind, now=now),
        window_start=dates.window.start if dates.window else None,
        window_end=dates.window.end if dates.window else None,
        job_id=job.job_id,
        job_name=job.job_name,
        time_zone=job.time_zone or settings.scheduler.time_zone,
        time_limit_s=job.time_limit_s or settings.scheduler.time_limit_s,
        no_progress_limit_s=job.no_progress_limit_s,
        mark=f"automacaosql {job.job_kind} job={job.job_id} {derived(key, 'installation')[:8]}",
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A job that need not be saved; the days it names are those of a run asked for now."""

    kind: JobKind
    connection_id: int
    target_connection_id: int
    movement: dict[str, Any]
    days_offset: int | None = None
    last_data_date: date | None = None
    calendar_id: int | None = None


def proposed(session: Session, proposal: Proposal, settings: Settings) -> Movement:
    """What a dry run counts. Raises JobInvalid, MovementInvalid, ConnectionNotFound and what a
    query can be refused for."""
    source = connections.get_connection(session, proposal.connection_id)
    target = connections.get_connection(session, proposal.target_connection_id)
    check_target(target)
    movement = _movement(proposal.kind, proposal.movement, source, target, settings)
    today = database_now(session).astimezone(ZoneInfo(settings.scheduler.time_zone)).date()
    window = window_for(
        today, days_offset=proposal.days_offset, last_data_date=proposal.last_data_date
    )
    days = Days(today, window, calendar_numbered(session, proposal.calendar_id))
    named = windows.dates_of_texts(texts_of(movement.definition), source.kind, days)
    return replace(movement, definition=dated(movement.definition, source.kind, named.binds))


def _movement(
    kind: JobKind,
    stored: dict[str, Any],
    source: Connection,
    target: Connection,
    settings: Settings,
) -> Movement:
    definition = _with_secrets(movement_of(kind, stored), settings.backend.opening_keys)
    folder = definition.via_csv if isinstance(definition, Transfer) else None
    roots = settings.paths.export_roots
    return Movement(
        job_id=0,
        job_name="",
        kind=kind,
        definition=definition,
        csv_folder=resolve_export_folder(roots, folder) if folder else None,
        source=connections.spec_of(source, settings),
        target=connections.spec_of(target, settings),
        time_zone=settings.scheduler.time_zone,
        time_limit_s=settings.scheduler.time_limit_s,
        no_progress_limit_s=None,
        mark="automacaosql",
        salt=derived(settings.backend.secret_key.get_secret_value(), "mask")[:32],
        outgoing_hosts=tuple(settings.security.outgoing_hosts),
    )


def _with_secrets(definition: Transfer | Sync, keys: Sequence[str]) -> Transfer | Sync:
    if isinstance(definition, Transfer):
        return definition
    tables = [
        table.model_copy(
            update={"lookups": [lookup_secrets.opened(each, keys) for each in table.lookups]}
        )
        for table in definition.tables
    ]
    return definition.model_copy(update={"tables": tables})


def derived(key: str, purpose: str) -> str:
    """A value that follows from the secret key and does not give it away."""
    return hashlib.sha256(f"automacaosql:{purpose}:{key}".encode()).hexdigest()


def _refusal(kind: type[JobInvalid], field: str, message: str) -> JobInvalid:
    return kind(message, errors=[FieldError(field=field, code=kind.code, message=message)])
