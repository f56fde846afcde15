"""Rows in every form: what a reader of the form sees equals what the dataset holds."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datafiles.formats.exact import exact_records
from datafiles.manifest import ManifestColumn
from datafiles.records import QUOTED_EMPTY, Batch
from datafiles.rendering import Rendering, Shape, render
from dialects.dialect import Dialect
from dialects.profiles import PROFILES

COLUMNS = (
    ManifestColumn("NOME", "text", "text"),
    ManifestColumn("QTD", "integer", "int8"),
    ManifestColumn("VALOR", "decimal", "numeric", 20, 4),
    ManifestColumn("TAXA", "float", "float8"),
    ManifestColumn("DATA", "date", "date"),
    ManifestColumn("QUANDO", "timestamp", "timestamp"),
    ManifestColumn("COM_ZONA", "timestamp_tz", "timestamptz"),
    ManifestColumn("ATIVO", "boolean", "bool"),
)
ZONE = "America/Sao_Paulo"
# Dates that sheets can hold, and no hour that a change of clocks repeats or leaves out.
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2035, 1, 1))
MOMENTS = st.builds(
    dt.datetime.combine, DAYS, st.times().map(lambda time: time.replace(microsecond=0))
)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n"),
    max_size=12,
)
ROW = st.tuples(
    st.none() | TEXTS,
    st.none() | st.integers(-(10**14), 10**14),
    st.none() | st.decimals(-(10**9), 10**9, places=4),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | DAYS,
    st.none() | MOMENTS,
    st.none() | MOMENTS,
    st.none() | st.booleans(),
)
Row = tuple[Any, ...]


def exact_text(value: Any) -> str:
    """As our own plain CSV has it, with ISO dates."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    return str(value) or QUOTED_EMPTY


def batches(rows: Sequence[Row]) -> Any:
    for start in range(0, len(rows), 3):
        records = [[exact_text(value) for value in row] for row in rows[start : start + 3]]
        yield Batch(records, has_quotes=True)


def rendered(rows: Sequence[Row], rendering: Rendering, keep: list[int] | None = None) -> bytes:
    return b"".join(render(batches(rows), COLUMNS, rendering, keep))


def from_delimited(data: bytes, dialect: Dialect) -> list[Row]:
    """By another reader of CSV than ours; quotes are the only way to tell NULL from empty."""
    from datafiles.formats.exact import _delimited_batches

    records = _delimited_batches(io.BytesIO(data), dialect, COLUMNS)  # type: ignore[arg-type]
    return [tuple(record) for batch in records for record in batch.records]


def equal_floats(left: Any, right: Any) -> bool:
    return left == right or math.isclose(left, right, rel_tol=1e-15)


GENEROUS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@GENEROUS
@given(st.lists(ROW, max_size=8), st.sampled_from(sorted(PROFILES)))
def test_text_in_any_dialect_reads_back_as_the_same_values(rows: list[Row], name: str) -> None:
    dialect = replace(PROFILES[name].dialect, time_zone=ZONE)
    data = rendered(rows, Rendering(Shape.CSV, dialect))
    wanted = [tuple(map(exact_text, row)) for row in rows]
    if dialect.formula_guard:  # a quote mark of its own is told apart by nobody
        wanted = [(row[0].removeprefix("'") if row[0] != "'" else "'", *row[1:]) for row in wanted]
        found = from_delimited(data, dialect)
        found = [(row[0].removeprefix("'") if row[0] != "'" else "'", *row[1:]) for row in found]
        assert found == wanted
    else:
        assert from_delimited(data, dialect) == wanted


@GENEROUS
@given(st.lists(ROW, max_size=8))
def test_python_reads_the_dialect_for_programs(rows: list[Row]) -> None:
    dialect = replace(PROFILES["script"].dialect, time_zone=ZONE)
    data = rendered(rows, Rendering(Shape.CSV, dialect))
    header, *found = csv.reader(io.StringIO(data.decode(), newline=""))
    assert header == [column.name for column in COLUMNS]
    for row, texts in zip(rows, found, strict=True):
        assert texts[0] == (row[0] or "").replace("\r\n", "\n")
        assert texts[2] == ("" if row[2] is None else str(row[2]))
        if row[6] is not None:
            assert dt.datetime.fromisoformat(texts[6]) == row[6].replace(tzinfo=ZoneInfo(ZONE))


def values_of_table(table: pa.Table) -> list[Row]:
    return [tuple(row.values()) for row in table.to_pylist()]


def read_parquet(data: bytes) -> list[Row]:
    return values_of_table(pq.read_table(pa.BufferReader(data)))


def read_arrow(data: bytes) -> list[Row]:
    return values_of_table(pa.ipc.open_stream(data).read_all())


@pytest.mark.parametrize(
    ("shape", "read"), [(Shape.PARQUET, read_parquet), (Shape.ARROW, read_arrow)]
)
@GENEROUS
@given(rows=st.lists(ROW, max_size=8))
def test_typed_forms_hold_the_same_values(
    shape: Shape, read: Callable[[bytes], list[Row]], rows: list[Row]
) -> None:
    found = read(rendered(rows, Rendering(shape, Dialect(time_zone=ZONE))))
    for row, values in zip(rows, found, strict=True):
        *plain, zoned, active = row
        assert list(values[:6]) == plain
        assert values[7] == active
        assert values[6] == (zoned and zoned.replace(tzinfo=ZoneInfo(ZONE)))


