"""Binary rows read from the line of a session: long ones, faults, and whoever stops them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from connectors import postgres_session, postgres_stream
from connectors.base import (
    NativeSession,
    SourceCancelled,
    SourceFailed,
    SourceTimeout,
    SourceUnreachable,
)
from dialects.dialect import Dialect
from dialects.native_rows import NativeRows, RowBlock
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.sources import Source, new_database, postgres_source, run_sql
from tests.waiting import wait_for

COUNT_COPIES = """
select 1 where {} = (select count(*) from pg_stat_activity
                     where datname = current_database() and state = 'active' and query like 'COPY%')
"""
NOISY = """
create function avisa(n int) returns int language plpgsql immutable as
$$ begin raise warning 'linha %', n; return n; end $$
"""
ENDLESS = "select generate_series(1, 4611686018427387904)::text as n"
# More than a block goes before it, so that its rows were taken already.
FAULT = "select 1 / (200000 - g) as n from generate_series(1, 300000) g"


class Rows:
    """Counts what it is given, and says so."""

    block_bytes = 1 << 16

    def __init__(self, refuse: Callable[[], None] = lambda: None) -> None:
        self.texts: list[bytes] = []
        self.rows = 0
        self._refuse = refuse

    def write(self, _data: bytes) -> object:
        raise AssertionError("rows came one by one")

    def write_rows(self, block: RowBlock) -> None:
        self._refuse()
        data, places = block.data, block.places.tolist()
        for place in places:
            assert data[place : place + 2] == b"\x00\x01"
            size = int.from_bytes(data[place + 2 : place + 6], "big")
            self.texts.append(bytes(data[place + 6 : place + 6 + size]))
        self.rows += len(places)


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    found = new_database(pg_server)
    run_sql(found, NOISY)
    return found


@pytest.fixture(scope="module")
def source(address: DatabaseAddress) -> Source:
    return postgres_source(address)


@pytest.fixture(autouse=True)
def _many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_session, "FEW_ROWS", 0)


def read(source: Source, sql: str, sink: Rows, **options: object) -> int:
    with source.open(**options) as session:
        assert isinstance(session, NativeSession)
        return session.export_native(sql, sink, Dialect(), NativeRows.BINARY)


def test_rows_shorter_and_longer_than_a_block_come_in_order(source: Source) -> None:
    sql = "select repeat(chr(96 + g), g * g * g * g * 40) as t from generate_series(0, 10) g"
    sink = Rows()
    assert read(source, sql, sink) == sink.rows == 11
    assert sink.texts == [bytes([96 + g]) * (g**4 * 40) for g in range(11)]


def test_no_rows_are_no_block(source: Source) -> None:
    sink = Rows(lambda: pytest.fail("there is nothing to take"))
    assert read(source, "select 'a' as t where false", sink) == 0


def test_what_the_server_says_aside_is_no_row(source: Source) -> None:
    sink = Rows()
    sql = "select avisa(g)::text as n from generate_series(1, 3) g"
    assert read(source, sql, sink) == 3
    assert sink.texts == [b"1", b"2", b"3"]


def test_a_fault_behind_many_rows_is_the_same_as_for_lines(source: Source) -> None:
    sink = Rows()
    with pytest.raises(SourceFailed, match="division by zero") as binary:
        read(source, FAULT, sink)
    assert 0 < sink.rows < 200_000
    with pytest.raises(SourceFailed) as lines:
        source.export(FAULT)
    assert str(binary.value) == str(lines.value)
    assert binary.value.database_code == lines.value.database_code == "22012"


def test_the_time_limit_stops_it(source: Source) -> None:
    with pytest.raises(SourceTimeout):
        read(source, ENDLESS, Rows(), time_limit_s=0.5)


def test_cancelling_stops_flowing_rows(source: Source, address: DatabaseAddress) -> None:
    flows = threading.Event()
    with source.open() as session:

        def cancel() -> None:
            if flows.wait(60):
                session.cancel()

        thread = threading.Thread(target=cancel)
        thread.start()
        assert isinstance(session, NativeSession)
        with pytest.raises(SourceCancelled):
            session.export_native(ENDLESS, Rows(flows.set), Dialect(), NativeRows.BINARY)
        thread.join()
    wait_for(lambda: run_sql(address, COUNT_COPIES.format(0)), what="the query to be gone")


def test_a_sink_that_gives_up_ends_it_with_its_own_error(
    source: Source, address: DatabaseAddress
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        read(source, ENDLESS, Rows(full))
    wait_for(lambda: run_sql(address, COUNT_COPIES.format(0)), what="the query to be gone")


def test_a_session_ended_by_the_server_is_unreachable(
    source: Source, address: DatabaseAddress
) -> None:
    kill = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and query like 'COPY%'"
    )
    flows = threading.Event()

    def cut() -> None:
        if flows.wait(60):
            run_sql(address, kill)

    thread = threading.Thread(target=cut)
    thread.start()
    with pytest.raises(SourceUnreachable):
        read(source, ENDLESS, Rows(flows.set))
    thread.join()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_the_thread_that_receives_is_not_waited_out(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_line: object, _block: bytearray) -> int:
        raise MemoryError

    monkeypatch.setattr(postgres_stream._Line, "fill", fill)
    with pytest.raises(SourceUnreachable, match="not read any more"):
        read(source, "select 'a' as t", Rows())
