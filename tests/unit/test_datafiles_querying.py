"""Filters, sorts and pages over a companion agree with pandas, on values and on order."""

import contextlib
import datetime as dt
import itertools
import json
import operator
import threading
from array import array
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datafiles import companion_build
from datafiles import companions as companions_module
from datafiles.column_keys import KeyKind, number_text
from datafiles.companions import Companion, Companions, DataFile, sweep_companions
from datafiles.filters import (
    Filter,
    FilterOperatorUnfit,
    FilterValueInvalid,
    Operator,
    SortKey,
)
from datafiles.found_rows import FoundRows, read_found
from datafiles.manifest import ManifestColumn
from datafiles.plain_image import encoded_lines
from datafiles.querying import QueryTimeout, Searches, Selection, TooManyQueries
from datafiles.reading import read_rows
from datafiles.records import QUOTED_EMPTY, DatasetUnreadable

WAIT_S = 120.0


@pytest.fixture
def companions(tmp_path: Path) -> Companions:
    return Companions(tmp_path / "companions")


def data_file(path: Path, types: list[str], rows: list[list[str | None]], **options) -> DataFile:
    """Our own form: null bare, empty text quoted."""
    columns = tuple(ManifestColumn(f"c{n}", kind, "") for n, kind in enumerate(types))
    records = [[column.name for column in columns]] + [
        ["" if value is None else value or QUOTED_EMPTY for value in row] for row in rows
    ]
    path.write_bytes(encoded_lines(records))
    return DataFile((path,), columns, **options)


def found(companion: Companion, *filters: Filter, **selection: Any) -> list[int]:
    """Numbers of the rows, in order."""
    rows, _ = Searches().find(companion, Selection(filters, **selection))
    with contextlib.closing(rows):
        return [row for batch in rows.batches() for row in batch]


def where(column: int, op: str, *values: str) -> Filter:
    return Filter(column, Operator(op), values, "field")


# --- agreement with pandas

ALPHABET = 'aAbBzZ09 ;"\n,%_éÉçÇ€😀~'
TEXTS = st.text(ALPHABET, max_size=6)
INTEGERS = st.one_of(st.integers(-20, 20), st.integers(-(10**20), 10**20)).map(str)
DECIMALS = st.one_of(
    st.decimals("-99", "99", places=2, allow_nan=False).map(lambda d: format(d, "f")),
    st.decimals("-9", "9", allow_nan=False, places=25).map(lambda d: format(d, "f")),
    st.sampled_from(["0", "-0", "0.00", "1.50", "1.5", "-1.55", "-1.5", "99999999999999999999.1"]),
    st.tuples(st.integers(-999, 999), st.integers(-200, 200)).map(lambda p: f"{p[0]}e{p[1]}"),
)
FLOATS = st.floats(-1e9, 1e9).map(repr)
DATES = st.dates(dt.date(1899, 12, 25), dt.date(1900, 1, 10))
MOMENTS = st.builds(
    lambda day, seconds, micro: (
        dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds, microseconds=micro)
    ),
    st.dates(dt.date(2023, 12, 30), dt.date(2024, 1, 2)),
    st.sampled_from([0, 1, 3600, 86_399]),
    st.sampled_from([0, 0, 500_000, 999_999]),
)
BOOLEANS = st.booleans()


def written(kind: str, value: Any) -> str:
    """The text in the file, in the form of the existing system."""
    if kind == "date":
        return f"{value:%d/%m/%Y}"
    if kind == "timestamp":
        text = f"{value:%d/%m/%Y %H:%M:%S.%f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return ("true" if value else "false") if kind == "boolean" else str(value)


