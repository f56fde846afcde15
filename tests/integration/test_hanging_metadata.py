"""A metadata database that keeps its lines and answers nothing: nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from metadb import engine, watchdog
from metadb.engine import DatabaseAddress, MetadataUnavailable, unit_of_work
from metadb.migrate import migrate
from tests.chaos_proxy import ChaosProxy
from tests.waiting import wait_for


@pytest.fixture
def proxy(metadata_db: DatabaseAddress, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChaosProxy]:
    """Between this process and its metadata database; answers are awaited for a second."""
    monkeypatch.setattr(watchdog, "ANSWER_LIMIT_S", 1.0)
    monkeypatch.setattr(watchdog, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(engine, "CONNECT_TIMEOUT_S", 2)
    with ChaosProxy(f"{metadata_db.host}/.s.PGSQL.{metadata_db.port}") as between:
        address = replace(metadata_db, host="127.0.0.1", port=between.port)
        engine.connect(lambda: address)
        yield between


def _ask() -> int | None:
    with unit_of_work() as session:
        return session.scalar(text("select 1"))


def test_call_on_a_hanging_server_ends_and_the_next_one_works(proxy: ChaosProxy) -> None:
    assert _ask() == 1
    proxy.silence()
    raised: list[MetadataUnavailable] = []

    def ask() -> None:
        try:
            _ask()
        except MetadataUnavailable as exc:
            raised.append(exc)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(30)
    assert not asking.is_alive()
    assert [error.code for error in raised] == ["metadata_unavailable"]
    proxy.heal()
    wait_for(lambda: _ask() == 1, what="the database to be used again")


def test_statement_within_the_limit_is_left_alone(proxy: ChaosProxy) -> None:
    with unit_of_work() as session:
        for _ in range(4):
            session.execute(text("select pg_sleep(0.4)"))


def test_migration_may_take_as_long_as_it_takes(
    proxy: ChaosProxy, metadata_db: DatabaseAddress
) -> None:
    """It waits here for another process that holds the lock."""
    holder = engine.raw_connection()
    with holder.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(7426091503)")
    migrating = threading.Thread(target=migrate, daemon=True)
    migrating.start()
    migrating.join(2.5)
    assert migrating.is_alive()
    holder.close()
    migrating.join(30)
    assert not migrating.is_alive()
