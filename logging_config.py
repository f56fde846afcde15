"""Where log records go: the console, and from INFO on the table `logs` by a thread of its own.

Each process calls `configure_logging()` once at its start. Writing a record never waits for the
database, never raises, and loses nothing in silence: what the table cannot take is kept, then
put into a file.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TextIO

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - the driver's own name
from psycopg2.extras import execute_values

from auxiliares import data_folder

log = logging.getLogger(__name__)

QUEUE_LIMIT = 10_000
BATCH_ROWS = 500
GATHER_S = 0.1
RETRY_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
TEXT_LIMIT = 20_000
OVERFLOW_LIMIT_BYTES = 50_000_000

# One line per HTTP call would drown what people did; it is for the console alone.
CONSOLE_ONLY = "access"
# The library `schedule` logs each beat under the name of our own schedule.py.
LEVELS = {"schedule": logging.INFO} | dict.fromkeys(
    ("procrastinate", "waitress", "sqlalchemy", "alembic", "asyncio", "psycopg", "werkzeug"),
    logging.WARNING,
)

_COLUMNS = ("timestamp", "log_level", "logger_name", "job_id", "run_id", "user_name", "log_text")
_INSERT = (
    'INSERT INTO logs ("timestamp", log_level, logger_name, job_id, run_id, user_name, log_text,'
    " duration_ms) VALUES %s"
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DETAILS = "_details"
_OWN_COLUMN = ("job_id", "run_id", "user_name", "duration_ms")
_LARGEST = {"job_id": 2**31 - 1, "duration_ms": 2**31 - 1, "run_id": 2**63 - 1}

_SENSITIVE = r"password|passwd|pwd|secret|token|api[_-]?key|authorization|cookie|dsn"
_SECRET_KEY = re.compile(rf"(?:{_SENSITIVE})(?!.*(?:_id|_name|_prefix)$)", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    rf"((?:{_SENSITIVE})[\w-]{{0,30}}[\"']?\s{{0,3}}[=:]\s{{0,3}})"
    r"(?:\"[^\"]{0,500}\"|'[^']{0,500}'|(?:(?:Bearer|Basic) )?[^\s,;&)}\]]+)",
    re.IGNORECASE,
)
_PASSWORD_IN_URL = re.compile(r"(://[^\s:/@]{0,200}:)\S{1,300}@")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNSAFE_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NEEDS_QUOTES = re.compile(r"[\s=\"\\]")

_context: ContextVar[Mapping[str, object]] = ContextVar("log_context", default={})  # noqa: B039

Row = tuple[datetime, str, str, int | None, int | None, str | None, str, int | None]


@contextmanager
def log_context(**fields: object) -> Iterator[None]:
    """Put fields such as job_id, run_id and user_name on every record made in the block."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def redact(text: str) -> str:
    """The text with `***` in the place of passwords, keys and tokens it seems to show."""
    return _PASSWORD_IN_URL.sub(r"\1***@", _SECRET_TEXT.sub(r"\1***", text))


@dataclass(frozen=True, slots=True)
class _Details:
    """What a record says, safe to show: no secrets, no control characters."""

    event: str
    fields: Mapping[str, object]
    traceback: str

    def line(self, *, without: Sequence[str] = ()) -> str:
        shown = (f"{k}={_shown(k, v)}" for k, v in self.fields.items() if k not in without)
        return " ".join([self.event, *shown])[:TEXT_LIMIT]


def _details(record: logging.LogRecord) -> _Details:
    """Found once for the console and the table."""
    found: _Details | None = vars(record).get(_DETAILS)
    if found is None:
        found = vars(record)[_DETAILS] = _details_of(record)
    return found


def _details_of(record: logging.LogRecord) -> _Details:
    extra = {k: v for k, v in vars(record).items() if k not in _STANDARD}
    trace = ""
    if record.exc_info and record.exc_info[0] is not None:
        trace = logging.Formatter().formatException(record.exc_info)
    if record.stack_info:
        trace = f"{trace}\n{record.stack_info}".strip()
    return _Details(
        event=_escaped(redact(record.getMessage()[:TEXT_LIMIT])),
        fields={**_context.get(), **extra},
        # The end of a traceback names the fault.
        traceback=_escaped(redact(trace[-TEXT_LIMIT:]), _UNSAFE_BUT_LINES),
    )


