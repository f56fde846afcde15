"""Whether the target holds what the source sent: counts, and checksums when asked for."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from transfer.definition import Verify
from transfer.names import TableName, quoted
from transfer.pipe import Copied
from transfer.reading import Reading
from transfer.structure import Table
from transfer.writing import TablesDiffer, Way


def source_sum(connection: Connection, reading: Reading, target: Table | None) -> str:
    """A sum over every value of every row, in any order, as the target will hold them."""
    types = {c.name: _type(c.name, c.type, target) for c in reading.columns}
    values = ", ".join(f"({c.expression})::{types[c.name]}::text" for c in reading.columns)
    return _sum(connection, f"SELECT {_hash(values)} FROM {reading.relation}")


def target_sum(connection: Connection, table: TableName, names: list[str]) -> str:
    values = ", ".join(f"{quoted(name)}::text" for name in names)
    return _sum(connection, f"SELECT {_hash(values)} FROM {table.quoted}")


@dataclass(frozen=True, slots=True)
class Check:
    """What to compare: a table whose rows came the `way` they did; `expected` is source_sum."""

    verify: Verify
    table: TableName
    way: Way
    names: list[str]
    expected: str | None = None


def compare(connection: Connection, copied: Copied, check: Check) -> dict[str, object] | None:
    """What was counted on both sides, before the commit. Raises TablesDiffer.

    A table that rows were appended to has others beside them: what COPY counted must do there.
    """
    if check.verify == "none":
        return None
    found: dict[str, object] = {"source_rows": copied.rows}
    if check.way == "append":
        found["target_rows"] = copied.rows
        return found
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {check.table.quoted}")
        row = cursor.fetchone()
    found["target_rows"] = int(row[0]) if row else 0
    if check.expected is not None:
        found["source_checksum"] = check.expected
        found["target_checksum"] = target_sum(connection, check.table, check.names)
    if found["target_rows"] != copied.rows or found.get("target_checksum") != check.expected:
        told = ", ".join(f"{name} {value}" for name, value in found.items())
        raise TablesDiffer(
            f"{check.table.text} would not hold what the source sent ({told}); nothing was "
            "changed. Look for triggers or rules at the target, then run the job again."
        )
    return found


def _type(name: str, own: str, target: Table | None) -> str:
    column = target.column(name) if target else None
    return column.type if column else own


def _hash(values: str) -> str:
    return f"coalesce(sum(hashtextextended(ROW({values})::text, 0)), 0)::text"


def _sum(connection: Connection, sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return str(row[0]) if row else "0"
