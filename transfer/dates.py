"""The days that queries and conditions of a moving job name, written into them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from connectors.binds import as_literal, unfilled
from connectors.statement import placeholders_in
from transfer.definition import Sync, TableSource, Transfer


def texts_of(definition: Transfer | Sync) -> list[str]:
    """Every query and condition of the job's tables, in order."""
    return [text for table in definition.tables for text in (table.query, table.where) if text]


def dated(definition: Transfer | Sync, kind: str, days: Mapping[str, date]) -> Transfer | Sync:
    """The same job with a date wherever one is named; `kind` is that of the source.

    Raises QueryRefused for a name that `days` do not hold.
    """
    tables = [_table(table, kind, days) for table in definition.tables]
    return definition.model_copy(update={"tables": tables})


def _table(table: TableSource, kind: str, days: Mapping[str, date]) -> TableSource:
    query, where = (text and _written(text, kind, days) for text in (table.query, table.where))
    return table.model_copy(update={"query": query, "where": where})


def _written(text: str, kind: str, days: Mapping[str, date]) -> str:
    parts, read_to = [], 0
    for found in placeholders_in(text, kind):
        if found.name not in days:
            raise unfilled(found.name)
        parts += [text[read_to : found.start], as_literal(found.name, days[found.name])]
        read_to = found.end
    return "".join([*parts, text[read_to:]])
