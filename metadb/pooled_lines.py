"""Whether a kept line to the metadata database still stands, found out without asking the server.

A question before each transaction costs as much as one of its statements. A server that ended a
line has said so on it: only where something waits to be read is the line asked.
"""

from __future__ import annotations

import select
import sys

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError


def drop_ended_lines(engine: Engine) -> None:
    """From now on no line of the pool is handed out that the server has ended.

    One that ended takes all that are older with it: it was the server that went.
    """

    def look(connection: Connection, _record: object, _proxy: object) -> None:
        if has_something_to_say(connection) and not _answers(connection):
            raise InvalidatePoolError

    event.listen(engine, "checkout", look)


if sys.platform == "win32":

    def has_something_to_say(connection: Connection) -> bool:
        """Whether something waits to be read on the line, or it is closed."""
        if connection.closed:
            return True
        readable, _, _ = select.select([connection.fileno()], [], [], 0)
        return bool(readable)

else:

    def has_something_to_say(connection: Connection) -> bool:
        """Whether something waits to be read on the line, or it is closed."""
        if connection.closed:
            return True
        # Unlike select, it takes any number of open files.
        line = select.poll()
        line.register(connection.fileno(), select.POLLIN)
        return bool(line.poll(0))


def _answers(connection: Connection) -> bool:
    """A notice may have come, or a setting of the server may have changed: then it does."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        connection.rollback()
    except psycopg2.Error:
        return False
    return True
