"""Executes an export with parameter sets: one file after the other, each published by its own.

The sets of a run are written into the ledger once, before the first query. A set that fails does
not stop the others. An attempt that begins later goes on with those that are not done, and what is
published is marked so in the same transaction: nothing is published twice, and nothing is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, Settings
from connectors.base import (
    SessionTags,
    SourceCancelled,
    SourceDriverMissing,
    SourceError,
    SourceLoginFailed,
    SourceUnreachable,
)
from connectors.registry import connector_for
from execution.context import ActiveRun
from execution.export import export
from execution.failures import NO_PROGRESS, failure_of
from execution.publishing import examining_of
from execution.snapshot import JobNotExecutable, JobSnapshot, SetsOfRun
from metadb.engine import MetadataUnavailable
from models import Dataset, DatasetVersion, Job
from services import job_kinds, publication, run_sets, set_answers, set_publication, set_targets
from services.guards import guard_message
from services.ledger import AttemptKey, Failure, fail
from services.parameter_sets import MAX_SETS, ParameterSet, chosen_of
from services.publication import AttemptNotCurrent, GuardFailed, Manifest, Published
from services.run_sets import PlannedSet, SetEntry, Tally
from vocabulary import ErrorClass, Reason

log = logging.getLogger(__name__)

Persist = Callable[[Callable[[Session], Any]], Any]
NAMED = 10
# One set may take the line down with it; a source that is away fails every set.
UNREACHABLE_IN_A_ROW = 2


class SetsFailed(SourceError):
    """Some sets of the run have no new file; the others are published and stay so."""

    code = "sets_failed"
    status = 409


@dataclass
class SetRun:
    """A run with sets in progress."""

    run: ActiveRun
    job: JobSnapshot
    sets: SetsOfRun
    settings: Settings
    persist: Persist
    retry_after_s: float = 0
    unreachable: int = 0
    stopped_by: AutomacaoError | None = field(default=None)

    @property
    def key(self) -> AttemptKey:
        return self.run.key

    def carry_out(self) -> Tally:
        """Every set that is not done. Raises SetsFailed, GuardFailed, or what stopped the run."""
        for entry in self._entries():
            if self.run.stop_reason is not None:
                raise SourceCancelled("The run was stopped between two of its sets.")
            try:
                self._publish(entry)
            except (AttemptNotCurrent, MetadataUnavailable):
                raise
            except GuardFailed as exc:
                log.error("set_held", extra={"set": entry.position, "problem": exc.message})
            except AutomacaoError as exc:
                self._fail(entry, exc)
            else:
                self.unreachable = 0
            if self.stopped_by is not None:
                break
        return self._ended()

    # --- which sets there are

    def _entries(self) -> Sequence[SetEntry]:
        known: Sequence[SetEntry] | None = self.persist(
            lambda session: run_sets.open_sets(session, self.key)
        )
        if known is not None:
            self._check_unchanged(known)
            return known
        sets = self._asked() if self.sets.found.query is not None else self.sets.found.sets
        planned: Sequence[SetEntry] = self.persist(lambda session: self._planned(session, sets))
        return planned

    def _check_unchanged(self, entries: Sequence[SetEntry]) -> None:
        """An earlier attempt wrote them down for the job as it was then."""
        sets = self.sets
        for entry in entries:
            one = ParameterSet(entry.label, entry.values)
            if not sets.found.fits(one.values) or entry.target != sets.names.on_day(
                one, data=sets.data, fim=sets.fim
            ):
                raise JobNotExecutable(
                    f"The job {self.job.job_name!r} was changed after this run had written down "
                    "its sets. Run it again; what is published stays."
                )

    def _asked(self) -> Sequence[ParameterSet]:
        """What the query for the sets answers. No transaction is open meanwhile."""
        job = self.job
        with connector_for(job.spec.kind).open(
            job.spec,
            tags=SessionTags(job.job_name, self.key.run_id),
            time_limit_s=min(job.time_limit_s, set_answers.TIME_LIMIT_S),
            time_zone=job.time_zone,
            binds=self.sets.query_dates,
        ) as source:
            self.run.attach(source)
            columns, rows = source.fetch(self.sets.found.query or "", MAX_SETS + 1)
            self.run.detach()
        return set_answers.sets_in(self.sets.found, columns, rows)

    def _planned(self, session: Session, sets: Sequence[ParameterSet]) -> Sequence[SetEntry]:
        """Write the sets of the run; none may write another's file, or another job's."""
        # The job before the run, as everybody does who locks both.
        held = {"read": True, "key_share": True}
        job = session.get(Job, self.job.job_id, with_for_update=held)
        if job is None:
            raise JobNotExecutable(f"The job {self.job.job_name!r} was deleted before it ran.")
        publication.pass_fence(session, self.key)
        known = run_sets.open_sets(session, self.key)
        if known is not None:  # the answer to the commit was lost
            return known
        names, roots = self.sets.names, self.settings.paths.export_roots
        set_targets.refuse_same_files(sets, [names.fixed(one) for one in sets])
        chosen = chosen_of(sets, self.sets.chosen)
        files = [names.on_day(one, data=self.sets.data, fim=self.sets.fim) for one in chosen]
        set_targets.refuse_same_files(chosen, files)
        numbers = set_targets.attach_sets(
            session, job, names, chosen, roots=roots, are_all=self.sets.chosen is None
        )
        run_sets.plan(
            session,
            self.key,
            [
                PlannedSet(one, numbers[one.label], file)
                for one, file in zip(chosen, files, strict=True)
            ],
        )
        return run_sets.open_sets(session, self.key) or ()

    # --- one of them

    def _publish(self, entry: SetEntry) -> None:
        job: JobSnapshot = self.persist(lambda session: self._begun(session, entry))
        log.info("set_started", extra={"set": entry.position})
        ended: list[Manifest] = []

        def publish(manifest: Manifest) -> Published:
            ended.append(manifest)
            return self._published(job, entry, manifest)

        warning = export(self.run, job, versions=self._versions, publish=publish)
        if warning is not None:
            log.warning("projection_delayed", extra={"set": entry.position, "problem": warning})
            self.persist(
                lambda session: run_sets.warn(session, self.key.run_id, entry.position, warning)
            )
        rows, size_bytes = ended[0].rows, ended[0].size_bytes
        log.info(
            "set_published", extra={"set": entry.position, "rows": rows, "size_bytes": size_bytes}
        )

    def _begun(self, session: Session, entry: SetEntry) -> JobSnapshot:
        """What this set executes; its dataset may have been released or restored meanwhile."""
        publication.pass_fence(session, self.key)
        run_sets.begin(session, self.key, entry.position)
        dataset = session.get(Dataset, entry.dataset_id or 0)
        if dataset is None or dataset.job_id not in (None, self.job.job_id):
            raise JobNotExecutable(
                f"The file of the set {entry.label!r} is another job's by now. Run the job again."
            )
        current = session.get(DatasetVersion, dataset.current_version_id or 0)
        return replace(
            self.job,
            sets=None,
            dataset_id=dataset.dataset_id,
            target=entry.target,
            data_as_of=session.scalar(select(func.clock_timestamp())) or self.job.data_as_of,
            kind=replace(self.job.kind, before=job_kinds.before_of(current, self._versions)),
            binds={**self.job.binds, **self.sets.found.binds(entry.values)},
        )

    def _published(self, job: JobSnapshot, entry: SetEntry, manifest: Manifest) -> Published:
        examining = examining_of(job, manifest, self.settings)
        published: Published = self.persist(
            lambda session: set_publication.publish_set(
                session, self.key, entry.position, manifest, examining
            )
        )
        if published.findings:
            raise GuardFailed(guard_message(published.findings))
        return published

    def _fail(self, entry: SetEntry, exc: AutomacaoError) -> None:
        """Record why the set has no new file; raises again what ends the whole run."""
        self.run.detach()
        has_stalled = self.run.goes_on()
        if self.run.stop_reason is not None:
            raise exc
        failure = NO_PROGRESS if has_stalled else failure_of(exc)
        self.persist(lambda session: self._failed(session, entry, failure))
        log.error(
            "set_failed",
            extra={"set": entry.position, "code": failure.code, "problem": failure.message},
        )
        self.retry_after_s = max(self.retry_after_s, failure.retry_after_s)
        self.unreachable = self.unreachable + 1 if isinstance(exc, SourceUnreachable) else 0
        is_away = self.unreachable >= UNREACHABLE_IN_A_ROW
        if is_away or isinstance(exc, SourceLoginFailed | SourceDriverMissing):
            self.stopped_by = exc

    def _failed(self, session: Session, entry: SetEntry, failure: Failure) -> None:
        publication.pass_fence(session, self.key)
        run_sets.fail(session, self.key, entry.position, failure)

    # --- the end

    def _ended(self) -> Tally:
        found, refusal = self.persist(self._closed)
        if refusal is not None:
            raise refusal
        tally: Tally = found
        return tally

    def _closed(self, session: Session) -> tuple[Tally, AutomacaoError | None]:
        """End the run where every set is done, or where guards alone are in the way."""
        publication.pass_fence(session, self.key)
        found = run_sets.tally(session, self.key.run_id)
        if found.done == found.total:
            run_sets.succeed(session, self.key, found)
            return found, None
        message = told(found)
        if len(found.failed) == found.total - found.done and all(
            one.code == GuardFailed.code for one in found.failed
        ):
            failure = Failure(GuardFailed.code, message, ErrorClass.PERMANENT)
            fail(session, self.key, failure, reason=Reason.GUARD)
            return found, GuardFailed(message)
        classes = [one.error_class for one in found.failed]
        worst = next(
            (each for each in (ErrorClass.TRANSIENT, ErrorClass.UNKNOWN) if each in classes),
            ErrorClass.PERMANENT,
        )
        if isinstance(self.stopped_by, SourceLoginFailed | SourceDriverMissing):
            worst = ErrorClass.PERMANENT
        return found, SetsFailed(message, error_class=worst, retry_after_s=self.retry_after_s)

    @property
    def _versions(self) -> Path:
        return self.settings.paths.versions


def told(found: Tally) -> str:
    """How many sets have a new file, and which have none."""
    sentences = [f"{found.done} of {found.total} sets were published."]
    if found.failed:
        names = ", ".join(one.label for one in found.failed[:NAMED])
        more = len(found.failed) - NAMED
        first = found.failed[0]
        sentences.append(f"Failed: {names}{f' and {more} more' if more > 0 else ''}.")
        sentences.append(f"The first one, {first.label}: {first.message}")
    left = found.total - found.done - len(found.failed)
    if left:
        sentences.append(f"{left} more were not tried.")
    return " ".join(sentences)
