"""Measures child processes by the kernel's own account, in rounds, and prints the medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

QUIET_CORES = 0.3  # what others may use while we measure, with --quiet
QUIET_LOOK_S = 0.5
QUIET_PATIENCE_S = 120.0
REAP_PAUSE_S = 0.15  # the server's process for the session ends a moment after its client
# Between us and the child: Linux counts the memory of whoever starts a process as its own first
# peak, and this one is smaller than any contender.
LAUNCHER = """
import os, sys, time
begun = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
wall = time.monotonic() - begun
sys.stderr.write(f"\\n{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss}")
sys.exit(os.waitstatus_to_exitcode(status) and 1)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One child: seconds on the wall, of its CPU and of the server's; peak memory in MiB.

    `work_s` leaves out the start of the interpreter and its imports, which a daemon that is
    already running does not pay; for a program of its own it is the whole. `others_cores` is how
    many cores the rest of the machine kept busy meanwhile.
    """

    wall_s: float
    work_s: float
    cpu_s: float
    server_cpu_s: float
    peak_mib: float
    others_cores: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to do the work: what it is, and the command that does it as one process."""

    name: str
    about: str
    command: Sequence[str]
    environment: Mapping[str, str]


def measure(contender: Contender, server_pid: int) -> Measured:
    """Run the command once. Raises RuntimeError with the end of what it said.

    A contender may print a JSON object with its own `work_s` as its last line.
    """
    server_before, busy_before, begun = _server_cpu_s(server_pid), _busy_s(), time.monotonic()
    child = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LAUNCHER, *contender.command],
        env={**os.environ, **contender.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    elapsed_s, busy_s = time.monotonic() - begun, _busy_s() - busy_before
    if child.returncode != 0:
        raise RuntimeError(f"{contender.name}: {child.stdout[-2000:]} {child.stderr[-2000:]}")
    time.sleep(REAP_PAUSE_S)
    wall_s, cpu_s, peak_kib = (float(part) for part in child.stderr.split("\n")[-1].split())
    last = child.stdout.strip().rsplit("\n", 1)[-1]
    work_s = float(json.loads(last)["work_s"]) if last.startswith("{") else wall_s
    server_cpu_s = _server_cpu_s(server_pid) - server_before
    others = max(0.0, busy_s - cpu_s - server_cpu_s) / elapsed_s
    return Measured(wall_s, work_s, cpu_s, server_cpu_s, peak_kib / 1024, others)


def measure_quietly(contender: Contender, server_pid: int, before: Callable[[], None]) -> Measured:
    """Measure when the machine is quiet; again when it was not. The quietest when patience ends."""
    deadline = time.monotonic() + QUIET_PATIENCE_S
    best: Measured | None = None
    while best is None or (best.others_cores > QUIET_CORES and time.monotonic() < deadline):
        while _others_now() > QUIET_CORES and time.monotonic() < deadline:
            pass
        before()
        measured = measure(contender, server_pid)
        if best is None or measured.others_cores < best.others_cores:
            best = measured
    return best


def wait_until_quiet() -> float:
    """Wait while others use the machine, but not for ever; returns the cores they use now."""
    deadline = time.monotonic() + QUIET_PATIENCE_S
    while (others := _others_now()) > QUIET_CORES and time.monotonic() < deadline:
        pass
    return others


def _others_now() -> float:
    """Cores in use over the next half second."""
    busy, begun = _busy_s(), time.monotonic()
    time.sleep(QUIET_LOOK_S)
    return (_busy_s() - busy) / (time.monotonic() - begun)


def _busy_s() -> float:
    """CPU seconds the whole machine has spent: user, nice, system, interrupts."""
    ticks = [int(part) for part in Path("/proc/stat").read_text().split("\n")[0].split()[1:8]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _server_cpu_s(pid: int) -> float:
    """CPU of the server with its ended sessions; living ones are idle background workers."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return float("nan")
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")


def in_rounds(
    contenders: Sequence[Contender],
    rounds: int,
    server_pid: int,
    *,
    tell: Callable[[str], None],
    before: Callable[[Contender], None],
    is_quiet: bool,
) -> dict[str, list[Measured]]:
    """A B C, A B C, ...: a drift of the machine hits all alike. The first round warms up.

    `before` clears what the contender left behind; it is not measured. With `is_quiet` each run
    waits until the rest of the machine is idle, and is repeated when it was not.
    """
    found: dict[str, list[Measured]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            if is_quiet and number:
                measured = measure_quietly(contender, server_pid, partial(before, contender))
            else:
                before(contender)
                measured = measure(contender, server_pid)
            tell(
                f"round {number} {contender.name}: {measured.work_s:.2f} s, "
                f"{measured.others_cores:.2f} cores used by others"
            )
            if number:
                found[contender.name].append(measured)
    return found


def as_table(
    contenders: Sequence[Contender], found: Mapping[str, Sequence[Measured]], *, base: str
) -> str:
    """Markdown: medians, fastest and slowest round, ratios to `base`."""
    base_s = statistics.median(m.wall_s for m in found[base])
    ratio = f"x {base}"
    lines = [
        f"| Contender | Work s (min-max) | {ratio} | Process s | {ratio} | CPU s | DB s | MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for contender in contenders:
        rows = found[contender.name]
        works = [m.work_s for m in rows]
        work, wall = statistics.median(works), statistics.median(m.wall_s for m in rows)
        lines.append(
            f"| `{contender.name}`: {contender.about} "
            f"| {work:.2f} ({min(works):.2f}-{max(works):.2f}) | {work / base_s:.2f} "
            f"| {wall:.2f} | {wall / base_s:.2f} "
            f"| {statistics.median(m.cpu_s for m in rows):.2f} "
            f"| {statistics.median(m.server_cpu_s for m in rows):.2f} "
            f"| {statistics.median(m.peak_mib for m in rows):.0f} |"
        )
    return "\n".join(lines)
