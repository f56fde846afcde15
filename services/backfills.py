"""Backfills: a range of days read again, as a batch of runs in the order of their days.

The runs of a batch wait for one another (admission), stand behind everything else of their job,
and start no followers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from metadb.engine import notify
from models import Backfill, Connection, Job, Run
from services import admission, queue
from services.backfill_tables import BackfillWithoutDates, check_tables
from services.clock import database_now
from services.connection_use import check_use_by_job
from services.job_rules import check_runnable
from services.ledger import RUNS_CHANNEL
from services.parameter_sets import names_of
from services.runs import JobNotFound, is_active
from services.windows import END_NAMES, names_in, reads_window
from timing.date_expressions import Window, month_end, month_start
from transfer.definition import movement_of
from vocabulary import ExportType, JobKind, Reason, RunState, Trigger

log = logging.getLogger(__name__)

MAX_RUNS = 1000
# Below the lowest priority a job can have.
BEHIND_ALL = -1000
DAY = timedelta(days=1)


class Step(StrEnum):
    """How many days one run of a backfill reads."""

    DAY = "day"
    MONTH = "month"
    WHOLE = "whole"


class BackfillNotFound(AutomacaoError):
    """No backfill has this number."""

    code = "backfill_not_found"
    status = 404


class BackfillInvalid(AutomacaoError):
    """The range means nothing, or makes too many runs."""

    code = "backfill_invalid"
    status = 422


class BackfillNotActive(AutomacaoError):
    """Every run of it has ended; there is nothing to cancel."""

    code = "backfill_not_active"
    status = 409


@dataclass(frozen=True, slots=True)
class Period:
    """Which days to read again, both included, and how many a run."""

    first: date
    last: date
    step: Step


@dataclass(frozen=True, slots=True)
class BackfillView:
    """A backfill with how many of its runs are in which state, and how many have not ended."""

    backfill: Backfill
    counts: dict[str, int]
    open_runs: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def progress(self) -> float:
        """How much of it has ended, 0 to 1."""
        return 1 - self.open_runs / self.total if self.total else 1.0

    @property
    def state(self) -> str:
        if self.backfill.cancelled_at is not None:
            return "cancelling" if self.open_runs else "cancelled"
        return "running" if self.open_runs else "finished"


def windows_of(first: date, last: date, step: Step) -> Iterator[Window]:
    """The days of each run, in order; months end at the ends of the calendar's and of the range."""
    while first <= last:
        end = {Step.DAY: first, Step.MONTH: min(month_end(first), last), Step.WHOLE: last}[step]
        yield Window(first, end)
        first = end + DAY


def start_backfill(
    session: Session,
    job_id: int,
    period: Period,
    *,
    default_zone: str,
    requested_by: str,
) -> BackfillView:
    """Write the batch and its runs; the first waits for a worker at once.

    Raises JobNotFound, ConnectionNotUsable, JobInvalid, BackfillInvalid, BackfillWithoutDates or
    BackfillUnsuitable.
    """
    job = session.get(Job, job_id, with_for_update={"read": True, "key_share": True})
    if job is None:
        raise JobNotFound(f"There is no job with the number {job_id}.")
    check_use_by_job(session, job)
    check_runnable(job)
    windows = _windows(session, job, period, default_zone)
    has_window = _has_window(session, job, runs=len(windows))
    backfill = Backfill(
        job_id=job_id,
        job_name=job.job_name,
        first_date=period.first,
        last_date=period.last,
        step=period.step,
        created_by=requested_by,
    )
    session.add(backfill)
    session.flush()
    rows = [
        {
            "job_id": job_id,
            "job_name": job.job_name,
            "trigger": Trigger.BACKFILL,
            "state": RunState.QUEUED,
            "requested_by": requested_by,
            "priority": job.priority + BEHIND_ALL,
            "backfill_id": backfill.backfill_id,
            "reference_date": window.end,
            "window_start": window.start if has_window else None,
            "window_end": window.end if has_window else None,
        }
        for window in windows
    ]
    session.execute(insert(Run), rows)
    runs = select(func.min(Run.run_id)).where(Run.backfill_id == backfill.backfill_id)
    admission.offer(session, only=[session.scalar(runs) or 0])
    notify(session, RUNS_CHANNEL, "0")
    log.info("backfill_started", extra={"job_id": job_id, "runs": len(rows)})
    return get_backfill(session, backfill.backfill_id)


def _windows(session: Session, job: Job, period: Period, default_zone: str) -> list[Window]:
    first, last, step = period.first, period.last, period.step
    zone = ZoneInfo(job.time_zone or default_zone)
    today = database_now(session).astimezone(zone).date()
    if first > last:
        raise _refusal("first_date", f"The first day {first} comes after the last day {last}.")
    if last > today:
        raise _refusal("last_date", f"The last day {last} has not come yet; today is {today}.")
    if job.export_type == ExportType.MES:
        _refuse_parts_of_months(period, today)
    days = (last - first).days + 1
    if step == Step.DAY and days > MAX_RUNS:
        raise _too_many(days)
    windows = list(windows_of(first, last, step))
    if len(windows) > MAX_RUNS:
        raise _too_many(len(windows))
    return windows


