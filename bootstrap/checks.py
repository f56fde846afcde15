"""`./test`: every check of the project, each as one step with one line in the summary."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bootstrap import environment, frontend
from bootstrap.messages import CannotGoOn, complain, say
from bootstrap.processes import run

NO_TESTS_COLLECTED = 5  # pytest's exit code
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Step:
    """One command; without one it is skipped, and `reason` says why."""

    name: str
    command: Sequence[str] = ()
    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    reason: str = ""
    passing: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    name: str
    word: str
    seconds: float


def main(arguments: Sequence[str], *, root: Path) -> int:
    """Run the checks; 0 when all passed."""
    options = _parse(arguments)
    outcomes: list[Outcome] = []
    try:
        python = environment.prepare(root, environment.DEV_LOCK)
        short, long = _steps(root, python, options)
        perform_side_by_side(short, root, outcomes)
        for step in long:
            outcomes.append(_perform(step, root))  # noqa: PERF401 - what is done stays when one raises
    except CannotGoOn as exc:
        complain(str(exc))
        outcomes.append(Outcome("preparation", "FAILED", 0))
    except KeyboardInterrupt:
        outcomes.append(Outcome("interrupted", "FAILED", 0))
    return _summarise(outcomes)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="test", description="Run every check of the project.")
    parser.add_argument(
        "--fast", action="store_true", help="no end-to-end, slow or browser tests, no interface"
    )
    parser.add_argument("-k", metavar="EXPR", help="only tests whose name matches, as in pytest")
    return parser.parse_args(arguments)


def _steps(
    root: Path, python: Path, options: argparse.Namespace
) -> tuple[Sequence[Step], Sequence[Step]]:
    """Those of a minute that watch no clock, and those that run real servers."""
    units, *long = _test_steps(root, python, options)
    short = [*_code_steps(python), units]
    if not options.fast and frontend.is_there(root):
        *checks, browser = _interface_steps(root, python)
        short += checks
        long.append(browser)
    return short, long


def _code_steps(python: Path) -> Iterator[Step]:
    tool = [str(python), "-m"]
    yield Step("packages fit together", [*tool, "pip", "check"])
    yield Step("lint", [*tool, "ruff", "check"])
    yield Step("format", [*tool, "ruff", "format", "--check"])
    yield Step("types", [*tool, "mypy"])
    # What only Linux has is found here, before somebody's Windows server finds it.
    for_windows = ["--platform=win32", "--cache-dir=.mypy_cache/win32"]
    yield Step("types, as on Windows", [*tool, "mypy", *for_windows])


def _test_steps(root: Path, python: Path, options: argparse.Namespace) -> Iterator[Step]:
    pytest = [str(python), "-m", "pytest", "-q"]
    choice = ["-k", options.k] if options.k else []
    speed = ["-m", "not slow"] if options.fast else []
    folders = {
        "architecture and unit tests": (["tests/architecture", "tests/unit"], ["-n", "2"]),
        "integration tests": (_integration_folders(root), ["-n", "2", *speed]),
        # Whole files are handed out: their cases share a product, or run beside each other.
        "end-to-end tests": (["tests/e2e"], ["-n", "2", "--dist=loadfile"]),
        "chaos tests": (["tests/chaos"], ["-n", "2", "--dist=loadfile"]),
    }
    if options.fast:
        del folders["end-to-end tests"], folders["chaos tests"]
    passing = (0, NO_TESTS_COLLECTED) if choice or speed else (0,)
    for name, (paths, how) in folders.items():
        if all(any((root / path).glob("**/test_*.py")) for path in paths):
            yield Step(name, [*pytest, *paths, *how, *choice], passing=passing)
        else:
            yield Step(name, reason="there are none")


def _integration_folders(root: Path) -> list[str]:
    """Every folder of tests that has no step of its own."""
    others = ("architecture", "unit", "e2e", "chaos")
    found = {
        path.relative_to(root / "tests").parts[0] for path in root.glob("tests/*/**/test_*.py")
    }
    return [f"tests/{name}" for name in sorted(found - set(others))] or ["tests/integration"]


def _interface_steps(root: Path, python: Path) -> Iterator[Step]:
    folder = root / "frontend"
    node = frontend.ready_node(root, python)
    there = frontend.scripts(root)
    frontend.build(root, python)
    env = node.environment()
    for name in ("lint", "typecheck", "test"):
        if name in there:
            yield Step(f"interface: {name}", node.npm("run", name), cwd=folder, env=env)
    browser = _browser()
    if browser is None:
        yield Step("interface: browser", reason="no browser")
        return
    env |= {"ASQL_CHROMIUM": browser, "ASQL_PYTHON": str(python)}
    yield Step("interface: browser", node.npm("run", "e2e"), cwd=folder, env=env)


def _browser() -> str | None:
    """Chromium's program; root of a build machine installs Debian's when there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None and os.environ.get("CI") and environment.apt_install("chromium"):
        found = shutil.which("chromium")
    return found


def perform_side_by_side(steps: Sequence[Step], root: Path, outcomes: list[Outcome]) -> None:
    """Perform the steps in their order, two at a time; `outcomes` grows by what is done.

    Each of the two threads outlives the processes it has started, as `spawn` asks.
    """
    terminal = threading.Lock()
    with ThreadPoolExecutor(2) as pool:
        performed = [pool.submit(_perform, step, root, terminal) for step in steps]
        try:
            for future in performed:
                outcomes.append(future.result())  # noqa: PERF401 - what is done stays when one raises
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _perform(step: Step, root: Path, terminal: threading.Lock | None = None) -> Outcome:
    """`terminal`: held while a step prints all it has to say, where others run beside it."""
    if not step.command:
        return Outcome(step.name, f"skipped: {step.reason}", 0)
    begun = time.monotonic()
    if terminal is None:
        say(f"\n--- {step.name}")
        code = run(step.command, cwd=step.cwd or root, env=step.env)
    else:
        with terminal:
            say(f"... {step.name}")
        with tempfile.TemporaryFile() as output:
            code = run(step.command, cwd=step.cwd or root, env=step.env, output=output)
            output.seek(0)
            with terminal:
                say(f"\n--- {step.name}")
                shutil.copyfileobj(output, sys.stdout.buffer)
                sys.stdout.flush()
    word = "passed" if code in step.passing else "FAILED"
    return Outcome(step.name, word, time.monotonic() - begun)


def _summarise(outcomes: Sequence[Outcome]) -> int:
    say("\n--- summary")
    for outcome in outcomes:
        say(f"{outcome.name:<30} {outcome.seconds:7.1f} s  {outcome.word}")
    failed = sum(outcome.word == "FAILED" for outcome in outcomes)
    passed = sum(outcome.word == "passed" for outcome in outcomes)
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
