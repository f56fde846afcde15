"""Synchronising into servers with the newer MERGE and into those without it: the same outcome."""

from __future__ import annotations

import random
from typing import Any

import pytest

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.moving import Ground, tables_of
from tests.sources import new_database
from transfer import staging
from vocabulary import RunState

ROWS = 300
NEVER = 10**9
RULES: dict[str, dict[str, Any]] = {
    "keep": {},
    "delete": {"gone": "delete"},
    "mark": {"gone": "mark", "gone_column": "gone"},
    "target": {"conflict": "target", "gone": "delete"},
    "newest": {"conflict": "newest", "newest_column": "at"},
    "cursor": {"cursor_column": "at", "overlap_s": 40, "gone": "delete"},
}
KEPT = "select coalesce(string_agg(t::text, '|' order by id), '') from {} t"


@pytest.fixture
def ground(metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings) -> Ground:
    return Ground.of(new_database(pg_server), new_database(pg_server), settings)


def _values(chance: random.Random) -> str:
    ids = sorted(chance.sample(range(ROWS * 2), ROWS))
    rows = [
        f"({i}, {chance.choice(['null', '1', '2'])}, {chance.choice(['null', repr('x')])},"
        f" {chance.randrange(100)})"
        for i in ids
    ]
    return ", ".join(rows)


@pytest.mark.parametrize("rule", RULES)
def test_servers_without_merge_get_the_same(
    ground: Ground, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(rule)
    shape = "(id int primary key, v int, w text, at int)"
    ground.at_source(f"create table s {shape}; insert into s values {_values(chance)}")
    there = _values(chance)
    outcomes = []
    for name, since in (("merged", staging.MERGE_SINCE), ("stepped", NEVER)):
        ground.at_target(f"create table {name} {shape}; insert into {name} values {there}")
        ground.at_target(f"alter table {name} add gone boolean")
        monkeypatch.setattr(staging, "MERGE_SINCE", since)
        table = {"source": "s", "target": name, "key": ["id"], **RULES[rule]}
        run = ground.move({"tables": [table]}, "sync", job_name=name)
        assert run.state == RunState.SUCCEEDED, run.error_message
        entry = tables_of(run)[0]
        counts = (entry.rows, entry.inserted, entry.updated, entry.deleted)
        outcomes.append((counts, ground.at_target(KEPT.format(name))))
    # It should have changed rows in the first place
    assert outcomes[0][0][1:] != (0, 0, 0)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("since", [staging.MERGE_SINCE, NEVER])
def test_rows_of_one_key_are_refused_also_where_the_target_has_a_unique_one(
    ground: Ground, since: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.at_source("create table s (id int, v int); insert into s values (1, 1), (1, 2), (2, 2)")
    ground.at_target("create table t (id int primary key, v int); insert into t values (1, 1)")
    monkeypatch.setattr(staging, "MERGE_SINCE", since)
    run = ground.move({"tables": [{"source": "s", "target": "t", "key": ["id"]}]}, "sync")
    assert run.state == RunState.FAILED
    assert tables_of(run)[0].error_code == "sync_key_not_unique"
    assert ground.at_target("select id, v from t") == [(1, 1)]
