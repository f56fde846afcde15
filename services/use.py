"""Whether datasets and keys are used: nobody is told of what cannot be known yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import DatasetReader, Recording
from services.clock import database_now

READS: Final = "reads"


@dataclass(frozen=True, slots=True)
class Use:
    """When something was used last, None: never as far as is known, and since when that is
    known. `unused` None: it is too young to say, or has been watched for too short a time."""

    last_at: datetime | None
    known_since: datetime
    unused: bool | None


def use_of(last_at: datetime | None, known_since: datetime, now: datetime, days: int) -> Use:
    """Unused is what nobody used in the last `days`, all of which somebody would have noticed."""
    limit = now - timedelta(days=days)
    if last_at is not None and last_at > limit:
        return Use(last_at, known_since, unused=False)
    return Use(last_at, known_since, unused=None if known_since > limit else True)


@dataclass(frozen=True, slots=True)
class DatasetUses:
    """When each dataset was read last, by its case-folded name."""

    last: Mapping[str, datetime]
    recorded_since: datetime
    now: datetime
    days: int

    def of(self, name: str, there_since: datetime) -> Use:
        """The use of a dataset that has been there since then."""
        known_since = max(there_since, self.recorded_since)
        return use_of(self.last.get(name.casefold()), known_since, self.now, self.days)


def dataset_uses(session: Session, *, days: int) -> DatasetUses:
    """What is known of the reading of all datasets; unused are those of `days` without any."""
    newest = func.max(DatasetReader.last_read_at).label("newest")
    rows = session.execute(
        select(DatasetReader.dataset_key, newest).group_by(DatasetReader.dataset_key)
    )
    last = {row.dataset_key: row.newest for row in rows}
    since = session.scalars(select(Recording.since).where(Recording.subject == READS)).one()
    return DatasetUses(last, since, database_now(session), days)
