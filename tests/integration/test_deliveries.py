"""Deliveries follow publication: queued with it, tried again, superseded, and safe from zombies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from auxiliares import Settings
from datafiles.stores.base import (
    DeliveryAbandoned,
    Hold,
    Parcel,
    Store,
    StoreReport,
    TargetRefused,
    TargetUnreachable,
)
from execution import housekeeping
from execution.deliver import Deliverer
from metadb.engine import DatabaseAddress, unit_of_work
from models import Delivery
from services import deliveries, jobs, targets, versions
from services.deliveries import BACK_OFF_S, DeliveryNotFailed, DeliveryOutdated
from services.delivery_places import TargetPathTaken
from services.target_rules import TargetInvalid
from tests.publisher import Publisher
from vocabulary import RunState

ROWS = "select g as id from generate_series(1, {}) g"


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database)


@pytest.fixture
def share(settings: Settings) -> Path:
    """A folder that is a target."""
    folder = settings.paths.csv_root / "parceiro"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def target_id(publisher: Publisher, share: Path, settings: Settings) -> int:
    """The target, given to the job; the file keeps its name."""
    return publisher.deliver_to("parceiro", path="saida/")


@pytest.fixture
def deliverer(settings: Settings, target_id: int) -> Deliverer:
    return Deliverer(settings)


class ScriptedStore:
    """A target that does what the test says before it takes a file."""

    def __init__(self, *faults: Exception | Callable[[Hold], None]) -> None:
        self.faults = list(faults)
        self.taken: list[str] = []

    def test(self) -> StoreReport:
        return StoreReport(is_ok=True)

    def deliver(self, parcel: Parcel, hold: Hold) -> None:
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            fault(hold)
        hold.confirm()
        self.taken.append(parcel.source.read_text())


def scripted(settings: Settings, store: Store) -> Deliverer:
    return Deliverer(settings, open_store=lambda _claimed, _settings: store)


def all_deliveries() -> list[Delivery]:
    with unit_of_work() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.delivery_id)))


def only_delivery() -> Delivery:
    (delivery,) = all_deliveries()
    return delivery


def be_due() -> None:
    """As if every pause had passed and every claim had run out."""
    with unit_of_work() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.next_try_at.is_not(None))
            .values(next_try_at=Delivery.next_try_at - timedelta(days=1))
        )


def test_published_version_is_delivered_and_verified(
    publisher: Publisher, deliverer: Deliverer, share: Path
) -> None:
    run = publisher.run(ROWS.format(3))
    waiting = only_delivery()
    assert (waiting.state, waiting.run_id, waiting.path) == (
        "waiting",
        run.run_id,
        "saida/vendas.csv",
    )
    assert deliverer.deliver_next()
    assert (share / "saida" / "vendas.csv").read_bytes() == publisher.target.read_bytes()
    done, version = only_delivery(), publisher.current()
    assert (done.state, done.size_bytes, done.sha256) == (
        "delivered",
        version.size_bytes,
        version.sha256,
    )
    assert not deliverer.deliver_next()


def test_name_with_a_date_is_that_of_the_day_of_the_run(
    publisher: Publisher, target_id: int
) -> None:
    publisher.change(targets=[{"target_id": target_id, "path": "v_{data:%Y-%m}.csv"}])
    run = publisher.run(ROWS.format(1))
    # The job's zone is three hours behind
    day = (run.queued_at - timedelta(hours=3)).date()
    assert only_delivery().path == f"v_{day:%Y-%m}.csv"


def test_failed_delivery_leaves_the_dataset_published(
    publisher: Publisher, deliverer: Deliverer, share: Path
) -> None:
    share.rmdir()
    run = publisher.run(ROWS.format(3))
    deliverer.deliver_next()
    late = only_delivery()
    assert (late.state, late.error_code, late.attempt) == ("waiting", "target_unreachable", 1)
    assert run.state == RunState.SUCCEEDED
    assert publisher.current().rows == 3
    # It should come as soon as the share is back
    share.mkdir()
    assert not deliverer.deliver_next()
    be_due()
    deliverer.deliver_next()
    assert (only_delivery().state, only_delivery().attempt) == ("delivered", 2)
    assert only_delivery().error_code is None


def test_transient_faults_are_tried_again_with_growing_pauses_and_an_end(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    store = ScriptedStore(*[TargetUnreachable("away")] * 20)
    deliverer = scripted(settings, store)
    publisher.run(ROWS.format(1))
    pauses = []
    while only_delivery().state == "waiting":
        be_due()
        assert deliverer.deliver_next()
        after = only_delivery()
        if after.next_try_at is not None and after.started_at is not None:
            pauses.append(round((after.next_try_at - after.started_at).total_seconds(), -1))
    assert pauses == [float(pause) for pause in BACK_OFF_S]
    given_up = only_delivery()
    assert (given_up.state, given_up.attempt) == ("failed", len(BACK_OFF_S) + 1)
    assert given_up.error_message == "away"


def test_faults_that_need_somebody_fail_at_once_and_are_tried_again_by_hand(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    store = ScriptedStore(TargetRefused("no bucket"))
    deliverer = scripted(settings, store)
    publisher.run(ROWS.format(1))
    deliverer.deliver_next()
    failed = only_delivery()
    assert (failed.state, failed.error_code, failed.next_try_at) == (
        "failed",
        "target_refused",
        None,
    )
    be_due()
    assert not deliverer.deliver_next()
    with unit_of_work() as session:
        deliveries.retry(session, failed.delivery_id)
    assert deliverer.deliver_next()
    assert only_delivery().state == "delivered"
    with pytest.raises(DeliveryNotFailed), unit_of_work() as session:
        deliveries.retry(session, failed.delivery_id)


def test_fault_of_the_program_fails_the_delivery_and_not_the_worker(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    deliverer = scripted(settings, ScriptedStore(ZeroDivisionError("oops")))
    publisher.run(ROWS.format(1))
    assert deliverer.deliver_next()
    assert (only_delivery().state, only_delivery().error_code) == ("failed", "internal_error")


def test_newer_version_supersedes_what_is_on_its_way(
    publisher: Publisher, deliverer: Deliverer, share: Path
) -> None:
    publisher.run(ROWS.format(1))
    publisher.run(ROWS.format(2))
    assert [d.state for d in all_deliveries()] == ["superseded", "waiting"]
    deliverer.deliver_next()
    assert not deliverer.deliver_next()
    assert (share / "saida" / "vendas.csv").read_text() == "id\n1\n2\n"


def test_failed_delivery_of_an_older_version_is_not_tried_again(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    publisher.run(ROWS.format(1))
    scripted(settings, ScriptedStore(TargetRefused("no"))).deliver_next()
    publisher.run(ROWS.format(2))
    with pytest.raises(DeliveryOutdated), unit_of_work() as session:
        deliveries.retry(session, all_deliveries()[0].delivery_id)


def test_version_superseded_while_it_is_sent_is_not_put_in_place(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    store = ScriptedStore(lambda _hold: _published(publisher, 2))
    deliverer = scripted(settings, store)
    publisher.run(ROWS.format(1))
    deliverer.deliver_next()
    assert store.taken == []
    assert [d.state for d in all_deliveries()] == ["superseded", "waiting"]
    deliverer.deliver_next()
    assert store.taken == ["id\n1\n2\n"]


def _published(publisher: Publisher, rows: int) -> None:
    assert publisher.run(ROWS.format(rows)).state == RunState.SUCCEEDED


def test_claim_of_a_killed_worker_runs_out_and_another_takes_over(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    publisher.run(ROWS.format(1))
    with unit_of_work() as session:
        claimed = deliveries.claim(session)  # and then it was killed
    assert claimed is not None
    other = ScriptedStore()
    assert not scripted(settings, other).deliver_next()
    be_due()
    assert scripted(settings, other).deliver_next()
    assert (only_delivery().state, only_delivery().attempt) == ("delivered", 2)
    # It should change nothing when the killed one was only frozen
    with unit_of_work() as session:
        assert not deliveries.renew(session, claimed.key)
        assert not deliveries.succeed(session, claimed)
        assert not deliveries.fail(session, claimed, TargetUnreachable("x"), is_transient=True) or (
            only_delivery().state == "delivered"
        )
    assert only_delivery().state == "delivered"


def test_late_worker_that_put_an_older_file_has_the_current_one_sent_again(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    publisher.run(ROWS.format(1))
    with unit_of_work() as session:
        frozen = deliveries.claim(session)
    assert frozen is not None
    publisher.run(ROWS.format(2))
    store = ScriptedStore()
    assert scripted(settings, store).deliver_next()
    # The frozen one wakes up behind its last check, renames, and reports
    with unit_of_work() as session:
        assert not deliveries.succeed(session, frozen)
    assert [d.state for d in all_deliveries()] == ["superseded", "waiting"]
    assert scripted(settings, store).deliver_next()
    assert store.taken == ["id\n1\n2\n"] * 2


def test_stopping_worker_hands_its_delivery_back(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    store = ScriptedStore()
    deliverer = scripted(settings, store)

    def stop(hold: Hold) -> None:
        deliverer.ask_to_stop()
        hold.check()

    store.faults.append(stop)
    publisher.run(ROWS.format(1))
    deliverer.deliver_next()
    assert (only_delivery().state, only_delivery().attempt) == ("waiting", 0)
    assert scripted(settings, ScriptedStore()).deliver_next()


def test_threads_deliver_each_version_once(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    store = ScriptedStore()
    crew = [scripted(settings, store) for _ in range(3)]
    for _ in range(3):
        publisher.run(ROWS.format(1))
        threads = [threading.Thread(target=one.deliver_next) for one in crew]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(store.taken) == 3
    assert {d.state for d in all_deliveries()} == {"delivered"}


def test_held_version_is_delivered_when_it_is_released(
    publisher: Publisher, target_id: int
) -> None:
    publisher.change(guards={"min_rows": 5})
    held = publisher.run(ROWS.format(1))
    assert all_deliveries() == []
    with unit_of_work() as session:
        versions.release(session, held.version_id or 0, released_by="ana")
    assert only_delivery().version_id == held.version_id


def test_restored_version_is_delivered_again(
    publisher: Publisher, deliverer: Deliverer, share: Path
) -> None:
    first = publisher.run(ROWS.format(1)).version_id or 0
    deliverer.deliver_next()
    publisher.run(ROWS.format(2))
    deliverer.deliver_next()
    with unit_of_work() as session:
        versions.restore(session, first, restored_by="ana")
    assert deliverer.deliver_next()
    assert (share / "saida" / "vendas.csv").read_text() == "id\n1\n"
    assert [d.state for d in all_deliveries()] == ["delivered", "delivered"]


def test_file_that_is_still_to_be_delivered_is_not_swept(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    publisher.change(versions_kept=1)
    first = publisher.run(ROWS.format(1)).version_id or 0
    publisher.change(targets=[])
    publisher.run(ROWS.format(2))
    housekeeping.remove_old_versions(settings)
    with unit_of_work() as session:
        assert versions.get_version(session, first).removed_at is None
    store = ScriptedStore()
    assert scripted(settings, store).deliver_next()
    assert store.taken == ["id\n1\n"]
    housekeeping.remove_old_versions(settings)
    with unit_of_work() as session:
        assert versions.get_version(session, first).removed_at is not None


def test_another_job_that_comes_to_the_same_name_fails_in_words(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    year = only_year(publisher)
    with unit_of_work() as session:
        session.execute(delete(Delivery))
    publisher.change(targets=[{"target_id": target_id, "path": f"v_{year}.csv"}])
    fields: Any = {
        "job_name": "Outra",
        "export_path": ".",
        "export_name": "outra",
        "sql_script": "select 1 as n",
        "targets": [{"target_id": target_id, "path": "V_{data:%Y}.csv"}],
    }
    with unit_of_work() as session:
        other = jobs.create_job(session, fields, settings=settings, created_by_id=None).job_id
    assert publisher.run().state == RunState.SUCCEEDED
    clash = publisher.run(job_id=other)
    assert clash.state == RunState.SUCCEEDED
    first, second = all_deliveries()
    assert (first.state, second.state) == ("waiting", "failed")
    assert (second.error_code, second.run_id) == ("target_path_taken", clash.run_id)
    assert "'Vendas'" in (second.error_message or "")
    with pytest.raises(TargetPathTaken, match="'Vendas'"), unit_of_work() as session:
        deliveries.retry(session, second.delivery_id)
    # Who was refused keeps nobody away
    assert publisher.run().state == RunState.SUCCEEDED
    assert [d.state for d in all_deliveries()] == ["superseded", "failed", "waiting"]


def other_job(settings: Settings, **fields: Any) -> int:
    given: Any = {"job_name": "Outra", "export_path": "outra", "sql_script": "select 1 as n"}
    with unit_of_work() as session:
        return jobs.create_job(
            session, {**given, **fields}, settings=settings, created_by_id=None
        ).job_id


@pytest.mark.parametrize(("folder", "path"), [("parceiro/saida", ""), ("parceiro", "saida/")])
def test_parts_are_compared_with_what_other_jobs_deliver(
    publisher: Publisher, settings: Settings, target_id: int, folder: str, path: str
) -> None:
    publisher.change(split={"by": "rows", "rows": 1})
    publisher.run(ROWS.format(2))
    place = {"name": "Dentro", "kind": "folder", "options": {"folder": folder}}
    with unit_of_work() as session:
        nested = targets.create_target(session, place, settings=settings).target_id
    other = other_job(
        settings, export_name="vendas_002", targets=[{"target_id": nested, "path": path}]
    )
    publisher.run(job_id=other)
    clash = all_deliveries()[-1]
    assert (clash.state, clash.error_code) == ("failed", "target_path_taken")


def test_nothing_is_delivered_over_an_exported_part(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    publisher.change(split={"by": "rows", "rows": 1}, targets=[])
    publisher.run(ROWS.format(2))
    place = {"name": "Raiz", "kind": "folder", "options": {"folder": "."}}
    with unit_of_work() as session:
        root = targets.create_target(session, place, settings=settings).target_id
    other = other_job(
        settings, export_name="v", targets=[{"target_id": root, "path": "vendas_002.csv"}]
    )
    publisher.run(job_id=other)
    assert only_delivery().error_code == "target_path_taken"


def only_year(publisher: Publisher) -> int:
    """The year of runs that are asked for now."""
    return (publisher.run().queued_at - timedelta(hours=3)).year


def test_deleted_target_ends_what_is_on_its_way(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    publisher.run(ROWS.format(1))
    publisher.change(targets=[])
    with unit_of_work() as session:
        targets.delete_target(session, target_id)
    ended = only_delivery()
    assert (ended.state, ended.error_code, ended.target_id) == ("failed", "target_not_found", None)
    assert ended.target_name == "Parceiro"
    with pytest.raises(DeliveryOutdated), unit_of_work() as session:
        deliveries.retry(session, ended.delivery_id)


def test_target_of_a_job_must_be_there(publisher: Publisher) -> None:
    with pytest.raises(TargetInvalid, match="names no target"):
        publisher.change(targets=[{"target_id": 999, "path": ""}])


def test_abandoned_error_is_never_stored(
    publisher: Publisher, settings: Settings, target_id: int
) -> None:
    publisher.run(ROWS.format(1))
    scripted(settings, ScriptedStore(DeliveryAbandoned("taken over"))).deliver_next()
    assert only_delivery().error_code is None
