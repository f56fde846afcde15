"""What is kept about a version's columns beside its file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ManifestColumn:
    """One column; `type` is a value of the connectors' ColumnType, such as "integer"."""

    name: str
    type: str
    native_type: str
