"""10,000 active jobs: the beat, the pages, the lateness of starts, runs through the queue.

`python benchmarks/scheduler.py [--jobs N] [--rounds N] [--only pages,beat,starts,queue] [--quiet]`
starts a server of its own in a temporary folder and prints tables. Linux; see benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from export_postgres import machine, tell  # noqa: E402
from measuring import wait_until_quiet  # noqa: E402
from scheduler_queue import WORKERS, Drained, alone, start_after_enqueue, through_the_queue  # noqa: E402
from scheduler_stage import ZONE, Stage, await_workers, cpu_s, stage  # noqa: E402

from auxiliares import load_settings  # noqa: E402
from execution import housekeeping  # noqa: E402
from metadb.engine import unit_of_work  # noqa: E402
from services import occurrences, planning  # noqa: E402
from tests.e2e.product import Client, free_port  # noqa: E402

DUE = 100
SIX_HOURS = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds on the wall and of CPU: this process's and the server's."""

    wall_s: float
    cpu_s: float


def timed(action: Callable[[], object], pids: Sequence[int]) -> Took:
    before, begun = sum(map(cpu_s, pids)), time.perf_counter()
    action()
    return Took(time.perf_counter() - begun, sum(map(cpu_s, pids)) - before)


def line(name: str, took: Sequence[Took]) -> str:
    """Milliseconds: median, fastest and slowest, CPU a time."""
    walls = sorted(t.wall_s * 1000 for t in took)
    cpu_ms = statistics.fmean(t.cpu_s for t in took) * 1000
    return (
        f"| {name} | {statistics.median(walls):.1f} ({walls[0]:.1f}-{walls[-1]:.1f}) "
        f"| {cpu_ms:.1f} | {len(walls)} |"
    )


def tick() -> None:
    """What the daemon does every second."""
    with unit_of_work() as session:
        occurrences.enqueue_due(session, default_zone=ZONE, missed_within=SIX_HOURS)
        planning.seconds_to_next(session)
    housekeeping.offer_waiting(load_settings())


def reload() -> None:
    """What the daemon does every minute and at its start."""
    with unit_of_work() as session:
        planning.reload_jobs(session, default_zone=ZONE)


def measure_beat(place: Stage, rounds: int, pause: Callable[[], None]) -> Iterator[str]:
    pids = (os.getpid(), place.server_pid)
    yield "| Step of the daemon | ms (min-max) | CPU ms | n |"
    yield "| --- | --- | --- | --- |"
    pause()
    yield line("first reload: every job is planned", [timed(reload, pids)])
    place.ask("vacuum analyze jobs_he")
    again = [timed(reload, pids) for _ in range(rounds) if pause() is None]
    yield line("reload, nothing changed", again)
    walls, before = [], sum(map(cpu_s, pids))
    for _ in range(rounds):
        pause()
        walls += [timed(tick, ()).wall_s for _ in range(50)]
    each = (sum(map(cpu_s, pids)) - before) / len(walls)
    yield line("tick, nothing due", [Took(wall, each) for wall in walls])
    due = []
    for _ in range(rounds):
        make_due(place, seconds=0)
        pause()
        due.append(timed(tick, pids))
        place.ask("delete from procrastinate_jobs")
        place.ask("update runs set state = 'cancelled', reason = 'on_request'")
    yield line(f"tick, {DUE} due", due)
    yield from measure_calendars(place, rounds, pause)


def measure_calendars(place: Stage, rounds: int, pause: Callable[[], None]) -> Iterator[str]:
    """The same reload when every job moves its times from holidays to the next business day."""
    pids = (os.getpid(), place.server_pid)
    place.ask(
        "update jobs_he set off_day_policy = 'next_business_day',"
        " calendar_id = (select min(calendar_id) from calendars)"
    )
    place.ask("vacuum analyze jobs_he")
    pause()
    yield line("first reload with a calendar", [timed(reload, pids)])
    place.ask("vacuum analyze jobs_he")
    again = [timed(reload, pids) for _ in range(rounds) if pause() is None]
    yield line("reload with a calendar, nothing changed", again)


def make_due(place: Stage, *, seconds: int) -> None:
    """The next moment of so many jobs comes in so many seconds; each run is of another minute."""
    place.ask(
        """with chosen as (
               select job_id from jobs_he where job_status = 'Y' order by random() limit %s)
           update jobs_he set next_due_at = clock_timestamp() + make_interval(secs => %s)
           where job_id in (select job_id from chosen)""",
        DUE,
        seconds,
    )


def measure_pages(place: Stage, rounds: int, pause: Callable[[], None]) -> Iterator[str]:
    port = free_port()
    with place.running("backend.py", ASQL_BACKEND__PORT=str(port)) as backend:
        client = Client(f"http://127.0.0.1:{port}")
        log_in(client, place.root_password)
        yield "| Answer | ms (min-max) | CPU ms | n |"
        yield "| --- | --- | --- | --- |"
        for name, path in (
            ("home page, `GET /api/overview`", "/api/overview"),
            ("list of jobs, `GET /api/jobs?brief=1`", "/api/jobs?brief=1"),
            ("list of jobs with their queries, `GET /api/jobs`", "/api/jobs"),
        ):
            client.call("GET", path)
            took = [
                timed(lambda path=path: client.call("GET", path), (backend.pid, place.server_pid))
                for _ in range(2 * rounds)
                if pause() is None
            ]
            yield line(name, took)


