"""One line for each request that was answered."""

from __future__ import annotations

import logging
import secrets
import time
from dataclasses import dataclass
from typing import Final

log = logging.getLogger("access")

REQUEST_ID: Final = "X-Request-Id"


def new_request_id() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Answered:
    """A request and what came of it; `started_at`: by the steady clock."""

    method: str
    path: str
    status: int
    started_at: float
    address: str | None
    user: str | None
    request_id: str | None


def log_access(request: Answered) -> None:
    log.info(
        "request",
        extra={
            "method": request.method,
            "path": request.path,
            "status": request.status,
            "duration_ms": round((time.monotonic() - request.started_at) * 1000),
            "address": request.address,
            "user": request.user,
            "request_id": request.request_id,
        },
    )
