"""Binary rows of every order of lengths as tables; what cannot be is refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datafiles.formats.arrow_types import ValueNotRepresentable
from datafiles.formats.binary_blocks import BinaryBlocks
from datafiles.manifest import ManifestColumn
from dialects.native_rows import RowBlock

COLUMNS = [
    ManifestColumn("n", "integer", "bigint", None, None),
    ManifestColumn("pouco", "integer", "smallint", None, None),
    ManifestColumn("nome", "text", "text", None, None),
    ManifestColumn("ativo", "boolean", "boolean", None, None),
    ManifestColumn("fim", "text", "text", None, None),
]
ROWS = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.integers(-(2**15), 2**15 - 1),
    st.none() | st.text(max_size=40),
    st.none() | st.booleans(),
    st.none() | st.text(max_size=3),
)


def packed(*values: bytes | None) -> bytes:
    fields = (
        struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value
        for value in values
    )
    return struct.pack(">h", len(values)) + b"".join(fields)


def row(
    n: int | None, few: int | None, name: str | None, is_on: bool | None, end: str | None
) -> bytes:
    return packed(
        None if n is None else struct.pack(">q", n),
        None if few is None else struct.pack(">h", few),
        None if name is None else name.encode(),
        None if is_on is None else struct.pack("?", is_on),
        None if end is None else end.encode(),
    )


@given(rows=st.lists(ROWS, min_size=1, max_size=30))
def test_every_value_comes_back(
    rows: list[tuple[int | None, int | None, str | None, bool | None, str | None]],
) -> None:
    table = BinaryBlocks(COLUMNS).table(RowBlock.of([row(*values) for values in rows]))
    assert list(zip(*(column.to_pylist() for column in table.columns), strict=True)) == rows


@pytest.mark.parametrize("size", [0, 4, 9])
def test_a_value_of_another_width_than_its_type_is_refused_with_its_column(size: int) -> None:
    rows = [row(1, 2, "a", True, "b"), packed(bytes(size), None, None, None, None)]
    with pytest.raises(ValueNotRepresentable, match=r"'n'.*another length than the 8 bytes"):
        BinaryBlocks(COLUMNS).table(RowBlock.of(rows))
