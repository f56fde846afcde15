"""Commas replace the points of numbers, and nothing else, in lines of any dialect and any block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.decimal_commas import DecimalCommas
from dialects.delimited import Cell, LineEncoder
from dialects.dialect import Dialect
from dialects.text_output import with_crlf

NUMBERS = st.one_of(
    st.none(),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9).map(
        lambda number: f"{number:f}"
    ),
    st.sampled_from(["NaN", "-Infinity", "1e+20", "1.5e-07", "0", "-0.5"]),
)
TEXTS = st.one_of(st.none(), st.text(st.sampled_from(";,\t'\"\n\r.=x1é"), max_size=6))
CELLS = [Cell.NUMBER, Cell.TEXT, Cell.NUMBER, Cell.TEXT]
ROWS = st.lists(st.tuples(NUMBERS, TEXTS, NUMBERS, TEXTS), max_size=6)
DIALECTS = st.builds(
    Dialect,
    delimiter=st.sampled_from(";\t|"),
    quote=st.sampled_from("\"'"),
    null_text=st.sampled_from(["", "NULL"]),
    header=st.booleans(),
    decimal_mark=st.just(","),
    line_end=st.sampled_from(["lf", "crlf"]),
)


@given(
    dialect=DIALECTS, blocks=st.lists(ROWS, max_size=3), places=st.sampled_from([[0], [2], [0, 2]])
)
def test_only_the_points_of_numbers_become_commas(
    dialect: Dialect, blocks: list[list[tuple[str | None, ...]]], places: list[int]
) -> None:
    encoder = LineEncoder(dialect, CELLS)
    commas = DecimalCommas(dialect, len(CELLS), places)

    def line(row: tuple[str | None, ...]) -> bytes:
        return encoder.encode([[value] for value in row])

    def with_commas(row: tuple[str | None, ...]) -> tuple[str | None, ...]:
        return tuple(
            value.replace(".", ",") if value and place in places else value
            for place, value in enumerate(row)
        )

    header = encoder.header(["a.b", 'c;"d.e"', "f.", "g"]) if dialect.header else b""
    for block in blocks:
        lines = header + b"".join(line(with_commas(row)) for row in block)
        if dialect.line_end == "crlf":
            lines = with_crlf(lines, dialect.quote.encode())
        found = commas.written(header + b"".join(map(line, block)))
        assert found == (lines, len(block) + bool(header))
        header = b""


def test_a_line_of_other_columns_is_refused() -> None:
    commas = DecimalCommas(Dialect(decimal_mark=",", header=False), 3, [0])
    with pytest.raises(ValueError, match="another number of fields"):
        commas.written(b"1.5;2\n3.5;4;5;6\n")
