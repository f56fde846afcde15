"""The form of a text file: one frozen type that jobs, sources, files and requests share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, Self, get_args

from auxiliares import AutomacaoError, FieldError

DateFormat = Literal["dmy", "mdy", "iso", "dmy_dots"]
TimeFormat = Literal["fraction", "seconds", "minutes"]
DecimalMark = Literal[".", ","]
TextEncoding = Literal["utf-8", "utf-8-bom", "windows-1252", "iso-8859-1"]
Unencodable = Literal["fail", "replace"]
LineEnd = Literal["lf", "crlf"]

# Signs that occur in no number, date or time, so that none of these needs quotes.
DELIMITERS = ";,\t|~^#!$%&*"
QUOTES = "\"'"
MAX_NULL_CHARACTERS = 20
MAX_COLUMNS = 1600
MAX_NAME_CHARACTERS = 200
GUARDED = "=+-@\t\r"
GUARD = "'"
_NUMBER = re.compile(r"[+-]?[0-9.,]*[0-9][0-9.,]*([eE][+-]?[0-9]+)?")
_NUMBER_NAMES = frozenset({"nan", "infinity", "-infinity"})


class DialectInvalid(AutomacaoError):
    """A member of a dialect has a value that no file can be written with; `errors` names it."""

    code: ClassVar[str] = "dialect_invalid"
    status: ClassVar[int] = 422


class DialectColumnUnknown(DialectInvalid):
    """The dialect names a column that the query does not return."""

    code = "dialect_column_unknown"


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of the query, by name, and what the file calls it."""

    name: str
    as_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a text file is written. The defaults are the form of the existing system.

    `fraction` writes fractions of a second only where there are any; `seconds` and `minutes` leave
    out what is smaller, without rounding. `zone_offset` keeps the offset behind timestamps with a
    zone; all are written as the wall clock of `time_zone`, which is the job's and not stored with
    the dialect. `columns` are the columns of the file in their order; empty: all of the query.
    `binary_prefix` stands before the hexadecimal digits of Oracle's binary values, where rows are
    on their way into a database.
    """

    delimiter: str = ";"
    quote: str = '"'
    decimal_mark: DecimalMark = "."
    date_format: DateFormat = "dmy"
    time_format: TimeFormat = "fraction"
    zone_offset: bool = False
    encoding: TextEncoding = "utf-8"
    unencodable: Unencodable = "fail"
    null_text: str = ""
    header: bool = True
    line_end: LineEnd = "lf"
    formula_guard: bool = False
    columns: tuple[ColumnChoice, ...] = ()
    time_zone: str = field(default="America/Sao_Paulo", metadata={"is_stored": False})
    binary_prefix: str = field(default="", metadata={"is_stored": False})

    def members(self) -> dict[str, Any]:
        """The JSON form, `time_zone` included."""
        members = {name: getattr(self, name) for name in _MEMBERS}
        members["columns"] = [{"name": c.name, "as": c.as_name} for c in self.columns]
        return members

    def changed(self, members: Mapping[str, object]) -> Self:
        """This dialect with members of the JSON form. Raises DialectInvalid."""
        known = {f.name for f in fields(self) if f.metadata.get("is_stored", True)}
        values = dict(members)
        for name in values.keys() - known:
            raise _refusal(name, f"there is no member of this name; use {', '.join(sorted(known))}")
        for name, value in values.items():
            _check_type(name, value)
        if "columns" in values:
            values["columns"] = _choices(values["columns"])
        dialect = replace(self, **values)  # type: ignore[arg-type] # checked by name just above
        _check(dialect)
        return dialect


_MEMBERS = tuple(f.name for f in fields(Dialect) if f.name != "binary_prefix")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "decimal_mark": get_args(DecimalMark),
    "date_format": get_args(DateFormat),
    "time_format": get_args(TimeFormat),
    "encoding": get_args(TextEncoding),
    "unencodable": get_args(Unencodable),
    "line_end": get_args(LineEnd),
    "quote": tuple(QUOTES),
    "delimiter": tuple(DELIMITERS),
}
_FLAGS = frozenset({"zone_offset", "header", "formula_guard"})


def chosen_columns(
    choices: Sequence[ColumnChoice], names: Sequence[str]
) -> list[tuple[int, str]] | None:
    """Place in `names` and name in the file of each chosen column; None when nothing is chosen.

    A name is found by its exact spelling, else without regard to case. Raises
    DialectColumnUnknown.
    """
    if not choices:
        return None
    return [(_place(choice.name, names), choice.as_name) for choice in choices]


def _place(wanted: str, names: Sequence[str]) -> int:
    exact = [place for place, name in enumerate(names) if name == wanted]
    alike = [place for place, name in enumerate(names) if name.casefold() == wanted.casefold()]
    found = exact or alike
    if len(found) == 1:
        return found[0]
    problem = "returns no such column" if not found else "returns more than one column of this name"
    raise _refusal(
        "columns",
        f"the query {problem} as {wanted!r}; it returns {', '.join(names)[:1000]}",
        DialectColumnUnknown,
    )


def _check_type(name: str, value: object) -> None:
    if name in _WORDS and value not in _WORDS[name]:
        allowed = " ".join(repr(word) for word in _WORDS[name])
        raise _refusal(name, f"{str(value)[:40]!r} is not one of: {allowed}")
    if name in _FLAGS and not isinstance(value, bool):
        raise _refusal(name, "must be true or false")
    if name == "null_text" and not isinstance(value, str):
        raise _refusal(name, "must be a text")


def _check(dialect: Dialect) -> None:
    if dialect.decimal_mark == dialect.delimiter:
        raise _refusal("delimiter", "must not be the decimal mark: every number would need quotes")
    null = dialect.null_text
    if len(null) > MAX_NULL_CHARACTERS or not null.isprintable():
        raise _refusal("null_text", f"has at most {MAX_NULL_CHARACTERS} visible characters")
    if dialect.delimiter in null or dialect.quote in null:
        raise _refusal("null_text", "must hold neither the delimiter nor the quote")
    if _NUMBER.fullmatch(null) or null.casefold() in _NUMBER_NAMES:
        raise _refusal("null_text", "must not read like a number")
    _check_null_text_is_encoded(dialect)
    if dialect.zone_offset and (dialect.date_format != "iso" or dialect.time_format == "minutes"):
        raise _refusal("zone_offset", "needs date_format iso and a time_format with seconds")


def _check_null_text_is_encoded(dialect: Dialect) -> None:
    if dialect.encoding.startswith("utf-8"):
        return
    try:
        dialect.null_text.encode(dialect.encoding)
    except UnicodeEncodeError as exc:
        problem = f"has a character that does not exist in {dialect.encoding}"
        raise _refusal("null_text", problem) from exc
    if dialect.unencodable == "replace" and "?" in dialect.null_text:
        raise _refusal("null_text", "must not hold ?, which replaces what the encoding lacks")


def _choices(value: object) -> tuple[ColumnChoice, ...]:
    if not isinstance(value, list) or len(value) > MAX_COLUMNS:
        raise _refusal("columns", f"must be a list of at most {MAX_COLUMNS} columns")
    choices = tuple(map(_choice, value))
    twice = {c.as_name for c in choices if [o.as_name for o in choices].count(c.as_name) > 1}
    if twice:
        raise _refusal("columns", f"two columns would be called {min(twice)!r}")
    return choices


def _choice(value: object) -> ColumnChoice:
    item = value if isinstance(value, dict) else {"name": value}
    name, as_name = item.get("name"), item.get("as") or item.get("name")
    for text in (name, as_name):
        if not isinstance(text, str) or not text or len(text) > MAX_NAME_CHARACTERS:
            raise _refusal("columns", 'each is {"name": ..., "as": ...} with texts in both')
    return ColumnChoice(str(name), str(as_name))


def _refusal(
    member: str, problem: str, kind: type[DialectInvalid] = DialectInvalid
) -> DialectInvalid:
    message = f"{member} of the dialect: {problem}."
    return kind(
        message, errors=[FieldError(field=f"dialect.{member}", code=kind.code, message=message)]
    )
