"""Golden values: every form of file from both sources, read back by other programs, is equal."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from datafiles.background import BackgroundWriter
from datafiles.formats.form import FileForm
from datafiles.formats.writers import open_writer
from datafiles.manifest import ManifestColumn
from datafiles.version_rows import read_version_rows
from datafiles.version_writer import VersionWriter
from dialects.dialect import Dialect
from dialects.profiles import PROFILES, dialect_of
from execution.reading import Reading
from metadb.embedded import ServerAddress
from tests.oracle_standin.tns_standin import Scripted
from tests.sources import Source, new_database, oracle_source, postgres_source, run_sql

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ZONE = "America/Sao_Paulo"
LONG = "ç" * 500_000  # one megabyte
Value = Any
Row = tuple[Value, ...]

# NUMBER(38), scale, without scale, float, text, date, timestamp, with zone (as its instant).
ROWS: list[Row] = [
    (
        *(int("9" * 38), Decimal("12345678.9012"), Decimal("12345678901234567890.5"), 0.1),
        *("São João", dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 10, 11, 12, 250_000)),
        dt.datetime(2024, 1, 31, 13, 11, 12, tzinfo=dt.UTC),
    ),
    (None,) * 8,
    (
        *(-int("1" * 38), Decimal("-0.5"), Decimal("-0.0000000001"), -0.0),
        *('"aspas"; e, vírgula\te | barra', dt.date(1899, 12, 31), dt.datetime(1899, 12, 31)),
        dt.datetime(2018, 1, 15, 12, 0, tzinfo=dt.UTC),  # summer time in São Paulo
    ),
    (
        *(0, Decimal(0), Decimal(1), math.nan),
        *("duas\nlinhas\r\ne meia", dt.date(1, 1, 1), dt.datetime(2024, 2, 29)),
        dt.datetime(1999, 12, 1, 2, 0, 0, 1, tzinfo=dt.UTC),
    ),
    (
        *(7, Decimal("1.5"), Decimal("0.1"), 1e300),
        *("😀 =1+1", dt.date(9999, 12, 31), dt.datetime(2024, 1, 31, 23, 59, 59, 999_999)),
        dt.datetime(2030, 6, 1, 3, 0, tzinfo=dt.UTC),
    ),
    (
        *(8, Decimal("2.25"), Decimal(1000), -math.inf),
        *("007", dt.date(1900, 3, 1), dt.datetime(1900, 3, 1, 0, 0, 1)),
        dt.datetime(2024, 1, 31, 0, 0, tzinfo=dt.UTC),
    ),
]
NAMES = ("n38", "escala", "livre", "real", "texto", "dia", "momento", "zona")
LATIN = ("windows-1252", "iso-8859-1")


@dataclass(frozen=True)
class Exported:
    """A file and the form it has."""

    path: Path
    form: FileForm
    columns: list[ManifestColumn]


POSTGRES_TABLE = """
create table ouro (ordem int, n38 numeric(38), escala numeric(12,4), livre numeric, "real" float8,
  texto text, dia date, momento timestamp, zona timestamptz);
