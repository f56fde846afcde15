"""The example of two databases in step, with its own service failing one time in ten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from werkzeug.serving import make_server

from auxiliares import Settings
from examples.sync.consultas import create_service
from examples.sync.tarefa import save_job
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from services import runs
from tests.executing import OneWorker
from tests.moving import tables_of
from tests.sources import new_database, run_sql
from vocabulary import RunState

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "sync"
ROWS = {"plano": 3, "plano_vantagens": 12, "universitario": 200, "anunciante": 40, "pagamento": 500}


@pytest.fixture
def service() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_service(fails_every=10), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


def _filled(server: ServerAddress, name: str) -> tuple[DatabaseAddress, str]:
    address = new_database(server)
    run_sql(address, (EXAMPLE / f"{name}.sql").read_text("utf-8"))
    login = f"{address.user}:{quote(address.password or '', safe='')}"
    host = quote(address.host, safe="")
    return address, f"postgresql://{login}@{host}:{address.port}/{address.dbname}"


def test_example_brings_everything_over_with_a_service_that_fails(
    metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings, service: str
) -> None:
    settings.security.outgoing_hosts.append("127.0.0.1")
    first, uri_1 = _filled(pg_server, "banco_1")
    second, uri_2 = _filled(pg_server, "banco_2")
    with unit_of_work() as session:
        job_id = save_job(session, settings, uri_1=uri_1, uri_2=uri_2, service=service)
        # It should be the same job the second time
        assert job_id == save_job(session, settings, uri_1=uri_1, uri_2=uri_2, service=service)
    worker = OneWorker.of(settings)

    def run_job() -> dict[str, tuple[int | None, int | None, int | None]]:
        with unit_of_work() as session:
            run_id = runs.enqueue_run(session, job_id, requested_by="ana").run_id
        run = worker.execute(run_id)
        assert run.state == RunState.SUCCEEDED, run.error_message
        return {
            t.target: (t.inserted, t.updated, t.deleted)
            for t in tables_of(run)
            if "gone" not in t.source
        }

    assert run_job() == {name: (rows, 0, 0) for name, rows in ROWS.items()}
    # It should have an answer for everybody, as a failed request is asked again
    for table in ("universitario", "anunciante"):
        missing = run_sql(
            second, f"select count(*) from {table} where foto is null or senha is null"
        )
        assert missing == [(0,)]
    run_sql(
        first,
        "update plano set preco = 31 where id = 2; delete from pagamento where anunciante_id = 5;"
        " delete from anunciante where id = 5;"
        " update universitario set nome = 'Outro' where id = 9",
    )
    changed = run_job()
    assert changed["plano"] == (0, 1, 0)
    assert changed["universitario"] == (0, 1, 0)
    assert run_sql(second, "select count(*) from anunciante where id = 5") == [(0,)]
    # It should do nothing when nothing has changed
    assert set(run_job().values()) == {(0, 0, 0)}
