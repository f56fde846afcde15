"""Kinds of file, end to end: a real source, the real executor, files where people look."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from auxiliares import Settings
from execution import housekeeping
from metadb.engine import DatabaseAddress, unit_of_work
from models import DatasetVersion, Job, Run
from services import publication, runs, versions
from services.publication import VersionBeforeReplaced
from tests.publisher import Publisher

DECEMBER, JANUARY = date(2023, 12, 31), date(2024, 1, 31)


@pytest.fixture
def publisher(
    settings: Settings, metadata_db: DatabaseAddress, pg_database: DatabaseAddress
) -> Publisher:
    return Publisher(settings, pg_database)


def values(*rows: tuple[str, int | str]) -> str:
    """A query for rows of a date and a value."""
    listed = ", ".join(f"(date '{day}', '{value}'::text)" for day, value in rows)
    return f"select * from (values {listed}) as t (dia, valor)"


def files(publisher: Publisher) -> dict[str, str]:
    """Every file of the export folder with its content."""
    folder = publisher.target.parent
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}


def succeed(publisher: Publisher, sql: str) -> Run:
    run = publisher.run(sql)
    assert (run.state, run.error_message) == ("succeeded", None)
    return run


def loaded_until(publisher: Publisher) -> date | None:
    with unit_of_work() as session:
        return session.get_one(Job, publisher.job_id).last_data_date


def monthly(publisher: Publisher, last: date = JANUARY, **changes: Any) -> None:
    publisher.change(export_type="Mês", data_primary_key="DIA", last_data_date=last, **changes)


# --- Mês


def test_each_month_is_a_file_of_its_own_and_earlier_ones_stay(publisher: Publisher) -> None:
    monthly(publisher, last=DECEMBER)
    succeed(publisher, values(("2024-02-02", "b"), ("2024-01-15", "a"), ("2024-02-01", "c")))
    first = files(publisher)
    assert first == {
        "vendas 01.2024.csv": "dia;valor\n15/01/2024;a\n",
        "vendas 02.2024.csv": "dia;valor\n02/02/2024;b\n01/02/2024;c\n",
    }
    monthly(publisher)
    succeed(publisher, values(("2024-02-03", "d"), ("2024-03-01", "e"), ("2025-02-01", "f")))
    assert files(publisher) == {
        "vendas 01.2024.csv": first["vendas 01.2024.csv"],
        "vendas 02.2024.csv": "dia;valor\n03/02/2024;d\n",
        "vendas 02.2025.csv": "dia;valor\n01/02/2025;f\n",
        "vendas 03.2024.csv": "dia;valor\n01/03/2024;e\n",
    }
    version = publisher.current()
    assert version.rows == 4
    assert [part["key"] for part in version.files or []] == [
        "2024-01", "2024-02", "2024-03", "2025-02",
    ]  # fmt: skip


def test_a_month_of_the_window_without_rows_goes(publisher: Publisher) -> None:
    monthly(publisher, last=DECEMBER)
    succeed(publisher, values(("2024-01-15", "a"), ("2024-02-01", "b")))
    monthly(publisher)
    succeed(publisher, values(("2024-03-01", "c")))
    assert list(files(publisher)) == ["vendas 01.2024.csv", "vendas 03.2024.csv"]


def test_old_versions_keep_their_own_files_and_can_be_swept(publisher: Publisher) -> None:
    monthly(publisher, last=DECEMBER, versions_kept=1)
    succeed(publisher, values(("2024-01-15", "a"), ("2024-02-01", "b")))
    monthly(publisher)
    succeed(publisher, values(("2024-02-01", "c")))
    housekeeping.remove_old_versions(publisher.settings)
    folder = publisher.settings.paths.versions
    kept = {name for name, _ in publication.parts(publisher.current())}
    assert {p.relative_to(folder).as_posix() for p in folder.glob("*/*")} == kept
    assert all((folder / name).stat().st_size for name in kept)


def test_lost_and_foreign_parts_are_put_right(publisher: Publisher) -> None:
    monthly(publisher, last=DECEMBER)
    succeed(publisher, values(("2024-01-15", "a"), ("2024-02-01", "b")))
    wanted = files(publisher)
    (publisher.target.parent / "vendas 01.2024.csv").unlink()
    (publisher.target.parent / "vendas 02.2024.csv").unlink()
    (publisher.target.parent / "vendas 02.2024.csv").write_text("half")
    housekeeping.repair_projections(publisher.settings)
    assert files(publisher) == wanted


def test_months_that_stay_must_fit_the_new_ones(publisher: Publisher) -> None:
    monthly(publisher, last=DECEMBER)
    succeed(publisher, values(("2024-01-15", "a")))
    before = files(publisher)
    monthly(publisher)
    sql = values(("2024-02-01", "b")).replace("select *", "select dia, valor as preco")
    run = publisher.run(sql)
    assert (run.state, run.error_code) == ("failed", "version_before_unfit")
    assert files(publisher) == before
    # Everything again: no month has to stay.
    monthly(publisher, last=DECEMBER)
    succeed(publisher, sql)
    assert files(publisher) == {"vendas 02.2024.csv": "dia;preco\n01/02/2024;b\n"}


def test_a_result_without_rows_is_one_file_of_names(publisher: Publisher) -> None:
    monthly(publisher)
    succeed(publisher, values(("2024-02-01", "a")) + " where false")
    assert files(publisher) == {"vendas.csv": "dia;valor\n"}
    assert publisher.current().files is None


# --- Acumulado


def accumulating(publisher: Publisher, last: date = JANUARY, **changes: Any) -> None:
    publisher.change(
        export_type="Acumulado", data_primary_key="dia", last_data_date=last, **changes
    )


def test_the_window_is_replaced_and_the_rest_stays(publisher: Publisher) -> None:
    accumulating(publisher, last=DECEMBER)
    succeed(publisher, values(("2024-01-15", "a"), ("2024-02-10", "b"), ("2024-01-31", "c")))
    accumulating(publisher)
    run = succeed(publisher, values(("2024-02-10", "B"), ("2024-02-01", "d")))
    assert publisher.target.read_text() == (
        "dia;valor\n15/01/2024;a\n31/01/2024;c\n10/02/2024;B\n01/02/2024;d\n"
    )
    assert run.rows == 4
    assert loaded_until(publisher) == run.window_end


def test_text_dates_of_the_existing_system_accumulate(publisher: Publisher) -> None:
    def query(*days: str) -> str:
        listed = ", ".join(f"'{day}'" for day in days)
        return (
            f"select to_char(d, 'DD/MM/YYYY') as dia, 1 as n from unnest(array[{listed}]::date[]) d"
        )

    accumulating(publisher, last=DECEMBER)
    succeed(publisher, query("2024-01-15", "2024-02-10"))
    accumulating(publisher)
    succeed(publisher, query("2024-02-11"))
    assert publisher.target.read_text() == "dia;n\n15/01/2024;1\n11/02/2024;1\n"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        (values(("2024-01-31", "x")), "rows_before_window"),
        ("select null::date as dia, 'x' as valor", "date_column_invalid"),
        ("select 1 as n", "date_column_invalid"),
        ("select date '2024-02-01' as dia, 1 as n, 2 as m", "version_before_unfit"),
        ("select date '2024-02-01' as dia, 1 as valor", "version_before_unfit"),
    ],
)
def test_what_cannot_be_joined_leaves_the_file_and_the_last_day(
    publisher: Publisher, sql: str, code: str
) -> None:
    accumulating(publisher, last=DECEMBER)
    succeed(publisher, values(("2024-01-15", "a")))
    before = files(publisher)
    accumulating(publisher)
    run = publisher.run(sql)
    assert (run.state, run.error_code) == ("failed", code)
    assert (files(publisher), loaded_until(publisher)) == (before, JANUARY)
    versions_there = list(publisher.settings.paths.versions.glob("*/*"))
    assert len(versions_there) == 1, "the files of the failed run stayed"


def test_a_dialect_that_writes_values_alike_may_change(publisher: Publisher) -> None:
    accumulating(publisher, last=DECEMBER, compression="gzip")
    succeed(publisher, values(("2024-01-15", "a;b"), ("2024-01-16", "ção")))
    accumulating(
        publisher,
        compression="none",
        dialect={"profile": "legacy", "delimiter": ",", "encoding": "windows-1252"},
    )
    succeed(publisher, values(("2024-02-01", "c,d")))
    assert publisher.target.read_text("cp1252") == (
        'dia,valor\n15/01/2024,a;b\n16/01/2024,ção\n01/02/2024,"c,d"\n'
    )


# --- Chave


def test_rows_of_a_known_key_are_replaced_in_place(publisher: Publisher) -> None:
    publisher.change(export_type="Chave", key_columns=["n"])
    table = "select * from (values {}) as t (n, valor)"
    succeed(publisher, table.format("(1, 'a'), (2, 'b'), (3, null)"))
    run = succeed(publisher, table.format("(4, 'd'), (2, 'B'), (3, '')"))
    assert publisher.target.read_text() == 'n;valor\n1;a\n2;B\n3;""\n4;d\n'
    assert (run.rows, run.window_start) == (4, None)
    run = publisher.run(table.format("(5, 'x'), (5, 'y')"))
    assert (run.state, run.error_code) == ("failed", "key_not_unique")
    assert publisher.target.read_text() == 'n;valor\n1;a\n2;B\n3;""\n4;d\n'


# --- split


def test_parts_that_are_no_more_go_from_the_folder(publisher: Publisher) -> None:
    publisher.change(split={"by": "rows", "rows": 2})
    succeed(publisher, "select n from generate_series(1, 5) n")
    assert files(publisher) == {
        "vendas_001.csv": "n\n1\n2\n", "vendas_002.csv": "n\n3\n4\n", "vendas_003.csv": "n\n5\n",
    }  # fmt: skip
    succeed(publisher, "select n from generate_series(1, 3) n")
    assert list(files(publisher)) == ["vendas_001.csv", "vendas_002.csv"]
    publisher.change(split=None)
    succeed(publisher, "select 1 as n")
    assert list(files(publisher)) == ["vendas.csv"]


def test_a_part_that_was_left_behind_is_withdrawn_by_the_repair(publisher: Publisher) -> None:
    publisher.change(split={"by": "rows", "rows": 2})
    succeed(publisher, "select n from generate_series(1, 5) n")
    left = publisher.target.with_name("vendas_003.csv")
    content = left.read_bytes()
    old = publisher.current()
    succeed(publisher, "select n from generate_series(1, 3) n")
    part = dict(zip(("name", "target"), publication.parts(old)[2], strict=True))
    left.hardlink_to(publisher.settings.paths.versions / part["name"])
    foreign = publisher.target.with_name("vendas_004.csv")
    foreign.write_bytes(content)
    housekeeping.repair_projections(publisher.settings)
    assert (left.exists(), foreign.exists()) == (False, True)


def test_a_split_by_month_needs_no_window(publisher: Publisher) -> None:
    publisher.change(split={"by": "month", "column": "dia"}, compression="gzip")
    run = succeed(publisher, values(("2024-02-02", "b"), ("2023-01-15", "a")))
    assert sorted(path.name for path in publisher.target.parent.iterdir()) == [
        "vendas_2023-01.csv.gz", "vendas_2024-02.csv.gz",
    ]  # fmt: skip
    assert run.window_start is None


def test_a_restored_version_brings_its_parts_back(publisher: Publisher) -> None:
    publisher.change(split={"by": "rows", "rows": 1})
    succeed(publisher, "select n from generate_series(1, 3) n")
    old = publisher.current()
    wanted = files(publisher)
    succeed(publisher, "select 9 as n")
    with unit_of_work() as session:
        versions.restore(session, old.version_id, restored_by="ana")
    housekeeping.repair_projections(publisher.settings)
    assert files(publisher) == wanted


def test_days_that_a_restored_version_lacks_are_read_again(publisher: Publisher) -> None:
    accumulating(publisher, last=DECEMBER, days_offset=30)
    first = succeed(publisher, values(("2024-01-15", "a")))
    lacking = publisher.current()
    publisher.change(days_offset=0)
    assert first.window_end is not None
    later = [first.window_end + timedelta(days) for days in (1, 2)]
    second = succeed(publisher, values((f"{later[0]}", "b")))
    with unit_of_work() as session:
        versions.restore(session, lacking.version_id, restored_by="ana")
    assert loaded_until(publisher) == first.window_end
    third = succeed(publisher, values((f"{later[0]}", "b"), (f"{later[1]}", "c")))
    assert third.window_start == second.window_start
    assert publisher.target.read_text() == (
        f"dia;valor\n15/01/2024;a\n{later[0]:%d/%m/%Y};b\n{later[1]:%d/%m/%Y};c\n"
    )


def test_a_repeated_run_reads_what_the_data_lack_by_now(publisher: Publisher) -> None:
    """An older version was restored after its first attempt had written down which days to read."""
    accumulating(publisher, last=DECEMBER)
    publisher.change(sql_script=values(("2024-01-15", "a")))
    with unit_of_work() as session:
        run = runs.enqueue_run(session, publisher.job_id, requested_by="ana")
        run.window_start, run.window_end = date(2024, 2, 1), date(2024, 2, 29)
        run_id = run.run_id
    publisher.executor.execute(run_id, 1)
    with unit_of_work() as session:
        done = runs.get_run(session, run_id)
    assert (done.state, done.window_start) == ("succeeded", date(2024, 1, 1))


# --- together


def test_a_version_published_meanwhile_is_not_lost(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.change(export_type="Chave", key_columns=["n"])
    succeed(publisher, "select 1 as n")
    publish = publication.publish

    def publish_late(session: Any, key: Any, manifest: Any, **options: Any) -> DatasetVersion:
        # What a second run of the job would have done while this one merged its rows.
        manifest = type(manifest)(
            **{f: getattr(manifest, f) for f in manifest.__dataclass_fields__} | {"builds_on": 99}
        )
        return publish(session, key, manifest, **options)

    monkeypatch.setattr(publication, "publish", publish_late)
    run = publisher.run("select 2 as n")
    assert run.error_code == VersionBeforeReplaced.code
    assert publisher.target.read_text() == "n\n1\n"
    assert len(list(publisher.settings.paths.versions.glob("*/*"))) == 1


def test_the_files_of_a_held_version_are_not_shown(publisher: Publisher) -> None:
    accumulating(publisher, last=DECEMBER, guards={"min_rows": 3})
    run = publisher.run(values(("2024-01-15", "a")))
    assert (run.state, run.error_code) == ("failed", "guard_failed")
    assert files(publisher) == {}
    assert loaded_until(publisher) == DECEMBER


@pytest.mark.parametrize("kind", ["Acumulado", "Mês"])
def test_a_query_without_rows_is_held_though_earlier_rows_stay(
    publisher: Publisher, kind: str
) -> None:
    accumulating(publisher, last=DECEMBER, guards={"not_empty": True})
    publisher.change(export_type=kind)
    succeed(publisher, values(("2024-01-15", "a"), ("2024-02-10", "b")))
    before = files(publisher)
    publisher.change(last_data_date=JANUARY)
    run = publisher.run(values(("2024-02-10", "b")) + " where false")
    assert (run.state, run.error_code) == ("failed", "guard_failed")
    assert (files(publisher), loaded_until(publisher)) == (before, JANUARY)


def test_every_part_is_a_version_s_own_file(publisher: Publisher) -> None:
    publisher.change(split={"by": "rows", "rows": 1})
    succeed(publisher, "select n from generate_series(1, 2) n")
    with unit_of_work() as session:
        version = session.scalars(select(DatasetVersion)).one()
    for part in version.files or []:
        path = publisher.settings.paths.versions / part["file_name"]
        assert path.stat().st_size == part["size_bytes"]
        assert Path(part["target_path"]).samefile(path)
