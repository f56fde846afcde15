"""One connection that LISTENs, and hands what it hears to whoever subscribed in this process."""

from __future__ import annotations

import logging
import queue
import select
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql

from metadb.engine import raw_connection

log = logging.getLogger(__name__)

WAIT_S = 1.0
RETRY_S = 1.0
QUEUE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """A notification; `channel` None means that some may have been missed: look at everything."""

    channel: str | None
    payload: str = ""


MISSED = Heard(None)


class TooManySubscribers(Exception):
    """The limit of simultaneous subscriptions is reached."""


class Listener(threading.Thread):
    """Starts with the first subscriber and lives as long as the process.

    A subscriber that does not read fast enough is told MISSED instead of piling up memory.
    """

    def __init__(
        self,
        channels: Sequence[str],
        *,
        limit: int,
        connect: Callable[[], psycopg2.extensions.connection] = raw_connection,
    ) -> None:
        super().__init__(name="listener", daemon=True)
        self._channels = channels
        self._limit = limit
        self._connect = connect
        self._lock = threading.Lock()
        self._queues: set[queue.Queue[Heard]] = set()
        self._stopping = threading.Event()

    @contextmanager
    def subscription(self) -> Iterator[queue.Queue[Heard]]:
        """A queue that begins with MISSED. Raises TooManySubscribers."""
        mine: queue.Queue[Heard] = queue.Queue(QUEUE_LENGTH)
        mine.put(MISSED)
        with self._lock:
            if len(self._queues) >= self._limit:
                raise TooManySubscribers
            self._queues.add(mine)
            if not self.is_alive() and not self._stopping.is_set():
                self.start()
        try:
            yield mine
        finally:
            with self._lock:
                self._queues.discard(mine)

    def stop(self) -> None:
        self._stopping.set()
        if self.is_alive():
            self.join(timeout=10)

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg2.Error as exc:
                log.info("listener_reconnects", extra={"problem": str(exc).strip()})
                self._stopping.wait(RETRY_S)

    def _listen(self) -> None:
        connection = self._connect()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for channel in self._channels:
                    cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            self._spread(MISSED)
            while not self._stopping.is_set():
                if select.select([connection], [], [], WAIT_S)[0]:
                    connection.poll()
                    while connection.notifies:
                        notice = connection.notifies.pop(0)
                        self._spread(Heard(notice.channel, notice.payload))
        finally:
            connection.close()

    def _spread(self, heard: Heard) -> None:
        with self._lock:
            for each in self._queues:
                try:
                    each.put_nowait(heard)
                except queue.Full:
                    _start_over(each)


def _start_over(full: queue.Queue[Heard]) -> None:
    """Replace what a slow subscriber has not read by one MISSED."""
    while not full.empty():
        try:
            full.get_nowait()
        except queue.Empty:
            break
    full.put_nowait(MISSED)
