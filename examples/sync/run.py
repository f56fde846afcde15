"""Starts the example: two databases, the service, the job, and the product around them.

`.venv/bin/python examples/sync/run.py` runs until Ctrl-C; `--once` runs the job a single time and
prints what became of each table. See the README beside it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from auxiliares import Settings, load_settings  # noqa: E402
from examples.sync.tarefa import save_job  # noqa: E402
from execution.context import ActiveRuns  # noqa: E402
from execution.executor import Executor  # noqa: E402
from metadb.database import MetadataDatabase  # noqa: E402
from metadb.engine import unit_of_work  # noqa: E402
from metadb.migrate import migrate  # noqa: E402
from metadb.server_address import ServerAddress  # noqa: E402
from services import run_tables, runs, workers  # noqa: E402
from services.connections import EMBEDDED_HOST  # noqa: E402
from vocabulary import RunState  # noqa: E402

DEFAULT_SERVICE = "http://127.0.0.1:8765"
OWNER = "exemplo_sync"


def service_address() -> str:
    """Of the environment, else of .env, else the usual one."""
    written = read_env(HERE / ".env").get("URL_CONSULTAS", DEFAULT_SERVICE)
    return os.environ.get("URL_CONSULTAS", written)


def read_env(path: Path) -> dict[str, str]:
    """NAME=value lines; none when there is no such file."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def make_databases(server: ServerAddress) -> tuple[str, str]:
    """Two databases of one role of their own on the embedded server, and their addresses."""
    password = secrets.token_urlsafe(18)
    with closing(server.connect()) as session:
        session.autocommit = True
        cursor = session.cursor()
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (OWNER,))
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        cursor.execute(f"{verb} ROLE {OWNER} LOGIN PASSWORD %s", (password,))
        for name in ("banco_1", "banco_2"):
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
                fill(server, name)
    uri = "postgresql://{}:{}@{}/{}"
    first, second = (
        uri.format(OWNER, quote(password), quote(EMBEDDED_HOST, safe=""), name)
        for name in ("banco_1", "banco_2")
    )
    return first, second


def fill(server: ServerAddress, name: str) -> None:
    with closing(server.connect(name)) as session, session:
        cursor = session.cursor()
        cursor.execute(f"SET ROLE {OWNER}")
        cursor.execute((HERE / f"{name}.sql").read_text("utf-8"))


def addresses(database: MetadataDatabase) -> tuple[str, str]:
    """Both databases: of .env, else made on the embedded server."""
    env = read_env(HERE / ".env")
    if env:
        return env["URI_BANCO_1"], env["URI_BANCO_2"]
    server = database.server()
    if server is None:
        sys.exit("Write examples/sync/.env: the embedded server is not in use here.")
    return make_databases(server)


def run_once(settings: Settings, job_id: int) -> bool:
    """Run the job here and now, and print its tables; True: all went well."""
    with unit_of_work() as session:
        worker = workers.register(
            session, name="exemplo", host="", pid=os.getpid(), is_scheduler=False, concurrency=1
        )
        run_id = runs.enqueue_run(session, job_id, requested_by="exemplo").run_id
    Executor(settings, ActiveRuns(), worker).execute(run_id, 1)
    with unit_of_work() as session:
        for table in run_tables.tables_of(session, run_id):
            sys.stdout.write(
                f"{table.target:20} {table.state:8} {table.rows} rows, {table.inserted} inserted, "
                f"{table.updated} updated, {table.deleted} deleted; {table.error_message or ''}\n"
            )
        run = runs.get_run(session, run_id)
    if run.error_message:
        sys.stderr.write(f"{run.error_code}: {run.error_message}\n")
    return run.state == RunState.SUCCEEDED


def wait_for_service(url: str, limit_s: float = 30) -> None:
    """Until it takes connections; for at most that long."""
    parts = urlsplit(url)
    give_up = time.monotonic() + limit_s
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError):
            socket.create_connection((parts.hostname or "", parts.port or 80), 1).close()
            return
        time.sleep(0.1)


def serve(environment: Mapping[str, str]) -> int:
    """The daemon and the pages until Ctrl-C."""
    processes = [
        subprocess.Popen([sys.executable, str(ROOT / name)], cwd=ROOT, env=dict(environment))
        for name in ("schedule.py", "backend.py")
    ]
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes:
            process.terminate()
            process.wait()
    return 0


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    environment = os.environ | {
        "ASQL_SECURITY__OUTGOING_HOSTS": '["127.0.0.1"]',
        "URL_CONSULTAS": service_address(),
    }
    os.environ.update(environment)
    settings = load_settings()
    database = MetadataDatabase(settings)
    database.open()
    service = subprocess.Popen(
        [sys.executable, "-m", "examples.sync.consultas"], cwd=ROOT, env=environment
    )
    try:
        migrate(wall_clock_zone=settings.scheduler.time_zone)
        uri_1, uri_2 = addresses(database)
        url = service_address()
        with unit_of_work() as session:
            job_id = save_job(session, settings, uri_1=uri_1, uri_2=uri_2, service=url)
        wait_for_service(url)
        if "--once" in arguments:
            return 0 if run_once(settings, job_id) else 1
        return serve(environment)
    finally:
        service.terminate()
        service.wait()
        database.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