def compared(kind: str, value: Any) -> Any:
    """What pandas compares: never a float where the column is exact."""
    if kind in {"integer", "decimal"}:
        return Decimal(value)
    return float(value) if kind == "float" else value


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "integer": INTEGERS,
    "decimal": DECIMALS,
    "float": FLOATS,
    "date": DATES,
    "timestamp": MOMENTS,
    "boolean": BOOLEANS,
}
TYPES = list(VALUES)
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
TEXT_PARTS: dict[str, Callable[[str, str], bool]] = {
    "contains": str.__contains__,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def true_for(values: pd.Series, test: Callable[[Any], bool]) -> pd.Series:
    """False where the value is missing."""
    known = values.dropna()
    mask = pd.Series([bool(test(value)) for value in known], index=known.index, dtype=bool)
    return mask.reindex(values.index, fill_value=False)


def expected(values: pd.Series, kind: str, op: str, bounds: list[Any]) -> pd.Series:
    if op == "isnull":
        return values.isna() if bounds[0] else values.notna()
    if op == "ne":
        return ~expected(values, kind, "eq", bounds)
    if op == "in":
        return true_for(values, lambda value: value in bounds)
    if op == "between":
        return true_for(values, lambda value: bounds[0] <= value <= bounds[1])
    if op in TEXT_PARTS:
        return true_for(values, lambda value: TEXT_PARTS[op](value.lower(), bounds[0].lower()))
    return true_for(values, lambda value: ORDER[op](value, bounds[0]))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))
    row = st.tuples(*(st.none() | VALUES[kind] for kind in types)).map(list)
    return types, draw(st.lists(row, max_size=25))


def bound_text(kind: str, value: Any, day_first: bool) -> str:
    """A value as a reader writes it in a request."""
    if kind == "date":
        return f"{value:%d/%m/%Y}" if day_first else value.isoformat()
    if kind == "timestamp":
        return f"{value:%d/%m/%Y %H:%M:%S.%f}" if day_first else value.isoformat()
    return written(kind, value)


OPERATORS = {
    kind: [op for op in Operator if not (op.value in TEXT_PARTS and kind != "text")]
    for kind in TYPES
} | {"boolean": [Operator.EQ, Operator.NE, Operator.IN, Operator.ISNULL]}


@st.composite
def conditions(draw: st.DrawFn, types: list[str], rows: list[list[Any]]):
    column = draw(st.integers(0, len(types) - 1))
    kind = types[column]
    op = draw(st.sampled_from(OPERATORS[kind]))
    present = [row[column] for row in rows if row[column] is not None]
    value = st.one_of(VALUES[kind], *([st.sampled_from(present)] if present else []))
    if op == Operator.ISNULL:
        flag = draw(st.booleans())
        return column, op.value, [flag], ["true" if flag else "0"]
    count = {Operator.BETWEEN: 2, Operator.IN: 3}.get(op, 1)
    bounds = [draw(value) for _ in range(count)]
    day_first = draw(st.booleans())
    return column, op.value, bounds, [bound_text(kind, bound, day_first) for bound in bounds]


@settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), tables())
def test_filters_and_sorts_agree_with_pandas(tmp_path_factory, data, table) -> None:
    types, rows = table
    texts = [
        [None if v is None else written(kind, v) for kind, v in zip(types, row, strict=True)]
        for row in rows
    ]
    folder = tmp_path_factory.mktemp("agree")
    file = data_file(folder / "d.csv", types, texts)
    companion = Companions(folder / "companions").get(file, wait_s=WAIT_S)
    columns = {
        position: pd.Series(
            [None if row[position] is None else compared(kind, row[position]) for row in rows],
            dtype=object,
        )
        for position, kind in enumerate(types)
    }
    frame = pd.DataFrame(columns)
    for _ in range(6):
        wanted = data.draw(st.lists(conditions(types, rows), max_size=2))
        sort = data.draw(st.lists(st.tuples(st.sampled_from(range(len(types))), st.booleans()),
                                  max_size=2, unique_by=lambda key: key[0]))  # fmt: skip
        mask = pd.Series(True, index=frame.index)
        for column, op, drawn, _texts in wanted:
            bounds = [b if op == "isnull" else compared(types[column], b) for b in drawn]
            mask &= expected(frame[column], types[column], op, bounds)
        answer = frame[mask]
        # The last key first: each stable sort keeps the order of the one before.
        for column, descends in reversed(sort):
            answer = answer.sort_values(
                column, ascending=not descends, kind="stable", na_position="last"
            )
        offset, limit = data.draw(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 9)))
        numbers = list(answer.index)[offset:][:limit]

        got = found(
            companion,
            *(where(column, op, *values) for column, op, _bounds, values in wanted),
            sort=tuple(SortKey(column, descends) for column, descends in sort),
            offset=offset,
            limit=limit,
        )

        assert got == numbers, (wanted, sort)
        # The values are those that reading without a filter gives.
        everything = json.loads(b"".join(read_rows(file.parts[0], file.columns)), parse_float=str)
        rows_found = FoundRows()
        rows_found.add(got)
        sent = json.loads(b"".join(read_found(companion, rows_found)), parse_float=str)
        assert sent == [everything[number] for number in numbers]


