"""The fenced transaction that makes a version the one readers get, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, aliased

from auxiliares import AutomacaoError
from metadb.engine import notify
from models import Dataset, DatasetVersion, Run
from services import ledger
from services.ledger import RUNS_CHANNEL, AttemptKey
from vocabulary import RunState


class AttemptNotCurrent(AutomacaoError):
    """This attempt was declared lost meanwhile; what it made must not be published."""

    code = "attempt_not_current"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a version holds. `columns`: [{name, type, native_type}] in file order."""

    dataset_id: int
    file_name: str
    target_path: str
    size_bytes: int
    rows: int
    sha256: str
    columns: list[dict[str, Any]]
    form: dict[str, Any]
    data_as_of: datetime


def publish(session: Session, key: AttemptKey, manifest: Manifest) -> DatasetVersion:
    """Record the version, move the dataset's pointer forward only, mark the run succeeded.

    All or nothing in the caller's transaction. Raises AttemptNotCurrent when the fence refuses.
    """
    ended = session.execute(
        ledger.fenced(key)
        .values(
            state=RunState.SUCCEEDED,
            finished_at=func.clock_timestamp(),
            rows=manifest.rows,
            size_bytes=manifest.size_bytes,
            error_code=None,
            error_message=None,
        )
        .returning(Run.run_id)
    ).first()
    if ended is None:
        raise AttemptNotCurrent(
            f"Attempt {key.attempt} of run {key.run_id} is no longer the current one; "
            "its file was thrown away."
        )
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
    )
    session.add(version)
    session.flush()
    _move_pointer(session, version)
    session.execute(
        update(Run).where(Run.run_id == key.run_id).values(version_id=version.version_id)
    )
    ledger.close_attempt(session, key, state=RunState.SUCCEEDED)
    notify(session, RUNS_CHANNEL, str(key.run_id))
    return version


def _move_pointer(session: Session, version: DatasetVersion) -> None:
    """Forward only: a run with older data that ends late never replaces a newer version."""
    current = aliased(DatasetVersion)
    as_of = (
        select(current.data_as_of)
        .where(current.version_id == Dataset.current_version_id)
        .scalar_subquery()
    )
    session.execute(
        update(Dataset)
        .where(
            Dataset.dataset_id == version.dataset_id,
            or_(Dataset.current_version_id.is_(None), as_of <= version.data_as_of),
        )
        .values(current_version_id=version.version_id)
        .execution_options(synchronize_session=False)
    )


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
    """Leave a warning on a run that succeeded."""
    session.execute(update(Run).where(Run.run_id == run_id).values(warning=warning))


def retire_versions(session: Session, *, keep: int) -> Sequence[DatasetVersion]:
    """Mark all but the newest `keep` versions of each dataset removed; the caller unlinks them.

    The current version is never among them.
    """
    rank = (
        func.row_number()
        .over(
            partition_by=DatasetVersion.dataset_id,
            order_by=(DatasetVersion.data_as_of.desc(), DatasetVersion.version_id.desc()),
        )
        .label("rank")
    )
    ranked = (
        select(DatasetVersion.version_id, rank)
        .where(DatasetVersion.removed_at.is_(None))
        .subquery()
    )
    is_current = (
        select(Dataset.dataset_id)
        .where(Dataset.current_version_id == DatasetVersion.version_id)
        .exists()
    )
    old = session.scalars(
        select(DatasetVersion)
        .join(ranked, ranked.c.version_id == DatasetVersion.version_id)
        .where(ranked.c.rank > keep, ~is_current)
    ).all()
    now = session.scalar(select(func.clock_timestamp()))
    for version in old:
        version.removed_at = now
    session.flush()
    return old


def is_published(session: Session, key: AttemptKey) -> bool:
    """True when this very attempt has published; asked after a lost answer to a commit."""
    found = session.scalar(
        select(DatasetVersion.version_id).where(
            DatasetVersion.run_id == key.run_id, DatasetVersion.attempt == key.attempt
        )
    )
    return found is not None
