"""A table kept in step, 1 % of its rows changed: psql with MERGE, ours, row by row, sling, dlt.

`python benchmarks/sync.py [--rows N] [--rounds N] [--peers PYTHON]` starts a server of its own with
two databases. One row in a hundred differs, one in a thousand is new, one in a thousand is gone.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from moving_stage import SOURCE, TABLE, TARGET, Ground, chosen, compare, left, run  # noqa: E402
from orders_table import DDL, FILL  # noqa: E402

ABOUT = {
    "ours_sync": "a run's path: snapshot, stage, MERGE with deletes, commit",
    "ours_cursor": "the same by a cursor column, without deletes",
    "row_by_row": "SELECT, then UPDATE or INSERT, commit each row",
    "sling_sync": "sling run, incremental",
    "dlt_sync": "dlt sql_table by Arrow, merge",
}
KEY = "id"
MERGE = (
    "MERGE INTO {table} t USING st s ON t.id = s.id WHEN MATCHED AND ({differs}) THEN UPDATE SET "
    "{sets} WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values}) "
    "WHEN NOT MATCHED BY SOURCE THEN DELETE"
)


def merge(ground: Ground) -> str:
    rows = ground.run(
        SOURCE,
        "SELECT column_name::text FROM information_schema.columns"
        f" WHERE table_name = '{TABLE}' ORDER BY ordinal_position",
    )
    names = [str(row[0]) for row in rows]
    rest = [name for name in names if name != KEY]
    return MERGE.format(
        table=TABLE,
        differs=" OR ".join(f"t.{name} IS DISTINCT FROM s.{name}" for name in rest),
        sets=", ".join(f"{name} = s.{name}" for name in rest),
        columns=", ".join(names),
        values=", ".join(f"s.{name}" for name in names),
    )


def pipe(ground: Ground) -> str:
    return (
        f"@psql {SOURCE} -c '\\copy {TABLE} to stdout (format binary)' | @psql {TARGET} -1"
        f" -c 'CREATE TEMP TABLE st AS SELECT * FROM {TABLE} WITH NO DATA'"
        f" -c '\\copy st from stdin (format binary)' -c 'ANALYZE st' -c '{merge(ground)}'"
    )


def change_source(ground: Ground) -> None:
    ground.run(TARGET, DDL.format(table="old_orders"))
    ground.run(TARGET, FILL.format(table="old_orders", rows=ground.rows))
    ground.run(
        SOURCE,
        f"UPDATE {TABLE} SET valor = valor + 1, atualizado_em = '2030-01-01' WHERE id % 100 = 1;\n"
        f"DELETE FROM {TABLE} WHERE id % 1000 = 2;\n"
        f"INSERT INTO {TABLE} SELECT (jsonb_populate_record(o, jsonb_build_object('id',"
        f" o.id + {ground.rows}, 'atualizado_em', '2030-01-01'))).* FROM {TABLE} o"
        f" WHERE id % 1000 = 3;\nVACUUM (FREEZE, ANALYZE) {TABLE}",
    )


def fresh(ground: Ground) -> None:
    ground.run(TARGET, f"DROP TABLE IF EXISTS {TABLE}")
    ground.run(TARGET, f"CREATE TABLE {TABLE} (LIKE old_orders INCLUDING ALL)")
    ground.run(TARGET, f"INSERT INTO {TABLE} SELECT * FROM old_orders")
    ground.run(TARGET, f"VACUUM (FREEZE, ANALYZE) {TABLE}")
    ground.run(TARGET, "DROP SCHEMA IF EXISTS dlt CASCADE")
    ground.run(TARGET, "CHECKPOINT")


def body(ground: Ground, options: argparse.Namespace) -> None:
    change_source(ground)
    about = "psql COPY | psql temporary table, COPY, ANALYZE, MERGE with deletes"
    contenders = [
        ground.shell("psql_merge", about, pipe(ground)),
        *chosen(ground, options, ABOUT),
    ]
    compare(
        ground,
        contenders,
        rounds=options.rounds,
        base="psql_merge",
        before=partial(fresh, ground),
        is_same=partial(left, ground),
    )


if __name__ == "__main__":
    run(sys.argv[1:], __doc__, 100_000, body)
