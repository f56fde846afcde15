"""Transfer from Oracle: the real driver against the stand-in, into a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from auxiliares import Settings
from connectors.base import ConnectionSpec
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from models import Run
from services import connections, dry_runs, movements
from services.movements import Proposal
from tests.moving import Ground, tables_of
from tests.sources import new_database, oracle_source
from vocabulary import JobKind, RunState


@dataclass(frozen=True)
class FromOracle:
    """The ground with Oracle as the source."""

    ground: Ground
    oracle_id: int

    def move(self, query: str, target: str, **more: Any) -> Run:
        movement = {"tables": [{"query": query, "target": target, **more}]}
        return self.ground.move(movement, connection_id=self.oracle_id)


def _saved(spec: ConnectionSpec, settings: Settings) -> int:
    with unit_of_work() as session:
        return connections.create_connection(
            session,
            {
                "name": "erp",
                "kind": "oracle",
                "host": spec.host,
                "port": spec.port,
                "database": spec.database,
                "username": spec.username,
                "password": spec.password,
            },
            settings=settings,
            is_root=True,
        ).connection_id


@pytest.fixture
def from_oracle(
    metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings
) -> Iterator[FromOracle]:
    ground = Ground.of(new_database(pg_server), new_database(pg_server), settings)
    with oracle_source("23ai") as (source, _server):
        yield FromOracle(ground, _saved(source.spec, settings))


def test_missing_table_gets_types_that_lose_no_digit(from_oracle: FromOracle) -> None:
    run = from_oracle.move("select a, b, c from numeros", "numeros")
    assert run.state == RunState.SUCCEEDED, run.error_message
    target = from_oracle.ground.at_target
    assert target(
        "select column_name::text, format_type(atttypid, atttypmod) from pg_attribute"
        " join information_schema.columns on column_name = attname and table_name = 'numeros'"
        " where attrelid = 'numeros'::regclass order by attnum"
    ) == [("a", "integer"), ("b", "numeric(38,0)"), ("c", "numeric(10,2)")]
    assert target("select a, b::text, c::text from numeros") == [
        (7, "12345678901234567890123456789012345678", "0.50")
    ]


def test_texts_and_moments_arrive_unharmed(from_oracle: FromOracle) -> None:
    run = from_oracle.move("select id, t from textos order by id", "textos")
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert from_oracle.ground.at_target("select t from textos order by id") == [
        ('São João; "casa"',), ("duas\nlinhas",), (None,), ("a,b",), ("  ",), ("\r",), ("não",)
    ]  # fmt: skip
    run = from_oracle.move("select a, b, c, d from momentos", "momentos")
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert from_oracle.ground.at_target(
        "select a::text, b::text, (c at time zone 'UTC')::text, d from momentos"
    ) == [("2024-01-31 10:11:12", "2024-01-31 10:11:12.5", "2024-01-31 13:11:12", None)]


def test_many_rows_go_over_with_columns_renamed(from_oracle: FromOracle) -> None:
    columns = [{"source": "id", "target": "numero"}, {"source": "V"}]
    run = from_oracle.move("select id, v from muitas", "muitas", columns=columns)
    assert (run.state, run.rows) == (RunState.SUCCEEDED, 30_000), run.error_message
    assert from_oracle.ground.at_target("select count(distinct numero), max(v) from muitas") == [
        (30_000, "linha 9999")
    ]


def test_failure_of_the_source_leaves_the_target_alone(from_oracle: FromOracle) -> None:
    from_oracle.ground.at_target("create table alvo (a int); insert into alvo values (1)")
    run = from_oracle.move("select a from quebra", "alvo")
    assert run.state == RunState.FAILED
    assert "ORA-01476" in (tables_of(run)[0].error_message or "")
    assert from_oracle.ground.at_target("select a from alvo") == [(1,)]


def test_long_binary_values_arrive_unharmed(from_oracle: FromOracle) -> None:
    run = from_oracle.move("select id, foto from fotos", "fotos")
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert from_oracle.ground.at_target("select encode(foto, 'hex') from fotos order by id") == [
        ("00ff" * 3000,), (None,), (b"foto".hex(),)
    ]  # fmt: skip


def test_dry_run_counts_what_oracle_has(from_oracle: FromOracle) -> None:
    ground = from_oracle.ground
    ground.at_target("create table fotos (id int primary key, foto bytea)")
    ground.at_target("insert into fotos values (3, 'foto'), (9, '')")
    table = {"query": "select id, foto from fotos", "target": "fotos"}

    def counted(kind: JobKind, **more: object) -> tuple[int | None, ...]:
        proposal = Proposal(
            kind, from_oracle.oracle_id, ground.target_id, {"tables": [table | more]}
        )
        with unit_of_work() as session:
            movement = movements.proposed(session, proposal, ground.settings)
        found = dry_runs.dry_run(movement)[0]
        assert found.error is None
        return found.rows, found.inserted, found.updated, found.deleted

    assert counted(JobKind.TRANSFER) == (3, 3, 0, 2)
    assert counted(JobKind.SYNC, key=["id"], gone="delete") == (3, 2, 0, 1)
    # It should have changed nothing
    assert ground.at_target("select count(*) from fotos") == [(2,)]
