"""Which columns are read and by whom, who is told when they change, and what nobody uses."""

from __future__ import annotations

from typing import Any

import pytest
from flask_openapi.openapi import OpenAPI
from sqlalchemy import text

from auxiliares import Settings
from metadb.engine import DatabaseAddress, unit_of_work
from tests.integration.conftest import Caller, Cast
from tests.integration.test_api_key_scopes import key_with
from tests.publisher import Publisher
from webapi.state import state_of

ROWS = "/api/data/datasets/vendas"
QUERY = "select 1 as id, 2.5::numeric(10,2) as valor, 'x' as nome, date '2024-01-31' as dia"


@pytest.fixture
def publisher(settings: Settings, cast: Cast, pg_database: DatabaseAddress) -> Publisher:
    found = Publisher(settings, pg_database)
    found.run(QUERY)
    return found


def columns_read(app: OpenAPI) -> dict[str, set[str]]:
    """By reader, as written down; a whole row is an empty name."""
    state_of(app).read_log.write()
    with unit_of_work() as session:
        rows = session.execute(text("select reader, column_name from dataset_column_reads"))
        found: dict[str, set[str]] = {}
        for reader, column in rows:
            found.setdefault(reader, set()).add(column)
    return found


def test_what_each_consumer_reads_is_written_down(
    app: OpenAPI, cast: Cast, publisher: Publisher
) -> None:
    def read(name: str, path: str, sql: str = "") -> None:
        key = {"X-API-Key": key_with(cast, name=name, actions=["read", "sql"])}
        anonymous = Caller("", cast.anonymous.client, key)
        found = anonymous.post(path, {"sql": sql}) if sql else anonymous.get(path)
        assert found.status_code == 200, found.text

    odata = "/api/data/odata/vendas?$select=id"
    read("chosen", f"{ROWS}?columns=nome&valor__gte=1&sort=-dia")
    read("filtered", f"{ROWS}?valor=1")
    read("file", f"{ROWS}?format=file")
    read("odata", f"{odata}&$filter=nome eq 'x' and valor eq 1.005&$orderby=dia")
    read("odata whole", "/api/data/odata/vendas?$filter=id eq 1")
    read("sql", "/api/data/sql", "select max(VALOR) as nome2 from vendas where id > 0")
    read("sql whole", "/api/data/sql", "from vendas")
    read("counting", "/api/data/sql", "select count(*) from vendas")
    read("first", f"{ROWS}?columns=id&limit=1")
    read("kept", f"{ROWS}?columns=id&limit=1")  # the page of the one before

    assert columns_read(app) == {
        "chosen": {"nome", "valor", "dia"},
        # Rows come whole, so that everything in them is read
        "filtered": {""},
        "file": {""},
        "odata": {"id", "nome", "valor", "dia"},
        "odata whole": {""},
        "sql": {"valor", "id"},
        "sql whole": {""},
        "first": {"id"},
        "kept": {"id"},
    }


def changed(cast: Cast, publisher: Publisher, sql: str, **more: Any) -> dict[str, tuple[str, Any]]:
    """What becomes of each column, and who reads it."""
    body = {"connection_id": 1, "sql_script": sql, **more}
    answer = cast.moderator.post(f"/api/jobs/{publisher.job_id}/columns", body)
    assert answer.status_code == 200, answer.text
    preview = cast.moderator.post("/api/preview", {**body, "job_id": publisher.job_id})
    # The preview says the same about the rows it shows
    assert preview.json["concerns"] == answer.json
    return {
        one["column"]: (one["change"], [reader["reader"] for reader in one["readers"]])
        for one in answer.json
    }


def test_who_reads_a_column_is_told_before_it_goes(
    app: OpenAPI, cast: Cast, publisher: Publisher, settings: Settings
) -> None:
    assert cast.normal.get(f"{ROWS}?columns=valor").status_code == 200
    assert cast.api_key.get(ROWS).status_code == 200
    state_of(app).read_log.write()
    everybody = ["file key 1", "normal_user"]

    assert changed(cast, publisher, QUERY) == {}
    found = changed(cast, publisher, "select '1' as id, 2.5::numeric(10,2) as total, 'x' as nome")
    assert {name: (change, sorted(who)) for name, (change, who) in found.items()} == {
        "id": ("retyped", ["file key 1"]),
        "valor": ("renamed", everybody),
        "dia": ("gone", ["file key 1"]),
    }
    # What the file leaves out is gone as well
    dialect = {"columns": [{"name": "id"}, {"name": "valor"}, {"name": "nome"}]}
    assert changed(cast, publisher, QUERY, dialect=dialect) == {"dia": ("gone", ["file key 1"])}

    run = publisher.run("select 1 as id, 'x' as nome, date '2024-01-31' as dia")
    assert "only the published version has: valor – read by " in (run.warning or "")
    assert "normal_user (other, last on " in (run.warning or "")
    publisher.change(guards={"columns": True})
    held = publisher.run("select 1 as id, 'x' as nome")
    assert "has: dia – read by file key 1 (other, last on " in (held.error_message or "")

    # Whoever has not read it for long is no reader any more
    with unit_of_work() as session:
        session.execute(
            text("update dataset_column_reads set last_read_at = now() - interval '91 days'")
        )
    assert changed(cast, publisher, "select 1 as id, 'x' as nome") == {"dia": ("gone", [])}


def test_what_nobody_uses_is_marked(app: OpenAPI, cast: Cast, publisher: Publisher) -> None:
    def dataset() -> Any:
        (in_data_api,) = cast.normal.get("/api/data/datasets?detail=1").json
        (in_list,) = cast.normal.get("/api/datasets").json
        names = ("last_read_at", "unused", "reads_known_since")
        assert [in_data_api[name] for name in names] == [in_list[name] for name in names]
        return in_list

    key_with(cast, name="BI")
    # Nobody can say it yet of what is this young
    assert dataset()["unused"] is None
    assert cast.root.get("/api/api-keys").json[0]["unused"] is None
    _make_older("datasets", "created_at")
    _make_older("api_keys", "created_at")
    # The dataset is old now, but reads are recorded since today
    assert dataset()["unused"] is None
    assert cast.root.get("/api/api-keys").json[0]["unused"] is True
    _make_older("recordings", "since")
    assert (dataset()["unused"], dataset()["last_read_at"]) == (True, None)

    assert cast.normal.get(ROWS).status_code == 200
    state_of(app).read_log.write()
    assert dataset()["unused"] is False
    assert dataset()["last_read_at"] is not None
    _make_older("dataset_readers", "last_read_at")
    assert dataset()["unused"] is True


def _make_older(table: str, column: str) -> None:
    with unit_of_work() as session:
        session.execute(text(f"update {table} set {column} = {column} - interval '91 days'"))
