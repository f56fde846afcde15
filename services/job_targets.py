"""Which targets a job's versions go to, and that no two jobs write the same file there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError, Settings
from models import Job, JobTarget, Target
from services.datasets import fixed_path
from services.delivery_places import TargetPathTaken
from services.target_rules import checked_path, location, refusal

# Serialises the comparison with what other jobs have.
LOCK_KEY = 7_426_091_505
MAX_TARGETS = 20


def replace_targets(job: Job, wanted: Sequence[Mapping[str, object]]) -> bool:
    """Give the job these targets; `job.targets` must be loaded. True when something changed.

    Raises TargetInvalid for a path that cannot be, or a target that is named twice.
    """
    if len(wanted) > MAX_TARGETS:
        raise refusal("targets", f"has at most {MAX_TARGETS} entries")
    paths: dict[int, str] = {}
    for number, entry in enumerate(wanted):
        target_id = int(str(entry["target_id"]))
        if target_id in paths:
            raise refusal(f"targets.{number}.target_id", "is named twice")
        paths[target_id] = checked_path(str(entry["path"]), field=f"targets.{number}.path")
    if {row.target_id: row.path for row in job.targets} == paths:
        return False
    there = {row.target_id: row for row in job.targets}
    for target_id, path in paths.items():
        if target_id in there:
            there[target_id].path = path
    job.targets = [
        there.get(target_id) or JobTarget(target_id=target_id, path=path)
        for target_id, path in paths.items()
    ]
    return True


def check_targets_exist(session: Session, job: Job) -> None:
    """Raises TargetInvalid for the first entry whose target is not there."""
    wanted = [row.target_id for row in job.targets]
    found = set(session.scalars(select(Target.target_id).where(Target.target_id.in_(wanted))))
    for number, target_id in enumerate(wanted):
        if target_id not in found:
            raise refusal(f"targets.{number}.target_id", f"names no target ({target_id})")


def check_places(session: Session, job: Job, settings: Settings) -> None:
    """Refuse a file that this job and another, or this job twice, would write. `job` is flushed.

    Names with dates are compared as they are written; what they become is compared again when a
    version is delivered. Raises TargetPathTaken.
    """
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    roots = settings.paths.export_roots
    rows = session.execute(
        select(Job, JobTarget.path, Target)
        .join(JobTarget, JobTarget.job_id == Job.job_id)
        .join(Target, Target.target_id == JobTarget.target_id)
    ).all()
    if not rows:
        return
    owners = {_folder_location(_export_of(job, roots)): job}
    if any(owner.job_id == job.job_id for owner, _, _ in rows):
        others = session.scalars(select(Job).where(Job.job_id != job.job_id))
        owners |= {_folder_location(_export_of(other, roots)): other for other in others}
    for owner, path, target in rows:
        place = location(target, _named(path, _export_of(owner, roots)))
        first = owners.get(place)
        if first is not None and job.job_id in (owner.job_id, first.job_id):
            raise _taken(target, path, first if owner.job_id == job.job_id else owner)
        owners[place] = owner


def _export_of(job: Job, roots: Sequence[Path]) -> Path:
    """Where the job exports to; jobs of the existing system may name folders nobody may write."""
    try:
        return fixed_path(job, roots)
    except AutomacaoError:
        return Path(f"/?/{job.job_id}")


def _folder_location(path: Path) -> str:
    return f"folder:{path}".casefold()


def _named(path: str, export: Path) -> str:
    return f"{path}{export.name}" if path == "" or path.endswith("/") else path


def _taken(target: Target, path: str, owner: Job) -> TargetPathTaken:
    message = (
        f"Job {owner.job_name!r} ({owner.job_id}) already writes {path or 'its file'} at "
        f"{target.name}; choose another path."
    )
    return TargetPathTaken(
        message,
        errors=[FieldError(field="targets", code=TargetPathTaken.code, message=message)],
    )
