"""How many rows each COPY under way has taken, asked of the target once a second.

What runs for less than that opens no session for it. Servers before 14 do not tell.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name

from auxiliares import AutomacaoError
from connectors.base import ConnectionSpec
from transfer.meter import RunMeter
from transfer.sessions import Sessions

log = logging.getLogger(__name__)

SINCE = 140000
EVERY_S = 1.0
# A target that is silent holds nobody up: the thread ends with its process.
END_WAIT_S = 5.0
_ROWS = "SELECT pid, tuples_processed FROM pg_stat_progress_copy WHERE pid = ANY(%s)"


@contextmanager
def followed(sessions: Sessions, target: ConnectionSpec, meter: RunMeter) -> Iterator[None]:
    """Tell the meter meanwhile what the target has taken. Its failure is nobody's: rows are then
    known when each COPY ends."""
    over = threading.Event()
    follower = threading.Thread(
        target=_follow, args=(sessions, target, meter, over), name="transfer-follow", daemon=True
    )
    follower.start()
    try:
        yield
    finally:
        over.set()
        follower.join(END_WAIT_S)


def _follow(
    sessions: Sessions, target: ConnectionSpec, meter: RunMeter, over: threading.Event
) -> None:
    while not over.wait(EVERY_S):
        if not any(each.under_way for each in meter.tables().values()):
            continue
        try:
            with sessions.opened(target, read_only=True) as connection:
                # Within a transaction the server would answer the same again and again.
                connection.autocommit = True
                if connection.server_version >= SINCE:
                    _ask(connection, meter, over)
        except AutomacaoError as exc:
            log.info("rows_not_followed", extra={"problem": exc.message})
        return


def _ask(connection: Connection, meter: RunMeter, over: threading.Event) -> None:
    while True:
        by_pid = {pid: each for each in meter.tables().values() for pid in each.under_way}
        if by_pid:
            with connection.cursor() as cursor:
                cursor.execute(_ROWS, (list(by_pid),))
                for pid, rows in cursor.fetchall():
                    by_pid[pid].saw(pid, int(rows))
        if over.wait(EVERY_S):
            return
