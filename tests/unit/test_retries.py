"""Which failures are tried again, how often, and after how long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ledger import Failure
from services.retries import JITTER, LONGEST_WAIT_S, RetryRule, next_wait_s
from vocabulary import ErrorClass

RULE = RetryRule(limit=2, wait_s=30)
TRANSIENT = Failure("source_unreachable", "away", ErrorClass.TRANSIENT)
UNKNOWN = Failure("internal_error", "odd", ErrorClass.UNKNOWN)
PERMANENT = Failure("query_invalid", "wrong", ErrorClass.PERMANENT)


def _middle() -> float:
    return 0.5


def test_transient_failure_waits_30_then_120_seconds_and_then_no_more() -> None:
    waits = [
        next_wait_s(TRANSIENT, [ErrorClass.TRANSIENT] * earlier, RULE, jitter=_middle)
        for earlier in range(3)
    ]
    assert waits == [30, 120, None]


def test_unknown_failure_is_tried_again_once() -> None:
    assert next_wait_s(UNKNOWN, [], RULE, jitter=_middle) == 30
    assert next_wait_s(UNKNOWN, [ErrorClass.UNKNOWN], RULE) is None
    # One that came after a transient one has not used up its own try
    assert next_wait_s(UNKNOWN, [ErrorClass.TRANSIENT], RULE, jitter=_middle) == 120


def test_permanent_and_unclassified_failures_are_never_tried_again() -> None:
    assert next_wait_s(PERMANENT, [], RULE) is None
    assert next_wait_s(Failure("cancelled", "stopped"), [], RULE) is None


def test_full_source_is_left_alone_for_longer() -> None:
    full = Failure("source_unreachable", "full", ErrorClass.TRANSIENT, retry_after_s=120)
    assert next_wait_s(full, [], RULE, jitter=_middle) == 120


@given(
    earlier=st.integers(0, 30),
    limit=st.integers(0, 20),
    wait_s=st.floats(0, 3600),
    jitter=st.floats(0, 1),
)
def test_wait_stays_within_its_bounds(
    earlier: int, limit: int, wait_s: float, jitter: float
) -> None:
    found = next_wait_s(
        TRANSIENT,
        [ErrorClass.TRANSIENT] * earlier,
        RetryRule(limit, wait_s),
        jitter=lambda: jitter,
    )
    assert (found is None) == (earlier >= limit)
    if found is not None:
        assert 0 <= found <= LONGEST_WAIT_S * (1 + JITTER) * (1 + 1e-9)
        if wait_s <= LONGEST_WAIT_S:
            assert found >= wait_s * (1 - JITTER) * (1 - 1e-9)