def _shown(key: str, value: object) -> str:
    if _is_secret(key):
        return "***"
    if type(value) is int:
        return str(value)
    text = redact(str(value)[:TEXT_LIMIT])
    if text == "" or _NEEDS_QUOTES.search(text):
        text = json.dumps(text, ensure_ascii=False)
    return _escaped(text)


@lru_cache(maxsize=1000)
def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _escaped(text: str, unsafe: re.Pattern[str] = _UNSAFE) -> str:
    """Control characters as visible escapes, so that no value can begin a line of its own."""
    return unsafe.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


class _ConsoleFormatter(logging.Formatter):
    """`2024-05-05 06:00:00.123-03:00 INFO logger event key=value`, tracebacks indented below."""

    def format(self, record: logging.LogRecord) -> str:
        details = _details(record)
        moment = datetime.fromtimestamp(record.created, UTC).astimezone()
        when = moment.isoformat(sep=" ", timespec="milliseconds")
        line = f"{when} {record.levelname} {record.name} {details.line()}"
        return "\n    ".join([line, *details.traceback.splitlines()])


def _row(record: logging.LogRecord) -> Row:
    details = _details(record)
    text = details.line(without=_OWN_COLUMN)
    user_name = details.fields.get("user_name")
    return (
        datetime.fromtimestamp(record.created, UTC),
        record.levelname,
        record.name,
        _integer(details.fields, "job_id"),
        _integer(details.fields, "run_id"),
        None if user_name is None else _escaped(str(user_name)[:200]),
        f"{text}\n{details.traceback}" if details.traceback else text,
        _integer(details.fields, "duration_ms"),
    )


def _integer(fields: Mapping[str, object], name: str) -> int | None:
    value = fields.get(name)
    if not isinstance(value, int | float) or not abs(value) <= _LARGEST[name]:
        return None
    return int(value)


class _TableHandler(logging.Handler):
    """Hands records to the writer; the database is not touched here."""

    def __init__(self, writer: _TableWriter) -> None:
        super().__init__(logging.INFO)
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] == CONSOLE_ONLY:
            return
        try:
            self._writer.put(_row(record))
        except Exception:  # noqa: BLE001 - a record must never harm the code that wrote it
            self.handleError(record)


