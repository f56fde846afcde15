"""What is kept about a version's columns beside its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from dialects.dialect import Dialect


@dataclass(frozen=True, slots=True)
class ManifestColumn:
    """One column; `type` is a value of the connectors' ColumnType, such as "integer"."""

    name: str
    type: str
    native_type: str
    precision: int | None = None
    scale: int | None = None

    @classmethod
    def of(cls, member: Mapping[str, Any]) -> Self:
        """From the JSON form; versions from before there was a precision have none."""
        return cls(
            member["name"],
            member["type"],
            member.get("native_type", ""),
            member.get("precision"),
            member.get("scale"),
        )

    def members(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "name": self.name,
            "type": self.type,
            "native_type": self.native_type,
            "precision": self.precision,
            "scale": self.scale,
        }


def place_of(columns: Sequence[ManifestColumn], wanted: str, dialect: Dialect) -> int | None:
    """Place of the column of that name in the file or in the query, without regard to case where
    only one is meant; None where there is no such column, or more than one."""
    renamed = {choice.name.casefold(): choice.as_name for choice in dialect.columns}
    chosen = renamed.get(wanted.casefold())
    names = [column.name for column in columns]
    exact = [place for place, name in enumerate(names) if name == wanted]
    alike = [place for place, name in enumerate(names) if name.casefold() == wanted.casefold()]
    as_named = [place for place, name in enumerate(names) if name == chosen]
    found = exact or alike or as_named
    return found[0] if len(found) == 1 else None


def decimal_places(columns: Sequence[ManifestColumn]) -> list[int]:
    """The places of the columns whose numbers have a decimal mark."""
    return [n for n, column in enumerate(columns) if column.type in {"decimal", "float"}]
