"""Versions of datasets as people manage them: list, release, discard, restore, retire."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Subquery, case, func, or_, select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from datafiles.version_tables import VersionFile
from models import Dataset, DatasetVersion, Job
from services import deliveries, publication, windows
from services.clock import database_now
from services.datasets import DatasetNotFound

log = logging.getLogger(__name__)

# Long enough for a holiday; a version nobody decided about is discarded then.
HELD_FOR = timedelta(days=14)


class VersionNotFound(AutomacaoError):
    """No version has this number."""

    code = "version_not_found"
    status = 404


class VersionNotHeld(AutomacaoError):
    """The version was published, released or discarded already."""

    code = "version_not_held"
    status = 409


class VersionNotNewer(AutomacaoError):
    """A version with newer data is published; a held one never replaces it."""

    code = "version_not_newer"
    status = 409


class VersionRemoved(AutomacaoError):
    """The file of the version has been deleted."""

    code = "version_removed"
    status = 410


class VersionsUnrelated(AutomacaoError):
    """The versions belong to different datasets."""

    code = "versions_unrelated"
    status = 422


class VersionHeld(AutomacaoError):
    """A held version is released, not restored."""

    code = "version_held"
    status = 409


def list_versions(session: Session, dataset_id: int, *, limit: int) -> Sequence[DatasetVersion]:
    """Versions of a dataset, newest data first, also those whose file is gone.

    Raises DatasetNotFound.
    """
    get_dataset(session, dataset_id)
    return session.scalars(
        select(DatasetVersion)
        .where(DatasetVersion.dataset_id == dataset_id)
        .order_by(DatasetVersion.data_as_of.desc(), DatasetVersion.version_id.desc())
        .limit(limit)
    ).all()


def get_dataset(session: Session, dataset_id: int) -> Dataset:
    """Raises DatasetNotFound."""
    dataset = session.get(Dataset, dataset_id)
    if dataset is None:
        raise DatasetNotFound(f"There is no dataset with the number {dataset_id}.")
    return dataset


def get_version(session: Session, version_id: int) -> DatasetVersion:
    """Raises VersionNotFound."""
    version = session.get(DatasetVersion, version_id)
    if version is None:
        raise VersionNotFound(f"There is no version with the number {version_id}.")
    return version


def readable_version(session: Session, version_id: int) -> DatasetVersion:
    """A version whose file is there, held or not. Raises VersionNotFound or VersionRemoved."""
    version = get_version(session, version_id)
    if version.removed_at is not None:
        raise VersionRemoved(
            f"The file of version {version_id} was deleted at {version.removed_at:%Y-%m-%d %H:%M} "
            "UTC; only what is known of it is kept."
        )
    return version


def find_dataset(session: Session, name: str) -> Dataset | None:
    """The dataset of this name, whatever its case."""
    return session.scalars(select(Dataset).where(Dataset.name_key == name.casefold())).first()


def published_versions(
    session: Session, dataset_id: int, *, limit: int
) -> Sequence[DatasetVersion]:
    """Versions that readers have or had, newest data first, also those whose file is gone."""
    return session.scalars(
        select(DatasetVersion)
        .where(
            DatasetVersion.dataset_id == dataset_id,
            DatasetVersion.discarded_at.is_(None),
            or_(DatasetVersion.held_at.is_(None), DatasetVersion.released_at.is_not(None)),
        )
        .order_by(DatasetVersion.data_as_of.desc(), DatasetVersion.version_id.desc())
        .limit(limit)
    ).all()


def published_pair(
    session: Session, dataset: Dataset, version_id: int | None, other_id: int | None
) -> Pair:
    """Two versions of this dataset that readers have or had; None: the current one, and the one
    before the other. Raises VersionNotFound or VersionRemoved."""
    new_id = other_id if other_id is not None else dataset.current_version_id
    new = published_version(session, dataset.name, new_id)
    if version_id is None:
        known = [v.version_id for v in published_versions(session, dataset.dataset_id, limit=500)]
        earlier = known[known.index(new.version_id) + 1 :] if new.version_id in known else []
        version_id = earlier[0] if earlier else None
    old = published_version(session, dataset.name, version_id)
    return pair(session, old.version_id, new.version_id)


def published_version(session: Session, name: str, version_id: int | None) -> DatasetVersion:
    """A version of the dataset of this name that is or was its current one and is still there.

    Raises VersionNotFound.
    """
    version = session.scalars(
        select(DatasetVersion)
        .join(Dataset, Dataset.dataset_id == DatasetVersion.dataset_id)
        .where(
            Dataset.name_key == name.casefold(),
            DatasetVersion.version_id == version_id,
            DatasetVersion.removed_at.is_(None),
            DatasetVersion.discarded_at.is_(None),
            or_(DatasetVersion.held_at.is_(None), DatasetVersion.released_at.is_not(None)),
        )
    ).first()
    if version is None:
        raise VersionNotFound(f"There is no version {version_id} of {name!r}.")
    return version


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of a dataset to compare, and the key its job has."""

    old: DatasetVersion
    new: DatasetVersion
    key_columns: tuple[str, ...]


