"""Runs the processes of the product side by side until it is told to stop."""

from __future__ import annotations

import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from bootstrap.messages import say
from bootstrap.processes import ask_to_end, spawn

BEAT_S = 0.1
LONGEST_DELAY_S = 60.0
HEALTHY_AFTER_S = 60.0
PATIENCE_S = 60.0  # before a silent server is spoken of
STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no part in it


@dataclass
class Child:
    """One process that is kept running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started: float = 0.0
    due: float = 0.0  # when to start it, on the monotonic clock

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def delay_after_end(self, now: float) -> float:
        """Seconds to wait before it is started again: 1, 2, 4 ... 60, anew after a good minute."""
        self.failures = 1 if now - self.started >= HEALTHY_AFTER_S else self.failures + 1
        return min(LONGEST_DELAY_S, 2.0 ** (self.failures - 1))


@dataclass
class Supervisor:
    """Starts, watches and ends the children; to be run from the main thread."""

    children: Sequence[Child]
    root: Path
    stop_limit_s: float
    health_url: str
    on_healthy: Callable[[], None]
    _stops_asked: int = field(default=0, init=False)
    _is_healthy: bool = field(default=False, init=False)

    def run(self) -> int:
        """Until SIGINT or SIGTERM; 0 when every child left in time, 1 when one had to be killed."""
        self._listen()
        begun = time.monotonic()
        is_warned = False
        while not self._stops_asked:
            self._keep_running()
            if not self._is_healthy:
                self._look_at_health()
                if not is_warned and time.monotonic() - begun > PATIENCE_S:
                    is_warned = True
                    say(f"{self.health_url} does not answer yet; see the messages above.")
            time.sleep(BEAT_S)
        return self._end_all()

    def _listen(self) -> None:
        for name in STOP_SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stops_asked += 1

    def _keep_running(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.is_running():
                continue
            if child.process is not None:
                delay = child.delay_after_end(now)
                code = child.process.returncode
                say(f"{child.name} ended with code {code}; starting it again in {delay:.0f} s.")
                child.process, child.due = None, now + delay
            if now >= child.due:
                child.process = spawn(child.command, cwd=self.root, own_session=True)
                child.started = now

    def _look_at_health(self) -> None:
        try:
            with DIRECT.open(self.health_url, timeout=2) as answer:
                self._is_healthy = answer.status == 200
        except OSError:  # refused, or an answer that is no success
            return
        if self._is_healthy:
            self.on_healthy()

    def _end_all(self) -> int:
        say("Stopping; Ctrl-C again ends everything at once ...")
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            ask_to_end(process)
        deadline = time.monotonic() + self.stop_limit_s
        while any(process.poll() is None for process in running):
            if self._stops_asked > 1 or time.monotonic() > deadline:
                for process in running:
                    process.kill()
                    process.wait()
                return 1
            time.sleep(BEAT_S)
        return 0
