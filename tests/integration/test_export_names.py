"""Exported names that change with the day: one dataset, a file for each, nobody else's."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from auxiliares import Settings
from datafiles.names import NameRefused
from execution import housekeeping
from metadb.engine import DatabaseAddress, unit_of_work
from models import Run
from services import jobs, runs
from services.datasets import TargetTaken
from services.job_clones import clone_job
from tests.publisher import Publisher


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database, export_name="vendas_{data:%Y-%m}")


def run_of(publisher: Publisher, day: date, sql: str) -> None:
    """A run that was due on that day."""
    publisher.change(sql_script=sql)
    with unit_of_work() as session:
        run_id = runs.enqueue_run(session, publisher.job_id, requested_by="ana").run_id
        session.get_one(Run, run_id).reference_date = day
    publisher.executor.execute(run_id, 1)
    with unit_of_work() as session:
        assert runs.get_run(session, run_id).error_message is None


def files(publisher: Publisher) -> dict[str, str]:
    folder = publisher.target.parent
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}


def test_each_month_has_its_file_and_the_dataset_is_the_latest(publisher: Publisher) -> None:
    run_of(publisher, date(2024, 2, 20), "select 1 as n")
    run_of(publisher, date(2024, 2, 29), "select 2 as n")
    run_of(publisher, date(2024, 3, 1), "select 3 as n")
    wanted = {"vendas_2024-02.csv": "n\n2\n", "vendas_2024-03.csv": "n\n3\n"}
    assert files(publisher) == wanted
    assert publisher.current().target_path.endswith("vendas_2024-03.csv")
    housekeeping.repair_projections(publisher.settings)
    housekeeping.remove_old_versions(publisher.settings)
    assert files(publisher) == wanted


def another(publisher: Publisher, **fields: Any) -> None:
    with unit_of_work() as session:
        first = jobs.get_job(session, publisher.job_id)
        jobs.create_job(
            session,
            {
                "job_name": "Outra",
                "export_path": ".",
                "sql_script": "select 1 as n",
                "connection_id": first.connection_id,
                **fields,  # type: ignore[typeddict-item]
            },
            settings=publisher.settings,
            created_by_id=None,
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"export_name": "vendas"},
        {"export_name": "VENDAS_2024-03"},
        {"export_name": "vendas_{fim:%Y-%m}"},
        {"export_name": "vendas", "split": {"by": "rows", "rows": 5}},
        {"export_name": "vendas_{job}"},
    ],
)
def test_another_job_may_not_make_one_of_its_files(
    publisher: Publisher, fields: dict[str, Any]
) -> None:
    with pytest.raises(TargetTaken, match="Vendas"):
        another(publisher, **fields)


def test_a_job_may_not_grow_into_another_one_s_file(publisher: Publisher) -> None:
    publisher.change(export_name="vendas")
    another(publisher, export_name="vendas_001")
    with pytest.raises(TargetTaken, match="Outra"):
        publisher.change(split={"by": "rows", "rows": 5})
    another(publisher, export_name="vendas 03.2024")
    with pytest.raises(TargetTaken, match="Outra"):
        publisher.change(export_type="Mês", data_primary_key="n")


@pytest.mark.parametrize(
    "fields",
    [
        {"export_name": "vendas_2024"},
        {"export_name": "vendas_{data:%Y-%m}", "export_path": "sub"},
        {"export_name": "compras_{data:%Y-%m}"},
    ],
)
def test_other_names_and_folders_are_free(publisher: Publisher, fields: dict[str, Any]) -> None:
    another(publisher, **fields)


def test_a_clone_gets_a_dataset_of_its_own(publisher: Publisher) -> None:
    with unit_of_work() as session:
        clone = clone_job(
            session,
            publisher.job_id,
            job_name="Cópia",
            export_name=None,
            settings=publisher.settings,
            created_by_id=None,
        )
        assert clone.export_name == "vendas_{data:%Y-%m}_2"


def test_a_name_that_is_no_file_name_is_refused_when_it_is_saved(publisher: Publisher) -> None:
    for name in ("v_{data:%Y/%m}", "{data:%Y}", "v_{data:%H}"):
        with pytest.raises(NameRefused):
            publisher.change(export_name=name)
    publisher.change(export_name="v_{job}")
    with pytest.raises(NameRefused):
        publisher.change(job_name="a/b")
