"""A worker inside the test: runs are claimed and carried out at once, by the real executor."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from auxiliares import Settings
from execution.context import ActiveRuns
from execution.executor import Executor
from metadb.engine import unit_of_work
from models import Job, Run
from services import runs, workers
from vocabulary import RunState


@dataclass(frozen=True)
class OneWorker:
    """Executes what a test asks for, in the test's own thread."""

    executor: Executor

    @classmethod
    def of(cls, settings: Settings) -> OneWorker:
        with unit_of_work() as session:
            worker = workers.register(
                session, name="w", host="h", pid=1, is_scheduler=False, concurrency=1
            )
        return cls(Executor(settings, ActiveRuns(), worker))

    def execute(self, run_id: int) -> Run:
        """Carry out the run's current attempt; the run as it is afterwards."""
        with unit_of_work() as session:
            attempt = session.get_one(Run, run_id).attempt
        self.executor.execute(run_id, attempt)
        return get_run(run_id)

    def execute_queued(self) -> list[Run]:
        """Carry out everything that is queued now, in order."""
        with unit_of_work() as session:
            queued = session.scalars(
                select(Run.run_id).where(Run.state == RunState.QUEUED).order_by(Run.run_id)
            ).all()
        return [self.execute(run_id) for run_id in queued]


def get_run(run_id: int) -> Run:
    with unit_of_work() as session:
        return runs.get_run(session, run_id)


def queued_runs(count: int) -> list[int]:
    """So many jobs with a run that waits for each, the last of them the most urgent."""
    with unit_of_work() as session:
        jobs = [
            Job(
                job_name=f"Vendas {number}",
                job_status="Y",
                export_type="Único",
                export_path="",
                export_name=f"vendas{number}",
                check_parameter="N",
                sql_script="select 1",
                priority=number,
            )
            for number in range(count)
        ]
        session.add_all(jobs)
        session.flush()
        return [runs.enqueue_run(session, job.job_id, requested_by="ana").run_id for job in jobs]
