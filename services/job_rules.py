"""What a job must hold before it is saved, and before it is active. Pure but for the folders."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from auxiliares import AutomacaoError, FieldError
from models import ExportType, Job

MAX_TIME_LIMIT_S = 7 * 24 * 3600


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


class ExportTypeUnsupported(JobInvalid):
    """The kind of export is stored but cannot be run by this version."""

    code = "export_type_unsupported"


class JobWithoutSlots(JobInvalid):
    """An active job must say when it runs."""

    code = "job_without_slots"


class JobIncomplete(JobInvalid):
    """An active job lacks a query or a connection."""

    code = "job_incomplete"


def check_fields(job: Job) -> None:
    """Refuse values that mean nothing, whatever the status. Raises JobInvalid."""
    for field in ("job_name", "export_path", "export_name"):
        if not getattr(job, field).strip():
            raise _refusal(JobInvalid, field, f"{field} must not be empty.")
    for field in ("job_status", "check_parameter"):
        if getattr(job, field) not in ("Y", "N"):
            raise _refusal(JobStatusUnknown, field, f"{field} must be Y or N.")
    if job.export_type not in [*ExportType]:
        raise _refusal(
            JobInvalid, "export_type", f"export_type must be one of: {', '.join(ExportType)}."
        )
    if job.days_offset is not None and not 0 <= job.days_offset <= 36_500:
        raise _refusal(JobInvalid, "days_offset", "days_offset must be 0 to 36500 days, or null.")
    if job.time_limit_s is not None and not 1 <= job.time_limit_s <= MAX_TIME_LIMIT_S:
        raise _refusal(
            JobInvalid, "time_limit_s", f"time_limit_s must be 1 to {MAX_TIME_LIMIT_S} seconds."
        )
    if job.time_zone is not None:
        check_time_zone(job.time_zone)


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


def check_active(job: Job) -> None:
    """Refuse an active job that could not run; `job.slots` must be loaded. Raises JobInvalid."""
    check_runnable(job)
    if not job.slots:
        raise _refusal(
            JobWithoutSlots,
            "schedule",
            "An active job needs at least one weekday, hour and minute; "
            "give it a schedule or save it as inactive (job_status N).",
        )


def check_runnable(job: Job) -> None:
    """Refuse a job that this version cannot run, by schedule or by hand. Raises JobInvalid."""
    if job.export_type != ExportType.UNICO:
        raise _refusal(
            ExportTypeUnsupported,
            "export_type",
            f"This version runs export_type {ExportType.UNICO} only; a later one brings "
            f"{ExportType.MES} and {ExportType.ACUMULADO}. Save the job as inactive "
            f"(job_status N) or choose {ExportType.UNICO}.",
        )
    if job.check_parameter == "Y":
        raise _refusal(
            ExportTypeUnsupported,
            "check_parameter",
            "This version does not wait for a parameter; a later one does. Save the job as "
            "inactive (job_status N) or set check_parameter to N.",
        )
    if not (job.sql_script or "").strip():
        raise _refusal(JobIncomplete, "sql_script", "The job has no query; write one SELECT.")
    if job.connection_id is None:
        raise _refusal(JobIncomplete, "connection_id", "The job has no connection; choose one.")


def _refusal(kind: type[JobInvalid], field: str, message: str) -> JobInvalid:
    return kind(message, errors=[FieldError(field=field, code=kind.code, message=message)])
