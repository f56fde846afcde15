"""One query read over two connections: which queries may be, and the two COPYs of one snapshot.

The rows go by the values of one column: those below its median and the others where the server's
statistics tell a value that parts them well, else by a hash. Each connection runs the whole query,
so it must be certain that both see the same rows with the same value in that column: the snapshot
is shared, the column is one of a table, and the plan holds only steps that give the same rows
every time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from psycopg.pq.abc import PGresult
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from connectors.base import ByteSink, Column, ColumnType, QueryNotDivisible
from connectors.limits import Limits
from connectors.postgres_copy import configure, copy_rows, faults, opened
from connectors.postgres_line import PostgresLine
from connectors.postgres_select import names_within

# The server's own hash of a column's value. It is NULL for NULL, which `IS NOT TRUE` takes in.
HASHES: Final[Mapping[ColumnType, str]] = {
    ColumnType.INTEGER: "pg_catalog.hashint8({}::bigint)",
    ColumnType.DECIMAL: "pg_catalog.hash_numeric({})",
    ColumnType.DATE: "pg_catalog.timestamp_hash({}::timestamp)",
    ColumnType.TIMESTAMP: "pg_catalog.timestamp_hash({})",
    ColumnType.TIMESTAMP_TZ: "pg_catalog.timestamp_hash({}::timestamp)",
}
# Its types whose values have an order, in which the server takes them from an index or skips them
# at once; a hash must be computed of each.
ORDERED: Final[Mapping[ColumnType, str]] = {
    ColumnType.INTEGER: "int8",
    ColumnType.DECIMAL: "numeric",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "timestamp",
    ColumnType.TIMESTAMP_TZ: "timestamptz",
}
# The value in the middle of the histogram of a column, written as JSON does: the same in every
# DateStyle; and whether it is in the primary key of a table without others below it, which holds
# no NULL (attnotnull may stand before that has been proved).
MEDIAN: Final = """
SELECT btrim(to_json(bounds[(array_length(bounds, 1) + 1) / 2])::text, '"'), is_key
FROM (SELECT s.histogram_bounds::text::{type}[] AS bounds,
             c.relkind = 'r' AND NOT c.relhassubclass
             AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid
                         AND i.indisprimary AND a.attnum = ANY (i.indkey)) AS is_key
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
      JOIN pg_catalog.pg_stats s
        ON (s.schemaname, s.tablename, s.attname) = (n.nspname, c.relname, a.attname)
      WHERE c.oid = $1::oid AND a.attnum = $2::int2 ORDER BY s.inherited DESC LIMIT 1) AS found
"""
# No half may have more of the rows the server expects.
LARGEST_HALF: Final = 0.6
# Values of tables, partitioned tables and materialized views are stored, those of views computed.
IS_TABLE: Final = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = $1::oid AND relkind IN ('r', 'p', 'm'))
"""
# Not among them: Limit, Unique (DISTINCT ON), WindowAgg and Sample Scan choose rows by an order
# nobody has to keep; functions and foreign tables do not read the snapshot.
REPEATABLE_STEPS: Final = frozenset(
    "Seq Scan,Index Scan,Index Only Scan,Bitmap Index Scan,Bitmap Heap Scan,BitmapAnd,BitmapOr,"
    "Nested Loop,Hash Join,Merge Join,Hash,Sort,Incremental Sort,Materialize,Memoize,Append,"
    "Merge Append,Gather,Gather Merge,Aggregate,Group,SetOp,Result,Subquery Scan,CTE Scan,"
    "Values Scan".split(",")
)


def division(line: PostgresLine, sql: str, columns: Sequence[Column], name: str) -> tuple[str, str]:
    """Two conditions over c1, c2, ..., of which one is true for each row of `sql`.

    `columns` are those of its result, `name` is the one that decides. Raises QueryNotDivisible.
    """
    place = _place(columns, name)
    found = columns[place]
    hash_of = HASHES.get(found.type)
    if hash_of is None or found.native_type == "oid":
        raise QueryNotDivisible(
            f"The rows cannot be shared by the column {found.name!r}, a {found.native_type}.",
            hint="Choose a column of whole numbers, numeric, a date or a timestamp.",
        )
    described = line.prepare(sql)
    table = described.ftable(place)
    if line.query(IS_TABLE, [str(table)]).get_value(0, 0) != b"t":
        raise QueryNotDivisible(
            f"The rows cannot be shared by the column {found.name!r}, which the query or a view "
            "computes.",
            hint="Choose a column that comes from a table as it is.",
        )
    plan = line.query(f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON)\n{sql}").get_value(0, 0)
    steps = list(_steps(json.loads(plan or b"[]")))
    other = next((step for step in steps if step not in REPEATABLE_STEPS), None)
    if other is not None:
        raise QueryNotDivisible(
            f"The query cannot be read over two connections: its plan has a step ({other}) that "
            "may give each of them other rows.",
            hint="Take LIMIT, DISTINCT ON, window functions, set-returning functions and foreign "
            "tables out of the query, or read it over one connection.",
        )
    by_value = _parted(line, sql, columns, place, described, has_one_step=len(steps) == 1)
    if by_value is not None:
        return by_value
    is_even = f"({hash_of.format(names_within(columns)[place])} & 1) = 0"
    return is_even, f"({is_even}) IS NOT TRUE"


