"""The slots of a job: weekday, hour and minute, read from and written as comma texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import ClassVar, Self, TypedDict

from auxiliares import AutomacaoError, FieldError

DAY_NAMES = ("Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom")

# 7 days x 24 hours x 60 minutes: the longest list a client of the old interface could read and
# send back, because its detail form repeated the hour and the minute of every stored row.
MAX_PARTS = 7 * 24 * 60

_ALL_DAYS = range(7)
_FULL_NAMES = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")
_NUMBER = re.compile(r"[0-9]{1,2}")


class ScheduleInvalid(AutomacaoError):
    """The comma texts of a schedule do not make slots; `errors` names each faulty field."""

    code: ClassVar[str] = "schedule_invalid"
    status: ClassVar[int] = 422


class DetailForm(TypedDict):
    """A schedule as one job shows it: comma texts, distinct, in order."""

    day: str
    hour: str
    minute: str


class SlotForm(TypedDict):
    """One slot as it is sent and shown."""

    day: str
    hour: int
    minute: int


class ListForm(DetailForm):
    """A schedule as the list of jobs shows it; `complete_hour` holds each distinct hour:minute."""

    complete_hour: str


@dataclass(frozen=True, order=True, slots=True)
class Slot:
    """One weekly wall-clock minute; `weekday` 0 is Monday."""

    weekday: int
    hour: int
    minute: int

    @property
    def texts(self) -> tuple[str, str, str]:
        """Day, hour and minute as they are stored: `("Sáb", "06", "30")`."""
        return DAY_NAMES[self.weekday], f"{self.hour:02}", f"{self.minute:02}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The slots of a job; empty means that it runs only by hand."""

    slots: frozenset[Slot] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not self.slots

    @property
    def is_product(self) -> bool:
        """Every combination of its days, hours and minutes, so that comma texts say it all."""
        days = {slot.weekday for slot in self.slots}
        hours = {slot.hour for slot in self.slots}
        minutes = {slot.minute for slot in self.slots}
        return len(self.slots) == len(days) * len(hours) * len(minutes)

    def times_on(self, day: date) -> Sequence[time]:
        """Wall-clock times of that day, in order."""
        return self.times_on_weekday(day.weekday())

    def times_on_weekday(self, weekday: int) -> Sequence[time]:
        """Those of every Monday (0) to Sunday (6)."""
        return _times_by_weekday(self)[weekday]

    @classmethod
    def from_rows(
        cls, rows: Iterable[tuple[str | None, str | None, str | None]]
    ) -> tuple[Self, list[str]]:
        """The slots of stored (day, hour, minute) rows, and one sentence per row left out.

        Rows of an adopted database hold whatever text was typed once, so a faulty one is
        reported and costs only itself.
        """
        slots: set[Slot] = set()
        problems: list[str] = []
        for row in rows:
            day, hour, minute = (text or "" for text in row)
            try:
                slots |= parse_schedule(day, hour, minute).slots
            except ScheduleInvalid as exc:
                problems.append(exc.message)
        return cls(frozenset(slots)), problems

    def rows(self) -> list[tuple[str, str, str]]:
        """(day, hour, minute) texts to store, one per slot, in the order of the week."""
        return [slot.texts for slot in sorted(self.slots)]

    def detail_form(self) -> DetailForm:
        return DetailForm(
            day=",".join(DAY_NAMES[n] for n in sorted({slot.weekday for slot in self.slots})),
            hour=_padded({slot.hour for slot in self.slots}),
            minute=_padded({slot.minute for slot in self.slots}),
        )

    def slots_form(self) -> list[SlotForm] | None:
        """Every slot in the order of the week; None when the comma texts say it all."""
        if self.is_product:
            return None
        return [
            SlotForm(day=DAY_NAMES[slot.weekday], hour=slot.hour, minute=slot.minute)
            for slot in sorted(self.slots)
        ]

    def list_form(self) -> ListForm:
        moments = sorted({(slot.hour, slot.minute) for slot in self.slots})
        return ListForm(
            complete_hour=",".join(f"{hour:02}:{minute:02}" for hour, minute in moments),
            **self.detail_form(),
        )


@lru_cache(maxsize=4096)
def _times_by_weekday(schedule: Schedule) -> tuple[tuple[time, ...], ...]:
    week: list[list[time]] = [[] for _ in range(7)]
    for slot in sorted(schedule.slots):
        week[slot.weekday].append(time(slot.hour, slot.minute))
    return tuple(tuple(times) for times in week)


