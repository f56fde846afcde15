"""One table of a transfer at its target: one transaction that readers see whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from auxiliares import AutomacaoError
from connectors.base import ConnectionSpec
from failpoints import failpoint
from transfer.definition import Mode
from transfer.meter import Meter
from transfer.names import TableName, column_list
from transfer.pipe import Copied, Produce, copy_in
from transfer.reading import ColumnUnknown, Reading
from transfer.replacing import (
    add_source_indexes,
    add_target_indexes,
    create_stage,
    create_table,
    left_stages,
    rename,
    stage_of,
    swap,
)
from transfer.structure import Table, read_table, what_hangs_on

log = logging.getLogger(__name__)

Way = Literal["create", "swap", "delete", "truncate", "append"]


class TargetTableMissing(AutomacaoError):
    """The table is not there and the job does not say that it may be created."""

    code = "target_table_missing"
    status = 422


class TablesDiffer(AutomacaoError):
    """The target does not hold what the source sent."""

    code = "tables_differ"
    status = 409
    error_class = "unknown"


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of one table."""

    rows: int = 0
    size_bytes: int = 0
    inserted: int | None = None
    updated: int | None = None
    deleted: int | None = None
    skipped: int | None = None
    checks: dict[str, object] | None = None
    notes: tuple[str, ...] = ()


# Records in the ledger, behind its fence, that this transaction is about to commit; raises when
# the attempt is no longer the current one.
Fence = Callable[[int, Figures], None]


@dataclass
class Writer:
    """Writes one table: `fill` may be called once, or `open_stage` and `close_stage`, then
    `commit`. `attempt`: a word that no other attempt of any run of the job has."""

    connection: Connection
    spec: ConnectionSpec
    target: TableName
    mode: Mode
    create_missing: bool
    job_id: int
    attempt: str = "0"
    notes: list[str] = field(default_factory=list)
    table: Table | None = None
    way: Way = "append"

    def prepare(self, reading: Reading) -> None:
        """Look the target up and choose the way; nothing is written yet, and what an attempt that
        died has left beside the target is gone."""
        self._drop(left_stages(self.connection, self.target, self.job_id))
        self.table = read_table(self.connection, self.target)
        self.way = self._way()
        if self.table is not None:
            self._check_columns(self.table, reading)

    def fill(self, reading: Reading, produce: Produce, meter: Meter) -> Copied:
        """Bring the rows in; nothing of it can be seen yet."""
        into = self._place(reading)
        freeze = self.way in ("create", "swap") or (
            self.way == "truncate" and self.table is not None and self.table.kind == "r"
        )
        options = reading.copy_options(self.table)
        if freeze:
            options = options.replace("(", "(FREEZE, ", 1)
        statement = f"COPY {into.quoted} ({column_list(reading.names)}) FROM STDIN {options}"
        copied = copy_in(self.connection, statement, produce, meter)
        failpoint("mid_table")
        self._finish(reading, into)
        return copied

    @property
    def fills_stage(self) -> bool:
        """Whether the rows go into a new table, which several sessions may then fill."""
        return self.way in ("create", "swap")

    def open_stage(self, reading: Reading) -> TableName:
        """A new table beside the target, empty and there for other sessions. Nobody changes the
        shape of the target meanwhile."""
        stage = stage_of(self.target, self.job_id, self.attempt)
        if self.table is None:
            create_table(self.connection, stage, reading)
        else:
            create_stage(self.connection, self.table, stage)
        self.connection.commit()
        if self.table is not None:
            with self.connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {self.target.quoted} IN ACCESS SHARE MODE")
        return stage

    def close_stage(self, reading: Reading, stage: TableName) -> None:
        """The stage is full: give it its keys and the target's place."""
        failpoint("mid_table")
        if self.table is None:
            rename(self.connection, stage, self.target)
            stage = self.target
        self._finish(reading, stage)

    @contextmanager
    def clearing(self) -> Iterator[None]:
        """When this table fails, nothing of it stays beside the target."""
        try:
            yield
        except (psycopg2.Error, AutomacaoError):
            stage = stage_of(self.target, self.job_id, self.attempt)
            try:
                self.connection.rollback()
                self._drop([stage])
            except psycopg2.Error as exc:  # the next attempt finds it
                log.info("stage_left", extra={"table": stage.text, "problem": str(exc).strip()})
            raise

    def commit(self, figures: Figures, fence: Fence) -> None:
        """Make it visible, once the ledger knows which transaction does so."""
        commit(self.connection, figures, fence)

    def _drop(self, stages: list[TableName]) -> None:
        with self.connection.cursor() as cursor:
            for stage in stages:
                cursor.execute(f"DROP TABLE IF EXISTS {stage.quoted}")
        self.connection.commit()

    def _way(self) -> Way:
        if self.table is None:
            if not self.create_missing:
                raise TargetTableMissing(
                    f"There is no table {self.target.text} at {self.spec.name}; create it, or let "
                    "the job create missing tables (create_missing)."
                )
            return "create"
        if self.mode == "append":
            return "append"
        if self.mode == "truncate":
            return "truncate"
        hanging = what_hangs_on(self.connection, self.table)
        if hanging:
            self.notes.append(f"replaced by delete and insert: {', '.join(hanging)}")
            return "delete"
        return "swap"

    def _place(self, reading: Reading) -> TableName:
        """Where the rows go; made ready."""
        if self.way == "create":
            create_table(self.connection, self.target, reading)
            return self.target
        if self.way == "swap" and self.table is not None:
            stage = stage_of(self.target, self.job_id, self.attempt)
            create_stage(self.connection, self.table, stage)
            return stage
        with self.connection.cursor() as cursor:
            if self.way == "truncate":
                cursor.execute(f"TRUNCATE {self.target.quoted}")
            elif self.way == "delete":
                # Writers wait, readers do not: what they see is the old state until the commit.
                cursor.execute(f"LOCK TABLE {self.target.quoted} IN SHARE ROW EXCLUSIVE MODE")
                cursor.execute(f"DELETE FROM {self.target.quoted}")
        return self.target

    def _finish(self, reading: Reading, into: TableName) -> None:
        if self.way == "create":
            left_out = add_source_indexes(self.connection, into, reading)
            if left_out:
                self.notes.append(f"indexes left out: {', '.join(left_out)}")
        elif self.way == "swap" and self.table is not None:
            names = add_target_indexes(self.connection, self.table, into)
            swap(self.connection, self.table, into, names)

    def _check_columns(self, table: Table, reading: Reading) -> None:
        for name in reading.names:
            column = table.column(name)
            if column is None or column.is_generated or column.is_always:
                why = "takes no values" if column else "is not there"
                raise ColumnUnknown(
                    f"The column {name} {why} in {self.target.text} at {self.spec.name}; rename "
                    "or leave it out in the job, or change the table."
                )


def commit(connection: Connection, figures: Figures, fence: Fence) -> None:
    """Tell the ledger which transaction is about to be committed, then commit it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current()")
        row = cursor.fetchone()
    fence(int(row[0]) if row else 0, figures)
    failpoint("before_target_commit")
    connection.commit()
    failpoint("after_target_commit")


def was_committed(connection: Connection, xid: int) -> bool | None:
    """What became of a transaction; None: too long ago to be known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_status(%s)", (xid,))
        row = cursor.fetchone()
    connection.commit()
    return None if row is None or row[0] is None else row[0] == "committed"
