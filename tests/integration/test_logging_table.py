"""Records reach the table `logs` in batches and survive a database that goes away."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

import logging_config
from logging_config import LogHandle, configure_logging, log_context
from metadb.engine import DatabaseAddress
from tests.waiting import wait_for

log = logging.getLogger("services.test_table")

COLUMNS = "log_level, logger_name, job_id, run_id, user_name, log_text, duration_ms"


class Table:
    """The table `logs` of a migrated database, and a switch that makes it unreachable."""

    def __init__(self, address: DatabaseAddress) -> None:
        self.address = address
        self.is_away = False
        self.refused = 0

    def connect(self) -> Any:
        if self.is_away:
            self.refused += 1
            raise psycopg2.OperationalError("the database is away")
        return psycopg2.connect(**self.address.keywords())

    def rows(self, condition: str = "true") -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(**self.address.keywords())
        try:
            cursor = connection.cursor()
            cursor.execute(
                f"SELECT {COLUMNS} FROM logs"
                " WHERE logger_name IN ('services.test_table', 'logging_config')"
                f" AND ({condition}) ORDER BY log_id"
            )
            return cursor.fetchall()
        finally:
            connection.close()

    def texts(self) -> list[str]:
        return [row[5] for row in self.rows("logger_name = 'services.test_table'")]

    def execute(self, statement: str) -> None:
        connection = psycopg2.connect(**self.address.keywords())
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()


@pytest.fixture
def table(metadata_db: DatabaseAddress) -> Table:
    return Table(metadata_db)


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[LogHandle]:
    root = logging.getLogger()
    level = root.level
    handle = configure_logging("test", overflow_folder=tmp_path, stream=io.StringIO())
    yield handle
    handle.close()
    root.setLevel(level)


def test_record_fills_its_columns(table: Table, handle: LogHandle) -> None:
    handle.attach_table(table.connect)
    with log_context(job_id=3, run_id=2**40, user_name="joão"):
        log.info("run_finished", extra={"rows": 120, "duration_ms": 55})
    log.debug("noise")
    logging.getLogger("access").info("request")
    wait_for(table.texts, what="the record")
    assert table.rows() == [
        ("INFO", "services.test_table", 3, 2**40, "joão", "run_finished rows=120", 55)
    ]


def test_records_made_before_the_table_is_attached_are_written(
    table: Table, handle: LogHandle
) -> None:
    log.info("early")
    handle.attach_table(table.connect)
    log.info("late")
    wait_for(lambda: table.texts() == ["early", "late"], what="both records in order")


def test_error_carries_its_traceback(table: Table, handle: LogHandle) -> None:
    handle.attach_table(table.connect)
    try:
        raise ValueError("wrong\x00 value\nof two lines")
    except ValueError:
        log.exception("run_failed")
    handle.close()
    [text] = table.texts()
    assert text.startswith("run_failed\nTraceback (most recent call last):\n")
    assert text.endswith("ValueError: wrong\\x00 value\nof two lines")


def test_close_writes_everything_that_waits(table: Table, handle: LogHandle) -> None:
    handle.attach_table(table.connect)
    for number in range(3000):
        log.info("event", extra={"number": number})
    handle.close(timeout_s=30)
    assert table.texts() == [f"event number={n}" for n in range(3000)]


def test_cut_connection_is_opened_again_and_loses_nothing(table: Table, handle: LogHandle) -> None:
    handle.attach_table(table.connect)
    log.info("before")
    wait_for(table.texts, what="the first record")
    table.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    log.info("after")
    wait_for(lambda: table.texts() == ["before", "after"], what="the record after the cut")


def test_records_of_an_outage_are_written_afterwards_and_the_overflow_is_told(
    table: Table, handle: LogHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging_config, "RETRY_S", (0.0, 0.05))
    monkeypatch.setattr(logging_config, "QUEUE_LIMIT", 50)
    table.is_away = True
    handle.attach_table(table.connect)
    for number in range(80):
        log.info("event", extra={"number": number})
    wait_for(lambda: table.refused >= 3, what="three refused attempts")
    table.is_away = False
    told = wait_for(
        lambda: table.rows("log_text LIKE 'log_records_overflowed%'"), what="the overflow told"
    )
    in_table = table.texts()
    in_file = [
        line
        for line in (tmp_path / "overflow-test.log").read_text("utf-8").splitlines()
        if "event number=" in line
    ]
    assert len(in_table) + len(in_file) == 80
    assert in_table == [f"event number={n}" for n in range(len(in_table))]
    assert "in_file=" in told[0][5]
    assert table.rows("log_text LIKE 'log_table_back%'")


def test_record_the_table_refuses_does_not_hold_up_the_others(
    table: Table, handle: LogHandle, tmp_path: Path
) -> None:
    table.execute("ALTER TABLE logs ADD CONSTRAINT picky CHECK (log_text <> 'refused')")
    handle.attach_table(table.connect)
    for event in ("first", "refused", "last"):
        log.info(event)
    wait_for(lambda: table.texts() == ["first", "last"], what="the records around it")
    handle.close()
    assert '"log_text": "refused"' in (tmp_path / "overflow-test.log").read_text("utf-8")


def test_locked_table_slows_nobody(table: Table, handle: LogHandle) -> None:
    handle.attach_table(table.connect)
    log.info("before")
    wait_for(table.texts, what="the first record")
    holder = psycopg2.connect(**table.address.keywords())
    holder.cursor().execute("LOCK TABLE logs IN ACCESS EXCLUSIVE MODE")
    start = time.perf_counter()
    for number in range(1000):
        log.info("event", extra={"number": number})
    took_s = time.perf_counter() - start
    holder.rollback()
    holder.close()
    assert took_s < 5
    wait_for(lambda: len(table.texts()) == 1001, what="all records")
