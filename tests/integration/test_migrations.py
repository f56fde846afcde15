"""Adoption of the existing system's databases, with its rows, by the real migrations."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.security import generate_password_hash

from metadb import engine
from metadb.engine import DatabaseAddress, unit_of_work
from metadb.migrate import SchemaTooNew, migrate
from models import Base, Job, LogRecord, User
from services.passwords import needs_renewal, verify_password

ROOT = Path(__file__).resolve().parents[2]
ZONE = "America/Sao_Paulo"

# The tables as the SQL script of the existing system makes them.
MADE_BY_SCRIPT = """
CREATE TABLE parameters (
    parameter_id SERIAL PRIMARY KEY,
    parameter_name TEXT NOT NULL,
    sql_script TEXT
);
CREATE TABLE jobs_he (
    job_id SERIAL PRIMARY KEY,
    job_name TEXT NOT NULL,
    job_status CHAR(1) NOT NULL CHECK (job_status IN ('Y', 'N')),
    export_type TEXT NOT NULL,
    export_path TEXT NOT NULL,
    export_name TEXT NOT NULL,
    days_offset INTEGER,
    check_parameter CHAR(1) NOT NULL CHECK (check_parameter IN ('Y', 'N')),
    parameter_id INTEGER REFERENCES parameters(parameter_id),
    data_primary_key TEXT,
    sql_script TEXT
);
CREATE TABLE jobs_de (
    schedule_id SERIAL PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs_he(job_id),
    job_minute TEXT NOT NULL,
    job_hour TEXT NOT NULL,
    job_day TEXT NOT NULL
);
CREATE TABLE users (
    user_id SERIAL PRIMARY KEY,
    username TEXT UNIQUE NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL
);
CREATE TABLE logs (
    log_id SERIAL PRIMARY KEY,
    timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    log_level TEXT,
    logger_name TEXT,
    job_id INTEGER REFERENCES jobs_he(job_id) ON DELETE SET NULL,
    user_name TEXT,
    log_text TEXT,
    duration_ms INTEGER
);
INSERT INTO parameters (parameter_name, sql_script)
    VALUES ('Fechamento', 'select instancia, valor from fechamento');
INSERT INTO jobs_he (job_name, job_status, export_type, export_path, export_name, days_offset,
                     check_parameter, parameter_id, data_primary_key, sql_script)
    VALUES ('Vendas', 'Y', 'Único', 'D:\\Exportações', 'vendas', NULL, 'N', NULL, NULL,
            'select * from vendas'),
           ('Apuração', 'N', 'Mês', 'apuracao', 'Apt', 2, 'Y', 1, 'DATA', 'select 1 from dual');
INSERT INTO jobs_de (job_id, job_minute, job_hour, job_day)
    VALUES (1, '00', '06', 'Seg'), (1, '30', '06', 'Sab'), (2, '00', '18', 'Dom');
INSERT INTO logs (timestamp, log_level, logger_name, job_id, log_text)
    VALUES ('2025-01-15 10:00:00', 'INFO', 'scheduler', 1, 'no summer time'),
           ('2019-01-15 10:00:00', 'INFO', 'scheduler', NULL, 'summer time'),
           (NULL, NULL, NULL, NULL, NULL);
"""

# What db.create_all() of the existing system left on PostgreSQL.
MADE_BY_CREATE_ALL = """
CREATE TABLE parameters (
    parameter_id SERIAL PRIMARY KEY, parameter_name VARCHAR(255) NOT NULL, sql_script TEXT
);
CREATE TABLE jobs_he (
    job_id SERIAL PRIMARY KEY,
    job_name VARCHAR(255),
    job_status INTEGER,
    export_type VARCHAR(50),
    export_path VARCHAR(255),
    export_name VARCHAR(255),
    days_offset INTEGER,
    check_parameter VARCHAR(1),
    parameter_id INTEGER REFERENCES parameters(parameter_id),
    data_primary_key VARCHAR(255),
    sql_script TEXT
);
CREATE TABLE jobs_de (
    schedule_id SERIAL PRIMARY KEY,
    job_id INTEGER REFERENCES jobs_he(job_id),
    job_minute VARCHAR(2),
    job_hour VARCHAR(2),
    job_day VARCHAR(10)
);
CREATE TABLE users (
    user_id SERIAL PRIMARY KEY,
    username VARCHAR(64) NOT NULL UNIQUE,
    password_hash VARCHAR(128) NOT NULL,
    role VARCHAR(20)
);
INSERT INTO jobs_he (job_name, job_status, export_type, export_path, export_name, check_parameter,
                     sql_script)
    VALUES ('Ativa', 1, 'Único', 'pasta', 'ativa', 'N', 'select 1'),
           ('Parada', 0, 'Único', 'pasta', 'parada', NULL, 'select 1'),
           (NULL, 1, NULL, NULL, NULL, NULL, NULL);
