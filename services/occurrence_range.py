"""The range of time an occurrence report covers, from what a caller wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from auxiliares import AutomacaoError, FieldError
from timing.moments import first_instant

MAX_DAYS = 31
# Days of a range may be longer than 24 hours, where a clock is set back or a day is left out.
_SPARE = timedelta(hours=3)
_YEARS = range(1970, 2200)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class RangeInvalid(AutomacaoError):
    """A bound cannot be read, or the end lies before the start."""

    code = "range_invalid"
    status = 422


class RangeTooLong(AutomacaoError):
    """The range has more days than one answer covers."""

    code = "range_too_long"
    status = 422


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Moments from `start` to before `end`, aware UTC."""

    start: datetime
    end: datetime


def read_range(first: str | None, last: str | None, *, zone: ZoneInfo, now: datetime) -> TimeRange:
    """The range of two ISO dates or moments; a last date is included, a last moment is not.

    Dates, and moments without an offset, are those of the zone. Without both it is today; one of
    them alone is the day it names or begins. Raises RangeInvalid or RangeTooLong.
    """
    start = _bound("from", first, zone)
    end = _bound("to", last, zone, is_end=True)
    if start is None:
        around = now if end is None else end - timedelta(microseconds=1)
        start = first_instant(around.astimezone(zone).date(), zone)
    if end is None:
        end = first_instant(start.astimezone(zone).date() + timedelta(days=1), zone)
    if end <= start:
        raise _refusal("to", "The range is empty: `to` lies before `from`.")
    if end - start > timedelta(days=MAX_DAYS) + _SPARE:
        message = f"The range has more than {MAX_DAYS} days; ask for a shorter one."
        raise RangeTooLong(
            message, errors=[FieldError(field="to", code=RangeTooLong.code, message=message)]
        )
    return TimeRange(start, end)


def _bound(
    field: str, text: str | None, zone: ZoneInfo, *, is_end: bool = False
) -> datetime | None:
    if text is None:
        return None
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            _check_year(day.year)
            return first_instant(day + timedelta(days=1) if is_end else day, zone)
        moment = datetime.fromisoformat(text)
        _check_year(moment.year)
    except ValueError as exc:
        shown = f"{field} {text[:40]!r} cannot be read"
        message = f"{shown}; write a date such as 2026-03-01, or a moment with its offset."
        raise _refusal(field, message) from exc
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _check_year(year: int) -> None:
    if year not in _YEARS:
        raise ValueError(f"the year {year} is too far away")


def _refusal(field: str, message: str) -> RangeInvalid:
    return RangeInvalid(
        message, errors=[FieldError(field=field, code=RangeInvalid.code, message=message)]
    )
