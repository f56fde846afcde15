"""The datasets and files of a job's sets: each its own, and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from datafiles.export_names import check_name, fixed_name, resolved_name
from datafiles.folders import resolve_export_folder
from datafiles.names import NameRefused, check_export_name
from datafiles.set_names import name_of_set
from models import Dataset, Job
from services.datasets import attach_target, dataset_name, refuse_shared_files, taken_by
from services.job_outputs import extension_of
from services.parameter_sets import FIELD, ParameterSet, ParameterSets

# What of a job decides where its files go.
TARGET_FIELDS = frozenset(
    {
        "export_path",
        "export_name",
        "file_format",
        "compression",
        "export_type",
        "split",
        "parameter_sets",
    }
)


class SetsShareFile(AutomacaoError):
    """Two sets of the job would write the same file."""

    code = "sets_share_file"
    status = 409


@dataclass(frozen=True, slots=True)
class SetNames:
    """How the files of a job's sets are called."""

    folder: Path
    pattern: str
    job_name: str
    extension: str

    @classmethod
    def of(cls, job: Job, roots: Sequence[Path]) -> SetNames:
        """Raises when the folder is not allowed."""
        folder = resolve_export_folder(roots, job.export_path)
        return cls(folder, job.export_name, job.job_name, extension_of(job))

    def fixed(self, one: ParameterSet) -> Path:
        """The file whose name is the dataset's. Raises NameRefused, naming the set."""
        name = name_of_set(self.pattern, one.label, one.values)
        try:
            check_name(name, self.job_name)
            return self.folder / f"{check_export_name(fixed_name(name))}{self.extension}"
        except NameRefused as exc:
            message = f"The set {one.label!r}: {exc.message}"
            errors = [FieldError(field="export_name", code=exc.code, message=message)]
            raise NameRefused(message, errors=errors) from exc

    def on_day(self, one: ParameterSet, *, data: date, fim: date) -> Path:
        """The file a run publishes to that was due on `data` and reads until `fim`."""
        name = name_of_set(self.pattern, one.label, one.values)
        resolved = resolved_name(name, data=data, fim=fim, job=self.job_name)
        return self.folder / f"{resolved}{self.extension}"


def refuse_same_files(sets: Sequence[ParameterSet], files: Sequence[Path]) -> None:
    """Refuse two sets with one file, whatever the case of its name. Raises SetsShareFile."""
    owners: dict[str, ParameterSet] = {}
    for one, file in zip(sets, files, strict=True):
        first = owners.setdefault(str(file).casefold(), one)
        if first is not one:
            message = (
                f"The sets {first.label!r} and {one.label!r} would both write {file.name}. Put "
                "into the name what tells them apart, such as {label}."
            )
            raise SetsShareFile(
                message, errors=[FieldError(field=FIELD, code=SetsShareFile.code, message=message)]
            )


def attach_files(session: Session, job: Job, roots: Sequence[Path]) -> None:
    """Give the job what its target names: one dataset, or one for each set that is written in it.

    Sets that a query answers with get theirs when a run knows them. Raises TargetTaken,
    NameRefused or SetsShareFile.
    """
    if job.parameter_sets is None:
        attach_target(session, job, roots)
        return
    found = ParameterSets.of(job.parameter_sets)
    names = SetNames.of(job, roots)
    refuse_shared_files(session, job, names.folder, roots)
    if found.query is None:
        attach_sets(session, job, names, found.sets, roots=roots)
    else:
        check_name(name_of_set(job.export_name, "A", dict.fromkeys(found.names, "A")), job.job_name)
        # The one dataset it had before it had sets.
        session.execute(
            update(Dataset)
            .where(Dataset.job_id == job.job_id, Dataset.set_label.is_(None))
            .values(job_id=None)
        )


def attach_sets(
    session: Session,
    job: Job,
    names: SetNames,
    sets: Sequence[ParameterSet],
    *,
    roots: Sequence[Path],
    are_all: bool = True,
) -> Mapping[str, int]:
    """Give the job a dataset for each set; their numbers by label.

    `are_all`: those of sets that are no more are the job's no longer, and stay as they are. Takes
    over datasets of deleted jobs with their versions. Raises TargetTaken, NameRefused or
    SetsShareFile, and has changed nothing then.
    """
    files = [names.fixed(one) for one in sets]
    refuse_same_files(sets, files)
    labels = {dataset_name(file, roots): one.label for one, file in zip(sets, files, strict=True)}
    keys = {name.casefold(): label for name, label in labels.items()}
    # In the same order everywhere, so that two jobs never wait for each other in a circle.
    session.execute(
        insert(Dataset)
        .values([{"name": name, "name_key": name.casefold()} for name in sorted(labels)])
        .on_conflict_do_nothing()
    )
    found = session.scalars(
        select(Dataset)
        .where(Dataset.name_key.in_(keys))
        .order_by(Dataset.name_key)
        .with_for_update()
    ).all()
    for dataset in found:
        if dataset.job_id not in (None, job.job_id):
            raise taken_by(session.get_one(Job, dataset.job_id), dataset.name)
    if are_all:
        session.execute(
            update(Dataset)
            .where(Dataset.job_id == job.job_id, Dataset.name_key.not_in(keys))
            .values(job_id=None)
        )
    for dataset in found:
        dataset.job_id, dataset.set_label = job.job_id, keys[dataset.name_key]
    session.flush()
    return {keys[dataset.name_key]: dataset.dataset_id for dataset in found}
