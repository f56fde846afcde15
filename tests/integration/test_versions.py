"""Which versions are kept, going back to one, and the file that people see following."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask_openapi.openapi import OpenAPI
from sqlalchemy import func, select, update

from auxiliares import Settings
from execution import housekeeping
from metadb.engine import DatabaseAddress, unit_of_work
from models import Dataset, DatasetVersion, Job
from services import versions
from services.versions import VersionHeld, VersionRemoved
from tests.integration.conftest import Cast
from tests.integration.test_api_datasets import CONTENT, publish
from tests.publisher import Publisher
from vocabulary import RunState

ROWS = "select g as id from generate_series(1, {}) g"


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database)


def published(publisher: Publisher, *rows: int) -> list[int]:
    """Numbers of one version per figure."""
    runs = [publisher.run(ROWS.format(count)) for count in rows]
    assert {run.state for run in runs} == {RunState.SUCCEEDED}
    return [run.version_id or 0 for run in runs]


def restore(version_id: int) -> None:
    with unit_of_work() as session:
        versions.restore(session, version_id, restored_by="ana")


def kept(publisher: Publisher) -> list[int]:
    """Versions left after the sweep; their files, and no other, are there."""
    housekeeping.remove_old_versions(publisher.settings)
    with unit_of_work() as session:
        there = session.scalars(
            select(DatasetVersion)
            .where(DatasetVersion.removed_at.is_(None))
            .order_by(DatasetVersion.version_id)
        ).all()
    folder = publisher.settings.paths.versions
    found = {file.relative_to(folder).as_posix() for file in folder.glob("*/*")}
    assert found == {version.file_name for version in there}
    return [version.version_id for version in there]


def test_the_last_versions_are_kept_by_the_settings(publisher: Publisher) -> None:
    numbers = published(publisher, 1, 2, 3, 4, 5)
    assert kept(publisher) == numbers[-3:]
    assert kept(publisher) == numbers[-3:]


def test_a_job_says_how_many_versions_and_days(publisher: Publisher) -> None:
    publisher.change(versions_kept=2)
    numbers = published(publisher, 1, 2, 3)
    assert kept(publisher) == numbers[-2:]
    publisher.change(versions_kept=100, versions_kept_days=30)
    _age(numbers[1], timedelta(days=31))
    # The current one should stay, however old
    _age(numbers[2], timedelta(days=400))
    assert kept(publisher) == [numbers[2]]


def test_settings_limit_the_age_too(publisher: Publisher) -> None:
    scheduler = publisher.settings.scheduler.model_copy(update={"versions_kept_days": 7})
    publisher.settings = publisher.settings.model_copy(update={"scheduler": scheduler})
    numbers = published(publisher, 1, 2, 3)
    _age(numbers[0], timedelta(days=8))
    assert kept(publisher) == numbers[1:]


def _age(version_id: int, by: timedelta) -> None:
    with unit_of_work() as session:
        session.execute(
            update(DatasetVersion)
            .where(DatasetVersion.version_id == version_id)
            .values(published_at=DatasetVersion.published_at - by)
        )


def test_held_versions_stay_beside_the_published_ones_for_two_weeks(publisher: Publisher) -> None:
    publisher.change(versions_kept=1, guards={"min_rows": 5})
    (good,) = published(publisher, 9)
    held = publisher.run(ROWS.format(1)).version_id or 0
    assert kept(publisher) == [good, held]
    with unit_of_work() as session:
        session.execute(
            update(DatasetVersion)
            .where(DatasetVersion.version_id == held)
            .values(held_at=func.clock_timestamp() - timedelta(days=15))
        )
    assert kept(publisher) == [good]


def test_restored_version_is_what_readers_get_until_the_next_run(publisher: Publisher) -> None:
    numbers = published(publisher, 1, 2, 3)
    restore(numbers[0])
    assert publisher.current().rows == 1
    assert publisher.current().restored_by == "ana"
    housekeeping.repair_projections(publisher.settings)
    assert publisher.target.read_text().splitlines()[1:] == ["1"]
    (following,) = published(publisher, 4)
    assert publisher.current().version_id == following


def test_restored_version_is_never_swept(publisher: Publisher) -> None:
    publisher.change(versions_kept=1)
    first, second = published(publisher, 1, 2)
    restore(first)
    assert kept(publisher) == [first, second]
    (third,) = published(publisher, 3)
    # It should stay behind the next publication as well: somebody knew it was right
    assert kept(publisher) == [first, third]
    restore(third)
    assert kept(publisher) == [first, third]
    (fourth,) = published(publisher, 4)
    restore(third)
    assert kept(publisher) == [third, fourth]


def test_only_versions_that_were_published_and_are_there_can_be_restored(
    publisher: Publisher,
) -> None:
    numbers = published(publisher, 6, 7)
    publisher.change(guards={"min_rows": 5}, versions_kept=1)
    held = publisher.run(ROWS.format(1)).version_id or 0
    kept(publisher)
    with pytest.raises(VersionRemoved):
        restore(numbers[0])
    with pytest.raises(VersionHeld):
        restore(held)
    restore(numbers[1])  # the current one: nothing changes
    assert publisher.current().restored_at is None


def test_a_reader_that_holds_an_old_version_finishes_it(publisher: Publisher) -> None:
    publisher.change(versions_kept=1)
    published(publisher, 50_000)
    file = publisher.settings.paths.versions / publisher.current().file_name
    with file.open() as reading:
        reading.readline()
        (second,) = published(publisher, 1)
        assert kept(publisher) == [second]
        assert sum(1 for _ in reading) == 50_000


# --- by HTTP


def test_versions_of_a_dataset_are_listed_newest_data_first(cast: Cast, settings: Settings) -> None:
    numbers = [publish(settings, "d", CONTENT, attempt=n) for n in (1, 2, 3)]
    publish(settings, "outro", CONTENT)
    with unit_of_work() as session:
        oldest = session.get_one(DatasetVersion, numbers[0])
        dataset_id, oldest.removed_at = oldest.dataset_id, oldest.published_at
        # It should not be the order in which they were published
        session.get_one(DatasetVersion, numbers[1]).data_as_of += timedelta(days=1)
    path = f"/api/datasets/{dataset_id}/versions"
    found = cast.normal.get(path).json
    assert [v["version"] for v in found] == [numbers[1], numbers[2], numbers[0]]
    assert [v["removed_at"] is None for v in found] == [True, True, False]
    assert [(v["current"], v["held"]) for v in found] == [
        (False, False),
        (True, False),
        (False, False),
    ]
    assert [(f["target_path"], f["rows"]) for f in found[0]["files"]] == [("d.csv", 2)]
    assert cast.normal.get(f"{path}?limit=1").json == found[:1]
    assert cast.normal.get(f"/api/versions/{numbers[1]}").json == found[0]


def test_unknown_datasets_versions_and_wrong_numbers_are_refused(
    cast: Cast, settings: Settings
) -> None:
    publish(settings, "d", CONTENT)
    unknown = cast.normal.get("/api/datasets/999/versions")
    assert (unknown.status_code, unknown.json["code"]) == (404, "dataset_not_found")
    for limit in ("0", "501", "x"):
        faulty = cast.normal.get(f"/api/datasets/1/versions?limit={limit}")
        assert (faulty.status_code, faulty.json["code"]) == (422, "validation_failed")
    for action in ("release", "discard", "restore"):
        missing = cast.root.post(f"/api/versions/999/{action}")
        assert (missing.status_code, missing.json["code"]) == (404, "version_not_found")


def test_restoring_by_http_puts_the_exported_file_back_at_once(
    app: OpenAPI, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    numbers = [publish(settings, "d", text) for text in (CONTENT, CONTENT.replace("007", "070"))]
    target = tmp_path / "d.csv"
    with unit_of_work() as session:
        session.execute(update(DatasetVersion).values(target_path=str(target)))
    answer = cast.moderator.post(f"/api/versions/{numbers[0]}/restore")
    assert (answer.status_code, answer.json["current"]) == (200, True)
    assert answer.json["restored_by"] == "moderator_user"
    assert target.read_text() == CONTENT
    rows = cast.api_key.get("/api/data/datasets/d")
    assert rows.headers["X-Dataset-Version"] == str(numbers[0])


def test_held_version_is_released_or_discarded_by_http(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    publish(settings, "d", "A\n1\n")
    held = [_held(settings, text) for text in ("A\n2\n", "A\n3\n")]
    with unit_of_work() as session:
        session.execute(update(DatasetVersion).values(target_path=str(tmp_path / "d.csv")))
    shown = cast.normal.get(f"/api/versions/{held[0]}").json
    assert (shown["held"], shown["current"]) == (True, False)
    assert shown["findings"] == [
        {
            "guard": "min_rows",
            "message": "m",
            "expected": 5,
            "found": 1,
            "columns": [],
        }
    ]
    released = cast.moderator.post(f"/api/versions/{held[0]}/release")
    assert (released.status_code, released.json["held"], released.json["current"]) == (
        200,
        False,
        True,
    )
    discarded = cast.moderator.post(f"/api/versions/{held[1]}/discard")
    assert (discarded.json["held"], discarded.json["discarded_by"]) == (False, "moderator_user")
    file = settings.paths.versions / _version(held[1]).file_name
    assert not file.exists()
    again = cast.moderator.post(f"/api/versions/{held[1]}/discard")
    assert (again.status_code, again.json["code"]) == (410, "version_removed")


def _held(settings: Settings, content: str) -> int:
    with unit_of_work() as session:
        current = session.scalar(select(Dataset.current_version_id).where(Dataset.name == "d"))
    number = publish(settings, "d", content)
    with unit_of_work() as session:
        version = session.get_one(DatasetVersion, number)
        version.held_at = version.published_at
        version.findings = [
            {"guard": "min_rows", "message": "m", "expected": 5, "found": 1, "columns": []}
        ]
        session.execute(update(Dataset).values(current_version_id=current))
    return number


def _version(number: int) -> DatasetVersion:
    with unit_of_work() as session:
        return versions.get_version(session, number)


def test_guards_and_retention_of_a_job_are_saved_and_checked(cast: Cast, job_id: int) -> None:
    path = f"/api/jobs/{job_id}"
    assert cast.normal.get(path).json["guards"] is None
    wanted = {"min_rows": 10, "not_all_null": ["id"]}
    saved = cast.root.put(path, {"guards": wanted, "versions_kept": 9, "versions_kept_days": None})
    assert saved.json == {"msg": "updated"}
    job = cast.normal.get(path).json
    assert job["guards"] == {
        "min_rows": 10,
        "max_change_percent": None,
        "not_empty": False,
        "columns": False,
        "not_all_null": ["id"],
    }
    assert (job["versions_kept"], job["versions_kept_days"]) == (9, None)
    for guards in (
        {"min_rows": -1},
        {"max_change_percent": 0},
        {"max_change_percent": "NaN"},
        {"not_all_null": []},
        {"not_all_null": "id"},
        {"min_row": 10},  # a misspelt guard would guard nothing
        "min_rows",
    ):
        refused = cast.root.put(path, {"guards": guards})
        assert (refused.status_code, refused.json["code"]) == (422, "validation_failed"), guards
    assert cast.root.put(path, {"versions_kept": 0}).status_code == 422
    assert cast.root.put(path, {"guards": None}).json == {"msg": "updated"}
    assert cast.normal.get(path).json["guards"] is None


# --- differences


def test_versions_are_compared_by_http(cast: Cast, settings: Settings) -> None:
    changed = CONTENT.replace("-2.5", "-2.50") + "009;Nova;1;;\n"
    old, new = (publish(settings, "d", text) for text in (CONTENT, changed))
    answer = cast.normal.get(f"/api/versions/{old}/diff?key=COD")
    assert answer.status_code == 200, answer.text
    found = answer.json
    assert (found["from_version"], found["to_version"], found["key"]) == (old, new, ["COD"])
    assert [found[kind] for kind in ("added", "removed", "changed", "unchanged")] == [1, 0, 1, 1]
    assert found["changed_rows"] == [
        {"key": {"COD": "008"}, "cells": [{"column": "VALOR", "old": "-2.5", "new": "-2.50"}]}
    ]
    assert found["added_rows"][0] == {
        "COD": "009",
        "NOME": "Nova",
        "VALOR": "1",
        "DATA": None,
        "QTD": None,
    }
    back = cast.normal.get(f"/api/versions/{new}/diff?to={old}&key=COD&limit=1").json
    assert (back["added"], back["removed"]) == (0, 1)


def test_key_of_a_comparison_is_offered_or_taken_from_the_job(
    cast: Cast, settings: Settings, job_id: int
) -> None:
    old, _ = (publish(settings, "d", text) for text in (CONTENT, CONTENT + "010;;2;;\n"))
    refused = cast.normal.get(f"/api/versions/{old}/diff")
    assert (refused.status_code, refused.json["code"]) == (422, "diff_key_required")
    offered = [fault["message"] for fault in refused.json["errors"]]
    assert offered == ["COD", "VALOR"]
    with unit_of_work() as session:
        session.execute(update(Dataset).where(Dataset.name == "d").values(job_id=job_id))
        session.execute(update(Job).where(Job.job_id == job_id).values(key_columns=["COD"]))
    assert cast.normal.get(f"/api/versions/{old}/diff").json["key"] == ["COD"]


def test_comparisons_that_mean_nothing_are_refused(cast: Cast, settings: Settings) -> None:
    one, other = publish(settings, "d", CONTENT), publish(settings, "outro", CONTENT)
    for query, code in (
        (f"to={other}&key=COD", "versions_unrelated"),
        ("key=NADA", "diff_key_unknown"),
        ("key=DATA", "diff_key_not_unique"),
        ("limit=0", "validation_failed"),
        ("to=x", "validation_failed"),
    ):
        text = CONTENT.replace("01/02/2024", "") if "DATA" in query else None
        version = publish(settings, "d", text) if text else one
        refused = cast.normal.get(f"/api/versions/{version}/diff?{query}")
        assert (refused.status_code, refused.json["code"]) == (422, code), query
    assert cast.normal.get("/api/versions/999/diff").status_code == 404