INSERT INTO jobs_de (job_id, job_minute, job_hour, job_day)
    VALUES (1, '00', '06', 'Seg'), (1, NULL, '06', 'Seg');
"""


def execute(address: DatabaseAddress, script: str, values: Sequence[object] = ()) -> None:
    with closing(psycopg2.connect(**address.keywords())) as session, session:
        session.cursor().execute(script, values or None)


def rows(address: DatabaseAddress, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(**address.keywords())) as session, session.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.fixture
def connected(pg_database: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """An empty database, connected for this process."""
    engine.connect(lambda: pg_database)
    yield pg_database
    engine.disconnect()


@pytest.fixture
def of_script(connected: DatabaseAddress) -> DatabaseAddress:
    """A database of the existing system with rows, made by its SQL script."""
    execute(connected, MADE_BY_SCRIPT)
    execute(
        connected,
        "INSERT INTO users (username, password_hash, role) VALUES ('root', %s, 'root'),"
        " ('ana', %s, 'moderator'), ('zé', 'unreadable', 'gerente')",
        (generate_password_hash("segredo"), generate_password_hash("da ana")),
    )
    return connected


@pytest.fixture
def of_create_all(connected: DatabaseAddress) -> DatabaseAddress:
    """A database of the existing system made by db.create_all()."""
    execute(connected, MADE_BY_CREATE_ALL)
    execute(
        connected,
        "INSERT INTO users (username, password_hash, role) VALUES ('root', %s, 'root')",
        (generate_password_hash("segredo", method="pbkdf2:sha256:1000"),),
    )
    return connected


def differences() -> list[Any]:
    """What alembic would still change to reach the models; the queue's tables are not ours."""

    def is_ours(_object: Any, name: str | None, *_: Any) -> bool:
        return not (name or "").startswith("procrastinate_")

    with engine.engine().connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": is_ours}
        )
        return compare_metadata(context, Base.metadata)


def test_empty_database_gets_the_schema_of_the_models(connected: DatabaseAddress) -> None:
    assert migrate(wall_clock_zone=ZONE)

    assert differences() == []


def test_database_of_the_script_gets_the_schema_of_the_models(of_script: DatabaseAddress) -> None:
    migrate(wall_clock_zone=ZONE)

    assert differences() == []


def test_database_of_create_all_gets_the_schema_of_the_models(
    of_create_all: DatabaseAddress,
) -> None:
    migrate(wall_clock_zone=ZONE)

    assert differences() == []


def test_jobs_and_slots_are_kept(of_script: DatabaseAddress) -> None:
    migrate(wall_clock_zone=ZONE)

    with unit_of_work() as session:
        jobs = session.scalars(
            select(Job).order_by(Job.job_id).options(selectinload(Job.slots))
        ).all()
    sales, closing_job = jobs
    assert (sales.job_id, sales.job_name, sales.is_active) == (1, "Vendas", True)
    assert (sales.export_path, sales.export_type) == ("D:\\Exportações", "Único")
    assert [(s.job_day, s.job_hour, s.job_minute) for s in sales.slots] == [
        ("Seg", "06", "00"),
        ("Sab", "06", "30"),
    ]
    assert (closing_job.is_active, closing_job.parameter_id, closing_job.days_offset) == (
        False,
        1,
        2,
    )


def test_numbers_go_on_where_the_existing_system_stopped(of_script: DatabaseAddress) -> None:
    migrate(wall_clock_zone=ZONE)

    with unit_of_work() as session:
        job = Job(
            job_name="Nova",
            job_status="N",
            export_type="Único",
            export_path="p",
            export_name="n",
            check_parameter="N",
        )
        session.add(job)
        session.flush()
        assert job.job_id == 3


def test_passwords_stay_valid_and_are_due_for_renewal(of_script: DatabaseAddress) -> None:
    migrate(wall_clock_zone=ZONE)

    with unit_of_work() as session:
        users = {user.username: user for user in session.scalars(select(User))}
    assert verify_password(users["root"].password_hash, "segredo")
    assert verify_password(users["ana"].password_hash, "da ana")
    assert not verify_password(users["ana"].password_hash, "segredo")
    assert needs_renewal(users["root"].password_hash)
    assert not verify_password(users["zé"].password_hash, "")


def test_roles_are_kept_and_unknown_ones_may_only_read(of_script: DatabaseAddress) -> None:
    migrate(wall_clock_zone=ZONE)

    assert rows(of_script, "SELECT username, role FROM users ORDER BY user_id") == [
        ("root", "root"),
        ("ana", "moderator"),
        ("zé", "normal"),
    ]


