"""Cron texts: five fields or a nickname, read by the library `cronsim`, as times of each day.

Only the library's reading of the fields and its choice of days are used. Clock changes are not its
business: what a day's times mean in a zone is decided in `timing.moments` for every schedule alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import ClassVar

from cronsim import CronSim, CronSimError

from auxiliares import AutomacaoError, FieldError

NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MAX_LENGTH = 200

_NAMES = ("minute", "hour", "day-of-month", "month", "day-of-week")
_ALLOWED = (
    "0 to 59",
    "0 to 23",
    "1 to 31, L for the last day or LW for the last weekday",
    "1 to 12 or JAN to DEC",
    "0 to 7 or SUN to SAT, 5L for the last Friday, MON#1 for the first Monday",
)
_EXAMPLE = "Example: 30 6 * * MON-FRI is 06:30 from Monday to Friday."
# The rarest day there is, a 29 February on a given weekday, comes back within 40 years.
_SEARCH_FROM = date(2024, 1, 1)
_SEARCH_DAYS = 41 * 366


class CronInvalid(AutomacaoError):
    """The text is no cron text, or one that never comes true; the message says where."""

    code: ClassVar[str] = "cron_invalid"
    status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron text that has been read; equal when the texts are."""

    text: str
    _fields: CronSim = field(compare=False, repr=False)
    _times: tuple[time, ...] = field(compare=False, repr=False)

    def times_on(self, day: date) -> Sequence[time]:
        """Wall-clock times of that day, in order; none when the day does not match."""
        if day.month in self._fields.months and self._fields.match_day(day):
            return self._times
        return ()

    @property
    def is_empty(self) -> bool:
        return False

    @property
    def explanation(self) -> str:
        """What the text means, in English."""
        return self._fields.explain()


@lru_cache(maxsize=4096)
def parse_cron(text: str) -> Cron:
    """Raises CronInvalid, which says what is wrong, in which field, with an example."""
    parts = _parts(text)
    try:
        fields = CronSim(" ".join(parts), datetime(2024, 1, 1))  # noqa: DTZ001 - a wall clock
    except CronSimError as exc:
        raise _refusal(_fault(parts, str(exc))) from exc
    cron = Cron(
        " ".join(text.split()),
        fields,
        tuple(time(h, m) for h in sorted(fields.hours) for m in sorted(fields.minutes)),
    )
    days = (_SEARCH_FROM + timedelta(days=n) for n in range(_SEARCH_DAYS))
    if not any(cron.times_on(day) for day in days):
        raise _refusal("its day-of-month, month and day-of-week never come together")
    return cron


def _parts(text: str) -> list[str]:
    if len(text) > MAX_LENGTH:
        raise _refusal(f"it has more than {MAX_LENGTH} characters")
    words = text.split()
    if words and words[0].startswith("@"):
        known = NICKNAMES.get(words[0].lower()) if len(words) == 1 else None
        if known is None:
            raise _refusal(f"{text.strip()[:20]!r} is not one of {', '.join(NICKNAMES)}")
        return known.split()
    if len(words) != len(_NAMES):
        found = f"it has {len(words)} field{'' if len(words) == 1 else 's'}"
        raise _refusal(f"{found} and needs 5: {', '.join(_NAMES)}")
    return words


def _fault(parts: Sequence[str], problem: str) -> str:
    """What the library said of a field ("Bad hour"), with what stands there and what may."""
    name = problem.removeprefix("Bad ")
    if name not in _NAMES:
        return f"it cannot be read ({problem})"
    place = _NAMES.index(name)
    if name == "day-of-month" and _is_day_of_month(parts[place]):
        return f"no month in field 4 has the day in field 3 ({parts[place][:20]!r})"
    shown = parts[place] if len(parts[place]) <= 20 else parts[place][:20] + "…"
    return f"field {place + 1} ({name}) is {shown!r}, allowed is {_ALLOWED[place]}"


def _is_day_of_month(part: str) -> bool:
    try:
        CronSim(f"0 0 {part} * *", datetime(2024, 1, 1))  # noqa: DTZ001 - a wall clock
    except CronSimError:
        return False
    return True


def _refusal(fault: str) -> CronInvalid:
    message = f"The cron text cannot be used: {fault}. {_EXAMPLE}"
    return CronInvalid(
        message, errors=[FieldError(field="cron_text", code=CronInvalid.code, message=message)]
    )
