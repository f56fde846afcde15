"""Datasets: who owns a name, what is published under it, where its file is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from datafiles.folders import resolve_export_folder
from datafiles.formats.form import without_extension
from datafiles.names import check_export_name
from models import Dataset, DatasetVersion, Job
from services.job_outputs import extension_of


class DatasetNotFound(AutomacaoError):
    """Nothing is published under this name."""

    code = "dataset_not_found"
    status = 404


class TargetTaken(AutomacaoError):
    """Another job exports to the same file."""

    code = "target_taken"
    status = 409


def target_path(job: Job, roots: Sequence[Path]) -> Path:
    """The file a job publishes to. Raises when folder or name is not allowed."""
    folder = resolve_export_folder(roots, job.export_path)
    return folder / f"{check_export_name(job.export_name)}{extension_of(job)}"


def dataset_name(path: Path, roots: Sequence[Path]) -> str:
    """The name readers use: the path below the first root without extension, `/` as separator.

    Files below a further root carry that root's folder name in front.
    """
    file = path.with_name(without_extension(path.name))
    first, *others = (root.resolve() for root in roots)
    if file.is_relative_to(first):
        return file.relative_to(first).as_posix()
    root = next(root for root in others if file.is_relative_to(root))
    return f"{root.name}/{file.relative_to(root).as_posix()}"


def attach_target(session: Session, job: Job, roots: Sequence[Path]) -> Dataset:
    """Give the job the dataset its target names; the job must be flushed.

    A dataset that belonged to a deleted or renamed job is taken over with its versions. Raises
    TargetTaken when another job owns it.
    """
    name = dataset_name(target_path(job, roots), roots)
    # Two jobs may ask for the same new name at once: the second waits here for the first.
    session.execute(
        insert(Dataset).values(name=name, name_key=name.casefold()).on_conflict_do_nothing()
    )
    dataset = session.scalars(
        select(Dataset).where(Dataset.name_key == name.casefold()).with_for_update()
    ).one()
    if dataset.job_id not in (None, job.job_id):
        owner = session.get_one(Job, dataset.job_id)
        raise TargetTaken(
            f"Job {owner.job_name!r} ({owner.job_id}) already exports to {name}; "
            "choose another export_name or export_path."
        )
    for other in session.scalars(select(Dataset).where(Dataset.job_id == job.job_id)):
        other.job_id = None
    dataset.job_id = job.job_id
    session.flush()
    return dataset


def try_attach(session: Session, job: Job, roots: Sequence[Path]) -> AutomacaoError | None:
    """Like attach_target, but answers with the refusal instead of raising it."""
    try:
        attach_target(session, job, roots)
    except AutomacaoError as refusal:
        return refusal
    return None


def list_datasets(session: Session) -> list[Dataset]:
    """Datasets with a published version, by name."""
    return list(
        session.scalars(
            select(Dataset).where(Dataset.current_version_id.is_not(None)).order_by(Dataset.name)
        )
    )


def current_version(session: Session, name: str) -> DatasetVersion:
    """The version readers get, whatever the case of the name. Raises DatasetNotFound."""
    version = session.scalars(
        select(DatasetVersion)
        .join(Dataset, Dataset.current_version_id == DatasetVersion.version_id)
        .where(Dataset.name_key == name.casefold())
    ).first()
    if version is None:
        raise DatasetNotFound(f'Dataset "{name}" not found')
    return version
