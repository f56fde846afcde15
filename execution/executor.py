"""The worker's edge: takes an attempt from the queue to a final state in the ledger."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, Settings
from execution.context import ActiveRun, ActiveRuns, StopReason
from execution.export import export
from execution.failures import NO_PROGRESS, failure_of
from execution.gate import CANCELLED, pass_gate
from execution.movement import move_tables
from execution.publishing import publish_version
from execution.sets import SetRun
from execution.snapshot import JobSnapshot, SetsOfRun, has_empty_window, take_snapshot
from failpoints import failpoint
from logging_config import log_context
from metadb.engine import MetadataUnavailable, unit_of_work
from models import Worker
from services import admission, claiming, ledger, publication
from services.claiming import Claim
from services.ledger import AttemptKey, Failure
from services.movements import Movement
from services.publication import AttemptNotCurrent, GuardFailed, Manifest, Published
from services.queue_places import Place
from services.retries import RetryRule, wait_before_retry
from vocabulary import ErrorClass, Reason, WaitingFor

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_PAUSE_S = 1.0

STOPPED = Failure(
    "worker_stopped",
    "The worker was stopped while it executed this run; the run is repeated from the start.",
)
UNEXPECTED = "The run failed by a fault of the program itself; the log of this run has the details."


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attempt that was taken; `job` None: it could not be read in that transaction."""

    job: JobSnapshot | Movement | None


