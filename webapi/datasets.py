"""The data API: which datasets there are, their rows in any form, their files."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from flask import Response, current_app, request, send_file
from pydantic import Field
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from auxiliares import AutomacaoError, FieldError
from datafiles.catalogue import DatasetFileNotFound
from datafiles.formats.form import without_extension
from datafiles.names import requested_dataset_name
from datafiles.records import DatasetUnreadable
from datafiles.rendering import IN_JSON, Rendering, Shape
from datafiles.steady import open_steadily
from metadb.engine import unit_of_work
from services import versions
from services.column_reads import EVERY_COLUMN, NO_COLUMNS
from services.datasets import DatasetNotFound
from webapi.access import Rule, access, reader
from webapi.cursors import Cursor, CursorExpired
from webapi.dataset_fact_schemas import DatasetPath
from webapi.dataset_rows import ALL_ROWS, Page, asks_more, send_rows
from webapi.dataset_sources import Source, place_for, published, with_headers
from webapi.large_answers import TooManyReaders
from webapi.read_log import noted
from webapi.readable_datasets import readable_source
from webapi.repeated_requests import offer
from webapi.resource import resource
from webapi.row_formats import (
    FILE,
    OTHER_MEDIA_TYPES,
    is_dialect,
    is_own_form,
    rendering_of,
    wanted_word,
)
from webapi.schemas import Model
from webapi.shares import TooManyAtOnce
from webapi.state import current_settings, state_of

MAX_NUMBER = 10**15

# An answer, and which columns it reads.
Sent = tuple[Response, frozenset[str]]

bp = resource("datasets", __name__, tag="data")


class PageInvalid(AutomacaoError):
    """limit or offset is not a number, or below zero."""

    code: ClassVar[str] = "page_invalid"
    status: ClassVar[int] = 400


class PartUnknown(AutomacaoError):
    """A dataset of several files was asked for as one file, or for a part it has not."""

    code: ClassVar[str] = "part_unknown"
    status: ClassVar[int] = 400


class RowsQuery(Model):
    """Which rows, in which form; all may be absent. Read as text so that a faulty one is a 400.

    Beside these: filters by the names of columns, and `dialect.delimiter` and the like.
    """

    limit: Annotated[str | None, Field(description="At most so many rows; all when absent.")] = None
    offset: Annotated[str | None, Field(description="Leave out so many rows first.")] = None
    after: Annotated[
        str | None,
        Field(description="Only what follows a page: the mark its header Link carries."),
    ] = None
    format: Annotated[
        str | None,
        Field(
            description="json (the default), arrays, table, ndjson, csv, tsv, xlsx, parquet, "
            "arrow; or file: the dataset's own file, whole."
        ),
    ] = None
    dialect: Annotated[
        str | None,
        Field(
            description="How csv is written: legacy, excel_br, excel_us, script or custom; single "
            "members as dialect.delimiter, dialect.decimal_mark and so on."
        ),
    ] = None
    sort: Annotated[
        str | None, Field(description="Columns between commas; `-` before one: descending.")
    ] = None
    columns: Annotated[
        str | None, Field(description="Only these columns, between commas, in this order.")
    ] = None
    total: Annotated[
        str | None, Field(description="1: count the rows of all pages into `X-Total-Count`.")
    ] = None

    part: Annotated[
        str | None,
        Field(description="With a file of several parts: which, such as 001 or 2024-03."),
    ] = None


# One object a row with members in the order of the columns, with `arrays` one array; with `table`
# an object of columns and rows.
_ROWS: dict[str, Any] = {
    "anyOf": [
        {"type": "array", "items": {"anyOf": [{"type": "object"}, {"type": "array"}]}},
        {"type": "object"},
    ],
}
_TEXT: dict[str, Any] = {"type": "string"}
ROWS_ANSWER: dict[str, Any] = {
    "description": "The rows in the form asked for, or the file",
    "content": {
        "application/json": {"schema": _ROWS},
        **{media_type: {"schema": _TEXT} for media_type in sorted(OTHER_MEDIA_TYPES)},
    },
}


@bp.get("/api/data/datasets/<path:name>", responses={200: ROWS_ANSWER})
@access(Rule.DATA_READER)
def read_dataset(path: DatasetPath, query: RowsQuery) -> Response:
    """The rows in the form that `format`, an ending such as `.csv`, or `Accept` asks for.

    Without any of them a JSON array of objects. While it is read, a newer version does not mix in.

    Any other parameter is a filter: `column=value`, or `column__op=value` with eq, ne, gt, gte,
    lt, lte, between, in, isnull, contains, startswith or endswith.
    """
    return answer_rows(requested_dataset_name(path.name), query)


def answer_rows(wanted: str, query: RowsQuery) -> Response:
    """The answer to a request for this name, with or without an ending; its reading is noted."""
    page = _page(query)
    name, source = _named(wanted)
    extension = wanted.removeprefix(name)
    word = wanted_word(request, extension)
    if query.after:
        page, source = _following(page, query.after, name, source)
    send = _sender(name, page, word, source, query)
    try:
        response, columns = send(source)
    except DatasetUnreadable:
        newer = readable_source(name)
        if newer.path == source.path or query.after:
            raise
        # The version was swept between look-up and opening, because a newer one is there.
        source = newer
        response, columns = send(newer)
    if name == wanted and not query.after:
        offer(request, response, name, source, reader(), columns)
    return noted(state_of(current_app).read_log, response, name, reader(), columns)


def _sender(
    name: str, page: Page, word: str, source: Source, query: RowsQuery
) -> Callable[[Source], Sent]:
    """What makes the answer: the file as it lies there where that is what was asked for."""
    has_options = any(is_dialect(option) for option in request.args)
    is_whole = page == ALL_ROWS and not asks_more("part")
    if word == FILE or (query.part is not None and word != Shape.JSON):
        if not is_whole or has_options:
            raise PageInvalid(
                "A file is sent whole: leave limit, offset, filters, sort, columns, total and "
                "dialect out, ask for csv or another format, or send Range."
            )
        return partial(_file, name, query.part)
    shape = Shape(word)
    if is_whole and not has_options and not source.parts and is_own_form(shape, source.form):
        return partial(_file, name, None)
    rendering = rendering_of(shape, source.form, request.args)
    return partial(_rows, name, page, rendering)


def _rows(name: str, page: Page, rendering: Rendering, source: Source) -> Sent:
    response, columns = send_rows(page, rendering, source)
    if rendering.shape not in IN_JSON:
        file_name = f"{name.rpartition('/')[2]}.{rendering.shape}"
        ascii_name = unicodedata.normalize("NFKD", file_name).encode("ascii", "ignore").decode()
        coded = {"filename*": f"UTF-8''{quote(file_name, safe='')}"}
        response.headers.set("Content-Disposition", "attachment", filename=ascii_name, **coded)
    return response, columns


def _following(page: Page, after: str, name: str, source: Source) -> tuple[Page, Source]:
    """The page behind a mark, in the version the mark is of. Raises CursorExpired."""
    cursor = Cursor.of(after)
    if cursor.tag != source.etag:
        try:
            with unit_of_work() as session:
                version = versions.published_version(session, name, cursor.version_id)
                source = published(version, current_settings())
        except versions.VersionNotFound as exc:
            raise CursorExpired(
                "The version whose pages were read is gone; begin again without after."
            ) from exc
    return replace(page, after=cursor.row), source


def _file(name: str, part: str | None, source: Source) -> Sent:
    """The file itself, whole or by ranges; opened now, as rows are.

    The server sends a whole file without a thread; a range takes one as rows do.
    """
    path, file_name = _part(part, source)
    own_tag = replace(source, etag=f"{source.etag}-csv{f'-{part}' if part else ''}")
    try:
        file = open_steadily(path)
    except OSError as exc:
        raise DatasetUnreadable(
            f"The file {path.name} cannot be opened: {exc.strerror}. If it was "
            "removed by hand, run its job again."
        ) from exc
    size = os.fstat(file.fileno()).st_size
    response = send_file(
        file,
        mimetype=source.form.media_type,
        as_attachment=True,
        conditional=False,
        download_name=file_name or f"{name.rpartition('/')[2]}{source.form.extension}",
        etag=own_tag.etag,
        last_modified=source.modified_at,
    )
    response.content_length = size
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    if response.status_code == 206:
        _hold_place(response, source)
    columns = NO_COLUMNS if source.columns is None else EVERY_COLUMN
    return with_headers(response, own_tag), columns


def _hold_place(response: Response, source: Source) -> None:
    """A place among the large answers for as long as this part is sent. See `place_for`."""
    try:
        give_back = place_for(source)
    except (TooManyReaders, TooManyAtOnce):
        response.close()
        raise
    # Passed through, the answer would end without a call of what waits for its end.
    response.direct_passthrough = False
    response.call_on_close(give_back)


def _part(wanted: str | None, source: Source) -> tuple[Path, str | None]:
    """The file, and what it is called in the folder when it is one of several.

    Raises PartUnknown.
    """
    if not source.parts and not wanted:
        return source.path, None
    for part in source.parts:
        if part.key == wanted or len(source.parts) == 1:
            return part.path, part.name
    keys = ", ".join(part.key for part in source.parts)
    message = (
        f"This dataset is kept in several files; name one with part: {keys}."
        if source.parts
        else "This dataset is one file; leave part out."
    )
    raise PartUnknown(
        message, errors=[FieldError(field="part", code=PartUnknown.code, message=message)]
    )


def _named(name: str) -> tuple[str, Source]:
    """The dataset of this very name; else, for `name.csv` and the like, the one called `name`."""
    try:
        return name, readable_source(name)
    except (DatasetNotFound, DatasetFileNotFound):
        stem = without_extension(name.removesuffix(f".{Shape.ARROW}"))
        if stem == name:
            raise
        return stem, readable_source(requested_dataset_name(stem))


def _page(query: RowsQuery) -> Page:
    return Page(_number("limit", query.limit), _number("offset", query.offset) or 0)


def _number(field: str, text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        message = f"{field} must be a whole number from 0 to {MAX_NUMBER - 1}."
        raise PageInvalid(
            message, errors=[FieldError(field=field, code="page_invalid", message=message)]
        )
    return int(text)
