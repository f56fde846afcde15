"""Sources that do not stop when asked to: the run ends all the same, and the query too."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from connectors import patient_calls, postgres_copy, postgres_line
from connectors.base import SourceCancelled, SourceSession, SourceTimeout
from dialects.dialect import Dialect
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.chaos_proxy import ChaosProxy
from tests.oracle_standin.tns_standin import Scripted, Server
from tests.sources import Source, new_database, oracle_source, postgres_source, run_sql, with_spec
from tests.waiting import wait_for

GRACE_S = 0.5
# A real query that catches the request to cancel and goes on.
STUBBORN = """
create function stubborn() returns int language plpgsql as $$
begin
  loop
    begin
      perform pg_sleep(600);
    exception when query_canceled then null;
    end;
  end loop;
end $$
"""
RUNNING = """
select 1 from pg_stat_activity
where datname = current_database() and application_name like 'automacaosql job=%'
  and state = 'active' and wait_event = 'PgSleep'
"""


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    found = new_database(pg_server)
    run_sql(found, STUBBORN)
    return found


@pytest.fixture(scope="module")
def source(address: DatabaseAddress) -> Source:
    return postgres_source(address)


@pytest.fixture
def postgres(source: Source, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setattr(postgres_copy, "STOP_GRACE_S", GRACE_S)
    monkeypatch.setattr(postgres_line, "STOP_GRACE_S", GRACE_S)
    return source


@pytest.fixture
def script() -> Scripted:
    found = Scripted()
    found.on("from lenta", "A NUMBER(1)", [(1,)], delay=600)
    return found


@pytest.fixture
def behind_proxy(script: Scripted) -> Iterator[tuple[Source, ChaosProxy, Server]]:
    """Oracle's driver in front of a line that can fall silent."""
    with (
        oracle_source("19c", script) as (source, server),
        ChaosProxy((server.host, server.port)) as proxy,
    ):
        yield with_spec(source, host="127.0.0.1", port=proxy.port), proxy, server


def _in_background(call: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except (SourceCancelled, SourceTimeout) as exc:
            raised.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def _wait_until_it_runs(server: Server) -> None:
    wait_for(
        lambda: any("from lenta" in text for text in server.did("sql")), what="the query to run"
    )


def _export(session: SourceSession, text: str) -> Callable[[], object]:
    return lambda: session.export_csv(text, io.BytesIO(), Dialect())


def _fetch(session: SourceSession, text: str) -> Callable[[], object]:
    return lambda: session.fetch(text, 5)


@pytest.mark.parametrize("use", [_export, _fetch], ids=["export", "preview"])
def test_query_that_ignores_its_cancel_is_ended_at_the_server(
    postgres: Source,
    address: DatabaseAddress,
    use: Callable[[SourceSession, str], Callable[[], object]],
) -> None:
    session = postgres.open()
    thread, raised = _in_background(use(session, "select stubborn() as a"))
    wait_for(lambda: run_sql(address, RUNNING), what="the query to run")
    session.cancel()
    thread.join(30)
    assert [type(error) for error in raised] == [SourceCancelled]
    wait_for(lambda: not run_sql(address, RUNNING), what="the query to be gone at the server")
    session.close()


def test_time_limit_ends_a_query_that_ignores_it(
    postgres: Source, address: DatabaseAddress
) -> None:
    with pytest.raises(SourceTimeout):
        postgres.export("select stubborn() as a", time_limit_s=1)
    wait_for(lambda: not run_sql(address, RUNNING), what="the query to be gone at the server")


def test_cancel_of_oracle_is_answered_by_the_server(
    behind_proxy: tuple[Source, ChaosProxy, Server],
) -> None:
    source, _, server = behind_proxy
    session = source.open()
    thread, raised = _in_background(_export(session, "select a from lenta"))
    _wait_until_it_runs(server)
    session.cancel()
    thread.join(30)
    assert [type(error) for error in raised] == [SourceCancelled]
    assert "ORA-01013" in str(raised[0].database_code)  # type: ignore[attr-defined]
    session.close()


def test_oracle_that_answers_no_cancel_holds_nobody(
    behind_proxy: tuple[Source, ChaosProxy, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_calls, "STOP_GRACE_S", GRACE_S)
    source, proxy, server = behind_proxy
    session = source.open()
    thread, raised = _in_background(_export(session, "select a from lenta"))
    _wait_until_it_runs(server)
    proxy.silence()
    session.cancel()
    thread.join(30)
    assert [type(error) for error in raised] == [SourceCancelled]
    # Closing should not wait for the dead line either
    started = time.monotonic()
    session.close()
    assert time.monotonic() - started < 20
    assert proxy.faults
