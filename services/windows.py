"""Which days a run reads: its window, the dates its query names, how far its job's data reaches."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from connectors.base import QueryRefused
from connectors.statement import placeholders_in
from metadb.prepared import Prepared
from models import Dataset, DatasetVersion, Job, Run
from services.business_calendars import calendar_numbered
from services.parameter_sets import names_of
from timing.date_expressions import (
    CALENDAR_NAMES,
    EXPRESSIONS,
    WINDOW_NAMES,
    Days,
    Window,
    days_named,
    unknown_names,
    window_for,
)
from vocabulary import ExportType

END_NAMES = frozenset(EXPRESSIONS[1].names)


class DateExpressionUnknown(QueryRefused):
    """The query names a date that there is not."""

    code = "date_expression_unknown"


class DateNeedsCalendar(QueryRefused):
    """The query names a business day, and nothing says which days are business days."""

    code = "date_needs_calendar"


class BusinessDayMissing(QueryRefused):
    """The calendar has no such business day."""

    code = "business_day_missing"


@dataclass(frozen=True, slots=True)
class RunDates:
    """What `:name` stands for in the query of one run, names as it writes them, in lower case;
    `window` is None for a job that reads no window."""

    binds: Mapping[str, date]
    window: Window | None
    days: Days


def check_dates(
    sql: str,
    kind: str | None = None,
    *,
    known: Collection[str] = frozenset(),
    has_calendar: bool = True,
) -> None:
    """Refuse a query that names what is no date expression and none of the `known` parameters.

    Raises DateExpressionUnknown, or without a calendar DateNeedsCalendar.
    """
    names = [found.name for found in placeholders_in(sql, kind)]
    if not has_calendar:
        _refuse_business_days(name for name in names if name not in known)
    unknown = unknown_names(name for name in names if name not in known)
    if unknown:
        raise DateExpressionUnknown(
            f"The query names {', '.join(f':{name}' for name in unknown)}, which stands for no "
            "date.",
            hint="There are :1 and :2 for the window, and "
            + ", ".join(f":{expression.name}" for expression in EXPRESSIONS)
            + ".",
        )


def _refuse_business_days(names: Iterable[str]) -> None:
    counted = [name for name in dict.fromkeys(names) if name in CALENDAR_NAMES]
    if counted:
        raise DateNeedsCalendar(
            f"The query names {', '.join(f':{name}' for name in counted)}, which is counted by a "
            "calendar of business days, and the job has none.",
            hint="Choose the job's calendar (calendar_id).",
        )


def reads_window(export_type: str, sql: str, kind: str | None = None) -> bool:
    """True for kinds of file that follow the days, and for a query that names the window."""
    follows_days = export_type in (ExportType.MES, ExportType.ACUMULADO)
    return follows_days or names_window(sql, kind)


def names_window(sql: str, kind: str | None = None) -> bool:
    """True when the query itself names the start or end of the window."""
    return bool(names_in(sql, kind) & WINDOW_NAMES)


def names_in(sql: str, kind: str | None = None) -> frozenset[str]:
    """The dates a query names, in lower case."""
    return frozenset(found.name for found in placeholders_in(sql, kind))


def reference_day(session: Session, run: Run, zone: ZoneInfo) -> date:
    """What `:hoje` is for a run: the day it was due, or asked for, however late it starts; for a
    run that follows another, that one's."""
    if run.reference_date is not None:
        return run.reference_date
    if run.caused_by_run_id is not None:
        return reference_day(session, session.get_one(Run, run.caused_by_run_id), zone)
    return (run.due_at or run.queued_at).astimezone(zone).date()


def dates_of_run(
    session: Session,
    run: Run,
    job: Job,
    *,
    zone: ZoneInfo,
    kind: str | None,
    texts: Sequence[str] | None = None,
) -> RunDates:
    """The dates of a run. A day and a window that are written in it already stay: a repeated run
    reads the same days, and those before them that the data lack by now. `texts`: what names days
    in place of the job's query."""
    today = reference_day(session, run, zone)
    if (
        run.window_start is not None
        and run.window_end is not None
        and not _leaves_gap(run, job, run.window_start)
    ):
        window = Window(run.window_start, run.window_end)
    else:
        window = window_for(today, days_offset=job.days_offset, last_data_date=job.last_data_date)
    days = Days(today, window, calendar_numbered(session, job.calendar_id))
    if texts is not None:
        return dates_of_texts(texts, kind, days)
    sql = job.sql_script or ""
    return RunDates(
        binds=dates_of_text(sql, kind, days, known=names_of(job.parameter_sets)),
        window=window if reads_window(job.export_type, sql, kind) else None,
        days=days,
    )


