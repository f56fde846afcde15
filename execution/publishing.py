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
from services.publication import GuardFailed, Manifest, Published

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
    versions = settings.paths.versions
    all_null = columns_without_value_of(manifest, versions) if job.guards.reads_values else []

    def attempt(session: Session) -> Published:
        return publication.publish_once(
            session,
            key,
            manifest,
            guards=job.guards,
            all_null=all_null,
            read_within_days=settings.data_api.unused_after_days,
        )

    published = persist(attempt)
    if published.findings:
        raise GuardFailed(guard_message(published.findings))
    return published


def columns_without_value_of(manifest: Manifest, versions: Path) -> list[str]:
    """Columns of a written version that hold no value, for guards that ask."""
    paths = [versions / name for name, _ in publication.parts(manifest)]
    table = VersionFile.of(paths, manifest.columns, manifest.form)
    return columns_without_value(table, limit_s=EXAMINE_LIMIT_S)
