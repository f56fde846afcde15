"""PostgreSQL to CSV side by side: psql, the old way, peers that are installed, and ours.

`python benchmarks/export_postgres.py [--rows N] [--rounds N] [--memory] [--apart] [--peers PYTHON]`
starts a server of its own in a temporary folder, fills it and prints a table. Linux; see
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from measuring import Contender, as_table, in_rounds, measure  # noqa: E402
from orders_table import (  # noqa: E402
    DATABASE,
    computing_query_of,
    make_database,
    make_table,
    query_in_form,
    query_of,
    same_query_of,
)
from peers import peer_of, python_for, sling_of  # noqa: E402
from server_apart import TIMES, apart  # noqa: E402

from metadb.embedded import EmbeddedPostgres  # noqa: E402
from metadb.pg_binaries import find_binaries  # noqa: E402
from metadb.server_address import ServerAddress  # noqa: E402

MILLION = 1_000_000
ZONE = "America/Sao_Paulo"
SAME = ("psql_same", "ours_iso")
PSQL = {
    "psql_copy": "psql \\copy, no checks",
    "psql_form": "psql \\copy with `;` and to_char, for nearly the same file",
}
QUERIES: Mapping[str, Callable[[int], str]] = {
    "psql_same": same_query_of,
    "psql_form": query_in_form,
    "psql_computed": computing_query_of,
    "ours_computed": computing_query_of,
    "ours_computed_divided": computing_query_of,
}
ABOUT = {
    "old_way": "fetchmany(5000) and csv.writer",
    "pandas": "read_sql and to_csv",
    "dlt_csv": "dlt sql_table by Arrow, CSV",
    "dlt_parquet": "the same, Parquet",
    "sling": "sling run, CSV",
    "ours": "a run's path: checked, counted, SHA-256, fsync, rename; `;`, DD/MM/YYYY",
    "ours_divided": "the same over two connections that share the rows by `id`",
    "psql_computed": "psql \\copy of a query for which the database computes",
    "ours_computed": "ours, the same query",
    "ours_computed_divided": "the same over two connections",
    "psql_same": "psql \\copy that writes byte for byte the file of the next line",
    "ours_iso": "`ours` with ISO dates",
    "ours_excel_br": "Excel Brasil: decimal comma, whole seconds, CRLF, guard",
    "ours_windows_1252": "the same in Windows-1252",
    "ours_script": "for programs: ISO with offsets, CRLF",
}


def tell(text: str) -> None:
    sys.stderr.write(text + "\n")


@contextmanager
def server_in(folder: Path) -> Iterator[ServerAddress]:
    """A server of this benchmark alone; stopped and removed with the folder."""
    server = EmbeddedPostgres(folder / "server")
    try:
        yield server.ensure()
    finally:
        server.stop_if_last()


@contextmanager
def relayed(server: ServerAddress, folder: Path) -> Iterator[ServerAddress]:
    """The same server behind a relay that answers as if it had processors of its own."""
    with apart(Path(server.host) / f".s.PGSQL.{server.port}", folder / "apart") as host:
        yield replace(server, host=str(host))


def psql_program() -> str:
    """The psql beside the server's programs, else the one on the PATH."""
    beside = find_binaries() / "psql"
    found = str(beside) if beside.is_file() else shutil.which("psql")
    if found is None:
        sys.exit("psql was not found; install a PostgreSQL client (apt install postgresql-client)")
    return found


def environment_of(
    server: ServerAddress, rows: int, out: Path, peers: str | None = None
) -> Mapping[str, str]:
    return {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGDATABASE": DATABASE,
        "PGUSER": server.superuser,
        "PGPASSWORD": server.password,
        "PGTZ": ZONE,
        "BENCH_ROWS": str(rows),
        "BENCH_OUT": str(out),
        "BENCH_SLING": sling_of(peers),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
        "DATA_WRITER__DISABLE_COMPRESSION": "true",
        "HOME": str(out.parent),
    }


def contender_of(
    name: str,
    server: ServerAddress,
    rows: int,
    folder: Path,
    about: str = "",
    peers: str | None = None,
) -> Contender:
    """`peers`: the Python that runs it, where it is not ours."""
    out = folder / f"{name}.csv"
    query = QUERIES.get(name, query_of)(rows)
    environment = {**environment_of(server, rows, out, peers), "BENCH_QUERY": query}
    if name.startswith("psql"):
        delimiter = ";" if name in ("psql_form", "psql_same") else ","
        copy = f"\\copy ({query}) to '{out}' (format csv, header, delimiter '{delimiter}')"
        return Contender(
            name, about or (PSQL | ABOUT)[name], [psql_program(), "-qXc", copy], environment
        )
    script = str(ROOT / "benchmarks" / "export_contenders.py")
    return Contender(
        name, about or ABOUT[name], [peers or sys.executable, script, name], environment
    )


