"""Stopping a statement, or ending its session, from another session of the same user.

psycopg2's own request to cancel holds the interpreter while it waits: on a line that has fallen
silent it would freeze every thread of the process, heartbeats included.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Literal

import psycopg2

CONNECT_TIMEOUT_S = 5
# Behind a pooler the number may be somebody else's: the name tells, as it holds the run.
STATEMENTS = {
    "stop": "SELECT pg_cancel_backend(pid) FROM pg_stat_activity",
    "end": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
}
OURS = "WHERE pid = %s AND application_name = %s AND usename = current_user"


def stop_statement(parameters: Mapping[str, str], pid: int) -> bool:
    """Cancel what the session with this number runs; False when that was not possible."""
    return _signal("stop", parameters, pid)


def end_session(parameters: Mapping[str, str], pid: int) -> bool:
    """End the session with this number: the last means; False when that was not possible."""
    return _signal("end", parameters, pid)


def _signal(how: Literal["stop", "end"], parameters: Mapping[str, str], pid: int) -> bool:
    """`parameters`: libpq keywords of the session. A user may signal sessions of its own."""
    keywords: dict[str, Any] = dict(parameters) | {
        "application_name": "automacaosql stop",
        "connect_timeout": str(CONNECT_TIMEOUT_S),
    }
    with (
        contextlib.suppress(psycopg2.Error),
        contextlib.closing(psycopg2.connect(**keywords)) as connection,
        connection.cursor() as cursor,
    ):
        name = parameters.get("application_name", "")
        cursor.execute(f"{STATEMENTS[how]} {OURS}", (pid, name))
        row = cursor.fetchone()
        return bool(row and row[0])
    return False
