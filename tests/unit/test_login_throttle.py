"""Guessing is slowed down per user and address."""

import pytest

from webapi.throttle import KEYS_KEPT, LIMIT, WINDOW_S, LoginThrottle, TooManyAttempts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def fail_often(throttle: LoginThrottle, username: str, address: str) -> None:
    for _ in range(LIMIT):
        throttle.check(username, address)
        throttle.failed(username, address)


def test_the_pause_begins_after_ten_failures_and_ends_by_itself() -> None:
    clock = Clock()
    throttle = LoginThrottle(clock)
    fail_often(throttle, "maria", "10.0.0.1")
    with pytest.raises(TooManyAttempts) as caught:
        throttle.check("MARIA", "10.0.0.1")
    assert caught.value.retry_after_s == WINDOW_S
    clock.now += WINDOW_S
    throttle.check("maria", "10.0.0.1")


def test_others_are_unaffected() -> None:
    throttle = LoginThrottle(Clock())
    fail_often(throttle, "maria", "10.0.0.1")
    throttle.check("joão", "10.0.0.1")
    throttle.check("maria", "10.0.0.2")


def test_a_success_forgets_the_failures() -> None:
    throttle = LoginThrottle(Clock())
    for _ in range(LIMIT - 1):
        throttle.failed("maria", "10.0.0.1")
    throttle.succeeded("maria", "10.0.0.1")
    fail_often(throttle, "maria", "10.0.0.1")


def test_many_names_do_not_fill_the_memory() -> None:
    throttle = LoginThrottle(Clock())
    for number in range(KEYS_KEPT + 50):
        throttle.failed(f"user{number}", "10.0.0.1")
    assert len(throttle._failures) == KEYS_KEPT
