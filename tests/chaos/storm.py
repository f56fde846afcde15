"""Faults at random, seeded and bounded, against daemons, workers, databases, lines, disk and clock.

The product works all the while: occurrences come due, runs are asked for by hand, readers read.
Afterwards everything must come to rest and every promise must hold.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from urllib.error import URLError

import psutil
import psycopg2

from metadb.embedded import EmbeddedPostgres
from metadb.engine import DatabaseAddress
from tests.chaos.freezer import Freezer
from tests.chaos.ground import (
    API_KEY,
    Case,
    Seeded,
    environment,
    every_minute_from_now,
    make_source,
    roomy_server,
    seed,
)
from tests.chaos.invariants import Calendar, Findings, rows
from tests.chaos.nursery import ROOT, Nursery
from tests.chaos.readers import ApiReader, FileReader, Seen
from tests.chaos_proxy import ChaosProxy
from tests.e2e.product import Client, free_port
from tests.waiting import wait_for

# A run may lose its worker as often as it likes here: it must be published in the end.
LEASES = {"ASQL_SCHEDULER__MAX_ATTEMPTS": "20"}
ROLES: Mapping[str, tuple[str, ...]] = {"daemon-1": (), "daemon-2": (), "worker-1": ("--worker",)}
DISK = "size=400m,mode=755"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much harm; the same seed makes the same choices (their moments are the machine's)."""

    seed: int
    kills: int
    freezes: int
    jobs: int = 6
    gap_s: float = 2.0
    limit_s: float = 3600
    unfenced: bool = False


@dataclass
class Report:
    """What was done, what was seen."""

    plan: Plan
    faults: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    seconds: float = 0
    reads: dict[str, int] = field(default_factory=dict)
    recovery_s: list[float] = field(default_factory=list)


