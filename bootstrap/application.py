"""What `start` asks of the application, each in a process of its own; nothing is imported of it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bootstrap.messages import CannotGoOn
from bootstrap.processes import run

GRACE_MARGIN_S = 15  # after the daemon's own grace it still has to close what it has open
ASK_SETTINGS = """
import json, sys
from auxiliares import SettingsInvalid, load_settings
try:
    settings = load_settings()
except SettingsInvalid as exc:
    sys.exit(exc.message)
print(json.dumps({
    "host": settings.backend.host,
    "port": settings.backend.port,
    "stop_grace_s": settings.scheduler.stop_grace_s,
}))
"""
RELEASE_DATABASE = """
from auxiliares import load_settings
from metadb.embedded import EmbeddedPostgres
settings = load_settings()
if settings.postgres.is_embedded:
    EmbeddedPostgres(settings.paths.data).stop_if_last()
"""


@dataclass(frozen=True)
class Serving:
    """Where the application will listen, and how long its daemon may take to stop."""

    host: str
    port: int
    stop_limit_s: float

    @property
    def local_host(self) -> str:
        """The host to reach it by from this machine."""
        return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound

    @property
    def url(self) -> str:
        host = f"[{self.local_host}]" if ":" in self.local_host else self.local_host
        return f"http://{host}:{self.port}"


def ask_serving(root: Path, python: Path) -> Serving:
    """Read the settings, written when there are none. Raises CannotGoOn with their faults."""
    with tempfile.TemporaryFile() as said:
        code = run([str(python), "-c", ASK_SETTINGS], cwd=root, output=said)
        said.seek(0)
        text = said.read().decode("utf-8", errors="replace").strip()
    if code != 0:
        raise CannotGoOn(text)
    answer = json.loads(text.splitlines()[-1])
    return Serving(answer["host"], answer["port"], answer["stop_grace_s"] + GRACE_MARGIN_S)


def prepare(root: Path, python: Path, *, with_demo: bool) -> int:
    """Database, migrations, the root user and the demonstration; the exit code."""
    options = [] if with_demo else ["--no-demo"]
    return run([str(python), "backend.py", "--prepare", *options], cwd=root)


def release_database(root: Path, python: Path) -> None:
    """Stop the embedded database when a child was killed before it could; nothing otherwise."""
    run([str(python), "-c", RELEASE_DATABASE], cwd=root)
