"""Synchronisation: rows inserted, updated and removed by key, look-ups asked, nothing twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from services import movements
from services.dry_runs import dry_run
from tests.moving import Ground, tables_of
from tests.moving_cuts import Kills
from tests.sources import new_database
from vocabulary import JobKind, RunState, TableState

TABLE = "create table gente (id int primary key, nome text, email text, foto text, sumiu boolean)"


@pytest.fixture
def ground(metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings) -> Ground:
    settings.security.outgoing_hosts.append("127.0.0.1")
    ground = Ground.of(new_database(pg_server), new_database(pg_server), settings)
    ground.at_source(
        "create table pessoa (id int primary key, nome text, email text, visto timestamptz);"
        " insert into pessoa select g, 'Pessoa ' || g, 'p' || g || '@x.br',"
        " timestamptz '2024-01-01' + g * interval '1 min' from generate_series(1, 100) g"
    )
    ground.at_target(TABLE)
    return ground


def _job(**more: Any) -> dict[str, Any]:
    columns = [{"source": name} for name in ("id", "nome", "email")]
    table = {"source": "pessoa", "target": "gente", "key": ["id"], "columns": columns}
    return {"tables": [table | more]}


def _counts(run: Any) -> tuple[Any, ...]:
    table = tables_of(run)[0]
    assert table.state == TableState.DONE, table.error_message
    return table.rows, table.inserted, table.updated, table.deleted


@dataclass
class Photos:
    """A service that knows a photo by e-mail; it fails where it is told to."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)

    @property
    def lookup(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.port}/foto?email={{email}}"
        return {"column": "foto", "url": url, "json_path": "fotos.0.url", "retries": 1}

    def answer(self, email: str) -> tuple[int, object]:
        self.asked.append(email)
        if email in self.fails:
            return 503, {"erro": "ocupado"}
        if email == "p1@x.br":
            return 404, {}
        return 200, {"fotos": [{"url": f"/fotos/{email}"}]}


@pytest.fixture
def photos() -> Iterator[Photos]:
    service = Photos()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            email = parse_qs(urlsplit(self.path).query)["email"][0]
            status, body = service.answer(email)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield service
        server.shutdown()


def test_only_rows_that_differ_are_touched(ground: Ground) -> None:
    job_id = ground.save(_job(gone="delete"), "sync")
    first = ground.worker.execute(ground.ask(job_id))
    assert _counts(first) == (100, 100, 0, 0)
    before = ground.at_target("select id, xmin::text from gente order by id")
    ground.at_source(
        "update pessoa set nome = 'Outra' where id = 7; delete from pessoa where id = 8;"
        " insert into pessoa values (101, null, 'n@x.br', now())"
    )
    second = ground.worker.execute(ground.ask(job_id))
    assert _counts(second) == (100, 1, 1, 1)
    # It should have left the other rows as they lie
    after = dict(ground.at_target("select id, xmin::text from gente"))
    assert [id_ for id_, xmin in before if after.get(id_) != xmin] == [7, 8]
    # It should do nothing the third time
    assert _counts(ground.worker.execute(ground.ask(job_id))) == (100, 0, 0, 0)


def test_rows_gone_are_marked_and_come_back(ground: Ground) -> None:
    job_id = ground.save(_job(gone="mark", gone_column="sumiu"), "sync")
    ground.worker.execute(ground.ask(job_id))
    ground.at_source(
        "create table fora as select * from pessoa where id = 5; delete from pessoa where id = 5"
    )
    assert _counts(ground.worker.execute(ground.ask(job_id))) == (99, 0, 0, 1)
    assert ground.at_target("select id from gente where sumiu") == [(5,)]
    ground.at_source("insert into pessoa select * from fora")
    assert _counts(ground.worker.execute(ground.ask(job_id))) == (100, 0, 1, 0)
    assert ground.at_target("select count(*) from gente where sumiu") == [(0,)]


def test_cursor_reads_only_what_is_new_and_finds_what_is_gone(ground: Ground) -> None:
    ground.at_target("alter table gente add visto timestamptz")
    columns = [{"source": name} for name in ("id", "nome", "visto")]
    job = _job(columns=columns, cursor_column="visto", overlap_s=120, gone="delete")
    job_id = ground.save(job, "sync")
    ground.worker.execute(ground.ask(job_id))
    ground.at_source(
        "update pessoa set nome = 'Nova', visto = '2024-02-01' where id = 3;"
        " delete from pessoa where id = 4"
    )
    # It should read the row that is new, those of the overlap, and see the one that is gone
    assert _counts(ground.worker.execute(ground.ask(job_id))) == (4, 0, 1, 1)


@pytest.mark.parametrize(("conflict", "expected"), [("source", "Pessoa 2"), ("target", "daqui")])
def test_conflict_rule_says_who_wins(ground: Ground, conflict: str, expected: str) -> None:
    ground.at_target("insert into gente values (2, 'daqui')")
    ground.move(_job(conflict=conflict), "sync")
    assert ground.at_target("select nome from gente where id = 2") == [(expected,)]
    assert ground.at_target("select count(*) from gente") == [(100,)]


