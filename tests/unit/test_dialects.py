"""Dialects: what may be chosen, what a profile means, how lines get their encoding and ends."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datafiles.formats.form import FileForm, FileFormInvalid, without_extension
from dialects.delimited import Cell, LineEncoder
from dialects.dialect import (
    DELIMITERS,
    ColumnChoice,
    DateFormat,
    Dialect,
    DialectColumnUnknown,
    DialectInvalid,
    TimeFormat,
    chosen_columns,
)
from dialects.moments import moment_writer, moments_writer
from dialects.profiles import PROFILES, dialect_of
from dialects.sample import sample_text
from dialects.text_output import CharacterNotEncodable, TextOutput

ZONE = "America/Sao_Paulo"


def written(dialect: Dialect, *blocks: str) -> bytes:
    sink = io.BytesIO()
    output = TextOutput(sink, dialect)
    for block in blocks:
        output.write(block.encode())
    output.finish()
    return sink.getvalue()


def test_nothing_chosen_is_the_file_of_the_existing_system() -> None:
    dialect = dialect_of(None, time_zone=ZONE)
    assert dialect == Dialect(time_zone=ZONE)
    assert (dialect.delimiter, dialect.date_format, dialect.line_end) == (";", "dmy", "lf")
    assert written(dialect, "a\n1\n") == b"a\n1\n"


def test_profile_takes_overrides() -> None:
    dialect = dialect_of({"profile": "excel_br", "encoding": "windows-1252"}, time_zone="UTC")
    assert dialect.decimal_mark == ","
    assert dialect.encoding == "windows-1252"
    assert dialect.formula_guard
    assert dialect.time_zone == "UTC"


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"profile": "excel_pt"}, "profile"),
        ({"delimitador": ";"}, "delimitador"),
        ({"delimiter": "."}, "delimiter"),
        ({"delimiter": "a"}, "delimiter"),
        ({"delimiter": ",", "decimal_mark": ","}, "delimiter"),
        ({"quote": ";"}, "quote"),
        ({"date_format": "ymd"}, "date_format"),
        ({"encoding": "utf-16"}, "encoding"),
        ({"header": "yes"}, "header"),
        ({"null_text": "a;b"}, "null_text"),
        ({"null_text": "0"}, "null_text"),
        ({"null_text": "NaN"}, "null_text"),
        ({"null_text": "a\nb"}, "null_text"),
        ({"null_text": 7}, "null_text"),
        ({"null_text": "∅", "encoding": "windows-1252"}, "null_text"),
        (
            {"null_text": "?", "encoding": "iso-8859-1", "unencodable": "replace"},
            "null_text",
        ),
        ({"time_zone": "UTC"}, "time_zone"),
        ({"zone_offset": True}, "zone_offset"),
        ({"columns": "a"}, "columns"),
        ({"columns": [{"name": ""}]}, "columns"),
        ({"columns": [{"name": "a", "as": "x"}, {"name": "b", "as": "x"}]}, "columns"),
    ],
)
def test_dialect_that_means_nothing_is_refused(members: dict[str, object], field: str) -> None:
    with pytest.raises(DialectInvalid) as refused:
        dialect_of(members, time_zone=ZONE)
    assert [error["field"] for error in refused.value.errors] == [f"dialect.{field}"]


def test_columns_are_found_by_name_and_refused_when_unknown() -> None:
    names = ["ID", "nome", "Nome"]
    assert chosen_columns([], names) is None
    choices = [ColumnChoice("nome", "cliente"), ColumnChoice("id", "código")]
    assert chosen_columns(choices, names) == [(1, "cliente"), (0, "código")]
    with pytest.raises(DialectColumnUnknown, match="no such column as 'valor'"):
        chosen_columns([ColumnChoice("valor", "valor")], names)
    with pytest.raises(DialectColumnUnknown, match="more than one"):
        chosen_columns([ColumnChoice("NOME", "n")], names)


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_manifest_brings_back_the_form(name: str, file_format: str) -> None:
    dialect = dialect_of(
        {"profile": name, "columns": [{"name": "a", "as": "b"}]}, time_zone="Asia/Tokyo"
    )
    form = FileForm.of(file_format, "none", dialect)
    assert FileForm.of_manifest(form.manifest()) == form


def test_manifest_from_before_there_were_dialects_is_read() -> None:
    old = {"delimiter": ";", "header": True, "date_style": "iso", "time_zone": "UTC"}
    assert FileForm.of_manifest(old) == FileForm(
        dialect=Dialect(date_format="iso", time_zone="UTC")
    )


@pytest.mark.parametrize(
    ("file_format", "compression", "extension"),
    [
        ("csv", "none", ".csv"),
        ("csv", "gzip", ".csv.gz"),
        ("ndjson", "zstd", ".ndjson.zst"),
        ("tsv", "zip", ".tsv.zip"),
        ("xlsx", "none", ".xlsx"),
    ],
)
def test_extension_is_left_out_of_the_dataset_name(
    file_format: str, compression: str, extension: str
) -> None:
    form = FileForm.of(file_format, compression, Dialect())
    assert form.extension == extension
    assert without_extension(f"vendas.2024{extension}") == "vendas.2024"


@pytest.mark.parametrize(
    ("file_format", "compression"), [("pdf", "none"), ("csv", "rar"), ("parquet", "gzip")]
)
def test_format_and_compression_that_do_not_go_together_are_refused(
    file_format: str, compression: str
) -> None:
    with pytest.raises(FileFormInvalid):
        FileForm.of(file_format, compression, Dialect())


def test_crlf_ends_rows_and_leaves_line_breaks_inside_values() -> None:
    dialect = Dialect(line_end="crlf")
    assert written(dialect, "a;b\n", '1;"x\ny"\n2;z\n') == b'a;b\r\n1;"x\ny"\r\n2;z\r\n'


def test_bom_comes_first_and_once() -> None:
    assert written(Dialect(encoding="utf-8-bom"), "ação\n", "1\n") == "\ufeffação\n1\n".encode()


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        ("windows-1252", "ação €\n", b"a\xe7\xe3o \x80\n"),
        ("iso-8859-1", "ação\n", b"a\xe7\xe3o\n"),
    ],
)
def test_text_is_recoded(encoding: str, text: str, expected: bytes) -> None:
    assert written(Dialect(encoding=encoding), text) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("header", [True, False])
def test_character_without_code_is_refused_with_row_and_column(*, header: bool) -> None:
    dialect = Dialect(encoding="windows-1252", header=header)
    head = ["a;b\n"] if header else []
    with pytest.raises(CharacterNotEncodable, match=r"U\+1F600.*row 4, column 2"):
        written(dialect, *head, '1;"x;\ny"\n2;b\n', '3;c\n4;"d\n;" 😀\n')


def test_character_without_code_in_the_header_is_named() -> None:
    with pytest.raises(CharacterNotEncodable, match="the header, column 2"):
        written(Dialect(encoding="iso-8859-1"), "a;€\n1;2\n")


def test_c1_control_has_no_code_in_windows_1252() -> None:
    with pytest.raises(CharacterNotEncodable, match="U\\+0081"):
        written(Dialect(encoding="windows-1252"), "a\n\x81\n")


def test_character_without_code_is_replaced_where_the_dialect_says_so() -> None:
    dialect = Dialect(encoding="windows-1252", unencodable="replace")
    assert written(dialect, "a😀ç\n") == b"a?\xe7\n"


def test_guard_is_put_before_formulas_in_texts_and_headers_alone() -> None:
    lines = LineEncoder(Dialect(formula_guard=True), [Cell.TEXT, Cell.NUMBER, Cell.PLAIN])
    assert lines.header(["=a", "-b", "c"]) == b"'=a;'-b;c\n"
    texts = ["=1+1", "+55", "-x", "@a", "\tb", "\rc", "'=d", "e", None, ""]
    numbers = ["-1"] * len(texts)
    assert lines.encode([texts, numbers, ["-1 days"] * len(texts)]).decode().split("\n") == [
        "'=1+1;-1;-1 days",
        "'+55;-1;-1 days",
        "'-x;-1;-1 days",
        "'@a;-1;-1 days",
        "'\tb;-1;-1 days",
        '"\'\rc";-1;-1 days',
        "'=d;-1;-1 days",
        "e;-1;-1 days",
        ";-1;-1 days",
        '"";-1;-1 days',
        "",
    ]


@pytest.mark.parametrize(
    ("members", "header"),
    [
        ({"profile": "excel_br", "encoding": "windows-1252"}, b'"ID";IDADE\n'),
        ({"profile": "excel_br"}, b"ID;IDADE\n"),
        ({"profile": "legacy"}, b"ID;IDADE\n"),
    ],
)
def test_no_file_for_spreadsheets_begins_like_another_format(
    members: dict[str, object], header: bytes
) -> None:
    lines = LineEncoder(dialect_of(members, time_zone=ZONE), [Cell.TEXT] * 2)
    assert lines.header(["ID", "IDADE"]) == header


def test_null_text_is_told_from_the_same_text() -> None:
    lines = LineEncoder(Dialect(null_text="NULL"), [Cell.TEXT])
    assert lines.encode([[None, "NULL", "", "null"]]) == b'NULL\n"NULL"\n\nnull\n'


texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=6)
sharp = st.text(st.sampled_from("\";',\t|\r\n\\ a="), max_size=5)
values = st.lists(st.tuples(texts | sharp, texts | sharp), min_size=1, max_size=5)


@given(
    values,
    st.sampled_from(DELIMITERS),
    st.sampled_from("\"'"),
    st.sampled_from(["lf", "crlf"]),
    st.sampled_from(["utf-8", "utf-8-bom"]),
)
def test_any_reader_gets_the_values_back(
    rows: list[tuple[str, str]], delimiter: str, quote: str, end: str, encoding: str
) -> None:
    dialect = Dialect(
        delimiter=delimiter,
        quote=quote,
        line_end=end,  # type: ignore[arg-type]
        encoding=encoding,  # type: ignore[arg-type]
    )
    lines = LineEncoder(dialect, [Cell.TEXT] * 2)
    columns = list(zip(*rows, strict=True))
    data = written(dialect, lines.header(["a", "b"]).decode(), lines.encode(columns).decode())
    text = data.decode("utf-8-sig" if encoding == "utf-8-bom" else "utf-8")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, strict=True
    )
    assert [tuple(row) for row in reader] == [("a", "b"), *rows]
    output = TextOutput(io.BytesIO(), dialect)
    output.write(lines.header(["a", "b"]))
    output.write(lines.encode(columns))
    # It counts exactly where no text holds a line break, and well enough for progress elsewhere
    if not any("\n" in text for row in rows for text in row):
        assert output.rows_written == len(rows)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (
            "excel_br",
            """\
