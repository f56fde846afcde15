"""Serves the application by waitress, whose own refusals become problem documents as well."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from auxiliares import AutomacaoError, Settings
from webapi.problems import CONTENT_TYPE, encode, problem_body
from webapi.requests import MAX_BODY_BYTES

log = logging.getLogger(__name__)

CHANNEL_TIMEOUT_S = 120
# Above the application's own limit, so that it is the application that refuses and says why;
# waitress cuts off what is larger still.
HARD_BODY_LIMIT = 16 * MAX_BODY_BYTES
BACKLOG = 512
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


class ProblemChannel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection whose refusals are problem documents."""

    error_task_class = ProblemTask


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
        max_request_body_size=HARD_BODY_LIMIT,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = ProblemChannel
    return server
