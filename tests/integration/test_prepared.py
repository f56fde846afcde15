"""Statements that are planned once for each connection."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import text

from metadb.engine import DatabaseAddress, raw_connection, unit_of_work
from metadb.prepared import Prepared
from tests.waiting import wait_for

TOTAL = Prepared(
    "tried_total",
    "select :one + cast(:other as integer) as total, :word as word where '12:30' <> :word",
    {"one": "integer", "other": "integer", "word": "text"},
)


def _total(one: int, word: str | None = "x:y") -> tuple[int, str]:
    with unit_of_work() as session:
        row = TOTAL.execute(session, {"one": one, "other": 2, "word": word}).one()
        return row.total, row.word


def test_places_are_filled_by_name_and_text_between_quotes_stays(
    metadata_db: DatabaseAddress,
) -> None:
    assert _total(1) == (3, "x:y")
    # Again on the same connection, where it is prepared already
    assert _total(40, "it's; 100 %") == (42, "it's; 100 %")


def test_statement_is_prepared_once_and_outlives_a_rollback(metadata_db: DatabaseAddress) -> None:
    with pytest.raises(RuntimeError, match="undo"), unit_of_work() as session:
        TOTAL.execute(session, {"one": 1, "other": 2, "word": "w"})
        raise RuntimeError("undo")
    with unit_of_work() as session:
        TOTAL.execute(session, {"one": 1, "other": 2, "word": "w"})
        known = session.scalars(
            text("select name from pg_prepared_statements where name = 'tried_total'")
        ).all()
    assert known == ["tried_total"]


def test_connection_that_was_ended_meanwhile_prepares_anew(metadata_db: DatabaseAddress) -> None:
    _total(1)
    with closing(raw_connection()) as other, other.cursor() as cursor:
        others = (
            "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        cursor.execute(f"select pg_terminate_backend(pid) {others}")
        assert cursor.rowcount >= 1

        def are_gone() -> bool:
            # What is read of it is kept for a transaction.
            other.rollback()
            cursor.execute(f"select {others}")
            return cursor.rowcount == 0

        wait_for(are_gone, what="the sessions to end")
    assert _total(5) == (7, "x:y")
