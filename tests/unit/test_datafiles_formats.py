"""Every format holds what the source's exact lines say, and nothing else."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import math
import threading
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
import zstandard

from datafiles.background import BackgroundWriter
from datafiles.formats.arrow_types import ValueNotRepresentable
from datafiles.formats.form import FileForm
from datafiles.formats.writers import open_writer
from datafiles.formats.xlsx import SheetTooSmall, Xlsx
from datafiles.gathering import Gatherer, LineRows, Take
from datafiles.manifest import ManifestColumn
from dialects.dialect import Dialect

COLUMNS = [
    ManifestColumn("i", "integer", "bigint"),
    ManifestColumn("n", "decimal", "numeric(14,2)", 14, 2),
    ManifestColumn("u", "decimal", "numeric"),
    ManifestColumn("f", "float", "double precision"),
    ManifestColumn("b", "boolean", "boolean"),
    ManifestColumn("t", "text", "text"),
    ManifestColumn("d", "date", "date"),
    ManifestColumn("ts", "timestamp", "timestamp without time zone"),
    ManifestColumn("by", "binary", "bytea"),
]
LINES = """\
1,1.50,12345678901234567890.5,0.1,true,"a,""b""
<c>&",2024-01-31,2024-01-31 10:11:12.25,\\x00ff
,,,,,,,,
-7,-0.00,0,NaN,false,"",1899-12-31,1900-01-01 00:00:00,\\x
3,1.00,1,-Infinity,true,=1+1,0001-01-01,9999-12-31 23:59:59.999999,\\x41
"""


def written(
    file_format: str,
    lines: str = LINES,
    columns: Sequence[ManifestColumn] = COLUMNS,
    *,
    compression: str = "none",
    dialect: Dialect | None = None,
) -> bytes:
    output = io.BytesIO()
    form = FileForm.of(file_format, compression, dialect or Dialect())
    writer = open_writer(output, form, columns, name=f"vendas{form.extension}")
    writer.write(lines.encode())
    writer.finish()
    assert writer.rows_written == lines.count("\n") - lines.count("\n<c>")
    writer.close()
    return output.getvalue()


def test_json_keeps_digits_nulls_and_order() -> None:
    data = written("json").decode()
    assert '"n":1.50,"u":12345678901234567890.5' in data
    rows = json.loads(data, parse_float=Decimal)
    assert list(rows[0]) == [column.name for column in COLUMNS]
    assert rows[0]["t"] == 'a,"b"\n<c>&'
    assert rows[0]["ts"] == "2024-01-31T10:11:12.25"
    assert set(rows[1].values()) == {None}
    # JSON has no number for it
    assert (rows[2]["f"], rows[2]["t"]) == ("NaN", "")


def test_ndjson_has_one_object_a_line() -> None:
    lines = written("ndjson").decode().splitlines()
    assert [json.loads(line)["i"] for line in lines] == [1, None, -7, 3]


@pytest.mark.parametrize(("file_format", "empty"), [("json", []), ("ndjson", None)])
def test_no_rows_are_valid_json(file_format: str, empty: object) -> None:
    data = written(file_format, "").decode()
    assert (json.loads(data) if data else None) == empty


def test_zoned_moments_keep_their_offset_in_json() -> None:
    columns = [ManifestColumn("z", "timestamp_tz", "timestamp with time zone")]
    lines = (
        "2024-01-31 10:11:12-03\n2024-01-31 10:11:12.5+05:45\ninfinity\n2024-03-15 10:11:12+00 BC\n"
    )
    rows = json.loads(written("json", lines, columns))
    assert [row["z"] for row in rows] == [
        "2024-01-31T10:11:12-03:00",
        "2024-01-31T10:11:12.5+05:45",
        "infinity",
        "2024-03-15T10:11:12+00:00 BC",
    ]


def test_parquet_is_typed_and_exact() -> None:
    table = pq.read_table(io.BytesIO(written("parquet")))
    types = [str(field.type) for field in table.schema]
    assert types == [
        *("int64", "decimal128(14, 2)", "decimal128(38, 10)", "double", "bool", "string"),
        *("date32[day]", "timestamp[us]", "binary"),
    ]
    first, nulls, third, last = (tuple(row.values()) for row in table.to_pylist())
    assert first == (
        *(1, Decimal("1.50"), Decimal("12345678901234567890.5"), 0.1, True, 'a,"b"\n<c>&'),
        *(dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 10, 11, 12, 250_000), b"\x00\xff"),
    )
    assert set(nulls) == {None}
    assert math.isnan(third[3])
    assert third[5:] == ("", dt.date(1899, 12, 31), dt.datetime(1900, 1, 1), b"")
    assert last[6:] == (dt.date(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999_999), b"A")
    assert pq.ParquetFile(io.BytesIO(written("parquet"))).metadata.row_group(0).column(
        0
    ).compression == ("ZSTD")


def test_parquet_columns_called_alike_get_numbers() -> None:
    columns = [ManifestColumn(name, "integer", "bigint") for name in ("a", "b", "a")]
    table = pq.read_table(io.BytesIO(written("parquet", "1,2,3\n", columns)))
    assert table.to_pylist() == [{"a": 1, "b": 2, "a.1": 3}]


def test_parquet_is_read_by_another_engine(tmp_path: Any) -> None:
    file = tmp_path / "vendas.parquet"
    file.write_bytes(written("parquet"))
    rows = duckdb.sql(f"select * from '{file}' where i = 1").fetchall()
    assert rows[0][1:3] == (Decimal("1.50"), Decimal("12345678901234567890.5"))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (ManifestColumn("valor", "decimal", "numeric"), "0." + "3" * 11),
        (ManifestColumn("valor", "decimal", "numeric(5,2)", 5, 2), "NaN"),
        (ManifestColumn("valor", "date", "date"), "infinity"),
        (ManifestColumn("valor", "timestamp", "timestamp"), "0044-03-15 00:00:00 BC"),
    ],
)
def test_parquet_refuses_what_it_cannot_keep(column: ManifestColumn, value: str) -> None:
    with pytest.raises(ValueNotRepresentable, match="'valor' holds a value"):
        written("parquet", f"{value}\n", [column])


@pytest.mark.parametrize(
    ("precision", "scale", "value"),
    [(38, 0, "9" * 38), (38, 38, "0." + "9" * 38), (5, -2, "1234500"), (2, 5, "0.00012")],
)
def test_parquet_keeps_numbers_of_every_precision(precision: int, scale: int, value: str) -> None:
    column = ManifestColumn("n", "decimal", "NUMBER", precision, scale)
    table = pq.read_table(io.BytesIO(written("parquet", f"{value}\n", [column])))
    assert table.to_pylist() == [{"n": Decimal(value)}]


def sheet(data: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))


def test_xlsx_has_typed_cells() -> None:
    header, first, nulls, third, last = sheet(written("xlsx"))
    assert header == tuple(column.name for column in COLUMNS)
    assert first == (
        *(1, 1.5, "12345678901234567890.5", 0.1, True, 'a,"b"\n<c>&'),
        *(dt.datetime(2024, 1, 31), dt.datetime(2024, 1, 31, 10, 11, 12, 250_000), "\\x00ff"),
    )
    assert set(nulls) == {None}
    # Days before 1900 and moments after 9999 are no days of a sheet
    assert third[3:5] == ("NaN", False)
    assert third[6:8] == ("1899-12-31", dt.datetime(1900, 1, 1))
    assert last[3:8] == ("-Infinity", True, "=1+1", "0001-01-01", "9999-12-31 23:59:59.999999")


def test_xlsx_texts_stay_texts() -> None:
    columns = [ManifestColumn("t", "text", "text")]
    data = written("xlsx", '=1+1\n007\n"http://a.b"\n1e5\n2024-01-31\n', columns)
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [row[0] for row in book.active.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.value for cell in cells] == ["=1+1", "007", "http://a.b", "1e5", "2024-01-31"]


def test_xlsx_numbers_of_more_than_15_digits_stay_exact() -> None:
    columns = [ManifestColumn("n", "integer", "numeric(38)", 38, 0)]
    lines = f"{'9' * 15}\n{'9' * 16}\n-{'1' * 38}\n1{'0' * 20}\n"
    values = [row[0] for row in sheet(written("xlsx", lines, columns))[1:]]
    assert values == [int("9" * 15), "9" * 16, "-" + "1" * 38, 10**20]


def test_xlsx_days_of_1900_are_those_of_the_sheet() -> None:
    columns = [ManifestColumn("d", "date", "date")]
    days = ["1900-01-01", "1900-02-28", "1900-03-01", "2024-02-29", "9999-12-31"]
    values = [row[0] for row in sheet(written("xlsx", "\n".join(days) + "\n", columns))[1:]]
    assert values == [dt.datetime.fromisoformat(day) for day in days]


@pytest.mark.parametrize("moment", ["2024-03-15 10:11:12 BC", "2024-03-15 10:11:12.5 BC"])
def test_xlsx_moments_before_christ_are_texts(moment: str) -> None:
    columns = [ManifestColumn("m", "timestamp", "timestamp")]
    assert sheet(written("xlsx", f"{moment}\n", columns))[1] == (moment,)


def test_xlsx_escapes_what_xml_cannot_hold() -> None:
    columns = [ManifestColumn("t", "text", "text")]
    data = written("xlsx", '"a\rb\x01"\n_x0041_\n😀 ção\n', columns)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "a_x000D_b_x0001_" in text
    assert "_x005F_x0041_" in text
    assert "😀 ção" in text


def test_xlsx_goes_on_in_the_next_sheet() -> None:
    output = io.BytesIO()
    columns = [ManifestColumn("i", "integer", "bigint")]
    writer = Xlsx(output, columns, Dialect(), rows_per_sheet=4)
    writer.write("".join(f"{n}\n" for n in range(8)).encode())
    writer.finish()
    book = openpyxl.load_workbook(output)
    found = [[row[0] for row in page.iter_rows(values_only=True)] for page in book.worksheets]
    assert found == [["i", 0, 1, 2], ["i", 3, 4, 5], ["i", 6, 7]]


def test_xlsx_without_rows_is_a_workbook() -> None:
    assert sheet(written("xlsx", "")) == [tuple(column.name for column in COLUMNS)]


def test_xlsx_refuses_a_text_that_is_too_long() -> None:
    columns = [ManifestColumn("i", "integer", "int"), ManifestColumn("obs", "text", "text")]
    assert len(sheet(written("xlsx", f"1,{'x' * 32_767}\n", columns))[1][1]) == 32_767
    with pytest.raises(SheetTooSmall, match=r"Row 2 of column 'obs' has a text of 32768"):
        written("xlsx", f"1,a\n2,{'😀' * 16_384}\n", columns)


def test_xlsx_refuses_too_many_columns() -> None:
    columns = [ManifestColumn(f"c{n}", "text", "text") for n in range(16_385)]
    with pytest.raises(SheetTooSmall, match="16385 columns"):
        written("xlsx", "", columns)


@pytest.mark.parametrize("compression", ["gzip", "zstd", "zip"])
def test_compressed_text_is_the_text(compression: str) -> None:
    output = io.BytesIO()
    form = FileForm.of("csv", compression, Dialect())
    writer = open_writer(output, form, COLUMNS, name=f"vendas{form.extension}")
    writer.write(b"a;b\n")
    writer.write(b"1;2\n" * 100_000)
    writer.finish()
    data = output.getvalue()
    if compression == "gzip":
        text = gzip.decompress(data)
    elif compression == "zstd":
        text = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.namelist() == ["vendas.csv"]
            text = archive.read("vendas.csv")
    assert text == b"a;b\n" + b"1;2\n" * 100_000
    assert len(data) < len(text) / 10


@pytest.mark.parametrize("file_format", ["json", "ndjson", "parquet", "xlsx"])
def test_equal_rows_give_equal_files(file_format: str) -> None:
    assert written(file_format) == written(file_format)


class Collector:
    """A writer that remembers the blocks it got."""

    block_bytes = 1000

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.blocks: list[bytes] = []
        self.is_finished = self.is_closed = False
        self.threads: set[str] = set()
        self._fails_at = fails_at

    @property
    def rows_written(self) -> int:
        return sum(block.count(b"\n") for block in self.blocks)

    def write(self, data: bytes) -> None:
        if self._fails_at == len(self.blocks):
            raise OSError(28, "No space left on device")
        self.threads.add(threading.current_thread().name)
        self.blocks.append(data)

    def gatherer(self, take: Take, *, sharers: int) -> Gatherer:
        return LineRows(take, self.block_bytes // sharers)

    def prepare(self, block: bytes) -> bytes:
        return block

    def finish(self) -> None:
        self.is_finished = True

    def close(self) -> None:
        self.is_closed = True


def test_background_writer_hands_on_whole_rows_in_order() -> None:
    collector = Collector()
    with BackgroundWriter(collector) as writer:  # type: ignore[arg-type]
        for n in range(1000):
            writer.write(b"%d;%s\n" % (n, b"x" * (n % 50)))
        writer.write(b"y" * 5000 + b"\n")
        writer.finish()
    assert collector.is_finished
    assert collector.is_closed
    assert all(block.endswith(b"\n") for block in collector.blocks)
    lines = b"".join(collector.blocks).splitlines()
    assert [line.split(b";")[0] for line in lines[:1000]] == [b"%d" % n for n in range(1000)]
    assert lines[1000] == b"y" * 5000
    assert not any(name.startswith("MainThread") for name in collector.threads)


def test_background_writer_needs_no_thread_for_one_block() -> None:
    collector = Collector()
    with BackgroundWriter(collector) as writer:  # type: ignore[arg-type]
        writer.write(b"a\n")
        writer.finish()
    assert collector.is_finished
    assert collector.blocks == [b"a\n"]
    assert collector.threads == {threading.current_thread().name}


def test_background_writer_raises_what_the_writer_raised() -> None:
    def write_for_ever() -> None:
        with BackgroundWriter(Collector(fails_at=3)) as writer:  # type: ignore[arg-type]
            while True:
                writer.write(b"x" * 99 + b"\n")

    with pytest.raises(OSError, match="No space"):
        write_for_ever()


def test_background_writer_that_is_given_up_finishes_nothing() -> None:
    collector = Collector()
    with (
        pytest.raises(RuntimeError, match="source"),
        BackgroundWriter(collector) as writer,  # type: ignore[arg-type]
    ):
        writer.write(b"a\n")
        raise RuntimeError("the source failed")
    assert not collector.is_finished
    assert collector.is_closed
    assert collector.blocks == []
