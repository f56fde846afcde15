"""The last means against a query that does not stop when asked: its session is ended by another."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import psycopg2

CONNECT_TIMEOUT_S = 5
# Behind a pooler the number may be somebody else's: the name tells, as it holds the run.
TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = %s AND application_name = %s AND usename = current_user
"""


def end_session(parameters: Mapping[str, str], pid: int) -> bool:
    """Log in once more and end the session with this number; False when that was not possible.

    A user may end sessions of its own. `parameters`: libpq keywords of the session.
    """
    keywords: dict[str, Any] = dict(parameters) | {
        "application_name": "automacaosql stop",
        "connect_timeout": str(CONNECT_TIMEOUT_S),
        "options": f"-c statement_timeout={CONNECT_TIMEOUT_S}s",
    }
    with (
        contextlib.suppress(psycopg2.Error),
        contextlib.closing(psycopg2.connect(**keywords)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(TERMINATE, (pid, parameters.get("application_name", "")))
        row = cursor.fetchone()
        return bool(row and row[0])
    return False