def pair(session: Session, version_id: int, other_id: int | None) -> Pair:
    """The version and the other one, None: the current one.

    Raises VersionNotFound, VersionRemoved, DatasetNotFound or VersionsUnrelated.
    """
    old = readable_version(session, version_id)
    dataset = get_dataset(session, old.dataset_id)
    other_id = other_id if other_id is not None else dataset.current_version_id
    if other_id is None:
        raise DatasetNotFound(f"The dataset {dataset.name} has no published version yet.")
    new = readable_version(session, other_id)
    if new.dataset_id != old.dataset_id:
        raise VersionsUnrelated(
            f"Versions {version_id} and {other_id} belong to different datasets; choose two of one."
        )
    job = session.get(Job, dataset.job_id or 0)
    return Pair(old, new, tuple((job.key_columns if job else None) or ()))


def file_of(version: DatasetVersion, folder: Path) -> VersionFile:
    """The version's files below the versions folder, to be read as a table."""
    paths = [folder / name for name, _ in publication.parts(version)]
    return VersionFile.of(paths, version.columns, version.form)


def release(session: Session, version_id: int, *, released_by: str) -> DatasetVersion:
    """Publish a held version. Forward only.

    Raises VersionNotFound, VersionRemoved, VersionNotHeld or VersionNotNewer.
    """
    windows.hold_job(session, _run_of(session, version_id))
    version = _held(session, version_id)
    if not publication.make_readable(session, version):
        raise VersionNotNewer(
            f"Version {version_id} holds data of {version.data_as_of:%Y-%m-%d %H:%M:%S} UTC and a "
            "newer version is published meanwhile. Discard it."
        )
    version.released_at = version.published_at = database_now(session)
    version.released_by = released_by
    session.flush()
    log.info("version_released", extra=_facts(version))
    return version


def _run_of(session: Session, version_id: int) -> int | None:
    return session.scalar(
        select(DatasetVersion.run_id).where(DatasetVersion.version_id == version_id)
    )


def discard(session: Session, version_id: int, *, discarded_by: str) -> DatasetVersion:
    """Throw a held version away; the caller unlinks its files after the commit.

    Raises VersionNotFound, VersionRemoved or VersionNotHeld.
    """
    version = _held(session, version_id)
    now = database_now(session)
    version.discarded_at, version.discarded_by, version.removed_at = now, discarded_by, now
    session.flush()
    log.info("version_discarded", extra=_facts(version))
    return version