def test_parents_lose_their_rows_after_their_children(ground: Ground) -> None:
    for ask in (ground.at_source, ground.at_target):
        ask(
            "create table pai (id int primary key);"
            " create table filho (id int primary key, pai_id int references pai);"
            " insert into pai values (1), (2); insert into filho values (1, 1), (2, 2)"
        )
    ground.at_source("delete from filho where id = 2; delete from pai where id = 2")
    tables = [{"source": n, "target": n, "key": ["id"], "gone": "delete"} for n in ("pai", "filho")]
    run = ground.move({"tables": tables}, "sync")
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target("select (select count(*) from pai), (select count(*) from filho)") == [
        (1, 1)
    ]


def test_error_leaves_the_table_and_those_after_it_untouched(ground: Ground) -> None:
    ground.at_target(
        "create table depois (id int primary key); alter table gente add check (id < 50)"
    )
    ground.at_source("create table depois (id int primary key); insert into depois values (1)")
    job = _job()
    job["tables"].append({"source": "depois", "target": "depois", "key": ["id"]})
    run = ground.move(job, "sync")
    assert run.state == RunState.FAILED
    assert [row.state for row in tables_of(run)] == [TableState.FAILED, TableState.WAITING]
    assert ground.at_target(
        "select (select count(*) from gente), (select count(*) from depois)"
    ) == [(0, 0)]


def test_key_that_tells_no_rows_apart_is_refused(ground: Ground) -> None:
    ground.at_target("create table solta (nome text)")
    ground.at_source("create table dupla as select 'a' as nome from generate_series(1, 2)")
    table = {"source": "dupla", "target": "solta", "key": ["nome"]}
    run = ground.move({"tables": [table]}, "sync")
    assert tables_of(run)[0].error_code == "sync_key_not_unique"
    assert ground.at_target("select count(*) from solta") == [(0,)]


def test_lookups_are_asked_once_for_what_is_new_or_changed(ground: Ground, photos: Photos) -> None:
    ground.at_source("update pessoa set email = 'p2@x.br' where id = 3")
    job_id = ground.save(_job(lookups=[photos.lookup]), "sync")
    run = ground.worker.execute(ground.ask(job_id))
    assert _counts(run) == (100, 100, 0, 0)
    # It should have asked once for each e-mail, and written the answers
    assert len(photos.asked) == len(set(photos.asked)) == 99
    found = dict(ground.at_target("select id, foto from gente where id < 4"))
    assert found == {1: None, 2: "/fotos/p2@x.br", 3: "/fotos/p2@x.br"}
    # It should ask later for what changed, and for what has no value yet
    photos.asked.clear()
    ground.at_source("update pessoa set nome = 'Outra' where id = 50")
    ground.worker.execute(ground.ask(job_id))
    assert sorted(photos.asked) == ["p1@x.br", "p50@x.br"]


@pytest.mark.parametrize(
    ("on_failure", "expected", "rows"),
    [("keep", "antiga", 100), ("null", None, 100), ("skip", "antiga", 99)],
)
def test_failed_lookup_does_what_the_job_says(
    ground: Ground, photos: Photos, on_failure: str, expected: str | None, rows: int
) -> None:
    ground.at_target("insert into gente values (9, 'Velha', 'p9@x.br', 'antiga')")
    photos.fails = {"p9@x.br", "p10@x.br"}
    run = ground.move(_job(lookups=[photos.lookup | {"on_failure": on_failure}]), "sync")
    assert ground.at_target("select foto from gente where id = 9") == [(expected,)]
    assert ground.at_target("select count(*) from gente") == [(rows,)]
    # It should have asked twice, and told so
    assert photos.asked.count("p9@x.br") == 2
    assert "2 failed" in (tables_of(run)[0].notes or [""])[0]


def test_failed_lookup_may_fail_the_table(ground: Ground, photos: Photos) -> None:
    photos.fails = {"p9@x.br"}
    run = ground.move(_job(lookups=[photos.lookup | {"on_failure": "fail"}]), "sync")
    assert tables_of(run)[0].error_code == "lookup_failed"
    assert ground.at_target("select count(*) from gente") == [(0,)]


def test_workers_killed_at_random_leave_whole_tables(
    ground: Ground, metadata_db: DatabaseAddress
) -> None:
    kills = Kills(ground, metadata_db, seed=11)
    kills.round(ground.save(kills.movement("sync"), "sync"), version=1, kills=2)


def test_dry_run_counts_and_changes_nothing(ground: Ground) -> None:
    ground.at_target("insert into gente values (2, 'daqui'), (999, 'sem par')")
    with unit_of_work() as session:
        job = movements.proposed(
            session,
            movements.Proposal(
                JobKind.SYNC, ground.source_id, ground.target_id, _job(gone="delete")
            ),
            ground.settings,
        )
    (found,) = dry_run(job)
    assert (found.rows, found.inserted, found.updated, found.deleted) == (100, 99, 1, 1)
    assert ground.at_target("select count(*) from gente") == [(2,)]
