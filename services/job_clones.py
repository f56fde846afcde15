"""A second job like one that is there, inactive and with a file of its own."""

from __future__ import annotations

import re
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from auxiliares import Settings
from datafiles.export_names import fixed_name
from datafiles.folders import resolve_export_folder
from datafiles.names import MAX_BYTES, MAX_CHARACTERS
from models import Dataset, Job, JobSlot
from services.datasets import dataset_name
from services.dependencies import followed_by_job
from services.job_outputs import extension_of
from services.job_versions import keep_version
from services.jobs import JobFields, create_job, get_job
from services.movements import is_movement

# The clone has its own name, file, targets and state; slots are copied row by row.
COPIED = frozenset(JobFields.__annotations__) - {
    "job_name",
    "job_status",
    "export_name",
    "schedule",
    "last_data_date",
    "after",
    "targets",
}
_FIRST_NUMBER = re.compile(r"^[0-9]{1,6}_")
_NUMBERED = re.compile(r"(.*?)_([0-9]{1,6})", re.DOTALL)


def clone_job(
    session: Session,
    job_id: int,
    *,
    job_name: str,
    export_name: str | None,
    settings: Settings,
    created_by_id: int | None,
) -> Job:
    """The new job, inactive; without `export_name` the next free number is put after the old one.

    Raises JobNotFound, and what create_job raises.
    """
    original = get_job(session, job_id, lock=True)
    fields = {name: getattr(original, name) for name in COPIED} | {
        "job_name": job_name,
        "job_status": "N",
        "export_name": ""
        if is_movement(original)
        else export_name or free_export_name(session, original, settings),
        "after": [
            {"job_id": found.job_id, "condition": found.condition}
            for found in followed_by_job(session, [job_id]).get(job_id, [])
        ],
    }
    clone = create_job(
        session, cast("JobFields", fields), settings=settings, created_by_id=created_by_id
    )
    # Row by row: slots of the existing system need not be every combination of three lists.
    clone.slots = [
        JobSlot(job_day=slot.job_day, job_hour=slot.job_hour, job_minute=slot.job_minute)
        for slot in original.slots
    ]
    session.flush()
    keep_version(session, clone)
    return clone


def free_export_name(session: Session, job: Job, settings: Settings) -> str:
    """`nome_2`, `nome_3`, ...: the first that no dataset and no file of the folder has.

    With parameter sets the number comes first, where no set can be called by it.
    """
    if job.parameter_sets is not None:
        return _free_name_of_sets(session, job)
    roots = settings.paths.export_roots
    folder = resolve_export_folder(roots, job.export_path)
    found = _NUMBERED.fullmatch(job.export_name)
    stem, number = (found[1], int(found[2])) if found else (job.export_name, 1)
    while True:
        number += 1
        name = _numbered(stem, number)
        path = folder / f"{fixed_name(name)}{extension_of(job)}"
        key = dataset_name(path, roots).casefold()
        taken = session.scalar(select(Dataset.dataset_id).where(Dataset.name_key == key))
        if taken is None and not path.exists():
            return name


def _free_name_of_sets(session: Session, job: Job) -> str:
    number, stem = 1, _FIRST_NUMBER.sub("", job.export_name)
    while True:
        number += 1
        name = f"{number}_{stem}"
        if session.scalar(select(Job.job_id).where(Job.export_name == name).limit(1)) is None:
            return name


def _numbered(stem: str, number: int) -> str:
    """The longest part of the stem that leaves room for the number in a file name."""
    end = f"_{number}"
    room = MAX_BYTES - len(end)
    short = stem[: MAX_CHARACTERS - len(end)].encode()[:room].decode(errors="ignore")
    return short + end
