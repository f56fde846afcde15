"""Fills the stage of a synchronised table from its source, whole or from a cursor on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from connectors.base import ConnectionSpec
from transfer.definition import SyncTable
from transfer.meter import Meter
from transfer.names import TableName, literal, parse_table, quoted
from transfer.pipe import Copied, copy_in
from transfer.reading import Reading
from transfer.source import SourceTable
from transfer.staging import Stage
from transfer.structure import Table, foreign_keys, read_table
from transfer.writing import TargetTableMissing

NUMBERS = ("integer", "bigint", "smallint", "numeric", "double precision", "real")


@dataclass(frozen=True)
class Stager:
    """`source` is the table the stage is filled from."""

    source: SourceTable
    stage: Stage

    def stage_rows(self, meter: Meter) -> Copied:
        """The rows, only the newer ones where there is a cursor, and then every key as well."""
        stage, wanted = self.stage, self.stage.wanted
        reading = stage.reading
        since = self._since()
        if since is not None:
            reading = narrowed(reading, since)
            stage.has_all_rows = False
        meter.rows_expected = self.source.estimate(reading)
        copied = self._copy(stage.create(), reading, meter)
        if since is not None and wanted.gone != "keep" and stage.removes_gone:
            self.stage_keys()
        return copied

    def stage_keys(self) -> None:
        """Every key of the source, to find what is gone."""
        self.stage.has_all_rows = False
        keys = self.stage.reading.only(self.stage.wanted.key)
        self._copy(self.stage.create_keys(), keys, Meter())

    def _copy(self, statement: str, reading: Reading, meter: Meter) -> Copied:
        target = self.stage.target
        options = reading.copy_options(target)
        produce = self.source.rows(reading, target)
        return copy_in(self.stage.connection, f"{statement} {options}", produce, meter)

    def _since(self) -> str | None:
        """The condition on new rows, as SQL of the source; None: every row is to be read."""
        wanted, target = self.stage.wanted, self.stage.target
        cursor_column = (wanted.cursor_column or "").lower()
        column = next(
            (c for c in self.stage.reading.columns if c.source.lower() == cursor_column), None
        )
        at_target = target.column(column.name) if column else None
        if column is None or at_target is None:
            return None
        is_number = at_target.type.partition("(")[0] in NUMBERS
        less = f"- {wanted.overlap_s}" if is_number else f"- interval '{wanted.overlap_s} s'"
        with self.stage.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT (max({quoted(column.name)}) {less})::text FROM {target.name.quoted}"
            )
            row = cursor.fetchone()
        if row is None or row[0] is None:
            return None
        return f"{quoted(column.source)} >= {self._value(str(row[0]), is_number=is_number)}"

    def _value(self, text: str, *, is_number: bool) -> str:
        if is_number:
            return text
        if self.source.connection is not None:
            return literal(text)
        return f"TO_TIMESTAMP({literal(text)}, 'YYYY-MM-DD HH24:MI:SS.FF')"


def narrowed(reading: Reading, condition: str) -> Reading:
    """The rows of which the condition, on columns of the source, is true."""
    inner = f"(SELECT * FROM {reading.relation}\n) newer"
    return replace(reading, relation=f"{inner} WHERE {condition}")


def existing_target(connection: Connection, spec: ConnectionSpec, wanted: SyncTable) -> Table:
    """Raises TargetTableMissing."""
    name = parse_table(wanted.target)
    found = read_table(connection, name)
    if found is None:
        raise TargetTableMissing(
            f"There is no table {name.text} at {spec.name}; a synchronisation makes none: create "
            "it, for instance by a transfer."
        )
    return found


def referred_to(connection: Connection, tables: Sequence[SyncTable]) -> set[TableName]:
    """The targets that others of these refer to, and whose gone rows are deleted."""
    names = {parse_table(table.target) for table in tables}
    deleting = {parse_table(table.target) for table in tables if table.gone == "delete"}
    return {
        parent
        for child, parent in foreign_keys(connection)
        if child in names and parent in deleting
    }
