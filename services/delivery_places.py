"""Where the files of a version go at a target, and whose current files are there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from datafiles.folders import place_key
from models import Dataset, DatasetVersion, Delivery, Job, JobTarget, Run, Target
from services.target_rules import location


class TargetPathTaken(AutomacaoError):
    """Another job, or this one, writes the same file."""

    code = "target_path_taken"
    status = 409


Files = Sequence[Mapping[str, Any]] | None


def delivered_paths(files: Files, path: str) -> list[str]:
    """Where each file of a version goes; parts keep their names beside the path."""
    if not files:
        return [path]
    beside = PurePosixPath(path)
    return [beside.with_name(Path(part["target_path"]).name).as_posix() for part in files]


def owner_of(
    session: Session, version: DatasetVersion, job_id: int | None, target: Target, path: str
) -> str | None:
    """The name of another job that keeps a file where this version of `job_id` would put one.

    Below whichever target, in whatever case, parts and exported files included. Who was refused
    there keeps nothing.
    """
    wanted = _places(target, version.files, path)
    found = [*_delivered(session, job_id, target)]
    if target.kind == "folder":
        found += _exported(session, job_id)
    return next((name for name, places in found if not wanted.isdisjoint(places)), None)


def _places(target: Target, files: Files, path: str) -> set[str]:
    return {place_key(location(target, one)) for one in delivered_paths(files, path)}


def _delivered(
    session: Session, job_id: int | None, target: Target
) -> Iterator[tuple[str, set[str]]]:
    rows = session.execute(
        select(Run.job_name, Delivery.path, DatasetVersion.files, Target)
        .join(Run, Run.run_id == Delivery.run_id)
        .join(DatasetVersion, DatasetVersion.version_id == Delivery.version_id)
        .join(Dataset, Dataset.current_version_id == Delivery.version_id)
        .join(Target, Target.target_id == Delivery.target_id)
        .join(
            JobTarget,
            and_(JobTarget.job_id == Run.job_id, JobTarget.target_id == Delivery.target_id),
        )
        .where(
            Run.job_id.is_distinct_from(job_id),
            Target.kind == target.kind,
            or_(Delivery.error_code.is_(None), Delivery.error_code != TargetPathTaken.code),
        )
    )
    for name, path, files, theirs in rows:
        yield name, _places(theirs, files, path)


def _exported(session: Session, job_id: int | None) -> Iterator[tuple[str, set[str]]]:
    rows = session.execute(
        select(Job.job_name, DatasetVersion.target_path, DatasetVersion.files)
        .join(Dataset, Dataset.job_id == Job.job_id)
        .join(DatasetVersion, DatasetVersion.version_id == Dataset.current_version_id)
        .where(Job.job_id.is_distinct_from(job_id))
    )
    for name, target_path, files in rows:
        paths = [part["target_path"] for part in files] if files else [target_path]
        yield name, {place_key(f"folder:{path}") for path in paths}