class _TableWriter:
    """A bounded queue and the thread that empties it into the table in batches."""

    def __init__(self, overflow: Path) -> None:
        self._overflow = overflow
        self._queue: deque[Row] = deque()
        self._in_hand: deque[Row] = deque()
        self._changed = threading.Condition()
        self._file_lock = threading.RLock()
        self._connect: Callable[[], Connection] | None = None
        self._connection: Connection | None = None
        self._stopping = False
        self._failures = 0
        self._overflowed = 0
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="log-table", daemon=True)
        self._thread.start()

    def put(self, row: Row) -> None:
        with self._changed:
            if len(self._queue) < QUEUE_LIMIT and not self._stopping:
                self._queue.append(row)
                self._changed.notify_all()
                return
        self._spill([row])

    def attach(self, connect: Callable[[], Connection]) -> None:
        with self._changed:
            self._connect = connect
            self._changed.notify_all()

    def close(self, timeout_s: float) -> None:
        """Write what waits; what the table does not take in time goes to the file."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        with self._changed:
            left = [*self._in_hand, *self._queue]
            self._in_hand.clear()
            self._queue.clear()
        self._spill(left)

    def _run(self) -> None:
        while self._take():
            try:
                self._write_in_hand()
            except Exception as exc:  # noqa: BLE001 - whatever it is, the records are kept
                self._keep(exc)
                if self._stopping and self._failures > 1:
                    break
            else:
                self._report_return()
        self._disconnect()

    def _take(self) -> bool:
        """Move the next batch into the hand; False when there is nothing more to do."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or (self._queue and self._connect))
            if not self._stopping:
                self._changed.wait_for(lambda: self._stopping, GATHER_S)
            if self._connect is None:
                return False
            count = min(BATCH_ROWS, len(self._queue))
            self._in_hand.extend(self._queue.popleft() for _ in range(count))
            return bool(self._in_hand)

    def _write_in_hand(self) -> None:
        if self._connection is None:
            assert self._connect is not None
            self._connection = self._connect()
            with self._connection as session, session.cursor() as cursor:
                cursor.execute("SET statement_timeout = '15s'")
        try:
            self._insert(list(self._in_hand))
            self._in_hand.clear()
        except (psycopg2.DataError, psycopg2.IntegrityError):
            # One record that the table refuses must not hold up the others.
            while self._in_hand:
                self._insert_or_spill(self._in_hand[0])
                self._in_hand.popleft()

    def _insert_or_spill(self, row: Row) -> None:
        try:
            self._insert([row])
        except (psycopg2.DataError, psycopg2.IntegrityError):
            self._spill([row])

    def _insert(self, rows: Sequence[Row]) -> None:
        assert self._connection is not None
        with self._connection as session, session.cursor() as cursor:
            execute_values(cursor, _INSERT, rows, page_size=BATCH_ROWS)

    def _keep(self, exc: Exception) -> None:
        """Put the batch back and wait; the first failure is often just a stale connection."""
        self._disconnect()
        with self._changed:
            self._queue.extendleft(reversed(self._in_hand))
            self._in_hand.clear()
        self._failures += 1
        if self._failures == 2:
            log.warning("log_table_away", extra={"problem": str(exc).strip()})
        pause_s = RETRY_S[min(self._failures, len(RETRY_S)) - 1]
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, pause_s)

    def _report_return(self) -> None:
        if self._failures > 1:
            log.info("log_table_back", extra={"failed_attempts": self._failures})
        self._failures = 0
        with self._file_lock:
            overflowed, self._overflowed = self._overflowed, 0
            dropped, self._dropped = self._dropped, 0
        if overflowed or dropped:
            log.warning(
                "log_records_overflowed",
                extra={"in_file": overflowed, "lost": dropped, "file": str(self._overflow)},
            )

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg2.Error):
                connection.close()

    def _spill(self, rows: Sequence[Row]) -> None:
        """Append the records to the overflow file, one JSON object a line."""
        if not rows:
            return
        with self._file_lock:
            try:
                self._append(rows)
                self._overflowed += len(rows)
            except OSError:
                self._dropped += len(rows)

    def _append(self, rows: Sequence[Row]) -> None:
        self._overflow.parent.mkdir(parents=True, exist_ok=True)
        with self._overflow.open("a", encoding="utf-8") as file:
            for row in rows:
                document = dict(zip((*_COLUMNS, "duration_ms"), row, strict=True))
                file.write(json.dumps(document, default=str, ensure_ascii=False) + "\n")
            is_full = file.tell() > OVERFLOW_LIMIT_BYTES
        if is_full:
            self._overflow.replace(self._overflow.with_suffix(".log.1"))


class LogHandle:
    """The logging of one process."""

    def __init__(self, writer: _TableWriter, handlers: Sequence[logging.Handler]) -> None:
        self._writer = writer
        self._handlers = handlers

    def attach_table(self, connect: Callable[[], Connection]) -> None:
        """Begin to write to the table; `connect` opens a connection of its own, again if needed.

        Records made before are kept until then.
        """
        self._writer.attach(connect)

    def close(self, timeout_s: float = 5) -> None:
        """Flush within `timeout_s` and stop; what the table did not take goes to the file."""
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
        self._writer.close(timeout_s)


def configure_logging(
    process: str, *, overflow_folder: Path | None = None, stream: TextIO | None = None
) -> LogHandle:
    """Send records of this process to the console and, once attached, to the table.

    `process` names the overflow file `logs/overflow-<process>.log` in the data folder.
    """
    folder = overflow_folder or data_folder() / "logs"
    writer = _TableWriter(folder / f"overflow-{process}.log")
    console = logging.StreamHandler(stream or sys.stderr)
    console.setFormatter(_ConsoleFormatter())
    handlers = (console, _TableHandler(writer))
    root = logging.getLogger()
    root.setLevel(logging.DEBUG)
    for handler in handlers:
        root.addHandler(handler)
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
    return LogHandle(writer, handlers)
