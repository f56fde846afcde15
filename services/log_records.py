"""Log records as people read them: filtered, in pages, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from models import LogRecord

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What to list; None or empty means no restriction.

    `of_jobs_only` leaves out what belongs to no job: users, connections, the system.
    """

    levels: tuple[str, ...] = ()
    job_id: int | None = None
    run_id: int | None = None
    user_name: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    of_jobs_only: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool] | None] = [
            LogRecord.log_level.in_(self.levels) if self.levels else None,
            LogRecord.job_id == self.job_id if self.job_id is not None else None,
            LogRecord.run_id == self.run_id if self.run_id is not None else None,
            LogRecord.user_name == self.user_name if self.user_name else None,
            self._text_condition(self.text) if self.text else None,
            LogRecord.timestamp >= self.since if self.since else None,
            LogRecord.timestamp < self.until if self.until else None,
            LogRecord.job_id.is_not(None) if self.of_jobs_only else None,
        ]
        return [condition for condition in found if condition is not None]

    @staticmethod
    def _text_condition(text: str) -> ColumnElement[bool]:
        return or_(
            LogRecord.log_text.icontains(text, autoescape=True),
            LogRecord.logger_name.icontains(text, autoescape=True),
        )


def list_records(
    session: Session, chosen: LogFilter, *, page: int, size: int
) -> tuple[Sequence[LogRecord], int]:
    """One page of records and how many there are in all."""
    conditions = chosen.conditions()
    total = session.scalar(select(func.count()).select_from(LogRecord).where(*conditions)) or 0
    records = session.scalars(
        select(LogRecord)
        .where(*conditions)
        .order_by(LogRecord.log_id.desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return records, total
