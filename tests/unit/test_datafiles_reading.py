"""Published and foreign CSV files come back as JSON with every value unharmed."""

import json
import re
import tracemalloc
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datafiles import reading, records
from datafiles.json_values import unique_names
from datafiles.manifest import ManifestColumn
from datafiles.reading import read_columns_preview, read_rows
from datafiles.records import DatasetUnreadable


def columns(*types: str) -> list[ManifestColumn]:
    return [ManifestColumn(f"c{n}", kind, "native") for n, kind in enumerate(types)]


def postgres_csv(rows: Iterable[Sequence[str | None]], *, end: str = "\n") -> str:
    """Lines as COPY ... CSV DELIMITER ';' writes them: null bare, empty text quoted."""

    def value(text: str | None) -> str:
        if text is None:
            return ""
        if not text or re.search(r'[;"\r\n]', text):
            return '"' + text.replace('"', '""') + '"'
        return text

    return "".join(";".join(map(value, row)) + end for row in rows)


@pytest.fixture
def csv(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "vendas.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def body(path: Path, cols: list[ManifestColumn] | None, **options) -> str:
    return b"".join(read_rows(path, cols, **options)).decode()


def test_foreign_file_is_read_as_text_with_empty_as_null(csv):
    path = csv('COD;NOME;VALOR;DATA\n007;"João; Silva";1,5;01/02/2024\n008;;"";\n')
    assert json.loads(body(path, None)) == [
        {"COD": "007", "NOME": "João; Silva", "VALOR": "1,5", "DATA": "01/02/2024"},
        {"COD": "008", "NOME": None, "VALOR": "", "DATA": None},
    ]


def test_numbers_pass_digit_by_digit_and_keys_keep_their_order(csv):
    digits = "12345678901234567890123456789012345678"
    path = csv(f"z;a;b\n{digits};0.10;1e-7\n;-5;3.50\n")
    text = body(path, [ManifestColumn(n, "decimal", "numeric") for n in "zab"])
    assert text == f'[{{"z":{digits},"a":0.10,"b":1e-7}},{{"z":null,"a":-5,"b":3.50}}]\n'


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("+5", "5"),
        (".5", '".5"'),
        ("007", '"007"'),
        ("NaN", '"NaN"'),
        ("1,5", '"1,5"'),
        ("5.", '"5."'),
        ("+-5", '"+-5"'),
        ("+", '"+"'),
        ("٣", '"٣"'),
        ("-0.0", "-0.0"),
        ("-0", "-0"),
        ('""', '""'),
        ("", "null"),
    ],
)
def test_what_is_no_json_number_becomes_text(csv, cell, expected):
    path = csv(f"c0;c1\n{cell};x\n")
    assert body(path, columns("integer", "text")) == f'[{{"c0":{expected},"c1":"x"}}]\n'


def test_booleans_are_true_false_null_or_text_as_found(csv):
    path = csv('c0;c1\nt;x\nfalse;x\n;x\n"";x\nS;x\n')
    rows = json.loads(body(path, columns("boolean", "text")))
    assert [row["c0"] for row in rows] == [True, False, None, "", "S"]


def test_single_column_keeps_a_null_row_that_is_a_blank_line(csv):
    path = csv('c0\na\n\n""\n\n')
    rows = json.loads(body(path, columns("text")))
    assert [row["c0"] for row in rows] == ["a", None, "", None]


def test_foreign_file_of_windows_keeps_values_and_skips_blank_lines(csv):
    path = csv(b'\xef\xbb\xbfA;B\r\n1;x\r\n\r\n2;"y ""z"""\r\n3;"l\r\nm"\r\n4')
    assert json.loads(body(path, None)) == [
        {"A": "1", "B": "x"},
        {"A": "2", "B": 'y "z"'},
        {"A": "3", "B": "l\r\nm"},
        {"A": "4", "B": None},
    ]


def test_quote_inside_an_unquoted_value_is_a_plain_character(csv):
    path = csv('A;B\ncano 5";2\n"a"b;3\n')
    assert json.loads(body(path, None)) == [{"A": 'cano 5"', "B": "2"}, {"A": "ab", "B": "3"}]


def test_repeated_and_empty_column_names_stay_apart(csv):
    path = csv("A;A;;A.1\n1;2;3;4\n")
    assert body(path, None) == '[{"A":"1","A.1":"2","Unnamed: 2":"3","A.1.1":"4"}]\n'
    assert unique_names(["x", "x", "x"]) == ["x", "x.1", "x.2"]


@pytest.mark.parametrize("content", ["c0;c1\n", "c0;c1", "\ufeffc0;c1\n"])
def test_file_without_rows_is_an_empty_array(csv, content):
    assert body(csv(content), columns("text", "text")) == "[]\n"
    assert body(csv(content), None) == "[]\n"