codigo;cliente;valor;emissao;criado_em;enviado_em;observacao
00123;José Conceição;1234,56;31/01/2024;31/01/2024 08:05:09;31/01/2024 05:05:09;""
00124;"Padaria ""Pão & Cia""; filial 2";-0,5;01/12/2024;01/12/2024 23:59:59;\
01/12/2024 20:59:59;"duas|linhas"
00125;Müller, Zoë;;;;;'=1+1
""",
        ),
        (
            "script",
            """\
codigo,cliente,valor,emissao,criado_em,enviado_em,observacao
00123,José Conceição,1234.56,2024-01-31,2024-01-31 08:05:09,2024-01-31 05:05:09-03,""
00124,"Padaria ""Pão & Cia""; filial 2",-0.5,2024-12-01,2024-12-01 23:59:59.25,\
2024-12-01 20:59:59.25-03,"duas|linhas"
00125,"Müller, Zoë",,,,,=1+1
""",
        ),
    ],
)
def test_sample_shows_a_profile(profile: str, expected: str) -> None:
    text = sample_text(dialect_of({"profile": profile}, time_zone=ZONE))
    # A vertical bar stands for the line break inside a value
    assert text == expected.replace("\n", "\r\n").replace("|", "\n")


@given(
    values=st.lists(st.none() | st.datetimes(), max_size=40),
    date_format=st.sampled_from(["dmy", "mdy", "iso", "dmy_dots"]),
    time_format=st.sampled_from(["fraction", "seconds", "minutes"]),
    repeats=st.integers(1, 3),
)
def test_a_column_of_moments_is_written_as_its_values_are(
    values: list[dt.datetime | None], date_format: DateFormat, time_format: TimeFormat, repeats: int
) -> None:
    dialect = Dialect(date_format=date_format, time_format=time_format)
    write = moment_writer(dialect)
    expected = [None if value is None else write(value) for value in values * repeats]
    assert moments_writer(dialect)(values * repeats) == expected
