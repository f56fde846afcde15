"""Files without a version go when nobody can publish them any more, whatever a clock says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import func, update
from sqlalchemy.orm import Session

from auxiliares import Settings
from execution import housekeeping
from metadb.engine import DatabaseAddress, unit_of_work
from models import Run, RunAttempt
from services import ledger
from services.ledger import AttemptKey
from tests.publisher import Publisher


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database)


def _folder(publisher: Publisher) -> Path:
    versions = publisher.settings.paths.versions
    return (versions / publisher.current().file_name).parent


def _old_file(publisher: Publisher, name: str) -> Path:
    """As it looks to a process whose clock is years ahead."""
    file = _folder(publisher) / name
    file.write_text("n\n1\n")
    os.utime(file, (0, 0))
    return file


def _attempt(run: Run, number: int) -> None:
    with unit_of_work() as session:
        session.add(RunAttempt(run_id=run.run_id, attempt=number, worker_name="w", state="running"))


def test_the_file_of_an_attempt_that_works_stays_and_goes_after_its_end(
    publisher: Publisher,
) -> None:
    run = publisher.run()
    _attempt(run, 2)
    file = _old_file(publisher, f"{run.run_id}-2.csv")
    housekeeping.remove_old_versions(publisher.settings)
    assert file.exists()
    with unit_of_work() as session:
        session.execute(
            update(RunAttempt)
            .where(RunAttempt.run_id == run.run_id, RunAttempt.attempt == 2)
            .values(state="interrupted", finished_at=func.clock_timestamp())
        )
    housekeeping.remove_old_versions(publisher.settings)
    assert not file.exists()


def test_files_of_no_attempt_are_nobodys_to_remove(publisher: Publisher) -> None:
    publisher.run()
    file = _old_file(publisher, "notes.txt")
    housekeeping.remove_old_versions(publisher.settings)
    assert file.exists()


def test_what_is_published_while_the_sweep_looks_stays(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep may stand still at any place, with files it has seen and those it has not."""
    publisher.run()
    read = ledger.open_attempts

    def publish_then_read(session: Session) -> set[AttemptKey]:
        publisher.run("select 2 as n")
        return read(session)

    monkeypatch.setattr(ledger, "open_attempts", publish_then_read)
    housekeeping.remove_old_versions(publisher.settings)
    current = publisher.settings.paths.versions / publisher.current().file_name
    assert current.read_text() == "n\n2\n"