@given(st.lists(DECIMALS | INTEGERS, min_size=2, max_size=2))
def test_texts_of_numbers_are_in_the_order_of_the_numbers(pair: list[str]) -> None:
    one, other = map(Decimal, pair)
    text, other_text = number_text(one), number_text(other)
    assert (text < other_text, text == other_text) == (one < other, one == other)


# --- what pandas has no word for


@pytest.fixture
def moments(tmp_path: Path, companions: Companions) -> Companion:
    rows = ["31/01/2024 23:59:59.999999", "01/02/2024 00:00:00", "01/02/2024 18:30:00", None]
    file = data_file(tmp_path / "m.csv", ["timestamp"], [[row] for row in rows])
    return companions.get(file, wait_s=WAIT_S)


@pytest.mark.parametrize(
    ("op", "values", "rows"),
    [
        ("eq", ["2024-02-01"], [1, 2]),
        ("ne", ["01/02/2024"], [0, 3]),
        ("lte", ["2024-01-31"], [0]),
        ("gt", ["2024-01-31"], [1, 2]),
        ("gte", ["2024-02-01"], [1, 2]),
        ("lt", ["2024-02-01"], [0]),
        ("between", ["2024-01-31", "2024-02-01"], [0, 1, 2]),
        ("gte", ["01/02/2024 18:30"], [2]),
        ("gt", ["2024-01-31T23:59:59.9999995"], [1, 2]),
        ("eq", ["2024-01-31T23:59:59.9999995"], []),
    ],
)
def test_a_date_alone_is_its_whole_day_where_there_is_a_time(moments, op, values, rows) -> None:
    assert found(moments, where(0, op, *values)) == rows


def test_text_stays_text_and_null_is_not_empty(tmp_path: Path, companions: Companions) -> None:
    file = data_file(tmp_path / "t.csv", ["text"], [["007"], ["7"], [""], [None]])
    companion = companions.get(file, wait_s=WAIT_S)
    assert found(companion, where(0, "eq", "007")) == [0]
    assert found(companion, where(0, "eq", "")) == [2]
    assert found(companion, where(0, "isnull", "1")) == [3]
    assert found(companion, where(0, "gt", "1")) == [1]


ODD = {
    "decimal": ["NaN", "Infinity", "-Infinity", "12345678901234567890123456789012345678901.5", "2"],
    "date": ["infinity", "-infinity", "15/03/0044 BC", "01/01/10000", "01/01/2024"],
    "timestamp": ["01/01/2024 00:00:00.123456789", "01/01/2024 00:00:00.123456788"],
}


@pytest.mark.parametrize(
    ("kind", "order"),
    [("decimal", [2, 4, 3, 1, 0]), ("date", [1, 2, 4, 3, 0]), ("timestamp", [1, 0])],
)
def test_values_no_engine_type_holds_keep_their_order(tmp_path, companions, kind, order) -> None:
    file = data_file(tmp_path / "o.csv", [kind], [[value] for value in ODD[kind]])
    companion = companions.get(file, wait_s=WAIT_S)
    assert companion.keys[0].kind in {KeyKind.ANY_NUMBER, KeyKind.ANY_MOMENT}
    assert found(companion, sort=(SortKey(0, False),)) == order
    assert found(companion, where(0, "isnull", "true")) == []


