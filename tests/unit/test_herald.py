"""What was committed is told to listeners together, and never holds anybody up."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from auxiliares import AutomacaoError
from metadb.herald import Herald
from tests.waiting import wait_for


class Listeners:
    """Remembers what was told, a call an entry; `fails`: the first so many calls do."""

    def __init__(self, fails: int = 0) -> None:
        self.told: list[list[tuple[str, str]]] = []
        self.may_hear = threading.Event()
        self.may_hear.set()
        self.is_asked = threading.Event()
        self._fails = fails

    def tell(self, channels: Sequence[str], payloads: Sequence[str]) -> None:
        self.is_asked.set()
        self.may_hear.wait(30)
        self.told.append(list(zip(channels, payloads, strict=True)))
        if len(self.told) <= self._fails:
            raise AutomacaoError("away")


def test_what_comes_meanwhile_is_told_together_and_once() -> None:
    listeners = Listeners()
    herald = Herald(listeners.tell)
    listeners.may_hear.clear()
    herald.announce([("runs", "0")])
    assert listeners.is_asked.wait(30)
    for number in (1, 2, 1):
        herald.announce([("runs", str(number)), ("jobs", "7")])
    listeners.may_hear.set()
    herald.close()
    assert listeners.told == [[("runs", "0")], [("runs", "1"), ("jobs", "7"), ("runs", "2")]]


def test_what_waits_is_told_before_the_end_and_nothing_after_it() -> None:
    listeners = Listeners()
    herald = Herald(listeners.tell)
    herald.announce([("runs", "1")])
    herald.close()
    herald.announce([("runs", "2")])
    herald.close()
    assert listeners.told == [[("runs", "1")]]


def test_listeners_that_are_away_do_not_end_it() -> None:
    listeners = Listeners(fails=1)
    herald = Herald(listeners.tell)
    herald.announce([("runs", "1")])
    wait_for(lambda: listeners.told, what="the first to be told")
    herald.announce([("runs", "2")])
    herald.close()
    assert listeners.told[-1] == [("runs", "2")]


def test_herald_that_has_nothing_to_tell_needs_no_thread() -> None:
    before = set(threading.enumerate())
    herald = Herald(Listeners().tell)
    herald.close()
    assert set(threading.enumerate()) <= before
