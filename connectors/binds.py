"""The statement that is sent: a job's text with dates where it names them by `:hoje` or `:1`.

What stands for a placeholder is made here from a date, never from text. Places in an error of the
database are places in what was sent; `place` leads back to the job's text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from connectors.base import QueryRefused
from connectors.statement import check_statement, place_of, placeholders_in


@dataclass(frozen=True, slots=True)
class _Edit:
    """`[start, end)` of what is sent stands for the placeholder at `source_start`."""

    start: int
    end: int
    source_start: int
    source_end: int


@dataclass(frozen=True, slots=True)
class BoundStatement:
    """One checked statement as it is sent, and the dates it names."""

    text: str
    dates: Mapping[str, date]
    _source: str
    _edits: tuple[_Edit, ...]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, in the job's text of an offset in what is sent."""
        moved = 0
        for edit in self._edits:
            if offset < edit.start:
                break
            if offset < edit.end:
                return place_of(self._source, edit.source_start)
            moved = edit.source_end - edit.end
        return place_of(self._source, offset + moved)


def bind(
    sql: str, kind: str, dates: Mapping[str, date], written: Callable[[str, date], str]
) -> BoundStatement:
    """Check the text and write each placeholder as `written(name, date)` says.

    Raises a subclass of QueryRefused, also for a placeholder that `dates` do not name.
    """
    source = check_statement(sql, kind)
    parts: list[str] = []
    edits: list[_Edit] = []
    used: dict[str, date] = {}
    read_to = sent = 0
    for found in placeholders_in(source, kind):
        if found.name not in dates:
            raise unfilled(found.name)
        used[found.name] = dates[found.name]
        before = source[read_to : found.start]
        value = written(found.name, dates[found.name])
        parts += [before, value]
        start = sent + len(before)
        sent = start + len(value)
        edits.append(_Edit(start, sent, found.start, found.end))
        read_to = found.end
    return BoundStatement("".join([*parts, source[read_to:]]), used, source, tuple(edits))


def unfilled(name: str) -> QueryRefused:
    return QueryRefused(
        f"The query holds the placeholder :{name}, which nothing fills.",
        hint="Write the value itself, or one of the date expressions such as :hoje.",
    )


def as_literal(_name: str, day: date) -> str:
    """A typed literal of standard SQL; the parentheses keep it apart from what stands around."""
    return f"(DATE '{day.isoformat()}')"


def as_typed_bind(name: str, _day: date) -> str:
    """A bind of Oracle; the cast tells its type when the statement is described without values."""
    return f"(CAST(:{name} AS DATE))"
