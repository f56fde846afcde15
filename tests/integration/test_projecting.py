"""The exported file is that of the newest version, in whatever order runs place their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auxiliares import Settings
from execution import export, housekeeping
from metadb.engine import DatabaseAddress
from services import publication
from tests.publisher import Publisher


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database, overlap_policy="allow")


def once(action: Any) -> Any:
    """Does it the first time it is called; the runs it starts pass it by."""
    waiting = [action]

    def call() -> None:
        if waiting:
            waiting.pop()()

    return call


def test_a_run_that_places_its_file_late_leaves_the_newer_one(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = export.project
    meanwhile = once(lambda: publisher.run("select 2 as n"))

    def place_late(*args: Any, **options: Any) -> Any:
        meanwhile()
        return place(*args, **options)

    monkeypatch.setattr(export, "project", place_late)
    publisher.run("select 1 as n")
    assert publisher.target.read_text() == "n\n2\n"


def test_a_late_run_with_older_data_places_nothing(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = export.write_result
    meanwhile = once(lambda: publisher.run("select 2 as n"))
    placed: list[Path] = []
    place = export.project

    def write_slowly(*args: Any) -> Any:
        meanwhile()
        return write(*args)

    def note(version: Path, target: Path) -> Any:
        placed.append(version)
        return place(version, target)

    monkeypatch.setattr(export, "write_result", write_slowly)
    monkeypatch.setattr(export, "project", note)
    run = publisher.run("select 1 as n")
    assert run.state == "succeeded"
    assert publisher.target.read_text() == "n\n2\n"
    assert len(placed) == 1


def test_the_repair_leaves_what_was_published_since_it_looked(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.run("select 1 as n")
    publisher.target.unlink()
    newer: list[None] = []
    listed = publication.current_projections

    def list_early(session: Any) -> Any:
        found = listed(session)
        monkeypatch.setattr(publication, "current_projections", listed)
        newer.append(None)
        return found

    repair = housekeeping.ensure_projected

    def repair_late(version: Path, target: Path) -> bool:
        if newer:
            newer.clear()
            publisher.run("select 2 as n")
            target.unlink()
        return repair(version, target)

    monkeypatch.setattr(publication, "current_projections", list_early)
    monkeypatch.setattr(housekeeping, "ensure_projected", repair_late)
    housekeeping.repair_projections(publisher.settings)
    assert publisher.target.read_text() == "n\n2\n"
