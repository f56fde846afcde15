"""What a calendar must be like before it is saved. Pure."""

from __future__ import annotations

from auxiliares import AutomacaoError, FieldError
from models import Calendar
from services.business_calendars import own_days
from timing.national_holidays import COUNTRY, SUBDIVISIONS
from timing.slots import DAY_NAMES
from vocabulary import OptionalDays

MAX_DAYS = 2000
YEARS = range(1900, 2200)


class CalendarInvalid(AutomacaoError):
    """A field of the calendar means nothing; `errors` names it."""

    code = "calendar_invalid"
    status = 422


def check_calendar_fields(calendar: Calendar) -> None:
    """Raises CalendarInvalid."""
    calendar.name = calendar.name.strip()
    if not calendar.name:
        raise _refusal("name", "A calendar needs a name.")
    if calendar.country not in (None, COUNTRY):
        raise _refusal("country", f"country must be {COUNTRY}, or null for no computed holidays.")
    if calendar.optional_days not in [*OptionalDays]:
        known = ", ".join(OptionalDays)
        raise _refusal("optional_days", f"optional_days must be one of: {known}.")
    _check_choices(calendar)
    _check_weekend(calendar)
    _check_days(calendar)


def _check_choices(calendar: Calendar) -> None:
    """A state and optional days belong to computed holidays."""
    if calendar.subdivision is not None and calendar.subdivision not in SUBDIVISIONS:
        known = ", ".join(SUBDIVISIONS)
        raise _refusal("subdivision", f"subdivision must be null or one of: {known}.")
    if calendar.country is not None:
        return
    if calendar.subdivision is not None:
        raise _refusal("subdivision", "A state needs the national holidays: set country to BR.")
    if calendar.optional_days != OptionalDays.NONE:
        raise _refusal("optional_days", "Optional days need the national holidays: country BR.")


def _check_weekend(calendar: Calendar) -> None:
    chosen = set(calendar.weekend)
    if not chosen <= set(DAY_NAMES):
        raise _refusal("weekend", f"weekend holds days of the week: {', '.join(DAY_NAMES)}.")
    if len(chosen) == len(DAY_NAMES):
        raise _refusal("weekend", "A calendar needs a day of the week that is no weekend.")
    calendar.weekend = [name for name in DAY_NAMES if name in chosen]


def _check_days(calendar: Calendar) -> None:
    if len(calendar.days) > MAX_DAYS:
        raise _refusal("days", f"A calendar has at most {MAX_DAYS} days of its own.")
    for day in own_days(calendar.days):
        if not day.name.strip():
            raise _refusal("days", f"The day {day.day} needs a name.")
        if day.day.year not in YEARS:
            raise _refusal("days", f"{day.day} lies outside the years 1900 to 2199.")


def _refusal(field: str, message: str) -> CalendarInvalid:
    return CalendarInvalid(
        message, errors=[FieldError(field=field, code=CalendarInvalid.code, message=message)]
    )
