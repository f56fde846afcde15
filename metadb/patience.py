"""Waiting for the metadata database at the start of a process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from metadb.engine import MetadataUnavailable

T = TypeVar("T")
START_RETRY_S = 2.0
COMPLAIN_EVERY_S = 30.0


def until_available(
    begin: Callable[[], T],
    stopping: threading.Event,
    log: logging.Logger,
    *,
    limit_s: float | None = None,
) -> T | None:
    """What `begin` returns once the database answers, however long it takes; None: told to stop.

    A line goes to `log` every half minute. `begin` is called again from its start: a line that
    breaks in the middle of a start is no reason to end. Raises MetadataUnavailable after `limit_s`.
    """
    started_at = time.monotonic()
    complained_at = -COMPLAIN_EVERY_S
    while not stopping.is_set():
        try:
            return begin()
        except MetadataUnavailable as exc:
            if limit_s is not None and time.monotonic() - started_at >= limit_s:
                raise
            if time.monotonic() - complained_at >= COMPLAIN_EVERY_S:
                log.error("metadata_unavailable", extra={"problem": exc.message})
                complained_at = time.monotonic()
            stopping.wait(START_RETRY_S)
    return None
