"""The engine of the metadata database and the one transaction door, `unit_of_work()`.

Each process calls `connect()` once at its start; everything else opens transactions here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import psycopg2.extensions
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from auxiliares import AutomacaoError
from metadb.acting import tell
from metadb.herald import TELL, Herald
from metadb.pooled_lines import drop_ended_lines
from metadb.prepared import execute_prepared
from metadb.questions import Question, Questions
from metadb.watchdog import Watchdog, WatchedConnection, WatchedCursor

POOL_SIZE = 10
POOL_OVERFLOW = 30
CONNECT_TIMEOUT_S = 5
# The server ends a transaction whose process went silent in the middle of it (frozen, or cut off
# without a word): its locks would hold every scheduler up for as long as it sleeps.
IDLE_TRANSACTION_S = 10
_ANNOUNCED = "announced"
_TO_LOG = "to_log"


class MetadataUnavailable(AutomacaoError):
    """The metadata database does not answer."""

    code = "metadata_unavailable"
    status = 503


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a PostgreSQL database is; `host` may be a socket folder."""

    host: str
    port: int
    dbname: str
    user: str
    password: str = field(repr=False)

    def keywords(self) -> dict[str, Any]:
        """The libpq keywords both psycopg versions accept."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.dbname,
            "user": self.user,
            "password": self.password,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "automacaosql",
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            # Else a line that is cut without a word holds its thread for a quarter of an hour.
            "tcp_user_timeout": 30_000,
        }


def _nothing_to_recover() -> bool:
    return False


class _Database:
    """The process-wide engine; the address is asked again for each new connection."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.address: Callable[[], DatabaseAddress] | None = None
        self.recover: Callable[[], bool] = _nothing_to_recover
        self.engine: Engine | None = None
        self.watchdog = Watchdog()
        self.sessions: sessionmaker[Session] | None = None
        self.questions: Questions | None = None
        self.herald: Herald | None = None

    def close(self) -> None:
        if self.herald is not None:
            self.herald.close()
        if self.engine is not None:
            self.engine.dispose()
        if self.questions is not None:
            self.questions.close()


_database = _Database()


def connect(
    address: Callable[[], DatabaseAddress],
    *,
    recover: Callable[[], bool] = _nothing_to_recover,
    kept: int = POOL_SIZE,
) -> Engine:
    """Set the database of this process.

    `address` is asked at every new connection. `recover` is called when one fails; True means
    that another try makes sense. `kept`: how many connections stay open when nobody uses them.
    """
    with _database.lock:
        _database.close()
        _database.address, _database.recover = address, recover
        _database.engine = create_engine(
            "postgresql+psycopg2://",
            creator=raw_connection,
            pool_size=kept,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=10,
            # Those that have prepared their statements are used again.
            pool_use_lifo=True,
        )
        drop_ended_lines(_database.engine)
        execute_prepared(_database.engine)
        _database.sessions = sessionmaker(_database.engine, expire_on_commit=False)
        _database.questions = Questions(raw_connection)
        _database.herald = Herald(lambda channels, payloads: ask(TELL, channels, payloads))
        return _database.engine


def disconnect() -> None:
    """Close every pooled connection; the last step before the embedded server may stop."""
    with _database.lock:
        _database.close()
        _database.address = _database.engine = _database.sessions = None
        _database.questions = _database.herald = None


def current_address() -> DatabaseAddress:
    if _database.address is None:
        raise RuntimeError("metadb.engine.connect() has not been called in this process")
    return _database.address()


def raw_connection() -> psycopg2.extensions.connection:
    """A new psycopg2 connection outside the pool, in UTC."""
    try:
        return _connect()
    except psycopg2.OperationalError:
        if not _database.recover():
            raise
        return _connect()


def _connect() -> WatchedConnection:
    connection: WatchedConnection = psycopg2.connect(
        **current_address().keywords(),
        options=f"-c timezone=UTC -c idle_in_transaction_session_timeout={IDLE_TRANSACTION_S}s",
        connection_factory=WatchedConnection,
        cursor_factory=WatchedCursor,
    )
    _database.watchdog.watch(connection)
    return connection


def engine() -> Engine:
    if _database.engine is None:
        raise RuntimeError("metadb.engine.connect() has not been called in this process")
    return _database.engine


def open_lines(count: int) -> None:
    """Open so many connections of the pool before all of them are needed at once.

    Where the database does not answer, those who need one open it later.
    """
    with ExitStack() as lines, suppress(DBAPIError):
        for _ in range(count):
            lines.enter_context(engine().connect())


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises.

    Raises MetadataUnavailable when the database cannot be reached or goes away in between.
    """
    if _database.sessions is None:
        raise RuntimeError("metadb.engine.connect() has not been called in this process")
    session = _database.sessions()
    try:
        tell(session)
        yield session
        session.commit()
        _announce_what(session)
        _log_what(session)
    except DBAPIError as exc:
        session.rollback()
        if is_connection_fault(exc):
            raise _unavailable() from exc
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


class _Undone(Exception):
    """Ends a transaction whose work is to be lost."""


@contextmanager
def undone_work() -> Iterator[Session]:
    """One transaction that is always rolled back, for asking what a change would do.

    Raises MetadataUnavailable as unit_of_work does.
    """
    with suppress(_Undone), unit_of_work() as session:
        yield session
        raise _Undone


def _announce_what(session: Session) -> None:
    told = session.info.get(_ANNOUNCED)
    if told and _database.herald is not None:
        _database.herald.announce(told)


def ask(question: Question, *values: object) -> list[tuple[Any, ...]]:
    """The rows of the answer, seen as of now and in no transaction of the caller.

    Raises MetadataUnavailable when the database cannot be reached.
    """
    if _database.questions is None:
        raise RuntimeError("metadb.engine.connect() has not been called in this process")
    try:
        return _database.questions.ask(question, *values)
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as exc:
        raise _unavailable() from exc


def _log_what(session: Session) -> None:
    for logger, event, fields in session.info.get(_TO_LOG, ()):
        logger.info(event, extra=fields)


def _unavailable() -> MetadataUnavailable:
    return MetadataUnavailable(
        "The metadata database does not answer; the request was not carried out. "
        "It is tried again by itself; see /readyz."
    )


def is_connection_fault(exc: DBAPIError) -> bool:
    """True when the connection, not the statement, failed."""
    sqlstate = getattr(exc.orig, "pgcode", None)
    if exc.connection_invalidated:
        return True
    if sqlstate is None:
        return isinstance(exc.orig, psycopg2.OperationalError | psycopg2.InterfaceError)
    return str(sqlstate).startswith("08") or sqlstate in {
        "57P01",
        "57P02",
        "57P03",
        "53300",
        "25P03",
    }


def notify(session: Session, channel: str, payload: str = "") -> None:
    """Send a NOTIFY that is delivered when the caller's transaction commits."""
    session.execute(
        text("select pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )


def announce(session: Session, channel: str, payload: str) -> None:
    """Tell listeners in a moment, once the caller's transaction has committed.

    For what happens in every run: a NOTIFY in its transaction would hold up those of all others.
    What a process that dies in this moment has not told stays untold.
    """
    session.info.setdefault(_ANNOUNCED, []).append((channel, payload))


def log_committed(
    session: Session, logger: logging.Logger, event: str, fields: Mapping[str, object]
) -> None:
    """Log it once the caller's transaction has committed; what is rolled back never happened."""
    session.info.setdefault(_TO_LOG, []).append((logger, event, fields))