def _parted(
    line: PostgresLine,
    sql: str,
    columns: Sequence[Column],
    place: int,
    described: PGresult,
    *,
    has_one_step: bool,
) -> tuple[str, str] | None:
    """The rows below the column's median and the others; None where the server knows none, or does
    not expect two halves of it."""
    ordered = ORDERED[columns[place].type]
    stored = [str(described.ftable(place)), str(described.ftablecol(place))]
    found = line.query(MEDIAN.format(type=ordered), stored)
    median = found.get_value(0, 0) if found.ntuples else None
    if median is None:
        return None
    names = names_within(columns)
    name, value = names[place], f"'{median.decode()}'::pg_catalog.{ordered}"
    others = f"{name} >= {value}"
    # An outer join or a grouping makes NULLs; no index finds them with the values.
    if not (has_one_step and found.get_value(0, 1) == b"t"):
        others = f"({others} OR {name} IS NULL)"
    halves = f"{name} < {value}", others
    source = f"SELECT FROM (\n{sql}\n) AS q ({', '.join(names)})"
    expected = [expected_rows(line, f"{source} WHERE {half}") for half in halves]
    return halves if max(expected) <= LARGEST_HALF * sum(expected) else None


def expected_rows(line: PostgresLine, sql: str) -> float:
    """The planner's guess; infinitely many where it makes none."""
    found = line.query(f"EXPLAIN (FORMAT JSON)\n{sql}")
    plan = json.loads(found.get_value(0, 0) or b"[]")
    return float(plan[0]["Plan"]["Plan Rows"]) if plan else math.inf


def _place(columns: Sequence[Column], name: str) -> int:
    """The result's only column of that name; upper and lower case are one where it is no two."""
    for wanted, written in ((name, str), (name.casefold(), str.casefold)):
        places = [n for n, column in enumerate(columns) if written(column.name) == wanted]
        if len(places) == 1:
            return places[0]
    raise QueryNotDivisible(
        f"The column {name!r}, by which two connections share the rows, is not in the result, or "
        "there are several of that name.",
        hint="Name a column of the query.",
    )


def _steps(node: object) -> Iterator[str]:
    """The type of every step of a plan, those of its subplans too."""
    if isinstance(node, list):
        for item in node:
            yield from _steps(item)
    elif isinstance(node, dict):
        if "Node Type" in node:
            yield str(node["Node Type"])
        for value in node.values():
            yield from _steps(value)


def copy_divided(
    parameters: Mapping[str, str],
    settings: Mapping[str, str],
    statements: Sequence[str],
    *,
    sinks: tuple[ByteSink, ByteSink],
    limits: Limits,
    is_binary: bool = False,
) -> int:
    """Run two COPYs at once, each into its sink, over the same snapshot; returns all rows.

    When one fails the other is stopped, and what failed first is raised: LineLost, ServerFault
    or what a sink raises.
    """
    both = Limits(None, within=limits)
    failures: list[BaseException] = []

    def copy(connection: Connection, part: int) -> int:
        try:
            return copy_rows(connection, statements[part], sinks[part], is_binary=is_binary)
        except BaseException as exc:
            failures.append(exc)
            both.cancel()
            raise

    with opened(parameters, both) as first, opened(parameters, both) as second:
        with faults():
            _share_snapshot(first, second)
            for connection in (first, second):
                configure(connection, settings)
        with ThreadPoolExecutor(1, "copy-second-half") as pool:
            other = pool.submit(copy, second, 1)
            try:
                return copy(first, 0) + other.result()
            except BaseException:
                both.cancel()
                if failures:
                    raise failures[0] from None
                raise


def _share_snapshot(first: Connection, second: Connection) -> None:
    """Begin a read-only transaction in each; the first keeps the snapshot alive meanwhile."""
    for connection in (first, second):
        connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
    with first.cursor() as exporting, second.cursor() as importing:
        exporting.execute("SELECT pg_catalog.pg_export_snapshot()")
        importing.execute("SET TRANSACTION SNAPSHOT %s", exporting.fetchone())
