"""New rows joined to old ones and taken apart: nothing lost, nothing twice, in a stated order."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datafiles.dated_rows import DatedRows, RowsAfterWindow, RowsBeforeWindow
from datafiles.durable import DiskFull, emptied
from datafiles.formats.form import FileForm
from datafiles.formats.writers import open_writer
from datafiles.manifest import ManifestColumn
from datafiles.merging import (
    RowsBefore,
    VersionBeforeUnfit,
    column_changes,
    write_accumulated,
)
from datafiles.new_rows import NewRows
from datafiles.row_days import DateColumnInvalid, DayReader
from datafiles.spilled import Spilled
from datafiles.splitting import MonthKeys, PartFiles, RowKeys, TooManyParts
from datafiles.text_input import LineParser, Row, read_lines
from datafiles.upserting import KEY, KeyColumnUnknown, KeyedRows, KeyNotUnique, write_upserted
from datafiles.version_writer import VersionWriter
from dialects.delimited import Cell, LineEncoder
from dialects.dialect import ColumnChoice, Dialect
from dialects.profiles import PROFILES
from vocabulary import Compression

VALUES = st.none() | st.text("ab;,\"'\n\r= é", max_size=4)
# Odd ones on purpose: everything that decides where a line ends or a value is missing.
DIALECTS = st.builds(
    Dialect,
    delimiter=st.sampled_from(";,\t"),
    quote=st.sampled_from("\"'"),
    null_text=st.sampled_from(["", "NULL", "a"]),
    header=st.booleans(),
    line_end=st.sampled_from(["lf", "crlf"]),
    encoding=st.sampled_from(["utf-8", "utf-8-bom", "windows-1252"]),
)
COMPRESSIONS = st.sampled_from([*Compression])


def lines_of(
    rows: Sequence[Row], dialect: Dialect, *, header: Sequence[str] | None = None
) -> bytes:
    width = len(header or rows[0] if rows else header or [])
    encoder = LineEncoder(dialect, [Cell.PLAIN] * width)
    head = encoder.header(list(header)) if header is not None and dialect.header else b""
    return head + (encoder.encode(list(zip(*rows, strict=True))) if rows else b"")


def written(path: Path, form: FileForm, names: Sequence[str], rows: Sequence[Row]) -> RowsBefore:
    """A version as an export leaves it."""
    columns = tuple(ManifestColumn(name, "text", "") for name in names)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = open_writer(file, form, columns, name=path.name)
        writer.write(lines_of(rows, form.dialect, header=names))
        writer.finish()
    return RowsBefore((path,), columns, form)


def rows_of(before: RowsBefore) -> list[Row]:
    return [row for lines in before.lines() for _, row in lines]


class Collected:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def rows(self, dialect: Dialect) -> list[Row]:
        return [row for _, row in LineParser(dialect).rows(self.data.decode())]


# --- reading back


@settings(deadline=None)
@given(DIALECTS, COMPRESSIONS, st.lists(st.tuples(VALUES, VALUES).map(list), max_size=8))
def test_text_in_any_dialect_is_read_back(tmp_path_factory, dialect, compression, rows) -> None:
    form = FileForm(compression=compression, dialect=dialect)
    path = tmp_path_factory.mktemp("text") / f"d{form.extension}"
    assert rows_of(written(path, form, ["x", "y"], rows)) == rows


def test_long_values_cross_the_blocks_they_are_read_in(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("datafiles.text_input.BLOCK_CHARACTERS", 7)
    rows: list[Row] = [["a\r\n;" * 40, None], ["", 'q"' * 30], ["b", "c"]]
    for line_end in ("lf", "crlf"):
        form = FileForm(dialect=Dialect(line_end=line_end))
        assert rows_of(written(tmp_path / f"{line_end}.csv", form, ["x", "y"], rows)) == rows


# --- Acumulado

START = dt.date(2024, 2, 1)
DAYS = ["31/01/2024", "2024-01-31", "01/02/2024 00:00:00", "29/02/2024", "15/12/2023"]


def accumulated(
    tmp_path: Path,
    before: RowsBefore | None,
    new: list[Row],
    dialect: Dialect,
    until: dt.date | None = None,
):
    columns = [ManifestColumn(name, "text", "") for name in ("day", "x")]
    days = DayReader(columns, "DAY", dialect)
    dated = DatedRows(days, START, until)
    sink = Collected()
    with NewRows(tmp_path / "n.csv", dialect, dated.examine) as rows:
        rows.write(lines_of(new, dialect, header=["day", "x"]))
        rows.finish()
        dated.check()
        count = write_accumulated(sink, before, days, START, rows, until=until)
    assert count == len(sink.rows(dialect))
    assert not list(tmp_path.glob(".*")), "temporary files stayed"
    return sink.rows(dialect)


@settings(deadline=None)
@given(
    DIALECTS,
    DIALECTS,
    st.lists(st.tuples(st.none() | st.sampled_from(DAYS), VALUES).map(list), max_size=8),
    st.lists(st.tuples(st.sampled_from(DAYS[2:4]), VALUES).map(list), max_size=8),
)
def test_rows_from_before_the_window_stay_and_new_ones_follow(
    tmp_path_factory, old_dialect, dialect, old, new
) -> None:
    folder = tmp_path_factory.mktemp("accumulate")
    form = FileForm(dialect=old_dialect)
    before = written(folder / "old" / "o.csv", form, ["day", "x"], old)
    is_kept = {None: True, DAYS[0]: True, DAYS[1]: True, DAYS[4]: True}
    kept = [row for row in old if row[0] in is_kept]
    assert accumulated(folder, before, new, dialect) == kept + new


def test_the_first_version_is_the_new_rows(tmp_path: Path) -> None:
    new: list[Row] = [["01/02/2024", "a"], ["02/02/2024", None]]
    assert accumulated(tmp_path, None, new, Dialect()) == new


def test_rows_from_before_the_window_are_refused_with_count_and_example(tmp_path: Path) -> None:
    new: list[Row] = [["01/02/2024", "a"], ["31/01/2024", "b"], ["30/01/2024", "c"]]
    with pytest.raises(RowsBeforeWindow, match=r"returned 2 rows .* row 2 of 31/01/2024"):
        accumulated(tmp_path, None, new, Dialect())


def test_a_backfill_keeps_the_days_after_its_own_and_refuses_new_rows_of_them(
    tmp_path: Path,
) -> None:
    days = ("31/01/2024", "01/02/2024", "02/02/2024", "03/02/2024")
    old = written(tmp_path / "old" / "o.csv", FileForm(), ["day", "x"], [[d, "a"] for d in days])
    until = dt.date(2024, 2, 2)
    found = accumulated(tmp_path, old, [["02/02/2024", "b"]], Dialect(), until)
    assert found == [["31/01/2024", "a"], ["03/02/2024", "a"], ["02/02/2024", "b"]]
    with pytest.raises(RowsAfterWindow, match=r"row 1 of 03/02/2024"):
        accumulated(tmp_path, old, [["03/02/2024", "b"]], Dialect(), until)


@pytest.mark.parametrize(
    "value", [None, " ", "x", "31/02/2024", "2024-13-01", "1/2/2024", "01/02/2024 BC"]
)
def test_a_new_row_without_a_date_is_refused(tmp_path: Path, value: str | None) -> None:
    with pytest.raises(DateColumnInvalid, match="Row 2"):
        accumulated(tmp_path, None, [["01/02/2024", "a"], [value, "b"]], Dialect())


def test_columns_in_another_order_are_put_in_order(tmp_path: Path) -> None:
    old = written(tmp_path / "old" / "o.csv", FileForm(), ["x", "day"], [["a", "31/01/2024"]])
    assert accumulated(tmp_path, old, [], Dialect()) == [["31/01/2024", "a"]]


def test_columns_called_alike_stay_where_they_are() -> None:
    columns = [ManifestColumn(name, "integer", "bigint") for name in ("a", "b", "a")]
    assert column_changes(columns, columns) == []
    (moved,) = column_changes(columns, [*columns[:1], *columns[:2]])
    assert "called alike" in moved


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("text", "integer", "x: text, now integer"),
        ("decimal", "integer", "x: decimal, now integer"),
        ("date", "timestamp", "x: date, now timestamp"),
        ("integer", "decimal", None),
    ],
)
def test_rows_of_another_type_fit_where_every_value_stays(
    old: str, new: str, says: str | None
) -> None:
    day = ManifestColumn("day", "date", "date")
    changes = column_changes(
        [day, ManifestColumn("x", old, "")], [ManifestColumn("x", new, ""), day]
    )
    assert (says in changes[0]) if says else changes == []


@pytest.mark.parametrize(
    ("form", "names", "says"),
    [
        (FileForm(), ["day", "y"], "gone: y; added: x"),
        (FileForm(dialect=Dialect(decimal_mark=",")), ["day", "x"], "decimal_mark"),
        (FileForm(dialect=Dialect(date_format="iso")), ["day", "x"], "date_format"),
    ],
)
def test_old_rows_that_do_not_fit_are_refused_unless_none_stays(
    tmp_path: Path, form: FileForm, names: list[str], says: str
) -> None:
    old = written(tmp_path / "old" / "o.csv", form, names, [["31/01/2024", "1"]])
    with pytest.raises(VersionBeforeUnfit, match=says):
        accumulated(tmp_path, old, [["01/02/2024", "2"]], Dialect())
    replaced = written(tmp_path / "old" / "p.csv", form, names, [["01/02/2024", "1"]])
    assert accumulated(tmp_path, replaced, [["01/02/2024", "2"]], Dialect()) == [
        ["01/02/2024", "2"]
    ]


@pytest.mark.parametrize(
    ("date_format", "text"),
    [
        ("dmy", "03/02/2024"),
        ("mdy", "02/03/2024"),
        ("iso", "2024-02-03"),
        ("dmy_dots", "03.02.2024"),
    ],
)
def test_a_typed_date_is_read_as_the_dialect_writes_it(date_format: str, text: str) -> None:
    columns = [ManifestColumn("d", "timestamp", "")]
    reader = DayReader(columns, "d", Dialect(date_format=date_format))
    assert reader.day([f"{text} 23:59:59"], 1) == dt.date(2024, 2, 3)


# --- Chave


def upserted(
    tmp_path: Path, before: RowsBefore | None, new: list[Row], dialect: Dialect, key=("k",)
) -> list[Row]:
    columns = [ManifestColumn(name, "text", "") for name in ("k", "x")]
    sink = Collected()
    with (
        KeyedRows(columns, key, tmp_path / "n", dialect) as keys,
        NewRows(tmp_path / "n", dialect, keys.examine) as rows,
    ):
        rows.write(lines_of(new, dialect, header=["k", "x"]))
        rows.finish()
        count = write_upserted(sink, before, keys, rows, dialect)
    assert count == len(sink.rows(dialect))
    assert not list(tmp_path.glob(".*")), "temporary files stayed"
    return sink.rows(dialect)


KEYS = st.none() | st.sampled_from(["", "a", "b", "1:a;", "N;", 'q"', "c;", "é"])


@settings(deadline=None, max_examples=20)
@given(
    DIALECTS,
    DIALECTS,
    st.lists(st.tuples(KEYS, VALUES).map(list), max_size=10),
    st.lists(st.tuples(KEYS, VALUES).map(list), max_size=10, unique_by=lambda row: row[0]),
)
def test_rows_of_known_keys_are_replaced_in_place_and_others_follow(
    tmp_path_factory, old_dialect, dialect, old, new
) -> None:
    folder = tmp_path_factory.mktemp("upsert")
    before = written(folder / "old" / "o.csv", FileForm(dialect=old_dialect), ["k", "x"], old)
    by_key = {row[0]: row for row in new}
    expected, used = [], set()
    for row in old:
        if row[0] not in by_key:
            expected.append(row)
        elif row[0] not in used:
            used.add(row[0])
            expected.append(by_key[row[0]])
    expected += [row for row in new if row[0] not in used]
    assert upserted(folder, before, new, dialect) == expected


def test_new_rows_that_share_a_key_are_refused_with_count_and_example(tmp_path: Path) -> None:
    new: list[Row] = [["a", "1"], ["b", "2"], ["a", "3"], ["a", "4"], ["c", "5"], ["b", "6"]]
    with pytest.raises(KeyNotUnique, match=r"5 new rows share 2 keys \(k\).* rows 1 and 3 "):
        upserted(tmp_path, None, new, Dialect())


def test_a_key_of_several_columns_tells_their_borders(tmp_path: Path) -> None:
    old = written(tmp_path / "old" / "o.csv", FileForm(), ["k", "x"], [["a", "bc"], ["ab", "c"]])
    new: list[Row] = [["ab", "c"], [None, ""], ["", None]]
    assert upserted(tmp_path, old, new, Dialect(), key=("K", "x")) == [
        ["a", "bc"],
        ["ab", "c"],
        [None, ""],
        ["", None],
    ]


@pytest.mark.parametrize("was_replaced", [True, False])
def test_a_key_is_compared_as_its_encoding_writes_it(tmp_path: Path, *, was_replaced: bool) -> None:
    dialect = Dialect(encoding="windows-1252", unencodable="replace")
    form = FileForm(dialect=dialect if was_replaced else Dialect())
    old = written(tmp_path / "old" / "o.csv", form, ["k", "x"], [["∅1", "a"], ["b", "c"]])
    assert upserted(tmp_path, old, [["∅1", "d"]], dialect) == [["∅1", "d"], ["b", "c"]]
    with pytest.raises(KeyNotUnique):
        upserted(tmp_path, old, [["∅", "1"], ["Ω", "2"]], dialect)


def test_a_key_column_may_be_called_as_in_the_query(tmp_path: Path) -> None:
    old = written(tmp_path / "old" / "o.csv", FileForm(), ["k", "x"], [["1", "a"]])
    renamed = Dialect(columns=(ColumnChoice("id", "k"), ColumnChoice("x", "x")))
    assert upserted(tmp_path, old, [["1", "b"]], renamed, key=("ID",)) == [["1", "b"]]


def test_a_key_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyColumnUnknown, match="it has: k, x"):
        upserted(tmp_path, None, [], Dialect(), key=("z",))


def test_a_full_disk_names_the_folder_that_stays(tmp_path: Path) -> None:
    records = np.zeros(1, KEY)
    with (
        Spilled(Path("/dev/full"), KEY, tmp_path) as spilled,
        pytest.raises(DiskFull, match=f"No space left in folder {tmp_path}:"),
    ):
        spilled.add(np.zeros(1, np.int64), records)
        spilled.of(0)


def test_unfinished_files_give_their_room_back_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b")]
    with paths[0].open("wb", 0) as one, paths[1].open("wb", 0) as other:
        one.write(b"123")
        other.write(b"45")
        assert emptied(one, other) == 5
        assert [path.stat().st_size for path in paths] == [0, 0]


# --- parts


def parts_of(tmp_path: Path, keys, rows: list[Row], dialect: Dialect, *, keeps_order: bool):
    names = ["day", "x"]
    columns = [ManifestColumn(name, "text", "") for name in names]
    form = FileForm(dialect=dialect)
    header = LineEncoder(dialect, [Cell.PLAIN] * 2).header(names) if dialect.header else b""

    def writer(file: VersionWriter, key: str):
        return open_writer(file, form, columns, name=key)

    with PartFiles(
        keys,
        dialect,
        header,
        path_of=lambda key: tmp_path / f"{key}.csv",
        open_writer=writer,
        keeps_order=keeps_order,
    ) as parts:
        for row in rows:
            parts.write(lines_of([row], dialect))
        parts.finish()
        done = parts.commit()
    found = {}
    for part in done:
        texts = read_lines(part.file.path, form)
        found[part.key] = [r for text in texts for _, r in LineParser(dialect).rows(text)]
        assert part.rows == len(found[part.key])
    return found


@settings(deadline=None, max_examples=40)
@given(DIALECTS, st.lists(st.tuples(st.sampled_from(DAYS), VALUES).map(list), max_size=10))
def test_each_month_is_a_file_with_its_rows_in_order(tmp_path_factory, dialect, rows) -> None:
    folder = tmp_path_factory.mktemp("months")
    if dialect.header:  # the source sends one; each part has its own
        rows = [["day", "x"], *rows]
    days = DayReader([ManifestColumn("day", "text", "")], "day", dialect)
    found = parts_of(folder, MonthKeys(days, None), rows, dialect, keeps_order=False)
    expected: dict[str, list[Row]] = {}
    for row in rows[1:] if dialect.header else rows:
        expected.setdefault(days.day(row, 1).isoformat()[:7], []).append(row)
    assert found == dict(sorted(expected.items()))


def test_parts_of_so_many_rows_follow_each_other(tmp_path: Path) -> None:
    rows: list[Row] = [["day", "x"], *([str(n), "v"] for n in range(7))]
    found = parts_of(tmp_path, RowKeys(3), rows, Dialect(), keeps_order=True)
    assert {key: [row[0] for row in part] for key, part in found.items()} == {
        "001": ["0", "1", "2"],
        "002": ["3", "4", "5"],
        "003": ["6"],
    }


def test_too_many_parts_are_refused_and_none_stays(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("datafiles.splitting.MAX_PARTS", 2)
    rows: list[Row] = [["day", "x"], *([str(n), "v"] for n in range(7))]
    with pytest.raises(TooManyParts):
        parts_of(tmp_path, RowKeys(3), rows, Dialect(), keeps_order=True)
    assert not list(tmp_path.iterdir())


def test_profiles_are_read_back_with_the_values_they_were_given(tmp_path: Path) -> None:
    rows: list[Row] = [["31/01/2024", "1,50"], [None, "x;y"], ["", "a\nb"]]
    for name, profile in PROFILES.items():
        form = FileForm(dialect=profile.dialect)
        assert rows_of(written(tmp_path / f"{name}.csv", form, ["a", "b"], rows)) == rows
