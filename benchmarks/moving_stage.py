"""Two databases of one server for the benchmarks that move a table, and the peers there are."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from export_postgres import ROOT, machine, psql_program, server_in, server_pid, tell, workplace
from measuring import Contender, as_table, in_rounds
from orders_table import DDL, FILL
from peers import peer_of, python_for, sling_of

from metadb.server_address import ServerAddress

SOURCE, TARGET, TABLE = "bench_source", "bench_target", "orders"
SCRIPT = str(ROOT / "benchmarks" / "moving_contenders.py")
SUM = (
    "SELECT count(*)::text || ' rows, sum ' || coalesce(sum(hashtextextended(o::text, 0)), 0)"
    " FROM {} o"
)


@dataclass(frozen=True)
class Ground:
    """A server with the source filled; `fresh` makes the target what it was."""

    server: ServerAddress
    folder: Path
    rows: int
    peers: str | None

    def run(self, database: str, sql: str) -> list[tuple[object, ...]]:
        with closing(self.server.connect(database)) as session:
            session.autocommit = True
            cursor = session.cursor()
            for statement in sql.split(";\n"):
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def prepare(self) -> None:
        for name in (SOURCE, TARGET):
            self.run("postgres", f"CREATE DATABASE {name}")
        tell(f"filling {self.rows:,} rows")
        self.run(SOURCE, DDL.format(table=TABLE))
        self.run(SOURCE, FILL.format(table=TABLE, rows=self.rows))
        self.run(SOURCE, f"VACUUM (FREEZE, ANALYZE) {TABLE}")

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "PGHOST": self.server.host,
            "PGPORT": str(self.server.port),
            "PGUSER": self.server.superuser,
            "PGPASSWORD": self.server.password,
            "BENCH_SOURCE": SOURCE,
            "BENCH_TARGET": TARGET,
            "BENCH_FOLDER": str(self.folder / "dlt"),
            "BENCH_SLING": sling_of(self.peers),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "CRITICAL",
            "HOME": str(self.folder),
        }

    def shell(self, name: str, about: str, script: str) -> Contender:
        """A pipe of psql, as one writes it by hand; `@psql` stands for it."""
        return Contender(
            name,
            about,
            ["/bin/sh", "-ec", script.replace("@psql ", f"{psql_program()} -qX ")],
            self.environment,
        )

    def contender(self, name: str, about: str) -> Contender | None:
        """None, with a word why, where the peer is not installed."""
        python: str | None = sys.executable
        if peer_of(name) is not None:
            python = python_for(name, self.peers, tell)
        if python is None:
            return None
        return Contender(name, about, [python, SCRIPT, name], self.environment)


def compare(
    ground: Ground,
    contenders: Sequence[Contender | None],
    *,
    rounds: int,
    base: str,
    before: Callable[[], None],
    is_same: Callable[[], str],
) -> None:
    """Print a table; after the rounds each contender is checked once for what it left behind."""
    present = [each for each in contenders if each is not None and _can(each, before)]
    found = in_rounds(
        present,
        rounds,
        server_pid(ground.server),
        tell=tell,
        before=lambda _: before(),
        is_quiet=False,
    )
    sys.stdout.write(f"{ground.rows:,} rows, {rounds} rounds; {machine()}\n\n")
    sys.stdout.write(as_table(present, found, base=base) + "\n\n")
    for contender in present:
        before()
        subprocess.run(
            contender.command,
            env={**os.environ, **contender.environment},
            check=True,
            capture_output=True,
        )
        sys.stdout.write(f"`{contender.name}` left {is_same()}\n")


def run(
    arguments: Sequence[str],
    about: str | None,
    rows: int,
    body: Callable[[Ground, argparse.Namespace], None],
) -> None:
    """Read the arguments and do the body on a ground of its own."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="comma list of contenders besides those of psql")
    parser.add_argument("--peers", help="a Python that has pandas, dlt or sling installed")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with workplace() as folder, server_in(folder) as server:
        ground = Ground(server, folder, options.rows, options.peers)
        ground.prepare()
        body(ground, options)


def chosen(
    ground: Ground, options: argparse.Namespace, abouts: Mapping[str, str]
) -> list[Contender | None]:
    names = [n for n in abouts if options.only is None or n in options.only.split(",")]
    return [ground.contender(name, abouts[name]) for name in names]


def _can(contender: Contender, before: Callable[[], None]) -> bool:
    """Whether a peer does its work here at all; it is left out with its own word where not."""
    if peer_of(contender.name) is None:
        return True
    before()
    done = subprocess.run(
        contender.command,
        env={**os.environ, **contender.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tell(f"{contender.name} skipped: {done.stderr.strip().splitlines()[-1:]}")
    return done.returncode == 0


def left(ground: Ground) -> str:
    """Whether the target holds what the source does, in words."""
    has_dlt = ground.run(TARGET, f"SELECT to_regclass('dlt.{TABLE}') IS NOT NULL")[0][0]
    if has_dlt:
        found = ground.run(TARGET, f"SELECT count(*) FROM dlt.{TABLE}")[0][0]
        return f"{found} rows in a form of its own"
    there, here = (ground.run(name, SUM.format(TABLE))[0][0] for name in (SOURCE, TARGET))
    return "the same values" if there == here else f"{here}; the source has {there}"