@pytest.mark.parametrize(
    ("content", "cols", "words"),
    [
        (b"", None, "empty"),
        ("a;b\nção;1\n".encode("cp1252"), None, "not UTF-8"),
        (b"a;b\n1;2;3\n", None, "row 1 has 3 values where 2"),
        (b"c0;c1\n1;2\n1\n", columns("text", "text"), "row 2 has 1 values where 2"),
        (b"c0;c1\n1;2\n", columns("text"), "names 2 columns, the manifest 1"),
        (b'a;b\n"x;1\n2;3\n', None, "never closed"),
        (b'"a;b\n1;2\n', None, "never closed"),
    ],
)
def test_unreadable_file_is_refused_before_the_first_byte(csv, content, cols, words):
    path = csv(content)
    with pytest.raises(DatasetUnreadable, match=words) as caught:
        read_rows(path, cols)
    assert "vendas.csv" in caught.value.message


def test_missing_file_folder_and_link_are_refused(tmp_path):
    (tmp_path / "secret").write_text("a;b\n1;2\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "secret")
    for name in ("none.csv", ".", "link.csv"):
        with pytest.raises(DatasetUnreadable):
            read_rows(tmp_path / name, None)


VALUES = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.text(alphabet=';"\n\r ab\\\té\x00', max_size=6),
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=30)
)


@settings(max_examples=300, deadline=None)
@given(TABLES, st.integers(0, 35), st.one_of(st.none(), st.integers(0, 35)), st.integers(4, 40))
def test_values_written_by_the_rules_of_postgresql_come_back(
    tmp_path_factory, table, offset, limit, block_bytes
):
    width = len(table[0]) if table else 1
    path = tmp_path_factory.mktemp("t") / "t.csv"
    header = [f"c{n}" for n in range(width)]
    path.write_bytes(postgres_csv([header, *table]).encode())
    expected = [dict(zip(header, row, strict=True)) for row in table]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BLOCK_BYTES", block_bytes)
        patch.setattr(reading, "LEAST_BLOCK_BYTES", 1)
        patch.setattr(reading, "ROW_BYTES", 1)
        text = body(path, columns(*["text"] * width), offset=offset, limit=limit)
    assert json.loads(text) == expected[offset:][:limit]


def big_file(path: Path, rows: int, *, row: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("id;nome;obs\n")
        for start in range(0, rows, 10_000):
            file.writelines(f"{n};{row}\n" for n in range(start, min(start + 10_000, rows)))
    return path


@pytest.mark.parametrize("row", ["José da Silva;pedido conferido", '"a;b";"linha\num ""x"""'])
def test_every_row_of_a_larger_file_is_there_once_and_pages_fit(tmp_path, row):
    path = big_file(tmp_path / "big.csv", 50_000, row=row)
    cols = columns("integer", "text", "text")
    everything = json.loads(body(path, cols))
    assert [r["c0"] for r in everything] == list(range(50_000))
    for offset, limit in ((0, 1), (49_999, 5), (12_345, 700), (50_000, 1), (0, 50_000)):
        page = json.loads(body(path, cols, offset=offset, limit=limit))
        assert page == everything[offset : offset + limit]
    assert json.loads(body(path, cols, offset=30_000)) == everything[30_000:]


def test_memory_and_chunks_do_not_grow_with_the_file(tmp_path):
    path = big_file(tmp_path / "big.csv", 100_000, row="José da Silva;" + "pedido conferido " * 5)
    tracemalloc.start()
    sizes = [len(chunk) for chunk in read_rows(path, columns("integer", "text", "text"))]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(sizes) > path.stat().st_size
    assert max(sizes) < 512 * 1024
    assert peak < 4 * 1024 * 1024


def test_record_longer_than_many_blocks_is_read_whole(csv):
    text = 'linha com "aspas"; e\n' * 40_000
    path = csv(postgres_csv([["c0", "c1"], [text, "1"], ["x", "2"]]))
    assert json.loads(body(path, columns("text", "integer"))) == [
        {"c0": text, "c1": 1},
        {"c0": "x", "c1": 2},
    ]


def test_endless_record_is_refused_in_bounded_memory(csv, monkeypatch):
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 300_000)
    path = csv('a;b\n1;2\n"' + "x" * 900_000)
    with pytest.raises(DatasetUnreadable, match="longer than 300000 bytes"):
        body(path, None)


def test_closing_the_stream_early_closes_the_file(tmp_path):
    path = big_file(tmp_path / "big.csv", 20_000, row="a;b")
    stream = read_rows(path, None)
    next(stream)
    stream.close()
    assert list(stream) == []


def test_preview_shows_names_and_the_first_rows(csv):
    path = csv('A;B\n1;\n2;""\n3\n')
    assert read_columns_preview(path, 3) == (["A", "B"], [["1", None], ["2", ""], ["3", None]])
    assert read_columns_preview(path, 1) == (["A", "B"], [["1", None]])
    assert read_columns_preview(path, 0) == (["A", "B"], [])


@pytest.mark.parametrize("delimiter", [",", "|", "\t"])
def test_other_delimiters_are_read(csv, delimiter):
    path = csv(f'c0{delimiter}c1\n1{delimiter}"a{delimiter}b"\n')
    rows = json.loads(body(path, columns("integer", "text"), delimiter=delimiter))
    assert rows == [{"c0": 1, "c1": f"a{delimiter}b"}]
