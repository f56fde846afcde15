"""Rows that PostgreSQL writes for a format itself are those its exact lines would give."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import postgres_copy, postgres_session
from datafiles.background import BackgroundWriter
from datafiles.formats.arrow_types import ValueNotRepresentable
from datafiles.formats.form import FileForm
from datafiles.formats.writers import open_writer
from datafiles.manifest import ManifestColumn
from dialects.native_rows import NativeRows
from dialects.profiles import dialect_of
from execution.reading import Reading
from metadb.embedded import ServerAddress
from tests.sources import Source, new_database, postgres_source, run_sql

ZONE = "America/Sao_Paulo"
TABLE = """
create type cor as enum ('azul', 'verde');
create type par as (a int, b text);
create domain apelido as varchar(20);
create table tudo (
  i2 smallint, i4 int, i8 bigint, o oid, f4 real, f8 float8, b boolean,
  n numeric, n38 numeric(38, 10), n50 numeric(50, 3), n2 numeric(14, 2), n33 numeric(3, 5),
  zeros numeric(4, -2), t text, v varchar(9), c char(5), nome name, ch "char", ap apelido,
  d date, m timestamp, m0 timestamp(0), z timestamptz, h time, hz time with time zone, dur interval,
  bin bytea, u uuid, j json, jb jsonb, li int[], lz timestamptz[], ip inet, rede cidr, e cor, p par,
  bits bit(3), dinheiro money, faixa int4range, "com ""aspas"" e ç" int
);
insert into tudo values
  (1, 2, 3, 4000000000, 0.1, 0.1, true, 123456789012345678.0123456789, -0.0000000001, 1e46, 12.30,
   0.00123, 123400, E'á "b"\\\\c\\n\\t/\\x01\\x7f😀', 'abc', 'ab', 'nome', 'q', 'ap', '2024-02-29',
   '2024-01-31 10:11:12.25', '2024-01-31 10:11:12', '2018-01-15 12:00+00', '10:11:12.5',
   '10:11:12-03', '1 day 02:03:04.5', '\\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
   '{"a": [1, null]}', '{"b": "\\n"}', '{1,null}', '{2024-01-31 12:00+00}', '10.0.0.1',
   '10.0.0.0/8', 'verde', row(1, 'x'), '101', 12.5, '[1,5)', 1),
  (-32768, -2147483648, -9223372036854775808, 0, 'NaN', '-Infinity', false,
   -9999999999999999999999999999.9999999999, 9999999999999999999999999999.9999999999, -0.001,
   -999999999999.99, -0.00999, -999900, '', '', '', '', '', '', '0001-01-01',
   '0001-01-01 00:00:00', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999+00', '00:00',
   '23:59:59.999999+14', '-1 mon', '', '00000000-0000-0000-0000-000000000000', 'null', 'null', '{}',
   '{}', '::1/64', '::/0', 'azul', row(null, null), '000', -1, 'empty', -1),
  (32767, 2147483647, 9223372036854775807, 4294967295, 1e38, 1e-300, null, 0, 0, 0, 0, 0, 0,
   repeat('ç', 70000), 'é', 'é', 'é', 'x', 'é', '1899-12-31', '1899-12-31 00:00:00.000001',
   '1999-12-31 23:59:59.6', '1900-01-01 00:00:00.000001+00', '23:59:59.999999', '00:00+00', '0',
   '\\x', null, '[]', '[]', '{{1,2},{3,4}}', null, null, null, null, null, null, null, null, null);
insert into tudo (i2) values (null);
"""
# Every numeric of at most 18 digits, and one more.
SHORT = [(digits, scale) for digits in range(1, 20) for scale in range(digits + 1)]


@pytest.fixture(scope="module")
def source(pg_server: ServerAddress) -> Source:
    address = new_database(pg_server)
    run_sql(address, TABLE)
    return postgres_source(address)


@pytest.fixture(params=["one session", "the faster driver", "the line itself"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Few rows come by the session that described them; the line is read where it is plain."""
    if request.param != "one session":
        monkeypatch.setattr(postgres_session, "FEW_ROWS", 0)
    if request.param == "the faster driver":
        monkeypatch.setattr(postgres_copy, "_is_plain", lambda _connection: False)
    return str(request.param)


