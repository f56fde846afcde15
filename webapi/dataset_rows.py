"""Sends rows of a dataset in any form: all, a page, or what filters, sort and columns ask for."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from flask import Response, current_app, request

from datafiles.companions import Companion, DataFile
from datafiles.formats.exact import exact_records
from datafiles.found_rows import FoundRows, found_batches, read_found
from datafiles.manifest import ManifestColumn
from datafiles.querying import Selection
from datafiles.reading import read_rows
from datafiles.records import Batch
from datafiles.rendering import IN_TEXT, Rendering, Shape, render
from datafiles.version_rows import foreign_batches, read_parts, version_batches
from services.column_reads import EVERY_COLUMN, NO_COLUMNS
from webapi.content_encoding import encoded, encoding_for
from webapi.cursors import Cursor, next_link
from webapi.dataset_sources import Source, is_unchanged, names_of, place_for, with_headers
from webapi.kept_pages import Chunks, RowsAnswer, gathered
from webapi.row_formats import is_dialect, tag_of
from webapi.row_queries import IGNORED, RowQuery, read_query
from webapi.state import state_of

SMALL_PAGE_ROWS = 1000
# Counting so many rows from the start of the file costs more than looking up where one begins.
DEEP_ROWS = 20_000
WAIT_FOR_COMPANION_S = 25.0
PAGE_PARAMETERS = frozenset({"limit", "offset", "format", "after"})
PARAMETERS = PAGE_PARAMETERS | {"sort", "columns", "total"}
TRUE = frozenset({"1", "true"})


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows; `limit` None: all that follow. `after`: the row before them, as sorted."""

    limit: int | None = None
    offset: int = 0
    after: int | None = None

    @property
    def is_small(self) -> bool:
        return self.limit is not None and self.limit <= SMALL_PAGE_ROWS

    @property
    def begin(self) -> int:
        """The number of the first row where nothing is filtered or sorted."""
        return self.offset if self.after is None else self.after + 1 + self.offset

    def last_of(self, rows: int | None) -> int | None:
        """The last row of this page, in the order of the file, if others follow it."""
        if not self.limit or rows is None or self.begin + self.limit >= rows:
            return None
        return self.begin + self.limit - 1


ALL_ROWS = Page()


