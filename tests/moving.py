"""Two databases, a job that moves tables between them, and what they hold afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auxiliares import Settings
from metadb.engine import DatabaseAddress, unit_of_work
from models import Connection, Run, RunTable
from services import connections, jobs, run_tables, runs
from services.jobs import JobFields
from tests.executing import OneWorker
from tests.sources import run_sql


@dataclass(frozen=True)
class Ground:
    """A source, a target that may be written to, and a worker."""

    source: DatabaseAddress
    target: DatabaseAddress
    settings: Settings
    source_id: int
    target_id: int
    worker: OneWorker

    @classmethod
    def of(cls, source: DatabaseAddress, target: DatabaseAddress, settings: Settings) -> Ground:
        with unit_of_work() as session:
            source_id = save_connection(session, "origem", source, settings).connection_id
            found = save_connection(session, "destino", target, settings, is_writable=True)
            target_id = found.connection_id
        return cls(source, target, settings, source_id, target_id, OneWorker.of(settings))

    def save(self, movement: dict[str, Any], kind: str = "transfer", **more: Any) -> int:
        """The number of a new job that moves these tables."""
        fields: dict[str, Any] = {
            "job_name": f"mover {kind}",
            "job_kind": kind,
            "connection_id": self.source_id,
            "target_connection_id": self.target_id,
            "movement": movement,
            "job_status": "N",
            **more,
        }
        with unit_of_work() as session:
            job = jobs.create_job(
                session, JobFields(**fields), settings=self.settings, created_by_id=None
            )
            return job.job_id

    def ask(self, job_id: int) -> int:
        with unit_of_work() as session:
            return runs.enqueue_run(session, job_id, requested_by="ana").run_id

    def move(self, movement: dict[str, Any], kind: str = "transfer", **more: Any) -> Run:
        """Save a job, run it, and return its run as it ended."""
        return self.worker.execute(self.ask(self.save(movement, kind, **more)))

    def at_source(self, sql: str) -> list[tuple[Any, ...]]:
        return run_sql(self.source, sql)

    def at_target(self, sql: str) -> list[tuple[Any, ...]]:
        return run_sql(self.target, sql)


def tables_of(run: Run) -> list[RunTable]:
    with unit_of_work() as session:
        return run_tables.tables_of(session, run.run_id)


def save_connection(
    session: Any, name: str, address: DatabaseAddress, settings: Settings, **more: Any
) -> Connection:
    return connections.create_connection(
        session,
        {
            "name": name,
            "kind": "postgres",
            "host": address.host,
            "port": address.port,
            "database": address.dbname,
            "username": address.user,
            "password": address.password or "",
            **more,  # type: ignore[typeddict-item]
        },
        settings=settings,
        is_root=True,
    )
