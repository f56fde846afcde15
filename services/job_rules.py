"""What a job must hold before it is saved, and before it is active. Pure but for the folders."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from auxiliares import AutomacaoError, FieldError
from models import Job
from vocabulary import ExportType, JobKind

MAX_TIME_LIMIT_S = 7 * 24 * 3600
MAX_LATE_MIN = 31 * 24 * 60
MAX_DAYS_OFFSET = 36_500


class JobInvalid(AutomacaoError):
    """A field of the job has a value that means nothing; `errors` names it."""

    code = "job_invalid"
    status = 422


class JobStatusUnknown(JobInvalid):
    """job_status or check_parameter is neither Y nor N."""

    code = "flag_invalid"


class TimeZoneUnknown(JobInvalid):
    """There is no such time zone."""

    code = "time_zone_unknown"


class JobWithoutSlots(JobInvalid):
    """An active job must say when it runs."""

    code = "job_without_slots"


class JobIncomplete(JobInvalid):
    """An active job lacks a query or a connection."""

    code = "job_incomplete"


def check_fields(job: Job, names: Collection[str]) -> None:
    """Refuse values of these fields that mean nothing, whatever the status. Raises JobInvalid."""
    for name in names:
        check = _CHECKS.get(name)
        if check is not None:
            check(name, getattr(job, name))


def _check_text(name: str, value: str) -> None:
    if not value.strip():
        raise _refusal(JobInvalid, name, f"{name} must not be empty.")


def _check_flag(name: str, value: str) -> None:
    if value not in ("Y", "N"):
        raise _refusal(JobStatusUnknown, name, f"{name} must be Y or N.")


def _check_job_kind(name: str, value: str) -> None:
    if value not in [*JobKind]:
        raise _refusal(JobInvalid, name, f"{name} must be one of: {', '.join(JobKind)}.")


def _check_export_type(name: str, value: str) -> None:
    if value not in [*ExportType]:
        raise _refusal(JobInvalid, name, f"{name} must be one of: {', '.join(ExportType)}.")


def _check_days(name: str, value: int | None) -> None:
    if value is not None and not 0 <= value <= MAX_DAYS_OFFSET:
        raise _refusal(JobInvalid, name, f"{name} must be 0 to {MAX_DAYS_OFFSET} days, or null.")


def _check_limit(name: str, value: int | None) -> None:
    if value is not None and not 1 <= value <= MAX_TIME_LIMIT_S:
        raise _refusal(JobInvalid, name, f"{name} must be 1 to {MAX_TIME_LIMIT_S} seconds.")


def _check_late(name: str, value: int | None) -> None:
    if value is not None and not 1 <= value <= MAX_LATE_MIN:
        raise _refusal(JobInvalid, name, f"{name} must be 1 to {MAX_LATE_MIN} minutes, or null.")


def _check_zone(_name: str, value: str | None) -> None:
    if value is not None:
        check_time_zone(value)


_CHECKS: Mapping[str, Callable[[str, Any], None]] = {
    "job_name": _check_text,
    "export_path": _check_text,
    "export_name": _check_text,
    "job_status": _check_flag,
    "check_parameter": _check_flag,
    "job_kind": _check_job_kind,
    "export_type": _check_export_type,
    "days_offset": _check_days,
    "time_limit_s": _check_limit,
    "time_zone": _check_zone,
    "missed_within_min": _check_late,
}
FIELDS = frozenset(_CHECKS)


def check_time_zone(name: str) -> None:
    """Raises TimeZoneUnknown."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as exc:  # ZoneInfoNotFoundError is a KeyError
        raise _refusal(
            TimeZoneUnknown,
            "time_zone",
            f"There is no time zone called {name[:60]!r}; write it as in America/Sao_Paulo.",
        ) from exc


def check_active(job: Job, *, follows: bool = False) -> None:
    """Refuse an active job that could not run; `job.slots` must be loaded. Raises JobInvalid.

    `follows`: it runs after other jobs.
    """
    check_runnable(job)
    kinds = (job.cron_text, job.every_minutes, job.business_days)
    has_schedule = bool(job.slots) or any(kind is not None for kind in kinds)
    if not has_schedule and not follows:
        raise _refusal(
            JobWithoutSlots,
            "schedule",
            "An active job needs weekdays with hours and minutes, a cron_text, every_minutes, "
            "business_days or a job it runs after; give it one of them or save it as inactive "
            "(job_status N).",
        )


def check_runnable(job: Job) -> None:
    """Refuse a job that this version cannot run, by schedule or by hand. Raises JobInvalid."""
    if job.check_parameter == "Y" and job.parameter_id is None:
        raise _refusal(
            JobIncomplete,
            "parameter_id",
            "The job waits for a parameter, but none is chosen; choose one (parameter_id) or set "
            "check_parameter to N.",
        )
    if job.job_kind == JobKind.EXPORT and not (job.sql_script or "").strip():
        raise _refusal(JobIncomplete, "sql_script", "The job has no query; write one SELECT.")
    if job.connection_id is None:
        raise _refusal(JobIncomplete, "connection_id", "The job has no connection; choose one.")


def _refusal(kind: type[JobInvalid], field: str, message: str) -> JobInvalid:
    return kind(message, errors=[FieldError(field=field, code=kind.code, message=message)])
