"""The clock of record: the metadata database's, whatever the machines around it think."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

# How far the clock of a machine may be from the database's before people are told.
CLOCK_LIMIT_S = 5.0
# An answer that took longer says too little of the moment at which the clock was read.
MOST_TRIP_S = 2.0


def database_now(session: Session) -> datetime:
    """The present moment, aware UTC; not the start of the transaction."""
    return _read(session)


def _read(session: Session) -> datetime:
    now: datetime | None = session.scalar(select(func.clock_timestamp()))
    assert now is not None
    return now


def clock_ahead_s(session: Session, wall_clock_s: Callable[[], float]) -> float | None:
    """Seconds by which the wall clock of this machine is ahead of the database's; negative: behind.

    None: the answer took too long to tell.
    """
    asked_s = wall_clock_s()
    now = database_now(session)
    answered_s = wall_clock_s()
    if not 0 <= answered_s - asked_s <= MOST_TRIP_S:
        return None
    return (asked_s + answered_s) / 2 - now.timestamp()


def is_apart(ahead_s: float | None) -> bool:
    """Whether the clock of a machine is further from the database's than it may be."""
    return ahead_s is not None and abs(ahead_s) > CLOCK_LIMIT_S
