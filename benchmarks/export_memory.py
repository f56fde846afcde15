"""Peak memory of every format and kind of file, and of Oracle's, at one and at five million rows.

`python benchmarks/export_memory.py [--rows N] [--only a,b]` fails when a peak passes 150 MiB or
grows with the rows. Each export is a process of its own; see benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import export_oracle
from export_postgres import (
    MILLION,
    clear,
    contender_of,
    machine,
    server_in,
    server_pid,
    tell,
    workplace,
)
from measuring import Contender, measure
from orders_table import make_database, make_table

from metadb.server_address import ServerAddress

LIMIT_MIB = 150
# What a peak may differ by from one time to the next.
FLAT_MIB = 12
FORMS = (
    "ours,ours_excel_br,ours_tsv,ours_json,ours_ndjson,ours_parquet,ours_xlsx,ours_gzip,ours_zstd,"
    "ours_zip,ours_divided,ours_parquet_divided,ours_acumulado,ours_chave"
).split(",")
ORACLE_FORMS = ("oracle_ours", "oracle_parquet")


def contenders(
    names: Sequence[str], server: ServerAddress, rows: int, folder: Path
) -> Iterator[tuple[Contender, int]]:
    """One after the other, each with the process of its source, which has so many rows."""
    if from_postgres := [name for name in FORMS if name in names]:
        tell(f"filling {rows:,} rows")
        make_table(server, rows)
        for name in from_postgres:
            yield contender_of(name, server, rows, folder, name), server_pid(server)
    if from_oracle := [name for name in ORACLE_FORMS if name in names]:
        with export_oracle.source(rows, 0) as (pid, environment):
            for name in from_oracle:
                yield export_oracle.contender_of(name, environment, folder), pid


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=MILLION)
    parser.add_argument("--only", help="comma list of forms")
    options = parser.parse_args(arguments)
    names = options.only.split(",") if options.only else [*FORMS, *ORACLE_FORMS]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    peaks: defaultdict[str, list[float]] = defaultdict(list)
    with workplace() as folder, server_in(folder) as server:
        make_database(server)
        sys.stdout.write(f"{machine()}\n\n| Form | Rows | Work s | CPU s | Peak MiB |\n")
        sys.stdout.write("| --- | --- | --- | --- | --- |\n")
        for rows in (options.rows, 5 * options.rows):
            for contender, pid in contenders(names, server, rows, folder):
                found = measure(contender, pid)
                clear(folder, contender)
                peaks[contender.name].append(found.peak_mib)
                sys.stdout.write(
                    f"| `{contender.name}` | {rows:,} | {found.work_s:.1f} | {found.cpu_s:.1f} "
                    f"| {found.peak_mib:.0f} |\n"
                )
                sys.stdout.flush()
    faults = [
        f"{name}: {max(found):.0f} MiB" for name, found in peaks.items() if max(found) > LIMIT_MIB
    ]
    faults += [
        f"{name} grows from {few:.0f} to {many:.0f} MiB"
        for name, (few, many) in peaks.items()
        if many > few + FLAT_MIB
    ]
    if faults:
        sys.exit(f"not flat, or above {LIMIT_MIB} MiB: {'; '.join(faults)}")


if __name__ == "__main__":
    main(sys.argv[1:])