def _refuse_parts_of_months(period: Period, today: date) -> None:
    """Each run of the kind `Mês` replaces whole months, whatever its days are."""
    first, last = period.first, period.last
    if period.step == Step.DAY:
        raise _refusal("step", "A job of the kind Mês replaces whole months: take month or whole.")
    if first != month_start(first):
        raise _refusal(
            "first_date", f"A job of the kind Mês replaces whole months; {first} begins none."
        )
    if last not in (month_end(last), today):
        raise _refusal(
            "last_date", f"A job of the kind Mês replaces whole months; {last} ends none."
        )


def _too_many(runs: int) -> BackfillInvalid:
    return _refusal(
        "step",
        f"That makes {runs} runs; a backfill has at most {MAX_RUNS}. Take longer steps, or make "
        "several of it.",
    )


def _refusal(field: str, message: str) -> BackfillInvalid:
    errors = [FieldError(field=field, code=BackfillInvalid.code, message=message)]
    return BackfillInvalid(message, errors=errors)


def _has_window(session: Session, job: Job, *, runs: int) -> bool:
    """True when the job reads a window. Raises BackfillWithoutDates or BackfillUnsuitable."""
    connection = session.get(Connection, job.connection_id)
    kind = connection.kind if connection else None
    if job.job_kind != JobKind.EXPORT:
        return check_tables(movement_of(job.job_kind, job.movement or {}), kind, runs=runs)
    names = names_in(job.sql_script or "", kind) - names_of(job.parameter_sets)
    if not names:
        raise BackfillWithoutDates(
            f"The query of {job.job_name!r} names no day, so each run would read the same. Use "
            ":inicio and :fim, or other date expressions, in the query."
        )
    has_window = reads_window(job.export_type, job.sql_script or "", kind)
    if has_window and not names & END_NAMES:
        raise BackfillWithoutDates(
            f"The query of {job.job_name!r} does not name the end of its window, so each run would "
            "read on to the present. Use :fim (or :2) in the query."
        )
    return has_window


def get_backfill(session: Session, backfill_id: int) -> BackfillView:
    """Raises BackfillNotFound."""
    backfill = session.get(Backfill, backfill_id)
    if backfill is None:
        raise BackfillNotFound(f"There is no backfill with the number {backfill_id}.")
    return _views(session, [backfill])[0]


def list_backfills(
    session: Session, *, job_id: int | None, page: int, size: int
) -> tuple[list[BackfillView], int]:
    """One page, newest first, and how many there are in all."""
    chosen = [Backfill.job_id == job_id] if job_id is not None else []
    total = session.scalar(select(func.count()).select_from(Backfill).where(*chosen)) or 0
    found = session.scalars(
        select(Backfill)
        .where(*chosen)
        .order_by(Backfill.backfill_id.desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return _views(session, found), total


def _views(session: Session, backfills: Sequence[Backfill]) -> list[BackfillView]:
    rows = session.execute(
        select(
            Run.backfill_id,
            Run.state,
            func.count().label("runs"),
            func.count().filter(is_active()).label("open"),
        )
        .where(Run.backfill_id.in_([backfill.backfill_id for backfill in backfills]))
        .group_by(Run.backfill_id, Run.state)
    ).all()
    return [
        BackfillView(
            backfill,
            counts={row.state: row.runs for row in rows if row.backfill_id == backfill.backfill_id},
            open_runs=sum(row.open for row in rows if row.backfill_id == backfill.backfill_id),
        )
        for backfill in backfills
    ]


def cancel_backfill(session: Session, backfill_id: int, *, cancelled_by: str) -> BackfillView:
    """Cancel its runs that wait, and ask the one that runs to stop.

    Raises BackfillNotFound or BackfillNotActive.
    """
    found = get_backfill(session, backfill_id)
    if not found.open_runs:
        raise BackfillNotActive(f"Every run of backfill {backfill_id} has ended.")
    now = database_now(session)
    backfill = found.backfill
    backfill.cancelled_at = backfill.cancelled_at or now
    backfill.cancelled_by = backfill.cancelled_by or cancelled_by
    open_runs = session.execute(
        select(Run.run_id, Run.state, Run.queue_entry_id)
        .where(Run.backfill_id == backfill_id, is_active())
        .order_by(Run.run_id)
        .with_for_update()
    ).all()
    waiting = [run for run in open_runs if run.state != RunState.RUNNING]
    session.execute(
        update(Run)
        .where(Run.run_id.in_([run.run_id for run in open_runs]))
        .values(cancel_requested_by=cancelled_by)
    )
    session.execute(
        update(Run)
        .where(Run.run_id.in_([run.run_id for run in waiting]))
        .values(
            state=RunState.CANCELLED,
            reason=Reason.ON_REQUEST,
            finished_at=now,
            retry_at=None,
            queue_entry_id=None,
            waiting_for=None,
        )
    )
    for run in waiting:
        queue.drop_entry(session, run.queue_entry_id)
    notify(session, RUNS_CHANNEL, "0")
    log.info("backfill_cancelled", extra={"backfill_id": backfill_id, "runs": len(open_runs)})
    session.flush()
    return get_backfill(session, backfill_id)


def cancel_backfills_of(session: Session, job_id: int, *, cancelled_by: str) -> None:
    """Every batch of the job that has not ended."""
    numbers = session.scalars(
        select(Run.backfill_id)
        .where(Run.job_id == job_id, Run.backfill_id.is_not(None), is_active())
        .distinct()
    ).all()
    for number in numbers:
        if number is not None:
            cancel_backfill(session, number, cancelled_by=cancelled_by)
