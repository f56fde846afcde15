"""Secret headers of look-ups: sealed, bound to their server, sent as they were entered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from services.secret_rotation import reseal
from tests.executing import OneWorker
from tests.integration.conftest import Cast
from tests.moving import Ground
from tests.sources import new_database
from vocabulary import RunState

SECRET = "o-segredo-do-servico"
EVERYWHERE = """
select string_agg(found, '') from (
  select movement::text from jobs_he union all select definition::text from job_versions
  union all select changes::text from job_proposals union all select to_jsonb(a)::text from audit a
) everything(found)
"""


@pytest.fixture
def service() -> Iterator[ThreadingHTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.headers["X-Key"] == SECRET
            content = json.dumps({"foto": f"{self.path}.jpg"} if is_known else {}).encode()
            self.send_response(200 if is_known else 401)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def ground(
    cast: Cast, metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings
) -> Ground:
    settings.security.outgoing_hosts.append("127.0.0.1")
    ground = Ground.of(new_database(pg_server), new_database(pg_server), settings)
    ground.at_source("create table p as select 7 as id, 'ana@x.br' as email")
    ground.at_target("create table p (id int primary key, email text, foto text)")
    return ground


def _lookup(service: ThreadingHTTPServer, value: str = SECRET) -> dict[str, Any]:
    return {
        "column": "foto",
        "url": f"http://127.0.0.1:{service.server_port}/{{email}}",
        "headers": {"X-Key": value, "Accept": "application/json"},
        "secret_headers": ["X-Key"],
        "json_path": "foto",
        "retries": 0,
        "on_failure": "fail",
    }


def _movement(lookup: dict[str, Any]) -> dict[str, Any]:
    return {"tables": [{"source": "p", "target": "p", "key": ["id"], "lookups": [lookup]}]}


def test_secret_header_is_sealed_everywhere_and_sent_as_it_was(
    cast: Cast, ground: Ground, service: ThreadingHTTPServer
) -> None:
    body = {
        "job_name": "fotos",
        "job_kind": "sync",
        "connection_id": ground.source_id,
        "target_connection_id": ground.target_id,
        "movement": _movement(_lookup(service)),
    }
    made = cast.moderator.post("/api/jobs", json=body)
    assert made.status_code == 201, made.get_json()
    job_id = made.get_json()["job_id"]
    # It should come out sealed, and be the same when it is sent back
    movement = cast.moderator.get(f"/api/jobs/{job_id}").get_json()["movement"]
    (lookup,) = movement["tables"][0]["lookups"]
    assert lookup["headers"]["X-Key"].startswith("sealed:")
    assert lookup["headers"]["Accept"] == "application/json"
    saved = cast.moderator.put(f"/api/jobs/{job_id}", json={"movement": movement})
    assert saved.get_json()["msg"] == "no changes"
    proposed = cast.normal.post(
        f"/api/jobs/{job_id}/proposals",
        json={"changes": {"movement": _movement(_lookup(service))}},
    )
    assert proposed.status_code == 201, proposed.get_json()
    # It should lie nowhere in the clear
    with unit_of_work() as session:
        kept = session.scalar(text(EVERYWHERE)) or ""
    assert "sealed:" in kept
    assert SECRET not in kept
    # It should reach the service
    run = ground.worker.execute(ground.ask(job_id))
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert ground.at_target("select foto from p") == [("/ana%40x.br.jpg",)]


def test_sealed_header_does_not_follow_to_another_server(
    cast: Cast, ground: Ground, service: ThreadingHTTPServer
) -> None:
    job_id = ground.save(_movement(_lookup(service)), "sync")
    movement = cast.moderator.get(f"/api/jobs/{job_id}").get_json()["movement"]
    lookup = movement["tables"][0]["lookups"][0]
    lookup["url"] = "https://outro.example/{email}"
    refused = cast.moderator.put(f"/api/jobs/{job_id}", json={"movement": movement})
    assert refused.status_code == 422
    assert refused.get_json()["code"] == "movement_invalid"
    # It should not be tried there either
    tried = cast.moderator.post(
        "/api/movements/look-up", json={"lookup": lookup, "values": {"email": "a"}}
    )
    assert tried.get_json()["code"] == "movement_invalid"


def test_look_up_is_tried_with_the_first_row_or_with_what_is_entered(
    cast: Cast, ground: Ground, service: ThreadingHTTPServer
) -> None:
    def tried(lookup: dict[str, Any], **more: Any) -> dict[str, Any]:
        row = {"connection_id": ground.source_id, "table": {"source": "p", "target": "p"}}
        answer = cast.moderator.post(
            "/api/movements/look-up", json={"lookup": lookup, **row, **more}
        )
        assert answer.status_code == 200, answer.get_json()
        return dict(answer.get_json())

    first = tried(_lookup(service))
    assert (first["outcome"], first["value"]) == ("found", "/ana%40x.br.jpg")
    assert (first["values"], first["status"]) == ({"email": "ana@x.br"}, 200)
    assert tried(_lookup(service), values={"email": "eu"})["value"] == "/eu.jpg"
    # It should say what the service says when it gives nothing
    wrong = tried(_lookup(service, "errado"))
    assert (wrong["outcome"], wrong["value"], wrong["status"]) == ("failed", None, 401)
    assert "401" in wrong["problem"]
    # It should ask for a value that the row does not have
    lookup = _lookup(service) | {"url": f"http://127.0.0.1:{service.server_port}/{{nome}}"}
    answer = cast.moderator.post("/api/movements/look-up", json={"lookup": lookup})
    assert answer.get_json()["code"] == "lookup_input_missing"


def test_new_secret_key_seals_headers_too(
    ground: Ground, settings: Settings, service: ThreadingHTTPServer
) -> None:
    job_id = ground.save(_movement(_lookup(service)), "sync")
    old = settings.backend.secret_key
    new = {"secret_key": type(old)("x" * 48)}
    both = settings.backend.model_copy(update=new | {"previous_secret_key": old})
    with unit_of_work() as session:
        assert reseal(session, settings.model_copy(update={"backend": both})) >= 2
    only_new = settings.model_copy(update={"backend": settings.backend.model_copy(update=new)})
    run = OneWorker.of(only_new).execute(ground.ask(job_id))
    assert run.state == RunState.SUCCEEDED, run.error_message
