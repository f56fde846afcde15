"""The fast way of all rows gives what the way by records gives, byte by byte."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datafiles import plain_blocks, reading
from datafiles.manifest import ManifestColumn
from datafiles.plain_blocks import BlockEncoder
from datafiles.reading import read_rows
from datafiles.records import DatasetUnreadable

TYPES = ("integer", "decimal", "float", "boolean", "date", "text")
NUMBERS = ["0", "-0", "-0.0", "007", "1.50", "1e5", "1E+3", "1.", ".5", "+5", "NaN", "-", "-1.5e-7"]
ODD = [
    "",
    *NUMBERS,
    "t",
    "null",
    " 1",
    "false",
    "S",
    '""',
    "João",
    "a\\b",
    "tab\there",
    "\x7f",
    "\x00",
    "x" * 300,
]
PLAIN = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(blacklist_characters=';"\r\n', blacklist_categories=["Cs"]), max_size=8),
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
)
QUOTED = st.sampled_from(['"a;b"', '"x ""y"""', '"linha\num"', '"\\"'])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=5))
    cell = PLAIN if draw(st.booleans()) else st.one_of(PLAIN, QUOTED)
    row = st.lists(cell, min_size=len(types), max_size=len(types))
    return types, draw(st.lists(row, max_size=25))


def columns(types: list[str]) -> list[ManifestColumn]:
    return [ManifestColumn(f'c"{n}\\ç', kind, "native") for n, kind in enumerate(types)]


def written(folder: Path, types: list[str], rows: list[list[str]], delimiter: str = ";") -> Path:
    path = folder / "t.csv"
    lines = [[f"h{n}" for n in range(len(types))], *rows]
    path.write_bytes("".join(delimiter.join(line) + "\n" for line in lines).encode())
    return path


def both_ways(
    path: Path, types: list[str], keep: list[int] | None = None, delimiter: str = ";"
) -> tuple[bytes, bytes]:
    """The whole file, and the same rows as a page, which goes by records."""
    cols = columns(types)
    options = {"keep": keep, "delimiter": delimiter}
    fast = b"".join(read_rows(path, cols, **options))  # type: ignore[arg-type]
    return fast, b"".join(read_rows(path, cols, limit=sys.maxsize, **options))  # type: ignore[arg-type]


@settings(max_examples=400, deadline=None)
@given(tables(), st.integers(1, 60))
@example((["integer", "text"], [["1", "a"], ["-0", "b"]]), 1000)
@example((["integer", "integer"], [["", "007"], ["", "null"]]), 1)
@example((["integer"], [["x"], [" 1"], ["1\t"]]), 1)
@example((["decimal"], [[""], ["1.0"], [""]]), 7)
@example((["boolean"], [["t"], ["false"], [""], ["true"]]), 1000)
def test_whole_file_is_byte_by_byte_what_records_give(
    tmp_path_factory: pytest.TempPathFactory,
    table: tuple[list[str], list[list[str]]],
    block_bytes: int,
) -> None:
    types, rows = table
    path = written(tmp_path_factory.mktemp("t"), types, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK_BYTES", block_bytes)
        fast, slow = both_ways(path, types)
    # By records a column of whole numbers is read together, so that -0 depends on its neighbours.
    assert re.sub(rb":-0([,}])", rb":0\1", fast) == re.sub(rb":-0([,}])", rb":0\1", slow)
    assert len(json.loads(fast)) == len(rows)


def test_plain_rows_really_go_the_fast_way() -> None:
    encode = BlockEncoder(["a", "b"], ["decimal", "text"], keep=None, delimiter=";")
    found = encode.rows("1.50;São\n;\n".encode())
    assert found is not None
    assert (bytes(found.data).decode(), found.count) == (
        '{"a":1.50,"b":"São"},{"a":null,"b":null}',
        2,
    )


@pytest.mark.parametrize("block", [b"1;a\\b\n", b'1;"a"\n', b"1;a\tb\n", b"1;a\r\n", b"01;a\n"])
def test_what_is_not_plain_is_left_to_records(block: bytes) -> None:
    encode = BlockEncoder(["a", "b"], ["decimal", "text"], keep=None, delimiter=";")
    assert encode.rows(block) is None


@pytest.mark.parametrize("delimiter", [",", "|", "\t"])
def test_chosen_columns_and_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    types = ["integer", "text", "decimal"]
    rows = [[str(n), f"nome {n}", "" if n % 3 else f"{n}.50"] for n in range(500)]
    path = written(tmp_path, types, rows, delimiter)
    for keep in (None, [2], [2, 0], [1, 2, 0]):
        fast, slow = both_ways(path, types, keep, delimiter)
        assert fast == slow


def test_row_of_another_width_is_named_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 200)
    path = written(tmp_path, ["integer", "text"], [[str(n), "x"] for n in range(300)] + [["1"]])
    with pytest.raises(DatasetUnreadable, match="row 301 has 1 values where 2"):
        b"".join(read_rows(path, columns(["integer", "text"])))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a\nok\n\xe3\n")
    with pytest.raises(DatasetUnreadable, match="not UTF-8"):
        b"".join(read_rows(path, columns(["text"])))


def test_blocks_are_encoded_in_the_order_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 4000)
    quoted = '"a;b"'
    rows = [[str(n), quoted if n % 700 == 3 else "plain"] for n in range(20_000)]
    path = written(tmp_path, ["integer", "text"], rows)
    names = [column.name for column in columns(["integer", "text"])]
    found = json.loads(b"".join(read_rows(path, columns(["integer", "text"]))))
    assert [row[names[0]] for row in found] == list(range(20_000))
    assert plain_blocks.BLOCK_BYTES > 4000
