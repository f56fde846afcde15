"""A run waits while its parameter is open, without a worker, and its deadline decides."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from auxiliares import Settings
from execution.context import StopReason
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from models import Job, Run
from services import runs
from tests.executing import OneWorker, get_run
from tests.integration.conftest import Cast, job_body
from tests.integration.test_api_connections import real_body
from tests.oracle_standin.tns_standin import Scripted
from tests.sources import new_database, oracle_source, run_sql
from tests.waiting import wait_for
from vocabulary import Reason, RunState, WaitingFor

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

GATE = "select instancia, valor from fechamento order by instancia"
DUE = datetime(2024, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def address(pg_server: ServerAddress) -> DatabaseAddress:
    found = new_database(pg_server)
    run_sql(
        found,
        "create table fechamento (instancia text, valor date);"
        "insert into fechamento values ('Norte', '2024-01-31'), ('Sul', '2024-01-30')",
    )
    return found


@pytest.fixture
def worker(cast: Cast, settings: Settings) -> OneWorker:
    return OneWorker.of(settings)


@pytest.fixture
def job_id(cast: Cast, address: DatabaseAddress) -> int:
    """A job due on 01/02/2024 that needs 31/01/2024 closed."""
    source = cast.root.post("/api/connections", real_body(address, name="fonte")).json
    return gated_job(cast, source["connection_id"])


def gated_job(cast: Cast, source: int) -> int:
    body = {"parameter_name": "Fechamento", "sql_script": GATE}
    parameter = cast.moderator.post("/api/parameters", body).json["parameter_id"]
    job = job_body(
        connection_id=source,
        check_parameter="Y",
        parameter_id=parameter,
        days_offset=1,
    )
    response = cast.moderator.post("/api/jobs", job)
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def due_run(job_id: int, **values: Any) -> int:
    with unit_of_work() as session:
        run = runs.enqueue_run(session, job_id, requested_by="ana")
        session.execute(
            update(Run).where(Run.run_id == run.run_id).values(**{"due_at": DUE} | values)
        )
        return run.run_id


def set_run(run_id: int, **values: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(Run).where(Run.run_id == run_id).values(**values))


def set_job(job_id: int, **values: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(Job).where(Job.job_id == job_id).values(**values))


def hours_from_now(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


OPEN_SUL = [{"unit": "Sul", "closed_until": "2024-01-30"}]


def test_an_open_unit_makes_the_run_wait_without_a_worker_until_it_closes(
    cast: Cast, worker: OneWorker, job_id: int, address: DatabaseAddress
) -> None:
    run_id = due_run(job_id, gate_deadline_at=hours_from_now(5))
    waiting = worker.execute(run_id)
    assert (waiting.state, waiting.waiting_for) == (RunState.QUEUED, WaitingFor.GATE)
    assert waiting.gate_units == OPEN_SUL
    assert waiting.worker_id is None
    assert waiting.attempts == []
    assert waiting.not_before is not None
    assert hours_from_now(0.1) < waiting.not_before < hours_from_now(0.2)  # in ten minutes
    shown = cast.normal.get(f"/api/runs/{run_id}").json
    assert shown["gate_units"] == OPEN_SUL
    assert shown["gate_deadline_at"] is not None
    # It should not start before its time
    assert worker.execute(run_id).state == RunState.QUEUED
    run_sql(address, "update fechamento set valor = '2024-02-15'")
    set_run(run_id, not_before=None)
    done = worker.execute(run_id)
    assert (done.state, done.gate_units, done.waiting_for) == (RunState.SUCCEEDED, [], None)
    assert len(done.attempts) == 1


def test_the_deadline_counts_from_the_due_time_and_comes_with_the_last_question(
    worker: OneWorker, job_id: int
) -> None:
    due_at = hours_from_now(0)
    set_job(job_id, gate_deadline_min=25, gate_check_every_min=20)
    run_id = due_run(job_id, due_at=due_at)
    first = worker.execute(run_id)
    assert first.gate_deadline_at == due_at + timedelta(minutes=25)
    set_run(run_id, not_before=None, gate_deadline_at=hours_from_now(0.1))
    second = worker.execute(run_id)
    assert second.not_before == second.gate_deadline_at
    # It should count from the first question where nothing was due
    set_run(run_id, due_at=None, not_before=None, gate_deadline_at=None)
    third = worker.execute(run_id)
    assert third.gate_deadline_at is not None
    assert third.gate_deadline_at > hours_from_now(0.4)


def test_at_the_deadline_the_run_fails_and_names_the_open_units(
    worker: OneWorker, job_id: int
) -> None:
    run = worker.execute(due_run(job_id))
    assert (run.state, run.reason, run.error_code) == (
        RunState.FAILED,
        Reason.GATE_OPEN,
        "gate_open",
    )
    assert "Sul (closed until 30/01/2024)" in str(run.error_message)
    assert "Norte" not in str(run.error_message)
    assert (run.gate_units, run.retry_at, run.version_id) == (OPEN_SUL, None, None)
    assert [attempt.state for attempt in run.attempts] == [RunState.FAILED]


def test_at_the_deadline_the_run_goes_on_with_a_warning_where_it_may(
    worker: OneWorker, job_id: int
) -> None:
    set_job(job_id, gate_on_deadline="run")
    run = worker.execute(due_run(job_id))
    assert run.state == RunState.SUCCEEDED
    assert run.gate_units == OPEN_SUL
    assert "Sul (closed until 30/01/2024)" in str(run.warning)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("select 1 as outra", "gate_unreadable"),
        ("select 'Sul' as instancia, 'ontem' as valor", "gate_unreadable"),
        ("select * from nao_existe", "query_invalid"),
    ],
)
def test_a_gate_that_cannot_be_read_fails_the_run(
    worker: OneWorker, job_id: int, sql: str, error: str
) -> None:
    with unit_of_work() as session:
        session.execute(text("update parameters set sql_script = :sql"), {"sql": sql})
    run = worker.execute(due_run(job_id))
    assert (run.state, run.error_code) == (RunState.FAILED, error)


def test_a_gate_may_name_days_and_answer_in_the_style_of_its_server(
    worker: OneWorker, job_id: int, address: DatabaseAddress
) -> None:
    sql = "select 'Sul' as instancia, :fim as valor where :hoje = date '2024-02-01'"
    run_sql(address, f"alter database {address.dbname} set datestyle = 'SQL, MDY'")
    with unit_of_work() as session:
        session.execute(text("update parameters set sql_script = :sql"), {"sql": sql})
    assert worker.execute(due_run(job_id)).state == RunState.SUCCEEDED


def test_asking_holds_no_transaction_and_can_be_cancelled(
    worker: OneWorker, job_id: int, metadata_db: DatabaseAddress
) -> None:
    sql = "select 'Sul' as instancia, date '2024-01-01' as valor from pg_sleep(60)"
    with unit_of_work() as session:
        session.execute(text("update parameters set sql_script = :sql"), {"sql": sql})
    run_id = due_run(job_id)
    thread = threading.Thread(target=worker.execute, args=(run_id,))
    thread.start()
    active = worker.executor.active
    asked = (
        "select 1 from pg_stat_activity where query like 'FETCH%' and state = 'active'"
        " and application_name like 'automacaosql job=%'"
    )
    held = (
        "select query from pg_stat_activity where datname = current_database()"
        " and state like 'idle in transaction%'"
    )
    try:
        wait_for(lambda: run_sql(metadata_db, asked), what="the gate to be asked")
        assert run_sql(metadata_db, held) == []
    finally:
        for run in active.all():
            run.stop(StopReason.CANCELLED)
    thread.join()
    assert (get_run(run_id).state, get_run(run_id).reason) == (
        RunState.CANCELLED,
        Reason.ON_REQUEST,
    )


def test_a_run_that_was_cancelled_while_it_asked_does_not_wait_again(
    cast: Cast, worker: OneWorker, job_id: int
) -> None:
    run_id = due_run(job_id, gate_deadline_at=hours_from_now(5), cancel_requested_by="ana")
    assert worker.execute(run_id).state == RunState.CANCELLED
    # And one that waits is cancelled at once
    run_id = due_run(job_id, gate_deadline_at=hours_from_now(5))
    assert worker.execute(run_id).waiting_for == WaitingFor.GATE
    assert cast.moderator.post(f"/api/runs/{run_id}/cancel").status_code == 202
    assert get_run(run_id).state == RunState.CANCELLED


def test_oracle_answers_for_a_gate_too(cast: Cast, worker: OneWorker) -> None:
    script = Scripted()
    rows = [("Sul", datetime(2024, 1, 30)), ("Norte", datetime(2024, 1, 31))]
    script.on("from fechamento", "INSTANCIA VARCHAR2(20), VALOR DATE", rows)
    with oracle_source("19c", script) as (oracle, _):
        spec = oracle.spec
        body = {
            "name": spec.name,
            "kind": "oracle",
            "host": spec.host,
            "port": spec.port,
            "database": spec.database,
            "username": spec.username,
            "password": spec.password,
        }
        source = cast.root.post("/api/connections", body).json["connection_id"]
        run = worker.execute(due_run(gated_job(cast, source)))
    assert (run.error_code, run.gate_units) == ("gate_open", OPEN_SUL)


def test_an_active_job_with_a_gate_needs_a_parameter(cast: Cast, job_id: int) -> None:
    refused = cast.moderator.post("/api/jobs", job_body(export_name="b", check_parameter="Y") | {
        "job_status": "Y", "schedule": {"day": "Seg", "hour": "06", "minute": "00"},
        "connection_id": 1,
    })  # fmt: skip
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "parameter_id")
    kept = cast.moderator.put(
        f"/api/jobs/{job_id}",
        {"job_status": "Y", "schedule": {"day": "Seg", "hour": "06", "minute": "00"}},
    )
    assert kept.json == {"msg": "updated"}
