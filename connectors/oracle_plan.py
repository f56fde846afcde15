"""How Oracle would run a query: EXPLAIN PLAN and what DBMS_XPLAN makes of it."""

from __future__ import annotations

import oracledb

from connectors.base import ConnectionSpec, PlanNotPermitted, SourceError

STATEMENT_ID = "automacaosql"
DISPLAY = (
    "SELECT plan_table_output"
    f" FROM TABLE(DBMS_XPLAN.DISPLAY('PLAN_TABLE', '{STATEMENT_ID}', 'TYPICAL'))"
)
# The query itself could be described before: what is missing are rights for the plan alone.
NOT_PERMITTED = {
    "ORA-00942",  # no PLAN_TABLE that the account sees
    "ORA-01031",
    "ORA-01039",  # a table below a view may not be read
    "ORA-01456",
    "ORA-02402",
    "ORA-02403",
    "ORA-02404",
    "ORA-16000",  # a standby database that is open for reading only
    "ORA-00904",  # DBMS_XPLAN may not be executed
    "ORA-06550",
}


def read_plan(connection: oracledb.Connection, text: str) -> tuple[str, ...]:
    """The lines of the plan of one checked statement, which is not run.

    The plan is written to PLAN_TABLE, a temporary table of the session's own, which a read-only
    transaction may not do: it is left for that, thrown away, and begun again.
    """
    connection.rollback()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN PLAN SET STATEMENT_ID = '{STATEMENT_ID}' FOR\n{text}")
            cursor.execute(DISPLAY)
            return tuple(str(row[0] or "") for row in cursor)
    finally:
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")


def plan_error(spec: ConnectionSpec, error: SourceError) -> SourceError:
    """`error`, in other words where the account may not have plans made."""
    if error.database_code not in NOT_PERMITTED:
        return error
    return PlanNotPermitted(
        f"Oracle lets the user {spec.username!r} read the query, but not have its plan made: "
        f"{error.database_code}.",
        hint="A plan is written to PLAN_TABLE and shown by DBMS_XPLAN; it needs the right to read "
        "every table below the views of the query, and a database that is open for writing. Ask "
        "its administrator, or let them explain the query.",
        database_code=error.database_code,
    )
