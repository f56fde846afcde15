"""The kind of job `Único`: one query becomes one new version of one dataset."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from auxiliares import AutomacaoError
from connectors.base import ByteSink, Column, SessionTags, chosen
from connectors.registry import connector_for
from datafiles.background import BackgroundWriter
from datafiles.durable import check_writable, make_folder
from datafiles.formats.writers import open_writer
from datafiles.manifest import ManifestColumn
from datafiles.projection import project
from datafiles.version_writer import VersionWriter, WrittenFile
from execution.context import ActiveRun
from execution.snapshot import JobSnapshot
from failpoints import failpoint, is_armed
from services.publication import AttemptNotCurrent, Manifest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """What the writer has taken and the file has got so far."""

    writer: BackgroundWriter
    file: VersionWriter

    @property
    def rows_written(self) -> int:
        return self.writer.rows_written

    @property
    def bytes_written(self) -> int:
        return self.file.bytes_written


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
    name = f"{run.key.run_id}-{run.key.attempt}{job.form.extension}"
    version = versions / str(job.dataset_id) / name
    make_folder(version.parent)
    columns, rows, written = _write_version(run, job, version)
    manifest = Manifest(
        dataset_id=job.dataset_id,
        file_name=version.relative_to(versions).as_posix(),
        target_path=str(job.target),
        size_bytes=written.size_bytes,
        rows=rows,
        sha256=written.sha256,
        columns=[column.members() for column in columns],
        form=job.form.manifest(),
        data_as_of=job.data_as_of,
    )
    failpoint("before_publish_commit")
    try:
        publish(manifest)
    except AttemptNotCurrent:
        version.unlink(missing_ok=True)
        raise
    failpoint("after_publish_commit")
    failpoint("before_projection")
    try:
        return project(version, job.target).warning
    except AutomacaoError as exc:
        return exc.message


def _write_version(
    run: ActiveRun, job: JobSnapshot, version: Path
) -> tuple[list[ManifestColumn], int, WrittenFile]:
    connector = connector_for(job.spec.kind)
    tags = SessionTags(job.job_name, run.key.run_id)
    form = job.form
    with (
        connector.open(
            job.spec,
            tags=tags,
            time_limit_s=job.time_limit_s,
            time_zone=job.time_zone,
            dates=job.binds,
        ) as source,
        VersionWriter(version) as file,
    ):
        run.attach(source)
        failpoint("after_connect")
        columns = manifest_columns(chosen(source.describe(job.sql), form.dialect))
        with BackgroundWriter(open_writer(file, form, columns, name=job.target.name)) as writer:
            run.watch(ExportProgress(writer, file))
            rows = source.export_csv(job.sql, _interruptible(writer), form.source_dialect)
            run.detach()
            writer.finish()
        failpoint("after_last_row")
        return columns, rows, file.commit()


class _Interrupted:
    """A sink at whose second write, the first row, a test may harm the process."""

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._writes = 0

    def write(self, data: bytes) -> object:
        self._writes += 1
        if self._writes == 2:
            failpoint("mid_fetch")
        return self._sink.write(data)


def _interruptible(sink: ByteSink) -> ByteSink:
    """The sink itself unless a test has armed the failpoint: it is called once per row."""
    return _Interrupted(sink) if is_armed("mid_fetch") else sink


def manifest_columns(columns: Sequence[Column]) -> list[ManifestColumn]:
    """The columns of a source as they are kept with a version."""
    return [
        ManifestColumn(c.name, c.type.value, c.native_type, c.precision, c.scale) for c in columns
    ]
