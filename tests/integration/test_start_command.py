"""`./start` and `./test` as real processes, in a small project that stands for the product."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bootstrap import environment
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]

AUXILIARES = """
import os
from types import SimpleNamespace
from pathlib import Path
class SettingsInvalid(Exception):
    message = "datafile.json has 1 fault(s): backend.port"
def load_settings():
    if os.environ.get("BREAK") == "settings":
        raise SettingsInvalid
    return SimpleNamespace(
        backend=SimpleNamespace(host="127.0.0.1", port=int(os.environ["ASQL_BACKEND__PORT"])),
        scheduler=SimpleNamespace(stop_grace_s=20),
        postgres=SimpleNamespace(is_embedded=True, hostname=None, port=5432, database="here"),
        paths=SimpleNamespace(data=Path("data").resolve()),
    )
"""
EMBEDDED = """
class EmbeddedPostgres:
    def __init__(self, home): self.home = home
    def stop_if_last(self): open("released", "w").close()
"""
LIFE = """
import os, pathlib, signal, sys
me = pathlib.Path(sys.argv[0]).name
def leave(*given):
    pathlib.Path(me + ".left").touch()
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
with open(me + ".started", "a") as file:
    file.write(f"{os.getpid()} {os.environ.get('ASQL_DATA')}\\n")
"""
BACKEND = (
    LIFE
    + """
import http.server
from auxiliares import load_settings
if "--prepare" in sys.argv:
    print("prepared", *sys.argv[2:])
    sys.exit(7 if os.environ.get("BREAK") == "prepare" else 0)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
    def log_message(self, *given): pass
address = ("127.0.0.1", load_settings().backend.port)
http.server.HTTPServer(address, Page).serve_forever()
"""
)
SCHEDULE = (
    LIFE
    + """
if os.environ.get("BREAK") == "stop":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    signal.pause()
"""
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stops processes by POSIX signals")


class Running:
    """One `start` in the project, and what it has written."""

    def __init__(self, project: Path, *arguments: str, **env: str) -> None:
        self.project = project
        self.output = project / "output"
        self.port = free_port()
        command = [sys.executable, str(project / "start"), "--no-browser", *arguments]
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                cwd=project.parent,
                env=os.environ | env,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        return self.output.read_text()

    def await_text(self, text: str) -> None:
        wait_for(lambda: text in self.text(), what=f"{text!r} from start: {self.text()}")

    def pids(self, name: str) -> list[int]:
        """Process numbers of a child, in the order of its starts."""
        started = self.project / f"{name}.started"
        lines = started.read_text().splitlines() if started.exists() else []
        return [int(line.split()[0]) for line in lines]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pid in [*self.pids("backend.py"), *self.pids("schedule.py")]:
            with contextlib.suppress(psutil.Error):
                child = psutil.Process(pid)
                if child.cwd() == str(self.project):
                    child.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose environment is made and stamped, so that nothing is installed."""
    root = tmp_path / "project"
    root.mkdir()
    for name in ("start", "test"):
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "bootstrap", root / "bootstrap")
    for lock in (environment.RUNTIME_LOCK, environment.DEV_LOCK):
        (root / lock).write_text("nothing\n")
    venv.EnvBuilder(with_pip=False, symlinks=True).create(root / ".venv")
    stamp = environment._hashes(root, environment.DEV_LOCK)
    (root / ".venv" / environment.STAMP).write_text(json.dumps(stamp))
    (root / "metadb").mkdir()
    files = {
        "auxiliares.py": AUXILIARES,
        "metadb/embedded.py": EMBEDDED,
        "backend.py": BACKEND,
        "schedule.py": SCHEDULE,
    }
    for name, text in files.items():
        (root / name).write_text(text)
    return root


@pytest.fixture
def started(project: Path) -> Iterator[Running]:
    """`start`, once it has said that the page is there."""
    running = Running(project)
    running.await_text("is ready: http://127.0.0.1:")
    wait_for(lambda: running.pids("schedule.py"), what="the start of schedule.py")
    yield running
    running.end()


def test_page_is_served_within_five_seconds(project: Path) -> None:
    begun = time.monotonic()
    running = Running(project)
    try:
        running.await_text(f"is ready: http://127.0.0.1:{running.port}")
        assert time.monotonic() - begun < 5
    finally:
        running.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_both_cleanly(started: Running, number: signal.Signals) -> None:
    started.process.send_signal(number)
    assert started.process.wait(timeout=30) == 0
    assert (started.project / "backend.py.left").exists()
    assert (started.project / "schedule.py.left").exists()
    # The embedded database is released although its users may have died.
    assert (started.project / "released").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="a promise of Linux")
