"""The runs this process executes right now: their progress, and how to stop them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from services.ledger import AttemptKey, Progress
from services.run_tables import TableProgress
from vocabulary import Phase


class StopReason(StrEnum):
    """Why a run in progress was told to stop."""

    CANCELLED = "cancelled"
    NO_PROGRESS = "no_progress"
    WORKER_STOPS = "worker_stops"
    NOT_OURS = "not_ours"


class Cancellable(Protocol):
    """A source session in use."""

    def cancel(self) -> None: ...


class Counter(Protocol):
    """Counts what has been written so far."""

    @property
    def rows_written(self) -> int: ...

    @property
    def bytes_written(self) -> int: ...


Tables = Callable[[], Sequence[TableProgress]]


class ActiveRun:
    """One attempt in progress. The thread that executes it attaches what can be stopped.

    `no_progress_limit_s`: how long its rows and bytes may stand still; None: for ever.
    """

    def __init__(self, key: AttemptKey) -> None:
        self.key = key
        self._lock = threading.Lock()
        self._session: Cancellable | None = None
        self._counter: Counter | None = None
        self._was_attached = False
        self._moved_at = time.monotonic()
        self._moved_to: Progress | None = None
        self.tables: Tables = list
        self.stop_reason: StopReason | None = None
        self.no_progress_limit_s: float | None = None

    def attach(self, session: Cancellable) -> None:
        """From now on `stop()` cancels this session; at once if it was called before."""
        with self._lock:
            self._session = session
            self._was_attached = True
            late = self.stop_reason is not None
        if late:
            _cancel(session)

    def detach(self) -> None:
        """The query has ended; it is too late to cancel it."""
        with self._lock:
            self._session = None

    def watch(self, counter: Counter, tables: Tables | None = None) -> None:
        """`tables`: how far those are that are being moved, for a run that moves some."""
        self._counter = counter
        if tables is not None:
            self.tables = tables

    def progress(self) -> Progress:
        """How far it is; the phase follows from what the executing thread has reached."""
        counter = self._counter
        rows = counter.rows_written if counter else None
        size_bytes = counter.bytes_written if counter else None
        if self._session is None:
            phase = Phase.PUBLISHING if self._was_attached else Phase.CONNECTING
        else:
            phase = Phase.WRITING if rows and rows > 0 else Phase.QUERYING
        return Progress(phase, rows, size_bytes)

    def has_stalled(self, progress: Progress) -> bool:
        """Whether `progress`, seen again and again, has stood still for longer than it may.

        Only while the query runs: publishing has nothing left that could be stopped.
        """
        now = time.monotonic()
        if progress != self._moved_to:
            self._moved_to, self._moved_at = progress, now
        limit_s = self.no_progress_limit_s
        if limit_s is None or progress.phase not in (Phase.QUERYING, Phase.WRITING):
            return False
        return now - self._moved_at > limit_s

    def stop(self, reason: StopReason) -> None:
        """Stop the query in the database; the first reason stands."""
        with self._lock:
            if self.stop_reason is not None:
                return
            self.stop_reason = reason
            session = self._session
        if session is not None:
            _cancel(session)

    def goes_on(self) -> bool:
        """Whether a query was stopped only because it stood still: the run may begin another."""
        with self._lock:
            if self.stop_reason is not StopReason.NO_PROGRESS:
                return False
            self.stop_reason = None
            self._moved_at = time.monotonic()
            return True


def _cancel(session: Cancellable) -> None:
    """In a thread of its own: a server that is slow to answer must not delay a heartbeat."""
    threading.Thread(target=session.cancel, name="cancel", daemon=True).start()


class ActiveRuns:
    """Every attempt this process executes; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[AttemptKey, ActiveRun] = {}

    @contextmanager
    def holding(self, key: AttemptKey) -> Iterator[ActiveRun]:
        run = ActiveRun(key)
        with self._lock:
            self._runs[key] = run
        try:
            yield run
        finally:
            with self._lock:
                del self._runs[key]

    def all(self) -> list[ActiveRun]:
        with self._lock:
            return list(self._runs.values())

    def stop_all(self, reason: StopReason) -> None:
        for run in self.all():
            run.stop(reason)
