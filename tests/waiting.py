"""Waiting for a condition instead of sleeping; used by every test that watches another process."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(
    condition: Callable[[], T | None],
    *,
    timeout_s: float = 30,
    what: str = "the condition",
    interval_s: float = 0.05,
) -> T:
    """Return the first truthy answer of `condition`; fail with `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s for {what}; last answer: {answer!r}")
        time.sleep(interval_s)
