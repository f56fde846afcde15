"""Subscribers hear what is committed, and are told when they may have missed something."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from metadb.engine import DatabaseAddress, announce, notify, unit_of_work
from metadb.listener import MISSED, QUEUE_LENGTH, Heard, Listener, TooManySubscribers
from tests.waiting import wait_for


@pytest.fixture
def listener(metadata_db: DatabaseAddress) -> Iterator[Listener]:
    made = Listener(["runs_changed"], limit=2)
    yield made
    made.stop()


def _tell(payload: str) -> None:
    with unit_of_work() as session:
        notify(session, "runs_changed", payload)


def _until_listening(mine: queue.Queue[Heard]) -> None:
    """Both first words: one of the subscription, one of the connection."""
    assert mine.get(timeout=10) == MISSED
    assert mine.get(timeout=10) == MISSED


def test_committed_notification_is_heard_and_rolled_back_one_is_not(listener: Listener) -> None:
    with listener.subscription() as mine:
        _until_listening(mine)
        with pytest.raises(RuntimeError), unit_of_work() as session:
            notify(session, "runs_changed", "never")
            raise RuntimeError
        _tell("7")
        assert mine.get(timeout=10) == Heard("runs_changed", "7")


def test_what_is_announced_is_heard_after_the_commit_alone(listener: Listener) -> None:
    with listener.subscription() as mine:
        _until_listening(mine)
        with pytest.raises(RuntimeError), unit_of_work() as session:
            announce(session, "runs_changed", "never")
            raise RuntimeError
        with unit_of_work() as session:
            for payload in ("7", "8", "7"):
                announce(session, "runs_changed", payload)
        heard = [mine.get(timeout=30) for _ in range(2)]
        assert heard == [Heard("runs_changed", "7"), Heard("runs_changed", "8")]


def test_lost_connection_is_made_again_and_said(
    listener: Listener, metadata_db: DatabaseAddress
) -> None:
    with listener.subscription() as mine:
        _until_listening(mine)
        with unit_of_work() as session:
            session.connection().exec_driver_sql(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pid <> pg_backend_pid() and datname = current_database()"
            )
        assert mine.get(timeout=20) == MISSED
        _tell("8")
        assert mine.get(timeout=10) == Heard("runs_changed", "8")


def test_slow_subscriber_is_told_to_look_at_everything(listener: Listener) -> None:
    with listener.subscription() as mine:
        _until_listening(mine)
        with unit_of_work() as session:
            for number in range(QUEUE_LENGTH + 5):
                notify(session, "runs_changed", str(number))
        wait_for(lambda: mine.queue[0] == MISSED if mine.qsize() else False, what="MISSED")
        assert mine.qsize() < QUEUE_LENGTH


def test_subscriptions_are_limited_and_given_back(listener: Listener) -> None:
    with listener.subscription(), listener.subscription():
        with pytest.raises(TooManySubscribers), listener.subscription():
            pass
    with listener.subscription() as mine:
        assert mine.get(timeout=1) == MISSED
