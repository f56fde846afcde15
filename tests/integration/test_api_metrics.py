"""/metrics as a monitoring system reads it: by a key, parsed by the format's own parser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from metadb.engine import unit_of_work
from models import Connection, Job, Run, RunAttempt, Worker
from tests.integration.conftest import FILE_KEY, Cast
from vocabulary import RunState, Trigger

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def _read(cast: Cast) -> Samples:
    headers = {"Authorization": f"Bearer {FILE_KEY}"}
    response = cast.anonymous.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name.removeprefix("automacaosql_"), tuple(sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def _run(job_id: int, state: RunState, **values: object) -> None:
    with unit_of_work() as session:
        run = Run(
            job_id=job_id, job_name="j", trigger=Trigger.SCHEDULE, state=state, attempt=1, **values
        )
        session.add(run)
        session.flush()
        if run.started_at is not None:
            session.add(
                RunAttempt(
                    run_id=run.run_id,
                    attempt=1,
                    worker_name="w",
                    state=state,
                    started_at=run.started_at,
                )
            )


def test_an_empty_ledger_has_its_metrics_too(cast: Cast) -> None:
    found = _read(cast)
    assert found["queue_age_seconds", ()] == 0
    assert found["runs", (("state", "queued"),)] == 0
    assert found["start_lateness_last_hour_seconds_gcount", ()] == 0
    assert found["process_resident_memory_bytes", ()] > 10_000_000
    assert ("scheduler_heartbeat_age_seconds", ()) not in found


def test_what_happens_is_counted(cast: Cast, job_id: int) -> None:
    now = datetime.now(UTC)
    due = now - timedelta(minutes=10)
    for place, late_s in enumerate((0.05, 0.3, 700)):
        moment = due + timedelta(seconds=place)
        started = moment + timedelta(seconds=late_s)
        ended = started + timedelta(seconds=3)
        if late_s == 700:
            started, ended = moment + timedelta(seconds=400), now
        _run(job_id, RunState.SUCCEEDED, due_at=moment, started_at=started, finished_at=ended)
    old = now - timedelta(hours=3)
    _run(job_id, RunState.FAILED, due_at=old, started_at=old, finished_at=old)
    _run(job_id, RunState.QUEUED, due_at=now - timedelta(seconds=90))
    _run(job_id, RunState.QUEUED, due_at=old + timedelta(seconds=1), waiting_for="gate")
    _run(job_id, RunState.RUNNING, due_at=old + timedelta(seconds=2), started_at=now)
    with unit_of_work() as session:
        session.execute(update(Connection).values(max_runs=3))
        job = session.get_one(Job, job_id)
        assert job.connection_id is not None
        session.add(
            Worker(
                name="w:1",
                host="h",
                pid=1,
                is_scheduler=True,
                concurrency=4,
                heartbeat_at=now - timedelta(seconds=7),
                clock_ahead_s=-6.5,
            )
        )
    found = _read(cast)
    assert found["runs", (("state", "queued"),)] == 2
    assert found["runs", (("state", "running"),)] == 1
    assert found["runs_waiting", (("waiting_for", "gate"),)] == 1
    assert found["runs_ended_last_hour", (("state", "succeeded"),)] == 3
    # The one that ended three hours ago does not count
    assert found["runs_ended_last_hour", (("state", "failed"),)] == 0
    lateness = "start_lateness_last_hour_seconds_bucket"
    assert [found[lateness, (("le", le),)] for le in ("0.1", "0.5", "300.0", "+Inf")] == [
        1,
        2,
        2,
        3,
    ]
    duration = "run_duration_last_hour_seconds_bucket"
    assert [found[duration, (("le", le),)] for le in ("1.0", "5.0", "+Inf")] == [0, 2, 3]
    assert found["connection_runs", (("connection", "vendas"),)] == 1
    assert found["connection_max_runs", (("connection", "vendas"),)] == 3
    # The gate is no matter of workers: only the other one grows the queue's age
    assert 0 < found["queue_age_seconds", ()] < 90 + 3600
    labels = (("is_scheduler", "true"), ("worker", "w:1"))
    assert 7 <= found["worker_heartbeat_age_seconds", labels] < 3600
    assert found["worker_clock_ahead_seconds", labels] == -6.5
    assert found["worker_slots", labels] == 4
    assert found["scheduler_heartbeat_age_seconds", ()] >= 7


def test_a_stranger_gets_no_metrics(cast: Cast) -> None:
    response = cast.anonymous.get("/metrics", headers={"Authorization": "Bearer wrong-key"})
    assert (response.status_code, response.json["code"]) == (401, "authentication_required")
