"""PostgreSQL to every format side by side with `psql`; the workbook beside openpyxl.

`python benchmarks/export_formats.py [--rows N] [--rounds N] [--memory] [--quiet]` works as
`export_postgres.py` does. Workbooks have a fifth of the rows: openpyxl takes minutes for more.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from export_postgres import (
    MILLION,
    PSQL,
    clear,
    compare,
    contender_of,
    machine,
    server_in,
    server_pid,
    tell,
    workplace,
)
from measuring import measure
from orders_table import make_database, make_table

ABOUT = {
    "psql_copy": PSQL["psql_copy"],
    "ours_zstd": "CSV in the default form, zstd",
    "ours_gzip": "the same, gzip",
    "ours_zip": "the same, zip",
    "ours_parquet": "Parquet, zstd, typed",
    "ours_ndjson": "NDJSON",
}
WORKBOOKS = {
    "openpyxl": "openpyxl, write_only",
    "ours_xlsx": "ours",
}
ALL = ("ours", "ours_excel_br", "ours_zstd", "ours_ndjson", "ours_parquet", "ours_xlsx")


def compare_memory(sizes: Sequence[int]) -> None:
    """The peak of every format at each number of rows."""
    with workplace() as folder, server_in(folder) as server:
        make_database(server)
        sys.stdout.write(f"{machine()}\n\n| Form | Rows | Work s | Peak MiB |\n")
        sys.stdout.write("| --- | --- | --- | --- |\n")
        for rows in sizes:
            tell(f"filling {rows:,} rows")
            make_table(server, rows)
            for name in ALL:
                contender = contender_of(name, server, rows, folder, name)
                measured = measure(contender, server_pid(server))
                clear(folder, contender)
                sys.stdout.write(
                    f"| `{name}` | {rows:,} | {measured.work_s:.1f} | {measured.peak_mib:.0f} |\n"
                )


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=MILLION)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help="peaks at 1 and 5 times the rows")
    parser.add_argument(
        "--quiet", action="store_true", help="measure only while the machine is otherwise idle"
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.memory:
        compare_memory([options.rows, 5 * options.rows])
        return
    compare(options.rows, options.rounds, ABOUT, is_quiet=options.quiet)
    sys.stdout.write("\n")
    compare(options.rows // 5, options.rounds, WORKBOOKS, is_quiet=options.quiet)


if __name__ == "__main__":
    main(sys.argv[1:])
