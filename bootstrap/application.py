"""What `start` asks of the application, each in a process of its own; nothing is imported of it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bootstrap.messages import CannotGoOn
from bootstrap.processes import run

MARKER = ".prepared"
WITH_DEMO = "with the demonstration\n"
GRACE_MARGIN_S = 15  # after the daemon's own grace it still has to close what it has open
ASK_SETTINGS = """
import json, sys
from auxiliares import SettingsInvalid, load_settings
try:
    settings = load_settings()
except SettingsInvalid as exc:
    sys.exit(exc.message)
postgres = settings.postgres
print(json.dumps({
    "host": settings.backend.host,
    "port": settings.backend.port,
    "stop_grace_s": settings.scheduler.stop_grace_s,
    "data": str(settings.paths.data),
    "database": f"{postgres.hostname}:{postgres.port}/{postgres.database}",
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
    """Where the application will listen and keep its data, and how long it may take to stop."""

    host: str
    port: int
    stop_limit_s: float
    data: Path
    database: str

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
    return Serving(
        host=answer["host"],
        port=answer["port"],
        stop_limit_s=answer["stop_grace_s"] + GRACE_MARGIN_S,
        data=Path(answer["data"]),
        database=answer["database"],
    )


def prepare(root: Path, python: Path, serving: Serving, *, with_demo: bool) -> int:
    """Database, migrations, the root user and the demonstration; the exit code.

    What was prepared once by these migrations is left to backend.py, which opens the database
    anyway; that halves the time to the first page.
    """
    prepared = _prepared(root, serving)
    marker = serving.data / MARKER
    done = marker.read_text("utf-8") if marker.exists() else ""
    if done == prepared + WITH_DEMO or (done == prepared and not with_demo):
        return 0
    options = [] if with_demo else ["--no-demo"]
    code = run([str(python), "backend.py", "--prepare", *options], cwd=root)
    if code == 0:
        serving.data.mkdir(parents=True, exist_ok=True)
        marker.write_text(prepared + (WITH_DEMO if with_demo else ""), encoding="utf-8")
    return code


def _prepared(root: Path, serving: Serving) -> str:
    migrations = sorted(path.name for path in (root / "migrations" / "versions").glob("*.py"))
    return "\n".join([serving.database, *migrations]) + "\n"


def release_database(root: Path, python: Path) -> None:
    """Stop the embedded database when a child was killed before it could; nothing otherwise."""
    run([str(python), "-c", RELEASE_DATABASE], cwd=root)
