"""The OData 4 feed, read only: service document, `$metadata`, and the rows of datasets."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import quote, urlencode

import orjson
from flask import Response, current_app, jsonify, request
from pydantic import ConfigDict, Field

from auxiliares import AutomacaoError
from datafiles.filters import Predicate
from datafiles.odata.metadata import csdl, entity_set
from datafiles.odata.tokens import ODataQueryInvalid
from datafiles.odata.types import Property, encoded_rows, values_of
from datafiles.querying import Selection
from services.column_reads import EVERY_COLUMN, NO_COLUMNS
from webapi.access import Rule, access, reader
from webapi.odata_opened import OpenedSet
from webapi.odata_query import ODataQuery, PageToken, read_options
from webapi.odata_sets import (
    ODataNotFound,
    dataset_of,
    described_sets,
    readable_sets,
    source_of,
    version_mark,
)
from webapi.read_log import noted
from webapi.resource import resource
from webapi.schemas import Model
from webapi.state import state_of

ROOT: Final = "/api/data/odata/"
VERSION_HEADER: Final = "OData-Version"
_ADDRESS: Final = re.compile(
    r"(?P<name>[^/()]+)(?:\((?:\w+=)?(?P<key>\d{1,15})\)|(?P<count>/\$count))?"
)
_IEEE: Final = re.compile(r"IEEE754Compatible\s*=\s*true", re.IGNORECASE)

bp = resource("odata", __name__, tag="odata")


class ODataVersionUnsupported(AutomacaoError):
    """The client takes nothing newer than OData 3."""

    code: ClassVar[str] = "odata_version_unsupported"
    status: ClassVar[int] = 400


class ODataAddress(Model):
    """An entity set, `Set/$count`, or one row: `Set(5)`."""

    address: str


class ODataOptions(Model):
    """The system query options; read as text so that a faulty one is answered in OData's shape."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    filter: Annotated[str | None, Field(alias="$filter")] = None
    select: Annotated[str | None, Field(alias="$select")] = None
    orderby: Annotated[str | None, Field(alias="$orderby")] = None
    top: Annotated[str | None, Field(alias="$top")] = None
    skip: Annotated[str | None, Field(alias="$skip")] = None
    count: Annotated[str | None, Field(alias="$count")] = None


class ODataSet(Model):
    """A dataset as the service document names it."""

    name: str
    kind: str
    url: str


class ODataService(Model):
    """The service document."""

    context: Annotated[str, Field(alias="@odata.context")]
    value: list[ODataSet]


METADATA_ANSWER: Final = {
    "description": "CSDL",
    "content": {"application/xml": {"schema": {"type": "string"}}},
}
ROWS_ANSWER: Final = {
    "description": "Rows, one row, or a number",
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "text/plain": {"schema": {"type": "string"}},
    },
}


@bp.get(ROOT, responses={200: ODataService})
@access(Rule.DATA_READER)
def odata_service() -> Response:
    """The service document: every dataset the caller may read is an entity set."""
    sets = [{"name": name, "kind": "EntitySet", "url": quote(name)} for name in readable_sets()]
    body = {"@odata.context": f"{_root()}$metadata", "value": sets}
    return _with_headers(jsonify(body))


@bp.get(f"{ROOT}$metadata", responses={200: METADATA_ANSWER})
@access(Rule.DATA_READER)
def odata_metadata() -> Response:
    """The description of the entity sets in CSDL (XML)."""
    response = Response(csdl(described_sets()), content_type="application/xml")
    response.headers[VERSION_HEADER] = "4.0"
    return response


@bp.get(f"{ROOT}<path:address>", responses={200: ROWS_ANSWER})
@access(Rule.DATA_READER)
def odata_rows(path: ODataAddress, query: ODataOptions) -> Response:
    """Rows of a dataset by `$filter`, `$select`, `$orderby`, `$top`, `$skip` and `$count`, in pages
    with `@odata.nextLink`; with `/$count` behind the name their number, with `(5)` one row."""
    del query  # documented by it; read with the rest of the options
    _check_version()
    found = _ADDRESS.fullmatch(path.address)
    if found is None:
        raise ODataNotFound(f"There is nothing at {path.address[:100]!r}.")
    opened = _opened(found["name"])
    if found["count"]:
        response = _count(opened)
    elif found["key"]:
        response = _entity(opened, int(found["key"]))
    else:
        response = _page(opened)
    dataset, log = opened.described.dataset, state_of(current_app).read_log
    return noted(log, response, dataset, reader(), _columns_read(opened))


def _check_version() -> None:
    newest = request.headers.get("OData-MaxVersion", "4.0")
    if not newest.startswith(("4", "5")):
        raise ODataVersionUnsupported("This feed speaks OData 4.0.")


def _root() -> str:
    return f"{request.url_root.rstrip('/')}{ROOT}"


def _with_headers(response: Response) -> Response:
    ieee = "true" if _numbers_as_text() else "false"
    response.headers["Content-Type"] = (
        f"application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible={ieee};"
        "charset=utf-8"
    )
    response.headers[VERSION_HEADER] = "4.0"
    return response


def _numbers_as_text() -> bool:
    return (
        _IEEE.search(f"{request.headers.get('Accept', '')};{request.args.get('$format', '')}")
        is not None
    )


def _opened(name: str) -> OpenedSet:
    token = request.args.get("$skiptoken")
    mark = PageToken.of(token).version if token is not None else None
    dataset = dataset_of(name)
    source = source_of(dataset, mark)
    file = source.data_file()
    return OpenedSet(
        entity_set(name, dataset, file.columns), source, file, state_of(current_app).companions
    )


