"""What a job's rule for days that are no business days makes of a day's times. Pure.

The day is that of the time as the schedule writes it; a moved time is the same time of the other
day's clock, and where it meets another there is one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar, Protocol

from auxiliares import AutomacaoError, FieldError
from timing.business_days import DAY, MAX_DISTANCE, BusinessCalendar
from vocabulary import OffDayPolicy


class CalendarRequired(AutomacaoError):
    """What the schedule says of business days needs a calendar, and the job has none."""

    code: ClassVar[str] = "calendar_required"
    status: ClassVar[int] = 422


class DailyPattern(Protocol):
    """Wall-clock times that depend on the day alone."""

    def times_on(self, day: date) -> Sequence[time]:
        """Times of that day, in order."""

    @property
    def is_empty(self) -> bool:
        """No day has any."""


@dataclass(frozen=True, slots=True)
class OffDayRule:
    """What becomes of times on days that are no business days; never OffDayPolicy.RUN."""

    calendar: BusinessCalendar
    policy: OffDayPolicy

    def target_of(self, day: date) -> date | None:
        """The day on which the times of a day off run; None: they do not."""
        if self.policy == OffDayPolicy.NEXT:
            return self.calendar.next_business_day(day)
        if self.policy == OffDayPolicy.PREVIOUS:
            return self.calendar.previous_business_day(day)
        return None

    def moved_to(self, day: date) -> Iterator[date]:
        """The days off whose times run on this business day."""
        if self.policy == OffDayPolicy.SKIP:
            return
        step = -DAY if self.policy == OffDayPolicy.NEXT else DAY
        for _ in range(MAX_DISTANCE):
            day += step
            if self.calendar.is_business_day(day):
                return
            yield day


@dataclass(frozen=True, slots=True)
class OnBusinessDays:
    """The times of a pattern after a rule: none on days off, their own and moved ones on others."""

    pattern: DailyPattern
    rule: OffDayRule

    def times_on(self, day: date) -> Sequence[time]:
        if not self.rule.calendar.is_business_day(day):
            return ()
        own = self.pattern.times_on(day)
        moved = {at for off in self.rule.moved_to(day) for at in self.pattern.times_on(off)}
        return sorted(moved.union(own)) if moved else own

    @property
    def is_empty(self) -> bool:
        return self.pattern.is_empty


def check_calendar(*, has_calendar: bool, policy: str, has_month_days: bool) -> None:
    """Raises CalendarRequired."""
    if has_calendar or (policy == OffDayPolicy.RUN and not has_month_days):
        return
    field = "business_days" if has_month_days else "off_day_policy"
    message = (
        f"{field} counts business days, so the job needs a calendar; choose one (calendar_id)."
    )
    errors = [FieldError(field="calendar_id", code=CalendarRequired.code, message=message)]
    raise CalendarRequired(message, errors=errors)
