"""What is known of a dataset's file when a request reads it, and the headers that say so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flask import Response, current_app, request

from auxiliares import Settings
from datafiles.companions import DataFile
from datafiles.formats.form import FileForm
from datafiles.json_values import unique_names
from datafiles.manifest import ManifestColumn
from datafiles.plain_image import header_names
from models import DatasetVersion
from services.datasets import VersionMark
from webapi.fair_shares import share_of_download
from webapi.large_answers import LARGE_BYTES
from webapi.state import current_settings, state_of

# A large answer keeps its thread until the reader has it: a quarter of them, and no more.
THREADS_PER_READER = 4


@dataclass(frozen=True, slots=True)
class SourcePart:
    """One file of a version that has several; `name` is that of the file in the folder."""

    key: str
    path: Path
    rows: int
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read and what is known of it; `rows` is None for a foreign file.

    `parts` are the files of a version that has several, the first of which is `path`.
    `modified_at`: since when readers get this version. `mark`: of the current version, when it was
    looked up as such.
    """

    path: Path
    columns: tuple[ManifestColumn, ...] | None
    delimiter: str
    etag: str
    as_of: datetime
    modified_at: datetime
    version: str | None
    rows: int | None
    form: FileForm = field(default_factory=FileForm)
    parts: tuple[SourcePart, ...] = ()
    run_id: int | None = None
    mark: VersionMark | None = None

    @property
    def files(self) -> list[tuple[Path, int]]:
        """Every file with its rows, in order; of a foreign one nobody has counted them."""
        if self.parts:
            return [(part.path, part.rows) for part in self.parts]
        return [(self.path, self.rows or 0)]

    @property
    def size_bytes(self) -> int:
        """0 for what is not there."""
        return sum(path.stat().st_size for path, _ in self.files if path.exists())

    def data_file(self) -> DataFile:
        """The form that companions read; a foreign file is opened for the names of its columns."""
        paths = [path for path, _ in self.files]
        if self.columns is not None:
            return DataFile.of_version(paths, self.columns, self.form)
        names = header_names(self.path, self.delimiter)
        columns = tuple(ManifestColumn(name, "text", "") for name in names)
        return DataFile(tuple(paths), columns, self.delimiter, is_ours=False)


def published(version: DatasetVersion, settings: Settings) -> Source:
    """The file of a version of ours."""
    columns = tuple(ManifestColumn.of(column) for column in version.columns)
    form = FileForm.of_manifest(version.form)
    return Source(
        path=settings.paths.versions / version.file_name,
        columns=columns,
        delimiter=form.dialect.delimiter,
        etag=f"v{version.version_id}-{version.sha256[:16]}",
        as_of=version.data_as_of,
        modified_at=max(
            moment
            for moment in (version.published_at, version.released_at, version.restored_at)
            if moment is not None
        ),
        version=str(version.version_id),
        rows=version.rows,
        form=form,
        parts=tuple(
            SourcePart(
                str(part["key"]),
                settings.paths.versions / part["file_name"],
                part["rows"],
                Path(part["target_path"]).name,
            )
            for part in version.files or ()
        ),
        run_id=version.run_id,
    )


def unmanaged(path: Path) -> Source:
    """A file that somebody else put into the folder."""
    found = path.stat()
    return Source(
        path=path,
        columns=None,
        delimiter=";",
        etag=f"f{found.st_mtime_ns:x}-{found.st_size:x}",
        as_of=datetime.fromtimestamp(found.st_mtime, UTC),
        modified_at=datetime.fromtimestamp(found.st_mtime, UTC),
        version=None,
        rows=None,
    )


def names_of(file: DataFile) -> list[str]:
    """The names that readers see and use: the members of a row's object."""
    return unique_names([column.name for column in file.columns])


def with_headers(response: Response, source: Source) -> Response:
    """Say which data this is and how old."""
    response.set_etag(source.etag)
    response.last_modified = source.modified_at
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Data-As-Of"] = source.as_of.astimezone(UTC).isoformat()
    if source.version is not None:
        response.headers["X-Dataset-Version"] = source.version
    if source.run_id is not None:
        response.headers["X-Run-Id"] = str(source.run_id)
    if source.rows is not None:
        response.headers["X-Row-Count"] = str(source.rows)
    return response


def is_unchanged(source: Source) -> bool:
    """Whether the request says that its sender has this very answer."""
    if "If-None-Match" in request.headers:
        return request.if_none_match.contains_weak(source.etag)
    since = request.if_modified_since
    return since is not None and source.modified_at.replace(microsecond=0) <= since


def place_for(source: Source) -> Callable[[], None]:
    """Take one of the few places for large answers; the result gives it back.

    Raises TooManyReaders, or TooManyAtOnce for a reader who holds many of them.
    """
    if source.size_bytes < LARGE_BYTES:
        return lambda: None
    threads = current_settings().backend.threads
    with ExitStack() as held:
        held.callback(share_of_download())
        places = max(1, threads // THREADS_PER_READER)
        held.callback(state_of(current_app).large_answers.take(places))
        return held.pop_all().close
