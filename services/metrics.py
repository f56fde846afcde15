"""What monitoring asks for, read from the ledger at the moment it asks; a few cheap statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.workers import latest_heartbeats

LATENESS_BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
DURATION_BOUNDS_S = (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts[i]`: how many were at most `bounds_s[i]`; `count` are all of them."""

    bounds_s: tuple[float, ...]
    counts: tuple[int, ...]
    count: int
    sum_s: float


@dataclass(frozen=True, slots=True)
class WorkerPulse:
    """A worker that has not stopped, how long ago it was heard, and by how much its machine's clock
    was ahead of the database's then."""

    name: str
    is_scheduler: bool
    concurrency: int
    heartbeat_age_s: float
    clock_ahead_s: float | None


@dataclass(frozen=True, slots=True)
class ConnectionUse:
    """Runs that use a connection now, and how many may; None: any number."""

    name: str
    running: int
    max_runs: int | None


@dataclass(frozen=True, slots=True)
class Measurements:
    """Everything at one moment. `queue_age_s`: how long the longest waiting run that nothing but a
    free worker keeps has waited. `ended`, `lateness` and `durations` are of the last hour,
    `notifications` by state, failed ones of the last day."""

    queue_age_s: float
    open_runs: dict[str, int]
    waiting: dict[str, int]
    ended: dict[str, int]
    lateness: Histogram
    durations: Histogram
    workers: Sequence[WorkerPulse]
    connections: Sequence[ConnectionUse]
    notifications: dict[str, int]


_OPEN = text("""
select state, coalesce(waiting_for, '') as waiting_for, count(*) as runs,
       coalesce(extract(epoch from clock_timestamp() - min(
           greatest(queued_at, coalesce(due_at, queued_at), coalesce(not_before, queued_at))
       )), 0) as age_s
from runs
where state in ('queued', 'running') or state = 'interrupted' and retry_at is not null
group by 1, 2
""")

# Of the runs due within a day, so that the index on the due time finds them.
_ENDED = text("""
select state, count(*) as runs
from runs
where coalesce(due_at, queued_at) > clock_timestamp() - interval '1 day'
  and finished_at > clock_timestamp() - interval '1 hour'
  and state in ('succeeded', 'failed', 'cancelled', 'interrupted') and retry_at is null
group by state
""")

_LATENESS = text("""
select width_bucket(extract(epoch from a.started_at - r.due_at)::float8, cast(:bounds as float8[]))
           as bucket,
       count(*) as runs, sum(extract(epoch from a.started_at - r.due_at)) as seconds
from runs r join run_attempts a on a.run_id = r.run_id and a.attempt = 1
where r.trigger = 'schedule' and r.due_at > clock_timestamp() - interval '1 hour'
  and coalesce(r.due_at, r.queued_at) > clock_timestamp() - interval '1 hour'
group by 1
""")

_DURATIONS = text("""
select width_bucket(extract(epoch from finished_at - started_at)::float8,
                    cast(:bounds as float8[])) as bucket,
       count(*) as runs, sum(extract(epoch from finished_at - started_at)) as seconds
from runs
where coalesce(due_at, queued_at) > clock_timestamp() - interval '1 day'
  and finished_at > clock_timestamp() - interval '1 hour' and started_at is not null
  and state in ('succeeded', 'failed')
group by 1
""")

_CONNECTIONS = text("""
select c.name, c.max_runs, count(r.run_id) as running
from connections c
left join jobs_he j on j.connection_id = c.connection_id
left join runs r on r.job_id = j.job_id and r.state = 'running'
group by c.connection_id order by c.name
""")


_NOTIFICATIONS = text("""
select state, count(*) as notifications from notifications
where state in ('waiting', 'sending')
   or state = 'failed' and finished_at > clock_timestamp() - interval '1 day'
group by state
""")


def measure(session: Session) -> Measurements:
    """Read everything in the caller's transaction."""
    open_rows = session.execute(_OPEN).all()
    states: dict[str, int] = {}
    for row in open_rows:
        states[row.state] = states.get(row.state, 0) + row.runs
    queued = [row for row in open_rows if row.state == "queued"]
    return Measurements(
        queue_age_s=max([0.0, *(float(row.age_s) for row in queued if not row.waiting_for)]),
        open_runs=states,
        waiting={row.waiting_for: row.runs for row in queued if row.waiting_for},
        ended={row.state: row.runs for row in session.execute(_ENDED)},
        lateness=_histogram(session, LATENESS_BOUNDS_S, is_lateness=True),
        durations=_histogram(session, DURATION_BOUNDS_S, is_lateness=False),
        workers=[
            WorkerPulse(
                worker.name,
                worker.is_scheduler,
                worker.concurrency,
                (now - (worker.heartbeat_at or worker.started_at)).total_seconds(),
                worker.clock_ahead_s,
            )
            for worker, now in latest_heartbeats(session)
        ],
        connections=[
            ConnectionUse(row.name, row.running, row.max_runs)
            for row in session.execute(_CONNECTIONS)
        ],
        notifications={row.state: row.notifications for row in session.execute(_NOTIFICATIONS)},
    )


def _histogram(session: Session, bounds_s: tuple[float, ...], *, is_lateness: bool) -> Histogram:
    statement = _LATENESS if is_lateness else _DURATIONS
    found = session.execute(statement, {"bounds": list(bounds_s)}).all()
    runs = {row.bucket: row.runs for row in found}
    below = [sum(runs.get(b, 0) for b in range(place + 1)) for place in range(len(bounds_s))]
    return Histogram(
        bounds_s,
        tuple(below),
        sum(runs.values()),
        sum(float(row.seconds) for row in found),
    )
