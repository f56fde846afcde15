"""A version that fails a guard is kept from readers until somebody decides."""

from __future__ import annotations

import pytest

from auxiliares import Settings
from metadb.engine import DatabaseAddress, unit_of_work
from models import DatasetVersion
from services import versions
from services.versions import VersionNotHeld, VersionNotNewer, VersionRemoved
from tests.publisher import Publisher
from vocabulary import Reason, RunState

ROWS = "select g as id, 'x' as nome, null::int as vazio from generate_series(1, {}) g"


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database)


def held(publisher: Publisher, rows: int) -> DatasetVersion:
    """Run once and return the version that was held back."""
    run = publisher.run(ROWS.format(rows))
    assert (run.state, run.reason) == (RunState.FAILED, Reason.GUARD)
    with unit_of_work() as session:
        return versions.get_version(session, run.version_id or 0)


def test_a_failed_guard_keeps_the_published_version_and_says_which(publisher: Publisher) -> None:
    publisher.change(guards={"min_rows": 5, "max_change_percent": 50})
    good = publisher.run(ROWS.format(10))
    assert good.state == RunState.SUCCEEDED
    before = publisher.target.read_bytes()

    bad = publisher.run(ROWS.format(3))

    assert (bad.state, bad.reason, bad.error_code) == ("failed", "guard", "guard_failed")
    assert "the result has 3 rows, at least 5 are expected" in (bad.error_message or "")
    assert "70.0 % fewer than 10" in (bad.error_message or "")
    assert bad.rows == 3
    assert [(a.state, a.reason) for a in bad.attempts] == [("failed", "guard")]
    # It should move nothing: neither the pointer nor the exported file
    assert publisher.current().version_id == good.version_id
    assert publisher.target.read_bytes() == before
    with unit_of_work() as session:
        version = versions.get_version(session, bad.version_id or 0)
    assert version.held_at is not None
    assert [f["guard"] for f in version.findings or ()] == ["min_rows", "max_change_percent"]
    # Its file should be there for whoever decides
    assert (publisher.settings.paths.versions / version.file_name).exists()


def test_a_first_version_that_fails_is_no_dataset_yet(publisher: Publisher) -> None:
    publisher.change(guards={"not_empty": True})
    held(publisher, 0)
    assert not publisher.target.exists()
    assert publisher.run(ROWS.format(1)).state == RunState.SUCCEEDED
    assert publisher.current().rows == 1


def test_columns_without_a_value_are_found_by_reading_the_version(publisher: Publisher) -> None:
    publisher.change(guards={"not_all_null": True})
    version = held(publisher, 3)
    assert [f["columns"] for f in version.findings or ()] == [["vazio"]]
    publisher.change(guards={"not_all_null": ["id", "nome"]})
    assert publisher.run(ROWS.format(3)).state == RunState.SUCCEEDED


@pytest.mark.parametrize(
    "values", ["(''), (null)", "('\"'), (null)", "(E'a\\nb;\"c'), (null)", "(repeat('x', 5000000))"]
)
def test_any_text_is_a_value(publisher: Publisher, values: str) -> None:
    publisher.change(guards={"not_all_null": ["t"]})
    run = publisher.run(f"select t, 1 as n from (values {values}) v (t)")
    assert run.state == RunState.SUCCEEDED, run.error_message


def test_changed_columns_are_held_by_a_guard_and_else_noted(publisher: Publisher) -> None:
    publisher.run("select 1 as a, 'x' as b")
    noted = publisher.run("select 1 as a, date '2024-01-01' as b")
    assert (noted.state, noted.warning) == (
        "succeeded",
        "Columns changed: columns of another type: b (text, now date).",
    )
    publisher.change(guards={"columns": True})
    refused = publisher.run("select 1 as a")
    assert (refused.state, refused.reason) == ("failed", "guard")
    assert "columns that only the published version has: b" in (refused.error_message or "")


def test_released_version_is_published_and_becomes_the_measure(publisher: Publisher) -> None:
    publisher.change(guards={"max_change_percent": 20})
    for _ in range(3):
        publisher.run(ROWS.format(100))
    version = held(publisher, 10)

    with unit_of_work() as session:
        released = versions.release(session, version.version_id, released_by="ana")

    assert (released.released_by, released.released_at is not None) == ("ana", True)
    assert publisher.current().version_id == version.version_id
    # Whoever released ten rows has said that ten are usual now
    assert publisher.run(ROWS.format(11)).state == RunState.SUCCEEDED
    held(publisher, 100)
    with pytest.raises(VersionNotHeld), unit_of_work() as session:
        versions.release(session, version.version_id, released_by="ana")


def test_release_never_replaces_newer_data(publisher: Publisher) -> None:
    publisher.change(guards={"min_rows": 5})
    version = held(publisher, 1)
    newer = publisher.run(ROWS.format(9))
    with pytest.raises(VersionNotNewer), unit_of_work() as session:
        versions.release(session, version.version_id, released_by="ana")
    assert publisher.current().version_id == newer.version_id
    with unit_of_work() as session:
        assert versions.get_version(session, version.version_id).released_at is None


def test_discarded_version_is_gone(publisher: Publisher) -> None:
    publisher.change(guards={"min_rows": 5})
    version = held(publisher, 1)
    with unit_of_work() as session:
        discarded = versions.discard(session, version.version_id, discarded_by="ana")
    assert (discarded.discarded_by, discarded.removed_at) == ("ana", discarded.discarded_at)
    with pytest.raises(VersionRemoved), unit_of_work() as session:
        versions.release(session, version.version_id, released_by="ana")


def test_held_versions_do_not_count_as_history(publisher: Publisher) -> None:
    publisher.change(guards={"max_change_percent": 50})
    publisher.run(ROWS.format(100))
    for _ in range(5):
        held(publisher, 1)
    assert publisher.run(ROWS.format(90)).state == RunState.SUCCEEDED


FORMS = [
    {"file_format": "csv", "dialect": {"profile": "excel_br"}},
    {"file_format": "csv", "compression": "zip"},
    {"file_format": "csv", "dialect": {"encoding": "windows-1252", "header": False}},
    {"file_format": "tsv", "compression": "zstd"},
    {"file_format": "json", "compression": "gzip"},
    {"file_format": "ndjson"},
    {"file_format": "parquet"},
    {"file_format": "xlsx"},
]


def test_columns_without_a_value_are_found_in_every_form(publisher: Publisher) -> None:
    publisher.change(guards={"not_all_null": True})
    for form in FORMS:
        publisher.change(**{"compression": "none", "dialect": None, **form})
        version = held(publisher, 2)
        assert [f["columns"] for f in version.findings or ()] == [["vazio"]], form
        whole = publisher.run("select 1 as id, 'ação' as nome, 1.50::numeric(9,2) as vazio")
        assert whole.state == RunState.SUCCEEDED, (form, whole.error_message)
