"""Moving jobs that name days, read a window, and wait for a gate."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from models import Job, Run
from services import backfills, dry_runs, movements, parameters
from services.backfills import Period, Step
from services.movements import Proposal
from services.windows import DateExpressionUnknown
from tests.executing import get_run
from tests.moving import Ground, tables_of
from tests.sources import new_database
from vocabulary import JobKind, Reason, RunState, WaitingFor

DAYS = """
create table vendas as select d::date as dia, 1 as valor
from generate_series(date '{}', date '{}', interval '1 day') d
"""
REFERENCE = date(2024, 2, 20)


@pytest.fixture
def ground(metadata_db: DatabaseAddress, pg_server: ServerAddress, settings: Settings) -> Ground:
    ground = Ground.of(new_database(pg_server), new_database(pg_server), settings)
    ground.at_source(DAYS.format("2023-12-01", "2024-02-29"))
    return ground


def _run_of(ground: Ground, job_id: int, day: date = REFERENCE) -> Run:
    """A run that was due on this day."""
    run_id = ground.ask(job_id)
    with unit_of_work() as session:
        session.execute(update(Run).where(Run.run_id == run_id).values(reference_date=day))
    return ground.worker.execute(run_id)


def _job(job_id: int) -> Job:
    with unit_of_work() as session:
        return session.get_one(Job, job_id)


WHERE = {"source": "vendas", "target": "v", "where": "dia between :inicio and :fim"}
QUERY = {"query": "select * from vendas where dia >= :inicio and dia < :2 + 1", "target": "v"}


@pytest.mark.parametrize("table", [WHERE, QUERY])
def test_window_is_read_and_the_last_day_moves_on(ground: Ground, table: dict[str, Any]) -> None:
    job_id = ground.save(
        {"tables": [table]}, days_offset=2, last_data_date=date(2024, 1, 31), job_name="janela"
    )
    run = _run_of(ground, job_id)
    assert run.state == RunState.SUCCEEDED, run.error_message
    # It should have read from the month after the last day to two days before it was due
    assert ground.at_target("select min(dia), max(dia), count(*) from v") == [
        (date(2024, 2, 1), date(2024, 2, 18), 18)
    ]
    assert (run.window_start, run.window_end) == (date(2024, 2, 1), date(2024, 2, 18))
    assert _job(job_id).last_data_date == date(2024, 2, 18)


def test_window_without_days_is_recorded_and_nothing_is_asked(ground: Ground) -> None:
    job_id = ground.save({"tables": [WHERE]}, days_offset=3, last_data_date=date(2024, 2, 19))
    run = _run_of(ground, job_id, date(2024, 1, 31))
    assert (run.state, run.reason) == (RunState.CANCELLED, Reason.WINDOW_EMPTY)
    assert ground.at_target("select to_regclass('v') is null") == [(True,)]


def test_failed_run_leaves_the_last_day_alone(ground: Ground) -> None:
    ground.at_target("create table w (dia date, valor int check (valor > 5))")
    tables = [WHERE, {"source": "vendas", "target": "w", "mode": "append"}]
    job_id = ground.save({"tables": tables}, last_data_date=date(2024, 1, 31))
    run = _run_of(ground, job_id)
    assert run.state == RunState.FAILED
    assert _job(job_id).last_data_date == date(2024, 1, 31)


def test_sync_deletes_by_the_same_days(ground: Ground) -> None:
    ground.at_target("create table v (dia date primary key, valor int)")
    ground.at_target("insert into v values ('2024-02-20', 7), ('2020-01-01', 1)")
    table = {"source": "vendas", "target": "v", "key": ["dia"], "gone": "delete"}
    job_id = ground.save(
        {"tables": [table | {"where": "dia > :hoje - 3 and dia <= :hoje"}]}, "sync"
    )
    run = _run_of(ground, job_id)
    assert run.state == RunState.SUCCEEDED, run.error_message
    found = tables_of(run)[0]
    assert (found.inserted, found.updated, found.deleted) == (2, 1, 1)
    assert run.binds == {"hoje": "2024-02-20"}
    # It should not move what no window was read for
    assert _job(job_id).last_data_date is None


def test_name_that_stands_for_no_day_is_refused_when_saved(ground: Ground) -> None:
    with pytest.raises(DateExpressionUnknown, match=":ontm"):
        ground.save({"tables": [WHERE | {"where": "dia = :ontm"}]})


def test_dry_run_counts_the_days_of_now(ground: Ground) -> None:
    today = date.fromisoformat(str(ground.at_source("select current_date")[0][0]))
    ground.at_source(f"drop table vendas; {DAYS.format(today - timedelta(60), today)}")
    table = WHERE | {"where": "dia between :hoje - 10 and :fim"}
    proposal = Proposal(
        JobKind.TRANSFER, ground.source_id, ground.target_id, {"tables": [table]}, days_offset=4
    )
    with unit_of_work() as session:
        movement = movements.proposed(session, proposal, ground.settings)
    # It should be the days of the installation's zone, a day off at most
    assert dry_runs.dry_run(movement)[0].rows in (6, 7, 8)


def test_past_days_are_read_again_month_by_month(ground: Ground) -> None:
    ground.at_target("create table v (dia date primary key, valor int)")
    job_id = ground.save({"tables": [WHERE], "mode": "append"})
    with unit_of_work() as session:
        asked = backfills.start_backfill(
            session,
            job_id,
            Period(date(2023, 12, 10), date(2024, 2, 3), Step.MONTH),
            default_zone="UTC",
            requested_by="ana",
        )
    assert asked.total == 3
    batch = ground.worker.execute_queued()
    assert [run.state for run in batch] == [RunState.SUCCEEDED] * 3, batch[0].error_message
    # It should have moved each month's days once; its key would have refused them twice
    assert [tables_of(run)[0].rows for run in batch] == [22, 31, 3]
    assert ground.at_target("select min(dia), max(dia), count(*) from v") == [
        (date(2023, 12, 10), date(2024, 2, 3), 56)
    ]
    assert _job(job_id).last_data_date == date(2024, 2, 3)
    with unit_of_work() as session:
        assert backfills.get_backfill(session, asked.backfill.backfill_id).progress == 1


def test_gate_holds_the_job_back_until_every_unit_has_closed(ground: Ground) -> None:
    ground.at_source("create table fechamentos as select 'SP' as instancia, date '2024-02-10' as d")
    sql = "select instancia, d as valor from fechamentos"
    with unit_of_work() as session:
        parameter = parameters.create_parameter(session, "fechamento", sql)
        parameter_id = parameter.parameter_id
    job_id = ground.save(
        {"tables": [WHERE]}, check_parameter="Y", parameter_id=parameter_id, gate_deadline_min=600
    )
    run = _run_of(ground, job_id)
    assert (run.state, run.waiting_for) == (RunState.QUEUED, WaitingFor.GATE)
    assert [unit["unit"] for unit in run.gate_units or []] == ["SP"]
    assert ground.at_target("select to_regclass('v') is null") == [(True,)]
    ground.at_source("update fechamentos set d = '2024-02-20'")
    with unit_of_work() as session:
        session.execute(update(Run).where(Run.run_id == run.run_id).values(not_before=None))
    run = ground.worker.execute(run.run_id)
    assert run.state == RunState.SUCCEEDED, run.error_message
    assert get_run(run.run_id).gate_units in (None, [])
    assert ground.at_target("select max(dia) from v") == [(date(2024, 2, 20),)]
