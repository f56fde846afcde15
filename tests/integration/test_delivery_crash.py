"""A delivery harmed at each of its moments: killed, frozen past its claim, failing; it is made all
the same, and what lies at the target is one whole version, the newest one in the end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select, update

import failpoints
from auxiliares import ROOT, Settings
from execution.deliver import Deliverer
from metadb.engine import DatabaseAddress, unit_of_work
from models import Delivery
from services import deliveries
from tests.process_task import task_for
from tests.publisher import Publisher
from tests.waiting import wait_for
from vocabulary import RunState

MOMENTS = ("after_delivery_claim", "before_delivery_rename", "after_delivery")
ROWS = "select g as id from generate_series(1, {}) g"


class Crash:
    """A job with a target, and processes that deliver for it."""

    def __init__(self, settings: Settings, metadata: DatabaseAddress, publisher: Publisher) -> None:
        self.settings = settings
        self.metadata = metadata
        self.publisher = publisher
        self.folder = settings.paths.csv_root / "parceiro"

    @contextmanager
    def victim(self, failpoint: str) -> Iterator[psutil.Popen]:
        """A process that delivers and is harmed on the way."""
        with self._process("delivery", FAILPOINT=failpoint) as process:
            yield process

    def die_while_publishing(self, moment: str) -> None:
        """A process publishes a version and is killed there."""
        job_id = self.publisher.job_id
        task = task_for(
            self.settings, self.metadata, job_id=job_id, first=1, count=0, failpoint=moment
        )
        with self._process("publishing", **task) as process:
            assert process.wait(120) == -signal.SIGKILL

    @contextmanager
    def _process(self, name: str, **environment: str) -> Iterator[psutil.Popen]:
        process = psutil.Popen(
            [sys.executable, "-m", f"tests.{name}_process"],
            cwd=ROOT,
            env=os.environ | task_for(self.settings, self.metadata) | environment,
        )
        try:
            yield process
        finally:
            if process.is_running():
                process.kill()
            process.wait(60)

    def rescue(self) -> bool:
        """Another worker delivers what it may take; False: nothing."""
        return Deliverer(self.settings).deliver_next()

    def let_claims_run_out(self) -> None:
        with unit_of_work() as session:
            session.execute(
                update(Delivery)
                .where(Delivery.next_try_at.is_not(None))
                .values(next_try_at=Delivery.next_try_at - timedelta(days=1))
            )

    def states(self) -> list[tuple[str, int]]:
        with unit_of_work() as session:
            found = session.scalars(select(Delivery).order_by(Delivery.delivery_id))
            return [(delivery.state, delivery.attempt) for delivery in found]

    def lies_there(self) -> dict[str, str]:
        """What people see at the target; unfinished files begin with a dot, and go later."""
        return {
            file.relative_to(self.folder).as_posix(): file.read_text()
            for file in self.folder.rglob("*")
            if file.is_file() and not file.name.startswith(".")
        }


@pytest.fixture
def crash(settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress) -> Crash:
    publisher = Publisher(settings, pg_database)
    made = Crash(settings, metadata_db, publisher)
    made.folder.mkdir(parents=True)
    publisher.deliver_to("parceiro")
    return made


def is_frozen(process: psutil.Popen) -> bool:
    return process.status() == psutil.STATUS_STOPPED


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_worker_leaves_the_delivery_to_another(crash: Crash, moment: str) -> None:
    crash.publisher.run(ROWS.format(2))
    with crash.victim(f"{moment}:kill") as victim:
        assert victim.wait(120) == -signal.SIGKILL
    # Between the file and its record: it lies there whole, and nobody knows
    whole = {"vendas.csv": "id\n1\n2\n"}
    assert (crash.lies_there() == whole) == (moment == "after_delivery")
    assert crash.states() == [("delivering", 1)]
    # The claim of the dead still holds
    assert not crash.rescue()
    crash.let_claims_run_out()
    assert crash.rescue()
    assert crash.states() == [("delivered", 2)]
    assert crash.lies_there() == whole


@pytest.mark.parametrize("moment", MOMENTS)
def test_frozen_worker_that_wakes_up_has_the_newest_version_in_place_in_the_end(
    crash: Crash, moment: str
) -> None:
    crash.publisher.run(ROWS.format(1))
    with crash.victim(f"{moment}:stop") as victim:
        wait_for(lambda: is_frozen(victim), timeout_s=120, what="the worker to freeze")
        crash.publisher.run(ROWS.format(2))
        assert crash.states() == [("superseded", 1), ("waiting", 0)]
        assert crash.rescue()
        assert crash.states()[1] == ("delivered", 1)
        victim.send_signal(signal.SIGCONT)
        assert victim.wait(120) == 0
    # It may have put its older file in place behind its last check; then it is sent again
    while crash.rescue():
        pass
    assert crash.lies_there() == {"vendas.csv": "id\n1\n2\n"}
    assert crash.states()[0] == ("superseded", 1)
    assert crash.states()[1][0] == "delivered"


@pytest.mark.parametrize("moment", MOMENTS)
def test_fault_at_any_moment_fails_the_delivery_and_it_is_made_when_asked_for(
    crash: Crash, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = crash.publisher.run(ROWS.format(2))
    with monkeypatch.context() as harmed:
        harmed.setattr(failpoints, "_actions", lambda: {moment: "error"})
        assert crash.rescue()
    assert crash.states() == [("failed", 1)]
    assert run.state == RunState.SUCCEEDED
    with unit_of_work() as session:
        deliveries.retry(session, session.scalars(select(Delivery.delivery_id)).one())
    assert crash.rescue()
    assert crash.states()[0][0] == "delivered"
    assert crash.lies_there() == {"vendas.csv": "id\n1\n2\n"}


def test_version_published_by_a_worker_that_died_just_then_is_delivered(crash: Crash) -> None:
    """The delivery is written by the transaction that publishes, so no kill comes between."""
    crash.die_while_publishing("after_publish_commit")
    assert crash.states() == [("waiting", 0)]
    assert crash.rescue()
    assert crash.states() == [("delivered", 1)]
    version = crash.publisher.current()
    assert [Path(name).name for name in crash.lies_there()] == ["vendas.csv"]
    assert len(crash.lies_there()["vendas.csv"].encode()) == version.size_bytes


def test_worker_that_died_before_it_published_leaves_nothing_to_deliver(crash: Crash) -> None:
    crash.die_while_publishing("before_publish_commit")
    assert crash.states() == []
    assert not crash.rescue()
    assert crash.lies_there() == {}
