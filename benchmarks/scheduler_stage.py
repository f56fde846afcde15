"""A metadata database of its own with many jobs, and the processes that work on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2
import psycopg2.extensions
from sqlalchemy import text

from metadb import engine
from metadb.embedded import EmbeddedPostgres
from metadb.engine import DatabaseAddress
from metadb.migrate import migrate
from services import connections
from services.first_start import prepare

ROOT = Path(__file__).resolve().parents[1]
ZONE = "America/Sao_Paulo"
SECRET = "benchmark-benchmark-benchmark-benchmark"  # noqa: S105 - of a database that is thrown away

# Five weekdays at one time of day each, spread over the day.
MAKE_JOBS = """
with made as (
    insert into jobs_he (job_name, job_status, export_type, export_path, export_name,
                         check_parameter, sql_script, connection_id)
    select 'Relatório ' || n, 'Y', 'Único', 'bench', 'r' || n, 'N',
           'select n, texto from numeros where n <= 10', %(connection)s
    from generate_series(1, %(jobs)s) as n
    returning job_id, export_name
), placed as (
    insert into datasets (name, name_key, job_id)
    select 'bench/' || export_name, 'bench/' || export_name, job_id from made
)
insert into jobs_de (job_id, job_day, job_hour, job_minute)
select job_id, day, lpad((job_id %% 24)::text, 2, '0'), lpad((job_id * 7 %% 60)::text, 2, '0')
from made cross join unnest(array['Seg','Ter','Qua','Qui','Sex']) as day
"""


def cpu_s(pid: int) -> float:
    """CPU of a process, of its children and of those that have ended."""
    parent = psutil.Process(pid)
    spent = 0.0
    for process in (parent, *parent.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
        if process == parent:
            spent += times.children_user + times.children_system
    return spent


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything is. `environment` is what a process of the product needs."""

    folder: Path
    server: EmbeddedPostgres
    metadata: DatabaseAddress
    environment: Mapping[str, str]
    root_password: str
    server_pid: int

    def connect(self) -> psycopg2.extensions.connection:
        connection = psycopg2.connect(**self.metadata.keywords())
        connection.autocommit = True
        return connection

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def running(self, program: str, *arguments: str, **more: str) -> Iterator[psutil.Process]:
        """A process of the product; its output goes to a file of the stage."""
        with (self.folder / f"{program}.out").open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / program), *arguments],
                env={**self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=120)


@contextmanager
def stage(jobs: int) -> Iterator[Stage]:
    """A server, a migrated database with so many active jobs, and a source; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="asql-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # root runs the server by another account
        server = EmbeddedPostgres(folder / "server")
        address = server.ensure()
        try:
            with closing(address.connect()) as session, session.cursor() as cursor:
                session.autocommit = True
                cursor.execute("create database bench")
                cursor.execute("select pg_read_file('postmaster.pid')")
                found = cursor.fetchone()
                assert found is not None
            metadata = DatabaseAddress(
                address.host, address.port, "bench", address.superuser, address.password
            )
            environment = _environment(folder / "data", metadata)
            os.environ.update(environment)
            engine.connect(lambda: metadata)
            made = Stage(
                folder,
                server,
                metadata,
                environment,
                _fill(metadata, jobs),
                int(found[0].split()[0]),
            )
            yield made
        finally:
            engine.disconnect()
            server.stop_if_last()


def _environment(data: Path, metadata: DatabaseAddress) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ASQL_")}
    return {
        **kept,
        "ASQL_DATA": str(data),
        "ASQL_BACKEND__SECRET_KEY": SECRET,
        "ASQL_POSTGRES__HOSTNAME": metadata.host,
        "ASQL_POSTGRES__PORT": str(metadata.port),
        "ASQL_POSTGRES__DATABASE": metadata.dbname,
        "ASQL_POSTGRES__USERNAME": metadata.user,
        "ASQL_POSTGRES__PASSWORD": metadata.password,
        "ASQL_SCHEDULER__TIME_ZONE": ZONE,
        "ASQL_DATA_API__API_KEYS": json.dumps([]),
    }


def _fill(metadata: DatabaseAddress, jobs: int) -> str:
    """Schema, root, a source that is the same database, and the jobs; root's password."""
    from auxiliares import load_settings

    settings = load_settings()
    migrate()
    password = prepare(settings).root_password
    assert password is not None
    with engine.unit_of_work() as session:
        session.execute(text("update users set must_change_password = false"))
        made = connections.create_connection(
            session,
            {
                "name": "loja",
                "kind": "postgres",
                "host": metadata.host,
                "port": metadata.port,
                "database": metadata.dbname,
                "username": metadata.user,
                "password": metadata.password,
            },
            settings=settings,
            is_root=True,
        )
        connection_id = made.connection_id
    with closing(psycopg2.connect(**metadata.keywords())) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "create table numeros as select n, md5(n::text) as texto"
                " from generate_series(1, 1000) as n"
            )
            cursor.execute(MAKE_JOBS, {"connection": connection_id, "jobs": jobs})
        connection.autocommit = True
        connection.cursor().execute("vacuum analyze")
    return password


def await_workers(place: Stage, count: int) -> None:
    """Wait until so many daemons have registered; ends the program when they do not."""
    deadline = time.monotonic() + 60
    while len(place.ask("select 1 from workers where stopped_at is null")) < count:
        if time.monotonic() > deadline:
            sys.exit("the daemon did not start: " + (place.folder / "schedule.py.out").read_text())
        time.sleep(0.2)
