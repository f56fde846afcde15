"""The fenced transaction that makes a version the one readers get, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from auxiliares import AutomacaoError
from datafiles.formats.form import EXTENSION_MEMBERS, differs_in_extension
from models import Dataset, DatasetVersion, Run
from services import deliveries, ledger, notification_events, run_sets, windows
from services import publication_steps as steps
from services.guards import (
    HISTORY,
    Before,
    Candidate,
    Finding,
    Guards,
    column_changes,
    examine,
    guard_message,
    sentence_of,
)
from services.ledger import AttemptKey, Failure
from services.publication_steps import Standing
from services.reader_findings import with_readers
from vocabulary import ErrorClass, Reason

NO_GUARDS = Guards()
READ_WITHIN_DAYS = 90
UNRELATED = 0


class AttemptNotCurrent(AutomacaoError):
    """This attempt was declared lost meanwhile; what it made must not be published."""

    code = "attempt_not_current"
    status = 409


class VersionBeforeReplaced(AutomacaoError):
    """Another version was published while this run built on the one before it."""

    code = "version_before_replaced"
    status = 409
    error_class = ErrorClass.TRANSIENT


class GuardFailed(AutomacaoError):
    """The version was recorded and held back; the run has ended, readers keep what they had."""

    code = "guard_failed"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a version holds. `columns`: [{name, type, native_type}] in file order; `files`: its
    parts where there are several, as DatasetVersion describes them. `builds_on`: the current
    version when its rows were taken over, None when there was none; UNRELATED: none were.
    `rows_read`: what the query returned, where rows were taken over."""

    dataset_id: int
    file_name: str
    target_path: str
    size_bytes: int
    rows: int
    sha256: str
    columns: list[dict[str, Any]]
    form: dict[str, Any]
    data_as_of: datetime
    files: list[dict[str, Any]] | None = None
    builds_on: int | None = UNRELATED
    rows_read: int | None = None


# What is examined and not kept.
NOT_KEPT = frozenset({"builds_on", "rows_read"})


@dataclass(frozen=True, slots=True)
class Examining:
    """What a version is examined for; `all_null`: its columns without a value."""

    guards: Guards = NO_GUARDS
    all_null: Sequence[str] = ()
    read_within_days: int = READ_WITHIN_DAYS


@dataclass(frozen=True, slots=True)
class Published:
    """A version that was recorded; with `findings` a guard held it back. `is_current`: readers got
    it. `others_wait`: there may be runs that can start now."""

    version_id: int
    findings: Sequence[Mapping[str, Any]] = ()
    is_current: bool = True
    others_wait: bool = True


def publish_once(
    session: Session,
    key: AttemptKey,
    manifest: Manifest,
    *,
    examining: Examining = Examining(),
) -> Published:
    """Like publish, also when this very attempt has published and the answer to it was lost."""
    try:
        return publish(session, key, manifest, examining=examining)
    except AttemptNotCurrent:
        # That commit may have been under way until now; the fence has waited for its end.
        version = version_of(session, key)
        if version is None:
            raise
        return Published(version.version_id, version.findings or ())


def publish(
    session: Session,
    key: AttemptKey,
    manifest: Manifest,
    *,
    examining: Examining = Examining(),
) -> Published:
    """Record the version and end its run: published and succeeded, or held back and failed.

    All or nothing in the caller's transaction. Raises AttemptNotCurrent when the fence refuses.
    """
    standing = steps.hold(session, key, manifest.dataset_id)
    check_fence(key, standing)
    findings, changes = findings_of(session, manifest, standing, examining)
    if findings:
        return _hold(session, key, manifest, findings)
    return _succeed(session, key, manifest, standing, changes)


