"""Thousands of jobs of the existing system are adopted a few at a time."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from auxiliares import Settings
from metadb.engine import DatabaseAddress, unit_of_work
from models import Connection, Dataset, Job
from services import adoption
from services.adoption import AT_ONCE, adopt_jobs

MADE = """
insert into jobs_he (job_name, job_status, export_type, export_path, export_name,
                     check_parameter, sql_script)
select 'Antigo ' || n, 'Y', 'Único', '.', 'r' || least(n, :jobs - 1), 'N', 'select 1 from dual'
from generate_series(1, :jobs) as n
"""


@pytest.fixture
def jobs(metadata_db: DatabaseAddress) -> int:
    """So many jobs; the last one exports to the file of the one before it."""
    count = 2 * AT_ONCE + 2
    with unit_of_work() as session:
        session.execute(text(MADE), {"jobs": count})
    return count


def _adopted() -> int:
    with unit_of_work() as session:
        owned = select(func.count()).select_from(Dataset).where(Dataset.job_id.is_not(None))
        return session.scalar(owned) or 0


def test_adoption_is_broken_off_and_goes_on(
    jobs: int, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    told = iter((False, True))
    until = adopt_jobs(settings, is_over=lambda: next(told))
    assert until is not None
    assert _adopted() == AT_ONCE
    assert adopt_jobs(settings, is_over=lambda: False, after=until) is None
    # The last one has no file of its own, and is told of once
    assert _adopted() == jobs - 1
    assert [record.msg for record in caplog.records].count("job_without_target") == 1


def test_nothing_is_adopted_once_the_process_stops(jobs: int, settings: Settings) -> None:
    assert adopt_jobs(settings, is_over=lambda: True) == 0
    assert _adopted() == 0


def test_jobs_without_a_connection_get_the_one_of_the_existing_system(jobs: int) -> None:
    with unit_of_work() as session:
        oracle = Connection(name="oracle", kind="oracle", username="u", options={})
        session.add(oracle)
        session.flush()
        adoption.connect_jobs(session, "oracle")
    with unit_of_work() as session:
        assert session.scalars(select(Job.connection_id).distinct()).all() == [oracle.connection_id]
