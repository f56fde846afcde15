"""The demonstration on a real embedded server: what it holds, who may read it, how it survives."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as PgConnection  # noqa: N812 - a class in lower case
from sqlalchemy import delete, func, select
from sqlalchemy.orm import selectinload

from auxiliares import Settings, load_settings
from metadb import demo_shop
from metadb.database import MetadataDatabase
from metadb.embedded import ServerAddress
from metadb.engine import unit_of_work
from metadb.migrate import migrate
from models import Connection, Dataset, Job, Run
from services import demo
from services.connections import spec_of
from services.demo import load_demo
from vocabulary import RunState

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
from auxiliares import load_settings
from metadb.database import open_database
from services.demo import load_demo
settings = load_settings()
database = open_database(settings)
print(load_demo(settings, database))
database.close()
"""


@dataclass(frozen=True)
class Installation:
    settings: Settings
    database: MetadataDatabase
    folder: Path

    @property
    def server(self) -> ServerAddress:
        assert self.database.embedded is not None
        return self.database.embedded.ensure()


@pytest.fixture(scope="module")
def installed() -> Iterator[Installation]:
    """A migrated installation of its own with the demonstration loaded."""
    with (
        tempfile.TemporaryDirectory(prefix="asql-demo-") as folder,
        pytest.MonkeyPatch.context() as m,
    ):
        Path(folder).chmod(0o755)
        m.setenv("ASQL_DATA", folder)
        m.setenv("ASQL_PG_FSYNC", "off")
        settings = load_settings()
        database = MetadataDatabase(settings)
        database.open()
        migrate()
        assert load_demo(settings, database)
        yield Installation(settings, database, Path(folder))
        database.close()


def forget(installation: Installation) -> None:
    """Make the metadata look untouched again."""
    with unit_of_work() as session:
        for table in (Run, Dataset, Job, Connection):
            session.execute(delete(table))


def reader(installation: Installation, database: str = "demo") -> PgConnection:
    """A session as the saved connection opens it."""
    with unit_of_work() as session:
        spec = spec_of(session.scalars(select(Connection)).one(), installation.settings)
    return psycopg2.connect(
        host=spec.host,
        port=spec.port,
        dbname=database,
        user=spec.username,
        password=spec.password,
    )


def rows(installation: Installation, table: str) -> int:
    with closing(installation.server.connect("demo")) as session, session.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM loja.{table}")
        (count,) = cursor.fetchone()
        return int(count)


@pytest.fixture
def loaded(installed: Installation) -> Installation:
    """The demonstration, loaded whatever the test before did."""
    load_demo(installed.settings, installed.database)
    return installed


def test_shop_holds_about_200000_rows(loaded: Installation) -> None:
    counts = {table: rows(loaded, table) for table in ("clientes", "produtos", "pedidos", "itens")}

    assert counts["clientes"] == 8_000
    assert 195_000 <= sum(counts.values()) <= 205_000


def test_shop_holds_what_breaks_careless_exports(loaded: Installation) -> None:
    with closing(reader(loaded)) as session, session.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE nome LIKE '%\"%'),"
            " count(*) FILTER (WHERE nome LIKE '%;%'),"
            " count(*) FILTER (WHERE nome ~ '[áãçéíõü]'),"
            " count(*) FILTER (WHERE observacao LIKE E'%\\n%'),"
            " count(*) FILTER (WHERE observacao IS NULL),"
            " count(*) FILTER (WHERE observacao = ''),"
            " count(*) FILTER (WHERE codigo LIKE '00%')"
            " FROM clientes"
        )
        found = cursor.fetchone()

    assert all(count > 100 for count in found), found


def test_orders_end_yesterday(loaded: Installation) -> None:
    with closing(reader(loaded)) as session, session.cursor() as cursor:
        cursor.execute("SELECT CURRENT_DATE - max(criado_em)::date FROM pedidos")
        (days,) = cursor.fetchone()

    assert days in (1, 2)  # 2: midnight passed since the data were made


def test_three_active_jobs_are_planned_and_the_first_is_queued(loaded: Installation) -> None:
    with unit_of_work() as session:
        jobs = session.scalars(
            select(Job).order_by(Job.job_id).options(selectinload(Job.slots))
        ).all()
        runs = session.scalars(select(Run)).all()
        names = session.scalars(select(Dataset.name).order_by(Dataset.dataset_id)).all()

    assert [job.job_name for job in jobs] == [
        "Vendas por dia",
        "Pedidos em aberto",
        "Clientes e total comprado",
    ]
    assert [len(job.slots) for job in jobs] == [7 * 24 * 6, 5 * 2, 7]
    assert all(job.is_active and job.next_due_at is not None for job in jobs)
    assert names == [
        "demo/vendas_por_dia",
        "demo/pedidos_em_aberto",
        "demo/clientes_e_total_comprado",
    ]
    assert [(run.job_id, run.state, run.requested_by) for run in runs] == [
        (jobs[0].job_id, RunState.QUEUED, "demonstração")
    ]


