"""What a job that moves tables would do now: counted by reading, nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from auxiliares import AutomacaoError
from connectors.limits import Limits
from services.movements import Movement
from transfer.definition import Sync, SyncTable, Transfer, TransferTable
from transfer.meter import Meter
from transfer.names import parse_table
from transfer.sessions import Sessions
from transfer.source import Source, wanted_tables
from transfer.stager import Stager, existing_target
from transfer.staging import Stage
from transfer.structure import read_table

LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What would become of one table; None where it is not known. `error`: why it would fail."""

    source: str
    target: str
    rows: int | None = None
    inserted: int | None = None
    updated: int | None = None
    deleted: int | None = None
    error: str | None = None


def dry_run(job: Movement, *, limit_s: float = LIMIT_S) -> list[Expected]:
    """Every table of the job in order. Look-ups are not asked. Raises a SourceError."""
    sessions = Sessions(f"{job.mark} dry run", Limits(limit_s), job.time_zone)
    with sessions.watched(), Source.opened(sessions, job.source, job.salt) as source:
        if isinstance(job.definition, Sync):
            return [_sync(job, source, table) for table in job.definition.tables]
        return list(_transfer(job, job.definition, source))


def _transfer(job: Movement, definition: Transfer, source: Source) -> Iterator[Expected]:
    for table in wanted_tables(source.sessions, job.source, definition):
        try:
            yield _copied(job, source, table)
        except AutomacaoError as exc:
            source.sessions.limits.check(table.target)
            yield Expected(table.source_text, table.target, error=exc.message)


def _copied(job: Movement, source: Source, table: TransferTable) -> Expected:
    with source.reading(table) as found:
        rows = found.count()
    with source.sessions.opened(job.target, read_only=True) as connection:
        target = read_table(connection, parse_table(table.target))
        before = _count(connection, target.name.quoted) if target else 0
    deleted = 0 if table.mode == "append" else before
    return Expected(
        table.source_text, table.target, rows=rows, inserted=rows, updated=0, deleted=deleted
    )


def _sync(job: Movement, source: Source, table: SyncTable) -> Expected:
    try:
        with (
            source.reading(table) as found,
            source.sessions.opened(job.target, read_only=False) as connection,
        ):
            # A temporary table is all that is written, and it is gone with the session.
            target = existing_target(connection, job.target, table)
            stage = Stage(connection, table, target, found.reading)
            copied = Stager(found, stage).stage_rows(Meter())
            stage.check_keys()
            counts = stage.count()
            connection.rollback()
    except AutomacaoError as exc:
        source.sessions.limits.check(table.target)
        return Expected(table.source_text, table.target, error=exc.message)
    return Expected(
        table.source_text,
        table.target,
        rows=copied.rows,
        inserted=counts.inserted,
        updated=counts.updated,
        deleted=counts.deleted,
    )


def _count(connection: Connection, relation: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {relation}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
