"""Oracle to files side by side: the driver's bare loop, the old way and ours; the same stand-in.

`python benchmarks/export_oracle.py [--rows N] [--rounds N] [--quiet]` starts the stand-in of the
tests as a process of its own and prints a table. Linux; see benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from export_postgres import MILLION, clear, machine, tell, workplace  # noqa: E402
from measuring import Contender, as_table, in_rounds  # noqa: E402

FETCHED_ROWS = 5000
QUERY = "select * from vendas"
ABOUT = {
    "oracle_bare": "fetchmany(5000), the rows thrown away",
    "oracle_old_way": "fetchmany(5000) and csv.writer; loses digits",
    "oracle_ours": "a run's path: described, exact, counted, SHA-256, fsync, rename",
    "oracle_parquet": "the same to Parquet",
}


def serve(rows: int, away_ms: float) -> None:
    """Be the source until the line to the parent closes."""
    from tests.e2e.erp import COLUMNS, sold
    from tests.oracle_standin.tns_standin import Scripted, Server

    def paced() -> Iterator[bytes]:
        for number, row in enumerate(sold(rows)):
            if away_ms and number % FETCHED_ROWS == 0:
                time.sleep(away_ms / 1000)
            yield row

    script = Scripted()
    script.on("from vendas", COLUMNS, lambda _: paced())
    with Server(script, users={"APP": "segredo"}) as server:
        sys.stdout.write(f"{server.port} {server.service}\n")
        sys.stdout.flush()
        sys.stdin.read()


@contextmanager
def source(rows: int, away_ms: float) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The process of the stand-in, and where it is."""
    program = [sys.executable, __file__, "--serve", "--rows", str(rows), "--away", str(away_ms)]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port, service = server.stdout.readline().split()
        yield (
            server.pid,
            {
                "BENCH_KIND": "oracle",
                "BENCH_QUERY": QUERY,
                "BENCH_ROWS": str(rows),
                "PGHOST": "127.0.0.1",
                "PGPORT": port,
                "PGDATABASE": service,
                "PGUSER": "app",
                "PGPASSWORD": "segredo",
            },
        )
        server.stdin.close()


def contender_of(name: str, environment: Mapping[str, str], folder: Path) -> Contender:
    command = [sys.executable, str(ROOT / "benchmarks" / "export_contenders.py"), name]
    out = str(folder / f"{name}.csv")
    return Contender(name, ABOUT[name], command, {**environment, "BENCH_OUT": out})


def compare(rows: int, rounds: int, away_ms: float, *, is_quiet: bool) -> None:
    with workplace() as folder, source(rows, away_ms) as (pid, environment):
        contenders = [contender_of(name, environment, folder) for name in ABOUT]
        found = in_rounds(
            contenders, rounds, pid, tell=tell, before=partial(clear, folder), is_quiet=is_quiet
        )
        sys.stdout.write(f"{rows:,} rows, 8 columns, {rounds} rounds; {machine()}\n\n")
        sys.stdout.write(as_table(contenders, found, base="oracle_bare") + "\n")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=MILLION)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quiet", action="store_true", help="measure only while nothing else runs")
    parser.add_argument(
        "--away", type=float, default=0, help="ms the source rests for each 5,000 rows"
    )
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve(options.rows, options.away)
    else:
        compare(options.rows, options.rounds, options.away, is_quiet=options.quiet)


if __name__ == "__main__":
    main(sys.argv[1:])
