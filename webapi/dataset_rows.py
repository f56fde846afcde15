"""Sends rows of a dataset as JSON: all, a page, or what filters, sort and columns ask for."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from flask import Response, current_app, request

from datafiles.companions import DataFile
from datafiles.querying import FoundRows, Selection, read_found
from datafiles.reading import read_rows
from datafiles.version_rows import read_parts
from webapi.dataset_sources import Source, names_of, place_for, with_headers
from webapi.row_queries import IGNORED, RowQuery, read_query
from webapi.state import state_of

SMALL_PAGE_ROWS = 1000
# Counting so many rows from the start of the file costs more than looking up where one begins.
DEEP_ROWS = 20_000
WAIT_FOR_COMPANION_S = 25.0
PAGE_PARAMETERS = frozenset({"limit", "offset", "format"})
PARAMETERS = PAGE_PARAMETERS | {"sort", "columns", "total"}
TRUE = frozenset({"1", "true"})

Chunks = Generator[bytes, None, None]


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows; `limit` None: all that follow."""

    limit: int | None = None
    offset: int = 0

    @property
    def is_small(self) -> bool:
        return self.limit is not None and self.limit <= SMALL_PAGE_ROWS


ALL_ROWS = Page()


def send_rows(page: Page, source: Source) -> Response:
    """Opens the file now, so that it stays readable however long the answer takes."""
    file = source.data_file() if asks_more() else None
    wanted = _wanted(file) if file is not None else None
    if request.if_none_match.contains_weak(source.etag):
        return with_headers(Response(status=304), source)
    if request.method == "HEAD":
        return with_headers(Response(content_type="application/json"), source)
    with ExitStack() as held:
        if not page.is_small:
            held.callback(place_for(source))
        total = None
        if file is not None and wanted is not None:
            rows, total = _queried(page, source, file, wanted)
        else:
            rows = _plain(page, source)
        response = Response(rows, content_type="application/json")
        response.call_on_close(held.pop_all().close)
    if total is not None:
        response.headers["X-Total-Count"] = str(total)
    return with_headers(response, source)


def asks_more(*also: str) -> bool:
    """Whether the request has more than the parameters of a page, and those in `also`."""
    return any(name not in PAGE_PARAMETERS | IGNORED | {*also} for name in request.args)


def _wanted(file: DataFile) -> RowQuery:
    return read_query(request.args.items(multi=True), PARAMETERS, names_of(file))


def _plain(page: Page, source: Source) -> Chunks:
    if page.is_small and page.offset >= DEEP_ROWS:
        companions = state_of(current_app).companions
        file = source.data_file()
        companion = companions.find(file)
        if companion is not None:
            return read_found(companion, _range(page, companion.rows))
        companions.begin(file)
    return _read(page, source)


def _read(page: Page, source: Source, *, keep: Sequence[int] | None = None) -> Chunks:
    """From the file itself, whatever its form."""
    if source.columns is None:
        return read_rows(
            source.path,
            None,
            offset=page.offset,
            limit=page.limit,
            delimiter=source.delimiter,
            keep=keep,
        )
    return read_parts(
        source.files,
        source.columns,
        source.form,
        offset=page.offset,
        limit=page.limit,
        keep=keep,
    )


def _queried(
    page: Page, source: Source, file: DataFile, wanted: RowQuery
) -> tuple[Chunks, int | None]:
    with_total = request.args.get("total", "").casefold() in TRUE
    is_whole = not wanted.filters and not wanted.sort
    if is_whole and not (with_total and source.rows is None):
        rows = _read(page, source, keep=wanted.columns)
        return rows, source.rows if with_total else None
    state = state_of(current_app)
    companion = state.companions.get(file, wait_s=WAIT_FOR_COMPANION_S)
    if is_whole:
        return read_found(companion, _range(page, companion.rows), wanted.columns), companion.rows
    selection = Selection(wanted.filters, wanted.sort, page.offset, page.limit)
    found, total = state.searches.find(companion, selection, with_total=with_total)
    return read_found(companion, found, wanted.columns), total


def _range(page: Page, rows: int) -> FoundRows:
    end = rows if page.limit is None else min(rows, page.offset + page.limit)
    return FoundRows.of_range(min(page.offset, end), end)
