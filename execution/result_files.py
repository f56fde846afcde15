"""Writes the rows of a query as the files of a new version, by the job's kind of file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auxiliares import AutomacaoError
from connectors.base import (
    SessionTags,
    SourceCancelled,
    SourceSession,
    chosen,
)
from connectors.registry import connector_for
from datafiles.background import BackgroundWriter
from datafiles.dated_rows import DatedRows
from datafiles.formats.writers import FormatWriter, open_writer
from datafiles.manifest import ManifestColumn
from datafiles.merging import (
    RowsBefore,
    VersionBeforeUnfit,
    column_changes,
    write_accumulated,
)
from datafiles.new_rows import NewRows
from datafiles.row_days import DayReader
from datafiles.splitting import MonthKeys, PartFiles, PartKeys, RowKeys, hash_of_parts, taken_over
from datafiles.upserting import KeyedRows, write_upserted
from datafiles.version_writer import VersionWriter, WrittenFile
from dialects.delimited import header_line
from dialects.native_rows import NativeRows
from dialects.text_output import Sink
from execution.context import ActiveRun
from execution.harmed_sink import interruptible
from execution.reading import Reading, manifest_columns
from execution.snapshot import JobSnapshot
from execution.written import FileCounter, Progress
from failpoints import failpoint
from services.job_kinds import PartBefore, VersionBefore
from vocabulary import ExportType


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file of the new version; `key` tells a part from the others."""

    path: Path
    target: Path
    size_bytes: int
    rows: int
    sha256: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has written; nothing of it is visible yet. `rows_read`: what the query returned,
    where earlier rows are in it too."""

    columns: list[ManifestColumn]
    files: list[ResultFile]
    is_split: bool = False
    rows_read: int | None = None

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def sha256(self) -> str:
        hashes = [file.sha256 for file in self.files]
        return hash_of_parts(hashes) if self.is_split else hashes[0]

    def parts(self, versions: Path) -> list[dict[str, Any]] | None:
        """The parts as a version keeps them; None for a whole file."""
        if not self.is_split:
            return None
        return [
            {
                "file_name": file.path.relative_to(versions).as_posix(),
                "target_path": str(file.target),
                "size_bytes": file.size_bytes,
                "rows": file.rows,
                "sha256": file.sha256,
                "key": file.key,
            }
            for file in self.files
        ]

    def remove(self) -> None:
        """Throw the files away: the fence refused them."""
        for file in self.files:
            with suppress(OSError):
                file.path.unlink()


def write_result(run: ActiveRun, job: JobSnapshot, path: Path) -> Result:
    """Query and write; `path` is the version's file without extension.

    Raises what the source, the disk or the kind of file has to say; nothing stays then.
    """
    writer = _ResultWriter(run, job, path)
    if job.kind.export_type in (ExportType.ACUMULADO, ExportType.CHAVE):
        return writer.merged()
    return writer.split() if job.kind.is_by_month or job.kind.split else writer.whole()


class _ResultWriter:
    def __init__(self, run: ActiveRun, job: JobSnapshot, path: Path) -> None:
        self._run = run
        self._job = job
        self._path = path
        self._dialect = job.form.source_dialect
        self._progress = Progress()
        run.watch(self._progress)

    def whole(self) -> Result:
        job = self._job
        with self._source() as source, VersionWriter(self._file()) as file:
            reading = Reading.of(source, job.sql, job.form, divided_by=job.parallel_column)
            columns = list(reading.columns)
            with BackgroundWriter(self._open(file, columns, native=reading.native)) as writer:
                rows = reading.read(source, writer)
                self._run.detach()
                writer.finish()
            failpoint("after_last_row")
            return Result(columns, [self._result(file.commit(), rows)])

    def split(self) -> Result:
        with self._source() as source:
            columns = self._describe(source)
            with PartFiles(
                self._part_keys(columns),
                self._dialect,
                self._header(columns),
                path_of=self._file,
                open_writer=lambda file, key: self._open(file, columns, key),
                keeps_order=self._job.kind.split_by == "rows",
            ) as parts:
                self._progress.counters.append(parts)
                source.export_csv(self._job.sql, interruptible(parts), self._dialect)
                self._run.detach()
                parts.finish()
                failpoint("after_last_row")
                written = parts.commit()
        files = [
            ResultFile(
                part.file.path,
                self._target(part.key),
                part.file.size_bytes,
                part.rows,
                part.file.sha256,
                part.key,
            )
            for part in written
        ]
        result = Result(columns, files, is_split=True, rows_read=sum(part.rows for part in written))
        try:
            files += self._kept_months(result)
        except AutomacaoError:
            result.remove()
            raise
        files.sort(key=lambda file: file.key or "")
        return result if files else self._empty(columns)

    def merged(self) -> Result:
        with self._source() as source:
            columns = self._describe(source)
            with self._merge(columns) as (rows, write_merged):
                self._progress.counters.append(rows)
                source.export_csv(self._job.sql, interruptible(rows), self._dialect)
                self._run.detach()
                source.close()
                rows.finish()
                failpoint("after_last_row")
                return self._merged_file(columns, rows, write_merged)

    def _merged_file(
        self, columns: list[ManifestColumn], new: NewRows, write_merged: Callable[[Sink], int]
    ) -> Result:
        with VersionWriter(self._file()) as file, closing(self._open(file, columns)) as writer:
            stoppable = _Stoppable(writer)
            self._run.attach(stoppable)
            writer.write(self._header(columns))
            rows = write_merged(stoppable)
            self._run.detach()
            writer.finish()
            files = [self._result(file.commit(), rows)]
            return Result(columns, files, rows_read=new.rows_written)

    @contextmanager
    def _merge(
        self, columns: list[ManifestColumn]
    ) -> Iterator[tuple[NewRows, Callable[[Sink], int]]]:
        """Where new rows wait, and what writes them and those of the version before."""
        kind, dialect = self._job.kind, self._dialect
        before = _rows_before(kind.before)
        if kind.export_type == ExportType.CHAVE:
            with (
                KeyedRows(columns, kind.key_columns, self._path, dialect) as keys,
                NewRows(self._path, dialect, keys.examine) as rows,
            ):
                yield rows, lambda sink: write_upserted(sink, before, keys, rows, dialect)
            return
        start = self._job.window_start
        assert start is not None  # this kind always reads a window
        days = DayReader(columns, kind.date_column, dialect)
        until = self._job.replaces_until
        dated = DatedRows(days, start, until)

        def write(sink: Sink) -> int:
            dated.check()
            return write_accumulated(sink, before, days, start, rows, until=until)

        with NewRows(self._path, dialect, dated.examine) as rows:
            yield rows, write

    # --- parts

    def _part_keys(self, columns: list[ManifestColumn]) -> PartKeys:
        kind = self._job.kind
        if not kind.is_by_month:
            return RowKeys((kind.split or {}).get("rows") or 1)
        days = DayReader(columns, kind.date_column, self._dialect)
        dated = None
        if kind.export_type == ExportType.MES and kind.names_window and self._job.window_start:
            dated = DatedRows(days, self._job.window_start, self._job.replaces_until)
        return MonthKeys(days, dated)

    def _kept_months(self, result: Result) -> list[ResultFile]:
        """Months of the version before that this run did not read again."""
        kind = self._job.kind
        if kind.export_type != ExportType.MES or kind.before is None:
            return []
        written = {file.key for file in result.files}
        kept = [p for p in kind.before.parts if p.key and p.key not in written]
        kept = [part for part in kept if not self._was_read(part.key or "")]
        if kept:
            _check_same_form(self._job, kind.before, result.columns)
        return [self._taken_over(part) for part in kept]

    def _was_read(self, month: str) -> bool:
        start, end = self._job.window_start, self._job.window_end
        if start is None or end is None:
            return False
        return start.isoformat()[:7] <= month <= end.isoformat()[:7]

    def _taken_over(self, part: PartBefore) -> ResultFile:
        path = taken_over(part.path, self._file(part.key))
        target = self._target(part.key)
        return ResultFile(path, target, part.size_bytes, part.rows, part.sha256, part.key)

    def _empty(self, columns: list[ManifestColumn]) -> Result:
        """No rows at all: one file with the names of the columns."""
        with VersionWriter(self._file()) as file, closing(self._open(file, columns)) as writer:
            writer.write(self._header(columns))
            writer.finish()
            return Result(columns, [self._result(file.commit(), 0)])

    # --- what all kinds share

    @contextmanager
    def _source(self) -> Iterator[SourceSession]:
        job = self._job
        tags = SessionTags(job.job_name, self._run.key.run_id)
        with connector_for(job.spec.kind).open(
            job.spec,
            tags=tags,
            time_limit_s=job.time_limit_s,
            time_zone=job.time_zone,
            binds=job.binds,
        ) as source:
            self._run.attach(source)
            failpoint("after_connect")
            yield source

    def _describe(self, source: SourceSession) -> list[ManifestColumn]:
        return manifest_columns(chosen(source.describe(self._job.sql), self._job.form.dialect))

    def _open(
        self,
        file: VersionWriter,
        columns: Sequence[ManifestColumn],
        key: str | None = None,
        native: NativeRows | None = None,
    ) -> FormatWriter:
        name = self._target(key).name
        writer = open_writer(file, self._job.form, columns, name=name, native=native)
        if key is None:
            self._progress.counters.append(FileCounter(writer, file))
        return writer

    def _header(self, columns: Sequence[ManifestColumn]) -> bytes:
        return header_line([column.name for column in columns], self._dialect)

    def _file(self, key: str | None = None) -> Path:
        end = "" if key is None else f".{key}"
        return self._path.with_name(f"{self._path.name}{end}{self._job.form.extension}")

    def _target(self, key: str | None) -> Path:
        """`nome 03.2024.csv` for a month of the kind `Mês`, `nome_001.csv` for other parts."""
        target, extension = self._job.target, self._job.form.extension
        if key is None:
            return target
        stem = target.name.removesuffix(extension)
        if self._job.kind.export_type == ExportType.MES:
            year, month = key.split("-")
            return target.with_name(f"{stem} {month}.{year}{extension}")
        return target.with_name(f"{stem}_{key}{extension}")

    def _result(self, written: WrittenFile, rows: int) -> ResultFile:
        target = self._job.target
        return ResultFile(written.path, target, written.size_bytes, rows, written.sha256)


class _Stoppable:
    """A writer that a run told to stop does not write to any more."""

    def __init__(self, writer: FormatWriter) -> None:
        self._writer = writer
        self._is_stopped = threading.Event()

    def cancel(self) -> None:
        self._is_stopped.set()

    def write(self, data: bytes) -> object:
        if self._is_stopped.is_set():
            raise SourceCancelled(
                "The run was stopped while it wrote its rows to the earlier ones."
            )
        return self._writer.write(data)


def _rows_before(before: VersionBefore | None) -> RowsBefore | None:
    if before is None:
        return None
    return RowsBefore(tuple(part.path for part in before.parts), before.columns, before.form)


def _check_same_form(
    job: JobSnapshot, before: VersionBefore, columns: Sequence[ManifestColumn]
) -> None:
    """Months that stay lie beside new ones in one dataset. Raises VersionBeforeUnfit."""
    changes = column_changes(before.columns, columns)
    if not changes and [c.name for c in before.columns] != [c.name for c in columns]:
        changes.append("the columns of the query have another order")
    if before.form != job.form:
        changes.append("the form of the file changed")
    if not changes:
        return
    raise VersionBeforeUnfit(
        f"Months that this run did not read would not fit the new ones: {'; '.join(changes)}. Undo "
        "the change; or load all months again, by setting the last loaded day of the job "
        "(last_data_date) back before the first of them. The published files are untouched."
    )
