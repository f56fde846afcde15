"""Names of tables: `schema.name`, parts in double quotes where they need it, and patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from transfer.definition import MovementInvalid

_PART = r'(?:"((?:[^"]|"")+)"|([^".]+))'
_NAME = re.compile(rf"\s*(?:{_PART}\s*\.\s*)?{_PART}\s*")
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table by schema and name, as the catalogue of the database spells them."""

    schema: str
    name: str

    @property
    def quoted(self) -> str:
        """As SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def text(self) -> str:
        """As people write it."""
        return f"{_shown(self.schema)}.{_shown(self.name)}"


def parse_table(text: str, *, default_schema: str = "public") -> TableName:
    """The table a text names; a name without schema is one of `default_schema`.

    Raises MovementInvalid.
    """
    found = _NAME.fullmatch(text)
    if found is None:
        raise MovementInvalid(
            f"{text[:100]!r} is not the name of a table; write it as in schema.name."
        )
    schema = _unquoted(found[1], found[2]) or default_schema
    return TableName(schema, _unquoted(found[3], found[4]) or "")


def matches(name: TableName, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns (`sales.*`, `*.log_?`, `stores`) fits, case aside."""
    full = f"{name.schema}.{name.name}".lower()
    return any(
        fnmatchcase(full if "." in pattern else name.name.lower(), pattern.lower())
        for pattern in patterns
    )


def quoted(identifier: str) -> str:
    """An identifier as SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL; needs standard_conforming_strings, which every session of ours sets."""
    return "'" + text.replace("'", "''") + "'"


def shortened(name: str, size_bytes: int) -> str:
    """The start of a name: the server cuts longer ones at 63 bytes, which are not characters."""
    return name.encode()[:size_bytes].decode(errors="ignore")


def column_list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))


def _unquoted(inside: str | None, plain: str | None) -> str:
    return inside.replace('""', '"') if inside is not None else (plain or "").strip()


def _shown(part: str) -> str:
    return part if _PLAIN.fullmatch(part) else quoted(part)
