"""The data API against Datasette, ROAPI and the old way, over the same rows.

    python -m benchmarks.data_api --peers VENV [--rows 1000000] [--rounds 5] [--clients 8]

VENV is an environment of its own with `pip install datasette roapi`; a peer that is not there is
left out and named.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data_api_stage import (
    CLIENT,
    Server,
    datasette,
    make_files,
    make_sqlite,
    old_way,
    ours,
    publish,
    roapi,
)
from benchmarks.measuring import wait_until_quiet
from benchmarks.scheduler_stage import stage

CSV_ACCEPT = {"Accept": "application/csv, text/csv;q=0.9, */*;q=0.1"}
PAGES = 30
LOAD_S = 5.0


@dataclass(frozen=True, slots=True)
class Result:
    """Milliseconds of pages, seconds of whole answers, requests a second, memory at the end."""

    name: str
    page_ms: float
    filtered_ms: float
    csv_s: float | None
    json_s: float | None
    per_s: float
    idle_mib: float
    peak_mib: float


def fetch(server: Server, path: str, headers: dict[str, str] | None = None) -> tuple[float, int]:
    """Seconds until the last byte over a new connection, and how many bytes came."""
    begun, size = time.monotonic(), 0
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request("GET", path, headers={**server.headers, **(headers or {})})
    answer = connection.getresponse()
    while data := answer.read(1 << 18):
        size += len(data)
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{server.name} {path}: {answer.status}")
    return time.monotonic() - begun, size


def load(server: Server, path: str, clients: int, seconds: float) -> float:
    """Requests a second of so many clients, each with one kept connection in its own process."""
    with multiprocessing.Pool(clients) as pool:
        work = [(server.port, path, dict(server.headers), seconds)] * clients
        return sum(pool.starmap(_client, work)) / seconds


def _client(port: int, path: str, headers: dict[str, str], seconds: float) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    done, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            done += 1
    connection.close()
    return done


def measure(server: Server, rounds: int, clients: int) -> Result:
    paths = server.paths
    pages = PAGES if server.name != "the old way" else 3
    for path in (paths.page, paths.filtered):
        fetch(server, path)
    # Each with another value, so that no answer is one that was kept.
    filtered_paths = [paths.filtered.replace(str(CLIENT), str(n + 1)) for n in range(pages)]
    idle = server.peak_mib()
    page = statistics.median(fetch(server, paths.page)[0] for _ in range(pages))
    filtered = statistics.median(fetch(server, path)[0] for path in filtered_paths)
    csv = _whole(server, paths.csv, rounds, CSV_ACCEPT)
    json = _whole(server, paths.json, rounds, {})
    per_s = load(server, paths.page, clients, LOAD_S)
    return Result(
        server.name, page * 1000, filtered * 1000, csv, json, per_s, idle, server.peak_mib()
    )


def _whole(server: Server, path: str | None, rounds: int, headers: dict[str, str]) -> float | None:
    if path is None:
        return None
    return statistics.median(fetch(server, path, headers)[0] for _ in range(rounds))


def table(results: list[Result]) -> str:
    lines = [
        "| Server | Page ms | Filtered page ms | CSV s | JSON s | Requests/s | MiB idle / peak |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for r in results:
        csv = "-" if r.csv_s is None else f"{r.csv_s:.2f}"
        json = "-" if r.json_s is None else f"{r.json_s:.2f}"
        lines.append(
            f"| {r.name} | {r.page_ms:.1f} | {r.filtered_ms:.1f} | {csv} | {json} | {r.per_s:.0f} "
            f"| {r.idle_mib:.0f} / {r.peak_mib:.0f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--only", default="", help="names of servers between commas")
    options = parser.parse_args(arguments)
    with stage(0) as found:
        files = make_files(found.folder, options.rows)
        publish(found, files.ours, options.rows)
        contenders: dict[str, Callable[[], AbstractContextManager[Server]]] = {
            "ours": lambda: ours(found),
            "old": lambda: old_way(files),
        }
        bin_folder = options.peers / "bin" if options.peers else Path("nowhere")
        if (bin_folder / "datasette").exists():
            make_sqlite(files)
            contenders["datasette"] = lambda: datasette(bin_folder / "datasette", files)
        if (bin_folder / "roapi").exists():
            contenders["roapi"] = lambda: roapi(bin_folder / "roapi", files)
        for name in {"datasette", "roapi"} - contenders.keys():
            print(f"{name} is not installed and left out")
        results = []
        for name, start in contenders.items():
            if options.only and name not in options.only.split(","):
                continue
            others = wait_until_quiet()
            with start() as server:
                results.append(measure(server, options.rounds, options.clients))
            print(f"{results[-1]} with {others:.2f} cores used by others", flush=True)
    print(f"\n{options.rows} rows, {os.cpu_count()} cores\n\n{table(results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