@dataclass(frozen=True, slots=True)
class _Found:
    """What goes into the answer; `last`: the row the next page begins behind, if there is one."""

    chunks: Chunks
    total: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The file that is searched, and what for."""

    file: DataFile
    query: RowQuery


def send_rows(page: Page, rendering: Rendering, source: Source) -> tuple[Response, frozenset[str]]:
    """Opens the file now, so that it stays readable however long the answer takes; with the answer
    comes which columns it reads.

    A small page is made whole before it is sent, and kept: the rows of a version never change.
    """
    encoding = encoding_for(request) if rendering.shape in IN_TEXT else None
    tagged = replace(source, etag=tag_of(source.etag, rendering, encoding))
    pages = state_of(current_app).pages
    asked = (tagged.etag, request.path, request.query_string)
    answer = pages.find(asked) if page.is_small else None
    wanted = _wanted(source) if answer is None else None
    columns = answer.columns if answer is not None else _columns_read(source, wanted)
    if request.method == "HEAD" or is_unchanged(tagged):
        status = 304 if is_unchanged(tagged) else 200
        empty = Response(status=status, content_type=rendering.media_type)
        return _with_form(empty, encoding, tagged), columns
    with ExitStack() as held:
        if answer is None:
            if not page.is_small:
                held.callback(place_for(source))
            made = _made(page, rendering, source, wanted, encoding)
            asked_bytes = len(request.query_string)
            answer = replace(made, columns=columns, query_bytes=asked_bytes)
            if isinstance(answer.data, bytes) and source.version is not None:
                pages.keep(asked, answer)
        response = Response(answer.data, content_type=rendering.media_type)
        response.call_on_close(held.pop_all().close)
    if answer.total is not None:
        response.headers["X-Total-Count"] = str(answer.total)
    if answer.link:
        response.headers["Link"] = answer.link
    return _with_form(response, encoding, tagged), columns


def _columns_read(source: Source, wanted: _Wanted | None) -> frozenset[str]:
    """Those that are chosen, filtered or sorted by; of foreign files nobody watches the columns."""
    if source.columns is None:
        return NO_COLUMNS
    if wanted is None or wanted.query.columns is None:
        return EVERY_COLUMN
    query = wanted.query
    places = set(query.columns or ())
    places |= {one.column for one in query.filters} | {key.column for key in query.sort}
    return frozenset(source.columns[place].name for place in places)


def _made(
    page: Page,
    rendering: Rendering,
    source: Source,
    wanted: _Wanted | None,
    encoding: str | None,
) -> RowsAnswer:
    if wanted is None:
        found = _plain(page, source, rendering)
    else:
        found = _queried(page, source, rendering, wanted)
    chunks = encoded(found.chunks, encoding) if encoding else found.chunks
    last = found.last
    link = next_link(request, Cursor(source.etag, last)) if last is not None else ""
    return RowsAnswer(gathered(chunks) if page.is_small else chunks, found.total, link)


def _with_form(response: Response, encoding: str | None, source: Source) -> Response:
    response.vary.update(["Accept", "Accept-Encoding"])
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return with_headers(response, source)


def asks_more(*also: str) -> bool:
    """Whether the request has more than the parameters of a page and of its form, and `also`."""
    known = PAGE_PARAMETERS | IGNORED | {*also}
    return any(name not in known and not is_dialect(name) for name in request.args)


def _wanted(source: Source) -> _Wanted | None:
    """What is asked for beyond a page, if anything."""
    if not asks_more():
        return None
    file = source.data_file()
    dialect = {name for name in request.args if is_dialect(name)}
    known = PARAMETERS | dialect
    return _Wanted(file, read_query(request.args.items(multi=True), known, names_of(file)))


def _plain(page: Page, source: Source, rendering: Rendering) -> _Found:
    last = page.last_of(source.rows)
    if page.is_small and page.begin >= DEEP_ROWS:
        companions = state_of(current_app).companions
        file = source.data_file()
        companion = companions.find(file)
        if companion is not None:
            rows = _range(page, companion.rows)
            return _Found(_shown(companion, rows, source, rendering), last=last)
        companions.begin(file)
    return _Found(_read(page, source, rendering), last=last)


def _read(
    page: Page, source: Source, rendering: Rendering, keep: Sequence[int] | None = None
) -> Chunks:
    """From the file itself, whatever its form."""
    if rendering.shape is not Shape.JSON:
        return render(_batches(page, source, rendering), _columns(source), rendering, keep)
    if source.columns is None:
        return read_rows(
            source.path,
            None,
            offset=page.begin,
            limit=page.limit,
            delimiter=source.delimiter,
            keep=keep,
        )
    return read_parts(
        source.files,
        source.columns,
        source.form,
        offset=page.begin,
        limit=page.limit,
        keep=keep,
    )


def _batches(page: Page, source: Source, rendering: Rendering) -> Generator[Batch, None, None]:
    if source.columns is None:
        return foreign_batches(
            source.path,
            source.delimiter,
            len(_columns(source)),
            offset=page.begin,
            limit=page.limit,
        )
    return version_batches(
        source.files,
        source.columns,
        source.form,
        offset=page.begin,
        limit=page.limit,
        is_exact=rendering.needs_exact,
    )


def _queried(page: Page, source: Source, rendering: Rendering, asked: _Wanted) -> _Found:
    file, wanted = asked.file, asked.query
    with_total = request.args.get("total", "").casefold() in TRUE
    total: int | None
    is_whole = not wanted.filters and not wanted.sort
    if is_whole and not (with_total and source.rows is None):
        chunks = _read(page, source, rendering, wanted.columns)
        total = source.rows if with_total else None
        return _Found(chunks, total, page.last_of(source.rows))
    state = state_of(current_app)
    companion = state.companions.get(file, wait_s=WAIT_FOR_COMPANION_S)
    if is_whole:
        rows, total = _range(page, companion.rows), companion.rows
        last = page.last_of(companion.rows)
    else:
        # One more than asked for tells whether there is a next page.
        limit = page.limit + 1 if page.limit else page.limit
        selection = Selection(wanted.filters, wanted.sort, page.offset, limit, page.after)
        rows, total = state.searches.find(companion, selection, with_total=with_total)
        last = rows.cut(page.limit) if page.limit else None
    chunks = _shown(companion, rows, source, rendering, wanted.columns)
    return _Found(chunks, total if with_total else None, last)


def _shown(
    companion: Companion,
    rows: FoundRows,
    source: Source,
    rendering: Rendering,
    keep: Sequence[int] | None = None,
) -> Chunks:
    """Rows by their numbers, read from the file or from the copy that its companion has."""
    if rendering.shape is Shape.JSON:
        return read_found(companion, rows, keep)
    batches = found_batches(companion, rows)
    if rendering.needs_exact and not companion.file.has_image:
        batches = exact_records(batches, source.form.dialect, companion.file.columns)
    return render(batches, companion.file.columns, rendering, keep)


def _columns(source: Source) -> Sequence[ManifestColumn]:
    return source.columns if source.columns is not None else source.data_file().columns


def _range(page: Page, rows: int) -> FoundRows:
    end = rows if page.limit is None else min(rows, page.begin + page.limit)
    return FoundRows.of_range(min(page.begin, end), end)
