"""Serves the application by waitress, whose own refusals become problem documents as well."""

from __future__ import annotations

import logging
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask, WSGITask

from auxiliares import AutomacaoError, Settings
from webapi.problems import CONTENT_TYPE, encode, problem_body
from webapi.requests import MAX_BODY_BYTES

log = logging.getLogger(__name__)

CHANNEL_TIMEOUT_S = 120
# A request must have arrived whole, and a reader must take something, within so long.
ARRIVAL_LIMIT_S = 60.0
STALL_LIMIT_S = 60.0
CLEANUP_INTERVAL_S = 5
# Half-open connections cost a descriptor each, and 1,024 is what many systems allow a process.
CONNECTION_LIMIT = 800
# Above the application's own limit, so that it is the application that refuses and says why;
# waitress cuts off what is larger still.
HARD_BODY_LIMIT = 16 * MAX_BODY_BYTES
BACKLOG = 512
JOINED_BYTES = 256 * 1024
CODES = {400: "bad_request", 413: "body_too_large", 431: "headers_too_large"}


class AddressTaken(AutomacaoError):
    """Host and port cannot be listened on."""

    code = "address_taken"


class ProblemTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """The answer to what is no HTTP, or larger than any limit: never reaches the application."""

    def execute(self) -> None:
        error = self.request.error
        status = int(error.code)
        code = CODES.get(status, f"http_{status}")
        body = encode(problem_body(status=status, code=code, detail=f"{error.reason}."))
        self.status = f"{status} {error.reason}"
        self.response_headers = [
            ("Content-Length", str(len(body))),
            ("Content-Type", CONTENT_TYPE),
            ("Connection", "close"),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class WholeAnswerTask(WSGITask):  # type: ignore[misc]  # waitress has no types
    """The answer of the application; one that comes in one piece leaves in one."""

    wrote_header: bool = False

    def write(self, data: bytes) -> None:
        """Waitress sends the header by itself, which costs small answers a packet and a wait."""
        is_whole = data and len(data) == self.content_length and len(data) <= JOINED_BYTES
        if self.wrote_header or not self.complete or not self.has_body or not is_whole:
            super().write(data)
            return
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(self.build_response_header() + data)


class ProblemChannel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection whose refusals are problem documents."""

    task_class = WholeAnswerTask
    error_task_class = ProblemTask
    arriving_since: float | None = None

    def received(self, data: bytes) -> bool:
        """Take what arrived, and note since when a request has been incomplete."""
        taken = bool(super().received(data))
        if self.request is None:
            self.arriving_since = None
        elif self.arriving_since is None:
            self.arriving_since = time.time()
        return taken

    def is_stuck(self, now: float) -> bool:
        """The other side sends its request too slowly, or does not take its answer."""
        if self.total_outbufs_len:
            return bool(now - self.last_activity > STALL_LIMIT_S)
        return self.arriving_since is not None and now - self.arriving_since > ARRIVAL_LIMIT_S


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises AddressTaken with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(BACKLOG)
    except OSError as exc:
        found.close()
        raise AddressTaken(
            f"Cannot listen on {host}:{port}: {exc.strerror or exc}. Perhaps the program already "
            "runs; choose another port with --port or backend.port in datafile.json."
        ) from exc
    return found


def make_server(app: Callable[..., Any], listening: socket.socket, settings: Settings) -> Any:
    """A waitress server; `run()` serves until SystemExit or KeyboardInterrupt is raised in it."""
    server = create_server(
        app,
        sockets=[listening],
        threads=settings.backend.threads,
        channel_timeout=CHANNEL_TIMEOUT_S,
        cleanup_interval=CLEANUP_INTERVAL_S,
        connection_limit=CONNECTION_LIMIT,
        asyncore_use_poll=True,
        max_request_body_size=HARD_BODY_LIMIT,
        ident=None,
        clear_untrusted_proxy_headers=False,  # webapi.proxies removes or believes them
    )
    server.channel_class = ProblemChannel
    server.maintenance = partial(_maintain, server, server.maintenance)
    return server


def _maintain(server: Any, close_idle: Callable[[float], None], now: float) -> None:
    """Also end connections that are stuck; waitress itself ends only those that are idle.

    It would wait for ever for a socket that nobody reads, with a thread behind it. They are
    closed by the trigger, because the loop is just collecting descriptors when this is called.
    """
    close_idle(now)
    for channel in list(server.active_channels.values()):
        if channel.is_stuck(now):
            server.trigger.pull_trigger(channel.handle_close)
