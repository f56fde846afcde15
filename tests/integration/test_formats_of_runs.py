"""Every form a job may have, by a queued run; what a change of the form leaves in the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from auxiliares import Settings
from datafiles.formats.exact import exact_batches
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY
from execution import housekeeping
from metadb.engine import DatabaseAddress, unit_of_work
from models import DatasetVersion
from services import publication, versions
from tests.publisher import Publisher

SQL = """
select 12345678901234567.89::numeric(19, 2) as valor, date '1850-02-28' as dia,
       timestamp '2024-01-31 10:11:12.5' as momento, '' as vazio, null::text as nada,
       '=1;"é"' as texto
"""
VALUES = [
    ["12345678901234567.89", "1850-02-28", "2024-01-31 10:11:12.5", QUOTED_EMPTY, "", '=1;"é"'],
]
FORMS = [
    ("csv", "none", None, "csv"),
    ("csv", "gzip", None, "csv.gz"),
    ("csv", "zstd", {"profile": "script"}, "csv.zst"),
    ("csv", "zip", None, "csv.zip"),
    ("tsv", "none", None, "tsv"),
    ("json", "none", None, "json"),
    ("ndjson", "zstd", None, "ndjson.zst"),
    ("parquet", "none", None, "parquet"),
    ("xlsx", "none", None, "xlsx"),
]


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database)


def names(publisher: Publisher) -> list[str]:
    return sorted(path.name for path in publisher.target.parent.iterdir())


def succeed(publisher: Publisher, sql: str) -> None:
    run = publisher.run(sql)
    assert (run.state, run.error_message, run.warning) == ("succeeded", None, None)


def records(version: DatasetVersion, file: Path) -> list[list[str]]:
    columns = [ManifestColumn.of(column) for column in version.columns]
    batches = exact_batches(file, FileForm.of_manifest(version.form), columns)
    return [list(record) for batch in batches for record in batch.records]


def test_a_queued_run_of_every_form_publishes_the_same_values(publisher: Publisher) -> None:
    for file_format, compression, dialect, extension in FORMS:
        publisher.change(file_format=file_format, compression=compression, dialect=dialect)
        succeed(publisher, SQL)
        # The form before has no file any more.
        assert names(publisher) == [f"vendas.{extension}"]
        file = publisher.target.with_name(f"vendas.{extension}")
        version = publisher.current()
        assert (version.rows, version.size_bytes) == (1, file.stat().st_size)
        assert records(version, file) == VALUES, extension


def test_a_file_that_is_not_ours_stays_when_the_format_changes(publisher: Publisher) -> None:
    succeed(publisher, "select 1 as n")
    publisher.target.unlink()
    publisher.target.write_text("by hand")
    publisher.change(file_format="ndjson")
    succeed(publisher, "select 1 as n")
    assert names(publisher) == ["vendas.csv", "vendas.ndjson"]


def test_a_copy_of_the_version_goes_when_the_format_changes(publisher: Publisher) -> None:
    succeed(publisher, "select 1 as n")
    version = publisher.settings.paths.versions / publisher.current().file_name
    publisher.target.unlink()
    shutil.copy2(version, publisher.target)
    publisher.change(file_format="ndjson")
    succeed(publisher, "select 1 as n")
    assert names(publisher) == ["vendas.ndjson"]


def test_the_repair_removes_what_a_killed_run_left_in_the_old_format(
    publisher: Publisher,
) -> None:
    publisher.change(split={"by": "rows", "rows": 1})
    succeed(publisher, "select n from generate_series(1, 2) n")
    old = publisher.current()
    publisher.change(split=None, compression="gzip")
    succeed(publisher, "select 1 as n")
    left = publisher.target.with_name("vendas_002.csv")
    left.hardlink_to(publisher.settings.paths.versions / publication.parts(old)[1][0])
    housekeeping.repair_projections(publisher.settings)
    assert names(publisher) == ["vendas.csv.gz"]


def test_restoring_a_version_of_another_format_takes_the_newer_file_away(
    publisher: Publisher,
) -> None:
    succeed(publisher, "select 1 as n")
    old = publisher.current()
    publisher.change(file_format="parquet")
    succeed(publisher, "select 2 as n")
    with unit_of_work() as session:
        versions.restore(session, old.version_id, restored_by="ana")
    housekeeping.repair_projections(publisher.settings)
    assert names(publisher) == ["vendas.csv"]


def test_last_months_file_stays_when_the_format_changes(publisher: Publisher) -> None:
    publisher.change(export_name="vendas_{data:%Y-%m}")
    succeed(publisher, "select 1 as n")
    (before,) = publisher.target.parent.iterdir()
    # As if it were of last month, published by an earlier version.
    older = before.with_name("vendas_2001-01.csv")
    older.hardlink_to(before)
    publisher.change(file_format="tsv")
    succeed(publisher, "select 1 as n")
    assert names(publisher) == [older.name, before.with_suffix(".tsv").name]
