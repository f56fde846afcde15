"""What happened and somebody may have to be told: written in the transaction in which it happens.

Nothing is written while there is no rule, and no row that others may hold is locked: the end of a
run never waits for who is told of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from vocabulary import EventKind, Reason

# Left out on purpose are those that somebody paused.
TOLD_REASONS = frozenset({Reason.OVERLAP, Reason.MISSED})

_RUN_ENDED = text("""
insert into notification_events (kind, run_id, job_id)
select 'run_ended', run_id, job_id from runs
where run_id = :run_id and backfill_id is null and retry_at is null
  and state in ('succeeded', 'failed', 'interrupted')
  and exists (select 1 from notification_rules)
on conflict (kind, run_id) where kind in ('run_ended','late') do nothing
""")

_LATE = text("""
insert into notification_events (kind, run_id, job_id)
select 'late', run_id, job_id from runs r
where state = 'queued' and trigger = 'schedule' and started_at is null
  and due_at < clock_timestamp() - make_interval(secs => :late_s)
  and (waiting_for is null or waiting_for in ('connection_limit', 'overlap', 'spread'))
  and exists (select 1 from notification_rules)
  and not exists (select 1 from notification_events e
                  where e.kind = 'late' and e.run_id = r.run_id)
order by run_id limit 500
on conflict (kind, run_id) where kind in ('run_ended','late') do nothing
""")

_OTHER = text("""
insert into notification_events (kind, run_id, delivery_id, job_id, detail)
select :kind, :run_id, :delivery_id, :job_id, cast(:detail as jsonb)
where exists (select 1 from notification_rules)
""")


def run_ended(session: Session, run_id: int) -> None:
    """The run has ended for good; those of a backfill and those that were cancelled tell nobody."""
    session.execute(_RUN_ENDED, {"run_id": run_id})


def record_late(session: Session, *, late_after: timedelta) -> None:
    """Of scheduled runs, those that should have started so long ago and wait for a free worker."""
    session.execute(_LATE, {"late_s": late_after.total_seconds()})


def not_run(
    session: Session, job_id: int, reason: Reason, *, first: datetime, last: datetime, count: int
) -> None:
    """So many occurrences of a job were left out, all for this reason."""
    if reason not in TOLD_REASONS:
        return
    detail = (
        f'{{"reason": "{reason}", "count": {count}, '
        f'"first_due_at": "{first.isoformat()}", "last_due_at": "{last.isoformat()}"}}'
    )
    _write(session, EventKind.NOT_RUN, job_id=job_id, detail=detail)


def delivery_failed(session: Session, delivery_id: int, run_id: int | None) -> None:
    """A delivery was given up."""
    _write(session, EventKind.DELIVERY_FAILED, delivery_id=delivery_id, run_id=run_id)


def _write(session: Session, kind: EventKind, **values: object) -> None:
    row: dict[str, object] = {
        "kind": kind,
        "run_id": None,
        "delivery_id": None,
        "job_id": None,
        "detail": None,
    }
    session.execute(_OTHER, row | values)
