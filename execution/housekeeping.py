"""What the daemon sweeps: lost runs, projections, old versions, left-over files."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from auxiliares import AutomacaoError, Settings
from datafiles.companions import COMPANIONS, sweep_companions
from datafiles.durable import sweep_leftovers
from datafiles.projection import ensure_projected, withdraw
from datafiles.upserting import sweep_merges
from datafiles.version_writer import remove_version_file
from execution.projecting import place_newest
from failpoints import failpoint
from metadb.engine import unit_of_work
from models import DatasetVersion
from services import admission, ledger, notifications, publication, versions, workers
from services.ledger import AttemptKey

log = logging.getLogger(__name__)

WORKERS_KEPT = timedelta(days=7)
NOTIFICATIONS_KEPT = timedelta(days=90)
# What execution/export.py names a file by: the run, its attempt, and what tells parts apart.
ATTEMPT_FILE = re.compile(r"(\d+)-(\d+)(?!\d)")


def sweep_runs(settings: Settings) -> None:
    """Interrupt runs of lost workers, repeat interrupted ones, queue stranded ones again."""
    lost_after = timedelta(seconds=settings.scheduler.lost_after_s)
    with unit_of_work() as session:
        lost = workers.interrupt_lost_runs(
            session, lost_after=lost_after, max_attempts=settings.scheduler.max_attempts
        )
    for key in lost:
        log.warning("run_interrupted", extra={"run_id": key.run_id, "attempt": key.attempt})
    with unit_of_work() as session:
        repeated = workers.repeat_interrupted_runs(session)
        stranded = workers.requeue_stranded_runs(session, lost_after=lost_after)
        workers.drop_ended_entries(session, lost_after=lost_after)
    for run in repeated:
        log.info("run_repeated", extra={"run_id": run.run_id, "attempt": run.attempt})
    for run in stranded:
        log.warning("run_queued_again", extra={"run_id": run.run_id, "attempt": run.attempt})


def offer_waiting(settings: Settings) -> None:
    """Let in what waited for a moment: its time, the end of quiet hours or of maintenance."""
    with unit_of_work() as session:
        offered = admission.offer(session, zone=settings.scheduler.time_zone)
    for run_id in offered:
        log.debug("run_offered", extra={"run_id": run_id})


def repair_projections(settings: Settings) -> None:
    """Put every dataset's current version at its target path where it is not there."""
    with unit_of_work() as session:
        current = publication.current_projections(session)
        stale = publication.stale_parts(session)
    folder = settings.paths.versions
    for version in current:
        placed = [_repair(folder / name, Path(to)) for name, to in publication.parts(version)]
        if any(placed):  # a newer one may have been published since they were listed
            place_newest(
                version.dataset_id,
                Path(version.target_path),
                placed=version.version_id,
                versions=folder,
            )
    for name, target in stale:
        if withdraw(settings.paths.versions / name, Path(target)):
            log.warning("projection_withdrawn", extra={"target": target})


def _repair(source: Path, target: Path) -> bool:
    """True when the file was placed."""
    try:
        if not ensure_projected(source, target):
            return False
    except AutomacaoError as exc:
        log.warning("projection_failed", extra={"target": str(target), "problem": exc.message})
        return False
    log.warning("projection_repaired", extra={"target": str(target)})
    return True


def remove_leftovers(settings: Settings) -> None:
    """Remove temporary files of killed writers; those of living ones are locked and stay."""
    for folder in (settings.paths.versions, *settings.paths.export_roots):
        for path in sweep_leftovers(folder, older_than_s=0):
            log.info("leftover_removed", extra={"file": str(path)})


def remove_old_versions(settings: Settings) -> None:
    """Unlink versions beyond those kept, and files no version knows."""
    with unit_of_work() as session:
        retired = versions.retire(
            session,
            keep=settings.scheduler.versions_kept,
            keep_days=settings.scheduler.versions_kept_days,
        )
        names = [name for version in retired for name, _ in publication.parts(version)]
    failpoint("mid_cleanup")
    for name in names:
        remove_version_file(settings.paths.versions / name)
    _remove_orphans(settings.paths.versions)
    sweep_merges(settings.paths.versions)
    for removed in sweep_companions(settings.paths.data / COMPANIONS):
        log.debug("companion_removed", extra={"companion": removed})


def _remove_orphans(folder: Path) -> None:
    """Files of attempts that ended without a version: killed, refused, or never come to publish.

    Files are listed before the ledger is read: an attempt that is over by then publishes no more,
    so what is found holds whatever a clock says and however long this process then stands still.
    Temporary files, which begin with a dot, have a sweep of their own.
    """
    if not folder.is_dir():
        return
    files = {
        file: AttemptKey(int(name[1]), int(name[2]))
        for file in folder.glob("*/*")
        if (name := ATTEMPT_FILE.match(file.name)) and file.is_file()
    }
    with unit_of_work() as session:
        # In this order: what is published between the two is of an attempt that was open.
        open_attempts = ledger.open_attempts(session)
        there = session.scalars(select(DatasetVersion).where(DatasetVersion.removed_at.is_(None)))
        known = {name for version in there for name, _ in publication.parts(version)}
    for file, key in files.items():
        if key not in open_attempts and file.relative_to(folder).as_posix() not in known:
            remove_version_file(file)


def forget_workers() -> None:
    """Delete rows of workers that are long gone."""
    with unit_of_work() as session:
        workers.forget_old_workers(session, keep=WORKERS_KEPT)


def forget_notifications() -> None:
    """Delete what was sent or given up long ago."""
    with unit_of_work() as session:
        notifications.forget_old(session, keep=NOTIFICATIONS_KEPT)
