"""The fenced transaction that makes a version the one readers get, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from auxiliares import AutomacaoError
from datafiles.formats.form import EXTENSION_MEMBERS, differs_in_extension
from metadb.engine import notify
from models import Dataset, DatasetVersion, Run
from services import deliveries, ledger, windows
from services.guards import HISTORY, Before, Candidate, Finding, Guards, column_changes, examine
from services.ledger import RUNS_CHANNEL, AttemptKey, Failure
from vocabulary import ErrorClass, Reason, RunState

NO_GUARDS = Guards()
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
    version when its rows were taken over, None when there was none; UNRELATED: none were."""

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


def publish_once(
    session: Session,
    key: AttemptKey,
    manifest: Manifest,
    *,
    guards: Guards = NO_GUARDS,
    all_null: Sequence[str] = (),
) -> DatasetVersion:
    """Like publish, also when this very attempt has published and the answer to it was lost."""
    published = version_of(session, key)
    if published is not None:
        return published
    try:
        return publish(session, key, manifest, guards=guards, all_null=all_null)
    except AttemptNotCurrent:
        # That commit may have been under way at the first look; the fence has waited for its end.
        published = version_of(session, key)
        if published is None:
            raise
        return published


def publish(
    session: Session,
    key: AttemptKey,
    manifest: Manifest,
    *,
    guards: Guards = NO_GUARDS,
    all_null: Sequence[str] = (),
) -> DatasetVersion:
    """Record the version and end its run: published and succeeded, or held back and failed.

    All or nothing in the caller's transaction. `all_null`: columns without a value, for guards
    that ask. The result has `held_at` set when a guard failed; readers keep what they have then.
    Raises AttemptNotCurrent when the fence refuses.
    """
    windows.hold_job(session, key.run_id)
    _pass_fence(session, key)
    # Publications, releases and restorations of one dataset come one after the other.
    dataset = session.get_one(Dataset, manifest.dataset_id, with_for_update=True)
    if manifest.builds_on not in (UNRELATED, dataset.current_version_id):
        raise VersionBeforeReplaced(
            "Another version was published or restored while this run wrote its rows to those of "
            "the version before; it is repeated on the new one."
        )
    candidate = Candidate(rows=manifest.rows, columns=manifest.columns, all_null=all_null)
    before = _published_before(session, dataset)
    findings = examine(guards, candidate, before)
    version = _record(session, key, manifest)
    if findings:
        _hold(session, key, version, findings)
    else:
        _succeed(session, key, version, column_changes(manifest.columns, before.columns))
    notify(session, RUNS_CHANNEL, str(key.run_id))
    return version


def _pass_fence(session: Session, key: AttemptKey) -> None:
    """Lock the run while this attempt is running, so that nobody declares it lost meanwhile."""
    ours = session.scalar(
        select(Run.run_id)
        .where(Run.run_id == key.run_id, Run.attempt == key.attempt, Run.state == RunState.RUNNING)
        .with_for_update()
    )
    if ours is None:
        raise AttemptNotCurrent(
            f"Attempt {key.attempt} of run {key.run_id} is no longer the current one; "
            "its file was thrown away."
        )


def _published_before(session: Session, dataset: Dataset) -> Before:
    """The last versions, from the last released one on: whoever released it said what is usual."""
    of_dataset = DatasetVersion.dataset_id == dataset.dataset_id
    released_as_of = (
        select(func.max(DatasetVersion.data_as_of))
        .where(of_dataset, DatasetVersion.released_at.is_not(None))
        .scalar_subquery()
    )
    rows = session.scalars(
        select(DatasetVersion.rows)
        .where(
            of_dataset,
            was_published(),
            DatasetVersion.data_as_of >= func.coalesce(released_as_of, DatasetVersion.data_as_of),
        )
        .order_by(DatasetVersion.data_as_of.desc(), DatasetVersion.version_id.desc())
        .limit(HISTORY)
    ).all()
    current = session.get(DatasetVersion, dataset.current_version_id or 0)
    return Before(rows=rows, columns=current.columns if current else None)


def was_published() -> ColumnElement[bool]:
    """Condition on a version: readers got it at some time, or get it now."""
    return or_(DatasetVersion.held_at.is_(None), DatasetVersion.released_at.is_not(None))


def _record(session: Session, key: AttemptKey, manifest: Manifest) -> DatasetVersion:
    version = DatasetVersion(
        dataset_id=manifest.dataset_id,
        run_id=key.run_id,
        attempt=key.attempt,
        file_name=manifest.file_name,
        target_path=manifest.target_path,
        size_bytes=manifest.size_bytes,
        rows=manifest.rows,
        sha256=manifest.sha256,
        columns=manifest.columns,
        form=manifest.form,
        data_as_of=manifest.data_as_of,
        files=manifest.files,
    )
    session.add(version)
    session.flush()
    return version


def _succeed(
    session: Session, key: AttemptKey, version: DatasetVersion, changes: Sequence[Finding]
) -> None:
    session.execute(
        ledger.fenced(key).values(
            state=RunState.SUCCEEDED,
            finished_at=func.clock_timestamp(),
            rows=version.rows,
            size_bytes=version.size_bytes,
            error_code=None,
            error_message=None,
            version_id=version.version_id,
        )
    )
    if changes:
        warn(session, key.run_id, f"Columns changed: {_sentence(changes)}")
    ledger.close_attempt(session, key, state=RunState.SUCCEEDED)
    make_readable(session, version)
    ledger.announce_end(session, key.run_id)


def _hold(
    session: Session, key: AttemptKey, version: DatasetVersion, findings: list[Finding]
) -> None:
    version.held_at = session.scalar(select(func.clock_timestamp()))
    version.findings = cast("list[dict[str, Any]]", findings)
    session.flush()
    failure = Failure("guard_failed", guard_message(findings))
    ledger.fail(session, key, failure, reason=Reason.GUARD)
    session.execute(
        update(Run)
        .where(Run.run_id == key.run_id)
        .values(rows=version.rows, size_bytes=version.size_bytes, version_id=version.version_id)
    )


def guard_message(findings: Sequence[Mapping[str, Any]]) -> str:
    """What a run says whose version was held back."""
    return (
        f"A guard held the new version back: {_sentence(findings)} "
        "Readers keep the version before. Release the new one or discard it."
    )


def _sentence(findings: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(str(finding["message"]) for finding in findings) + "."


def make_readable(session: Session, version: DatasetVersion) -> bool:
    """What follows when a version is published or released; False: a newer one stays current."""
    windows.move_last_data_date(session, version.run_id)
    if not _move_pointer(session, version):
        return False
    deliveries.queue(session, version)
    return True


_current = aliased(DatasetVersion)
_CURRENT_AS_OF = (
    select(_current.data_as_of)
    .where(_current.version_id == Dataset.current_version_id)
    .scalar_subquery()
)


def _move_pointer(session: Session, version: DatasetVersion) -> bool:
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
