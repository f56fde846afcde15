"""The product as real processes, and a small HTTP client, for the end-to-end tests."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import psutil

from tests.conftest import folder_for_server
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
OWN_PASSWORD = "root chose this one"
API_KEY = "key-of-the-file-for-tests-0123456789"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Answer:
    """Status, headers and decoded body of a response, whatever the status."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Client:
    """One actor: its own cookies, or an API key."""

    base: str
    api_key: str | None = None
    opener: OpenerDirector = field(
        default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar()))
    )

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.base + path, data=data, method=method, headers=headers)  # noqa: S310 - loopback only
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if self.api_key:
            request.add_header("X-API-Key", self.api_key)
        try:
            with self.opener.open(request, timeout=30) as response:
                return _answer(response.status, response.read(), dict(response.headers))
        except HTTPError as exc:
            with exc:
                return _answer(exc.code, exc.read(), dict(exc.headers))

    def get(self, path: str, **query: object) -> Any:
        answer = self.call("GET", f"{path}?{urlencode(query)}" if query else path)
        assert answer.status == 200, (path, answer)
        return answer.body

    def post(self, path: str, body: object = None, *, expect: int = 201) -> Any:
        answer = self.call("POST", path, {} if body is None else body)
        assert answer.status == expect, (path, answer)
        return answer.body

    def put(self, path: str, body: object, *, expect: int = 200) -> Any:
        answer = self.call("PUT", path, body)
        assert answer.status == expect, (path, answer)
        return answer.body

    def dataset(self, name: str, **query: object) -> Any:
        return self.get("/api/data/datasets/" + quote(name), **query)

    def runs_of(self, job_id: int) -> list[dict[str, Any]]:
        """Newest first."""
        items: list[dict[str, Any]] = self.get("/api/runs", job_id=job_id, size=100)["items"]
        return items

    def wait_for_run(
        self, job_id: int, state: str, *, timeout_s: float = 60, skip: int | None = None
    ) -> dict[str, Any]:
        """The newest run of the job in this state; one with another end fails at once."""

        def found() -> dict[str, Any] | None:
            for run in self.runs_of(job_id):
                if run["run_id"] == skip:
                    continue
                if run["state"] == state:
                    return run
                if state == "succeeded" and run["state"] == "failed":
                    raise AssertionError(f"the run failed: {run}")
            return None

        return wait_for(found, timeout_s=timeout_s, what=f"a run of job {job_id} to be {state}")


def _answer(status: int, raw: bytes, headers: dict[str, str]) -> Answer:
    try:
        body: Any = json.loads(raw)
    except ValueError:
        body = raw
    return Answer(status, body, headers)


class Product:
    """backend.py and schedule.py over one data folder, started and stopped like a person would."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ASQL_")},
            "ASQL_DATA": str(data),
            "ASQL_BACKEND__PORT": str(self.port),
            "ASQL_DATA_API__API_KEYS": json.dumps([API_KEY]),
            "ASQL_PG_FSYNC": "off",
            # A run that fails is looked at at once; tests of retries ask for them.
            "ASQL_SCHEDULER__RETRY_LIMIT": "0",
            **environment,
        }
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.root_password = ""
        data.mkdir(parents=True, exist_ok=True)

    def prepare(self, *, demo: bool = False) -> str:
        """First start: settings, database, root user; returns and keeps the password printed."""
        done = subprocess.run(
            [sys.executable, "backend.py", "--prepare", *([] if demo else ["--no-demo"])],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = re.search(r"password\W+(\S{12,})", done.stdout)
        assert found, done.stdout
        self.root_password = found.group(1)
        return self.root_password

    def prepare_as(self, first: Product) -> None:
        """What the first start of `first`, which does not run, has left; no process is needed."""
        # Modes and owners stay: its own account must still be able to start the database.
        subprocess.run(["cp", "-a", f"{first.data}/.", str(self.data)], check=True)
        self.root_password = first.root_password

    def start(self, name: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start backend or schedule; its output goes to <data>/<name>.out."""
        with (self.data / f"{name}.out").open("a") as out:
            process = subprocess.Popen(
                [sys.executable, f"{name.split('-', maxsplit=1)[0]}.py", *arguments],
                cwd=ROOT,
                env={**self.environment, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.processes[name] = process
        return process

    def start_both(self) -> None:
        self.start("backend")
        self.start("schedule")
        self.wait_until_ready()

    def wait_until_ready(self, timeout_s: float = 60) -> None:
        def ready() -> bool:
            try:
                return Client(self.base).call("GET", "/readyz").status == 200
            except OSError:
                return False

        wait_for(ready, timeout_s=timeout_s, what="/readyz to answer 200")

    def login(self, username: str = "root", password: str | None = None) -> Client:
        """Somebody logged in; root replaces the printed password the first time."""
        client = Client(self.base)
        given = password or self.root_password
        entered = client.post("/api/login", {"username": username, "password": given}, expect=200)
        if entered.get("must_change_password"):
            change = {"current_password": given, "new_password": OWN_PASSWORD}
            client.put("/api/me/password", change)
            self.root_password = OWN_PASSWORD
        return client

    def reader(self) -> Client:
        return Client(self.base, api_key=API_KEY)

    def kill(self, name: str) -> None:
        """kill -9, and wait until it is gone."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(timeout=30)

    def stop(self, name: str, timeout_s: float = 60) -> int:
        """SIGTERM, as a service manager does; returns the exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=timeout_s)

    def output(self, name: str) -> str:
        return (self.data / f"{name}.out").read_text()

    def leftovers(self) -> list[psutil.Process]:
        """Processes that work for this data folder: ours and the embedded server."""
        marks = (str(self.data),)
        found = []
        for process in psutil.process_iter(["cmdline", "environ", "status"]):
            line = " ".join(process.info["cmdline"] or ())
            mine = (process.info["environ"] or {}).get("ASQL_DATA") == str(self.data)
            if process.pid != os.getpid() and (mine or any(mark in line for mark in marks)):
                found.append(process)
        return found

    def close(self) -> None:
        """Stop what still runs, all at once; kill what does not stop."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
        for process in self.leftovers():
            if "postgres" in process.name():
                process.terminate()


@contextmanager
def running_as(first: Product, **environment: str) -> Iterator[Product]:
    """A product that runs, from what the first start of `first` has left; for many tests."""
    with folder_for_server() as folder:
        product = Product(folder / "data", **environment)
        try:
            product.prepare_as(first)
            product.start_both()
            yield product
        finally:
            product.close()
