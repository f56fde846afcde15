"""What becomes of the columns that readers know when other columns are published. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Change(StrEnum):
    """What happens to a column: RENAMED is a guess, another name at its place with its type."""

    GONE = "gone"
    RENAMED = "renamed"
    RETYPED = "retyped"


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A published column and what it is now: its new name or type, None when it is gone."""

    column: str
    change: Change
    now: str | None = None


def column_changes(
    found: Sequence[Mapping[str, Any]], published: Sequence[Mapping[str, Any]]
) -> list[ColumnChange]:
    """In the order of the published columns; what is only added concerns no reader."""
    new = {str(column["name"]): str(column["type"]) for column in found}
    old = {str(column["name"]) for column in published}
    changes = []
    for place, column in enumerate(published):
        name, type_ = str(column["name"]), str(column["type"])
        if name not in new:
            renamed = _renamed(found, place, type_, old)
            change = Change.GONE if renamed is None else Change.RENAMED
            changes.append(ColumnChange(name, change, renamed))
        elif new[name] != type_:
            changes.append(ColumnChange(name, Change.RETYPED, new[name]))
    return changes


def _renamed(
    found: Sequence[Mapping[str, Any]], place: int, type_: str, old: set[str]
) -> str | None:
    if place >= len(found) or str(found[place]["type"]) != type_:
        return None
    name = str(found[place]["name"])
    return None if name in old else name
