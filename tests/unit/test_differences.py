"""Two versions against each other: counts, changed cells, keys that are none, and the sandbox."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from datafiles.differences import (
    ChangedRow,
    Difference,
    DiffKeyNotUnique,
    DiffKeyRequired,
    DiffKeyUnknown,
    compare,
)
from datafiles.formats.form import FileForm
from datafiles.formats.writers import open_writer
from datafiles.manifest import ManifestColumn
from datafiles.records import DatasetUnreadable
from datafiles.version_tables import (
    ComparisonTooLong,
    VersionFile,
    columns_without_value,
    opened_tables,
)
from dialects.dialect import Dialect

Rows = list[list[str | None]]


def lines(rows: Rows, *, delimiter: str = ";", null: str = "", end: str = "\n") -> str:
    """As the product writes: NULL unquoted, every other value that needs it quoted."""

    def cell(value: str | None) -> str:
        if value is None:
            return null
        special = value in ("", null) or any(c in value for c in f'{delimiter}"\r\n')
        return '"' + value.replace('"', '""') + '"' if special else value

    return "".join(delimiter.join(map(cell, row)) + end for row in rows)


def version(path: Path, rows: Rows, *, form: Mapping[str, object] | None = None) -> VersionFile:
    """The first row has the names."""
    path.write_text(lines(rows), encoding="utf-8", newline="")
    types = ["integer", *["text"] * (len(rows[0]) - 1)]
    columns = tuple(
        ManifestColumn(str(name), kind, "") for name, kind in zip(rows[0], types, strict=True)
    )
    return VersionFile((path,), columns, form or {})


def difference(tmp_path: Path, old: Rows, new: Rows, *key: str, limit: int = 100) -> Difference:
    return compare(
        version(tmp_path / "old.csv", old), version(tmp_path / "new.csv", new), key, limit=limit
    )


def counts(found: Difference) -> tuple[int, int, int, int]:
    return found.added, found.removed, found.changed, found.unchanged


OLD: Rows = [["id", "nome", "v"], ["1", "Ana", "1.50"], ["2", "Bia", None], ["3", "Caio", "7"]]


def test_rows_are_added_removed_changed_or_not(tmp_path: Path) -> None:
    new: Rows = [["id", "nome", "v"], ["2", "Bia", ""], ["3", "Caio", "7"], ["10", "Davi", "9"]]
    found = difference(tmp_path, OLD, new, "id")
    assert counts(found) == (1, 1, 1, 1)
    assert found.added_rows == [{"id": "10", "nome": "Davi", "v": "9"}]
    assert found.removed_rows == [{"id": "1", "nome": "Ana", "v": "1.50"}]
    # It should see that NULL became an empty text
    assert found.changed_rows == [ChangedRow({"id": "2"}, {"v": (None, "")})]
    assert found.changed_by_column == {"nome": 0, "v": 1}


def test_same_numbers_in_another_spelling_are_a_change(tmp_path: Path) -> None:
    new: Rows = [OLD[0], ["1", "Ana", "1.5"], *OLD[2:]]
    assert difference(tmp_path, OLD, new, "id").changed_by_column == {"nome": 0, "v": 1}


def test_columns_of_one_version_alone_are_named_and_not_compared(tmp_path: Path) -> None:
    new: Rows = [["nome", "id", "extra"], ["Ana", "1", "x"], ["Bia", "2", "y"], ["Eva", "3", "z"]]
    found = difference(tmp_path, OLD, new, "id")
    assert (found.columns_added, found.columns_gone) == (("extra",), ("v",))
    assert counts(found) == (0, 0, 1, 2)
    assert found.changed_rows == [ChangedRow({"id": "3"}, {"nome": ("Caio", "Eva")})]


def test_first_rows_of_each_kind_come_in_the_order_of_the_key(tmp_path: Path) -> None:
    new: Rows = [OLD[0], *([str(n), "x", "1"] for n in (100, 20, 3, 11, 9))]
    found = difference(tmp_path, [OLD[0]], new, "id", limit=3)
    assert (found.added, [row["id"] for row in found.added_rows]) == (5, ["3", "9", "11"])


def test_key_of_several_columns_with_null_in_it(tmp_path: Path) -> None:
    head: Rows = [["id", "loja", "v"]]
    old = [*head, ["1", None, "a"], ["1", "", "b"], ["1", "x", "c"]]
    new = [*head, ["1", None, "A"], ["1", "", "b"], ["2", "x", "c"]]
    found = difference(tmp_path, old, new, "id", "loja")
    assert counts(found) == (1, 1, 1, 1)
    assert found.changed_rows == [ChangedRow({"id": "1", "loja": None}, {"v": ("a", "A")})]


def test_key_of_every_column_knows_added_and_removed_only(tmp_path: Path) -> None:
    found = difference(tmp_path, [["id"], ["1"], ["2"]], [["id"], ["2"], ["3"]], "id")
    assert counts(found) == (1, 1, 0, 1)


def test_empty_versions(tmp_path: Path) -> None:
    assert counts(difference(tmp_path, OLD[:1], OLD, "id")) == (3, 0, 0, 0)
    assert counts(difference(tmp_path, OLD, OLD[:1], "id")) == (0, 3, 0, 0)
    assert counts(difference(tmp_path, OLD[:1], OLD[:1], "id")) == (0, 0, 0, 0)


def test_rows_that_share_their_key_are_refused_with_a_count(tmp_path: Path) -> None:
    new: Rows = [*OLD, ["1", "Ana", "2"], ["1", "Ana", "3"], ["2", "Bia", "4"]]
    with pytest.raises(DiffKeyNotUnique, match="in the newer version 5 rows share 2 values"):
        difference(tmp_path, OLD, new, "id")
    assert difference(tmp_path, OLD, new, "id", "v").added == 3


def test_unknown_column_in_the_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiffKeyUnknown, match="not a column of both versions: nada"):
        difference(tmp_path, OLD, OLD, "id", "nada")


def test_without_a_key_columns_that_would_do_are_offered(tmp_path: Path) -> None:
    rows: Rows = [["loja", "pedido", "sempre"]]
    rows += [[str(n // 10), str(n), "x"] for n in range(50)]
    with pytest.raises(DiffKeyRequired) as refused:
        difference(tmp_path, rows, rows)
    assert [e["message"] for e in refused.value.errors] == ["pedido"]
    pairs: Rows = [["loja", "dia", "sempre"], *([str(n // 7), str(n % 7), "x"] for n in range(49))]
    with pytest.raises(DiffKeyRequired) as refused:
        difference(tmp_path, pairs, pairs)
    assert [e["message"] for e in refused.value.errors] == ["loja,dia"]
    with pytest.raises(DiffKeyRequired, match="No column or pair of columns does"):
        difference(tmp_path, [["a"], ["1"], ["1"]], [["a"], ["1"], ["1"]])


def test_columns_called_alike_or_oddly(tmp_path: Path) -> None:
    head: Rows = [['a"b', "old", "new", "x y", "'", "a;b"]]
    old = [*head, ["1", "a", "b", "c", "d", "e"]]
    new = [*head, ["1", "a", "b", "c", "D", "e"]]
    found = difference(tmp_path, old, new, 'a"b')
    assert found.changed_rows == [ChangedRow({'a"b': "1"}, {"'": ("d", "D")})]
    twice: Rows = [["a", "a"], ["1", "2"]]
    assert counts(difference(tmp_path, twice, twice, "a")) == (0, 0, 0, 1)


@pytest.mark.parametrize("file_format", ["csv", "json", "parquet", "xlsx"])
def test_columns_that_differ_in_case_alone(tmp_path: Path, file_format: str) -> None:
    columns = [ManifestColumn(name, "text", "text") for name in ("a", "A", "a")]
    form = FileForm.of(file_format, "none", Dialect())
    versions = []
    for number, line in enumerate((["1", "2", ""], ["1", "3", ""])):
        path = tmp_path / f"{number}{form.extension}"
        with path.open("wb") as file:
            writer = open_writer(file, form, columns, name=path.name)
            if form.is_delimited:
                writer.write(b"a;A;a\n")
            writer.write(form.source_dialect.delimiter.join(line).encode() + b"\n")
            writer.finish()
        members = [column.members() for column in columns]
        versions.append(VersionFile.of([path], members, form.manifest()))
    found = compare(versions[0], versions[1], ["a"], limit=5)
    assert found.changed_rows == [ChangedRow({"a": "1"}, {"A": ("2", "3")})]
    assert columns_without_value(versions[0], limit_s=30) == ["a"]


TEXT = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
)
TABLE = st.dictionaries(st.integers(0, 12), st.tuples(TEXT, TEXT), max_size=8)


@given(TABLE, TABLE)
@settings(max_examples=12, deadline=None)
def test_any_two_versions_differ_as_two_dictionaries_do(
    tmp_path_factory: pytest.TempPathFactory,
    old: dict[int, tuple[str | None, str | None]],
    new: dict[int, tuple[str | None, str | None]],
) -> None:
    folder = tmp_path_factory.mktemp("diff")
    head: Rows = [["id", "a", "b"]]
    found = difference(
        folder,
        [*head, *([str(key), *values] for key, values in old.items())],
        [*head, *([str(key), *values] for key, values in new.items())],
        "id",
    )
    both = sorted(old.keys() & new.keys())
    assert [row["id"] for row in found.added_rows] == [str(k) for k in sorted(new.keys() - old)]
    assert [row["id"] for row in found.removed_rows] == [str(k) for k in sorted(old.keys() - new)]
    assert found.changed_rows == [
        ChangedRow(
            {"id": str(key)},
            {
                name: (was, now)
                for name, was, now in zip("ab", old[key], new[key], strict=True)
                if was != now
            },
        )
        for key in both
        if old[key] != new[key]
    ]
    assert found.unchanged == sum(old[key] == new[key] for key in both)


# --- other forms of files


def delimited(form: dict[str, object]) -> bytes:
    text = lines(
        [["id", "nome", "v"], ["1", 'Ação; "x"', None], ["2", "", "não"]],
        delimiter=str(form.get("delimiter", ";")),
        null=str(form.get("null_text", "")),
        end="\r\n" if form.get("line_end") == "crlf" else "\n",
    )
    encoding = {"utf-8-bom": "utf-8-sig"}.get(str(form.get("encoding")), form.get("encoding"))
    if form.get("header") is False:
        text = text.partition("\n")[2]
    return text.encode(str(encoding or "utf-8"))


def packed(data: bytes, compression: object) -> bytes:
    if compression == "gzip":
        return gzip.compress(data)
    if compression == "zstd":
        return zstandard.ZstdCompressor().compress(data)
    if compression == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("vendas.csv", data)
        return buffer.getvalue()
    return data


@pytest.mark.parametrize(
    "form",
    [
        {"delimiter": ",", "line_end": "crlf", "encoding": "utf-8-bom"},
        {"delimiter": "\t", "file_format": "tsv", "null_text": "NULL"},
        {"encoding": "windows-1252", "line_end": "crlf"},
        {"encoding": "iso-8859-1", "header": False},
        {"compression": "gzip"},
        {"compression": "zstd"},
        {"compression": "zip", "encoding": "windows-1252"},
        {"compression": "gzip", "encoding": "iso-8859-1"},
        {"compression": "zstd", "encoding": "windows-1252"},
    ],
    ids=str,
)
def test_every_dialect_reads_as_the_same_values(tmp_path: Path, form: dict[str, object]) -> None:
    plain = version(
        tmp_path / "plain.csv", [["id", "nome", "v"], ["1", 'Ação; "x"', None], ["2", "", "não"]]
    )
    path = tmp_path / "other"
    path.write_bytes(packed(delimited(form), form.get("compression")))
    other = VersionFile((path,), plain.columns, form)
    # As exact values against another form, and as it lies there against its like
    assert counts(compare(plain, other, ["id"], limit=10)) == (0, 0, 0, 2)
    assert counts(compare(other, other, ["id"], limit=10)) == (0, 0, 0, 2)


@pytest.mark.parametrize(
    ("file_format", "text"),
    [
        ("ndjson", '{"id":1,"v":null}\n{"id":2,"v":"x"}\n'),
        ("json", '[\n{"id":1,"v":null},\n{"id":2,"v":"x"}\n]\n'),
    ],
)
def test_json_reads_as_the_same_values(tmp_path: Path, file_format: str, text: str) -> None:
    plain = version(tmp_path / "plain.csv", [["id", "v"], ["1", None], ["2", "x"]])
    path = tmp_path / "other"
    path.write_text(text)
    other = VersionFile((path,), plain.columns, {"file_format": file_format})
    # As exact values against another form, and as it lies there against its like
    assert counts(compare(plain, other, ["id"], limit=10)) == (0, 0, 0, 2)
    assert counts(compare(other, other, ["id"], limit=10)) == (0, 0, 0, 2)


def test_parquet_of_several_parts_reads_as_the_same_values(tmp_path: Path) -> None:
    plain = version(tmp_path / "plain.csv", [["id", "v"], ["1", None], ["2", "1.50"]])
    parts = []
    for row in ("1 as id, null::decimal(9,2) as v", "2, 1.5::decimal(9,2)"):
        parts.append(tmp_path / f"{len(parts)}.parquet")
        duckdb.sql(f"copy (select * from (select {row}) t (id, v)) to '{parts[-1]}'")
    other = VersionFile(tuple(parts), plain.columns, {"file_format": "parquet"})
    # As exact values against another form, and as it lies there against its like
    assert counts(compare(plain, other, ["id"], limit=10)) == (0, 0, 0, 2)
    assert counts(compare(other, other, ["id"], limit=10)) == (0, 0, 0, 2)


# --- columns without a value


def test_columns_without_a_value_are_found(tmp_path: Path) -> None:
    table = version(
        tmp_path / "a.csv", [["id", "nada", "vazio"], ["1", None, ""], ["2", None, None]]
    )
    assert columns_without_value(table, limit_s=30) == ["nada"]


def test_a_table_of_one_column_has_its_blank_lines(tmp_path: Path) -> None:
    assert columns_without_value(version(tmp_path / "a.csv", [["a"], [None]]), limit_s=30) == ["a"]
    assert columns_without_value(version(tmp_path / "a.csv", [["a"], [""]]), limit_s=30) == []


# --- the sandbox


ATTACKS = (
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/hostname')",
    "select * from glob('/etc/*')",
    "copy (select 1) to '/tmp/x.csv'",
    "attach '/tmp/x.db'",
    "install httpfs",
    "set memory_limit = '10GB'",
    "set enable_external_access = true",
)


@pytest.mark.parametrize("statement", ATTACKS)
def test_engine_reaches_nothing_but_its_files(tmp_path: Path, statement: str) -> None:
    table = version(tmp_path / "a.csv", OLD)
    (tmp_path / "other.csv").write_text("x\n1\n")
    with pytest.raises(DatasetUnreadable), opened_tables({"t": table}, limit_s=30) as engine:
        assert engine.execute("select count(*) from t").fetchone() == (3,)
        engine.execute(statement).fetchall()


def test_neighbouring_file_is_out_of_reach(tmp_path: Path) -> None:
    table = version(tmp_path / "a.csv", OLD)
    (tmp_path / "b.csv").write_text("x\n1\n")
    with pytest.raises(DatasetUnreadable), opened_tables({"t": table}, limit_s=30) as engine:
        engine.execute(f"select * from read_csv('{tmp_path / 'b.csv'}')").fetchall()


def test_comparison_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    table = version(tmp_path / "a.csv", OLD)
    endless = "select count(*) from range(1000000000000) a, t"
    with pytest.raises(ComparisonTooLong, match=r"longer than 0\.2 seconds"):
        with opened_tables({"t": table}, limit_s=0.2) as engine:
            engine.execute(endless).fetchone()


def test_missing_or_broken_file_is_said_in_words(tmp_path: Path) -> None:
    table = version(tmp_path / "a.csv", OLD)
    table.paths[0].write_text("id;nome;v\n1;2\n")
    with pytest.raises(DatasetUnreadable, match="cannot be read"):
        columns_without_value(table, limit_s=30)
    table.paths[0].unlink()
    with pytest.raises(DatasetUnreadable, match="cannot be read"):
        columns_without_value(table, limit_s=30)


def test_a_row_that_is_too_long_is_said_without_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datafiles.version_tables.MAX_LINE_BYTES", 1000)
    table = version(tmp_path / "a.csv", [["id", "nome"], ["1", "segredo" * 200]])
    with pytest.raises(DatasetUnreadable, match=r"longer than 1,000 bytes.*not_all_null") as told:
        columns_without_value(table, limit_s=30)
    assert "segredo" not in str(told.value)


def test_writing_of_this_test_is_what_python_reads(tmp_path: Path) -> None:
    """The helper of these tests against an independent reader."""
    rows: Rows = [["a", "b"], ['x";\ny', "é"]]
    assert list(csv.reader(io.StringIO(lines(rows), newline=""), delimiter=";")) == rows
