"""What becomes of published columns, what SQL reads of them, and what is unused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from datafiles.sqlbox.gate import columns_of, nodes_of
from services.column_changes import Change, ColumnChange, column_changes
from services.dataset_readers import ReadBy
from services.use import use_of
from webapi.column_log import ColumnLog

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PUBLISHED = {"id": "integer", "valor": "decimal", "nome": "text"}
BI = ReadBy("vendas", "key", "BI", "Power BI")


def columns(**types: str) -> list[dict[str, str]]:
    return [{"name": name, "type": type_} for name, type_ in types.items()]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (PUBLISHED, []),
        (PUBLISHED | {"novo": "text"}, []),
        ({"nome": "text", "id": "integer", "valor": "decimal"}, []),
        ({"id": "integer", "valor": "decimal"}, [ColumnChange("nome", Change.GONE)]),
        (
            {"id": "integer", "total": "decimal", "nome": "text"},
            [ColumnChange("valor", Change.RENAMED, "total")],
        ),
        # At its place stands something else: a renaming would be a wild guess
        (
            {"id": "integer", "total": "text", "nome": "text"},
            [ColumnChange("valor", Change.GONE)],
        ),
        ({"id": "integer", "nome": "text"}, [ColumnChange("valor", Change.GONE)]),
        (PUBLISHED | {"id": "text"}, [ColumnChange("id", Change.RETYPED, "text")]),
    ],
)
def test_readers_are_told_what_becomes_of_a_column(
    found: dict[str, str], expected: list[ColumnChange]
) -> None:
    assert column_changes(columns(**found), columns(**PUBLISHED)) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('select v.Valor, "b c" from "v/d" v join y using (k) where d > 1', "b c,d,k,valor"),
        ("select count(*) from v", ""),
        ("with q as (select a from v) select q.a from q order by b", "a,b"),
        ("select a.b.c from v", "a,b,c"),
        ("select list_transform(l, lambda z: z + 1) from v", "l,z"),
        ("select * from v", None),
        ("select v.* exclude (a) from v", None),
        ("from v", None),
        ("select columns('a.*') from v", None),
        ("select w from v w", None),
        ("select hash(v) from v", None),
        ("select q from (select a from v) q", None),
        ("select a from v natural join w", None),
        ("select #1 from v", None),
        ("select a from v as w(a)", None),
        ("summarize v", None),
    ],
)
def test_sql_tells_which_columns_it_may_read(sql: str, expected: str | None) -> None:
    with duckdb.connect() as database:
        found = columns_of(nodes_of(database, sql))
    assert (None if found is None else ",".join(found)) == expected


@pytest.mark.parametrize(
    ("last_days_ago", "known_days", "unused"),
    [(None, 91, True), (None, 89, None), (91, 200, True), (89, 200, False), (1, 2, False)],
)
def test_unused_is_said_only_where_it_is_known(
    last_days_ago: int | None, known_days: int, unused: bool | None
) -> None:
    last = None if last_days_ago is None else NOW - timedelta(days=last_days_ago)
    assert use_of(last, NOW - timedelta(days=known_days), NOW, 90).unused is unused


def test_a_consumer_is_given_out_once_a_minute_whatever_it_reads() -> None:
    now = [0.0]
    log = ColumnLog(lambda: now[0])
    log.note(BI, frozenset({"a"}))
    assert log.taken() == {BI: {"a"}}
    log.note(BI, frozenset({"a"}))
    assert not log.waits
    log.note(BI, frozenset({"b"}))
    now[0] = 59.0
    # It waits for its turn, and is not lost
    assert (log.taken(), log.waits) == ({}, True)
    now[0] = 60.0
    assert log.taken() == {BI: {"b"}}
    log.note(BI, frozenset({"a"}))
    assert log.taken(at_once=True) == {BI: {"a"}}
    now[0] = 200.0
    log.note(BI, frozenset({"a"}))
    assert log.taken() == {BI: {"a"}}
