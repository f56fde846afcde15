"""Datasets: who owns a name, what is published under it, where its file is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from datafiles.export_names import Reach, check_name, fixed_name, reach_of, resolved_name
from datafiles.folders import ExportPathRefused, resolve_export_folder
from datafiles.formats.form import without_extension
from datafiles.names import check_export_name
from metadb.engine import ask
from metadb.questions import Question
from models import Dataset, DatasetVersion, Job
from services.job_outputs import extension_of
from services.parameter_sets import names_of_sets
from vocabulary import ExportType


class DatasetNotFound(AutomacaoError):
    """Nothing is published under this name."""

    code = "dataset_not_found"
    status = 404


class TargetTaken(AutomacaoError):
    """Another job exports to the same file."""

    code = "target_taken"
    status = 409


def export_folder(job: Job, roots: Sequence[Path]) -> Path:
    """The real folder a job exports to. Raises when it is not allowed."""
    return resolve_export_folder(roots, job.export_path)


def target_path(job: Job, folder: Path, *, data: date, fim: date) -> Path:
    """The file in its folder a run publishes to that was due on `data` and reads until `fim`.

    Raises when the name is not allowed.
    """
    name = resolved_name(job.export_name, data=data, fim=fim, job=job.job_name)
    return folder / f"{name}{extension_of(job)}"


def fixed_path(job: Job, roots: Sequence[Path]) -> Path:
    """The file whose name is the dataset's: the target without what changes with the day.

    Raises when folder or name is not allowed.
    """
    return _fixed_path(job, export_folder(job, roots))


def _fixed_path(job: Job, folder: Path) -> Path:
    check_name(job.export_name, job.job_name)
    return folder / f"{check_export_name(fixed_name(job.export_name))}{extension_of(job)}"


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
    path = fixed_path(job, roots)
    name = dataset_name(path, roots)
    refuse_shared_files(session, job, path.parent, roots)
    owned = session.scalars(select(Dataset).where(Dataset.job_id == job.job_id)).all()
    if [dataset.name_key for dataset in owned] == [name.casefold()]:
        owned[0].set_label = None
        return owned[0]
    # Two jobs may ask for the same new name at once: the second waits here for the first.
    session.execute(
        insert(Dataset).values(name=name, name_key=name.casefold()).on_conflict_do_nothing()
    )
    dataset = session.scalars(
        select(Dataset).where(Dataset.name_key == name.casefold()).with_for_update()
    ).one()
    if dataset.job_id not in (None, job.job_id):
        raise taken_by(session.get_one(Job, dataset.job_id), name)
    for other in session.scalars(select(Dataset).where(Dataset.job_id == job.job_id)):
        other.job_id = None
    dataset.job_id, dataset.set_label = job.job_id, None
    session.flush()
    return dataset


def taken_by(owner: Job, name: str) -> TargetTaken:
    return TargetTaken(
        f"Job {owner.job_name!r} ({owner.job_id}) already exports to {name}; "
        "choose another export_name or export_path."
    )


def is_attached(job: Job, dataset: Dataset, folder: Path, roots: Sequence[Path]) -> bool:
    """Whether `dataset`, the only one the job owns, is what its target in `folder` names.

    Who saved another job since has been kept from its files. Raises when the name is not allowed.
    """
    return dataset.name_key == dataset_name(_fixed_path(job, folder), roots).casefold()


# What kinds of file and splits put behind the name; nothing where there are no rows.
_MONTH_ENDINGS = (" 00.0000", "")
_SPLIT_ENDINGS = ("_000", "_0000-00", "")


def _reach(name: str, export_type: str, split: object, sets: Mapping[str, Any] | None) -> Reach:
    endings: Sequence[str] = ("",)
    if export_type == ExportType.MES:
        endings = _MONTH_ENDINGS
    elif split:
        endings = _SPLIT_ENDINGS
    names = [name] if sets is None else names_of_sets(name, sets)
    return Reach(tuple(way for each in names for way in reach_of(each, endings).ways))


def refuse_shared_files(session: Session, job: Job, folder: Path, roots: Sequence[Path]) -> None:
    """Names of one day, month or part must not be another job's file. Raises TargetTaken."""
    ours = _reach(job.export_name, job.export_type, job.split, job.parameter_sets)
    has_dataset = exists().where(Dataset.job_id == Job.job_id)
    others = select(
        Job.job_id,
        Job.job_name,
        Job.export_path,
        Job.export_name,
        Job.export_type,
        Job.split,
        Job.parameter_sets,
    ).where(or_(has_dataset, Job.parameter_sets.is_not(None)))
    if ours.is_fixed:
        # Two fixed names are told apart by their datasets.
        changes = or_(
            Job.export_name.contains("{"), Job.export_type == ExportType.MES, Job.split.is_not(None)
        )
        others = others.where(changes)
    for other in session.execute(others.where(Job.job_id != job.job_id)):
        theirs = _reach(other.export_name, other.export_type, other.split, other.parameter_sets)
        if ours.meets(theirs) and _is_folder(other.export_path, folder, roots):
            raise TargetTaken(
                f"Job {other.job_name!r} ({other.job_id}) exports to {other.export_name!r} in the "
                f"same folder, and one of its files may be called like one of "
                f"{job.export_name!r}; choose another export_name or export_path."
            )


def _is_folder(export_path: str, folder: Path, roots: Sequence[Path]) -> bool:
    try:
        return resolve_export_folder(roots, export_path) == folder
    except ExportPathRefused:
        return False


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


def current_versions(session: Session) -> list[tuple[Dataset, DatasetVersion]]:
    """Every dataset with the version readers get, in the order in which they were made."""
    found = session.execute(
        select(Dataset, DatasetVersion)
        .join(DatasetVersion, Dataset.current_version_id == DatasetVersion.version_id)
        .order_by(Dataset.dataset_id)
    )
    return [(dataset, version) for dataset, version in found]


CURRENT_MARK_SQL = """
    SELECT v.version_id, v.xmin::text AS change
    FROM datasets d JOIN dataset_versions v ON v.version_id = d.current_version_id
    WHERE d.name_key = $1
"""
_CURRENT_MARK = Question("current_version_mark", CURRENT_MARK_SQL, ("text",))


@dataclass(frozen=True, slots=True)
class VersionMark:
    """Which version readers get; `change` is another one after every change of what is known of
    it, such as its restoring."""

    version_id: int
    change: str


def current_mark(name: str) -> VersionMark | None:
    """The mark of what `current_version` finds, at a tenth of the cost; None: nothing."""
    found = ask(_CURRENT_MARK, name.casefold())
    return VersionMark(*found[0]) if found else None


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
