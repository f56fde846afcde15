"""The statement that is sent: a job's text with values where it names them by `:hoje` or `:uf`.

What stands for a placeholder in PostgreSQL is made here: digits of a date or a number, or a string
in which every sign that could end it is written by its number. Places in an error of the database
are places in what was sent; `place` leads back to the job's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from connectors.base import QueryRefused
from connectors.bind_values import BindValue, Bound, raw_value
from connectors.statement import check_statement, place_of, placeholders_in
from vocabulary import ParameterType

# All of ASCII but what can neither end a string nor escape anything in it.
_UNSAFE = re.compile(r"[\x00-\x7f](?<![A-Za-z0-9 _.,:;/+=-])")
_POSTGRES_TYPES: Mapping[ParameterType, str] = {
    ParameterType.TEXT: "text",
    ParameterType.INTEGER: "bigint",
    ParameterType.DECIMAL: "numeric",
    ParameterType.DATE: "date",
}
_ORACLE_TYPES: Mapping[ParameterType, str] = {
    ParameterType.TEXT: "VARCHAR2(4000)",
    ParameterType.INTEGER: "NUMBER",
    ParameterType.DECIMAL: "NUMBER",
    ParameterType.DATE: "DATE",
}


@dataclass(frozen=True, slots=True)
class _Edit:
    """`[start, end)` of what is sent stands for the placeholder at `source_start`."""

    start: int
    end: int
    source_start: int
    source_end: int


@dataclass(frozen=True, slots=True)
class BoundStatement:
    """One checked statement as it is sent, and the values it names."""

    text: str
    values: Mapping[str, Bound]
    _source: str
    _edits: tuple[_Edit, ...]

    @property
    def given(self) -> dict[str, object]:
        """The values as a driver binds them."""
        return {name: raw_value(bound) for name, bound in self.values.items()}

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
    sql: str, kind: str, values: Mapping[str, Bound], written: Callable[[str, Bound], str]
) -> BoundStatement:
    """Check the text and write each placeholder as `written(name, value)` says.

    Raises a subclass of QueryRefused, also for a placeholder that `values` do not name.
    """
    source = check_statement(sql, kind)
    parts: list[str] = []
    edits: list[_Edit] = []
    used: dict[str, Bound] = {}
    read_to = sent = 0
    for found in placeholders_in(source, kind):
        if found.name not in values:
            raise unfilled(found.name)
        used[found.name] = values[found.name]
        before = source[read_to : found.start]
        value = written(found.name, values[found.name])
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


def as_literal(_name: str, bound: Bound) -> str:
    """A literal of PostgreSQL; the parentheses keep it apart from what stands around.

    Text has no type of its own, so that it is compared as the type of the other side.
    """
    return _literal(bound, _POSTGRES_TYPES, _escaped)


def as_oracle_literal(_name: str, bound: Bound) -> str:
    """A literal of Oracle, where a statement takes no binds."""
    return _literal(bound, _ORACLE_TYPES, _doubled)


def as_typed_bind(name: str, bound: Bound) -> str:
    """A bind of Oracle; the cast tells its type when the statement is described without values."""
    kind = bound.type if isinstance(bound, BindValue) else ParameterType.DATE
    return f"(CAST(:{name} AS {_ORACLE_TYPES[kind]}))"


def _literal(bound: Bound, types: Mapping[ParameterType, str], quoted: Callable[[str], str]) -> str:
    value = raw_value(bound)
    if value is None:
        assert isinstance(bound, BindValue)
        return f"(CAST(NULL AS {types[bound.type]}))"
    if isinstance(value, date):
        return f"(DATE '{value.isoformat()}')"
    if isinstance(value, str):
        return f"({quoted(value)})"
    return f"({value})" if isinstance(value, int) else f"({value:f})"


def _escaped(text: str) -> str:
    """An E'...' string, whose meaning hangs on no setting of the session."""
    return "E'" + _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "'"


def _doubled(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
