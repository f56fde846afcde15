"""The clock of record: the metadata database's, whatever the machines around it think."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def database_now(session: Session) -> datetime:
    """The present moment, aware UTC; not the start of the transaction."""
    return _read(session)


def _read(session: Session) -> datetime:
    now: datetime | None = session.scalar(select(func.clock_timestamp()))
    assert now is not None
    return now