def _options(opened: OpenedSet) -> ODataQuery:
    repeated = [name for name in request.args if len(request.args.getlist(name)) > 1]
    if repeated:
        raise ODataQueryInvalid(f"{repeated[0][:40]} stands more than once in the address.")
    prefer = request.headers.get("Prefer", "")
    return read_options(request.args, prefer, opened.described.properties)


def _count(opened: OpenedSet) -> Response:
    conditions = _conditions(opened, _options(opened))
    total: int | None = opened.rows
    if conditions:
        selection = Selection(conditions=conditions, limit=0)
        search = state_of(current_app).searches.find
        found, total = search(opened.companion(), selection, with_total=True)
        found.close()
    response = Response(str(total), content_type="text/plain;charset=utf-8")
    response.headers[VERSION_HEADER] = "4.0"
    return response


def _entity(opened: OpenedSet, number: int) -> Response:
    if not 1 <= number <= opened.rows:
        raise ODataNotFound(f"There is no row {number}.")
    chosen = _options(opened).chosen or opened.described.properties
    (row,) = _rows(opened, range(number - 1, number), chosen)
    context = f"{_context(opened, _options(opened).chosen)}/$entity"
    head = orjson.dumps({"@odata.context": context})[:-1]
    return _with_headers(Response(head + b"," + row[1:]))


def _page(opened: OpenedSet) -> Response:
    wanted = _options(opened)
    numbers, total, more = _found(opened, wanted)
    head: dict[str, Any] = {"@odata.context": _context(opened, wanted.chosen)}
    if wanted.with_count:
        head["@odata.count"] = total
    tail = {"@odata.nextLink": _next_link(more)} if more is not None else {}
    rows = _rows(opened, numbers, wanted.chosen or opened.described.properties)
    # A page is bounded and made whole, so that no fault ends in half of it.
    return _with_headers(Response(b"".join(_body(rows, head, tail))))


def _columns_read(opened: OpenedSet) -> frozenset[str]:
    """Which columns the options name; of foreign files nobody watches them."""
    known = opened.source.columns
    if known is None:
        return NO_COLUMNS
    places = _options(opened).places_read(opened.described.properties)
    return EVERY_COLUMN if places is None else frozenset(known[place].name for place in places)


def _conditions(opened: OpenedSet, wanted: ODataQuery) -> tuple[Predicate, ...]:
    """The `$filter`; only one that is there needs the companion."""
    if not wanted.filter_text.strip():
        return ()
    return wanted.condition(opened.described.properties, opened.companion().keys)


def _found(
    opened: OpenedSet, wanted: ODataQuery
) -> tuple[Sequence[int], int | None, PageToken | None]:
    """The rows of the page, how many there are in all, and where the next page begins."""
    token = wanted.token
    left = wanted.top if token is None else token.left
    size = wanted.page_rows if left is None else min(wanted.page_rows, left)
    place = token.place if token is not None else wanted.skip
    conditions = _conditions(opened, wanted)
    is_whole = not conditions and not wanted.sort
    # One more than the page tells that there are more.
    if is_whole:
        total: int | None = opened.rows
        numbers: Sequence[int] = range(opened.rows)[place : place + size + 1]
    else:
        selection = Selection(
            sort=wanted.sort,
            conditions=conditions,
            offset=place if token is None else 0,
            after=None if token is None else place,
            limit=size + 1,
        )
        search = state_of(current_app).searches.find
        found, total = search(opened.companion(), selection, with_total=wanted.with_count)
        with closing(found):
            numbers = [row for batch in found.batches() for row in batch]
    if len(numbers) <= size or left == size:
        return numbers[:size], total, None
    # Where rows are chosen or sorted, the next page goes on behind the last one of this.
    next_place = place + size if is_whole else numbers[size - 1]
    mark = version_mark(opened.source)
    return numbers[:size], total, PageToken(mark, next_place, None if left is None else left - size)


def _next_link(token: PageToken) -> str:
    """The same question without what the token carries on."""
    dropped = {"$skip", "$top", "$skiptoken"}
    kept = [(k, v) for k, v in request.args.items() if k not in dropped]
    query = urlencode([*kept, ("$skiptoken", str(token))], quote_via=quote, safe="$,()'")
    return f"{request.base_url}?{query}"


def _context(opened: OpenedSet, chosen: Sequence[Property] | None) -> str:
    name = quote(opened.described.name)
    names = f"({','.join(quote(found.name) for found in chosen)})" if chosen else ""
    return f"{_root()}$metadata#{name}{names}"


def _body(
    rows: Iterator[bytes], head: dict[str, Any], tail: dict[str, str]
) -> Generator[bytes, None, None]:
    separator = orjson.dumps(head)[:-1] + b',"value":['
    for some in rows:
        yield separator + some
        separator = b","
    if separator != b",":
        yield separator
    yield b"]" + (b"," + orjson.dumps(tail)[1:] if tail else b"}")


def _rows(opened: OpenedSet, numbers: Sequence[int], chosen: Sequence[Property]) -> Iterator[bytes]:
    """Objects with commas between them, some rows at a time."""
    names = [found.name for found in chosen]
    as_text = _numbers_as_text()
    encoders = [values_of(found.type, numbers_as_text=as_text) for found in chosen]
    begin = 0
    for batch in opened.batches(numbers):
        texts = list(zip(*batch.records, strict=True))
        end = begin + len(batch.records)
        rows = [str(number + 1) for number in numbers[begin:end]]
        yield encoded_rows(
            names,
            [
                encode(
                    rows if wanted.position is None else texts[wanted.position], batch.has_quotes
                )
                for encode, wanted in zip(encoders, chosen, strict=True)
            ],
        )
        begin = end
