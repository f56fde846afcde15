"""Rows of a synchronisation beside their target: staged, filled by look-ups, counted, applied.

The stage is a temporary table of the transaction; what is applied is one statement that touches
only rows that differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg2.errors import CardinalityViolation
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from auxiliares import AutomacaoError
from transfer.definition import SyncTable
from transfer.names import TableName, column_list, literal, quoted
from transfer.reading import ColumnUnknown, Reading
from transfer.structure import Table

STAGE = "pg_temp.sync_stage"
KEYS = "pg_temp.sync_keys"
SKIPPED = "sync skipped"  # a column of the stage: a name nobody gives his own
MERGE_SINCE = 170000  # MERGE with RETURNING and WHEN NOT MATCHED BY SOURCE


class KeyNotUnique(AutomacaoError):
    """The source has several rows of one key, or rows without one."""

    code = "sync_key_not_unique"
    status = 409


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows that entered, changed and went; `skipped` by a look-up that failed."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0


@dataclass
class Stage:
    """The rows of one table on their way into `target`, within the session's transaction."""

    connection: Connection
    wanted: SyncTable
    target: Table
    reading: Reading
    removes_gone: bool = True
    has_all_rows: bool = True
    columns: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        looked_up = [lookup.column for lookup in self.wanted.lookups]
        self.columns = [*self.reading.names, *self.wanted.constants, *looked_up]
        for name in [*self.columns, *self.wanted.key]:
            column = self.target.column(name)
            if column is None or column.is_generated or column.is_always:
                raise ColumnUnknown(
                    f"The column {name} is not in {self.target.name.text}, or takes no values; "
                    "correct the columns of the job or change the table."
                )
        for name in self.wanted.key:
            if name not in self.columns:
                raise ColumnUnknown(
                    f"The key column {name} of {self.target.name.text} is filled by nothing; map "
                    "a column of the source to it."
                )

    @property
    def rest(self) -> list[str]:
        """The columns that are no key."""
        return [name for name in self.columns if name not in self.wanted.key]

    def create(self) -> str:
        """Make the empty stage; returns the COPY that fills it, without its options."""
        chosen = ", ".join(quoted(name) for name in self.columns)
        with self.connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.sync_stage, pg_temp.sync_keys")
            cursor.execute(
                f"CREATE TEMP TABLE sync_stage ON COMMIT DROP AS SELECT {chosen}"
                f" FROM {self.target.name.quoted} WITH NO DATA"
            )
            for name, value in self.wanted.constants.items():
                cursor.execute(
                    f"ALTER TABLE {STAGE} ALTER {quoted(name)} SET DEFAULT {literal(value)}"
                )
            if self.wanted.lookups:
                cursor.execute(
                    f"ALTER TABLE {STAGE} ADD {quoted(SKIPPED)} boolean NOT NULL DEFAULT false"
                )
        return f"COPY {STAGE} ({column_list(self.reading.names)}) FROM STDIN"

    def create_keys(self) -> str:
        """A second stage for the keys of every row of the source; returns its COPY."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMP TABLE sync_keys ON COMMIT DROP AS SELECT"
                f" {column_list(self.wanted.key)} FROM {self.target.name.quoted} WITH NO DATA"
            )
        return f"COPY {KEYS} ({column_list(self.wanted.key)}) FROM STDIN"

    def check_keys(self) -> None:
        """Refuse a source whose keys tell no rows apart. Raises KeyNotUnique.

        Where unique keys of both sides do so, it is left to them.
        """
        if self._source_tells_apart() and self.target.has_unique(self.wanted.key):
            return
        keys = column_list(self.wanted.key)
        missing = " OR ".join(f"{quoted(name)} IS NULL" for name in self.wanted.key)
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT 1 FROM {STAGE} WHERE {missing} UNION ALL"
                f" (SELECT 1 FROM {STAGE} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1) LIMIT 1"
            )
            if cursor.fetchone() is not None:
                raise key_not_unique(self.wanted, self.target.name)

    def apply(self) -> Counts:
        """Insert, update and delete; nothing is visible before the commit."""
        if self.target.server_version >= MERGE_SINCE:
            counts = self._merge()
        else:
            counts = self._apply_in_steps()
        if self._gone_apart:
            counts = Counts(
                counts.inserted, counts.updated, counts.deleted + self.remove(), counts.skipped
            )
        return counts

    def remove(self) -> int:
        """Delete or mark the rows whose key the source has no more; returns how many."""
        rows = KEYS if not self.has_all_rows else STAGE
        missing = f"NOT EXISTS (SELECT FROM {rows} s WHERE {self._same('s')})"
        with self.connection.cursor() as cursor:
            if self.wanted.gone == "delete":
                cursor.execute(f"DELETE FROM {self.target.name.quoted} t WHERE {missing}")
            else:
                mark, unmarked = self._mark()
                cursor.execute(
                    f"UPDATE {self.target.name.quoted} t SET {mark} WHERE {unmarked} AND {missing}"
                )
            return int(cursor.rowcount)

    def count(self) -> Counts:
        """What `apply` would do, by reading alone."""
        rows = KEYS if not self.has_all_rows else STAGE
        gone = "0"
        if self.wanted.gone != "keep":
            missing = f"NOT EXISTS (SELECT FROM {rows} s WHERE {self._same('s')})"
            only = f"{self._mark()[1]} AND " if self.wanted.gone == "mark" else ""
            gone = f"(SELECT count(*) FROM {self.target.name.quoted} t WHERE {only}{missing})"
        first = quoted(self.wanted.key[0])
        differs = self._differs()
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FILTER (WHERE t.{first} IS NULL),"
                f" count(*) FILTER (WHERE t.{first} IS NOT NULL AND ({differs})), {gone}"
                f" FROM {STAGE} s LEFT JOIN {self.target.name.quoted} t ON {self._same('s')}"
            )
            row = cursor.fetchone()
        return Counts(*map(int, row)) if row else Counts()

    def same(self) -> str:
        """The join of a staged row `s` with its row `t` at the target."""
        return self._same("s")

    def differs_from_source(self, without: Sequence[str]) -> str:
        """Whether a staged row differs from its row at the target, these columns aside."""
        return self._differs(without)

    def _source_tells_apart(self) -> bool:
        """Whether the key is one of the source's table as it stands there."""
        by_name = {column.name: column for column in self.reading.columns}
        key = [by_name[name] for name in self.wanted.key if name in by_name]
        is_whole = len(key) == len(self.wanted.key) and not any(c.is_changed for c in key)
        table = self.reading.table
        return table is not None and is_whole and table.has_unique([c.source for c in key])

    @property
    def _gone_in_merge(self) -> bool:
        return self.wanted.gone == "delete" and self.removes_gone and self.has_all_rows

    @property
    def _gone_apart(self) -> bool:
        is_merged = self.target.server_version >= MERGE_SINCE and self._gone_in_merge
        return self.wanted.gone != "keep" and self.removes_gone and not is_merged

    def _merge(self) -> Counts:
        skip = f" AND NOT s.{quoted(SKIPPED)}" if self.wanted.lookups else ""
        columns = column_list(self.columns)
        values = ", ".join(f"s.{quoted(name)}" for name in self.columns)
        update = ""
        if self._updates:
            update = f" WHEN MATCHED AND ({self._differs()}){skip} THEN UPDATE SET {self._sets()}"
        gone = " WHEN NOT MATCHED BY SOURCE THEN DELETE" if self._gone_in_merge else ""
        statement = (
            f"MERGE INTO {self.target.name.quoted} t USING {STAGE} s ON {self._same('s')}"
            f"{update} WHEN NOT MATCHED{skip} THEN INSERT ({columns}) VALUES ({values}){gone}"
            " RETURNING merge_action() AS action"
        )
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(
                    f"WITH merged AS ({statement}) SELECT action, count(*) FROM merged GROUP BY 1"
                )
            except CardinalityViolation as exc:
                raise key_not_unique(self.wanted, self.target.name) from exc
            found = {action: int(count) for action, count in cursor.fetchall()}
        return Counts(
            found.get("INSERT", 0), found.get("UPDATE", 0), found.get("DELETE", 0), self._skipped()
        )

    def _apply_in_steps(self) -> Counts:
        """The same for servers without such a MERGE."""
        skip = f" AND NOT s.{quoted(SKIPPED)}" if self.wanted.lookups else ""
        target, columns = self.target.name.quoted, column_list(self.columns)
        values = ", ".join(f"s.{quoted(name)}" for name in self.columns)
        updated = 0
        with self.connection.cursor() as cursor:
            if self._updates:
                cursor.execute(
                    f"UPDATE {target} t SET {self._sets()} FROM {STAGE} s"
                    f" WHERE {self._same('s')} AND ({self._differs()}){skip}"
                )
                updated = int(cursor.rowcount)
            cursor.execute(
                f"INSERT INTO {target} ({columns}) SELECT {values} FROM {STAGE} s"
                f" WHERE NOT EXISTS (SELECT FROM {target} t WHERE {self._same('s')}){skip}"
            )
            inserted = int(cursor.rowcount)
        return Counts(inserted, updated, 0, self._skipped())

    @property
    def _updates(self) -> bool:
        return bool(self.rest or self.wanted.gone == "mark") and self.wanted.conflict != "target"

    def _skipped(self) -> int:
        if not self.wanted.lookups:
            return 0
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {STAGE} WHERE {quoted(SKIPPED)}")
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def _same(self, rows: str) -> str:
        return " AND ".join(f"t.{quoted(k)} = {rows}.{quoted(k)}" for k in self.wanted.key)

    def _differs(self, without: Sequence[str] = ()) -> str:
        rest = [name for name in self.rest if name not in without]
        parts = [self._comparison(name) for name in rest]
        differs = " OR ".join(parts) or "false"
        if self.wanted.conflict == "newest" and self.wanted.newest_column:
            newest = quoted(self.wanted.newest_column)
            differs = f"({differs}) AND (s.{newest} > t.{newest} OR t.{newest} IS NULL)"
        if self.wanted.gone == "mark":
            differs = f"({differs}) OR NOT ({self._mark()[1]})"
        return differs

    def _comparison(self, name: str) -> str:
        """Types without an equality of their own are compared as text."""
        column = self.target.column(name)
        has_none = column is not None and column.type in ("json", "xml", "point", "polygon")
        cast = "::text" if has_none else ""
        return f"t.{quoted(name)}{cast} IS DISTINCT FROM s.{quoted(name)}{cast}"

    def _sets(self) -> str:
        sets = [f"{quoted(name)} = s.{quoted(name)}" for name in self.rest]
        if self.wanted.gone == "mark" and self.wanted.gone_column:
            column = self.target.column(self.wanted.gone_column)
            is_flag = column is not None and column.type == "boolean"
            sets.append(f"{quoted(self.wanted.gone_column)} = {'false' if is_flag else 'NULL'}")
        return ", ".join(sets)

    def _mark(self) -> tuple[str, str]:
        """How a row is marked as gone, and whether it is not so yet."""
        name = self.wanted.gone_column or ""
        column = self.target.column(name)
        if column is None:
            raise ColumnUnknown(
                f"The column {name} that marks rows that are gone is not in "
                f"{self.target.name.text}; add it to the table or choose another."
            )
        if column.type == "boolean":
            return f"{quoted(name)} = true", f"t.{quoted(name)} IS NOT TRUE"
        return f"{quoted(name)} = clock_timestamp()", f"t.{quoted(name)} IS NULL"


def key_not_unique(wanted: SyncTable, target: TableName) -> KeyNotUnique:
    """The error for a key that does not tell the rows of the source apart."""
    return KeyNotUnique(
        f"The source has several rows, or rows without a value, for one key "
        f"({', '.join(wanted.key)}) of {target.text}; nothing was changed. Choose columns that "
        "tell every row from every other, or correct the query."
    )
