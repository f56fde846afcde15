"""The schedule of a job as people send it, and what of it may be stored."""

from __future__ import annotations

from typing import NotRequired, TypedDict, cast

from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from models import Calendar, Job, JobSlot
from services.timetables import schedule_of
from timing.cron import parse_cron
from timing.month_days import MonthDaysForm, month_days_form, read_month_days
from timing.off_days import check_calendar
from timing.slots import Schedule, ScheduleInvalid, SlotForm, parse_schedule, parse_slots
from timing.timetable import check_interval, check_kinds, check_validity
from vocabulary import OffDayPolicy

# What changes when a job runs.
PLAN_FIELDS = frozenset(
    {
        "job_status",
        "schedule",
        "time_zone",
        "cron_text",
        "every_minutes",
        "starts_on",
        "ends_on",
        "business_days",
        "calendar_id",
        "off_day_policy",
    }
)


class CalendarUnknown(AutomacaoError):
    """The job names a calendar that does not exist."""

    code = "calendar_not_found"
    status = 422


class ScheduleText(TypedDict):
    """Comma texts, or exactly these slots; three empty texts and no slots mean no schedule."""

    minute: str
    hour: str
    day: str
    slots: NotRequired[list[SlotForm] | None]


def replace_slots(job: Job, sent: ScheduleText) -> bool:
    """Give the job these slots; False when it has them already. `job.slots` must be loaded."""
    current = schedule_of(job)
    wanted = _wanted(sent, current)
    if wanted == current and len(wanted.slots) == len(job.slots):
        return False
    job.slots = [
        JobSlot(job_day=day, job_hour=hour, job_minute=minute)
        for day, hour, minute in wanted.rows()
    ]
    return True


def _wanted(sent: ScheduleText, current: Schedule) -> Schedule:
    """What is meant; the texts of a grid that is no product, sent back as shown, change nothing."""
    texts = (sent["day"], sent["hour"], sent["minute"])
    has_texts = any(text.strip() for text in texts)
    by_text = parse_schedule(*texts) if has_texts else Schedule()
    slots = sent.get("slots")
    if slots is None:
        is_echo = has_texts and by_text.detail_form() == current.detail_form()
        return current if is_echo else by_text
    wanted = parse_slots(slots)
    if has_texts and by_text.detail_form() != wanted.detail_form():
        message = "slots and the texts day, hour and minute say different things; send one of them."
        raise ScheduleInvalid(
            f"The schedule cannot be used. schedule.slots: {message}",
            errors=[FieldError(field="schedule.slots", code="not_allowed", message=message)],
        )
    return wanted


def check_schedule(session: Session, job: Job) -> None:
    """Refuse a schedule that means nothing, or two things at once; `job.slots` must be loaded.

    Raises ScheduleKindConflict, CronInvalid, IntervalInvalid, ValidityInvalid,
    BusinessDaysInvalid, CalendarRequired or CalendarUnknown.
    """
    has_month_days = job.business_days is not None
    check_kinds(
        has_slots=bool(job.slots),
        cron_text=job.cron_text,
        every_minutes=job.every_minutes,
        has_month_days=has_month_days,
    )
    check_validity(job.starts_on, job.ends_on)
    if job.cron_text is not None:
        parse_cron(job.cron_text)
    if job.every_minutes is not None:
        check_interval(job.every_minutes)
    if job.business_days is not None:
        form = cast("MonthDaysForm", job.business_days)
        job.business_days = dict(month_days_form(*read_month_days(form)))
    if job.calendar_id is not None and session.get(Calendar, job.calendar_id) is None:
        message = f"There is no calendar with the number {job.calendar_id}."
        raise CalendarUnknown(
            message,
            errors=[FieldError(field="calendar_id", code=CalendarUnknown.code, message=message)],
        )
    check_calendar(
        has_calendar=job.calendar_id is not None,
        policy=job.off_day_policy or OffDayPolicy.RUN,
        has_month_days=has_month_days,
    )
