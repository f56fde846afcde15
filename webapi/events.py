"""Live changes by server-sent events: what changed, never the data itself.

A client reads again what an event names. Because nothing but hints is sent, a lost connection
costs nothing: the first event after every (re)connection is `reset`, read everything again.
"""

from __future__ import annotations

import json
import logging
import queue
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import ClassVar

from flask import Flask, Response, current_app

from auxiliares import AutomacaoError
from metadb.listener import Heard, Listener, TooManySubscribers
from services.ledger import RUNS_CHANNEL
from services.planning import JOBS_CHANNEL
from webapi.access import Rule, access
from webapi.fair_shares import share_of_stream
from webapi.resource import resource
from webapi.state import current_settings

log = logging.getLogger(__name__)

bp = resource("events", __name__)

# A page that was closed is noticed, and its thread given back, at the next ping.
PING_S = 3.0
RETRY_MS = 3000
# Each stream keeps one thread of the server: half of them, so that data and requests have theirs.
THREADS_PER_STREAM = 2
KINDS = {RUNS_CHANNEL: "run", JOBS_CHANNEL: "job"}
_KEY = "automacaosql_listener"


class TooManyStreams(AutomacaoError):
    """Every stream the server keeps is taken; ask again from time to time instead."""

    code: ClassVar[str] = "too_many_streams"
    status: ClassVar[int] = 503


def _listener() -> Listener:
    found = current_app.extensions.get(_KEY)
    if found is None or (found.ident is not None and not found.is_alive()):
        limit = max(1, current_settings().backend.threads // THREADS_PER_STREAM)
        found = current_app.extensions[_KEY] = Listener(list(KINDS), limit=limit)
    assert isinstance(found, Listener)
    return found


def close(app: Flask) -> None:
    """Give the listener's database connection back; open streams end with the process."""
    found = app.extensions.pop(_KEY, None)
    if isinstance(found, Listener):
        found.stop()


@bp.get("/api/events", responses={200: None})
@access(Rule.NORMAL)
def stream_events() -> Response:
    """`event: run` and `event: job` with `{"id": n}`, `event: reset` when some were missed.

    Answers 503 `too_many_streams` when no stream is free, 429 `too_many_at_once` when they are all
    one's own; poll then.
    """
    with ExitStack() as held:
        held.callback(share_of_stream())
        heard = held.enter_context(_subscription())
        response = Response(_frames(heard), mimetype="text/event-stream")
        response.call_on_close(held.pop_all().close)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@contextmanager
def _subscription() -> Iterator[queue.Queue[Heard]]:
    try:
        with _listener().subscription() as heard:
            yield heard
    except TooManySubscribers as exc:
        raise TooManyStreams(
            "All live streams of the server are taken; the page reads again every few seconds."
        ) from exc


def _frames(heard: queue.Queue[Heard]) -> Iterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    while True:
        try:
            yield _frame(heard.get(timeout=PING_S))
        except queue.Empty:
            yield ": ping\n\n"


def _frame(notice: Heard) -> str:
    if notice.channel is None:
        return "event: reset\ndata: {}\n\n"
    number = int(notice.payload) if notice.payload.isdecimal() else None
    return f"event: {KINDS[notice.channel]}\ndata: {json.dumps({'id': number})}\n\n"
