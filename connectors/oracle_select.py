"""The statement that reads a job's query from Oracle: its own text, unless zones are in it.

The driver drops the offset of a timestamp with a time zone and refuses named zones. Such columns
are read as UTC through a select list around the query.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from connectors.base import Column, ColumnType, QueryRefused


def select_statement(sql: str, columns: Sequence[Column]) -> str:
    """The text to execute. Raises QueryRefused where a column cannot be named."""
    if all(column.type is not ColumnType.TIMESTAMP_TZ for column in columns):
        return sql
    twice = [name for name, count in Counter(c.name for c in columns).items() if count > 1]
    if twice:
        raise QueryRefused(
            f"Two columns are called {twice[0]}, and a timestamp with a time zone is among the "
            "columns.",
            hint="Give each column a name of its own with AS.",
        )
    written = ", ".join(_written(column) for column in columns)
    return f"SELECT {written}\nFROM (\n{sql}\n)"


def _written(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type is ColumnType.TIMESTAMP_TZ:
        return f"SYS_EXTRACT_UTC({name}) AS {name}"
    return name
