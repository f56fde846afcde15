"""Members of a job about its schedule and how its runs are executed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from timing.slots import MAX_PARTS, Schedule, SlotForm
from vocabulary import MissedPolicy, OverlapPolicy
from webapi.schemas import Model, Name, OptionalName, blank_is_none

OptionalDate = Annotated[date | None, BeforeValidator(blank_is_none)]
Minutes = Annotated[int | None, BeforeValidator(blank_is_none)]


class Slot(Model):
    """A weekday (Seg to Dom), an hour and a minute."""

    day: Name
    hour: Annotated[int, Field(ge=0, le=23)]
    minute: Annotated[int, Field(ge=0, le=59)]


SlotList = Annotated[list[Slot] | None, Field(max_length=MAX_PARTS)]


def slots_in(slots: Sequence[Slot]) -> list[SlotForm]:
    return [SlotForm(day=slot.day, hour=slot.hour, minute=slot.minute) for slot in slots]


def slots_out(schedule: Schedule) -> list[Slot] | None:
    """None when the comma texts say it all."""
    slots = schedule.slots_form()
    return None if slots is None else [Slot(**slot) for slot in slots]


class JobPolicyIn(Model):
    """`cron_text` or `every_minutes` instead of `schedule`; dates of the job's zone, both
    included; null in a limit means the setting of the server."""

    cron_text: OptionalName = None
    every_minutes: Minutes = None
    starts_on: OptionalDate = None
    ends_on: OptionalDate = None
    missed_policy: MissedPolicy = MissedPolicy.LAST
    missed_cap: Annotated[int, Field(ge=1, le=1000)] = 24
    missed_within_min: Minutes = None
    overlap_policy: OverlapPolicy = OverlapPolicy.SKIP
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    retry_limit: Annotated[int | None, Field(ge=0, le=20), BeforeValidator(blank_is_none)] = None
    no_progress_limit_s: Annotated[
        int | None, Field(ge=1, le=604_800), BeforeValidator(blank_is_none)
    ] = None


class JobPolicyOut(Model):
    """`paused_at`: occurrences are recorded and not run until somebody goes on."""

    cron_text: str | None
    every_minutes: int | None
    starts_on: date | None
    ends_on: date | None
    paused_at: datetime | None
    paused_by: str | None
    missed_policy: MissedPolicy
    missed_cap: int
    missed_within_min: int | None
    overlap_policy: OverlapPolicy
    priority: int
    retry_limit: int | None
    no_progress_limit_s: int | None