"""


def postgres_literal(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"'{value}'"


@pytest.fixture(scope="module")
def postgres(pg_server: ServerAddress) -> Source:
    address = new_database(pg_server)
    source = postgres_source(address)
    rows = ", ".join(
        f"({n}, {', '.join(map(postgres_literal, row))})" for n, row in enumerate(ROWS)
    )
    run_sql(address, f"{POSTGRES_TABLE} insert into ouro values {rows}")
    return source


def oracle_script() -> Scripted:
    script = Scripted()
    described = (
        "N38 NUMBER(38), ESCALA NUMBER(12,4), LIVRE NUMBER, REAL BINARY_DOUBLE,"
        " TEXTO VARCHAR2(200), DIA DATE, MOMENTO TIMESTAMP(6), ZONA {}"
    )
    script.on("from ouro", described.format("TIMESTAMP(6) WITH TIME ZONE"), [])
    rows = [
        tuple(
            value.replace(tzinfo=None)
            if isinstance(value, dt.datetime)
            else dt.datetime.combine(value, dt.time())
            if isinstance(value, dt.date)
            else Decimal(value)
            if isinstance(value, int)
            else value
            for value in row
        )
        for row in ROWS
    ]
    script.on(r"sys_extract_utc.*from ouro", described.format("TIMESTAMP(6)"), rows)
    return script


@pytest.fixture(params=["postgres", "oracle"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    if request.param == "postgres":
        yield request.getfixturevalue("postgres")
    else:
        with oracle_source("19c", oracle_script()) as (found, _server):
            yield found


QUERIES = {
    "postgres": "select {} from ouro order by ordem",
    "oracle": "select n38, escala, livre, real, texto, dia, momento, zona from ouro",
}


def export(source: Source, form: FileForm, folder: Path, sql: str | None = None) -> Exported:
    """What a run does, without the run."""
    selected = ", ".join(f'"{name}"' for name in NAMES)
    text = sql or QUERIES[source.spec.kind].format(selected)
    path = folder / f"ouro{form.extension}"
    with source.open(time_zone=ZONE) as session, VersionWriter(path) as file:
        reading = Reading.of(session, text, form)
        opened = open_writer(file, form, reading.columns, name=path.name, native=reading.native)
        with BackgroundWriter(opened) as writer:
            rows = reading.read(session, writer)
            writer.finish()
        file.commit()
    assert rows == (len(ROWS) if sql is None else 1)
    return Exported(path, form, list(reading.columns))


def form_of(file_format: str, compression: str = "none", **members: object) -> FileForm:
    return FileForm.of(file_format, compression, dialect_of(members, time_zone=ZONE))


# What a reader should find, by the form: moments as the dialect cuts them, zones as wall clock.


def wall_clock(value: dt.datetime) -> dt.datetime:
    return value.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)


def moment_in(dialect: Dialect, value: dt.datetime) -> dt.datetime:
    if dialect.time_format == "fraction":
        return value
    return value.replace(microsecond=0)


def expected(row: Row, dialect: Dialect) -> Row:
    if row[0] is None:
        return row
    *first, day, moment, zoned = row
    return (*first, day, moment_in(dialect, moment), moment_in(dialect, wall_clock(zoned)))


DAYS = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "iso": "%Y-%m-%d", "dmy_dots": "%d.%m.%Y"}


def parsed(texts: Sequence[str | None], dialect: Dialect, *, has_clock: bool) -> Row:
    """The values of a row of texts; `has_clock`: days come from Oracle, which has no bare ones."""
    if not texts[0]:
        assert not any(texts)
        return (None,) * len(NAMES)
    n38, scale, free, real, text, day, moment, zoned = (value or "" for value in texts)
    found_day = moment_of(day, dialect) if has_clock else day_of(day, dialect)
    return (
        int(n38),
        *(Decimal(number.replace(dialect.decimal_mark, ".")) for number in (scale, free)),
        float(real.replace(dialect.decimal_mark, ".")),
        text,
        found_day.date() if isinstance(found_day, dt.datetime) else found_day,
        moment_of(moment, dialect),
        moment_of(zoned[:-3] if dialect.zone_offset else zoned, dialect),
    )


def day_of(text: str, dialect: Dialect) -> dt.date:
    return dt.datetime.strptime(text, DAYS[dialect.date_format]).date()  # noqa: DTZ007 - a day


def moment_of(text: str, dialect: Dialect) -> dt.datetime:
    clock = "%H:%M:%S.%f" if "." in text[10:] else "%H:%M:%S"
    return dt.datetime.strptime(text, f"{DAYS[dialect.date_format]} {clock}")  # noqa: DTZ007


def assert_equal(found: Sequence[Row], rows: Sequence[Row]) -> None:
    assert len(found) == len(rows)
    for one, other in zip(found, rows, strict=True):
        for name, a, b in zip(NAMES, one, other, strict=True):
            if isinstance(a, float) and isinstance(b, float) and math.isnan(b):
                assert math.isnan(a)
            else:
                assert a == b, name
            # A number without a sign would be equal to one with it
            if isinstance(b, float) and b == 0:
                assert math.copysign(1, a) == math.copysign(1, b)


def by_python(file: Exported) -> list[list[str]]:
    dialect = file.form.dialect
    codec = {"utf-8-bom": "utf-8-sig"}.get(dialect.encoding, dialect.encoding)
    with file.path.open(encoding=codec, newline="") as text:
        reader = csv.reader(text, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
        return list(reader)[1:]


def by_pandas(file: Exported) -> list[list[str]]:
    dialect = file.form.dialect
    codec = {"utf-8-bom": "utf-8-sig"}.get(dialect.encoding, dialect.encoding)
    frame = pd.read_csv(
        file.path, sep=dialect.delimiter, dtype=str, keep_default_na=False, encoding=codec
    )
    return [list(row) for row in frame.itertuples(index=False, name=None)]


def by_duckdb(file: Exported) -> list[list[str | None]]:
    dialect = file.form.dialect
    rows = duckdb.sql(
        f"select * from read_csv('{file.path}', delim='{dialect.delimiter}', header=true,"
        " all_varchar=true, quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false,"
        " max_line_size=10000000, auto_detect=false,"
        f" columns={{{', '.join(repr(name) + ': ' + repr('VARCHAR') for name in NAMES)}}})"
    ).fetchall()
    return [list(row) for row in rows]


READERS: list[Callable[[Exported], list[Any]]] = [by_python, by_pandas, by_duckdb]


@pytest.mark.parametrize("profile", PROFILES)
def test_text_of_every_profile_is_read_back(source: Source, profile: str, tmp_path: Path) -> None:
    file = export(source, form_of("csv", profile=profile), tmp_path)
    rows = [expected(row, file.form.dialect) for row in ROWS]
    for read in READERS:
        found = [
            parsed(texts, file.form.dialect, has_clock=source.spec.kind == "oracle")
            for texts in read(file)
        ]
        # Readers of text make one line end of another
        found = [(*row[:4], row[4] and row[4].replace("\r\n", "\n"), *row[5:]) for row in found]
        wanted = [(*row[:4], row[4] and row[4].replace("\r\n", "\n"), *row[5:]) for row in rows]
        assert_equal(found, wanted)


@pytest.mark.parametrize("encoding", LATIN)
def test_text_in_one_byte_encodings_is_read_back(
    source: Source, encoding: str, tmp_path: Path
) -> None:
    form = form_of("csv", profile="excel_br", encoding=encoding, unencodable="replace", quote="'")
    file = export(source, form, tmp_path)
    found = [
        parsed(texts, form.dialect, has_clock=source.spec.kind == "oracle")
        for texts in by_python(file)
    ]
    wanted = [expected(row, form.dialect) for row in ROWS]
    wanted[4] = (*wanted[4][:4], "? =1+1", *wanted[4][5:])
    assert_equal(found, wanted)


FORMS = [
    *(form_of("csv", profile=profile) for profile in PROFILES),
    form_of("csv", "gzip", profile="excel_br"),
    form_of("csv", "zip", profile="script"),
    form_of("csv", "zstd", profile="custom", null_text="NULO", quote="'", delimiter="|"),
    form_of("csv", profile="custom", null_text="NULO", header=False, date_format="mdy"),
    form_of("tsv", profile="custom", date_format="dmy_dots"),
    *(form_of(name, packed) for name, packed in product(("json", "ndjson"), ("none", "gzip"))),
    form_of("parquet"),
    form_of("xlsx"),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.extension}")
def test_data_api_reads_every_form(source: Source, form: FileForm, tmp_path: Path) -> None:
    file = export(source, form, tmp_path)
    data = b"".join(read_version_rows(file.path, file.columns, form))
    rows = [list(row.values()) for row in json.loads(data, parse_float=Decimal)]
    iso = dialect_of({"date_format": "iso"}, time_zone=ZONE)
    shown = form.dialect if form.extension == ".csv" and is_legacy(form) else iso
    for found, row in zip(rows, ROWS, strict=True):
        wanted = expected(row, form.dialect if form.is_delimited else Dialect())
        if wanted[0] is None:
            assert set(found) == {None}
            continue
        numbers = [Decimal(str(value)) for value in found[:3]]
        assert numbers == [Decimal(value) for value in wanted[:3]]
        assert float(found[3]) == wanted[3] or math.isnan(float(found[3]))
        assert found[4] == wanted[4]
        has_clock = source.spec.kind == "oracle"
        day = moment_of(found[5], shown).date() if has_clock else day_of(found[5], shown)
        assert day == wanted[5]
        assert [moment_of(text, shown) for text in found[6:]] == list(wanted[6:])
    # A page is the same rows
    page = b"".join(read_version_rows(file.path, file.columns, form, offset=2, limit=2, keep=[4]))
    assert [list(row.values()) for row in json.loads(page)] == [[row[4]] for row in rows[2:4]]


def is_legacy(form: FileForm) -> bool:
    return form.dialect == dialect_of(None, time_zone=ZONE)


def test_parquet_is_typed_from_every_source(source: Source, tmp_path: Path) -> None:
    file = export(source, form_of("parquet"), tmp_path)
    found = [tuple(row.values()) for row in pq.read_table(file.path).to_pylist()]
    for one, row in zip(found, ROWS, strict=True):
        day = one[5].date() if isinstance(one[5], dt.datetime) else one[5]
        assert_equal([(*one[:5], day, *one[6:])], [row])
    engine = duckdb.sql(f"select * from '{file.path}'").fetchall()
    assert [row[:3] for row in engine] == [
        tuple(None if value is None else Decimal(value) for value in row[:3]) for row in ROWS
    ]


def test_workbook_is_typed_from_every_source(source: Source, tmp_path: Path) -> None:
    file = export(source, form_of("xlsx"), tmp_path)
    book = openpyxl.load_workbook(file.path, read_only=True)
    header, *found = book.active.iter_rows(values_only=True)
    assert [str(name).lower() for name in header] == list(NAMES)
    first = found[0]
    # More digits than a sheet keeps are texts; the wall clock is that of the job's zone
    assert first[:5] == ("9" * 38, 12345678.9012, "12345678901234567890.5", 0.1, "São João")
    assert first[5:] == (
        dt.datetime(2024, 1, 31),
        dt.datetime(2024, 1, 31, 10, 11, 12, 250_000),
        dt.datetime(2024, 1, 31, 10, 11, 12),
    )
    assert set(found[1]) == {None}
    assert str(found[2][5]).startswith("1899-12-31")
    assert (found[3][3], found[5][3], found[5][4]) == ("NaN", "-Infinity", "007")
    frame = pd.read_excel(file.path, dtype=object)
    assert frame.iloc[0, 0] == "9" * 38
    book.close()


def test_text_of_a_megabyte_is_kept(postgres: Source, tmp_path: Path) -> None:
    sql = "select 1 as id, repeat('ç', 500000) as t"
    for file_format in ("csv", "ndjson", "parquet"):
        file = export(postgres, form_of(file_format), tmp_path, sql)
        data = b"".join(read_version_rows(file.path, file.columns, file.form))
        assert json.loads(data) == [{"id": 1, "t": LONG}]


def test_long_text_of_oracle_is_kept(tmp_path: Path) -> None:
    script = Scripted()
    script.on("from longo", "ID NUMBER(5), T CLOB, N CLOB", [(Decimal(1), LONG, None)])
    with oracle_source("19c", script) as (source, _server):
        for file_format in ("csv", "ndjson", "parquet"):
            sql = "select id, t, n from longo"
            file = export(source, form_of(file_format), tmp_path, sql)
            data = b"".join(read_version_rows(file.path, file.columns, file.form))
            assert json.loads(data) == [{"ID": 1, "T": LONG, "N": None}], file_format


def test_empty_text_is_told_from_null(postgres: Source, tmp_path: Path) -> None:
    sql = "select '' as a, null::text as b"
    for form in FORMS:
        file = export(postgres, form, tmp_path, sql)
        data = b"".join(read_version_rows(file.path, file.columns, form))
        assert json.loads(data) == [{"a": "", "b": None}], form.extension
        file.path.unlink()


def test_script_profile_is_read_by_its_standard(postgres: Source) -> None:
    sink = io.BytesIO()
    form = form_of("csv", profile="script")
    with postgres.open(time_zone=ZONE) as session:
        writer = open_writer(sink, form, [], name="a.csv")
        session.export_csv("select 1 as a, E'x\\ny' as b", writer, form.source_dialect)
        writer.finish()
    assert sink.getvalue() == b'a,b\r\n1,"x\ny"\r\n'
