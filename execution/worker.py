"""The thread that takes entries from the queue and hands them to the executor."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from execution.context import ActiveRuns, StopReason
from services import queue
from services.queue_places import Place

log = logging.getLogger(__name__)

# A notification that comes while the library looks for entries is forgotten by it.
POLL_S = 0.2
PAUSE_S = 1.0
COMPLAIN_EVERY = 30
SPARE_THREADS = 4
# The library prunes workers silent for longer; its own heartbeat is far below that.
QUEUE_HEARTBEAT_S = 5.0


class QueueWorker(threading.Thread):
    """procrastinate's worker in a loop of its own, restarted whenever the database was away."""

    def __init__(
        self,
        *,
        connection: Callable[[], dict[str, Any]],
        execute: Callable[[int, int], None],
        execute_next: Callable[[Place], bool],
        active: ActiveRuns,
        concurrency: int,
        lost_after_s: float,
    ) -> None:
        super().__init__(name="queue-worker")
        self._connection = connection
        self._execute = execute
        self._execute_next = execute_next
        self._active = active
        self._concurrency = concurrency
        self._lost_after_s = lost_after_s
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        # psycopg cannot use the proactor loop, which is the default on Windows.
        factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
        with asyncio.Runner(loop_factory=factory) as runner:
            self._loop = runner.get_loop()
            # The library runs tasks in the default executor, which is smaller than concurrency.
            self._loop.set_default_executor(
                ThreadPoolExecutor(self._concurrency + SPARE_THREADS, "run")
            )
            runner.run(self._serve())

    async def _serve(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._task = asyncio.create_task(self._work())
            try:
                await self._task
                failures = 0
            except asyncio.CancelledError:
                break
            except Exception as exc:  # noqa: BLE001 - the worker's edge: the queue may fail, we go on
                if failures % COMPLAIN_EVERY == 0:
                    log.warning("queue_unavailable", extra={"problem": str(exc).strip()})
                failures += 1
            await asyncio.sleep(PAUSE_S)

    async def _work(self) -> None:
        app, manager = queue.worker_app(
            self._connection(), self._execute_all, places=self._concurrency
        )
        try:
            await app.open_async()
            # Opening may swallow the one request to end, when a line breaks or heals just then.
            if self._stopping.is_set():
                return
            await app.run_worker_async(
                queues=[queue.QUEUE],
                concurrency=self._concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL_S,
                update_heartbeat_interval=min(QUEUE_HEARTBEAT_S, self._lost_after_s / 3),
                stalled_worker_timeout=self._lost_after_s,
                delete_jobs="always",
            )
        finally:
            with suppress(queue.ConnectorException):  # the sweep finds what was left
                await manager.leave()
            # A pool whose opening was cancelled keeps its tasks, and they take a second cancelling
            # for a failed connection: only closing it ends them.
            await app.close_async()

    def _execute_all(self, place: Place, run_id: int, attempt: int) -> None:
        """Execute the attempt, and what comes next in the queue as long as there is anything."""
        self._execute(run_id, attempt)
        while not self._stopping.is_set() and self._execute_next(place):
            pass

    def stop(self, grace_s: float) -> None:
        """Take nothing new, let running attempts end for `grace_s`, then interrupt them."""
        self._stopping.set()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._cancel)
        self.join(timeout=grace_s)
        if self.is_alive():
            self._active.stop_all(StopReason.WORKER_STOPS)
            self.join()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
