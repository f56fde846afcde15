"""Readers get the old version or the new one, and a closed fence publishes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from metadb.engine import DatabaseAddress, unit_of_work
from models import Dataset, DatasetVersion, Job, Run, Worker
from services import datasets, ledger, publication, runs, workers
from services.datasets import DatasetNotFound, TargetTaken
from services.ledger import AttemptKey
from services.publication import AttemptNotCurrent, Manifest
from tests.waiting import wait_for
from vocabulary import RunState

pytestmark = pytest.mark.usefixtures("metadata_db")


def _job(name: str = "vendas", folder: str = "") -> Job:
    return Job(
        job_name=name,
        job_status="Y",
        export_type="Único",
        export_path=folder,
        export_name=name,
        check_parameter="N",
        sql_script="select 1",
    )


@pytest.fixture
def roots(tmp_path: Path) -> list[Path]:
    first, second = tmp_path / "csv", tmp_path / "publico"
    first.mkdir()
    second.mkdir()
    return [first, second]


@pytest.fixture
def dataset(metadata_db: DatabaseAddress, roots: list[Path]) -> Dataset:
    with unit_of_work() as session:
        job = _job()
        session.add(job)
        session.flush()
        return datasets.attach_target(session, job, roots)


@pytest.fixture
def worker(metadata_db: DatabaseAddress) -> Worker:
    with unit_of_work() as session:
        return workers.register(
            session, name="w", host="h", pid=1, is_scheduler=False, concurrency=1
        )


def _start(dataset: Dataset, worker: Worker) -> AttemptKey:
    assert dataset.job_id is not None
    with unit_of_work() as session:
        key = AttemptKey(runs.enqueue_run(session, dataset.job_id, requested_by=None).run_id, 1)
        assert ledger.claim(session, key, worker)
        return key


def _manifest(dataset: Dataset, *, hour: int, rows: int = 3) -> Manifest:
    return Manifest(
        dataset_id=dataset.dataset_id,
        file_name=f"{dataset.dataset_id}/{hour}.csv",
        target_path="vendas.csv",
        size_bytes=10,
        rows=rows,
        sha256="0" * 64,
        columns=[{"name": "a", "type": "text", "native_type": "text"}],
        form={"delimiter": ";"},
        data_as_of=datetime(2024, 5, 6, hour, tzinfo=UTC),
    )


def _publish(key: AttemptKey, manifest: Manifest) -> DatasetVersion:
    with unit_of_work() as session:
        return publication.publish(session, key, manifest)


def _current_rows(name: str = "vendas") -> int:
    with unit_of_work() as session:
        return datasets.current_version(session, name).rows


def test_publication_succeeds_run_and_moves_pointer(dataset: Dataset, worker: Worker) -> None:
    key = _start(dataset, worker)
    version = _publish(key, _manifest(dataset, hour=6, rows=42))
    with unit_of_work() as session:
        run = runs.get_run(session, key.run_id)
    assert (run.state, run.rows, run.version_id) == ("succeeded", 42, version.version_id)
    assert [attempt.state for attempt in run.attempts] == ["succeeded"]
    assert _current_rows() == 42


def test_name_is_found_in_any_case(dataset: Dataset, worker: Worker) -> None:
    _publish(_start(dataset, worker), _manifest(dataset, hour=6, rows=1))
    assert _current_rows("VENDAS") == 1
    with pytest.raises(DatasetNotFound, match='Dataset "nope" not found'):
        _current_rows("nope")


def test_older_data_that_ends_late_does_not_replace_newer(dataset: Dataset, worker: Worker) -> None:
    _publish(_start(dataset, worker), _manifest(dataset, hour=8, rows=8))
    _publish(_start(dataset, worker), _manifest(dataset, hour=7, rows=7))
    assert _current_rows() == 8


def test_lost_attempt_publishes_nothing(dataset: Dataset, worker: Worker) -> None:
    key = _start(dataset, worker)
    with unit_of_work() as session:
        session.execute(update(Run).values(state=RunState.QUEUED, attempt=2))
    with pytest.raises(AttemptNotCurrent):
        _publish(key, _manifest(dataset, hour=6))
    with unit_of_work() as session:
        assert session.scalars(select(DatasetVersion)).all() == []
        assert publication.version_of(session, key) is None


def test_two_jobs_cannot_export_to_the_same_file(dataset: Dataset, roots: list[Path]) -> None:
    with pytest.raises(TargetTaken, match=r"Job 'vendas' \(\d+\) already exports to"):
        with unit_of_work() as session:
            other = _job("Vendas")
            session.add(other)
            session.flush()
            datasets.attach_target(session, other, roots)


def test_dataset_of_deleted_job_is_taken_over_with_its_versions(
    dataset: Dataset, worker: Worker, roots: list[Path]
) -> None:
    _publish(_start(dataset, worker), _manifest(dataset, hour=6, rows=5))
    with unit_of_work() as session:
        session.delete(session.get_one(Job, dataset.job_id))
    assert _current_rows() == 5
    with unit_of_work() as session:
        successor = _job()
        session.add(successor)
        session.flush()
        taken = datasets.attach_target(session, successor, roots)
    assert taken.dataset_id == dataset.dataset_id


def test_renamed_job_leaves_its_old_dataset_readable(
    dataset: Dataset, worker: Worker, roots: list[Path]
) -> None:
    _publish(_start(dataset, worker), _manifest(dataset, hour=6, rows=5))
    with unit_of_work() as session:
        job = session.get_one(Job, dataset.job_id)
        job.export_name = "vendas_2"
        assert datasets.attach_target(session, job, roots).name == "vendas_2"
    assert _current_rows() == 5


def test_dataset_names_follow_the_roots(roots: list[Path]) -> None:
    assert datasets.dataset_name(roots[0] / "a" / "b.csv", roots) == "a/b"
    assert datasets.dataset_name(roots[1] / "b.csv", roots) == "publico/b"
    assert datasets.dataset_name(roots[0] / "v1.5.csv", roots) == "v1.5"


def test_publication_whose_answer_was_lost_is_found_once_it_is_through(
    dataset: Dataset, worker: Worker
) -> None:
    key, manifest = _start(dataset, worker), _manifest(dataset, hour=1)

    def publish_again() -> int:
        with unit_of_work() as session:
            return publication.publish_once(session, key, manifest).version_id

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work() as session:
            # The line broke, the server is still at it, and the worker tries again meanwhile
            first = publication.publish_once(session, key, manifest)
            again = pool.submit(publish_again)
            wait_for(_somebody_waits_for_a_lock, what="the second try to reach the fence")
        assert again.result(timeout=60) == first.version_id


def _somebody_waits_for_a_lock() -> bool:
    with unit_of_work() as session:
        query = """select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'"""
        return bool(session.scalar(text(query)))