def findings_of(
    session: Session, manifest: Manifest, standing: Standing, examining: Examining
) -> tuple[list[Finding], list[Finding]]:
    """What guards have against the version; else how its columns differ from those before.

    Both say who has read a column within these days. The dataset is locked. Raises
    VersionBeforeReplaced.
    """
    if manifest.builds_on not in (UNRELATED, standing.current_version_id):
        raise VersionBeforeReplaced(
            "Another version was published or restored while this run wrote its rows to those of "
            "the version before; it is repeated on the new one."
        )
    findings: list[Finding] = []
    if examining.guards != NO_GUARDS:
        candidate = Candidate(
            rows=manifest.rows,
            rows_read=manifest.rows_read,
            columns=manifest.columns,
            all_null=examining.all_null,
        )
        rows = _rows_before(session, manifest.dataset_id)
        findings = examine(examining.guards, candidate, Before(rows=rows, columns=standing.columns))
    about = (manifest.dataset_id, manifest.columns, standing.columns, examining.read_within_days)
    if findings:
        return with_readers(session, findings, *about), []
    return [], with_readers(session, column_changes(manifest.columns, standing.columns), *about)


def pass_fence(session: Session, key: AttemptKey) -> None:
    """Lock the run, and its job where it has a window. Raises AttemptNotCurrent."""
    if not steps.lock_current_attempt(session, key):
        raise _not_current(key)


def check_fence(key: AttemptKey, standing: Standing) -> None:
    """The same of what was held. Raises AttemptNotCurrent."""
    if not standing.is_ours:
        raise _not_current(key)


def _not_current(key: AttemptKey) -> AttemptNotCurrent:
    return AttemptNotCurrent(
        f"Attempt {key.attempt} of run {key.run_id} is no longer the current one; "
        "its file was thrown away."
    )


def _rows_before(session: Session, dataset_id: int) -> Sequence[int]:
    """Of the last versions, from the last released one on: its release said what is usual."""
    of_dataset = DatasetVersion.dataset_id == dataset_id
    released_as_of = (
        select(func.max(DatasetVersion.data_as_of))
        .where(of_dataset, DatasetVersion.released_at.is_not(None))
        .scalar_subquery()
    )
    return session.scalars(
        select(DatasetVersion.rows)
        .where(
            of_dataset,
            was_published(),
            DatasetVersion.data_as_of >= func.coalesce(released_as_of, DatasetVersion.data_as_of),
        )
        .order_by(DatasetVersion.data_as_of.desc(), DatasetVersion.version_id.desc())
        .limit(HISTORY)
    ).all()


def was_published() -> ColumnElement[bool]:
    """Condition on a version: readers got it at some time, or get it now."""
    return or_(DatasetVersion.held_at.is_(None), DatasetVersion.released_at.is_not(None))


def members_of(manifest: Manifest) -> dict[str, Any]:
    """What a version takes over from its manifest."""
    names = (field.name for field in fields(manifest) if field.name not in NOT_KEPT)
    return {name: getattr(manifest, name) for name in names}


def _succeed(
    session: Session,
    key: AttemptKey,
    manifest: Manifest,
    standing: Standing,
    changes: Sequence[Finding],
) -> Published:
    warning = changes_told(changes)
    recorded = steps.record_published(session, key, members_of(manifest), warning=warning)
    if recorded.is_current and standing.has_targets:
        deliveries.queue(session, session.get_one(DatasetVersion, recorded.version_id))
    if standing.has_followers:
        ledger.announce_end(session, key.run_id)
    elif standing.has_rules:
        notification_events.run_ended(session, key.run_id)
    return Published(
        recorded.version_id,
        is_current=recorded.is_current,
        others_wait=recorded.others_wait or standing.has_followers,
    )


def changes_told(changes: Sequence[Finding]) -> str | None:
    """What a run is warned of whose columns are others than before."""
    return f"Columns changed: {sentence_of(changes)}" if changes else None