def test_killed_start_leaves_nothing_running(started: Running) -> None:
    children = started.pids("backend.py")[-1:] + started.pids("schedule.py")
    started.process.kill()
    wait_for(lambda: all(map(is_gone, children)), what="the end of the children")
    # They were asked, not killed.
    assert (started.project / "backend.py.left").exists()
    assert (started.project / "schedule.py.left").exists()


def test_killed_child_is_started_again(started: Running) -> None:
    os.kill(started.pids("schedule.py")[0], signal.SIGKILL)
    started.await_text("schedule.py ended with code -9; starting it again in 1 s.")
    wait_for(lambda: len(started.pids("schedule.py")) == 2, what="the second schedule.py")
    assert len(started.pids("backend.py")) == 2  # --prepare and the server
    assert started.text().count("is ready") == 1


def test_what_is_prepared_is_not_prepared_again(started: Running) -> None:
    started.process.terminate()
    assert started.process.wait(timeout=30) == 0
    again = Running(started.project)
    try:
        again.await_text("is ready")
        assert "prepared" not in again.text()
    finally:
        again.end()


def test_new_migration_is_prepared(started: Running) -> None:
    started.process.terminate()
    assert started.process.wait(timeout=30) == 0
    versions = started.project / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0004_more.py").touch()
    again = Running(started.project)
    try:
        again.await_text("is ready")
        assert "prepared" in again.text()
    finally:
        again.end()


def test_demonstration_is_loaded_after_a_start_without_it(project: Path) -> None:
    for arguments, prepared in ((["--no-demo"], True), (["--no-demo"], False), ([], True)):
        running = Running(project, *arguments)
        try:
            running.await_text("is ready")
            assert ("prepared" in running.text()) is prepared
        finally:
            running.end()


def test_second_signal_ends_a_child_that_does_not_leave(project: Path) -> None:
    running = Running(project, BREAK="stop")
    try:
        running.await_text("is ready")
        wait_for(lambda: running.pids("schedule.py"), what="the start of schedule.py")
        running.process.send_signal(signal.SIGINT)
        running.await_text("Ctrl-C again ends everything")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=30) == 1
        assert is_gone(running.pids("schedule.py")[0])
    finally:
        running.end()


def test_second_start_beside_the_first_is_refused_in_words(started: Running) -> None:
    again = subprocess.run(
        [sys.executable, "start", "--port", str(started.port)],
        cwd=started.project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert "already listens" in again.stderr
    assert "--port" in again.stderr


@pytest.mark.parametrize(
    ("broken", "code", "words"), [("prepare", 7, "prepared"), ("settings", 1, "backend.port")]
)
def test_failure_before_serving_ends_start(
    project: Path, broken: str, code: int, words: str
) -> None:
    running = Running(project, BREAK=broken)
    try:
        assert running.process.wait(timeout=30) == code
        assert words in running.text()
        assert not running.pids("schedule.py")
    finally:
        running.end()


def test_options_reach_the_application(project: Path, tmp_path: Path) -> None:
    running = Running(project, "--no-demo", "--data", "other folder")
    try:
        running.await_text("is ready")
        assert "prepared --no-demo" in running.text()
        started = (project / "backend.py.started").read_text()
        assert str(tmp_path / "other folder") in started
    finally:
        running.end()


def stub_tools(project: Path, *, failing: str) -> None:
    """Modules in the place of the tools; each ends well but `failing`."""
    for name in ("pip", "ruff", "mypy", "pytest"):
        code = 3 if name == failing else 0
        text = f"import sys\nprint('{name}', *sys.argv[1:])\nsys.exit({code})\n"
        (project / f"{name}.py").write_text(text)
    for folder in ("architecture", "unit", "integration", "e2e"):
        (project / "tests" / folder).mkdir(parents=True)
        (project / "tests" / folder / "test_it.py").touch()


def run_checks(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "test"), *arguments]
    return subprocess.run(command, cwd=project.parent, capture_output=True, text=True, check=False)


def test_checks_run_every_step_and_end_with_the_counts(project: Path) -> None:
    stub_tools(project, failing="")
    done = run_checks(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "8 passed, 0 failed"
    for called in (
        "pip check",
        "ruff format --check",
        "mypy",
        "mypy --platform=win32",
        "tests/integration",
        "tests/e2e",
    ):
        assert called in done.stdout


def test_fast_checks_leave_the_slow_ones_out(project: Path) -> None:
    stub_tools(project, failing="")
    done = run_checks(project, "--fast", "-k", "slots")
    assert done.stdout.splitlines()[-1] == "7 passed, 0 failed"
    assert "tests/integration -n 2 -m not slow -k slots" in done.stdout
    assert "tests/e2e" not in done.stdout


def test_failing_check_decides_and_the_others_run_on(project: Path) -> None:
    stub_tools(project, failing="ruff")
    done = run_checks(project)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "6 passed, 2 failed"