@dataclass
class Executor:
    """Executes attempts for one worker; `execute` is called from the queue's threads."""

    settings: Settings
    active: ActiveRuns
    worker: Worker

    def execute(self, run_id: int, attempt: int) -> None:
        """Claim the attempt and bring it to its end; returns quietly when it is not ours.

        A claim that fails because the metadata database is away leaves the run queued; the
        sweep offers it again. What waited for this run is offered as soon as it has ended.
        """
        key = AttemptKey(run_id, attempt)
        with log_context(run_id=run_id):
            try:
                claimed = self._claim(key)
            except MetadataUnavailable as exc:
                log.warning("claim_failed", extra={"problem": exc.message})
                return
            if claimed is not None:
                self._carry_on(key, claimed)

    def execute_next(self, place: Place) -> bool:
        """Take what comes next in the queue and bring it to its end; False: nothing was taken.

        Where anything stands in the way nothing is taken: the queue hands it out in its own way.
        """
        try:
            with unit_of_work() as session:
                found = claiming.claim_next(session, place, self.worker, zone=self._zone)
                if found is None:
                    return False
                job = (
                    take_snapshot(session, found.key, self.settings)
                    if found.claim.is_ours
                    else None
                )
        except (AutomacaoError, IntegrityError) as exc:
            log.debug("next_not_taken", extra={"problem": str(exc)})
            return False
        place.entry_id = found.entry_id
        with log_context(run_id=found.key.run_id):
            if found.claim.is_ours:
                self._carry_on(found.key, Claimed(job))
            else:
                _tell_unclaimed(found.key, found.claim)
        return True

    def _carry_on(self, key: AttemptKey, claimed: Claimed) -> None:
        failpoint("after_claim")
        with self.active.holding(key) as run:
            others_wait = self._carry_out(run, claimed)
        if others_wait:
            self._offer_waiting()

    def _claim(self, key: AttemptKey) -> Claimed | None:
        """Take the attempt and read its job; or leave it with what it waits for: None."""
        try:
            return self._claimed(key, lambda session: take_snapshot(session, key, self.settings))
        except MetadataUnavailable:
            raise
        except Exception:
            log.debug("job_unreadable", exc_info=True)
            return self._claimed(key, lambda _session: None)

    def _claimed(
        self, key: AttemptKey, read: Callable[[Session], JobSnapshot | Movement | None]
    ) -> Claimed | None:
        try:
            with unit_of_work() as session:
                claim = claiming.claim(session, key, self.worker, zone=self._zone)
                if claim.is_ours:
                    return Claimed(read(session))
        except IntegrityError:  # a run of the same job was claimed in this very moment
            claim = Claim(hindrance=WaitingFor.OVERLAP)
            with unit_of_work() as session:
                admission.park(session, key, WaitingFor.OVERLAP)
        _tell_unclaimed(key, claim)
        return None

    def _offer_waiting(self) -> None:
        """Let in what waited for the run that has ended; the daemon's beat does it otherwise."""
        try:
            with unit_of_work() as session:
                admission.offer(session, zone=self._zone)
        except MetadataUnavailable as exc:
            log.debug("offer_failed", extra={"problem": exc.message})

    @property
    def _zone(self) -> str:
        return self.settings.scheduler.time_zone

    def _carry_out(self, run: ActiveRun, claimed: Claimed) -> bool:
        """Bring the attempt to its end; False: nothing waits that could start now."""
        started = time.monotonic()
        try:
            return self._execute(run, claimed, started)
        except AttemptNotCurrent as exc:
            log.warning("publication_refused", extra={"problem": exc.message})
        except GuardFailed as exc:  # the transaction that held the version back ended the run
            log.error("run_failed", extra={"code": exc.code, "problem": exc.message})
        except AutomacaoError as exc:
            self._end(run, failure_of(exc), started)
        except Exception:  # the worker's edge: any fault ends the run, never the worker
            log.exception("run_crashed")
            self._end(run, Failure("internal_error", UNEXPECTED, ErrorClass.UNKNOWN), started)
        return True

    def _execute(self, run: ActiveRun, claimed: Claimed, started: float) -> bool:
        job = claimed.job or self._persist(
            lambda session: take_snapshot(session, run.key, self.settings)
        )
        run.no_progress_limit_s = job.no_progress_limit_s
        with log_context(job_id=job.job_id):
            log.info("run_started", extra={"attempt": run.key.attempt, "job_name": job.job_name})
            if has_empty_window(job):
                self._skip(run.key, job)
                return True
            if job.gate and not pass_gate(run, job, job.gate, persist=self._persist):
                return True
            if isinstance(job, Movement):
                self._move(run, job, started)
                return True
            if job.sets is not None:
                self._export_sets(run, job, job.sets, started)
                return True
            return self._export(run, job, started)

    def _move(self, run: ActiveRun, job: Movement, started: float) -> None:
        rows, size_bytes = move_tables(run, job, persist=self._persist)
        elapsed_ms = _elapsed_ms(started)
        log.info(
            "run_succeeded",
            extra={"rows": rows, "size_bytes": size_bytes, "duration_ms": elapsed_ms},
        )

    def _export_sets(
        self, run: ActiveRun, job: JobSnapshot, sets: SetsOfRun, started: float
    ) -> None:
        found = SetRun(run, job, sets, self.settings, self._persist).carry_out()
        log.info(
            "run_succeeded",
            extra={
                "sets": found.total,
                "rows": found.rows,
                "size_bytes": found.size_bytes,
                "duration_ms": _elapsed_ms(started),
            },
        )

    def _export(self, run: ActiveRun, job: JobSnapshot, started: float) -> bool:
        versions = self.settings.paths.versions
        ended: list[tuple[Manifest, Published]] = []

        def publish(manifest: Manifest) -> Published:
            published = publish_version(
                run.key, job, manifest, settings=self.settings, persist=self._persist
            )
            ended.append((manifest, published))
            return published

        warning = export(run, job, versions=versions, publish=publish)
        if warning is not None:
            log.warning("projection_delayed", extra={"problem": warning})
            self._persist(lambda session: publication.warn(session, run.key.run_id, warning))
        manifest, published = ended[0]
        log.info(
            "run_succeeded",
            extra={
                "rows": manifest.rows,
                "size_bytes": manifest.size_bytes,
                "duration_ms": _elapsed_ms(started),
            },
        )
        return published.others_wait

    def _skip(self, key: AttemptKey, job: JobSnapshot | Movement) -> None:
        """A window without days is no failure; the source is not asked."""
        nothing = Failure(
            "window_empty",
            f"There is nothing to read: the window would begin on {job.window_start:%d/%m/%Y} and "
            f"ends on {job.window_end:%d/%m/%Y}; the days before are loaded.",
        )
        self._persist(
            lambda session: ledger.skip(session, key, reason=Reason.WINDOW_EMPTY, failure=nothing)
        )
        log.info("run_skipped", extra={"reason": Reason.WINDOW_EMPTY})

    def _end(self, run: ActiveRun, failure: Failure, started: float) -> None:
        key, reason = run.key, run.stop_reason
        if reason == StopReason.NOT_OURS:
            log.warning("run_abandoned", extra={"attempt": key.attempt})
            return
        if reason == StopReason.CANCELLED:
            self._persist(lambda session: ledger.cancel(session, key, CANCELLED))
            log.info("run_cancelled", extra={"duration_ms": _elapsed_ms(started)})
        elif reason == StopReason.WORKER_STOPS:
            self._persist(
                lambda session: ledger.interrupt(
                    session,
                    key,
                    reason=Reason.WORKER_STOPPED,
                    failure=STOPPED,
                    max_attempts=self.settings.scheduler.max_attempts,
                )
            )
            log.warning("run_interrupted", extra={"attempt": key.attempt})
        else:
            self._fail(key, NO_PROGRESS if reason == StopReason.NO_PROGRESS else failure, started)

    def _fail(self, key: AttemptKey, failure: Failure, started: float) -> None:
        """Close the attempt; its run is tried again where that may help."""
        scheduler = self.settings.scheduler
        rule = RetryRule(scheduler.retry_limit, scheduler.retry_wait_s)

        def close(session: Session) -> float | None:
            wait_s = wait_before_retry(session, key, failure, rule)
            ledger.fail(session, key, failure, retry_in_s=wait_s)
            return wait_s

        retry_in_s = self._persist(close)
        log.log(
            logging.ERROR if retry_in_s is None else logging.WARNING,
            "run_failed" if retry_in_s is None else "run_fails_for_now",
            extra={
                "code": failure.code,
                "problem": failure.message,
                "error_class": failure.error_class,
                "duration_ms": _elapsed_ms(started),
                "retry_in_s": None if retry_in_s is None else round(retry_in_s),
            },
        )

    def _persist(self, action: Callable[[Session], T]) -> T:
        """Do this in a transaction, again and again while the metadata database is away.

        Ends when the attempt must long have been declared lost; the fence then refuses it.
        """
        give_up = time.monotonic() + 3 * self.settings.scheduler.lost_after_s
        while True:
            try:
                with unit_of_work() as session:
                    return action(session)
            except MetadataUnavailable:
                if time.monotonic() > give_up:
                    raise
                time.sleep(RETRY_PAUSE_S)


def _tell_unclaimed(key: AttemptKey, claim: Claim) -> None:
    if claim.hindrance is None:
        log.info("claim_refused", extra={"attempt": key.attempt})
    else:
        log.info("run_waits", extra={"attempt": key.attempt, "waiting_for": claim.hindrance})


def _elapsed_ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