def _hold(
    session: Session, key: AttemptKey, manifest: Manifest, findings: list[Finding]
) -> Published:
    """Record the version for somebody to decide on, and fail its run."""
    version = DatasetVersion(
        **members_of(manifest),
        run_id=key.run_id,
        attempt=key.attempt,
        held_at=session.scalar(select(func.clock_timestamp())),
        findings=cast("list[dict[str, Any]]", findings),
    )
    session.add(version)
    session.flush()
    failure = Failure("guard_failed", guard_message(findings))
    ledger.fail(session, key, failure, reason=Reason.GUARD)
    session.execute(
        update(Run)
        .where(Run.run_id == key.run_id)
        .values(rows=version.rows, size_bytes=version.size_bytes, version_id=version.version_id)
    )
    return Published(version.version_id, findings)


def make_readable(session: Session, version: DatasetVersion) -> bool:
    """What follows when a version is released; False: a newer one stays current."""
    if not run_sets.has_sets(session, version.run_id):
        windows.move_last_data_date(session, version.run_id)
    if not move_pointer(session, version):
        return False
    deliveries.queue(session, version)
    return True


_current = aliased(DatasetVersion)
_CURRENT_AS_OF = (
    select(_current.data_as_of)
    .where(_current.version_id == Dataset.current_version_id)
    .scalar_subquery()
)


def move_pointer(session: Session, version: DatasetVersion) -> bool:
    """Forward only: a run with older data that ends late never replaces a newer version."""
    moved = session.execute(
        update(Dataset)
        .where(
            Dataset.dataset_id == version.dataset_id,
            or_(Dataset.current_version_id.is_(None), version.data_as_of >= _CURRENT_AS_OF),
        )
        .values(current_version_id=version.version_id)
        .returning(Dataset.dataset_id)
        .execution_options(synchronize_session=False)
    ).first()
    return moved is not None


def parts(version: DatasetVersion | Manifest) -> list[tuple[str, str]]:
    """File below the versions folder and target path of each part; a whole version has one."""
    if not version.files:
        return [(version.file_name, version.target_path)]
    return [(str(part["file_name"]), str(part["target_path"])) for part in version.files]


def stale_parts(session: Session) -> list[tuple[str, str]]:
    """File and target of what earlier versions had and the current one of the same name has not,
    parts or a file of another format: nobody shall find them any more. Files of another name,
    such as last month's, stay."""
    current = aliased(DatasetVersion)
    is_split = DatasetVersion.files.is_not(None)
    is_of_other_format = or_(
        *(DatasetVersion.form[member] != current.form[member] for member in EXTENSION_MEMBERS)
    )
    pairs = session.execute(
        select(DatasetVersion, current)
        .join(Dataset, Dataset.dataset_id == DatasetVersion.dataset_id)
        .join(current, Dataset.current_version_id == current.version_id)
        .where(
            DatasetVersion.removed_at.is_(None),
            DatasetVersion.version_id != current.version_id,
            or_(
                and_(is_split, DatasetVersion.target_path == current.target_path),
                is_of_other_format,
            ),
        )
    ).all()
    return [
        (name, target)
        for version, now in pairs
        if _have_one_name(Path(version.target_path), Path(now.target_path))
        for name, target in parts(version)
        if target not in {there for _, there in parts(now)}
    ]


def _have_one_name(one: Path, other: Path) -> bool:
    return one == other or differs_in_extension(one, other)


def current_projections(session: Session) -> list[DatasetVersion]:
    """The version whose bytes must lie at each dataset's target path."""
    return list(
        session.scalars(
            select(DatasetVersion).join(
                Dataset, Dataset.current_version_id == DatasetVersion.version_id
            )
        )
    )


def warn(session: Session, run_id: int, warning: str) -> None:
    """Leave a warning on a run that succeeded, after those it has."""
    session.execute(
        update(Run)
        .where(Run.run_id == run_id)
        .values(warning=func.concat_ws(" ", Run.warning, warning))
        .execution_options(synchronize_session=False)
    )


def version_of(session: Session, key: AttemptKey) -> DatasetVersion | None:
    """What this very attempt has recorded; asked after a lost answer to a commit."""
    return session.scalars(
        select(DatasetVersion).where(
            DatasetVersion.run_id == key.run_id, DatasetVersion.attempt == key.attempt
        )
    ).first()