def parse_schedule(day: str, hour: str, minute: str) -> Schedule:
    """Every combination of the comma texts, as in `("Seg,Sáb", "06,18", "00,30")`.

    Days may be short or full Portuguese names in any case, with or without accents; `Semana`
    and `Todos` are all seven. Raises ScheduleInvalid with every faulty field.
    """
    faults: list[FieldError] = []
    days = _read_field("schedule.day", day, faults)
    hours = _read_field("schedule.hour", hour, faults)
    minutes = _read_field("schedule.minute", minute, faults)
    if faults:
        sentences = " ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
        raise ScheduleInvalid(f"The schedule cannot be used. {sentences}", errors=faults)
    return Schedule(frozenset(Slot(d, h, m) for d in days for h in hours for m in minutes))


def parse_slots(forms: Sequence[SlotForm]) -> Schedule:
    """The schedule of exactly these slots; a day may be any name that parse_schedule reads.

    Raises ScheduleInvalid.
    """
    slots: set[Slot] = set()
    for form in forms:
        days = _day_numbers(form["day"])
        if not days or not 0 <= form["hour"] <= 23 or not 0 <= form["minute"] <= 59:
            shown = f"{form['day'][:20]!r} {form['hour']}:{form['minute']:02}"
            message = f"{shown} is no slot; expected a day such as Seg, an hour and a minute."
            raise ScheduleInvalid(
                f"The schedule cannot be used. schedule.slots: {message}",
                errors=[_fault("schedule.slots", "not_allowed", message)],
            )
        slots.update(Slot(day, form["hour"], form["minute"]) for day in days)
    return Schedule(frozenset(slots))


def _read_field(field: str, text: str, faults: list[FieldError]) -> frozenset[int]:
    values, fault = _parse_list(field, text)
    if fault is not None:
        faults.append(fault)
    return values


def _parse_list(field: str, text: str) -> tuple[frozenset[int], FieldError | None]:
    if not text.strip():
        return frozenset(), _fault(field, "empty", f"is empty; {_EXPECTED[field]}")
    if text.count(",") >= MAX_PARTS:
        too_long = f"has more than {MAX_PARTS} entries; {_EXPECTED[field]}"
        return frozenset(), _fault(field, "too_long", too_long)
    values: set[int] = set()
    refused: list[str] = []
    for part in dict.fromkeys(text.split(",")):
        found = _day_numbers(part) if field == "schedule.day" else _number(part, _LIMIT[field])
        values.update(found)
        if not found:
            refused.append(part.strip())
    if refused:
        return frozenset(), _refusal(field, refused)
    return frozenset(values), None


_LIMIT = {"schedule.hour": 23, "schedule.minute": 59}
_EXPECTED = {
    "schedule.day": (
        "expected one or more of Seg, Ter, Qua, Qui, Sex, Sáb, Dom separated by commas, "
        "or Semana for all seven."
    ),
    "schedule.hour": "expected hours from 00 to 23 separated by commas, such as 06,18.",
    "schedule.minute": "expected minutes from 00 to 59 separated by commas, such as 00,30.",
}


def _refusal(field: str, refused: Sequence[str]) -> FieldError:
    """Name the first few refused parts, shortened: the text may be long and hostile."""
    shown = ", ".join(repr(part[:20]) if part else "an empty part" for part in refused[:5])
    more = f" and {len(refused) - 5} more" if len(refused) > 5 else ""
    verb = "is" if len(refused) == 1 else "are"
    return _fault(field, "not_allowed", f"{shown}{more} {verb} not allowed; {_EXPECTED[field]}")


def _fault(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)


def _number(part: str, limit: int) -> Sequence[int]:
    part = part.strip()
    if not _NUMBER.fullmatch(part) or int(part) > limit:
        return ()
    return (int(part),)


def _day_numbers(part: str) -> Sequence[int]:
    words = " ".join(part.split())
    key = _without_accents(words) if len(words) <= 20 else words
    if key in {"semana", "semana inteira", "todos"}:
        return _ALL_DAYS
    return tuple(n for n, name in enumerate(_FULL_NAMES) if key in {name, name[:3]})


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _padded(numbers: Iterable[int]) -> str:
    return ",".join(f"{number:02}" for number in sorted(numbers))