def _leaves_gap(run: Run, job: Job, start: date) -> bool:
    """Whether the last loaded day went back since the window was written, as it does when an older
    version is restored. A backfill reads the days it was asked for."""
    if run.backfill_id is not None or job.export_type == ExportType.UNICO:
        return False
    return job.last_data_date is not None and start > job.last_data_date + timedelta(days=1)


def dates_of_texts(texts: Sequence[str], kind: str | None, days: Days) -> RunDates:
    """What the names in several texts stand for. Raises as dates_of_text."""
    binds = {name: day for text in texts for name, day in dates_of_text(text, kind, days).items()}
    has_window = any(names_window(text, kind) for text in texts)
    return RunDates(binds, days.window if has_window else None, days)


def dates_of_text(
    sql: str, kind: str | None, days: Days, *, known: Collection[str] = frozenset()
) -> Mapping[str, date]:
    """What each name in a query stands for, but those `known` to be no days. Raises
    DateExpressionUnknown, DateNeedsCalendar or BusinessDayMissing."""
    check_dates(sql, kind, known=known, has_calendar=days.calendar is not None)
    names = (found.name for found in placeholders_in(sql, kind))
    named = days_named((name for name in names if name not in known), days)
    found = {name: day for name, day in named.items() if day is not None}
    if missing := [f":{name}" for name in named if name not in found]:
        raise BusinessDayMissing(
            f"The query names {', '.join(missing)}, and the job's calendar has no such business "
            f"day near {days.today}."
        )
    return found


_RECORD = Prepared(
    "record_what_runs",
    """
update runs
set reference_date = :today, binds = :binds, executed_sql = coalesce(:sql, executed_sql),
    window_start = coalesce(:window_start, window_start),
    window_end = coalesce(:window_end, window_end)
where run_id = :run_id
""",
    {
        "run_id": "bigint",
        "today": "date",
        "binds": "jsonb",
        "sql": "text",
        "window_start": "date",
        "window_end": "date",
    },
)


def record(session: Session, run_id: int, dates: RunDates, *, sql: str | None = None) -> None:
    """Write into the run which dates it was given, and the query it executes.

    The run's object in the session does not learn of it.
    """
    binds = {name: day.isoformat() for name, day in dates.binds.items()}
    values = {
        "run_id": run_id,
        "today": dates.days.today,
        "binds": json.dumps(binds) if binds else None,
        "sql": sql,
        "window_start": dates.window.start if dates.window else None,
        "window_end": dates.window.end if dates.window else None,
    }
    _RECORD.execute(session, values)


def hold_job(session: Session, run_id: int | None) -> None:
    """Lock the job of a run that has a window; before the run's own row, as everybody does who
    locks both."""
    session.execute(
        select(Job.job_id)
        .join(Run, Run.job_id == Job.job_id)
        .where(Run.run_id == run_id, Run.window_end.is_not(None))
        .with_for_update(of=Job, key_share=True)
    )


def move_last_data_date(session: Session, run_id: int | None) -> None:
    """The job's data now reaches to the end of the run's window.

    Forward only, and not over a gap: a window that begins later than the day after the last one
    leaves it where it is.
    """
    reaches_on = and_(
        Job.last_data_date < Run.window_end, Run.window_start <= Job.last_data_date + 1
    )
    session.execute(
        update(Job)
        .where(
            Run.run_id == run_id,
            Run.job_id == Job.job_id,
            Run.window_end.is_not(None),
            or_(Job.last_data_date.is_(None), reaches_on),
        )
        .values(last_data_date=Run.window_end)
        .execution_options(synchronize_session=False)
    )


def move_back_to(session: Session, version: DatasetVersion) -> None:
    """The data of the version's job now reaches no further than this version does.

    Only where the next run takes its rows over: days between it and the last one that is loaded
    would be missing for good.
    """
    reach = (
        select(func.max(Run.window_end))
        .join(DatasetVersion, DatasetVersion.run_id == Run.run_id)
        .where(
            DatasetVersion.dataset_id == version.dataset_id,
            DatasetVersion.version_id <= version.version_id,
            or_(DatasetVersion.held_at.is_(None), DatasetVersion.released_at.is_not(None)),
        )
        .scalar_subquery()
    )
    session.execute(
        update(Job)
        .where(
            Job.job_id == Dataset.job_id,
            Dataset.dataset_id == version.dataset_id,
            Job.export_type != ExportType.UNICO,
            Job.last_data_date > reach,
        )
        .values(last_data_date=reach)
        .execution_options(synchronize_session=False)
    )
