"""Notes who reads what while answers are sent; a thread writes the notes down together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from typing import Final, cast

from flask import Request, Response, request
from sqlalchemy.exc import SQLAlchemyError

from auxiliares import AutomacaoError
from metadb.engine import unit_of_work
from services.column_reads import NO_COLUMNS, add_column_reads
from services.dataset_readers import ReadBy, Reads, add_reads, tool_of
from services.reading_rights import Reader
from webapi.column_log import ColumnLog

log = logging.getLogger(__name__)

WRITTEN_AFTER_S: Final = 5.0
MOST_WAITING: Final = 10_000


class ReadLog:
    """Reads of this process that are not in the database yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[ReadBy, Reads] = {}
        self._columns = ColumnLog()
        self._timer: threading.Timer | None = None
        self._is_closed = False

    def note(self, by: ReadBy, bytes_sent: int, columns: frozenset[str] = NO_COLUMNS) -> None:
        """Count one read of these columns; costs no more than a look into two dictionaries."""
        with self._lock:
            if self._is_closed or (by not in self._waiting and len(self._waiting) >= MOST_WAITING):
                return
            found = self._waiting.setdefault(by, Reads())
            found.count += 1
            found.bytes_sent += bytes_sent
            if columns:
                self._columns.note(by, columns)
            if self._timer is None:
                self._start(WRITTEN_AFTER_S)

    def _start(self, wait_s: float) -> None:
        self._timer = threading.Timer(wait_s, self._write_due)
        self._timer.daemon = True
        self._timer.start()

    def _write_due(self) -> None:
        self._write(at_once=False)
        with self._lock:
            if self._timer is None and not self._is_closed and self._columns.waits:
                # Reads come meanwhile, and shall not wait for the minute that columns do.
                self._start(WRITTEN_AFTER_S)

    def write(self) -> None:
        """Put everything noted into the database; what it does not take is dropped with a line."""
        self._write(at_once=True)

    def _write(self, *, at_once: bool) -> None:
        """`at_once`: also columns of consumers that were written within the last minute."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            columns = self._columns.taken(at_once=at_once)
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if not waiting and not columns:
            return
        try:
            with unit_of_work() as session:
                add_reads(session, waiting)
                add_column_reads(session, columns)
        except (AutomacaoError, SQLAlchemyError) as exc:
            log.warning("reads_not_noted", extra={"rows": len(waiting), "problem": str(exc)[:200]})

    def close(self) -> None:
        """Write what waits, and nothing after it."""
        self.write()
        with self._lock:
            self._is_closed = True


def noted(
    log_: ReadLog,
    response: Response,
    dataset: str,
    reader: Reader,
    columns: frozenset[str] = NO_COLUMNS,
) -> Response:
    """The response, whose reading is noted with the bytes that were sent when it is over.

    `columns`: which are read, as `services.column_reads` names them.
    """
    if request.method == "HEAD" or response.status_code >= 400:
        return response
    by = read_by(request, dataset, reader)
    if response.direct_passthrough or response.status_code == 304:
        # The server sends a whole file by itself and calls nobody when it is over.
        sent = 0 if response.status_code == 304 else response.content_length or 0
        log_.note(by, sent, columns)
        return response
    if isinstance(response.response, list):
        log_.note(by, sum(map(len, response.response)), columns)
        return response
    counted = _Counted(cast("Iterable[bytes]", response.response))
    response.response = counted
    response.call_on_close(lambda: log_.note(by, counted.bytes_sent, columns))
    return response


def read_by(request: Request, dataset: str, reader: Reader) -> ReadBy:
    """Who reads the dataset in this request, and with which tool."""
    tool = tool_of(request.headers.get("User-Agent", ""))
    return ReadBy(dataset.casefold(), reader.kind.value, reader.name, tool)


class _Counted:
    """Passes pieces on and adds up their lengths."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.bytes_sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.bytes_sent += len(piece)
            yield piece

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
