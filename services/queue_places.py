"""The entries a worker holds: taken for all its free places at once, deleted with the next look.

The library takes and ends entries one by one, two statements each; here one statement does both
for as many as there are. A place whose run has ended takes its next entry by itself, with the claim
of its run. Only `queue.worker_app` uses it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

# The library's own function, called until it finds nothing or every place is taken. What has ended
# is deleted by hand: it may be gone already, and the library's function takes that for a fault.
_EXCHANGE = """
with recursive ended as (
    delete from procrastinate_jobs where id = any(%(ended)s::bigint[]) and worker_id = %(worker_id)s
),
taken (number, job) as (
    select 1, procrastinate_fetch_job_v2(%(queues)s::varchar[], %(worker_id)s)
    union all
    select number + 1, procrastinate_fetch_job_v2(%(queues)s::varchar[], %(worker_id)s)
    from taken
    where number < %(places)s and (job).id is not null
)
select (job).* from taken where (job).id is not null
"""

_LEAVE = """
with ended as (
    delete from procrastinate_jobs where id = any(%(ended)s::bigint[]) and worker_id = %(worker_id)s
)
update procrastinate_jobs set status = 'todo', worker_id = null
where id = any(%(taken)s::bigint[]) and status = 'doing' and worker_id = %(worker_id)s
"""


@dataclass
class Place:
    """Where one run is executed at a time. It holds the entry of its run, and takes further ones
    by itself as long as there are any."""

    queue_worker_id: int
    entry_id: int


class PlacesManager(JobManager):
    """Takes over how a worker fetches and ends entries; everything else is the library's.

    An entry whose end was not written down yet is no harm: a worker that is killed leaves it to the
    sweep, as its run has ended.
    """

    def __init__(self, connector: BaseConnector, places: int) -> None:
        super().__init__(connector)
        self._places = places
        self._running = 0
        self._taken: deque[Job] = deque()
        self._ended: deque[int] = deque()
        self._held: dict[int, Place] = {}
        self._worker_id: int | None = None

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """The next entry, which the caller has a place for; None: there is none."""
        if not self._taken:
            await self._exchange(queues, worker_id)
        if not self._taken:
            return None
        self._running += 1
        return self._taken.popleft()

    async def finish_job(
        self,
        job: Job,
        status: Status,  # noqa: ARG002 - the library's signature
        delete_job: bool,  # noqa: ARG002 - the library's signature
    ) -> None:
        """Remember that the last entry its place took has ended: the place is free at once."""
        assert job.id is not None
        self._running -= 1
        place = self._held.pop(job.id, None)
        self._ended.append(job.id if place is None else place.entry_id)

    def place_of(self, job: Job) -> Place:
        """The place of an entry that `fetch_job` gave; called by the thread that executes it."""
        assert job.id is not None
        assert self._worker_id is not None
        place = self._held[job.id] = Place(self._worker_id, job.id)
        return place

    async def leave(self) -> None:
        """Delete what has ended, give back what was taken and not begun. Raises
        ConnectorException."""
        if self._ended or self._taken:
            await self.connector.execute_query_async(
                _LEAVE,
                ended=list(self._ended),
                taken=[job.id for job in self._taken],
                worker_id=self._worker_id,
            )
            self._ended, self._taken = deque(), deque()

    async def _exchange(self, queues: Iterable[str] | None, worker_id: int) -> None:
        self._worker_id = worker_id
        ended, self._ended = list(self._ended), deque()
        try:
            rows = await self.connector.execute_query_all_async(
                _EXCHANGE,
                ended=ended,
                queues=queues,
                worker_id=worker_id,
                places=max(1, self._places - self._running),
            )
        except BaseException:
            self._ended.extend(ended)
            raise
        self._taken.extend(Job.from_row(row) for row in rows)
