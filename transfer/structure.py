"""What PostgreSQL's catalogue says of a table: columns, keys, indexes, size, what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from transfer.names import TableName

# Types that are the same in every database, so that COPY may be binary.
PORTABLE = frozenset(
    (
        "smallint integer bigint real double_precision numeric boolean text character_varying"
        " character bytea date timestamp_without_time_zone timestamp_with_time_zone"
        " time_without_time_zone time_with_time_zone interval uuid json jsonb inet cidr macaddr"
        " macaddr8 bit bit_varying point line lseg box path polygon circle money"
    ).split()
)
_TABLE = """
SELECT c.oid, c.relkind, pg_relation_size(c.oid), c.reltuples::bigint,
  current_setting('server_version_num')::int
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
  to_jsonb(a)->>'attidentity' = 'a', coalesce(to_jsonb(a)->>'attgenerated', '') <> ''
FROM pg_attribute a
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEYS = """
SELECT i.indexrelid::regclass::text, coalesce(k.conname, ic.relname), k.contype,
  i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indimmediate,
  ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int[]) WITH ORDINALITY AS c (num, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = c.num
        WHERE c.place <= i.indnkeyatts ORDER BY c.place),
  pg_get_indexdef(i.indexrelid),
  CASE WHEN k.oid IS NOT NULL THEN pg_get_constraintdef(k.oid) END
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
  AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = %s AND i.indisvalid ORDER BY i.indisprimary DESC, ic.relname
"""
_FOREIGN = """
SELECT DISTINCT n.nspname, c.relname, m.nspname, p.relname
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace m ON m.oid = p.relnamespace
WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
"""
# What a table renamed into the place of another would lack: each answers with words, or not.
_HANGERS = """
SELECT 'views and rules' WHERE EXISTS (
  SELECT FROM pg_depend d JOIN pg_rewrite r ON d.objid = r.oid
  WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.refobjid = %(oid)s)
UNION ALL SELECT 'foreign keys' WHERE EXISTS (
  SELECT FROM pg_constraint WHERE contype = 'f' AND %(oid)s IN (conrelid, confrelid))
UNION ALL SELECT 'triggers' WHERE EXISTS (
  SELECT FROM pg_trigger WHERE tgrelid = %(oid)s AND NOT tgisinternal)
UNION ALL SELECT 'storage options, rights on columns or another owner' WHERE EXISTS (
  SELECT FROM pg_class c WHERE c.oid = %(oid)s AND (c.reloptions IS NOT NULL
    OR c.relpersistence <> 'p' OR c.relkind <> 'r' OR NOT pg_has_role(c.relowner, 'USAGE')
    OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL)))
UNION ALL SELECT 'policies' WHERE EXISTS (SELECT FROM pg_policy WHERE polrelid = %(oid)s)
UNION ALL SELECT 'sequences' WHERE EXISTS (
  SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = %(oid)s
    AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i') AND refobjsubid > 0
    AND objid IN (SELECT oid FROM pg_class WHERE relkind = 'S'))
UNION ALL SELECT 'publications' WHERE EXISTS (
  SELECT FROM pg_publication_rel WHERE prrelid = %(oid)s)
UNION ALL SELECT 'partitions or inheritance' WHERE EXISTS (
  SELECT FROM pg_inherits WHERE %(oid)s IN (inhrelid, inhparent))
  OR (SELECT relkind = 'p' FROM pg_class WHERE oid = %(oid)s)
UNION ALL SELECT 'extended statistics' WHERE EXISTS (
  SELECT FROM pg_statistic_ext WHERE stxrelid = %(oid)s)
UNION ALL SELECT 'functions or types' WHERE EXISTS (
  SELECT FROM pg_depend d WHERE d.refclassid = 'pg_type'::regclass
    AND d.refobjid = (SELECT reltype FROM pg_class WHERE oid = %(oid)s) AND d.deptype = 'n')
"""
_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname <> 'information_schema'
  AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(n.oid, 'USAGE')
  AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1, 2
"""


def is_portable(native_type: str) -> bool:
    """Whether values of this type, as format_type names it, mean the same everywhere."""
    bare = re.sub(r"\([^)]*\)", "", native_type.removesuffix("[]"))
    return bare.strip().replace(" ", "_") in PORTABLE


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column and its type; `is_always`: an identity that takes no values from outside."""

    name: str
    type: str
    not_null: bool = False
    is_always: bool = False
    is_generated: bool = False


@dataclass(frozen=True, slots=True)
class TableIndex:
    """An index; `constraint` is the text of the key it stands for, `kind` its letter."""

    index: str
    name: str
    kind: str | None
    is_unique: bool
    columns: tuple[str, ...]
    definition: str
    constraint: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table, view or foreign table; `size_bytes` without its indexes."""

    oid: int
    name: TableName
    kind: str
    size_bytes: int
    rows_estimate: int
    server_version: int
    columns: tuple[TableColumn, ...]
    indexes: tuple[TableIndex, ...]

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> TableColumn | None:
        return next((column for column in self.columns if column.name == name), None)

    def has_unique(self, columns: Sequence[str]) -> bool:
        """Whether these columns, and no fewer, tell rows apart and are never null."""
        nullable = {column.name for column in self.columns if not column.not_null}
        return any(
            index.is_unique and set(index.columns) == set(columns) and not nullable & set(columns)
            for index in self.indexes
        )


def read_table(connection: Connection, name: TableName) -> Table | None:
    """The table as the account sees it; None when there is none of that name."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLE, (name.schema, name.name))
        row = cursor.fetchone()
        if row is None:
            return None
        oid, kind, size_bytes, rows_estimate, version = row
        cursor.execute(_COLUMNS, (oid,))
        columns = tuple(TableColumn(*found) for found in cursor.fetchall())
        cursor.execute(_KEYS, (oid,))
        indexes = tuple(
            TableIndex(index, name_, contype, unique, tuple(cols), definition, constraint)
            for index, name_, contype, unique, cols, definition, constraint in cursor.fetchall()
        )
    return Table(oid, name, kind, size_bytes, rows_estimate, version, columns, indexes)


def what_hangs_on(connection: Connection, table: Table) -> list[str]:
    """What would be lost if another table took this one's place, in words; mostly nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_HANGERS, {"oid": table.oid})
        return [row[0] for row in cursor.fetchall()]


def foreign_keys(connection: Connection) -> list[tuple[TableName, TableName]]:
    """Each pair: the first refers to the second."""
    with connection.cursor() as cursor:
        cursor.execute(_FOREIGN)
        return [(TableName(a, b), TableName(c, d)) for a, b, c, d in cursor.fetchall()]


def list_tables(connection: Connection) -> list[TableName]:
    """Every table the account may read, partitions left out."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [TableName(schema, name) for schema, name in cursor.fetchall()]
