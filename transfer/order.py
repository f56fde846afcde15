"""The order in which tables are moved: what others refer to comes first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transfer.names import TableName


def levels(
    tables: Sequence[TableName], references: Iterable[tuple[TableName, TableName]]
) -> list[list[TableName]]:
    """Groups that may be moved side by side, one group after the other.

    `references`: the first refers to the second. Tables of a circle, and those that refer to them,
    come last and together: no order is right for them.
    """
    known = set(tables)
    waits_for: dict[TableName, set[TableName]] = {table: set() for table in tables}
    for child, parent in references:
        if child in known and parent in known and child != parent:
            waits_for[child].add(parent)
    found = []
    left = list(tables)
    while left:
        free = [table for table in left if not waits_for[table] & set(left)]
        group = free or left
        found.append(group)
        left = [table for table in left if table not in group]
    return found
