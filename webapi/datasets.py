"""The data API: which datasets there are, and their rows as one JSON array, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

from flask import Response, jsonify, request
from pydantic import Field, RootModel

from auxiliares import AutomacaoError, FieldError, Settings
from datafiles.catalogue import open_unmanaged, unmanaged_files
from datafiles.manifest import ManifestColumn
from datafiles.names import requested_dataset_name
from datafiles.reading import read_rows
from datafiles.records import DatasetUnreadable
from metadb.engine import unit_of_work
from models import DatasetVersion
from services import datasets
from services.datasets import DatasetNotFound
from webapi.access import Rule, access
from webapi.resource import resource
from webapi.schemas import Model
from webapi.state import current_settings

MAX_NUMBER = 10**15

bp = resource("datasets", __name__, tag="data")


class PageInvalid(AutomacaoError):
    """limit or offset is not a number, or below zero."""

    code: ClassVar[str] = "page_invalid"
    status: ClassVar[int] = 400


class DatasetPath(Model):
    """A dataset by name; `/` separates folders."""

    name: str


class RowsQuery(Model):
    """Which rows; both may be absent. Read as text so that a faulty one is a 400."""

    limit: Annotated[str | None, Field(description="At most so many rows; all when absent.")] = None
    offset: Annotated[str | None, Field(description="Leave out so many rows first.")] = None


class DatasetNames(RootModel[list[str]]):
    """Names, sorted."""


class Rows(RootModel[list[dict[str, Any]]]):
    """One object per row; members in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read and what is known of it; `rows` is None for a foreign file."""

    path: Path
    columns: tuple[ManifestColumn, ...] | None
    delimiter: str
    etag: str
    as_of: datetime
    version: str | None
    rows: int | None


@bp.get("/api/data/datasets", responses={200: DatasetNames})
@access(Rule.DATA_READER)
def list_datasets() -> Response:
    """Every dataset that can be read: published ones, and other CSV files of the folder."""
    with unit_of_work() as session:
        published = [dataset.name for dataset in datasets.list_datasets(session)]
    taken = {name.casefold() for name in published}
    others = unmanaged_files(current_settings().paths.csv_root)
    return jsonify(sorted([*published, *(n for n in others if n.casefold() not in taken)]))


@bp.get("/api/data/datasets/<path:name>", responses={200: Rows})
@access(Rule.DATA_READER)
def read_dataset(path: DatasetPath, query: RowsQuery) -> Response:
    """The rows as a JSON array. While it is read, a newer version does not mix in."""
    limit, offset = _number("limit", query.limit), _number("offset", query.offset)
    name = requested_dataset_name(path.name)
    source = _find(name, current_settings())
    if request.if_none_match.contains_weak(source.etag):
        return _with_headers(Response(status=304), source)
    if request.method == "HEAD":
        return _with_headers(Response(content_type="application/json"), source)
    try:
        rows = _read(source, limit, offset)
    except DatasetUnreadable:
        newer = _find(name, current_settings())
        if newer.path == source.path:
            raise
        # The version was swept between look-up and opening, because a newer one is there.
        source = newer
        rows = _read(source, limit, offset)
    return _with_headers(Response(rows, content_type="application/json"), source)


def _read(source: Source, limit: int | None, offset: int | None) -> Iterator[bytes]:
    """Opens the file now, so that it stays readable however long the answer takes."""
    return read_rows(
        source.path, source.columns, offset=offset or 0, limit=limit, delimiter=source.delimiter
    )


def _find(name: str, settings: Settings) -> Source:
    try:
        with unit_of_work() as session:
            version = datasets.current_version(session, name)
            return _published(version, settings)
    except DatasetNotFound:
        return _unmanaged(open_unmanaged(settings.paths.csv_root, name))


def _published(version: DatasetVersion, settings: Settings) -> Source:
    columns = tuple(
        ManifestColumn(c["name"], c["type"], c.get("native_type", "")) for c in version.columns
    )
    return Source(
        path=settings.paths.versions / version.file_name,
        columns=columns,
        delimiter=str(version.form.get("delimiter", ";")),
        etag=f"v{version.version_id}-{version.sha256[:16]}",
        as_of=version.data_as_of,
        version=str(version.version_id),
        rows=version.rows,
    )


def _unmanaged(path: Path) -> Source:
    found = path.stat()
    return Source(
        path=path,
        columns=None,
        delimiter=";",
        etag=f"f{found.st_mtime_ns:x}-{found.st_size:x}",
        as_of=datetime.fromtimestamp(found.st_mtime, UTC),
        version=None,
        rows=None,
    )


def _with_headers(response: Response, source: Source) -> Response:
    response.set_etag(source.etag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Data-As-Of"] = source.as_of.astimezone(UTC).isoformat()
    if source.version is not None:
        response.headers["X-Dataset-Version"] = source.version
    if source.rows is not None:
        response.headers["X-Row-Count"] = str(source.rows)
    return response


def _number(field: str, text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        message = f"{field} must be a whole number from 0 to {MAX_NUMBER - 1}."
        raise PageInvalid(
            message, errors=[FieldError(field=field, code="page_invalid", message=message)]
        )
    return int(text)
