"""Short runs through the queue, beside the library alone on the same database."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass

from scheduler_stage import ROOT, Stage, await_workers, cpu_s

from metadb.engine import unit_of_work
from services import runs

RUNS = 1000
AT_ONCE = 4
WORKERS = 2
SINGLE = 50

# The library alone: the same connector, as many at a time, in a schema of its own.
ALONE = """
import asyncio, json, sys, time
import procrastinate

keywords, count, at_once = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
connector = procrastinate.PsycopgConnector(kwargs=keywords, min_size=2, max_size=at_once + 5)
app = procrastinate.App(connector=connector)

@app.task(name="nothing", queue="alone")
def nothing(number):
    pass

async def main():
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for first in range(0, count, 500):
            tasks = [dict(number=n) for n in range(first, min(first + 500, count))]
            await nothing.batch_defer_async(*tasks)
        begun = time.perf_counter()
        await app.run_worker_async(
            queues=["alone"], concurrency=at_once, wait=False, install_signal_handlers=False,
            delete_jobs="always")
        print(count / (time.perf_counter() - begun))

asyncio.run(main())
"""


def alone(place: Stage) -> float:
    """Tasks a second of procrastinate alone."""
    place.ask("drop schema if exists alone cascade")
    place.ask("create schema alone")
    keywords = {**place.metadata.keywords(), "options": "-c search_path=alone"}
    done = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps(keywords), str(RUNS), str(AT_ONCE)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "benchmarks",
    )
    return float(done.stdout.strip())


@dataclass(frozen=True, slots=True)
class Drained:
    """Runs a second, and what one costs: milliseconds of CPU of the worker and of the server."""

    rate: float
    worker_cpu_ms: float
    server_cpu_ms: float


def through_the_queue(place: Stage, workers: int) -> Drained:
    """The product's rate, from the start of the first run to the end of the last.

    They are asked for by hand before the workers start: each queries, writes and publishes.
    """
    _forget_runs(place)
    ids = place.ask("select job_id from jobs_he order by job_id limit %s", RUNS)
    with unit_of_work() as session:
        for (job_id,) in ids:
            runs.enqueue_run(session, int(str(job_id)), requested_by="root")
    place.ask("vacuum analyze runs")
    server_before = cpu_s(place.server_pid)
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                place.running("schedule.py", "--worker", ASQL_SCHEDULER__CONCURRENCY=str(AT_ONCE))
            )
            for _ in range(workers)
        ]
        await_workers(place, workers)
        workers_before = sum(cpu_s(worker.pid) for worker in started)
        _await_ended(place, RUNS)
        worker_s = sum(cpu_s(worker.pid) for worker in started) - workers_before
        server_s = cpu_s(place.server_pid) - server_before
    seconds = place.ask(
        "select extract(epoch from max(finished_at) - min(started_at))::float from runs"
    )
    each = 1000 / RUNS
    return Drained(RUNS / float(str(seconds[0][0])), worker_s * each, server_s * each)


def start_after_enqueue(place: Stage) -> list[float]:
    """Seconds from asking to starting, one after the other, by a worker that has nothing to do."""
    _forget_runs(place)
    ids = place.ask("select job_id from jobs_he order by job_id limit %s", SINGLE)
    with place.running("schedule.py", "--worker", ASQL_SCHEDULER__CONCURRENCY=str(AT_ONCE)):
        await_workers(place, 1)
        time.sleep(3)
        for number, (job_id,) in enumerate(ids, start=1):
            with unit_of_work() as session:
                runs.enqueue_run(session, int(str(job_id)), requested_by="root")
            _await_ended(place, number)
    found = place.ask("select extract(epoch from started_at - queued_at)::float from runs")
    return [float(str(row[0])) for row in found]


def _forget_runs(place: Stage) -> None:
    for statement in (
        "update datasets set current_version_id = null",
        "delete from dataset_versions",
        "delete from runs",
        "delete from procrastinate_jobs",
        "vacuum analyze",
    ):
        place.ask(statement)


def _await_ended(place: Stage, count: int) -> None:
    deadline = time.monotonic() + 300
    ended = "select count(*) from runs where state = 'succeeded'"
    with closing(place.connect()) as connection, connection.cursor() as cursor:
        while True:
            cursor.execute(ended)
            found = cursor.fetchone()
            if found is not None and found[0] >= count:
                return
            if time.monotonic() > deadline:
                said = (place.folder / "schedule.py.out").read_text()[-3000:]
                sys.exit(f"the runs did not end: {said}")
            time.sleep(0.05 if count < RUNS else 0.5)
