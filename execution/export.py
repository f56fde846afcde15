"""The kind of job `Único`: one query becomes one new version of one dataset."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from auxiliares import AutomacaoError
from connectors.base import Column, CsvForm, SessionTags, SourceSession
from connectors.registry import connector_for
from datafiles.durable import check_writable, make_folder
from datafiles.projection import project
from datafiles.version_writer import VersionWriter, WrittenFile
from execution.context import ActiveRun
from execution.failpoints import failpoint
from execution.snapshot import JobSnapshot
from services.publication import AttemptNotCurrent, Manifest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """What the source has handed over and the writer has taken so far.

    A source that writes row by row counts at its end only; one that writes many rows at a time
    counts them itself. The larger figure is right for both.
    """

    source: SourceSession
    writer: VersionWriter

    @property
    def rows_written(self) -> int:
        return max(self.source.rows_exported, self.writer.writes - 1)

    @property
    def bytes_written(self) -> int:
        return self.writer.bytes_written


def export(
    run: ActiveRun,
    job: JobSnapshot,
    *,
    versions: Path,
    publish: Callable[[Manifest], None],
) -> str | None:
    """Query, write, publish, project; returns a warning or None.

    `publish` is the fenced transaction. When it refuses, the file is thrown away. Raises what
    the source, the disk or the fence has to say; nothing is visible to readers then. Once it
    is published nothing raises: a file that cannot be placed is a warning, and tried again by
    the repair of projections.
    """
    check_writable(job.target.parent)
    version = versions / str(job.dataset_id) / f"{run.key.run_id}-{run.key.attempt}.csv"
    make_folder(version.parent)
    form = CsvForm(time_zone=job.time_zone)
    columns, rows, written = _write_version(run, job, version, form)
    manifest = Manifest(
        dataset_id=job.dataset_id,
        file_name=version.relative_to(versions).as_posix(),
        target_path=str(job.target),
        size_bytes=written.size_bytes,
        rows=rows,
        sha256=written.sha256,
        columns=[
            {"name": c.name, "type": c.type.value, "native_type": c.native_type} for c in columns
        ],
        form=asdict(form),
        data_as_of=job.data_as_of,
    )
    failpoint("before_publish_commit")
    try:
        publish(manifest)
    except AttemptNotCurrent:
        version.unlink(missing_ok=True)
        raise
    failpoint("before_projection")
    try:
        return project(version, job.target).warning
    except AutomacaoError as exc:
        return exc.message


def _write_version(
    run: ActiveRun, job: JobSnapshot, version: Path, form: CsvForm
) -> tuple[tuple[Column, ...], int, WrittenFile]:
    connector = connector_for(job.spec.kind)
    tags = SessionTags(job.job_name, run.key.run_id)
    with (
        connector.open(
            job.spec, tags=tags, time_limit_s=job.time_limit_s, time_zone=job.time_zone
        ) as source,
        VersionWriter(version) as writer,
    ):
        run.attach(source)
        failpoint("after_connect")
        columns = source.describe(job.sql)
        run.watch(ExportProgress(source, writer))
        rows = source.export_csv(job.sql, writer, form)
        run.detach()
        failpoint("after_last_row")
        return columns, rows, writer.commit()