def written(
    source: Source, sql: str, file_format: str, *, native: bool, dialect: object = None
) -> bytes:
    form = FileForm.of(file_format, "none", dialect_of(dialect, time_zone=ZONE))  # type: ignore[arg-type]
    output = io.BytesIO()
    with source.open(time_zone=ZONE) as session:
        reading = Reading.of(session, sql, form)
        assert reading.native is not None
        if not native:
            reading = replace(reading, native=None)
        opened = open_writer(output, form, reading.columns, name="a", native=reading.native)
        with BackgroundWriter(opened) as writer:
            rows = reading.read(session, writer)
            writer.finish()
            assert writer.rows_written == rows
    return output.getvalue()


def table(source: Source, sql: str, *, native: bool) -> pa.Table:
    return pq.read_table(io.BytesIO(written(source, sql, "parquet", native=native)))


def test_parquet_of_every_type_is_the_same(source: Source, path: str) -> None:
    found, lines = (table(source, "select * from tudo", native=native) for native in (True, False))
    assert found.schema == lines.schema
    # Columns one by one, so that a fault names its own; as bytes, for NaN is not itself.
    for name in found.column_names:
        assert repr(found[name].to_pylist()) == repr(lines[name].to_pylist()), name


@pytest.mark.parametrize("file_format", ["json", "ndjson"])
def test_json_of_every_type_is_the_same(source: Source, path: str, file_format: str) -> None:
    for sql in ("select * from tudo", 'select 1 as a, 2 as a, 3 as "%s"', "select 1 where false"):
        found, lines = (written(source, sql, file_format, native=n) for n in (True, False))
        assert found.decode() == lines.decode()


def test_chosen_columns_are_written_by_their_names(source: Source) -> None:
    dialect = {"columns": [{"name": "t", "as": "Texto"}, {"name": "I4", "as": "Número"}]}
    sql = "select i4, t from tudo where i4 = 2 -- todos"
    for file_format in ("ndjson", "parquet"):
        found, lines = (
            written(source, sql, file_format, native=native, dialect=dialect)
            for native in (True, False)
        )
        if file_format == "parquet":
            assert pq.read_table(io.BytesIO(found)).column_names == ["Texto", "Número"]
        else:
            assert found == lines


@pytest.mark.parametrize("moment", ["2024-03-15 10:11:12", "2024-03-15 10:11:12.5 BC", "infinity"])
def test_moments_in_json_are_the_same_in_every_era(source: Source, moment: str) -> None:
    sql = f"select timestamp '{moment}' as m, timestamptz '{moment}' as z"
    found, lines = (written(source, sql, "ndjson", native=native) for native in (True, False))
    assert found == lines


@pytest.mark.parametrize("native", [True, False])
def test_a_column_may_be_called_like_anything_we_write(source: Source, *, native: bool) -> None:
    names = "r q c1 c2 row_to_json".split()
    sql = "select " + ", ".join(f"{n} as {name}" for n, name in enumerate(names))
    found = written(source, sql, "ndjson", native=native)
    assert json.loads(found) == {name: n for n, name in enumerate(names)}


def test_names_that_are_no_identifiers_are_written_by_us() -> None:
    form = FileForm.of("ndjson", "none", dialect_of(None, time_zone=ZONE))

    def rows(*names: str) -> NativeRows | None:
        return form.native_rows([ManifestColumn(name, "text", "text") for name in names])

    assert rows("a", "ç" * 31) is NativeRows.JSON
    assert rows("a", "ç" * 32) is None
    # The second of them is called `...1`, and is too long.
    assert rows("a" * 63, "a" * 63) is None


