"""A new table filled beside the old one and put into its place, all in one transaction."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from transfer.names import TableName, quoted, shortened
from transfer.reading import Reading
from transfer.structure import Table, TableIndex

SHARED_BYTES = 50  # of a table's name in the names of its indexes

_GRANTS = """
SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
  a.privilege_type, a.is_grantable
FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = %s AND a.grantee <> c.relowner
"""
_OWNER = "SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = %s"


def await_namesakes(connection: Connection, name: TableName) -> None:
    """Hold up others that name a table alike in its first bytes, until this transaction ends.

    PostgreSQL names the array of a table's rows, and this module its indexes, by those bytes: two
    transactions that look for a free name at the same time find the same one.
    """
    if len(name.name.encode()) <= SHARED_BYTES:
        return
    with connection.cursor() as cursor:
        shared = f"{name.schema}.{shortened(name.name, SHARED_BYTES)}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (shared,))


def rename(connection: Connection, stage: TableName, name: TableName) -> None:
    """Give a full stage the name it was filled for."""
    await_namesakes(connection, name)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {stage.quoted} RENAME TO {quoted(name.name)}")


def create_stage(connection: Connection, target: Table, stage: TableName) -> None:
    """An empty table like the target, without its keys and indexes: those come when it is full."""
    with connection.cursor() as cursor:
        like = f"LIKE {target.name.quoted} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS"
        cursor.execute(f"CREATE TABLE {stage.quoted} ({like})")


def create_schemas(connection: Connection, names: Iterable[TableName]) -> None:
    """Schemas of tables to come; before the tables, as two sessions cannot make one at once."""
    with connection.cursor() as cursor:
        for schema in sorted({name.schema for name in names}):
            cursor.execute("SELECT to_regnamespace(%s) IS NULL", (quoted(schema),))
            row = cursor.fetchone()
            if row and row[0]:
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
    connection.commit()


def create_table(connection: Connection, name: TableName, reading: Reading) -> None:
    """A table with the columns of the source, in the types that hold its values."""
    columns = [
        f"{quoted(column.name)} {column.type}{' NOT NULL' if column.not_null else ''}"
        for column in reading.columns
    ]
    await_namesakes(connection, name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name.quoted} ({', '.join(columns)})")


def add_source_indexes(connection: Connection, name: TableName, reading: Reading) -> list[str]:
    """Keys and indexes of the source's table whose columns came along as they are; the rest in
    words."""
    table = reading.table
    if table is None:
        return []
    kept = {c.source: c.name for c in reading.columns if not c.is_changed}
    left_out = []
    await_namesakes(connection, name)
    with connection.cursor() as cursor:
        for number, index in enumerate(table.indexes):
            is_plain = all(kept.get(column) == column for column in index.columns)
            if (
                not is_plain
                or not index.columns
                or index.kind == "x"
                or " WHERE " in index.definition
            ):
                left_out.append(index.name)
                continue
            # With names of its own, as those of an index count in the whole schema.
            is_primary = index.kind == "p"
            label = f"{shortened(name.name, SHARED_BYTES)}_{'pkey' if is_primary else number}"
            cursor.execute(_definition(index, name, _free(connection, name.schema, label)))
    return left_out


def add_target_indexes(connection: Connection, target: Table, stage: TableName) -> list[str]:
    """The target's keys and indexes on the stage, under names for now; returns those names."""
    names = []
    with connection.cursor() as cursor:
        for number, index in enumerate(target.indexes):
            name = f"{stage.name}_{number}"
            cursor.execute(_definition(index, stage, name))
            names.append(name)
    return names


def swap(connection: Connection, target: Table, stage: TableName, names: Sequence[str]) -> None:
    """Put the stage into the target's place with its rights and the names of its indexes.

    Readers wait for a moment: from here to the commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {target.name.quoted} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(_GRANTS, (target.oid,))
        grants = cursor.fetchall()
        cursor.execute(_OWNER, (target.oid,))
        owner = cursor.fetchone()
        cursor.execute(f"DROP TABLE {target.name.quoted}")
        rename(connection, stage, target.name)
        for index, name in zip(target.indexes, names, strict=True):
            schema = quoted(target.name.schema)
            cursor.execute(f"ALTER INDEX {schema}.{quoted(name)} RENAME TO {quoted(index.name)}")
        for grantee, privilege, is_grantable in grants:
            more = " WITH GRANT OPTION" if is_grantable else ""
            cursor.execute(f"GRANT {privilege} ON {target.name.quoted} TO {grantee}{more}")
        cursor.execute(f"ALTER TABLE {target.name.quoted} OWNER TO {owner[0] if owner else ''}")


def stage_of(target: TableName, job_id: int, attempt: str) -> TableName:
    """The table beside the target that an attempt of the job fills: nobody else's."""
    return TableName(target.schema, f"{_stage_start(target, job_id)}{attempt}")


def left_stages(connection: Connection, target: TableName, job_id: int) -> list[TableName]:
    """What earlier attempts of the job have left beside the target."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND starts_with(relname, %s) AND relkind = 'r'",
            (target.schema, _stage_start(target, job_id)),
        )
        return [TableName(target.schema, row[0]) for row in cursor.fetchall()]


def _stage_start(target: TableName, job_id: int) -> str:
    # The sum tells apart the tables of a job whose names begin alike.
    sum_ = zlib.crc32(target.name.encode())
    return f"{shortened(target.name, 20)}_moving_{job_id}_{sum_:08x}_"


def _definition(index: TableIndex, table: TableName, name: str) -> str:
    if index.constraint is not None:
        return f"ALTER TABLE {table.quoted} ADD CONSTRAINT {quoted(name)} {index.constraint}"
    unique = "UNIQUE " if index.definition.startswith("CREATE UNIQUE ") else ""
    rest = index.definition.partition(" USING ")[2]
    return f"CREATE {unique}INDEX {quoted(name)} ON {table.quoted} USING {rest}"


def _free(connection: Connection, schema: str, wanted: str) -> str:
    """The first of `wanted`, `wanted_2`, ... that no relation of the schema has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(relname::text) FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE n.nspname = %s AND starts_with(relname, %s)",
            (schema, wanted),
        )
        row = cursor.fetchone()
    taken = set(row[0] or []) if row else set()
    names = [wanted, *(f"{wanted}_{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
