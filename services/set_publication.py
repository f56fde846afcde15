"""The fenced transaction that publishes the version of one set; its run goes on."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import DatasetVersion, RunSet
from services import deliveries, publication, run_sets
from services import publication_steps as steps
from services.guards import Finding, guard_message
from services.ledger import AttemptKey
from services.publication import Examining, Manifest, Published
from vocabulary import ErrorClass, SetState


def publish_set(
    session: Session,
    key: AttemptKey,
    position: int,
    manifest: Manifest,
    examining: Examining,
) -> Published:
    """Record the version and the end of its set: published and done, or held back.

    All or nothing in the caller's transaction, and once: a set that has ended, because the answer
    to a commit was lost, is told as it has ended. Raises AttemptNotCurrent when the fence refuses,
    or VersionBeforeReplaced.
    """
    standing = steps.hold(session, key, manifest.dataset_id)
    publication.check_fence(key, standing)
    row = session.get_one(RunSet, (key.run_id, position), populate_existing=True)
    if row.state in (SetState.DONE, SetState.HELD) and row.version_id is not None:
        version = session.get_one(DatasetVersion, row.version_id)
        return Published(version.version_id, version.findings or ())
    findings, changes = publication.findings_of(session, manifest, standing, examining)
    version = DatasetVersion(
        **publication.members_of(manifest), run_id=key.run_id, attempt=key.attempt
    )
    if findings:
        return _hold(session, key, position, version, findings)
    session.add(version)
    session.flush()
    is_current = publication.move_pointer(session, version)
    if is_current:
        deliveries.queue(session, version)
    warning = publication.changes_told(changes)
    _end(session, key, position, version, state=SetState.DONE, warning=warning)
    return Published(version.version_id, is_current=is_current)


def _hold(
    session: Session,
    key: AttemptKey,
    position: int,
    version: DatasetVersion,
    findings: list[Finding],
) -> Published:
    version.held_at = session.scalar(select(func.clock_timestamp()))
    version.findings = cast("list[dict[str, Any]]", findings)
    session.add(version)
    session.flush()
    _end(
        session,
        key,
        position,
        version,
        state=SetState.HELD,
        error_code="guard_failed",
        error_message=guard_message(findings),
        error_class=ErrorClass.PERMANENT,
    )
    return Published(version.version_id, findings, is_current=False)


def _end(
    session: Session, key: AttemptKey, position: int, version: DatasetVersion, **values: object
) -> None:
    run_sets.change(
        session,
        key,
        position,
        version_id=version.version_id,
        rows=version.rows,
        size_bytes=version.size_bytes,
        finished_at=func.clock_timestamp(),
        **values,
    )