@GENEROUS
@given(st.lists(ROW, max_size=8))
def test_json_forms_hold_the_same_values(rows: list[Row]) -> None:
    def loaded(text: str | bytes) -> Any:
        return json.loads(text, parse_float=Decimal)

    names = [column.name for column in COLUMNS]
    objects = loaded(rendered(rows, Rendering(Shape.JSON)))
    arrays = loaded(rendered(rows, Rendering(Shape.ARRAYS)))
    lines = rendered(rows, Rendering(Shape.NDJSON)).decode().split("\n")[:-1]
    table = loaded(rendered(rows, Rendering(Shape.TABLE)))
    assert arrays == [list(found.values()) for found in objects]
    assert table["rows"] == arrays
    assert table["columns"] == [{"name": one.name, "type": one.type} for one in COLUMNS]
    assert [loaded(line) for line in lines] == objects
    for row, found in zip(rows, objects, strict=True):
        assert list(found) == names
        assert found["NOME"] == row[0]
        assert (found["QTD"], found["VALOR"], found["ATIVO"]) == (row[1], row[2], row[7])
        assert row[3] is None or equal_floats(float(found["TAXA"]), row[3])
        assert found["QUANDO"] == (row[5] and row[5].isoformat(" "))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, min_size=1, max_size=6))
def test_a_sheet_holds_the_same_values(rows: list[Row]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(rendered(rows, Rendering(Shape.XLSX))))
    header, *found = book.worksheets[0].iter_rows(values_only=True)
    assert list(header) == [column.name for column in COLUMNS]
    for row, cells in zip(rows, found, strict=True):
        assert (cells[0] or "") == (row[0] or "")
        assert cells[1] == row[1]
        assert row[2] is None or math.isclose(float(cells[2]), float(row[2]), rel_tol=1e-14)
        assert row[4] is None or cells[4] == dt.datetime.combine(row[4], dt.time())
        assert cells[7] == row[7]


@pytest.mark.parametrize("shape", list(Shape))
def test_chosen_columns_and_no_rows_have_a_form_too(shape: Shape) -> None:
    assert rendered([], Rendering(shape)) or shape is Shape.NDJSON
    rows: list[Row] = [("a", 1, Decimal("1.5"), None, None, None, None, None)]
    dialect = Dialect(decimal_mark=",")
    data = rendered(rows, Rendering(shape, dialect), [2, 0])
    expected = {
        Shape.JSON: b'[{"VALOR":1.5,"NOME":"a"}]\n',
        Shape.ARRAYS: b'[[1.5,"a"]]\n',
        Shape.TABLE: b'{"columns":[{"name":"VALOR","type":"decimal"},'
        b'{"name":"NOME","type":"text"}],"rows":[[1.5,"a"]]}\n',
        Shape.NDJSON: b'{"VALOR":1.5,"NOME":"a"}\n',
        Shape.CSV: b"VALOR;NOME\n1,5;a\n",
        Shape.TSV: b"VALOR;NOME\n1,5;a\n",
    }
    assert data == expected.get(shape, data)


def test_moments_beyond_the_calendar_keep_their_texts() -> None:
    column = [ManifestColumn("D", "timestamp", "timestamp")]
    texts = ["infinity", "0044-03-15 00:00:00 BC", "12024-01-02 03:04:05.5", "2024-01-02 03:04:05"]
    source = iter([Batch([[text] for text in texts], has_quotes=False)])
    rendering = Rendering(Shape.CSV, Dialect())
    data = b"".join(render((batch for batch in source), column, rendering))
    assert data.decode().splitlines()[1:] == [
        "infinity",
        "15/03/0044 00:00:00 BC",
        "02/01/12024 03:04:05.5",
        "02/01/2024 03:04:05",
    ]


@pytest.mark.parametrize(
    ("type_name", "text", "wanted"),
    [
        ("date", "0044-03-15 BC", "15/03/0044 BC"),
        ("timestamp", "0044-03-15 10:11:12.5 BC", "15/03/0044 10:11:12 BC"),
        ("timestamp", "12024-01-02 03:04:05.5", "02/01/12024 03:04:05"),
        ("interval", "-1 years -03:04:05", "-1 years -03:04:05"),
    ],
)
def test_odd_values_are_written_as_in_a_file_of_the_dialect(
    type_name: str, text: str, wanted: str
) -> None:
    source = (batch for batch in [Batch([[text]], has_quotes=False)])
    rendering = Rendering(Shape.CSV, PROFILES["excel_br"].dialect)
    data = b"".join(render(source, [ManifestColumn("D", type_name, type_name)], rendering))
    assert data.decode("utf-8-sig").splitlines() == ["D", wanted]


def test_a_plain_file_gives_iso_dates_to_forms_that_need_them() -> None:
    records = iter([Batch([["01/02/2024"]], has_quotes=False)])
    (batch,) = exact_records(records, Dialect(), [ManifestColumn("D", "date", "date")])
    assert batch.records == [["2024-02-01"]]