@pytest.mark.parametrize(
    ("kind", "op", "value", "error"),
    [
        ("decimal", "eq", "1,5", FilterValueInvalid),
        ("integer", "gt", "x", FilterValueInvalid),
        ("integer", "eq", "1_0", FilterValueInvalid),
        ("date", "eq", "2024-13-01", FilterValueInvalid),
        ("date", "eq", "2024-01-01 10:00", FilterValueInvalid),
        ("timestamp", "eq", "2024-01-01 25:00", FilterValueInvalid),
        ("boolean", "eq", "sim", FilterValueInvalid),
        ("text", "isnull", "maybe", FilterValueInvalid),
        ("integer", "contains", "1", FilterOperatorUnfit),
        ("boolean", "gt", "true", FilterOperatorUnfit),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(
    tmp_path, companions, kind, op, value, error
) -> None:
    companion = companions.get(data_file(tmp_path / "d.csv", [kind], []), wait_s=WAIT_S)
    with pytest.raises(error) as refusal:
        found(companion, where(0, op, value))
    assert refusal.value.errors[0]["field"] == "field"


# --- the companion itself


def test_parts_are_one_dataset_in_their_order(tmp_path: Path, companions: Companions) -> None:
    parts = [
        data_file(tmp_path / f"{n}.csv", ["integer"], [[str(n * 10 + i)] for i in range(size)])
        for n, size in enumerate([2, 0, 3])
    ]
    file = DataFile(tuple(part.parts[0] for part in parts), parts[0].columns)
    companion = companions.get(file, wait_s=WAIT_S)
    rows, total = Searches().find(
        companion, Selection((where(0, "gte", "1"),), (SortKey(0, True),)), with_total=True
    )
    assert total == 4
    assert json.loads(b"".join(read_found(companion, rows))) == [
        {"c0": value} for value in (22, 21, 20, 1)
    ]


def test_a_foreign_file_is_filtered_by_its_texts(tmp_path: Path, companions: Companions) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes('\ufeffA;B\r\ncano 5";2\r\n\r\n"x\r\ny";""\n3\n'.encode())
    columns = tuple(ManifestColumn(name, "text", "") for name in "AB")
    companion = companions.get(DataFile((path,), columns, is_ours=False), wait_s=WAIT_S)
    everything = json.loads(b"".join(read_rows(path, None)))
    rows = FoundRows.of_range(0, companion.rows)
    assert json.loads(b"".join(read_found(companion, rows))) == everything
    assert found(companion, where(0, "contains", 'CANO 5"')) == [0]
    assert found(companion, where(1, "isnull", "1")) == [2]


def test_a_damaged_companion_is_made_again(tmp_path: Path, companions: Companions) -> None:
    file = data_file(tmp_path / "d.csv", ["integer"], [["1"], ["2"]])
    folder = tmp_path / "companions" / file.key()
    companions_module.make_companion(file, folder)
    (folder / "keys.duckdb").write_bytes(b"no database")
    assert found(companions.get(file, wait_s=WAIT_S), where(0, "gt", "1")) == [1]


RECORDS = st.lists(st.lists(st.text('a;"\n\ré', max_size=5), min_size=2, max_size=2), min_size=1)


@settings(deadline=None)
@given(RECORDS, st.integers(1, 9), st.booleans())
def test_places_are_where_records_begin_whatever_the_block(
    tmp_path_factory, records: list[list[str]], block: int, ends_in_line_feed: bool
) -> None:
    folder = tmp_path_factory.mktemp("places")
    lines = [encoded_lines([[value or QUOTED_EMPTY for value in record]]) for record in records]
    data = b"".join(lines)
    (folder / "d.csv").write_bytes(data if ends_in_line_feed else data.removesuffix(b"\n"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(companion_build, "PLACES_BLOCK_BYTES", block)
        count, longest = companion_build.write_places(folder / "d.csv", folder / "places")
    ends = array("Q", (folder / "places").read_bytes())
    assert list(ends) == list(itertools.accumulate(map(len, lines)))
    assert (count, longest) == (len(lines) - 1, max(map(len, lines)))


def test_an_open_companion_is_shared_and_outlives_being_put_away(
    tmp_path: Path, companions: Companions
) -> None:
    files = [data_file(tmp_path / f"{n}.csv", ["integer"], [["1"]]) for n in range(8)]
    first = companions.get(files[0], wait_s=WAIT_S)
    assert companions.get(files[0], wait_s=WAIT_S) is first
    for file in files[1:]:
        companions.get(file, wait_s=WAIT_S)
    # Put away by now and opened again: both work.
    assert companions.get(files[0], wait_s=WAIT_S) is not first
    assert found(first, where(0, "eq", "1")) == [0]
    assert found(companions.get(files[0], wait_s=WAIT_S), where(0, "eq", "1")) == [0]


def test_companions_of_files_that_are_gone_are_swept(tmp_path: Path) -> None:
    folder = tmp_path / "companions"
    files = [data_file(tmp_path / f"{n}.csv", ["integer"], [["1"]]) for n in range(2)]
    for file in files:
        companions_module.make_companion(file, folder / file.key())
    gone = files[0].key()
    files[0].parts[0].unlink()
    assert sweep_companions(folder) == [gone]
    assert [entry.name for entry in folder.iterdir()] == [files[1].key()]


def test_a_file_with_an_open_quote_has_no_companion(tmp_path: Path, companions: Companions) -> None:
    path = tmp_path / "d.csv"
    path.write_text('c0\n"open\n')
    with pytest.raises(DatasetUnreadable):
        companions.get(DataFile((path,), (ManifestColumn("c0", "text", ""),)), wait_s=WAIT_S)
    assert not list((tmp_path / "companions").iterdir())


@pytest.fixture
def companion(tmp_path: Path, companions: Companions) -> Companion:
    rows = [[str(n)] for n in range(1000)]
    return companions.get(data_file(tmp_path / "d.csv", ["integer"], rows), wait_s=WAIT_S)


@pytest.mark.parametrize(
    "attack",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "ATTACH '/tmp/other.duckdb'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "CREATE TABLE t (n INTEGER)",
        "DELETE FROM keys",
    ],
)
def test_the_engine_reaches_nothing_but_its_file(companion: Companion, attack: str) -> None:
    with pytest.raises(duckdb.Error):
        companion.cursor().execute(attack)


def test_a_search_that_takes_too_long_is_stopped(companion: Companion, monkeypatch) -> None:
    slow = "SELECT count(*) FROM keys a, keys b, keys c, keys d WHERE a.c0 + b.c0 + c.c0 = d.c0"
    monkeypatch.setattr("datafiles.querying._rows", lambda cursor, *_: cursor.execute(slow))
    with pytest.raises(QueryTimeout):
        Searches().find(companion, Selection(), limit_s=0.3)
    # It leaves the place free and the companion usable.
    monkeypatch.undo()
    assert found(companion, where(0, "eq", "5")) == [5]


def test_searches_beyond_the_bound_wait_and_are_refused(companion: Companion, monkeypatch) -> None:
    searches, inside, go_on = Searches(at_once=1), threading.Event(), threading.Event()

    rows = FoundRows()

    def hold(*_: object) -> FoundRows:
        inside.set()
        assert go_on.wait(WAIT_S)
        return rows

    monkeypatch.setattr("datafiles.querying._rows", hold)
    thread = threading.Thread(target=searches.find, args=(companion, Selection()))
    thread.start()
    assert inside.wait(WAIT_S)
    with pytest.raises(TooManyQueries):
        searches.find(companion, Selection(), limit_s=0.05)
    go_on.set()
    thread.join(WAIT_S)
    rows.close()


def test_many_found_rows_wait_on_the_disk() -> None:
    rows = FoundRows.of_range(5, 400_005)
    assert rows.count == 400_000
    assert list(itertools.islice((row for b in rows.batches() for row in b), 3)) == [5, 6, 7]
    assert sum(len(batch) for batch in rows.batches()) == 400_000
    rows.close()


def test_waiting_for_one_build_starts_no_second(
    tmp_path: Path, companions: Companions, monkeypatch
) -> None:
    file = data_file(tmp_path / "d.csv", ["integer"], [["1"]])
    made: list[str] = []
    go_on = threading.Event()
    make = companions_module.make_companion

    def slow(file: DataFile, folder: Path) -> None:
        made.append(folder.name)
        assert go_on.wait(WAIT_S)
        make(file, folder)

    monkeypatch.setattr(companions_module, "make_companion", slow)
    with pytest.raises(companions_module.DatasetBeingPrepared):
        companions.get(file, wait_s=0.01)
    build = companions.begin(file)
    go_on.set()
    assert build.done.wait(WAIT_S)
    assert companions.get(file, wait_s=WAIT_S).rows == 1
    assert made == [file.key()]
