"""When a queued run may start: its time, maintenance, quiet hours, overlap, a free slot.

A queued run without a queue entry waits, and `waiting_for` says for what. `offer` gives an entry
to whatever may start; a worker that takes an entry asks `hindrance_of` again in the transaction of
its claim, so what is offered too much is put back and no limit is ever exceeded.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from metadb.engine import notify
from metadb.prepared import Prepared
from services import queue
from services.ledger import RUNS_CHANNEL, AttemptKey
from vocabulary import WaitingFor

OFFERED_AT_ONCE = 500
# First key of the advisory lock that claims on one connection take; the second is its number.
SLOTS_LOCK = 7_160_401

# Whether the wall clock `w` lies in the quiet hours of connection `c`; they may span midnight.
_QUIET = """
case when c.quiet_start <= c.quiet_end then w >= c.quiet_start and w < c.quiet_end
     else w >= c.quiet_start or w < c.quiet_end end
"""

# When quiet hours that last now end: today, or tomorrow when they span midnight.
_QUIET_UNTIL = """
(cast(cast(clock_timestamp() at time zone cast(:zone as text) as date)
      + case when c.quiet_end <= w then 1 else 0 end as timestamp) + c.quiet_end)
at time zone cast(:zone as text)
"""

# The time of a run has come. The end of quiet hours is only told: they may be changed meanwhile.
_IS_TIME = """
(not_before is null or not_before <= clock_timestamp() or waiting_for = 'quiet_hours')
"""

# Waiting runs whose time has come and what hinders each; those already marked so are left out.
# Of a backfill the first that has not ended may start, also while it waits to be tried again.
# A slot is taken by each running run, then by those offered or waiting in the order of their rank.
_DECIDE = text(f"""
with batches as (
    select backfill_id, min(run_id) as first_open from runs
    where state in ('queued', 'running', 'interrupted') and backfill_id is not null
      and (state <> 'interrupted' or retry_at is not null)
    group by backfill_id
),
waiting as (
    select r.run_id, r.job_id, r.priority, coalesce(r.due_at, r.queued_at) as due, r.waiting_for,
           r.not_before,
           r.is_exclusive and r.job_id is not null as is_exclusive, c.connection_id, c.max_runs,
           case
               when exists (select from maintenance where paused_at is not null)
                   then 'maintenance'
               when cast(:zone as text) is null and r.waiting_for = 'quiet_hours' then 'quiet_hours'
               when {_QUIET} then 'quiet_hours'
               when r.run_id > b.first_open then 'backfill'
               when r.is_exclusive and exists (
                   select from runs o
                   where o.job_id = r.job_id and o.is_exclusive
                     and (o.state = 'running'
                          or o.state = 'queued' and o.queue_entry_id is not null)
               ) then 'overlap'
           end as hindrance,
           case when {_QUIET} then {_QUIET_UNTIL} end as quiet_until
    from runs r
    left join batches b on b.backfill_id = r.backfill_id
    cross join cast(clock_timestamp() at time zone cast(:zone as text) as time) as w
    left join jobs_he j on j.job_id = r.job_id
    left join connections c on c.connection_id = j.connection_id
    where r.state = 'queued' and r.queue_entry_id is null and {_IS_TIME}
),
first_of_job as (
    select w.*, case
        when w.hindrance is not null then w.hindrance
        when w.is_exclusive and row_number() over (
            partition by w.job_id, w.is_exclusive, w.hindrance is null
            order by w.priority desc, w.due, w.run_id) > 1 then 'overlap'
        end as hindered_by
    from waiting w
),
ranked as (
    select run_id, row_number() over (
        partition by connection_id order by priority desc, due, run_id) as place
    from (
        select run_id, connection_id, priority, due from first_of_job
        where hindered_by is null and max_runs is not null
        union all
        select r.run_id, c.connection_id, r.priority, coalesce(r.due_at, r.queued_at)
        from runs r
        join jobs_he j on j.job_id = r.job_id
        join connections c on c.connection_id = j.connection_id and c.max_runs is not null
        where r.state = 'queued' and r.queue_entry_id is not null
    ) as competing
),
running as (
    select j.connection_id, count(*) as runs
    from runs r join jobs_he j on j.job_id = r.job_id
    where r.state = 'running' group by j.connection_id
),
decided as (
    select f.run_id, f.priority, f.due, f.waiting_for, f.not_before, f.quiet_until,
           coalesce(f.hindered_by, case
        when k.place + coalesce(n.runs, 0) > f.max_runs then 'connection_limit' end) as hindrance
    from first_of_job f
    left join ranked k on k.run_id = f.run_id
    left join running n on n.connection_id = f.connection_id
)
select run_id, hindrance, quiet_until from decided
where hindrance is null or hindrance is distinct from waiting_for
   or hindrance = 'quiet_hours' and quiet_until <> coalesce(not_before, '-infinity')
order by priority desc, due, run_id
""")

_ANY_WAITING = text(
    "select exists (select from runs where state = 'queued' and queue_entry_id is null"
    f" and {_IS_TIME})"
)

_MARK = text("""
update runs set waiting_for = :hindrance,
    not_before = case when :hindrance = 'quiet_hours' then cast(:quiet_until as timestamptz)
                      when waiting_for = 'quiet_hours' then null else not_before end
