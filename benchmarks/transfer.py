"""A whole table from one PostgreSQL to another: psql's pipes, ours, pandas, sling, dlt, row by row.

`python benchmarks/transfer.py [--rows N] [--rounds N] [--peers PYTHON]` starts a server of its own
with two databases. The target has its primary key and is empty before each run.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from export_postgres import tell  # noqa: E402
from moving_stage import SOURCE, TABLE, TARGET, Ground, chosen, compare, left, run  # noqa: E402
from orders_table import DDL  # noqa: E402

ABOUT = {
    "ours": "a run's path: snapshot, stage, binary COPY, counts of both sides, swap",
    "ours_checksums": "the same with checksums of every value on both sides",
    "ours_2_parts": "the same in two parts side by side",
    "ours_4_parts": "the same in four",
    "pandas": "read_sql and to_sql",
    "sling": "sling run, truncate",
    "dlt": "dlt sql_table by Arrow, replace",
    "row_by_row": "SELECT, then UPDATE or INSERT, commit each row",
}
PIPE = (
    "@psql {source} -c '\\copy {table} to stdout {form}'"
    " | @psql {target} -c '\\copy {table} from stdin {form}'"
)


# A script that goes row by row takes some minutes for more.
ROW_BY_ROW_UP_TO = 100_000


def pipe(form: str) -> str:
    return PIPE.format(source=SOURCE, target=TARGET, table=TABLE, form=form)


def abouts(ground: Ground) -> dict[str, str]:
    if ground.rows <= ROW_BY_ROW_UP_TO:
        return ABOUT
    tell(f"row_by_row skipped: asked for with --rows {ROW_BY_ROW_UP_TO} or fewer")
    return {name: about for name, about in ABOUT.items() if name != "row_by_row"}


def fresh(ground: Ground) -> None:
    ground.run(TARGET, f"DROP TABLE IF EXISTS {TABLE}")
    ground.run(TARGET, DDL.format(table=TABLE))
    ground.run(TARGET, "DROP SCHEMA IF EXISTS dlt CASCADE")
    ground.run(TARGET, "CHECKPOINT")


def body(ground: Ground, options: argparse.Namespace) -> None:
    contenders = [
        ground.shell("psql_text", "psql COPY | psql COPY, text", pipe("(format text)")),
        ground.shell("psql_binary", "psql COPY | psql COPY, binary", pipe("(format binary)")),
        *chosen(ground, options, abouts(ground)),
    ]
    compare(
        ground,
        contenders,
        rounds=options.rounds,
        base="psql_binary",
        before=partial(fresh, ground),
        is_same=partial(left, ground),
    )


if __name__ == "__main__":
    run(sys.argv[1:], __doc__, 1_000_000, body)