def log_in(client: Client, password: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            body = {"username": "root", "password": password}
            if client.call("POST", "/api/login", body).status == 200:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            sys.exit("the backend did not answer")
        time.sleep(0.2)


def measure_starts(place: Stage, rounds: int, pause: Callable[[], None]) -> Iterator[str]:
    """A real daemon; 100 of its jobs come due in the same minute, again and again."""
    late: list[float] = []
    with place.running("schedule.py"):
        await_workers(place, 1)
        time.sleep(3)  # its first reload is over
        for number in range(rounds):
            pause()
            late += late_starts(place)
            tell(f"minute {number + 1} of {rounds}")
    late.sort()
    yield f"| {DUE} jobs due in the same minute | p50 ms | p99 ms | longest ms | n |"
    yield "| --- | --- | --- | --- | --- |"
    shown = (late[len(late) // 2], late[int(len(late) * 0.99)], late[-1])
    yield (
        "| start after the due moment | "
        + " | ".join(f"{s * 1000:.0f}" for s in shown)
        + (f" | {len(late)} |")
    )


def late_starts(place: Stage) -> list[float]:
    """Give 100 jobs a slot at the next minute, wait for their runs; seconds each began late."""
    minute = place.ask(
        """with chosen as (
               select job_id from jobs_he where job_status = 'Y' and job_id not in (
                   select job_id from runs where job_id is not null) order by job_id limit %s),
           slot as (
               select date_trunc('minute', clock_timestamp() + interval '8 s')
                      + interval '1 minute' as due),
           kept as (
               insert into jobs_de (job_id, job_day, job_hour, job_minute)
               select job_id, 'Semana', to_char(due at time zone %s, 'HH24'),
                      to_char(due at time zone %s, 'MI') from chosen, slot)
           update jobs_he set next_due_at = due from slot
           where job_id in (select job_id from chosen) returning due""",
        DUE,
        ZONE,
        ZONE,
    )[0][0]
    counted = "select count(*) from runs where due_at = %s and state = 'succeeded'"
    deadline = time.monotonic() + 180
    # On the hour others of the stage come due as well.
    while int(str(place.ask(counted, minute)[0][0])) < DUE:
        if time.monotonic() > deadline:
            sys.exit(
                "the runs did not end: " + (place.folder / "schedule.py.out").read_text()[-3000:]
            )
        time.sleep(0.5)
    found = place.ask(
        "select extract(epoch from started_at - due_at)::float from runs"
        " where due_at = %s and state = 'succeeded'",
        minute,
    )
    return [float(str(row[0])) for row in found]


def measure_queue(place: Stage, rounds: int, pause: Callable[[], None]) -> Iterator[str]:
    ours: dict[int, list[Drained]] = {count: [] for count in range(1, WORKERS + 1)}
    theirs: list[float] = []
    for number in range(rounds):
        pause()
        theirs.append(alone(place))
        for count, drained in ours.items():
            pause()
            drained.append(through_the_queue(place, count))
            tell(f"round {number + 1}: {count} of ours {drained[-1].rate:.0f}/s")
        tell(f"round {number + 1}: procrastinate alone {theirs[-1]:.0f}/s")
    yield "| 1,000 short runs, 4 at a time | per second | CPU ms each: worker, server | n |"
    yield "| --- | --- | --- | --- |"
    yield f"| `procrastinate` alone, tasks that do nothing | {spread(theirs)} | | {len(theirs)} |"
    for count, drained in ours.items():
        worker_ms = statistics.median(each.worker_cpu_ms for each in drained)
        server_ms = statistics.median(each.server_cpu_ms for each in drained)
        rates = spread([each.rate for each in drained])
        name = f"ours, {count} worker{'s' if count > 1 else ''}"
        yield f"| {name} | {rates} | {worker_ms:.1f}, {server_ms:.1f} | {len(drained)} |"
    pause()
    waits = sorted(start_after_enqueue(place))
    yield ""
    yield "| Idle worker | p50 ms | p95 ms | n |"
    yield "| --- | --- | --- | --- |"
    p50, p95 = waits[len(waits) // 2], waits[int(len(waits) * 0.95)]
    yield f"| start after it was asked for | {p50 * 1000:.0f} | {p95 * 1000:.0f} | {len(waits)} |"


def spread(rates: Sequence[float]) -> str:
    return f"{statistics.median(rates):.0f} ({min(rates):.0f}-{max(rates):.0f})"


PARTS: Mapping[str, Callable[[Stage, int, Callable[[], None]], Iterator[str]]] = {
    "beat": measure_beat,
    "pages": measure_pages,
    "starts": measure_starts,
    "queue": measure_queue,
}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="comma list of " + ", ".join(PARTS))
    parser.add_argument(
        "--quiet", action="store_true", help="measure only while the machine is otherwise idle"
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = options.only.split(",") if options.only else list(PARTS)

    def pause() -> None:
        if options.quiet:
            others = wait_until_quiet()
            if others > 0.3:
                tell(f"measured while others used {others:.1f} cores")

    tell(f"making {options.jobs:,} jobs")
    with stage(options.jobs) as place:
        sys.stdout.write(f"{options.jobs:,} active jobs; {machine()}\n\n")
        for name in chosen:
            tell(name)
            for text in PARTS[name](place, options.rounds, pause):
                sys.stdout.write(text + "\n")
            sys.stdout.write("\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
