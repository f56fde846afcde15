"""Large tables copied in parts side by side: every row once, and the target whole or as it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import IO

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.moving import Ground, tables_of
from tests.moving_cuts import lose, worker_process
from tests.sources import new_database
from tests.waiting import wait_for
from transfer.meter import Meter
from transfer.names import TableName
from transfer.parts import PartStopped, ranges
from transfer.pipe import copy_in
from transfer.replacing import rename
from vocabulary import RunState

# Rows of several pages, some far larger than a page, and pages without rows.
FILL = """
create table {0} (id int primary key, v numeric(12,2), w text);
insert into {0} select g, g * 1.25, repeat(chr(97 + g % 26), g % 300)
from generate_series(1, 20000) g;
insert into {0} select 30000 + g, null, (select string_agg(md5(i::text || g), '')
from generate_series(1, 400) i) from generate_series(1, 30) g;
delete from {0} where id between 4000 and 9000
"""
SUM = "select count(*), sum(hashtextextended(t::text, 0)) from {} t"
LEFT = "select count(*) from pg_class where relname like '%\\_moving\\_%'"
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
MOVES = {"tables": [{"source": "t", "target": "t"}], "parallel": 3, "split_above_mb": 0}


@pytest.fixture
def ground(metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings) -> Ground:
    ground = Ground.of(new_database(pg_server), new_database(pg_server), settings)
    ground.at_source(FILL.format("t"))
    return ground


@given(blocks=st.integers(0, 10_000), parts=st.integers(1, 16))
def test_ranges_hold_every_block_once(blocks: int, parts: int) -> None:
    found = ranges(blocks, parts)
    covered = [block for first, end in found for block in range(first, end or blocks)]
    assert covered == list(range(blocks))
    # It should leave the end open for what grew meanwhile, and make no empty part of a full table
    assert found[-1][1] is None
    assert blocks == 0 or all(first < (end or blocks) for first, end in found)
    assert len(found) <= parts


@pytest.mark.parametrize("is_there", [False, True])
def test_parts_bring_every_row_once(ground: Ground, is_there: bool) -> None:
    if is_there:
        ground.at_target("create table t (id int primary key, v numeric(12,2), w text)")
        ground.at_target("insert into t values (-1, 0, 'old'); create index by_v on t (v)")
    run = ground.move(MOVES | {"verify": "checksums"})
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target(SUM.format("t")) == ground.at_source(SUM.format("t"))
    table = tables_of(run)[0]
    assert table.notes == ["copied in 3 parts"]
    assert table.rows == 20000 - 5001 + 30
    # It should have the key, the target's own index, and nothing beside the table
    indexes = ground.at_target("select indexname::text from pg_indexes where tablename = 't'")
    assert set(indexes) == ({("t_pkey",), ("by_v",)} if is_there else {("t_pkey",)})
    assert ground.at_target(LEFT) == [(0,)]


def test_condition_holds_in_every_part_whatever_it_says(ground: Ground) -> None:
    table = {"source": "t", "target": "chosen", "where": "id < 100 or id > 19000 -- both ends"}
    columns = [{"source": "id", "target": "number"}, {"source": "w", "mask": "hash"}]
    run = ground.move(MOVES | {"tables": [table | {"columns": columns}]})
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target("select count(*), count(distinct number) from chosen") == [(1129, 1129)]


@pytest.mark.parametrize("fault", [1, 19999], ids=["first", "last"])
def test_part_that_fails_leaves_the_target_as_it_was(ground: Ground, fault: int) -> None:
    ground.at_target("create table t (id int primary key, v numeric(12,2), w text)")
    ground.at_target(
        f"alter table t add check (id <> {fault}); insert into t values (-1, 0, 'old')"
    )
    run = ground.move(MOVES)
    assert run.state == RunState.FAILED
    assert "t_id_check" in (tables_of(run)[0].error_message or "")
    assert ground.at_target("select id, w from t") == [(-1, "old")]
    assert ground.at_target(LEFT) == [(0,)]


def test_part_that_is_stopped_says_so_and_no_more(ground: Ground) -> None:
    class Stopped(Meter):
        def add(self, *, size_bytes: int) -> None:
            raise PartStopped(f"after {size_bytes} bytes")

    def produce(pipe: IO[bytes]) -> int:
        return pipe.write(b"1\n")

    ground.at_target("create table t (id int)")
    with closing(psycopg2.connect(**ground.target.keywords())) as connection:
        # Not as a query that somebody cancelled, which is what the server makes of it
        with pytest.raises(PartStopped, match="after 2 bytes"):
            copy_in(connection, "copy t from stdin", produce, Stopped())


def test_what_a_dead_worker_left_is_gone_after_the_next_attempt(
    ground: Ground, metadata_db: DatabaseAddress
) -> None:
    ground.at_target("create table t (id int primary key, v numeric(12,2), w text)")
    ground.at_target("insert into t values (-1, 0, 'old')")
    run_id = ground.ask(ground.save(MOVES))
    with worker_process(ground, metadata_db, run_id, failpoint="mid_table:kill") as process:
        process.wait(timeout=60)
    # It should have left the full stage and the old rows
    assert ground.at_target(LEFT) == [(1,)]
    assert ground.at_target("select id, w from t") == [(-1, "old")]
    lose(run_id)
    run = ground.worker.execute(run_id)
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target(SUM.format("t")) == ground.at_source(SUM.format("t"))
    assert ground.at_target(LEFT) == [(0,)]


def test_tables_named_alike_take_their_names_one_after_the_other(ground: Ground) -> None:
    stages = [TableName("public", name) for name in "ab"]
    names = [TableName("public", "ã" * 31 + end) for end in "ab"]
    ground.at_target("create table a (id int); create table b (id int)")
    with ExitStack() as ending, ThreadPoolExecutor() as pool:
        first, second = (
            ending.enter_context(closing(psycopg2.connect(**ground.target.keywords())))
            for _ in names
        )
        rename(first, stages[0], names[0])
        other = pool.submit(rename, second, stages[1], names[1])
        wait_for(lambda: ground.at_target(WAITING) == [(1,)], what="the second to wait")
        first.commit()
        other.result(timeout=60)
        second.commit()
    assert ground.at_target(f"select count(*) from {names[0].quoted}, {names[1].quoted}") == [(0,)]


def test_names_that_are_long_in_bytes_are_no_hindrance(ground: Ground) -> None:
    long = ["ã" * 31 + end for end in "ab"]
    ground.at_source(";".join(f'create table "{name}" as select * from t' for name in long))
    ground.at_source(";".join(f'create index "i{name[-1]}" on "{name}" (v)' for name in long))
    tables = [{"source": f'"{name}"', "target": f'"{name}"'} for name in long]
    for split_above_mb in (0, None):
        run = ground.move(MOVES | {"tables": tables, "split_above_mb": split_above_mb})
        assert run.state == RunState.SUCCEEDED, [table.error_message for table in tables_of(run)]
    for name in long:
        quoted = f'"{name}"'
        assert ground.at_target(SUM.format(quoted)) == ground.at_source(SUM.format(quoted))
    assert ground.at_target(LEFT) == [(0,)]
