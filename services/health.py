"""Whether this process can do its work: database, schema, and who else is alive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select
from sqlalchemy.orm import Session

from metadb.migrate import MIGRATIONS
from models import Worker
from services.workers import latest_heartbeats


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """A worker that has not stopped; `age_s` is how long ago its last heartbeat was."""

    name: str
    is_scheduler: bool
    age_s: float | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """`schema_found` differs from `schema_expected` while another version has migrated it."""

    schema_found: str | None
    schema_expected: str | None
    workers: tuple[WorkerHealth, ...]

    @property
    def is_ready(self) -> bool:
        return self.schema_found == self.schema_expected

    @property
    def scheduler_age_s(self) -> float | None:
        """Seconds since the freshest heartbeat of a scheduler; None when there is none."""
        ages = [w.age_s for w in self.workers if w.is_scheduler and w.age_s is not None]
        return min(ages, default=None)


def check_readiness(session: Session) -> Readiness:
    """Ask the database; raises its errors when it does not answer."""
    found = MigrationContext.configure(session.connection()).get_current_revision()
    expected = _expected_schema()
    workers = latest_heartbeats(session) if found == expected else []
    return Readiness(
        found,
        expected,
        tuple(
            WorkerHealth(
                name=worker.name,
                is_scheduler=worker.is_scheduler,
                age_s=(now - worker.heartbeat_at).total_seconds() if worker.heartbeat_at else None,
            )
            for worker, now in workers
        ),
    )


def worker_names(session: Session, worker_ids: Collection[int | None]) -> dict[int, str]:
    """Names of workers, alive or not, by number."""
    wanted = [number for number in worker_ids if number is not None]
    if not wanted:
        return {}
    found = session.execute(
        select(Worker.worker_id, Worker.name).where(Worker.worker_id.in_(wanted))
    )
    return {row.worker_id: row.name for row in found}


@lru_cache(maxsize=1)
def _expected_schema() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
