"""Transactions of the metadata database whose process goes silent in the middle."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest
from sqlalchemy import text

from metadb.engine import (
    IDLE_TRANSACTION_S,
    DatabaseAddress,
    MetadataUnavailable,
    open_lines,
    raw_connection,
    unit_of_work,
)
from metadb.pooled_lines import has_something_to_say
from tests.waiting import wait_for


def test_server_ends_a_transaction_that_went_silent(metadata_db: DatabaseAddress) -> None:
    with unit_of_work() as session:
        limit = session.scalar(text("show idle_in_transaction_session_timeout"))
        assert limit == f"{IDLE_TRANSACTION_S}s"
    watcher = psycopg2.connect(**metadata_db.keywords())
    watcher.autocommit = True
    cursor = watcher.cursor()

    def is_gone(pid: int) -> bool:
        cursor.execute("select 1 from pg_stat_activity where pid = %s", (pid,))
        return cursor.fetchone() is None

    with pytest.raises(MetadataUnavailable), unit_of_work() as session:
        session.execute(text("set idle_in_transaction_session_timeout = 50"))
        pid = session.scalar(text("select pg_backend_pid()"))
        assert pid is not None
        wait_for(lambda: is_gone(pid), what="the server to end the silent transaction")
        session.execute(text("select 1"))
    # The next transaction gets a new line
    with unit_of_work() as session:
        assert session.scalar(text("select 1")) == 1
    watcher.close()
    raw_connection().close()


def test_lines_are_open_before_they_are_needed(metadata_db: DatabaseAddress) -> None:
    open_lines(4)
    with closing(psycopg2.connect(**metadata_db.keywords())) as watcher:
        cursor = watcher.cursor()
        cursor.execute(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and application_name = 'automacaosql'"
        )
        # One more is the watcher's own
        assert cursor.fetchone() == (5,)


def test_line_that_the_server_ended_is_not_handed_out(metadata_db: DatabaseAddress) -> None:
    """Nothing is asked on it to find that out."""
    with unit_of_work() as session:
        ended = session.scalar(text("select pg_backend_pid()"))
    with closing(psycopg2.connect(**metadata_db.keywords())) as other, other.cursor() as cursor:
        other.autocommit = True
        # So long until its process is gone, and has said so on its line
        cursor.execute("select pg_terminate_backend(%s, 30000)", (ended,))
        assert cursor.fetchone() == (True,)
    with unit_of_work() as session:
        assert session.scalar(text("select pg_backend_pid()")) != ended


def test_line_on_which_something_waits_is_used_when_it_answers(
    metadata_db: DatabaseAddress,
) -> None:
    with unit_of_work() as session:
        session.execute(text("listen something"))
        listening = session.scalar(text("select pg_backend_pid()"))
        line = session.connection().connection.dbapi_connection
    with closing(psycopg2.connect(**metadata_db.keywords())) as other, other.cursor() as cursor:
        other.autocommit = True
        cursor.execute("notify something")
    wait_for(lambda: has_something_to_say(line), what="the notice to arrive")
    with unit_of_work() as session:
        assert session.scalar(text("select pg_backend_pid()")) == listening
        session.execute(text("unlisten *"))
