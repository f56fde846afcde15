"""What the README shows is what a new user gets: its commands are run in a fresh clone."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.e2e.product import OWN_PASSWORD, ROOT, Client, free_port
from tests.waiting import wait_for

READMES = ("README.md", "README.pt-BR.md")


def first_commands(readme: str) -> list[list[str]]:
    """The words of each line of the first shell block of a README."""
    text = (ROOT / readme).read_text("utf-8")
    block = re.search(r"```(?:bash|sh|console)\n(.*?)```", text, re.DOTALL)
    assert block, f"{readme} shows no command"
    lines = (line.split("#")[0].strip().removeprefix("$ ") for line in block[1].splitlines())
    return [shlex.split(line) for line in lines if line]


def test_both_readmes_show_the_same_commands() -> None:
    english, portuguese = (first_commands(readme) for readme in READMES)
    assert [words[0] for words in english] == [words[0] for words in portuguese]
    assert ["git", "clone"] in [words[:2] for words in english]
    assert ["./start"] in english


class Started:
    """`./start` of a clone, as a person starts it, with its output in a file."""

    def __init__(self, clone: Path, data: Path, *arguments: str) -> None:
        self.data = data
        self.port = free_port()
        self.out = data.parent / f"start-{self.port}.out"
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("ASQL_", "VIRTUAL_ENV", "PYTEST", "COV"))
        }
        venv = str(Path(sys.prefix) / "bin")
        environment["PATH"] = os.pathsep.join(
            part for part in environment["PATH"].split(os.pathsep) if part != venv
        )
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                ["./start", "--data", str(data), "--port", str(self.port), *arguments],
                cwd=clone,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self) -> str:
        return self.out.read_text()

    def wait_until_served(self, timeout_s: float) -> Client:
        client = Client(f"http://127.0.0.1:{self.port}")

        def served() -> bool:
            assert self.process.poll() is None, self.output()
            try:
                return client.call("GET", "/readyz").status == 200
            except OSError:
                return False

        wait_for(served, timeout_s=timeout_s, what="the page of ./start")
        return client

    def family(self) -> list[psutil.Process]:
        """Every process that works for this data folder."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            environment = process.info["environ"] or {}
            line = " ".join(process.info["cmdline"] or ())
            if environment.get("ASQL_DATA") == str(self.data) or str(self.data) in line:
                found.append(process)
        return found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed, with nothing installed."""
    target = tmp_path_factory.mktemp("clone") / "automacaosql"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(target)], check=True)
    return target


@pytest.fixture
def data(reachable_folder: Path) -> Path:
    return reachable_folder / "data"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_readme_commands_lead_to_a_published_csv(clone: Path, data: Path) -> None:
    started = Started(clone, data, "--no-browser")
    try:
        client = started.wait_until_served(timeout_s=600)
        password = re.search(r"password\W+(\S{12,})", started.output())
        assert password, started.output()
        client.post("/api/login", {"username": "root", "password": password[1]}, expect=200)
        change = {"current_password": password[1], "new_password": OWN_PASSWORD}
        client.put("/api/me/password", change)
        csv = data / "csv" / "demo" / "vendas_por_dia.csv"
        wait_for(csv.exists, timeout_s=60, what="the demonstration's first CSV")
        rows = wait_for(
            lambda: client.dataset("demo/vendas_por_dia", limit=5), what="the data API to serve it"
        )
        assert len(rows) == 5
        # Ctrl-C should stop everything, the embedded database included
        os.kill(started.process.pid, signal.SIGINT)
        assert started.process.wait(timeout=60) == 0, started.output()
        wait_for(lambda: not started.family(), what="every process to be gone")

        # The second start finds what is there, and makes no new password
        started = Started(clone, data, "--no-browser")
        client = started.wait_until_served(timeout_s=60)
        assert not re.search(r"password\W+(\S{12,})", started.output())
        # kill -9 of it should leave nothing running
        started.process.kill()
        started.process.wait(timeout=10)
        wait_for(lambda: not started.family(), timeout_s=60, what="its children to end")
    finally:
        for process in started.family():
            process.kill()
