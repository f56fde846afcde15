"""Starts daemons of the product quickly: real processes, forked from one that has read the code.

`python -m tests.chaos.nursery` reads one request a line and answers with the child's number. A
child is a session of its own, is killed, frozen and stopped like any process, and runs the
unchanged `schedule.main`, except for what its request asks `tests.chaos.alter` to change.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

import psutil

from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]


class Child:
    """A process of the nursery; `out` is the file its output goes to."""

    def __init__(self, pid: int, out: Path) -> None:
        self.pid = pid
        self.out = out
        self._process = psutil.Process(pid) if psutil.pid_exists(pid) else None

    def is_alive(self) -> bool:
        return self._process is not None and self._process.is_running()

    def is_frozen(self) -> bool:
        """True when the whole process has been stopped by a signal."""
        try:
            return self._process is not None and self._process.status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return False

    def send(self, number: signal.Signals) -> bool:
        """False when it has already ended."""
        try:
            if self._process is not None:
                self._process.send_signal(number)
                return True
        except psutil.NoSuchProcess:
            pass
        return False

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.send(signal.SIGKILL)
        wait_for(lambda: not self.is_alive(), what=f"process {self.pid} to be gone")

    def stop(self, *, timeout_s: float = 60) -> None:
        """SIGTERM, and wait for its end."""
        self.send(signal.SIGTERM)
        try:
            wait_for(
                lambda: not self.is_alive(), timeout_s=timeout_s, what=f"process {self.pid} to stop"
            )
        except AssertionError as exc:
            raise AssertionError(f"{exc}\n{self.output()[-2000:]}\n{self.threads()}") from None

    def threads(self) -> str:
        """Where each of its threads is, in words of the interpreter; empty when it has ended."""
        before = len(self.output())
        self.send(signal.SIGUSR1)
        time.sleep(1)
        return self.output()[before:]

    def output(self) -> str:
        return self.out.read_text(errors="replace") if self.out.exists() else ""


class Nursery:
    """The forking process; close it to end it and every child that is left."""

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._children: list[Child] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in self._children:
            child.send(signal.SIGKILL)
        self._process.communicate(timeout=30)

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        out: Path,
        *,
        alter: Mapping[str, Any] | None = None,
    ) -> Child:
        """A daemon with these arguments; `environment` is all it sees."""
        request = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "out": str(out),
            "alter": dict(alter or {}),
        }
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            child = Child(int(answer), out)
            self._children.append(child)
        return child


def daemon_module() -> ModuleType:
    """The root file schedule.py, however its name is taken."""
    spec = importlib.util.spec_from_file_location("daemon_under_chaos", ROOT / "schedule.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _become(daemon: ModuleType, request: Mapping[str, Any]) -> int:
    """In the child: leave the nursery behind and be the daemon; returns its exit code."""
    from tests.chaos import alter

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDONLY)
    out = os.open(request["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, handle in ((nowhere, 0), (out, 1), (out, 2)):
        os.dup2(source, handle)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    os.environ.clear()
    os.environ.update(request["environment"])
    alter.apply(daemon, **request["alter"])
    code: int = daemon.main(request["arguments"])
    return code


def main() -> None:
    daemon = daemon_module()
    # The kernel forgets children that end; nobody asks for their exit codes.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    children: list[int] = []
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                code = _become(daemon, json.loads(line))
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
        children.append(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    _leave_nobody(children)


def _leave_nobody(children: Sequence[int]) -> None:
    """Whoever asked is gone, perhaps killed: so goes every child that still leads its session."""
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(pid) == pid:
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
