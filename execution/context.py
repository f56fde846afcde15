"""The runs this process executes right now: their progress, and how to stop them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from services.ledger import AttemptKey


class StopReason(StrEnum):
    """Why a run in progress was told to stop."""

    CANCELLED = "cancelled"
    WORKER_STOPS = "worker_stops"
    NOT_OURS = "not_ours"


class Cancellable(Protocol):
    """A source session in use."""

    def cancel(self) -> None: ...


class Progress(Protocol):
    """Counts what has been written so far."""

    @property
    def rows_written(self) -> int: ...

    @property
    def bytes_written(self) -> int: ...


class ActiveRun:
    """One attempt in progress. The thread that executes it attaches what can be stopped."""

    def __init__(self, key: AttemptKey) -> None:
        self.key = key
        self._lock = threading.Lock()
        self._session: Cancellable | None = None
        self._progress: Progress | None = None
        self.stop_reason: StopReason | None = None

    def attach(self, session: Cancellable) -> None:
        """From now on `stop()` cancels this session; at once if it was called before."""
        with self._lock:
            self._session = session
            late = self.stop_reason is not None
        if late:
            session.cancel()

    def detach(self) -> None:
        """The query has ended; it is too late to cancel it."""
        with self._lock:
            self._session = None

    def watch(self, progress: Progress) -> None:
        self._progress = progress

    def progress(self) -> tuple[int, int] | None:
        """(rows, bytes) written so far, None before the first."""
        progress = self._progress
        return (progress.rows_written, progress.bytes_written) if progress else None

    def stop(self, reason: StopReason) -> None:
        """Stop the query in the database; the first reason stands."""
        with self._lock:
            if self.stop_reason is not None:
                return
            self.stop_reason = reason
            session = self._session
        if session is not None:
            session.cancel()


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
