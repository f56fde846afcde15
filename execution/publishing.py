"""From a written version to the fenced transaction: examine what guards ask for, then publish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from auxiliares import Settings
from datafiles.version_tables import VersionFile, columns_without_value
from execution.snapshot import JobSnapshot
from services import publication
from services.guards import guard_message
from services.ledger import AttemptKey
from services.publication import Examining, GuardFailed, Manifest, Published

EXAMINE_LIMIT_S = 600.0

Persist = Callable[[Callable[[Session], Published]], Published]


def publish_version(
    key: AttemptKey,
    job: JobSnapshot,
    manifest: Manifest,
    *,
    settings: Settings,
    persist: Persist,
) -> Published:
    """Publish, whatever happens to the line: a commit whose answer was lost is looked up.

    `persist` does something in a transaction, again while the database is away. Raises
    AttemptNotCurrent, or GuardFailed once the version is recorded and held back: the run has
    ended then.
    """
    examining = examining_of(job, manifest, settings)
    published = persist(
        lambda session: publication.publish_once(session, key, manifest, examining=examining)
    )
    if published.findings:
        raise GuardFailed(guard_message(published.findings))
    return published


def examining_of(job: JobSnapshot, manifest: Manifest, settings: Settings) -> Examining:
    """What a written version of the job is examined for. Reads it where a guard asks for values."""
    all_null = (
        _columns_without_value(manifest, settings.paths.versions) if job.guards.reads_values else []
    )
    return Examining(job.guards, all_null, settings.data_api.unused_after_days)


def _columns_without_value(manifest: Manifest, versions: Path) -> list[str]:
    paths = [versions / name for name, _ in publication.parts(manifest)]
    table = VersionFile.of(paths, manifest.columns, manifest.form)
    return columns_without_value(table, limit_s=EXAMINE_LIMIT_S)