def restore(session: Session, version_id: int, *, restored_by: str) -> DatasetVersion:
    """Make a version that was published before the current one again.

    It goes to the targets again. The next successful run publishes over it as usual; where it
    builds on it, it reads the days again that the version lacks. Restoring the current version
    changes nothing. Raises VersionNotFound, VersionRemoved or VersionHeld.
    """
    windows.hold_job(session, _run_of(session, version_id))
    dataset = _locked_dataset(session, version_id)
    version = readable_version(session, version_id)
    if version.held_at is not None and version.released_at is None:
        raise VersionHeld(f"Version {version_id} was held back by a guard: release it instead.")
    if dataset.current_version_id == version_id:
        return version
    left = dataset.current_version_id
    dataset.current_version_id = version_id
    version.restored_at, version.restored_by = database_now(session), restored_by
    session.flush()
    windows.move_back_to(session, version)
    deliveries.queue(session, version)
    log.warning("version_restored", extra={**_facts(version), "left_version_id": left})
    return version


def _held(session: Session, version_id: int) -> DatasetVersion:
    _locked_dataset(session, version_id)
    version = readable_version(session, version_id)
    if version.held_at is None or version.released_at is not None:
        raise VersionNotHeld(f"Version {version_id} is not held back; there is nothing to decide.")
    return version


def _locked_dataset(session: Session, version_id: int) -> Dataset:
    """The version's dataset, locked: publications and decisions come one after the other."""
    dataset_id = session.scalar(
        select(DatasetVersion.dataset_id).where(DatasetVersion.version_id == version_id)
    )
    if dataset_id is None:
        raise VersionNotFound(f"There is no version with the number {version_id}.")
    return session.get_one(Dataset, dataset_id, with_for_update=True)


def _facts(version: DatasetVersion) -> dict[str, object]:
    return {
        "version_id": version.version_id,
        "dataset_id": version.dataset_id,
        "run_id": version.run_id,
    }


def retire(session: Session, *, keep: int, keep_days: int | None) -> Sequence[DatasetVersion]:
    """Mark versions removed that need not be kept; the caller unlinks their files.

    Of each dataset at most so many published versions stay and none older than so many days, by
    its job's figures or these; held ones stay for HELD_FOR. The current version, the one that was
    restored last, and one that is still on its way to a target are never among them.
    """
    now = database_now(session)
    kept = _ranked()
    is_published = or_(kept.c.held_at.is_(None), kept.c.released_at.is_not(None))
    age_days = func.extract("epoch", now - kept.c.published_at) / 86_400
    is_beyond = or_(
        kept.c.rank > func.coalesce(Job.versions_kept, keep),
        age_days > func.coalesce(Job.versions_kept_days, keep_days),
    )
    is_forgotten = kept.c.held_at < now - HELD_FOR
    old = session.scalars(
        select(DatasetVersion)
        .join(kept, kept.c.version_id == DatasetVersion.version_id)
        .join(Dataset, Dataset.dataset_id == DatasetVersion.dataset_id)
        .outerjoin(Job, Job.job_id == Dataset.job_id)
        .where(
            case((is_published, is_beyond), else_=is_forgotten),
            Dataset.current_version_id.is_distinct_from(DatasetVersion.version_id),
            DatasetVersion.restored_at.is_distinct_from(kept.c.last_restored_at)
            | DatasetVersion.restored_at.is_(None),
            ~deliveries.is_wanted(),
        )
    ).all()
    for version in old:
        version.removed_at = now
    session.flush()
    return old


def _ranked() -> Subquery:
    """Versions whose files are there; published ones ranked, the newest data first."""
    is_published = or_(DatasetVersion.held_at.is_(None), DatasetVersion.released_at.is_not(None))
    newest_first = (DatasetVersion.data_as_of.desc(), DatasetVersion.version_id.desc())
    of_dataset = DatasetVersion.dataset_id
    return (
        select(
            DatasetVersion.version_id,
            DatasetVersion.held_at,
            DatasetVersion.released_at,
            DatasetVersion.published_at,
            func.row_number()
            .over(partition_by=(of_dataset, is_published), order_by=newest_first)
            .label("rank"),
            func.max(DatasetVersion.restored_at)
            .over(partition_by=of_dataset)
            .label("last_restored_at"),
        )
        .where(DatasetVersion.removed_at.is_(None))
        .subquery()
    )
