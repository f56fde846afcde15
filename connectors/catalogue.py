"""What there is to read in a source, for completing names in a query: tables and their columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

TableKind = Literal["table", "view", "materialized view", "synonym"]

MAX_COLUMNS = 100_000  # of all tables together


@dataclass(frozen=True, slots=True)
class CatalogueColumn:
    """A column by the names the source has for it and its type."""

    name: str
    native_type: str


@dataclass(frozen=True, slots=True)
class CatalogueTable:
    """Something a query can select from."""

    schema: str
    name: str
    kind: TableKind
    columns: tuple[CatalogueColumn, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the account may read, its own schemas first; `is_cut`: there is more than is here."""

    tables: tuple[CatalogueTable, ...]
    is_cut: bool


def cut_catalogue(tables: Iterable[CatalogueTable], *, limit: int, max_columns: int) -> Catalogue:
    """The first `limit` tables, fewer when they have more than `max_columns` columns."""
    kept: list[CatalogueTable] = []
    columns = 0
    for table in tables:
        columns += len(table.columns)
        if len(kept) == limit or columns > max_columns:
            return Catalogue(tuple(kept), is_cut=True)
        kept.append(table)
    return Catalogue(tuple(kept), is_cut=False)
