"""Names of exported files that change with the day: `vendas_{data:%Y-%m}`, `{fim}`, `{job}`.

A name is read as signs in a row: fixed ones, digits of a date, or anything for the job's own name.
Which files two names can ever make is compared by these signs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from auxiliares import FieldError
from datafiles.name_patterns import DIRECTIVES
from datafiles.names import NameRefused, check_export_name

FIELD = "export_name"
ISO = "%Y-%m-%d"
_PLACE = re.compile(r"\{(data|fim)(?::([^{}]*))?\}|\{(job)\}")
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_DIGITS = {"Y": 4, "G": 4, "j": 3, "u": 1}
_SEPARATORS = " _-."
# Every directive writes its longest and most telling form on this day.
_SAMPLE = date(2026, 12, 28)


class Sign(Enum):
    """What may stand at a place of a name, beside one fixed sign."""

    DIGIT = "digit"
    ANY = "any"  # one sign or more


Signs = tuple[str | Sign, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """What files a job can ever make in its folder: signs in a row, of each way to name one."""

    ways: tuple[Signs, ...]

    @property
    def is_fixed(self) -> bool:
        return not any(map(_changes, self.ways))

    def meets(self, other: Reach) -> bool:
        """Whether one file can be both jobs'."""
        ours, theirs = set(self._fixed), set(other._fixed)
        if ours & theirs:
            return True
        # Of two names without signs the sets have told.
        return any(
            _meet(one, two)
            for one in self.ways
            for two in (other.ways if one not in ours else other._changing)
        )

    @property
    def _fixed(self) -> list[Signs]:
        return [way for way in self.ways if not _changes(way)]

    @property
    def _changing(self) -> list[Signs]:
        return [way for way in self.ways if _changes(way)]


def _changes(way: Signs) -> bool:
    return any(isinstance(sign, Sign) for sign in way)


def _meet(one: Signs, other: Signs) -> bool:
    """Whether some name is of both ways; looks at each pair of places once."""
    seen, waiting = set(), [(0, 0)]
    while waiting:
        i, j = pair = waiting.pop()
        if pair == (len(one), len(other)):
            return True
        if pair in seen or i >= len(one) or j >= len(other):
            continue
        seen.add(pair)
        if not _fit(one[i], other[j]):
            continue
        waiting.append((i + 1, j + 1))
        if one[i] is Sign.ANY:
            waiting.append((i, j + 1))
        if other[j] is Sign.ANY:
            waiting.append((i + 1, j))
    return False


def _fit(one: str | Sign, other: str | Sign) -> bool:
    if Sign.ANY in (one, other) or one == other:
        return True
    digits = [sign for sign in (one, other) if sign is not Sign.DIGIT]
    return len(digits) == 1 and str(digits[0]).isdecimal()


def has_places(name: str) -> bool:
    """Whether the name changes with the day or the job."""
    return _PLACE.search(name) is not None


def fixed_name(name: str) -> str:
    """The name of the dataset: without what changes, and without separators left hanging."""
    if not has_places(name):
        return name
    pieces = _PLACE.split(name)[:: _PLACE.groups + 1]
    stripped = [piece.strip(_SEPARATORS) for piece in pieces]
    return "_".join(piece for piece in stripped if piece)


def resolved_name(name: str, *, data: date, fim: date, job: str) -> str:
    """The name of the file on that day. Raises NameRefused."""

    def place(found: re.Match[str]) -> str:
        if found[3]:
            return job
        day = data if found[1] == "data" else fim
        return day.strftime(found[2] or ISO)

    return check_export_name(_PLACE.sub(place, name))


def check_name(name: str, job: str) -> None:
    """Refuse a name that cannot always be a file name on Windows and Linux. Raises NameRefused."""
    for _, form, _ in _PLACE.findall(name):
        letters = _DIRECTIVE.findall(form)
        if form and (not letters or not set(letters) <= DIRECTIVES):
            known = " ".join(f"%{letter}" for letter in sorted(DIRECTIVES))
            raise _refused(f"The date form {form!r} must be made of {known}, as in {{data:%Y-%m}}.")
    left = _PLACE.sub("", name)
    if re.search(r"\{[^{}]*%[^{}]*\}", left):
        raise _refused(
            "Only {data:...}, {fim:...} and {job} change in a name: {data:%Y-%m} is the month of "
            "the day the run was due, {fim} the last day it reads."
        )
    if not fixed_name(name):
        raise _refused(
            f"The name {name!r} has no fixed part, which names the dataset; write for instance "
            "'vendas_{data:%Y-%m}'."
        )
    check_export_name(fixed_name(name))
    resolved_name(name, data=_SAMPLE, fim=_SAMPLE, job=job)


def reach_of(name: str, endings: Sequence[str] = ("",)) -> Reach:
    """The files of a name; `endings` are what parts put behind it, `0` for any digit."""
    name = unicodedata.normalize("NFC", name)
    texts = [text.casefold() for text in _PLACE.split(name)[:: _PLACE.groups + 1]]
    signs: list[str | Sign] = [*texts[0]]
    for place, text in zip(_PLACE.finditer(name), texts[1:], strict=True):
        signs += [*_written(place), *text]
    behind = [[Sign.DIGIT if sign == "0" else sign for sign in ending] for ending in endings]
    return Reach(tuple((*signs, *ending) for ending in behind))


def _written(place: re.Match[str]) -> list[str | Sign]:
    """What a place can become."""
    if place[3]:
        return [Sign.ANY]
    signs: list[str | Sign] = []
    for number, part in enumerate(_DIRECTIVE.split(place[2] or ISO)):
        signs += [Sign.DIGIT] * _DIGITS.get(part, 2) if number % 2 else [*part.casefold()]
    return signs


def _refused(message: str) -> NameRefused:
    code = NameRefused.code
    return NameRefused(message, errors=[FieldError(field=FIELD, code=code, message=message)])
