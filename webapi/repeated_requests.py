"""Answers a request for a page that is equal to one before, byte by byte, without going through
everything again.

Everything that decided about the first one is either in the request, which is the same, or in the
database, which is asked again: whether the key is still valid and what it may do now, and which
version is the current one. Where anything is not as it was the request goes its usual way, so
this never refuses, and there is no second copy of a check.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Request, Response, g

from auxiliares import AutomacaoError
from services import repeated_reads
from services.dataset_readers import ReadBy
from services.datasets import VersionMark, current_mark
from services.key_readers import GivenKey
from services.reading_rights import Reader
from vocabulary import DataAction, ReaderKind
from webapi.access_log import REQUEST_ID, Answered, log_access, new_request_id
from webapi.dataset_sources import Source
from webapi.kept import Kept
from webapi.proxies import WsgiApp
from webapi.read_log import read_by
from webapi.readers import count_request
from webapi.state import AppState

PATHS: Final = "/api/data/datasets/"
MOST_BYTES: Final = 16 * 1024 * 1024
_OVERHEAD_BYTES: Final = 2000
_OFFER: Final = "automacaosql.offer"

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What an answer depended on beside its request. `given` None: a key of the settings, which
    do not change."""

    dataset: str
    mark: VersionMark
    reader: Reader
    given: GivenKey | None
    by: ReadBy
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Answer:
    """As it was sent, without the number of its request."""

    offer: Offer
    headers: Headers
    body: bytes

    @property
    def size_bytes(self) -> int:
        # A query may be long, and the link to the next page has all of it.
        named = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.body) + named + sum(map(len, self.offer.columns)) + _OVERHEAD_BYTES


def offer(
    request: Request,
    response: Response,
    dataset: str,
    source: Source,
    reader: Reader,
    columns: frozenset[str],
) -> None:
    """Let this answer be given again: a small page of the current version, read by a key."""
    is_page = response.status_code == 200 and isinstance(response.response, list)
    if not is_page or source.mark is None or reader.kind is ReaderKind.USER:
        return
    given = g.given_key if reader.kind is ReaderKind.KEY else None
    by = read_by(request, dataset, reader)
    request.environ[_OFFER] = Offer(dataset, source.mark, reader, given, by, columns)


class RepeatedRequests:
    """WSGI middleware between the proxies, who say who asks, and the application."""

    def __init__(self, app: WsgiApp, state: AppState) -> None:
        self._app = app
        self._state = state
        self._answers: Kept[bytes, _Answer] = Kept(MOST_BYTES, lambda answer: answer.size_bytes)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not _may_repeat(environ):
            return self._app(environ, start_response)
        started_at, identity = time.monotonic(), _identity(environ)
        answer = self._answers.find(identity)
        reader = self._still_valid(answer, environ) if answer is not None else None
        if answer is None or reader is None:
            return self._first(environ, start_response, identity)
        request_id = new_request_id()
        start_response("200 OK", [*answer.headers, (REQUEST_ID, request_id)])
        by = replace(answer.offer.by, reader=reader.name)
        self._state.read_log.note(by, len(answer.body), answer.offer.columns)
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        address = environ.get("REMOTE_ADDR")
        log_access(Answered("GET", path, 200, started_at, address, reader.name, request_id))
        return [answer.body]

    def _still_valid(self, answer: _Answer, environ: dict[str, Any]) -> Reader | None:
        """Who reads, when the same would be answered now; None: let the application decide."""
        offered = answer.offer
        try:
            if offered.given is None:
                return offered.reader if current_mark(offered.dataset) == offered.mark else None
            found = repeated_reads.key_and_mark(offered.given, offered.dataset)
            if found is None or found[1] != offered.mark or not found[0].is_noted:
                return None
            key = found[0]
            reader = key.reader_at(environ.get("REMOTE_ADDR", ""))
            reader.require(DataAction.READ)
            if not reader.may_read(offered.dataset):
                return None
            # Last of all: what the application is left to decide, it counts itself.
            count_request(key, self._state)
        except AutomacaoError:
            return None
        return reader

    def _first(
        self, environ: dict[str, Any], start_response: Callable[..., Any], identity: bytes
    ) -> Iterable[bytes]:
        sent: Headers = []

        def started(status: str, headers: Headers, *more: Any) -> Any:
            sent[:] = headers
            return start_response(status, headers, *more)

        pieces = self._app(environ, started)
        offered = environ.get(_OFFER)
        if not isinstance(offered, Offer):
            return pieces
        body = b"".join(pieces)
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
        headers = [(name, value) for name, value in sent if name != REQUEST_ID]
        self._answers.replace(identity, _Answer(offered, headers, body))
        return [body]


def _may_repeat(environ: dict[str, Any]) -> bool:
    """A page read by a key alone: without a session, and without a body."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ["PATH_INFO"].startswith(PATHS)
        and ("HTTP_X_API_KEY" in environ or "HTTP_AUTHORIZATION" in environ)
        and "HTTP_COOKIE" not in environ
        and not environ.get("CONTENT_LENGTH")
    )


def _identity(environ: dict[str, Any]) -> bytes:
    """Of everything in the request that an answer may depend on; no secret is kept by it."""
    parts = [environ["PATH_INFO"], environ["QUERY_STRING"], environ["wsgi.url_scheme"]]
    parts.append(environ.get("CONTENT_TYPE", ""))
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            parts += (name, value)
    return hashlib.sha256(repr(parts).encode()).digest()