COMMAS = [
    {"profile": "excel_br"},
    {"profile": "excel_br", "encoding": "windows-1252", "unencodable": "replace"},
    {"decimal_mark": ",", "quote": "'", "null_text": "NULL", "header": False},
    {"decimal_mark": ",", "delimiter": "\t", "date_format": "iso", "columns": ["n", "t", "f8"]},
]


@pytest.mark.parametrize("dialect", COMMAS)
def test_commas_put_in_by_us_are_those_of_the_database(
    source: Source, path: str, dialect: dict[str, object]
) -> None:
    several = (
        "select f8, n2 from tudo union all select g / 8.0, g / 7.0 from generate_series(1, 9) g"
    )
    wanted = ["select * from tudo", "select * from tudo where false"]
    for sql in wanted if "columns" in dialect else [*wanted, several, "select n38 from tudo"]:
        found, lines = (
            written(source, sql, "csv", native=n, dialect=dialect) for n in (True, False)
        )
        assert found == lines


def test_a_null_text_with_a_point_is_no_number(source: Source) -> None:
    dialect = dialect_of({"decimal_mark": ",", "null_text": "n.d."}, time_zone=ZONE)
    form = FileForm.of("csv", "none", dialect)
    with source.open() as session:
        assert Reading.of(session, "select n2 from tudo", form).native is None
        found = io.BytesIO()
        session.export_csv("select n2 from tudo where n2 is null or n2 > 1", found, dialect)
    assert found.getvalue() == b"n2\n12,30\nn.d.\n"


def test_every_short_numeric_is_the_same(source: Source, path: str) -> None:
    columns = ", ".join(
        f"(trunc(u * 1{'0' * p}) * {Decimal(1).scaleb(-s):f})::numeric({p}, {s}) as n{p}_{s}"
        for p, s in SHORT
    )
    sql = f"""
    select {columns} from (
      select case g % 3 when 0 then -1 else 1 end * case g % 7
               when 0 then null
               when 1 then 0.{"9" * 25}
               when 2 then 10::numeric ^ -(1 + g % 18)
               when 3 then 1 - 10::numeric ^ -(1 + g % 18)
               else mod(g * 0.618033988749894848204586834, 1) * 10::numeric ^ -(g % 5)
             end as u
      from generate_series(1, 300) g) v
    """
    found, lines = (table(source, sql, native=native) for native in (True, False))
    assert found.equals(lines)


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        ("'NaN'::numeric(9, 2)", "decimal128(9, 2)"),
        ("'NaN'::numeric", "decimal128(38, 10)"),
        ("1.12345678901::numeric", "decimal128(38, 10)"),
        ("'infinity'::timestamp", "timestamp"),
        ("'-infinity'::timestamptz", "timestamp"),
        ("'0044-03-15 BC'::date", "date32"),
        ("'infinity'::date", "date32"),
        ("'10000-01-01'::date", "date32"),
        ("'24:00'::time", "time64"),
    ],
)
def test_what_parquet_cannot_keep_is_refused(
    source: Source, path: str, value: str, type_name: str
) -> None:
    for native in (True, False):
        with pytest.raises(ValueNotRepresentable, match="'valor' holds a value") as caught:
            table(source, f"select {value} as valor, 1 as n", native=native)
        assert type_name in caught.value.message


def test_many_rows_come_in_blocks_and_in_order(source: Source) -> None:
    sql = "select g as id, repeat('x', g % 2000) as t from generate_series(1, 20000) g"
    found = table(source, sql, native=True)
    assert found["id"].to_pylist() == list(range(1, 20001))
    assert [len(text) for text in found["t"].to_pylist()] == [g % 2000 for g in range(1, 20001)]
    assert written(source, sql, "json", native=True) == written(source, sql, "json", native=False)