@pytest.mark.parametrize("query", [job[2] for job in demo.JOBS], ids=[job[1] for job in demo.JOBS])
def test_the_reader_can_run_the_query_of_each_job(loaded: Installation, query: str) -> None:
    with closing(reader(loaded)) as session, session.cursor() as cursor:
        cursor.execute(query)
        assert len(cursor.fetchmany(101)) > 100


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO loja.produtos SELECT * FROM loja.produtos",
        "DELETE FROM loja.itens",
        "CREATE TABLE loja.minha (a int)",
        "CREATE TABLE public.minha (a int)",
        "CREATE TEMP TABLE minha (a int)",
        "CREATE SCHEMA minha",
        "SELECT lo_create(0)",
        "COPY loja.produtos TO PROGRAM 'true'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT rolpassword FROM pg_authid",
        "SET ROLE demo_dono",
        "CREATE ROLE outro",
        "CREATE DATABASE outra",
    ],
)
def test_the_reader_can_do_nothing_but_read(loaded: Installation, statement: str) -> None:
    with closing(reader(loaded)) as session, session.cursor() as cursor:
        session.autocommit = True
        # Anybody may switch this off for a session; the rights must hold without it.
        cursor.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


def test_sessions_of_the_reader_are_read_only_and_limited_in_time(loaded: Installation) -> None:
    with closing(reader(loaded)) as session, session.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('transaction_read_only'), current_setting('statement_timeout')"
        )
        assert cursor.fetchone() == ("on", "10min")


@pytest.mark.parametrize("database", ["automacaosql", "postgres", "template1"])
def test_the_reader_cannot_enter_other_databases(loaded: Installation, database: str) -> None:
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        reader(loaded, database)


def test_loading_again_changes_nothing(loaded: Installation) -> None:
    with unit_of_work() as session:
        before = session.scalars(select(Connection.password_encrypted)).one()

    assert load_demo(loaded.settings, loaded.database) is False

    with unit_of_work() as session:
        assert session.scalars(select(Connection.password_encrypted)).one() == before
        assert session.scalar(select(func.count()).select_from(Job)) == 3


def test_who_deleted_the_demonstration_does_not_get_it_again(loaded: Installation) -> None:
    with unit_of_work() as session:
        session.execute(delete(Dataset))
        session.execute(delete(Job))
        session.execute(delete(Connection))

    assert load_demo(loaded.settings, loaded.database) is False
    forget(loaded)


def test_a_database_left_half_made_by_a_killed_start_is_made_again(loaded: Installation) -> None:
    forget(loaded)
    with closing(loaded.server.connect()) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute("DROP DATABASE demo")
            cursor.execute(f"CREATE DATABASE {demo_shop.UNFINISHED}")

    assert load_demo(loaded.settings, loaded.database)

    assert rows(loaded, "produtos") == 600
    with closing(reader(loaded)) as session, session.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'demo%'")
        assert cursor.fetchone() == (1,)


def test_a_complete_database_is_kept_when_only_the_jobs_are_missing(loaded: Installation) -> None:
    forget(loaded)
    with closing(loaded.server.connect()) as session, session.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = 'demo'")
        before = cursor.fetchone()

    assert load_demo(loaded.settings, loaded.database)

    with closing(reader(loaded)) as session, session.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = 'demo'")
        assert cursor.fetchone() == before


def test_of_two_processes_at_once_one_loads(loaded: Installation) -> None:
    forget(loaded)
    environment = {**os.environ, "ASQL_DATA": str(loaded.folder)}
    command = [sys.executable, "-c", LOAD]
    both = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60) for process in both]

    assert sorted(out.strip() for out, _ in answers) == ["False", "True"], answers
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 3
    reader(loaded).close()  # the saved password is the one that was set last


def test_a_configured_server_gets_no_demonstration(settings: Settings) -> None:
    elsewhere = settings.model_copy(
        update={"postgres": settings.postgres.model_copy(update={"hostname": "db.example.com"})}
    )

    assert load_demo(elsewhere, MetadataDatabase(elsewhere)) is False
