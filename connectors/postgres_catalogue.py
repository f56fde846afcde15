"""What an account may SELECT in PostgreSQL, found with one query."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import cast

from psycopg.pq.abc import PGresult

from connectors.catalogue import (
    MAX_COLUMNS,
    Catalogue,
    CatalogueColumn,
    CatalogueTable,
    TableKind,
    cut_catalogue,
)
from connectors.postgres_line import PostgresLine

# Partitions are left out: they are read through their table. One table and one column more than
# shall be shown tell whether something was cut off.
TABLES_AND_COLUMNS = """
SELECT t.schema, t.name, t.kind, a.attname, format_type(a.atttypid, a.atttypmod)
FROM (
  SELECT c.oid, n.nspname AS schema, c.relname AS name,
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind,
    array_position(current_schemas(false), n.nspname) AS place
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
  ORDER BY place NULLS LAST, schema, name
  LIMIT $1
) t
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege(t.oid, a.attnum, 'SELECT')
ORDER BY t.place NULLS LAST, t.schema, t.name, a.attnum
LIMIT $2
"""


def read_catalogue(line: PostgresLine, limit: int) -> Catalogue:
    """At most `limit` tables; those of the search path first, then by schema and name."""
    result = line.query(TABLES_AND_COLUMNS, [str(limit + 1), str(MAX_COLUMNS + 1)])
    catalogue = cut_catalogue(_tables(result), limit=limit, max_columns=MAX_COLUMNS)
    return Catalogue(catalogue.tables, is_cut=catalogue.is_cut or result.ntuples > MAX_COLUMNS)


def _tables(result: PGresult) -> Iterator[CatalogueTable]:
    texts = (
        [_text(result, row, field) for field in range(result.nfields)]
        for row in range(result.ntuples)
    )
    for (schema, name, kind), rows in groupby(texts, key=lambda row: tuple(row[:3])):
        columns = (CatalogueColumn(column, type_) for *_, column, type_ in rows if column)
        yield CatalogueTable(schema, name, cast("TableKind", kind), tuple(columns))


def _text(result: PGresult, row: int, field: int) -> str:
    return (result.get_value(row, field) or b"").decode(errors="replace")
