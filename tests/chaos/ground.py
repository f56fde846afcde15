"""The ground a chaos case stands on: a metadata database of its own, jobs, daemons to harm.

Cases share one server and one source table and nothing else, so they run beside each other.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import psycopg2
import psycopg2.extensions
from sqlalchemy import text

from auxiliares import Settings
from metadb import embedded_server, engine
from metadb.embedded import EmbeddedPostgres, ServerAddress
from metadb.engine import DatabaseAddress
from metadb.migrate import migrate
from services import connections, jobs
from services.connections import ConnectionFields
from services.first_start import prepare
from services.jobs import JobFields, ScheduleText
from tests.chaos.invariants import Calendar, Expected, Findings, check, rows
from tests.chaos.nursery import Child, Nursery
from tests.waiting import wait_for
from timing.slots import DAY_NAMES

SECRET = "chaos-chaos-chaos-chaos-chaos-chaos"
API_KEY = "key-of-the-chaos-readers-0123456789"
ZONE = "America/Sao_Paulo"
# Slow duties come round within seconds, and a dead worker is noticed in four.
PACE = {"REPAIR_S": 1, "RETENTION_S": 2, "RELOAD_S": 5}
LEASES = {
    "ASQL_SCHEDULER__HEARTBEAT_S": "1",
    "ASQL_SCHEDULER__LOST_AFTER_S": "4",
    "ASQL_SCHEDULER__STOP_GRACE_S": "10",
    "ASQL_SCHEDULER__VERSIONS_KEPT": "1",
}
ROWS = 3000
# Every row carries the moment of its query and the number of them all: a mixture would show.
QUERY = f"""
select n, texto, to_char(statement_timestamp(), 'HH24:MI:SS.US') as carimbo, {ROWS} as total
from numeros where n <= {ROWS} order by n
"""

SLOW_QUERY = """
select n, texto, to_char(statement_timestamp(), 'HH24:MI:SS.US') as carimbo, 400 as total,
       case when n % 20 = 0 then pg_sleep(0.05)::text end as pausa
from numeros where n <= 400 order by n
"""

T = TypeVar("T")
Connection = psycopg2.extensions.connection


def environment(data: Path, metadata: DatabaseAddress, **more: str) -> dict[str, str]:
    """All a daemon of the case sees."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASQL_", "FAILPOINT"))}
    return {
        **kept,
        "ASQL_DATA": str(data),
        "ASQL_BACKEND__SECRET_KEY": SECRET,
        "ASQL_POSTGRES__HOSTNAME": metadata.host,
        "ASQL_POSTGRES__PORT": str(metadata.port),
        "ASQL_POSTGRES__DATABASE": metadata.dbname,
        "ASQL_POSTGRES__USERNAME": metadata.user,
        "ASQL_POSTGRES__PASSWORD": metadata.password,
        "ASQL_DATA_API__API_KEYS": f'["{API_KEY}"]',
        "ASQL_SCHEDULER__TIME_ZONE": ZONE,
        **LEASES,
        **more,
    }


@contextmanager
def roomy_server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """An embedded server of the caller's own with room for many daemons; stopped at the end."""
    os.environ["ASQL_PG_FSYNC"] = "off"
    usual = embedded_server.SETTINGS["max_connections"]
    embedded_server.SETTINGS["max_connections"] = "600"
    server = EmbeddedPostgres(folder)
    try:
        server.ensure()
        yield server
    finally:
        server.stop_if_last()
        embedded_server.SETTINGS["max_connections"] = usual


def make_source(address: DatabaseAddress) -> None:
    """A cheap real table to read."""
    with closing(psycopg2.connect(**address.keywords())) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "create table numeros as select n, 'São João; ' || md5(n::text) as texto"
                " from generate_series(1, 20000) as n"
            )


def every_minute_from_now() -> Calendar:
    """Every minute of the hours in which this suite runs."""
    now = datetime.now(ZoneInfo(ZONE))
    moments = [now + timedelta(hours=hours) for hours in range(-1, 3)]
    days, hours = ({m.weekday() for m in moments}, {m.hour for m in moments})
    return Calendar(ZONE, frozenset(days), frozenset(hours), frozenset(range(60)))