class Storm:
    """One stage with everything on it; `rage()` harms it, `settle()` lets it come to rest."""

    def __init__(
        self, plan: Plan, case: Case, seeded: Seeded, servers: Servers, tell: Callable[[str], None]
    ) -> None:
        self.plan = plan
        self.case = case
        self.seeded = seeded
        self.servers = servers
        self.tell = tell
        self.rng = random.Random(plan.seed)
        self.report = Report(plan)
        self.killed_at: dict[int, float] = {}
        self.accepted: list[int] = []
        self.clock = case.data.parent / "clock"
        self.port = free_port()
        self.client = Client(f"http://127.0.0.1:{self.port}")
        self.backend: subprocess.Popen[bytes] | None = None
        self._asking = threading.Event()

    def start(self) -> None:
        self.case.make_due()
        for role in ROLES:
            self._start_role(role)
        self._start_backend()
        self._login()

    def _start_role(self, role: str) -> None:
        alter = {"clock": str(self.clock)} if role == "daemon-2" else {}
        self.case.start(role, *ROLES[role], alter=alter)

    def _start_backend(self) -> None:
        assert self.case.way is not None
        with (self.case.data.parent / "backend.out").open("ab") as out:
            self.backend = subprocess.Popen(
                [sys.executable, "backend.py"],
                cwd=ROOT,
                env=environment(
                    self.case.data, self.case.way, ASQL_BACKEND__PORT=str(self.port), **LEASES
                ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def _login(self) -> None:
        def logged_in() -> bool:
            body = {"username": "root", "password": self.seeded.root_password}
            try:
                return self.client.call("POST", "/api/login", body).status == 200
            except OSError:
                return False

        wait_for(logged_in, timeout_s=90, what="the login to work")

    def rage(self) -> None:
        """Harm, until the planned kills and freezes have happened."""
        begun = time.monotonic()
        readers = [
            FileReader([self.case.data / "csv" / "chaos" / f"{n}.csv" for n in self._names()]),
            ApiReader(self.client.base, API_KEY, self._names()),
        ]
        freezer = Freezer(self.case, self.plan.freezes, unfenced=self.plan.unfenced)
        asker = threading.Thread(target=self._ask, daemon=True)
        for thread in (*readers, freezer, asker):
            thread.start()
        while not self._is_enough(freezer) and time.monotonic() - begun < self.plan.limit_s:
            if not self.plan.kills:
                freezer.join()
                break
            time.sleep(self.rng.uniform(0.2, 1.8) * self.plan.gap_s)
            self._harm()
            self._tend()
        freezer.join()
        self._asking.set()
        asker.join()
        self._heal()
        self.report.faults.update(freezer.counts)
        self.report.notes += freezer.notes
        self._settle()
        for reader, name in zip(readers, ("files", "data API"), strict=True):
            self._hear(name, reader.stop())
        self.report.seconds = time.monotonic() - begun

    def _names(self) -> list[str]:
        with closing(self.case.connect()) as connection:
            return [row.export_name for row in rows(connection, "select * from jobs_he")]

    def _is_enough(self, freezer: Freezer) -> bool:
        kills = sum(n for name, n in self.report.faults.items() if name.startswith("kill -9"))
        return kills >= self.plan.kills and not freezer.is_alive()

    def _harm(self) -> None:
        faults: list[tuple[int, Callable[[], str | None]]] = [
            (70, self._kill_daemon),
            (4, self._kill_backend),
            (4, self._kill_database),
            (6, self._freeze_any),
            (5, self._cut_source),
            (3, self._silence_source),
            (4, self._cut_metadata),
            (2, self._silence_metadata),
            (5, self._jump_clock),
            (3, self._fill_disk),
        ]
        (fault,) = self.rng.choices([f for _, f in faults], [weight for weight, _ in faults])
        if name := fault():
            self.report.faults[name] += 1
            self.tell(f"{sum(self.report.faults.values())} {name}")

    def _kill_daemon(self) -> str | None:
        role = self.rng.choice(list(ROLES))
        child = self.case.children[role]
        if not child.is_alive():
            return None
        child.kill()
        self.killed_at[child.pid] = time.time()
        self._start_role(role)
        return f"kill -9 {role.split('-', maxsplit=1)[0]}"

    def _kill_backend(self) -> str:
        assert self.backend is not None
        self.backend.kill()
        self.backend.wait()
        self._start_backend()
        return "kill -9 backend"

    def _kill_database(self) -> str | None:
        """The metadata server; a service manager would start it again."""
        try:
            psutil.Process(self.servers.metadata_pid()).kill()
        except psutil.NoSuchProcess:
            return None
        time.sleep(self.rng.uniform(0, 2))
        self.servers.metadata.ensure()
        return "kill -9 database"

    def _freeze_any(self) -> str | None:
        """A whole daemon, at any moment, for longer or shorter than its lease."""
        child = self.case.children[self.rng.choice(list(ROLES))]
        if not child.send(signal.SIGSTOP):
            return None
        time.sleep(self.rng.uniform(0.5, 7))
        child.send(signal.SIGCONT)
        return "freeze at random"

    def _cut_source(self) -> str:
        self.servers.source_line.cut_after(self.rng.randrange(1, 150_000))
        time.sleep(self.rng.uniform(0.5, 2))
        self.servers.source_line.heal()
        return "source cut"

    def _silence_source(self) -> str:
        self.servers.source_line.silence()
        time.sleep(self.rng.uniform(0.5, 4))
        self.servers.source_line.heal()
        return "source silent"

    def _cut_metadata(self) -> str:
        self.servers.metadata_line.cut_all()
        return "metadata cut"

    def _silence_metadata(self) -> str:
        self.servers.metadata_line.silence()
        time.sleep(self.rng.uniform(1, 6))
        self.servers.metadata_line.heal()
        return "metadata silent"

    def _jump_clock(self) -> str:
        hours = self.rng.choice([2, -1, 1 / 12, -1 / 12, 24, 0])
        self.clock.write_text(str(hours * 3600))
        return "clock jump"

    def _fill_disk(self) -> str | None:
        if not self.servers.is_small_disk:
            return None
        filler = self.case.data / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        time.sleep(self.rng.uniform(1, 3))
        filler.unlink()
        return "disk full"

    def _tend(self) -> None:
        """Start what ended; nobody here has to end by itself."""
        for role in ROLES:
            if not self.case.children[role].is_alive():
                said = self.case.children[role].output()[-1500:]
                self.report.findings.complain(f"{role} ended by itself: {said}")
                self._start_role(role)
        assert self.backend is not None
        if self.backend.poll() is not None:
            self.report.findings.complain(f"the backend ended by itself: {self.backend.returncode}")
            self._start_backend()

    def _ask(self) -> None:
        """Ask for runs by hand as long as the storm lasts; keep the numbers that were answered."""
        rng = random.Random(self.plan.seed)
        while not self._asking.wait(rng.uniform(0.05, 0.25)):
            job_id = rng.choice(list(self.seeded.by_hand))
            try:
                answer = self.client.call("POST", f"/api/jobs/{job_id}/runs", {})
            except (URLError, HTTPException, OSError):
                continue
            if answer.status == 202:
                self.accepted.append(answer.body["run_id"])

    def _heal(self) -> None:
        self.servers.source_line.heal()
        self.servers.metadata_line.heal()
        self.servers.metadata.ensure()
        self.clock.write_text("0")
        for role in ROLES:
            self.case.children[role].send(signal.SIGCONT)
        self._tend()

    def _settle(self) -> None:
        found = self.case.check(accepted=self.accepted, timeout_s=180)
        self.report.findings.violations += found.violations
        self.report.findings.counts = found.counts
        with closing(self.case.connect()) as connection:
            self._count_felt(connection)
            self._measure_recovery(connection)

    def _count_felt(self, connection: psycopg2.extensions.connection) -> None:
        """Which faults attempts really met, by the error they ended with."""
        query = """select coalesce(reason, error_code) as why, count(*) as n from run_attempts
            where state <> 'succeeded' group by 1 order by 1"""
        for row in rows(connection, query):
            self.report.findings.counts[f"attempts ended by {row.why}"] = row.n

    def _measure_recovery(self, connection: psycopg2.extensions.connection) -> None:
        """Seconds from a kill to the moment its attempts were declared lost."""
        query = """select split_part(worker_name, ':', 2)::int as pid,
                extract(epoch from started_at)::float as began,
                extract(epoch from finished_at)::float as at
            from run_attempts where reason = 'worker_lost'"""
        self.report.recovery_s = sorted(
            row.at - self.killed_at[row.pid]
            for row in rows(connection, query)
            # An attempt that began after the kill is of another process with the same number.
            if row.pid in self.killed_at and row.began < self.killed_at[row.pid] < row.at
        )

    def _hear(self, name: str, seen: Seen) -> None:
        """What a reader saw is one version each; the data API never goes back."""
        findings = self.report.findings
        self.report.reads[name] = seen.reads
        findings.violations += [f"torn ({name}): {sentence}" for sentence in seen.torn]
        with closing(self.case.connect()) as connection:
            known = rows(connection, "select * from chaos_versions")
        hashes = {(Path(row.target_path).name, row.sha256) for row in known}
        for file, contents in seen.contents.items():
            for digest in contents:
                if (file, digest) not in hashes:
                    findings.complain(f"{name}: {file} had content {digest[:12]} of no version")
        as_of = {row.version_id: row.data_as_of for row in known}
        for dataset, told in seen.versions.items():
            for before, after in pairwise(told):
                if as_of[after] < as_of[before]:
                    findings.complain(f"{name}: {dataset} went from {before} back to {after}")
        findings.counts[f"contents seen ({name})"] = sum(map(len, seen.contents.values()))

    def stop(self) -> None:
        """In good order, as a person would."""
        for child in self.case.children.values():
            child.stop()
        if self.backend is not None:
            self.backend.terminate()
            self.backend.wait(timeout=60)


@dataclass
class Servers:
    """Two databases, and the lines to them that can be harmed."""

    metadata: EmbeddedPostgres
    metadata_line: ChaosProxy
    source_line: ChaosProxy
    is_small_disk: bool

    def metadata_pid(self) -> int:
        with closing(self.metadata.ensure().connect()) as session, session.cursor() as cursor:
            cursor.execute("select pg_read_file('postmaster.pid')")
            found = cursor.fetchone()
            assert found is not None
            return int(found[0].split()[0])


@contextmanager
def storm(plan: Plan, folder: Path, tell: Callable[[str], None]) -> Iterator[Storm]:
    """Everything in its place and started; whatever is left is gone afterwards."""
    data = folder / "data"
    data.mkdir()
    with ExitStack() as stack:
        is_small_disk = _mount(data, stack)
        metadata = stack.enter_context(roomy_server(folder / "metadata"))
        source = stack.enter_context(roomy_server(folder / "source"))
        directly = _database(metadata)
        make_source(_database(source))
        lines = [
            stack.enter_context(ChaosProxy(f"{address.host}/.s.PGSQL.{address.port}"))
            for address in (directly, _database(source, make=False))
        ]
        seeded = seed(
            directly, _through(lines[1], _database(source, make=False)), data, _wanted(plan)
        )
        nursery = stack.enter_context(Nursery())
        case = Case(nursery, directly, data, seeded.calendars)
        case.way = _through(lines[0], directly)
        case.outs, case.leases = folder, LEASES
        servers = Servers(metadata, lines[0], lines[1], is_small_disk)
        raging = Storm(plan, case, seeded, servers, tell)
        if not is_small_disk:
            raging.report.notes.append("no full disk was tried: this account may not mount one")
        try:
            raging.start()
            yield raging
            raging.stop()
        finally:
            if raging.backend is not None:
                raging.backend.kill()
                raging.backend.wait()
            case.close()


def _wanted(plan: Plan) -> dict[str, Calendar | None]:
    every_minute = every_minute_from_now()
    return {
        **{f"pontual{n}": every_minute for n in range(plan.jobs)},
        **{f"lento{n}": every_minute for n in range(plan.jobs)},
        **{f"pedido{n}": None for n in range(2 * plan.jobs)},
        "lento_pedido": None,
    }


def _mount(folder: Path, stack: ExitStack) -> bool:
    """A small disk of its own at the folder; False where nobody lets us mount one."""
    command = ["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(folder)]
    try:
        subprocess.run(command, capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return False
    stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
    return True


def _database(server: EmbeddedPostgres, *, make: bool = True) -> DatabaseAddress:
    address = server.ensure()
    if make:
        with closing(address.connect()) as session:
            session.autocommit = True
            session.cursor().execute("create database chaos")
    return DatabaseAddress(address.host, address.port, "chaos", address.superuser, address.password)


def _through(line: ChaosProxy, address: DatabaseAddress) -> DatabaseAddress:
    return replace(address, host="127.0.0.1", port=line.port)