def server_pid(server: ServerAddress) -> int:
    with closing(server.connect()) as session, session.cursor() as cursor:
        cursor.execute("SELECT pg_read_file('postmaster.pid')")
        row = cursor.fetchone()
        assert row is not None
        return int(row[0].split()[0])


def machine() -> str:
    """The line a result is worth something with."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    packages = ", ".join(f"{name} {version(name)}" for name in ("psycopg", "psycopg2-binary"))
    return (
        f"{os.cpu_count()} cores ({cpu}), server and client on the same machine, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}"
    )


def compare(
    rows: int,
    rounds: int,
    abouts: Mapping[str, str],
    *,
    is_quiet: bool,
    is_apart: bool = False,
    peers: str | None = None,
) -> None:
    """Print a table of the contenders, by name and what they are; the first one is what the others
    are compared with. `is_apart`: the server answers as if it had processors of its own."""
    pythons = {name: python_for(name, peers, tell) for name in abouts if peer_of(name)}
    with workplace() as folder, server_in(folder) as server:
        make_database(server)
        tell(f"filling {rows:,} rows")
        make_table(server, rows)
        with relayed(server, folder) if is_apart else nullcontext(server) as address:
            contenders = [
                contender_of(name, address, rows, folder, about, pythons.get(name))
                for name, about in abouts.items()
                if pythons.get(name, "") is not None
            ]
            if is_apart:
                let_receive(contenders, server_pid(server), folder)
            found = in_rounds(
                contenders,
                rounds,
                server_pid(server),
                tell=tell,
                before=partial(clear, folder),
                is_quiet=is_quiet,
            )
        check_same(folder, abouts)
        place = "; the server as if on processors of its own" if is_apart else ""
        sys.stdout.write(f"{rows:,} rows, {rounds} rounds; {machine()}{place}\n\n")
        sys.stdout.write(as_table(contenders, found, base=contenders[0].name) + "\n")


def let_receive(contenders: Sequence[Contender], pid: int, folder: Path) -> None:
    """Every contender asks as often as the relay asks the server."""
    for number in range(TIMES):
        for contender in contenders:
            clear(folder, contender)
            measured = measure(contender, pid)
            tell(f"receiving {number} {contender.name}: {measured.work_s:.2f} s")


def check_same(folder: Path, names: Collection[str]) -> None:
    """What is said to be the same file is: those of the last round."""
    if set(SAME) <= set(names):
        one, other = (folder / f"{name}.csv" for name in SAME)
        if not filecmp.cmp(one, other, shallow=False):
            sys.exit(f"{one.name} and {other.name} differ")


def compare_memory(sizes: Sequence[int]) -> None:
    with workplace() as folder, server_in(folder) as server:
        make_database(server)
        sys.stdout.write(f"{machine()}\n\n| Rows | Work s | Peak MiB |\n| --- | --- | --- |\n")
        for rows in sizes:
            tell(f"filling {rows:,} rows")
            make_table(server, rows)
            ours = contender_of("ours", server, rows, folder)
            clear(folder, ours)
            measured = measure(ours, server_pid(server))
            sys.stdout.write(f"| {rows:,} | {measured.work_s:.2f} | {measured.peak_mib:.0f} |\n")


def clear(folder: Path, contender: Contender) -> None:
    """Remove the file of the round before: a version is never overwritten.

    Then everything goes to the disk: only ours waits for its own pages there, and must not wait
    for those of the contender before it.
    """
    (folder / f"{contender.name}.csv").unlink(missing_ok=True)
    shutil.rmtree(folder / "peers", ignore_errors=True)
    os.sync()


@contextmanager
def workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="asql-bench-") as folder:
        Path(folder).chmod(0o755)  # root runs the server by another account
        yield Path(folder)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=MILLION)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="comma list of contenders besides psql")
    parser.add_argument("--peers", help="a Python that has pandas, dlt or sling installed")
    parser.add_argument("--memory", action="store_true", help="peak memory at 1 and 5 million rows")
    parser.add_argument(
        "--quiet", action="store_true", help="measure only while the machine is otherwise idle"
    )
    parser.add_argument(
        "--apart", action="store_true", help="the server answers as if on processors of its own"
    )
    options = parser.parse_args(arguments)
    # So that the server and the folder go as well when the program is told to stop.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.memory:
        compare_memory([options.rows, 5 * options.rows])
        return
    names = list(ABOUT)
    if options.only:
        names = [name for name in names if name in options.only.split(",")]
    abouts = PSQL | {name: ABOUT[name] for name in names}
    compare(
        options.rows,
        options.rounds,
        abouts,
        is_quiet=options.quiet,
        is_apart=options.apart,
        peers=options.peers,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
