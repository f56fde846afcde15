"""The daemon: writes due occurrences into the ledger and executes runs.

`python schedule.py` does both; `--worker` only executes, for a second machine.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from types import FrameType

from auxiliares import AutomacaoError, Settings, load_settings, unknown_keys
from connectors.postgres_reserve import keep_sessions
from execution import housekeeping
from execution.context import ActiveRuns
from execution.deliver import DELIVERERS, Deliverer
from execution.executor import Executor
from execution.notify import Notifier
from execution.preparer import Preparer
from execution.pulse import Pulse
from execution.worker import QueueWorker
from logging_config import configure_logging
from metadb.database import MetadataDatabase
from metadb.engine import (
    MetadataUnavailable,
    current_address,
    open_lines,
    raw_connection,
    unit_of_work,
)
from metadb.migrate import migrate
from metadb.patience import until_available
from models import Worker
from services import adoption, occurrences, planning, workers
from services.first_start import prepare
from timing.beat import Beat

log = logging.getLogger("schedule")


TICK_S = 1
RELOAD_S = 60
SWEEP_S = 2
REPAIR_S = 30
RETENTION_S = 300
CHORES_GRACE_S = 5.0
DELIVERER_STOP_S = 10.0
# Threads beside those of the runs that use the metadata database now and then.
DUTIES = 6
# Longer than everything below takes on a database that answers; one that hangs holds a stop no
# longer. What was not written down then is found as after a kill.
LEAVE_LIMIT_S = 45.0


class Daemon:
    """One process: a worker, and with `is_scheduler` the beat that enqueues."""

    def __init__(
        self, settings: Settings, *, is_scheduler: bool, adopted_until: int | None = None
    ) -> None:
        """`adopted_until`: where the adoption of jobs of the existing system goes on."""
        self.settings = settings
        self.adopted_until = adopted_until
        self.is_scheduler = is_scheduler
        self.active = ActiveRuns()
        self.stopping = threading.Event()
        self._has_left = threading.Event()
        self.next_due_in_s: float | None = None
        self.executor = Executor(settings, self.active, self._register())
        self.pulse = Pulse(
            self.active,
            worker_id=lambda: self.executor.worker.worker_id,
            rejoin=self._rejoin,
            heartbeat_s=settings.scheduler.heartbeat_s,
            lost_after=timedelta(seconds=settings.scheduler.lost_after_s),
            max_attempts=settings.scheduler.max_attempts,
        )
        self.deliverers = [Deliverer(settings) for _ in range(DELIVERERS)]
        self.notifier = Notifier(settings)
        self.preparer = Preparer(settings)
        self.queue_worker = QueueWorker(
            connection=lambda: current_address().keywords(),
            execute=self.executor.execute,
            execute_next=self.executor.execute_next,
            active=self.active,
            concurrency=settings.scheduler.concurrency,
            lost_after_s=settings.scheduler.lost_after_s,
        )

    def _register(self) -> Worker:
        host = socket.gethostname()
        with unit_of_work() as session:
            return workers.register(
                session,
                name=f"{host}:{os.getpid()}",
                host=host,
                pid=os.getpid(),
                is_scheduler=self.is_scheduler,
                concurrency=self.settings.scheduler.concurrency,
            )

    def _rejoin(self) -> None:
        self.executor.worker = self._register()
        log.warning("worker_registered_again")

    def beat(self) -> Beat:
        """What happens how often."""
        beat = Beat()
        if self.is_scheduler:
            beat.every(TICK_S, self.enqueue_due, "enqueue_due")
            beat.every(RELOAD_S, self.reload, "reload")
        beat.every(TICK_S, lambda: housekeeping.offer_waiting(self.settings), "offer_waiting")
        beat.every(SWEEP_S, lambda: housekeeping.sweep_runs(self.settings), "sweep_runs")
        return beat

    def chores(self) -> Beat:
        """What reads and removes files, however slow their disk is: it delays no occurrence."""
        settings = self.settings
        beat = Beat()
        beat.every(REPAIR_S, lambda: housekeeping.repair_projections(settings), "projections")
        beat.every(REPAIR_S, lambda: housekeeping.remove_leftovers(settings), "leftovers")
        beat.every(RETENTION_S, lambda: housekeeping.remove_old_versions(settings), "old_versions")
        beat.every(RETENTION_S, self.adopt_jobs, "adopt_jobs")
        if self.is_scheduler:
            beat.every(RETENTION_S, housekeeping.forget_workers, "forget_workers")
            beat.every(RETENTION_S, housekeeping.forget_notifications, "forget_notifications")
        return beat

    def adopt_jobs(self) -> None:
        """Go on where the start left off."""
        if self.adopted_until is not None:
            self.adopted_until = adoption.adopt_jobs(
                self.settings, is_over=self.stopping.is_set, after=self.adopted_until
            )

    def _do_chores(self) -> None:
        beat = self.chores()
        beat.run_now("adopt_jobs")
        beat.run_now("old_versions")  # a daemon that died in the middle of it has left some
        while not self.stopping.wait(min(max(beat.idle_s(), 0.01), TICK_S)):
            beat.run_pending()

    def enqueue_due(self) -> None:
        """Write what is due and remember when the next occurrence comes."""
        scheduler = self.settings.scheduler
        with unit_of_work() as session:
            runs = occurrences.enqueue_due(
                session,
                default_zone=scheduler.time_zone,
                missed_within=timedelta(hours=scheduler.missed_within_hours),
            )
            self.next_due_in_s = planning.seconds_to_next(session)
        for run in runs:
            log.info("run_queued", extra={"run_id": run.run_id, "job_id": run.job_id})

    def reload(self) -> None:
        """Plan every active job again, whoever changed it."""
        with unit_of_work() as session:
            changed = planning.reload_jobs(session, default_zone=self.settings.scheduler.time_zone)
        if changed:
            log.info("jobs_reloaded", extra={"changed": changed})

    def run(self) -> None:
        """Serve until `stopping` is set, then let running attempts end and leave."""
        threading.Thread(target=self._leave_in_time, name="leaving", daemon=True).start()
        self.pulse.start()
        open_lines(self.settings.scheduler.concurrency)
        self.queue_worker.start()
        chores = threading.Thread(target=self._do_chores, name="chores", daemon=True)
        chores.start()
        for deliverer in self.deliverers:
            deliverer.start()
        self.notifier.start()
        self.preparer.start()
        beat = self.beat()
        log.info("daemon_started", extra={"scheduler": self.is_scheduler})
        if self.is_scheduler:
            beat.run_now("reload")
        while not self.stopping.is_set() and self.queue_worker.is_alive():
            beat.run_pending()
            self.stopping.wait(self._pause(beat))
            if (
                self.is_scheduler
                and self.next_due_in_s is not None
                and self.next_due_in_s <= TICK_S
            ):
                beat.run_now("enqueue_due")
        self.stopping.set()
        self._leave()
        chores.join(CHORES_GRACE_S)
        self._has_left.set()

    def _leave_in_time(self) -> None:
        """End the process when it has not left long after it was asked to."""
        self.stopping.wait()
        limit_s = self.settings.scheduler.stop_grace_s + LEAVE_LIMIT_S
        if not self._has_left.wait(limit_s):
            log.error("daemon_left_unfinished", extra={"after_s": limit_s})
            os._exit(1)

    def _pause(self, beat: Beat) -> float:
        """Sleep to the next beat, or just to the next occurrence when that is sooner."""
        idle = min(max(beat.idle_s(), 0.01), TICK_S)
        if self.is_scheduler and self.next_due_in_s is not None:
            return min(idle, max(self.next_due_in_s, 0.01))
        return idle

    def _leave(self) -> None:
        log.info("daemon_stopping", extra={"running": len(self.active.all())})
        for deliverer in self.deliverers:
            deliverer.ask_to_stop()
        self.notifier.ask_to_stop()
        self.preparer.ask_to_stop()
        self.queue_worker.stop(self.settings.scheduler.stop_grace_s)
        for deliverer in self.deliverers:
            deliverer.join(DELIVERER_STOP_S)
        self.notifier.join(DELIVERER_STOP_S)
        self.preparer.join(DELIVERER_STOP_S)
        self.pulse.stop()
        try:
            with unit_of_work() as session:
                workers.retire(session, self.executor.worker.worker_id)
        except MetadataUnavailable as exc:
            log.warning("farewell_failed", extra={"problem": exc.message})
        log.info("daemon_stopped")


def _stop_on_signals(stopping: threading.Event) -> None:
    """The first signal asks to stop, the second ends the process.

    A thread hears them: the main one may wait for a database that hangs.
    """
    names = ["SIGINT", "SIGTERM"] + (["SIGBREAK"] if sys.platform == "win32" else [])
    numbers = {int(getattr(signal, name)) for name in names}
    hearing, telling = socket.socketpair()
    telling.setblocking(False)

    def hear() -> None:
        for told in iter(lambda: hearing.recv(1)[0], None):
            if told in numbers and stopping.is_set():
                os._exit(128 + told)
            if told in numbers:
                stopping.set()

    def leave_to_the_thread(_number: int, _frame: FrameType | None) -> None:
        telling.fileno()  # which stays open as long as the handler is there

    signal.set_wakeup_fd(telling.fileno())
    for number in numbers:
        signal.signal(number, leave_to_the_thread)
    threading.Thread(target=hear, name="signals", daemon=True).start()


def main(arguments: Sequence[str]) -> int:
    """Command line of the daemon; returns the exit code."""
    parser = argparse.ArgumentParser(prog="schedule.py", description=__doc__)
    parser.add_argument("--worker", action="store_true", help="only execute runs, do not schedule")
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    _stop_on_signals(stopping)
    try:
        settings = load_settings()
    except AutomacaoError as exc:
        sys.stderr.write(exc.message + "\n")
        return 1
    handle = configure_logging("worker" if options.worker else "schedule")
    for key in unknown_keys():
        log.warning("setting_unknown", extra={"key": key})
    database = MetadataDatabase(settings, kept=settings.scheduler.concurrency + DUTIES)

    def begin() -> Daemon:
        database.open()
        migrate(wall_clock_zone=settings.scheduler.time_zone)
        first = prepare(settings)
        sys.stdout.write(first.announcement)
        sys.stdout.flush()
        return Daemon(settings, is_scheduler=not options.worker, adopted_until=first.adopted_until)

    try:
        daemon = until_available(begin, stopping, log)
        if daemon is None:
            return 0
        handle.attach_table(raw_connection)
        keep_sessions(settings.scheduler.concurrency)
        daemon.stopping = stopping
        daemon.run()
    except AutomacaoError as exc:
        log.error("daemon_cannot_start", extra={"problem": exc.message})
        return 1
    finally:
        handle.close()
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
