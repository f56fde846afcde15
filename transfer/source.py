"""Where a run that moves tables reads from: one snapshot for all of its sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from connectors.base import ConnectionSpec
from connectors.registry import connector_for
from transfer.definition import MovementInvalid, TableSource, Transfer, TransferTable
from transfer.names import TableName, matches, parse_table
from transfer.pipe import Produce
from transfer.reading import (
    Reading,
    count_other,
    first_other,
    produce_other,
    produce_postgres,
    read_other,
    read_postgres,
)
from transfer.sessions import Sessions
from transfer.structure import Table, list_tables


@dataclass(frozen=True)
class Source:
    """`snapshot`: what every session of PostgreSQL sees; None for other databases."""

    sessions: Sessions
    spec: ConnectionSpec
    salt: str
    snapshot: str | None

    @classmethod
    @contextmanager
    def opened(cls, sessions: Sessions, spec: ConnectionSpec, salt: str) -> Iterator[Source]:
        """The snapshot is kept until the end."""
        if spec.kind != "postgres":
            yield cls(sessions, spec, salt, None)
            return
        with sessions.opened(spec, read_only=True) as keeper:
            keeper.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with keeper.cursor() as cursor:
                cursor.execute("SELECT pg_export_snapshot()")
                row = cursor.fetchone()
            yield cls(sessions, spec, salt, str(row[0]) if row else None)

    @contextmanager
    def reading(self, wanted: TableSource) -> Iterator[SourceTable]:
        """One table of the source, looked up; its session lives as long as this context."""
        if self.snapshot is None:
            yield SourceTable(self, read_other(self.spec, wanted, salt=self.salt), None)
            return
        with self.session() as connection:
            reading = read_postgres(connection, self.spec, wanted, salt=self.salt)
            yield SourceTable(self, reading, connection)

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """One more session of PostgreSQL that sees the snapshot."""
        with self.sessions.opened(self.spec, read_only=True) as connection:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", (self.snapshot,))
            yield connection


@dataclass(frozen=True)
class SourceTable:
    """A table or query of the source, and the session that reads it where there is one."""

    source: Source
    reading: Reading
    connection: Connection | None

    @contextmanager
    def again(self) -> Iterator[SourceTable]:
        """The same, by another session of PostgreSQL."""
        with self.source.session() as connection:
            yield replace(self, connection=connection)

    def count(self) -> int:
        """How many rows there are, counted by the source."""
        statement = f"SELECT COUNT(*) FROM {self.reading.relation}"
        if self.connection is None:
            return count_other(self.source.sessions, self.source.spec, statement)
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def estimate(self, reading: Reading) -> int | None:
        """How many rows its statistics let expect; None where the source is not asked."""
        if self.connection is None:
            return None
        with self.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {reading.select()}")
            row = cursor.fetchone()
        return int(row[0][0]["Plan"]["Plan Rows"]) if row else None

    def first(self) -> tuple[str | None, ...]:
        """The first row, each value as text; as many NULLs where there is none."""
        nothing = (None,) * len(self.reading.columns)
        if self.connection is None:
            return first_other(self.source.sessions, self.source.spec, self.reading) or nothing
        columns = ", ".join(f"({c.expression})::text" for c in self.reading.columns)
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM {self.reading.relation} LIMIT 1")
            row = cursor.fetchone()
        return tuple(row) if row else nothing

    def rows(self, reading: Reading, target: Table | None) -> Produce:
        """Rows of this source in the form of `reading.copy_options(target)`."""
        sessions, spec = self.source.sessions, self.source.spec
        if self.connection is None:
            return produce_other(sessions, spec, reading)
        return produce_postgres(sessions, spec, self.connection, reading, target)


def wanted_tables(sessions: Sessions, spec: ConnectionSpec, job: Transfer) -> list[TransferTable]:
    """The tables the job names, then those its patterns find. Raises MovementInvalid."""
    named = [table.model_copy(update={"mode": table.mode or job.mode}) for table in job.tables]
    if not job.include:
        return named
    taken = {parse_table(table.source) for table in named if table.source}
    for name in sorted(_source_names(sessions, spec)):
        if name in taken or not matches(name, job.include) or matches(name, job.exclude):
            continue
        target = TableName(job.target_schema or name.schema, name.name)
        if spec.kind != "postgres":
            target = TableName(target.schema.lower(), name.name.lower())
        named.append(TransferTable(source=name.text, target=target.text, mode=job.mode))
    if not named:
        raise MovementInvalid(
            f"No table of {spec.name} matches {', '.join(job.include)}; correct the patterns."
        )
    return named


def _source_names(sessions: Sessions, spec: ConnectionSpec) -> list[TableName]:
    if spec.kind == "postgres":
        with sessions.opened(spec, read_only=True) as connection:
            return list_tables(connection)
    found = connector_for(spec.kind).catalogue(spec)
    return [TableName(t.schema, t.name) for t in found.tables if t.kind == "table"]
