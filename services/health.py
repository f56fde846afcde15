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
from services.clock import CLOCK_LIMIT_S, is_apart
from services.workers import latest_heartbeats


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """A worker that has not stopped; `age_s` is how long ago its last heartbeat was.

    `clock_ahead_s`: by how much its machine's clock was ahead of the database's then.
    """

    name: str
    is_scheduler: bool
    age_s: float | None
    clock_ahead_s: float | None

    @property
    def clock_warning(self) -> str | None:
        """What is wrong with its clock, and what to do; None: nothing."""
        if self.clock_ahead_s is None or not is_apart(self.clock_ahead_s):
            return None
        way = "ahead of" if self.clock_ahead_s > 0 else "behind"
        return (
            f"The clock of worker {self.name} is {abs(self.clock_ahead_s):.1f} s {way} the "
            f"metadata database's; more than {CLOCK_LIMIT_S:g} s are too many. Runs start on time, "
            "by the database's clock; but times in the log are wrong, and servers may refuse its "
            "certificates and signatures. Let both machines set their clocks by the network "
            "(Linux: timedatectl set-ntp true; Windows: w32tm /resync)."
        )


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
                clock_ahead_s=worker.clock_ahead_s,
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
