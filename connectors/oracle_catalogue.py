"""What an account may read in Oracle: tables, views and its own synonyms with their columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from connectors.catalogue import (
    MAX_COLUMNS,
    Catalogue,
    CatalogueColumn,
    CatalogueTable,
    TableKind,
    cut_catalogue,
)
from connectors.oracle_session import OracleSession

# Accounts that come with the server. Their names are listed because servers before 12.1 do not
# say it of themselves.
SYSTEM_OWNERS = (
    "ANONYMOUS", "APPQOSSYS", "AUDSYS", "CTXSYS", "DBSFWUSER", "DBSNMP", "DIP", "DVF", "DVSYS",
    "EXFSYS", "GGSYS", "GSMADMIN_INTERNAL", "GSMCATUSER", "GSMUSER", "LBACSYS", "MDDATA", "MDSYS",
    "MGMT_VIEW", "OJVMSYS", "OLAPSYS", "ORACLE_OCM", "ORDDATA", "ORDPLUGINS", "ORDSYS", "OUTLN",
    "OWBSYS", "PUBLIC", "REMOTE_SCHEDULER_AGENT", "SI_INFORMTN_SCHEMA", "SPATIAL_CSW_ADMIN_USR",
    "SPATIAL_WFS_ADMIN_USR", "SYS", "SYSBACKUP", "SYSDG", "SYSKM", "SYSMAN", "SYSRAC", "SYSTEM",
    "WMSYS", "XDB", "XS$NULL",
)  # fmt: skip
_OUTSIDERS = ", ".join(f"'{name}'" for name in SYSTEM_OWNERS)
OWN_NAME = "SELECT USER FROM dual"
# A materialized view is listed as a table too, and its first name by the alphabet is the true
# one. Servers before 12.1 know no FETCH FIRST.
OBJECTS = f"""
SELECT owner, object_name, kind FROM (
  SELECT owner, object_name, MIN(object_type) AS kind
  FROM all_objects
  WHERE object_type IN ('TABLE', 'VIEW', 'MATERIALIZED VIEW')
    AND owner NOT IN ({_OUTSIDERS}) AND owner NOT LIKE 'APEX%'
    AND object_name NOT LIKE 'BIN$%' AND secondary = 'N'
  GROUP BY owner, object_name
  ORDER BY CASE WHEN owner = :own THEN 0 ELSE 1 END, owner, object_name
) WHERE ROWNUM <= :limit
"""
COLUMNS = f"""
SELECT owner, table_name, column_name, data_type, size_text FROM (
  SELECT owner, table_name, column_name, data_type,
    CASE
      WHEN data_type IN ('VARCHAR2', 'NVARCHAR2', 'CHAR', 'NCHAR') THEN TO_CHAR(char_length)
      WHEN data_type = 'RAW' THEN TO_CHAR(data_length)
      WHEN data_type = 'NUMBER' AND data_precision IS NOT NULL
        THEN TO_CHAR(data_precision) || ',' || TO_CHAR(data_scale)
    END AS size_text
  FROM all_tab_columns
  WHERE owner NOT IN ({_OUTSIDERS}) AND owner NOT LIKE 'APEX%' AND table_name NOT LIKE 'BIN$%'
  ORDER BY CASE WHEN owner = :own THEN 0 ELSE 1 END, owner, table_name, column_id
) WHERE ROWNUM <= :limit
"""
SYNONYMS = """
SELECT synonym_name, table_owner, table_name FROM (
  SELECT synonym_name, table_owner, table_name
  FROM all_synonyms WHERE owner = :own
  ORDER BY synonym_name
) WHERE ROWNUM <= :limit
"""
KINDS: Mapping[str, TableKind] = {
    "TABLE": "table",
    "VIEW": "view",
    "MATERIALIZED VIEW": "materialized view",
}
_Columns = Mapping[tuple[str, str], list[CatalogueColumn]]


def read_catalogue(session: OracleSession, limit: int) -> Catalogue:
    """At most `limit` tables: the account's own and its synonyms first, then by owner and name."""
    own = str(session.answer(OWN_NAME)[0][0])
    objects = session.answer(OBJECTS, own=own, limit=limit + 1)
    synonyms = session.answer(SYNONYMS, own=own, limit=limit + 1)
    found = session.answer(COLUMNS, own=own, limit=MAX_COLUMNS + 1)
    columns: defaultdict[tuple[str, str], list[CatalogueColumn]] = defaultdict(list)
    for owner, table, name, type_, size in found:
        native = f"{type_}({size})" if size else str(type_)
        columns[str(owner), str(table)].append(CatalogueColumn(str(name), native))
    known = list(_tables(objects, columns))
    mine = [table for table in known if table.schema == own]
    others = [table for table in known if table.schema != own]
    aliases = list(_synonyms(own, synonyms, columns))
    catalogue = cut_catalogue([*mine, *aliases, *others], limit=limit, max_columns=MAX_COLUMNS)
    is_cut = catalogue.is_cut or len(found) > MAX_COLUMNS
    return Catalogue(catalogue.tables, is_cut=is_cut)


def _tables(rows: list[tuple[object, ...]], columns: _Columns) -> Iterator[CatalogueTable]:
    for owner, name, kind in rows:
        place = str(owner), str(name)
        yield CatalogueTable(*place, KINDS[str(kind)], tuple(columns.get(place, ())))


def _synonyms(
    own: str, rows: list[tuple[object, ...]], columns: _Columns
) -> Iterator[CatalogueTable]:
    """With the columns of what they stand for, none where that lies in another database."""
    for name, owner, table in rows:
        found = columns.get((str(owner), str(table)), ())
        yield CatalogueTable(own, str(name), "synonym", tuple(found))