def texts_of(calendar: Calendar) -> ScheduleText:
    return {
        "day": ",".join(DAY_NAMES[day] for day in sorted(calendar.days)),
        "hour": ",".join(f"{hour:02}" for hour in sorted(calendar.hours)),
        "minute": ",".join(f"{minute:02}" for minute in sorted(calendar.minutes)),
    }


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was promised, by job; jobs that run by hand only; how root logs in."""

    calendars: Mapping[int, Calendar]
    by_hand: Sequence[int]
    root_password: str


def seed(
    address: DatabaseAddress,
    source: DatabaseAddress,
    data: Path,
    wanted: Mapping[str, Calendar | None],
) -> Seeded:
    """Migrate, save one job a name (None: by hand only), and put the witness in.

    Nothing is due until a case says so. Names that begin with `lento` take a second to query.
    """
    with _settings(data) as settings:
        engine.connect(lambda: address)
        try:
            migrate()
            password = prepare(settings).root_password
            with engine.unit_of_work() as session:
                session.execute(text("update users set must_change_password = false"))
                connection = connections.create_connection(
                    session, _source_fields(source), settings=settings, is_root=True
                )
                found = {
                    jobs.create_job(
                        session,
                        _job_fields(name, calendar, connection.connection_id),
                        settings=settings,
                        created_by_id=None,
                    ).job_id: calendar
                    for name, calendar in wanted.items()
                }
        finally:
            engine.disconnect()
    witness = Path(__file__).with_name("witness.sql").read_text()
    with closing(psycopg2.connect(**address.keywords())) as plain, plain, plain.cursor() as cursor:
        cursor.execute(witness)
        cursor.execute("update jobs_he set job_status = 'N', next_due_at = null")
    assert password is not None
    return Seeded(
        {job_id: calendar for job_id, calendar in found.items() if calendar},
        [job_id for job_id, calendar in found.items() if not calendar],
        password,
    )


def _source_fields(source: DatabaseAddress) -> ConnectionFields:
    return {
        "name": "loja",
        "kind": "postgres",
        "host": source.host,
        "port": source.port,
        "database": source.dbname,
        "username": source.user,
        "password": source.password,
    }


def _job_fields(name: str, calendar: Calendar | None, connection_id: int) -> JobFields:
    return {
        "job_name": name,
        "job_status": "Y" if calendar else "N",
        "export_path": "chaos",
        "export_name": name,
        "sql_script": SLOW_QUERY if name.startswith("lento") else QUERY,
        "connection_id": connection_id,
        "time_limit_s": 60,
        "schedule": texts_of(calendar) if calendar else None,
    }


@contextmanager
def _settings(data: Path) -> Iterator[Settings]:
    before = os.environ.get("ASQL_DATA")
    os.environ["ASQL_DATA"] = str(data)
    try:
        yield Settings(backend={"secret_key": SECRET})  # type: ignore[arg-type]
    finally:
        if before is None:
            del os.environ["ASQL_DATA"]
        else:
            os.environ["ASQL_DATA"] = before


@dataclass
class Case:
    """One ledger with its jobs, folders and daemons."""

    nursery: Nursery
    metadata: DatabaseAddress
    data: Path
    calendars: Mapping[int, Calendar]
    since: datetime | None = None
    children: dict[str, Child] = field(default_factory=dict)
    # Where daemons reach the database when it is not the way the test itself takes, and where
    # their output goes when it is not the data folder.
    way: DatabaseAddress | None = None
    outs: Path | None = None
    leases: Mapping[str, str] = field(default_factory=dict)

    def connect(self) -> Connection:
        return psycopg2.connect(**self.metadata.keywords())

    def start(
        self, name: str, *arguments: str, alter: Mapping[str, Any] | None = None, **more: str
    ) -> Child:
        """A daemon of this case; its output is <data>/<name>.out."""
        self.data.mkdir(parents=True, exist_ok=True)
        child = self.nursery.start(
            arguments,
            environment(self.data, self.way or self.metadata, **{**self.leases, **more}),
            (self.outs or self.data) / f"{name}.out",
            alter={"pace": PACE, **(alter or {})},
        )
        self.children[name] = child
        return child

    def wait(self, condition: Callable[[], T | None], what: str, *, timeout_s: float = 120) -> T:
        """As `wait_for`, with the end of what the daemons said when it is in vain."""
        try:
            return wait_for(condition, timeout_s=timeout_s, what=what, interval_s=0.1)
        except AssertionError as exc:
            said = "\n".join(
                f"{name}: {child.output()[-1500:]}\n{child.threads()}"
                for name, child in self.children.items()
            )
            raise AssertionError(f"{self.data.name}: {exc}\n{said}") from None

    def make_due(self) -> None:
        """The present minute becomes a slot nobody has accounted for yet, and so do the next."""
        with closing(self.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                """update jobs_he set job_status = 'Y',
                       planned_until = date_trunc('minute', clock_timestamp()) - interval '1 s',
                       next_due_at = date_trunc('minute', clock_timestamp())
                   where job_id = any(%s) returning planned_until""",
                (list(self.calendars),),
            )
            self.since = cursor.fetchall()[0][0].astimezone(UTC)

    def stop_scheduling(self, *, timeout_s: float = 120) -> datetime:
        """Wait until nothing is due, end the plan there, and return that moment.

        The rows of the jobs are locked meanwhile, so no scheduler is in the middle of them.
        """
        return self.wait(self._ended_plan, "every slot to be seen", timeout_s=timeout_s)

    def _ended_plan(self) -> datetime | None:
        with closing(self.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '5s'")
            try:
                cursor.execute(
                    """select count(*) filter (where next_due_at <= now.moment), now.moment
                       from (select next_due_at from jobs_he where job_id = any(%s) for update) jobs
                       cross join (select clock_timestamp() as moment) now group by 2""",
                    (list(self.calendars),),
                )
            except psycopg2.errors.LockNotAvailable:
                connection.rollback()
                return None
            due, moment = cursor.fetchall()[0]
            if due:
                return None
            cursor.execute(
                "update jobs_he set job_status = 'N' where job_id = any(%s)",
                (list(self.calendars),),
            )
            return moment.astimezone(UTC)

    def wait_for_rest(self, *, timeout_s: float = 120) -> None:
        """Nothing queued, running or about to be repeated, nothing temporary, files in place."""
        frozen = any(child.is_frozen() for child in self.children.values())
        try:
            self.wait(lambda: not self.unrest(frozen=frozen), "rest", timeout_s=timeout_s)
        except AssertionError as exc:
            raise AssertionError(f"{self.unrest(frozen=frozen)} {exc}") from None

    def unrest(self, *, frozen: bool) -> list[str]:
        """What is still going on; a frozen daemon keeps its temporary files."""
        with closing(self.connect()) as connection:
            open_runs = rows(
                connection,
                """select run_id, state from runs where state in ('queued', 'running')
                   or state = 'interrupted' and retry_at is not null
                   or not exists (select 1 from runs)""",
            )
            entries = rows(
                connection, "select id from procrastinate_jobs where status in ('todo', 'doing')"
            )
            targets = rows(
                connection,
                """select v.target_path from datasets d
                   join dataset_versions v on v.version_id = d.current_version_id""",
            )
        return [
            *(f"run {row.run_id} {row.state}" for row in open_runs),
            *(f"entry {row.id}" for row in entries),
            *(row.target_path for row in targets if not Path(row.target_path).exists()),
            *(str(path) for path in self.data.rglob("*.part") if not frozen),
        ]

    def check(self, *, timeout_s: float = 120, **more: Any) -> Findings:
        """Stop scheduling, let everything come to rest, and look at every promise."""
        until = self.stop_scheduling(timeout_s=timeout_s)
        self.wait_for_rest(timeout_s=timeout_s)
        assert self.since is not None
        expected = Expected(self.calendars, self.since, until, more.pop("accepted", ()))
        with closing(self.connect()) as connection:
            return check(
                connection,
                expected,
                versions=self.data / "versions",
                exports=self.data / "csv",
                **more,
            )

    def output(self) -> str:
        return "".join(child.output() for child in self.children.values())

    def close(self) -> None:
        for child in self.children.values():
            child.send(signal.SIGKILL)


@dataclass
class Ground:
    """A server with a source and a seeded ledger; `case()` copies the ledger."""

    nursery: Nursery
    server: ServerAddress
    folder: Path
    names: Sequence[str] = ("um", "dois")
    calendars: Mapping[int, Calendar] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: secrets.token_hex(4))
    cases: list[Case] = field(default_factory=list)

    def prepare(self) -> None:
        make_source(self._database("source", "template0"))
        template = self._database("template", "template0")
        every_minute = every_minute_from_now()
        self.calendars = seed(
            template,
            self._address("source"),
            self.folder / "seed",
            dict.fromkeys(self.names, every_minute),
        ).calendars

    def case(self, name: str) -> Case:
        """A case with its own copy of the seeded ledger and its own folder."""
        database = self._database(f"case_{len(self.cases)}", f"chaos_{self.mark}_template")
        case = Case(self.nursery, database, self.folder / name, self.calendars)
        self.cases.append(case)
        return case

    def close(self) -> None:
        for case in self.cases:
            case.close()

    def _database(self, name: str, template: str) -> DatabaseAddress:
        address = self._address(name)
        statement = f'create database "{address.dbname}" template "{template}"'
        with closing(psycopg2.connect(**self._address("", "postgres").keywords())) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)
        return address

    def _address(self, name: str, dbname: str | None = None) -> DatabaseAddress:
        server = self.server
        dbname = dbname or f"chaos_{self.mark}_{name}"
        return DatabaseAddress(server.host, server.port, dbname, server.superuser, server.password)
