"""One job, a file for each set of values: published by its own, whatever becomes of the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from auxiliares import Settings
from execution import housekeeping
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from models import Dataset, DatasetVersion, Job, Run, RunSet
from services import runs, set_publication, workers
from tests.executing import OneWorker
from tests.integration.conftest import Cast, job_body
from tests.integration.test_api_connections import real_body
from tests.oracle_standin.tns_standin import Scripted
from tests.process_task import task_for
from tests.sources import new_database, oracle_source, run_sql
from vocabulary import RunState

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

QUERY = "select uf, cidade, 100 / peso as peso from vendas where uf = :uf order by cidade"
ROOT = Path(__file__).resolve().parents[2]
STATES = {"SP": "SP", "Rio": "RJ", "Minas": "MG"}


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    found = new_database(pg_server)
    run_sql(
        found,
        "create table vendas (uf char(2), cidade text, peso int);"
        "insert into vendas values ('SP', 'Santos', 1), ('SP', 'Bauru', 2), ('RJ', 'Niterói', 4),"
        " ('MG', 'Ouro Preto', 5);"
        "create table lojas (id int, nome text, ativa bool, desde date);"
        "insert into lojas values (1, 'Sé', true, '2020-01-31'), (2, 'Lapa', true, null),"
        " (3, 'Mooca', false, null)",
    )
    return found


@pytest.fixture
def source(cast: Cast, address: DatabaseAddress) -> Iterator[int]:
    created = cast.root.post("/api/connections", real_body(address, name="fonte"))
    yield int(created.json["connection_id"])
    run_sql(address, "update vendas set peso = 1 where peso = 0; update lojas set ativa = id < 3")


@pytest.fixture
def worker(cast: Cast, settings: Settings) -> OneWorker:
    return OneWorker.of(settings)


def sets_of(given: dict[str, str | None], kind: str = "text", name: str = "uf") -> dict[str, Any]:
    return {
        "parameters": [{"name": name, "type": kind}],
        "sets": [{"label": label, "values": {name: value}} for label, value in given.items()],
    }


def body(source: int, **fields: Any) -> dict[str, Any]:
    members = {
        "sql_script": QUERY,
        "connection_id": source,
        "export_name": "vendas_{param:uf}",
        "parameter_sets": sets_of(dict(STATES)),
        "retry_limit": 0,
    }
    return job_body(**{**members, **fields})


def save(cast: Cast, source: int, **fields: Any) -> int:
    response = cast.moderator.post("/api/jobs", body(source, **fields))
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def asked(job_id: int, labels: list[str] | None = None) -> int:
    with unit_of_work() as session:
        return runs.enqueue_run(session, job_id, requested_by="ana", chosen_sets=labels).run_id


def sets(cast: Cast, run: Run) -> dict[str, dict[str, Any]]:
    return {one["label"]: one for one in cast.normal.get(f"/api/runs/{run.run_id}/sets").json}


def lines(settings: Settings, name: str) -> list[str]:
    return (settings.paths.csv_root / "vendas" / f"{name}.csv").read_text("utf-8").splitlines()[1:]


def versions_of(name: str) -> int:
    with unit_of_work() as session:
        return len(
            session.scalars(
                select(DatasetVersion.version_id)
                .join(Dataset, Dataset.dataset_id == DatasetVersion.dataset_id)
                .where(Dataset.name == name)
            ).all()
        )


def test_each_set_has_its_own_file_and_dataset(
    cast: Cast, source: int, worker: OneWorker, settings: Settings
) -> None:
    job_id = save(cast, source)
    run = worker.execute(asked(job_id))
    assert (run.state, run.rows) == (RunState.SUCCEEDED, 4)
    assert lines(settings, "vendas_SP") == ["SP;Bauru;50", "SP;Santos;100"]
    assert lines(settings, "vendas_RJ") == ["RJ;Niterói;25"]
    found = sets(cast, run)
    assert [one["state"] for one in found.values()] == ["done"] * 3
    assert (found["Rio"]["rows"], found["Rio"]["dataset"]) == (1, "vendas/vendas_RJ")
    # It should serve each as a dataset of its own, with its own types.
    data = cast.api_key.get("/api/data/datasets/vendas/vendas_MG")
    assert [row["cidade"] for row in data.json] == ["Ouro Preto"]
    assert cast.api_key.get("/api/data/datasets/vendas/vendas_SP/schema").status_code == 200
    of_job = cast.normal.get(f"/api/jobs/{job_id}/sets").json
    assert [(one["label"], one["state"], one["rows"]) for one in of_job] == [
        ("Minas", "done", 1),
        ("Rio", "done", 1),
        ("SP", "done", 2),
    ]


def test_a_set_that_fails_does_not_stop_the_others(
    cast: Cast, source: int, worker: OneWorker, address: DatabaseAddress, settings: Settings
) -> None:
    job_id = save(cast, source)
    run_sql(address, "update vendas set peso = 0 where uf = 'RJ'")
    run = worker.execute(asked(job_id))
    assert (run.state, run.error_code) == (RunState.FAILED, "sets_failed")
    assert run.error_message is not None
    assert run.error_message.startswith("2 of 3 sets were published. Failed: Rio.")
    found = sets(cast, run)
    assert {label: one["state"] for label, one in found.items()} == {
        "SP": "done",
        "Rio": "failed",
        "Minas": "done",
    }
    assert found["Rio"]["error_message"]
    assert not (settings.paths.csv_root / "vendas" / "vendas_RJ.csv").exists()
    # It should run for the set that failed alone, when asked to.
    run_sql(address, "update vendas set peso = 4 where uf = 'RJ'")
    response = cast.moderator.post(f"/api/jobs/{job_id}/sets/runs", {"labels": ["rio"]})
    assert response.status_code == 202, response.text
    again = worker.execute(response.json["run_id"])
    assert again.state == RunState.SUCCEEDED
    assert list(sets(cast, again)) == ["Rio"]
    assert versions_of("vendas/vendas_SP") == 1
    assert lines(settings, "vendas_RJ") == ["RJ;Niterói;25"]


def killed_at(moment: str, settings: Settings, database: DatabaseAddress, run_id: int) -> None:
    """Let a process execute the run and be killed at this moment; the run is repeated then."""
    with unit_of_work() as session:
        attempt = session.get_one(Run, run_id).attempt
    done = subprocess.run(
        [sys.executable, "-m", "tests.set_process"],
        cwd=ROOT,
        env=os.environ
        | task_for(settings, database, run_id=run_id, attempt=attempt)
        | {"FAILPOINT": f"{moment}:kill"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with unit_of_work() as session:
        workers.interrupt_lost_runs(session, lost_after=timedelta(0), max_attempts=9)
        session.execute(update(Run).values(retry_at=Run.queued_at))
    with unit_of_work() as session:
        workers.repeat_interrupted_runs(session)


def test_a_run_whose_worker_is_killed_goes_on_with_what_is_not_done(
    cast: Cast,
    source: int,
    worker: OneWorker,
    settings: Settings,
    metadata_db: DatabaseAddress,
) -> None:
    run_id = asked(save(cast, source))
    killed_at("after_publish_commit", settings, metadata_db, run_id)  # of the first set
    killed_at("before_publish_commit", settings, metadata_db, run_id)  # of the second
    with unit_of_work() as session:
        states = session.scalars(select(RunSet.state).order_by(RunSet.position)).all()
    assert states == ["done", "running", "waiting"]
    run = worker.execute(run_id)
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert {label: one["attempt"] for label, one in sets(cast, run).items()} == {
        "SP": 1,
        "Rio": 3,
        "Minas": 3,
    }
    # It should have published each once, and place what the killed worker did not come to place.
    assert [versions_of(f"vendas/vendas_{uf}") for uf in ("SP", "RJ", "MG")] == [1, 1, 1]
    assert run.rows == 4
    housekeeping.repair_projections(settings)
    assert lines(settings, "vendas_SP") == ["SP;Bauru;50", "SP;Santos;100"]


SETS_OF_NUMBERS = {"parameters": [{"name": "uf", "type": "integer"}], "query": "select 1 as uf"}


@pytest.mark.parametrize(
    "change",
    [
        {"file_format": "ndjson"},
        {
            "parameter_sets": {
                "parameters": [{"name": "uf", "type": "integer"}],
                "query": "select 1 as uf",
            }
        },
    ],
)
def test_a_job_changed_between_attempts_is_not_mixed_with_what_it_was(
    cast: Cast,
    source: int,
    worker: OneWorker,
    settings: Settings,
    metadata_db: DatabaseAddress,
    change: dict[str, Any],
) -> None:
    job_id = save(cast, source)
    run_id = asked(job_id)
    killed_at("before_publish_commit", settings, metadata_db, run_id)
    response = cast.moderator.put(f"/api/jobs/{job_id}", change)
    assert response.status_code == 200, response.text
    run = worker.execute(run_id)
    assert (run.state, run.error_code) == (RunState.FAILED, "job_not_executable")
    assert run.error_message is not None
    assert "was changed after this run had written down its sets" in run.error_message
    assert versions_of("vendas/vendas_SP") == 0


def test_nothing_of_an_attempt_that_is_not_the_current_one_is_published(
    cast: Cast, source: int, worker: OneWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = save(cast, source)
    run_id = asked(job_id)
    publish, published = set_publication.publish_set, []

    def wakes_up_late(session: Any, key: Any, position: int, *rest: Any, **named: Any) -> Any:
        if position == 2:
            with unit_of_work() as other:  # somebody else has the run by now
                other.execute(update(Run).values(attempt=2))
        published.append(position)
        return publish(session, key, position, *rest, **named)

    monkeypatch.setattr(set_publication, "publish_set", wakes_up_late)
    run = worker.execute(run_id)
    assert published == [1, 2]
    assert run.state == RunState.RUNNING
    assert [versions_of(f"vendas/vendas_{uf}") for uf in ("SP", "RJ", "MG")] == [1, 0, 0]


def test_the_source_is_left_alone_when_it_refuses_the_login(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source)
    changed = cast.root.put(f"/api/connections/{source}", {"password": "errada"})
    assert changed.status_code == 200, changed.text
    run = worker.execute(asked(job_id))
    assert run.state == RunState.FAILED
    assert [one["state"] for one in sets(cast, run).values()] == ["failed", "not_run", "not_run"]


def test_the_last_loaded_day_waits_for_every_set(
    cast: Cast, source: int, worker: OneWorker, address: DatabaseAddress
) -> None:
    window = f"select * from ({QUERY}) v where date '2024-01-01' < :fim"
    job_id = save(cast, source, sql_script=window)
    run_sql(address, "update vendas set peso = 0 where uf = 'RJ'")
    assert worker.execute(asked(job_id)).state == RunState.FAILED
    assert last_day(job_id) is None
    run_sql(address, "update vendas set peso = 4 where uf = 'RJ'")
    # It should not move either by a run for some of them.
    assert worker.execute(asked(job_id, ["Rio"])).state == RunState.SUCCEEDED
    assert last_day(job_id) is None
    assert worker.execute(asked(job_id)).state == RunState.SUCCEEDED
    assert last_day(job_id) is not None


def last_day(job_id: int) -> object:
    with unit_of_work() as session:
        return session.get_one(Job, job_id).last_data_date


def test_a_guard_holds_back_one_set_and_its_release_publishes_it(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(cast, source, guards={"min_rows": 2})
    run = worker.execute(asked(job_id, ["SP", "Rio"]))
    assert (run.state, run.reason, run.error_code) == (RunState.FAILED, "guard", "guard_failed")
    found = sets(cast, run)
    assert (found["SP"]["state"], found["Rio"]["state"]) == ("done", "held")
    assert cast.api_key.get("/api/data/datasets/vendas/vendas_RJ").status_code == 404
    released = cast.moderator.post(f"/api/versions/{found['Rio']['version']}/release")
    assert released.status_code == 200, released.text
    assert cast.api_key.get("/api/data/datasets/vendas/vendas_RJ").status_code == 200


SHOPS = "select id, nome, desde from lojas where id = :loja and (desde = :desde or :desde is null)"
SHOP_SETS = {
    "parameters": [{"name": "loja", "type": "integer"}, {"name": "desde", "type": "date"}],
    "query": "select id as loja, desde, nome as label from lojas where ativa order by id",
}


def test_a_query_answers_with_the_sets_when_a_run_begins(
    cast: Cast, source: int, worker: OneWorker, address: DatabaseAddress, settings: Settings
) -> None:
    fields = {"sql_script": SHOPS, "export_name": "loja_{label}", "parameter_sets": SHOP_SETS}
    job_id = save(cast, source, **fields)
    first = worker.execute(asked(job_id))
    assert first.state == RunState.SUCCEEDED, first.error_message
    assert lines(settings, "loja_Sé") == ["1;Sé;31/01/2020"]
    assert lines(settings, "loja_Lapa") == ["2;Lapa;"]
    # It should need no edit for a new one; one that is no more keeps its dataset, ownerless.
    run_sql(address, "update lojas set ativa = id > 1")
    second = worker.execute(asked(job_id))
    assert list(sets(cast, second)) == ["Lapa", "Mooca"]
    with unit_of_work() as session:
        owners = {dataset.name: dataset.job_id for dataset in session.scalars(select(Dataset))}
    assert owners == {
        "vendas/loja_Sé": None,
        "vendas/loja_Lapa": job_id,
        "vendas/loja_Mooca": job_id,
    }
    assert cast.api_key.get("/api/data/datasets/vendas/loja_Sé").status_code == 200
    preview = cast.moderator.post(
        "/api/preview/sets",
        {
            "connection_id": source,
            "sql_script": SHOP_SETS["query"],
            "parameters": SHOP_SETS["parameters"],
            "export_name": "loja_{label}",
        },
    )
    assert [one["file_name"] for one in preview.json["sets"]] == ["loja_Lapa", "loja_Mooca"]


UNFIT_ANSWERS = [
    ("select id as loja, desde from lojas where id > 9", "sets_unreadable", "no row"),
    ("select id as loja from lojas", "sets_unreadable", "no column desde"),
    ("select nome as loja, desde from lojas", "sets_unreadable", "Row 1"),
    ("select id as loja, desde, 'x' as label from lojas", "sets_unreadable", "Rows 1 and 2"),
    (
        """select id as loja, desde, case id when 1 then 'a/b' else 'a:b' end as label
        from lojas where id < 3""",
        "sets_share_file",
        "'a/b' and 'a:b'",
    ),
    ("select g as loja, null as desde from generate_series(1, 1001) g", "too_many_sets", "1000"),
    ("select loja from nada", "query_invalid", "nada"),
]


def test_what_a_query_answers_is_checked_before_anything_runs(
    cast: Cast, source: int, worker: OneWorker
) -> None:
    job_id = save(
        cast, source, sql_script=SHOPS, export_name="loja_{label}", parameter_sets=SHOP_SETS
    )
    for query, code, told in UNFIT_ANSWERS:
        changes = {"parameter_sets": {**SHOP_SETS, "query": query}}
        assert cast.moderator.put(f"/api/jobs/{job_id}", changes).status_code == 200
        run = worker.execute(asked(job_id))
        assert (run.state, run.error_code) == (RunState.FAILED, code), run.error_message
        assert told in (run.error_message or "")
        assert sets(cast, run) == {}
    with unit_of_work() as session:
        assert session.scalars(select(Dataset)).all() == []


def test_faults_name_row_and_column(cast: Cast, source: int) -> None:
    wanted = sets_of({"Sé": "1", "Lapa": "dois", "Mooca": ""}, "integer", "loja")
    wanted["sets"][0]["label"] = "Lapa"
    response = cast.moderator.post(
        "/api/jobs",
        body(
            source,
            sql_script="select * from lojas where id = :loja",
            export_name="l_{param:loja}",
            parameter_sets=wanted,
        ),
    )
    assert (response.status_code, response.json["code"]) == (422, "parameter_sets_invalid")
    assert [(one["field"], one["message"]) for one in response.json["errors"]] == [
        (
            "parameter_sets.sets.1.values.loja",
            "Row 2, column loja: 'dois' is not a whole number.",
        ),
        (
            "parameter_sets.sets.1.label",
            "Row 2: the set is called 'Lapa' like row 1; give each set a label of its own.",
        ),
        ("parameter_sets.sets.2.values.loja", "Row 3, column loja: '' is not a whole number."),
    ]


ASKED_BY_DAY = {
    "parameters": [{"name": "uf", "type": "text"}],
    "query": "select uf from vendas where dia = :dia_util_anterior",
}
UNFIT_JOBS: list[tuple[dict[str, Any], str]] = [
    (
        {"parameter_sets": sets_of({"a/b": "1", "a:b": "2"}), "export_name": "v_{label}"},
        "sets_share_file",
    ),
    ({"parameter_sets": sets_of({"A": "x", "B": "X"})}, "sets_share_file"),
    ({"export_name": "vendas"}, "parameter_sets_invalid"),
    ({"export_name": "vendas_{param:cidade}"}, "parameter_sets_invalid"),
    ({"sql_script": "select 1 as n"}, "parameter_sets_invalid"),
    ({"sql_script": "select :uf as a, :outro as b"}, "date_expression_unknown"),
    ({"parameter_sets": sets_of({"a": "1"}, name="hoje")}, "parameter_sets_invalid"),
    ({"parameter_sets": sets_of({})}, "parameter_sets_invalid"),
    ({"parameter_sets": sets_of({str(n): str(n) for n in range(1001)})}, "too_many_sets"),
    ({"export_name": "vendas_{label}?"}, "name_invalid"),
    ({"parameter_sets": ASKED_BY_DAY}, "date_needs_calendar"),
]


def test_what_cannot_be_is_refused_when_it_is_saved(cast: Cast, source: int) -> None:
    for fields, code in UNFIT_JOBS:
        response = cast.moderator.post("/api/jobs", body(source, **fields))
        assert response.json["code"] == code, response.text
        assert 400 <= response.status_code < 500


def test_no_two_jobs_share_a_file(cast: Cast, source: int) -> None:
    save(cast, source)
    taken = cast.moderator.post("/api/jobs", job_body(export_name="VENDAS_sp"))
    assert taken.json["code"] == "target_taken"
    free = cast.moderator.post("/api/jobs", job_body(export_name="vendas_total"))
    assert free.status_code == 201, free.text
    other = cast.moderator.post(
        "/api/jobs", body(source, parameter_sets=sets_of({"Rio outra vez": "RJ"}))
    )
    assert other.json["code"] == "target_taken"
    clone = cast.moderator.post("/api/jobs/1/clone", {"job_name": "Cópia"})
    assert clone.status_code == 201, clone.text
    named = cast.normal.get(f"/api/jobs/{clone.json['job_id']}").json["export_name"]
    assert named == "2_vendas_{param:uf}"
    # Whatever a query may answer one day.
    asking = {
        "parameters": [{"name": "uf"}],
        "query": "select uf from vendas",
    }
    queried = cast.moderator.post("/api/jobs", body(source, parameter_sets=asking))
    assert queried.json["code"] == "target_taken"


def test_sets_are_kept_in_the_history_and_can_be_taken_out(cast: Cast, source: int) -> None:
    job_id = save(cast, source, parameter_sets=sets_of({"SP": "SP"}))
    there = cast.normal.get(f"/api/jobs/{job_id}").json
    assert there["parameter_sets"]["sets"] == [{"label": "SP", "values": {"uf": "SP"}}]
    assert there["dataset"] is None
    # It should save what it has read without a change.
    same = cast.moderator.put(f"/api/jobs/{job_id}", {"parameter_sets": there["parameter_sets"]})
    assert same.json == {"msg": "no changes"}
    plain = {"parameter_sets": None, "export_name": "vendas_SP", "sql_script": "select 1 as n"}
    assert cast.moderator.put(f"/api/jobs/{job_id}", plain).status_code == 200
    now = cast.normal.get(f"/api/jobs/{job_id}").json
    assert (now["parameter_sets"], now["dataset"]) == (None, "vendas/vendas_SP")
    back = cast.moderator.post(f"/api/jobs/{job_id}/versions/1/restore")
    assert back.status_code == 200, back.text
    assert cast.normal.get(f"/api/jobs/{job_id}").json["parameter_sets"] == there["parameter_sets"]


def test_a_query_is_tried_with_the_values_of_a_set(cast: Cast, source: int) -> None:
    hostile = "x' or 'a' = 'a\\"
    tried = {
        "connection_id": source,
        "sql_script": "select :t as t, :n + 1 as n, :d as d, :nada is null as vazio",
        "set_values": [
            {"name": "t", "value": hostile},
            {"name": "n", "type": "decimal", "value": "1,50"},
            {"name": "d", "type": "date", "value": "31/01/2024"},
            {"name": "nada", "type": "integer", "value": None},
        ],
    }
    response = cast.moderator.post("/api/preview", tried)
    assert response.status_code == 200, response.text
    assert response.json["rows"] == [[hostile, "2.50", "2024-01-31", "true"]]
    assert cast.moderator.post("/api/preview/plan", tried).status_code == 200


def test_oracle_gets_the_values_as_binds(cast: Cast, worker: OneWorker, settings: Settings) -> None:
    script = Scripted()
    script.on("from vendas", "UF VARCHAR2(2), N NUMBER(9)", [("SP", 7)])
    with oracle_source("19c", script) as (oracle, server):
        created = cast.root.post(
            "/api/connections",
            {
                "name": "erp",
                "kind": "oracle",
                "host": oracle.spec.host,
                "port": oracle.spec.port,
                "database": oracle.spec.database,
                "username": "app",
                "password": "segredo",
            },
        )
        assert created.status_code == 201, created.text
        job_id = save(
            cast,
            created.json["connection_id"],
            sql_script="select uf, n from vendas where uf = :uf and loja = :loja",
            parameter_sets={
                "parameters": [{"name": "uf"}, {"name": "loja", "type": "integer"}],
                "sets": [
                    {"values": {"uf": "SP", "loja": 7}},
                    {"values": {"uf": "D'O", "loja": None}},
                ],
            },
        )
        run = worker.execute(asked(job_id))
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert lines(settings, "vendas_D'O") == ["SP;7"]
    assert server.did("binds") == [["SP", 7], ["D'O", None]]
    assert not [text for text in server.did("sql") if "D'O" in text]