def test_wall_clock_of_logs_becomes_the_right_instant(of_script: DatabaseAddress) -> None:
    migrate(wall_clock_zone=ZONE)

    with unit_of_work() as session:
        found = {r.log_text: r.timestamp for r in session.scalars(select(LogRecord))}
    # São Paulo was three hours behind UTC in 2025, and two in the summer of 2019.
    assert found["no summer time"] == datetime(2025, 1, 15, 13, tzinfo=UTC)
    assert found["summer time"] == datetime(2019, 1, 15, 12, tzinfo=UTC)
    assert len(found) == 3


def test_log_records_outlive_their_job(of_script: DatabaseAddress) -> None:
    migrate(wall_clock_zone=ZONE)
    execute(of_script, "INSERT INTO logs (job_id, log_text) VALUES (999, 'of a deleted job')")
    execute(of_script, "DELETE FROM jobs_he WHERE job_id = 1")

    assert rows(of_script, "SELECT job_id FROM logs WHERE log_id IN (1, 4) ORDER BY log_id") == [
        (1,),
        (999,),
    ]


def test_slots_of_jobs_that_are_gone_are_removed(of_script: DatabaseAddress) -> None:
    # Keys are not checked in such a session; a restore in parts leaves the same behind.
    execute(
        of_script,
        "SET session_replication_role = replica;"
        "INSERT INTO jobs_de (job_id, job_minute, job_hour, job_day)"
        " VALUES (77, '00', '00', 'Seg');"
        "UPDATE jobs_he SET parameter_id = 88 WHERE job_id = 1",
    )

    migrate(wall_clock_zone=ZONE)

    assert rows(of_script, "SELECT DISTINCT job_id FROM jobs_de ORDER BY 1") == [(1,), (2,)]
    assert rows(of_script, "SELECT parameter_id FROM jobs_he WHERE job_id = 1") == [(None,)]


def test_deleting_a_job_takes_its_slots_along(of_script: DatabaseAddress) -> None:
    migrate(wall_clock_zone=ZONE)

    execute(of_script, "DELETE FROM jobs_he WHERE job_id = 1")

    assert rows(of_script, "SELECT job_id FROM jobs_de") == [(2,)]


def test_create_all_flags_become_letters_and_passwords_stay_valid(
    of_create_all: DatabaseAddress,
) -> None:
    migrate(wall_clock_zone=ZONE)

    assert rows(
        of_create_all,
        "SELECT job_name, job_status, check_parameter FROM jobs_he ORDER BY job_id",
    ) == [("Ativa", "Y", "N"), ("Parada", "N", "N"), ("Job 3", "N", "N")]
    assert rows(of_create_all, "SELECT job_id, job_minute FROM jobs_de") == [(1, "00")]
    [(stored,)] = rows(of_create_all, "SELECT password_hash FROM users")
    assert verify_password(stored, "segredo")
    assert rows(of_create_all, "SELECT count(*) FROM logs") == [(0,)]


def test_second_migration_does_nothing(of_script: DatabaseAddress) -> None:
    assert migrate(wall_clock_zone=ZONE) is True

    assert migrate(wall_clock_zone="UTC") is False

    assert rows(of_script, "SELECT timestamp AT TIME ZONE 'UTC' FROM logs WHERE log_id = 1") == [
        (datetime(2025, 1, 15, 13),)
    ]


def test_two_processes_at_once_migrate_once(of_script: DatabaseAddress) -> None:
    program = (
        "import sys; from metadb import engine; from metadb.migrate import migrate\n"
        "host, port, name, user, password = sys.stdin.read().split('\\n')\n"
        "engine.connect(lambda: engine.DatabaseAddress(host, int(port), name, user, password))\n"
        f"print(migrate(wall_clock_zone={ZONE!r}))"
    )
    address = of_script
    given = "\n".join(
        [address.host, str(address.port), address.dbname, address.user, address.password]
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.write(given)
        process.stdin.close()
        process.stdin = None
    answers = [process.communicate(timeout=60) for process in both]

    assert sorted(out.strip() for out, _ in answers) == ["False", "True"], answers
    assert differences() == []


def test_schema_of_a_newer_version_is_refused_in_words(connected: DatabaseAddress) -> None:
    migrate()
    execute(connected, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SchemaTooNew, match=r"schema 9999, which is newer .* Start the newer"):
        migrate()

    assert rows(connected, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_migration_that_fails_leaves_the_old_schema_untouched(
    of_script: DatabaseAddress,
) -> None:
    # A view on a column whose type must change stops the first step in the middle.
    execute(of_script, "CREATE VIEW v AS SELECT timestamp FROM logs")

    with pytest.raises(Exception, match="cannot alter type of a column used by a view"):
        migrate(wall_clock_zone=ZONE)

    assert rows(of_script, "SELECT to_regclass('runs'), to_regclass('connections')") == [
        (None, None)
    ]
    assert rows(of_script, "SELECT pg_typeof(timestamp)::text FROM logs LIMIT 1") == [
        ("timestamp without time zone",)
    ]
    execute(of_script, "DROP VIEW v")
    assert migrate(wall_clock_zone=ZONE)