where run_id = any(:run_ids) and state = 'queued' and queue_entry_id is null
""")

# The run, if it can still be claimed, and what is known of its hindrances without any lock.
LOOK = f"""
select c.connection_id, c.max_runs, r.priority, coalesce(r.due_at, r.queued_at) as due, r.job_id,
       case
           when r.not_before > clock_timestamp() then coalesce(r.waiting_for, 'spread')
           when exists (select from maintenance where paused_at is not null) then 'maintenance'
           when {_QUIET} then 'quiet_hours'
       end as hindrance,
       r.is_exclusive and exists (
           select from runs o
           where o.job_id = r.job_id and o.is_exclusive and o.state = 'running') as overlaps
from runs r
cross join cast(clock_timestamp() at time zone cast(:zone as text) as time) as w
left join jobs_he j on j.job_id = r.job_id
left join connections c on c.connection_id = j.connection_id
where r.run_id = :run_id and r.attempt = :attempt and r.state = 'queued'
"""
LOOK_TYPES = {"run_id": "bigint", "attempt": "integer", "zone": "text"}
_LOOK = Prepared("look_at_attempt", LOOK, LOOK_TYPES)

_LOCK_SLOTS = text("select pg_advisory_xact_lock(:lock, :connection_id)")

# Running runs of the connection, locked so that none ends unseen before the caller has committed,
# and the runs offered to workers that stand before this one.
_TAKEN = text("""
select (
    select count(*) from (
        select from runs o join jobs_he k on k.job_id = o.job_id
        where o.state = 'running' and k.connection_id = :connection_id
        order by o.run_id for share of o
    ) as running
) + (
    select count(*)
    from runs o join jobs_he k on k.job_id = o.job_id
    where o.state = 'queued' and o.queue_entry_id is not null and k.connection_id = :connection_id
      and (-o.priority, coalesce(o.due_at, o.queued_at), o.run_id) < (-:priority, :due, :run_id)
)
""")

_OVERLAPPED = text("""
select count(*) from (
    select from runs o
    where o.job_id = :job_id and o.is_exclusive and o.state = 'running'
    order by o.run_id for share of o
) as running
""")

_PARK = text("""
update runs set queue_entry_id = null, waiting_for = :hindrance
where run_id = :run_id and attempt = :attempt and state = 'queued'
""")


def offer(
    session: Session, *, zone: str | None = None, only: Collection[int] | None = None
) -> list[int]:
    """Give a queue entry to every waiting run that may start now, the first in rank first.

    Marks the others with what they wait for. `zone` is that of quiet hours; without it a run that
    waits for their end goes on waiting. `only`: these runs, and no others, are offered. Returns
    the numbers of the runs offered.
    """
    if not session.scalar(_ANY_WAITING):
        return []
    found = session.execute(_DECIDE, {"zone": zone}).all()
    chosen = [row for row in found if only is None or row.run_id in only]
    marked: dict[tuple[str, datetime | None], list[int]] = {}
    for row in chosen:
        if row.hindrance is not None:
            marked.setdefault((row.hindrance, row.quiet_until), []).append(row.run_id)
    for (hindrance, quiet_until), run_ids in marked.items():
        values = {"hindrance": hindrance, "quiet_until": quiet_until, "run_ids": run_ids}
        session.execute(_MARK, values)
        notify(session, RUNS_CHANNEL, str(run_ids[0]))
    free = [row.run_id for row in chosen if row.hindrance is None]
    return queue.defer_runs(session, free[:OFFERED_AT_ONCE]) if free else []


def hindrance_of(session: Session, key: AttemptKey, *, zone: str) -> WaitingFor | None:
    """Why this queued attempt may not start now; None: it may, or is not there any more.

    Takes the locks that make the answer hold until the caller commits its claim, and that let
    the end of what hinders it see the run that waits.
    """
    values = {"run_id": key.run_id, "attempt": key.attempt, "zone": zone}
    run = _LOOK.execute(session, values).one_or_none()
    return None if run is None else hindrance_in(session, key, run)


def hindrance_in(session: Session, key: AttemptKey, run: Row[Any]) -> WaitingFor | None:
    """The same of a run that `LOOK` has found."""
    if run.hindrance is not None:
        return WaitingFor(run.hindrance)
    if run.overlaps and session.scalar(_OVERLAPPED, {"job_id": run.job_id}):
        return WaitingFor.OVERLAP
    if run.max_runs is None:
        return None
    session.execute(_LOCK_SLOTS, {"lock": SLOTS_LOCK, "connection_id": run.connection_id})
    taken = session.scalar(
        _TAKEN,
        {
            "connection_id": run.connection_id,
            "priority": run.priority,
            "due": run.due,
            "run_id": key.run_id,
        },
    )
    return WaitingFor.CONNECTION_LIMIT if (taken or 0) >= run.max_runs else None


def park(session: Session, key: AttemptKey, hindrance: WaitingFor) -> None:
    """Take the attempt's entry from it: it waits until `offer` gives it another."""
    session.execute(
        _PARK, {"run_id": key.run_id, "attempt": key.attempt, "hindrance": hindrance.value}
    )
    notify(session, RUNS_CHANNEL, str(key.run_id))
