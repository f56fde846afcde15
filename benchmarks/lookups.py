"""Look-ups a second against a service that takes 20 ms: ours, and asyncio clients beside it.

`python benchmarks/lookups.py [--asked N] [--rounds N] [--latency-ms N] [--peers PYTHON]` starts the
service and each contender as processes of their own, with 1, 8 and 32 requests in flight. At best a
client gets requests in flight / latency; what is printed is look-ups a second and that share.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

IN_FLIGHT = (1, 8, 32)
ABOUT = {
    "ours": "the look-up engine of a sync: checked address, threads, kept connections",
    "aiohttp": "one session of aiohttp, a semaphore",
    "httpx": "one AsyncClient of httpx, a semaphore",
}


class Service(asyncio.Protocol):
    """Answers each request after the latency, connections kept."""

    latency_s = 0.02
    answer = b'{"photo": {"url": "https://fotos.example.com/a.jpg"}}'

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self._read) < end + 4 + size:
                return
            self._read = self._read[end + 4 + size :]
            asyncio.get_running_loop().call_later(self.latency_s, self._reply)

    def _reply(self) -> None:
        transport = self._transport
        assert isinstance(transport, asyncio.Transport)
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.answer)}\r\n"
        transport.write(head.encode() + b"Content-Type: application/json\r\n\r\n" + self.answer)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0, backlog=256)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def ours(url: str, asked: int, in_flight: int) -> None:
    from services.lookup_trials import asking
    from transfer.definition import LookUp
    from transfer.lookups import Asker

    lookup = LookUp(
        column="foto",
        method="POST",
        url=url,
        body={"email": "{email}"},
        json_path="photo.url",
        concurrency=in_flight,
    )
    with asking(["127.0.0.1"]) as ask:
        asker = Asker(lookup, ask, lambda: None)
        found = [answer.value for answer in asker.answers([(f"a{n}@b.c",) for n in range(asked)])]
    assert len(found) == asked
    assert all(found)


def with_aiohttp(url: str, asked: int, in_flight: int) -> None:
    import aiohttp  # type: ignore[import-not-found]

    async def all_of_them() -> None:
        async with aiohttp.ClientSession() as session:

            async def one(number: int) -> str:
                async with session.post(url, json={"email": f"a{number}@b.c"}) as reply:
                    return str((await reply.json())["photo"]["url"])

            await gathered(one, asked, in_flight)

    asyncio.run(all_of_them())


def with_httpx(url: str, asked: int, in_flight: int) -> None:
    import httpx  # type: ignore[import-not-found]

    async def all_of_them() -> None:
        async with httpx.AsyncClient() as client:

            async def one(number: int) -> str:
                reply = await client.post(url, json={"email": f"a{number}@b.c"})
                return str(reply.json()["photo"]["url"])

            await gathered(one, asked, in_flight)

    asyncio.run(all_of_them())


async def gathered(one: Callable[[int], Awaitable[str]], asked: int, in_flight: int) -> None:
    limit = asyncio.Semaphore(in_flight)

    async def limited(number: int) -> str:
        async with limit:
            return await one(number)

    found = await asyncio.gather(*(limited(number) for number in range(asked)))
    assert all(found)


CONTENDERS: Mapping[str, Callable[[str, int, int], None]] = {
    "ours": ours,
    "aiohttp": with_aiohttp,
    "httpx": with_httpx,
}


def contend(name: str, url: str, asked: int, in_flight: int) -> None:
    """Inside the contender's process: a few requests to warm up, then the measured ones."""
    contender = CONTENDERS[name]
    contender(url, in_flight, in_flight)
    cpu, begun = resource.getrusage(resource.RUSAGE_SELF).ru_utime, time.monotonic()
    contender(url, asked, in_flight)
    seconds = time.monotonic() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "per_s": asked / seconds,
        "cpu_ms_each": (used.ru_utime - cpu) / asked * 1000,
        "peak_mib": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def measured(python: str, name: str, url: str, asked: int, in_flight: int) -> dict[str, Any]:
    command = [python, __file__, "contend", name, url, str(asked), str(in_flight)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return dict(json.loads(done.stdout))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asked", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency-ms", type=float, default=20)
    parser.add_argument("--peers", help="a Python that has aiohttp or httpx installed")
    options = parser.parse_args(arguments)
    pythons = {"ours": sys.executable}
    for name in ("aiohttp", "httpx"):
        asked = [options.peers or sys.executable, "-c", f"import {name}"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            pythons[name] = asked[0]
        else:
            sys.stderr.write(f"{name} skipped: not installed (--peers names a Python with it)\n")
    environment = os.environ | {"LATENCY_MS": str(options.latency_ms)}
    service = subprocess.Popen(
        [sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert service.stdout is not None
        url = f"http://127.0.0.1:{service.stdout.readline().strip()}/get-photo"
        compare(options, pythons, url)
    finally:
        service.terminate()
        service.wait()


def compare(options: argparse.Namespace, pythons: Mapping[str, str], url: str) -> None:
    write = sys.stdout.write
    write(f"{options.asked:,} look-ups of {options.latency_ms:g} ms, {options.rounds} rounds\n\n")
    write("| In flight | Contender | Look-ups a second | Of the limit | CPU ms each | MiB |\n")
    write("| --- | --- | --- | --- | --- | --- |\n")
    for in_flight in IN_FLIGHT:
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in pythons}
        asked = max(100, options.asked * in_flight // max(IN_FLIGHT))
        for _ in range(options.rounds):
            for name, python in pythons.items():
                found[name].append(measured(python, name, url, asked, in_flight))
        limit = in_flight / (options.latency_ms / 1000)
        for name, rounds in found.items():
            per_s, cpu, mib = (
                statistics.median(each[key] for each in rounds)
                for key in ("per_s", "cpu_ms_each", "peak_mib")
            )
            share = f"{per_s / limit:.0%}"
            write(f"| {in_flight} | `{name}`: {ABOUT[name]} | {per_s:.0f} | {share} |")
            write(f" {cpu:.2f} | {mib:.0f} |\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        Service.latency_s = float(os.environ["LATENCY_MS"]) / 1000
        asyncio.run(serve())
    elif sys.argv[1:2] == ["contend"]:
        contend(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        main(sys.argv[1:])
