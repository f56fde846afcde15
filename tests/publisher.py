"""Executes runs of one job in this process, with the real executor and a real source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from auxiliares import Settings
from execution.context import ActiveRuns
from execution.executor import Executor
from metadb.engine import DatabaseAddress, unit_of_work
from models import DatasetVersion, Run
from services import connections, datasets, jobs, runs, targets, workers


class Publisher:
    """One saved job whose query and guards a test changes as it likes."""

    def __init__(self, settings: Settings, source: DatabaseAddress, **fields: Any) -> None:
        self.settings = settings
        with unit_of_work() as session:
            connection = connections.create_connection(
                session,
                {
                    "name": "loja",
                    "kind": "postgres",
                    "host": source.host,
                    "port": source.port,
                    "database": source.dbname,
                    "username": source.user,
                    "password": source.password,
                },
                settings=settings,
                is_root=True,
            )
            job = jobs.create_job(
                session,
                {
                    "job_name": "Vendas",
                    "export_path": ".",
                    "export_name": "vendas",
                    "sql_script": "select 1 as n",
                    "connection_id": connection.connection_id,
                    **fields,  # type: ignore[typeddict-item]
                },
                settings=settings,
                created_by_id=None,
            )
            self.job_id = job.job_id
        self.executor = Executor(settings, ActiveRuns(), self._worker())

    def _worker(self) -> Any:
        with unit_of_work() as session:
            return workers.register(
                session, name="w", host="h", pid=1, is_scheduler=False, concurrency=1
            )

    def change(self, **fields: Any) -> None:
        """Save the job with these fields changed."""
        with unit_of_work() as session:
            jobs.update_job(session, self.job_id, fields, settings=self.settings)  # type: ignore[arg-type]

    def deliver_to(self, folder: str, *, path: str = "") -> int:
        """Give the job a target in this folder; its number."""
        with unit_of_work() as session:
            target = targets.create_target(
                session,
                {"name": "Parceiro", "kind": "folder", "options": {"folder": folder}},
                settings=self.settings,
            )
        self.change(targets=[{"target_id": target.target_id, "path": path}])
        return target.target_id

    def run(self, sql: str | None = None, *, job_id: int | None = None) -> Run:
        """Execute one run, of another job where one is named, and return its row."""
        if sql is not None:
            self.change(sql_script=sql)
        with unit_of_work() as session:
            run_id = runs.enqueue_run(session, job_id or self.job_id, requested_by="ana").run_id
        self.executor.execute(run_id, 1)
        with unit_of_work() as session:
            return runs.get_run(session, run_id)

    def current(self) -> DatasetVersion:
        """The version readers get."""
        with unit_of_work() as session:
            return datasets.current_version(session, "vendas")

    def count_versions(self) -> int:
        with unit_of_work() as session:
            return session.scalar(select(func.count()).select_from(DatasetVersion)) or 0

    @property
    def target(self) -> Path:
        """The exported file."""
        return self.settings.paths.csv_root / "vendas.csv"
