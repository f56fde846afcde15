"""Executes an export: write the files of a new version, publish it, put them where people look."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from auxiliares import AutomacaoError
from datafiles.durable import check_writable, make_folder
from datafiles.formats.form import differs_in_extension
from datafiles.projection import project, withdraw
from execution.context import ActiveRun
from execution.projecting import belongs_there, place_newest
from execution.result_files import Result, write_result
from execution.snapshot import JobSnapshot
from failpoints import failpoint
from services.publication import (
    UNRELATED,
    AttemptNotCurrent,
    Manifest,
    Published,
    VersionBeforeReplaced,
)

log = logging.getLogger(__name__)


def export(
    run: ActiveRun,
    job: JobSnapshot,
    *,
    versions: Path,
    publish: Callable[[Manifest], Published],
) -> str | None:
    """Query, write, publish, project; returns a warning or None.

    `publish` is the fenced transaction. When it refuses, the file is thrown away. Raises what
    the source, the disk or the fence has to say; nothing is visible to readers then. Once it
    is published nothing raises: a file that cannot be placed is a warning, and tried again by
    the repair of projections.
    """
    check_writable(job.target.parent)
    path = versions / str(job.dataset_id) / f"{run.key.run_id}-{run.key.attempt}"
    make_folder(path.parent)
    result = write_result(run, job, path)
    failpoint("before_publish_commit")
    try:
        published = publish(_manifest(job, result, versions))
    except (AttemptNotCurrent, VersionBeforeReplaced):
        result.remove()
        raise
    failpoint("after_publish_commit")
    failpoint("before_projection")
    return _place(job, result, published, versions)


def _manifest(job: JobSnapshot, result: Result, versions: Path) -> Manifest:
    before = job.kind.before
    return Manifest(
        dataset_id=job.dataset_id,
        file_name=result.files[0].path.relative_to(versions).as_posix(),
        target_path=str(job.target),
        size_bytes=result.size_bytes,
        rows=result.rows,
        sha256=result.sha256,
        columns=[column.members() for column in result.columns],
        form=job.form.manifest(),
        data_as_of=job.data_as_of,
        files=result.parts(versions),
        builds_on=UNRELATED
        if not job.kind.builds_on_before
        else before.version_id
        if before
        else None,
        rows_read=result.rows_read,
    )


def _place(job: JobSnapshot, result: Result, published: Published, versions: Path) -> str | None:
    """The files to their places, unless a newer version has them; the first warning."""
    version_id, dataset_id = published.version_id, job.dataset_id
    try:
        if not published.is_current and not belongs_there(dataset_id, job.target, version_id):
            log.info("newer_version_stays", extra={"target": str(job.target)})
            return None
    except AutomacaoError as exc:
        return exc.message
    warning = _project(job, result)
    place_newest(dataset_id, job.target, placed=version_id, versions=versions)
    return warning


def _project(job: JobSnapshot, result: Result) -> str | None:
    """Every file to its place; those of parts and of formats that are no more go. The first
    warning."""
    warnings = []
    for file in result.files:
        try:
            warnings.append(project(file.path, file.target).warning)
        except AutomacaoError as exc:
            warnings.append(exc.message)
    before = job.kind.before
    if before is not None and (
        before.target == job.target or differs_in_extension(before.target, job.target)
    ):
        targets = {file.target for file in result.files}
        for part in before.parts:
            if part.target not in targets:
                withdraw(part.path, part.target)
    return next((warning for warning in warnings if warning is not None), None)
