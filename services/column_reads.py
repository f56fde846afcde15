"""Which columns of datasets are read and by whom, and whom a change of the columns concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import Dataset, DatasetColumnRead, DatasetVersion
from services.column_changes import ColumnChange, column_changes
from services.dataset_readers import ReadBy

ALL: Final = ""
EVERY_COLUMN: Final = frozenset({ALL})
NO_COLUMNS: Final[frozenset[str]] = frozenset()
MOST_ROWS: Final = 5000
NAMED_IN_SENTENCE: Final = 5
# What a query of ours may hold of parameters bounds the rows of one statement.
ROWS_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class ColumnReader:
    """Somebody who reads a column with one tool; `reads_all`: never but whole rows."""

    kind: str
    reader: str
    tool: str
    last_read_at: datetime
    reads_all: bool


@dataclass(frozen=True, slots=True)
class Concern:
    """A column that is not what it was, and who reads it, the last one first."""

    change: ColumnChange
    readers: Sequence[ColumnReader]


def add_column_reads(session: Session, reads: Mapping[ReadBy, Iterable[str]]) -> None:
    """Note which columns were read just now; in one order, so that two processes never jam."""
    found = sorted(
        (by.dataset_key, by.kind, by.reader, by.tool, column)
        for by, columns in reads.items()
        for column in columns
    )
    names = ("dataset_key", "kind", "reader", "tool", "column_name")
    for begin in range(0, len(found), ROWS_AT_ONCE):
        rows = [dict(zip(names, row, strict=True)) for row in found[begin : begin + ROWS_AT_ONCE]]
        session.execute(
            insert(DatasetColumnRead)
            .values(rows)
            .on_conflict_do_update(
                constraint="pk_dataset_column_reads",
                set_={"last_read_at": func.clock_timestamp()},
            )
        )


def concerns_of_job(
    session: Session, job_id: int, columns: Sequence[Mapping[str, Any]], *, within_days: int
) -> list[Concern]:
    """What would change for readers if the job published these columns in each of its datasets;
    nothing without a published version."""
    published = session.execute(
        select(Dataset.dataset_id, DatasetVersion.columns)
        .join(DatasetVersion, DatasetVersion.version_id == Dataset.current_version_id)
        .where(Dataset.job_id == job_id)
        .order_by(Dataset.dataset_id)
    )
    found: dict[ColumnChange, list[ColumnReader]] = {}
    for dataset_id, old in published:
        changes = column_changes(columns, old)
        for concern in concerns(session, dataset_id, changes, within_days=within_days):
            known = found.setdefault(concern.change, [])
            known += [reader for reader in concern.readers if reader not in known]
    return [Concern(change, readers) for change, readers in found.items()]


def concerns(
    session: Session, dataset_id: int, changes: Sequence[ColumnChange], *, within_days: int
) -> list[Concern]:
    """Each change with those who have read its column within so many days."""
    if not changes:
        return []
    names = [change.column for change in changes]
    rows = session.scalars(
        select(DatasetColumnRead)
        .join(Dataset, Dataset.name_key == DatasetColumnRead.dataset_key)
        .where(
            Dataset.dataset_id == dataset_id,
            DatasetColumnRead.column_name.in_([ALL, *names]),
            DatasetColumnRead.last_read_at > func.clock_timestamp() - timedelta(days=within_days),
        )
        .order_by(DatasetColumnRead.last_read_at.desc())
        .limit(MOST_ROWS)
    ).all()
    return [Concern(change, _readers(rows, change.column)) for change in changes]


def _readers(rows: Iterable[DatasetColumnRead], column: str) -> list[ColumnReader]:
    """Of rows with the last read first: whoever reads this column, or whole rows."""
    found: dict[tuple[str, str, str], ColumnReader] = {}
    for row in rows:
        if row.column_name not in (ALL, column):
            continue
        who = (row.kind, row.reader, row.tool)
        before = found.get(who)
        reads_all = row.column_name == ALL and (before is None or before.reads_all)
        last_read_at = before.last_read_at if before else row.last_read_at
        found[who] = ColumnReader(*who, last_read_at, reads_all)
    return list(found.values())


def readers_sentence(found: Sequence[Concern]) -> str:
    """Who reads what changes, for people who read a run's message; empty when nobody does."""
    texts = dict.fromkeys(
        f"{reader.reader} ({reader.tool}, last on {reader.last_read_at:%Y-%m-%d})"
        for concern in found
        for reader in concern.readers
    )
    if not texts:
        return ""
    named = list(texts)[:NAMED_IN_SENTENCE]
    more = len(texts) - len(named)
    return f"read by {', '.join(named)}{f' and {more} more' if more else ''}"
