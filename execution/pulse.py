"""A thread beside the queries: heartbeat, progress, requests to cancel, loss of ownership.

It shares nothing with the threads that execute runs, so a long query never delays a heartbeat.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from auxiliares import AutomacaoError
from execution.context import ActiveRuns, StopReason
from failpoints import failpoint
from metadb.engine import unit_of_work
from services import ledger, run_tables, workers
from services.clock import CLOCK_LIMIT_S, clock_ahead_s, is_apart
from services.ledger import AttemptKey, Progress

log = logging.getLogger(__name__)

TICK_S = 1.0
COMPLAIN_EVERY_S = 30.0


class Pulse(threading.Thread):
    """`rejoin()` is called when this worker's row was taken away: it registers again.

    `lost_after` and `max_attempts` are those of lost workers: a run that the ledger gives this
    worker and that it does not execute counts as lost too.
    """

    def __init__(
        self,
        active: ActiveRuns,
        *,
        worker_id: Callable[[], int],
        rejoin: Callable[[], None],
        heartbeat_s: float,
        lost_after: timedelta,
        max_attempts: int,
    ) -> None:
        super().__init__(name="pulse", daemon=True)
        self._active = active
        self._worker_id = worker_id
        self._rejoin = rejoin
        self._heartbeat_s = heartbeat_s
        self._lost_after = lost_after
        self._max_attempts = max_attempts
        self._stopping = threading.Event()
        self._beaten_at = 0.0
        self._complained_at = 0.0
        self._is_clock_apart = False
        self._told: dict[AttemptKey, Progress] = {}

    def run(self) -> None:
        while not self._stopping.wait(min(TICK_S, self._heartbeat_s)):
            try:
                self._tick()
            except (AutomacaoError, SQLAlchemyError) as exc:
                self._complain(exc)

    def stop(self) -> None:
        self._stopping.set()
        self.join(timeout=10)

    def _tick(self) -> None:
        if time.monotonic() - self._beaten_at >= self._heartbeat_s:
            self._beat()
        runs = {run.key: run for run in self._active.all()}
        self._told = {key: told for key, told in self._told.items() if key in runs}
        if not runs:
            return
        with unit_of_work() as session:
            ours = ledger.still_ours(session, set(runs))
            reached = {key: runs[key].progress() for key in ours}
            moved = {key: now for key, now in reached.items() if self._told.get(key) != now}
            ledger.record_progress(session, moved)
            for key in sorted(moved, key=lambda each: each.run_id):
                run_tables.record_progress(session, key, runs[key].tables())
        self._told |= moved
        for key, run in runs.items():
            if key not in ours:
                run.stop(StopReason.NOT_OURS)
            elif ours[key] is not None:
                run.stop(StopReason.CANCELLED)
            elif run.has_stalled(reached[key]):
                run.stop(StopReason.NO_PROGRESS)

    def _beat(self) -> None:
        if not self._beaten_at:
            failpoint("before_first_heartbeat")
        with unit_of_work() as session:
            ahead_s = clock_ahead_s(session, time.time)
            known = workers.beat(session, self._worker_id(), clock_ahead_s=ahead_s)
            dropped = workers.interrupt_dropped_runs(
                session,
                self._worker_id(),
                holding=lambda: {run.key for run in self._active.all()},
                lost_after=self._lost_after,
                max_attempts=self._max_attempts,
            )
        for key in dropped:
            log.warning("run_dropped", extra={"run_id": key.run_id, "attempt": key.attempt})
        if not known:
            self._active.stop_all(StopReason.NOT_OURS)
            self._rejoin()
        self._beaten_at = time.monotonic()
        self._watch_clock(ahead_s)

    def _watch_clock(self, ahead_s: float | None) -> None:
        """One line when the clocks part, and one when they agree again."""
        if ahead_s is None or is_apart(ahead_s) == self._is_clock_apart:
            return
        self._is_clock_apart = not self._is_clock_apart
        told = {"ahead_s": round(ahead_s, 1), "limit_s": CLOCK_LIMIT_S}
        if self._is_clock_apart:
            log.warning("clock_differs", extra=told)
        else:
            log.info("clock_agrees", extra=told)

    def _complain(self, exc: Exception) -> None:
        """One line per half minute while the database is away."""
        if time.monotonic() - self._complained_at >= COMPLAIN_EVERY_S:
            self._complained_at = time.monotonic()
            log.warning("heartbeat_failed", extra={"problem": str(exc)})
