"""Sessions that are used again: nothing of one run reaches the next, and none is kept for long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors import postgres_reserve
from connectors.base import SourceCancelled, SourceError
from connectors.postgres_reserve import IDLE_NAME, keep_sessions
from dialects.dialect import Dialect
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.sources import Source, new_database, postgres_source, run_sql
from tests.waiting import wait_for

PLAIN = Dialect(header=False)
SESSIONS = (
    "select pid, application_name from pg_stat_activity"
    " where datname = current_database() and application_name like 'automacaosql%'"
)


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    return new_database(pg_server)


@pytest.fixture(scope="module")
def _made(address: DatabaseAddress) -> Source:
    return postgres_source(address)


@pytest.fixture
def source(
    _made: Source, address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Source]:
    monkeypatch.setattr(postgres_reserve, "IDLE_S", 600)
    keep_sessions(2)
    yield _made
    keep_sessions(0)
    monkeypatch.setattr(postgres_reserve, "IDLE_S", 0)
    wait_for(lambda: run_sql(address, SESSIONS) == [], what="the kept sessions to be closed")


def _pid(source: Source) -> str:
    return source.export("select pg_backend_pid()", PLAIN)[1]


def test_the_next_run_uses_the_session_again(source: Source, address: DatabaseAddress) -> None:
    pid = _pid(source)
    assert _pid(source) == pid
    # While nobody uses it, it does not look like a run
    assert run_sql(address, SESSIONS) == [(int(pid), IDLE_NAME)]


def test_a_session_of_a_run_carries_its_name_and_reads_only(source: Source) -> None:
    asked = (
        "select current_setting('application_name'), current_setting('transaction_read_only'),"
        " current_setting('TimeZone')"
    )
    pid = _pid(source)
    assert source.export(asked, PLAIN, time_zone="Asia/Tokyo")[1] == (
        "automacaosql job=Vendas diarias run=42;on;Asia/Tokyo\n"
    )
    assert source.export(asked, PLAIN)[1].endswith(";on;UTC\n")
    assert _pid(source) == pid


@pytest.mark.parametrize(
    ("left", "asked", "wanted"),
    [
        (
            "select set_config('statement_timeout', '1', false)",
            "select current_setting('lock_timeout')",
            "1min\n",
        ),
        (
            "select set_config('search_path', 'pg_catalog', false)",
            "select current_setting('search_path')",
            '"""$user"", public"\n',
        ),
        (
            "select pg_advisory_lock(7)::text",
            "select count(*) from pg_locks where locktype = 'advisory'",
            "0\n",
        ),
        (
            "select set_config('role', 'pg_monitor', false)",
            "select current_setting('role')",
            "none\n",
        ),
    ],
)
def test_nothing_a_query_left_in_the_session_reaches_the_next_run(
    source: Source, left: str, asked: str, wanted: str
) -> None:
    pid = _pid(source)
    source.export(left)
    assert source.export(asked, PLAIN)[1] == wanted
    assert _pid(source) == pid


def test_a_session_that_failed_is_not_used_again(source: Source) -> None:
    pid = _pid(source)
    with pytest.raises(SourceError):
        source.export("select 1 / 0")
    assert _pid(source) != pid


def test_a_session_that_was_told_to_stop_is_not_used_again(source: Source) -> None:
    pid = _pid(source)
    with source.open() as session:
        session.describe("select 1")
        session.cancel()
        with pytest.raises(SourceCancelled):
            session.describe("select 2")
    assert _pid(source) != pid
    # A request that comes too late should meet nobody
    ended = source.open()
    ended.close()
    ended.close()
    ended.cancel()
    assert source.export("select 1", PLAIN)[1] == "1\n"


def test_a_session_the_server_has_ended_meanwhile_is_made_anew(
    source: Source, address: DatabaseAddress
) -> None:
    pid = _pid(source)
    run_sql(address, f"select pg_terminate_backend({pid})")
    assert _pid(source) != pid


def test_another_account_gets_a_session_of_its_own(source: Source) -> None:
    source.export("select 1")
    wrong = replace(source, spec=replace(source.spec, username="ninguem"))
    with pytest.raises(SourceError):
        wrong.export("select 1")


def test_no_more_are_kept_than_asked_for(source: Source, address: DatabaseAddress) -> None:
    opened = [source.open() for _ in range(3)]
    for session in opened:
        session.describe("select 1")
    for session in opened:
        session.close()
    wait_for(lambda: len(run_sql(address, SESSIONS)) == 2, what="the third to be closed")


def test_nothing_is_kept_unless_a_process_asks_for_it(
    source: Source, address: DatabaseAddress
) -> None:
    keep_sessions(0)
    assert not postgres_reserve.reserve.is_open
    with source.open() as session:
        session.describe("select 1")
    wait_for(lambda: run_sql(address, SESSIONS) == [], what="the session to be closed")
