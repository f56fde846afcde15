"""Rows of plain lines as JSON objects by Arrow's kernels: several times as fast as by records.

A block is plain when no value in it needs more than being put between names: no quote, backslash
or control character, numbers that are numbers of JSON, booleans that are booleans. Whatever is not
plain is left to `datafiles.reading`, whose rows these are, byte by byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pa_csv

from datafiles.json_values import NUMBER_TYPES

BLOCK_BYTES: Final = 1 << 18
# A lone -0 is left out: by records it becomes 0 where all values of its column are whole.
_NUMBER: Final = (
    r"^(?:0|-?[1-9][0-9]*|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+))$"
)
_CONTROLS: Final = 32


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Objects with commas between them, and how many."""

    data: memoryview
    count: int


class BlockEncoder:
    """Turns whole plain lines into row objects, without a lock of the interpreter."""

    def __init__(
        self,
        names: Sequence[str],
        types: Sequence[str],
        *,
        keep: Sequence[int] | None,
        delimiter: str,
    ) -> None:
        """`names` and `types` of all columns of the file; `keep`: which are written, in order."""
        places = range(len(names)) if keep is None else keep
        self._keys = [f"{orjson.dumps(names[place]).decode()}:" for place in places]
        self._types = [types[place] for place in places]
        self._columns = [f"c{place}" for place in places]
        self._delimiter = delimiter.encode()
        every = [f"c{place}" for place in range(len(names))]
        self._read = pa_csv.ReadOptions(column_names=every, use_threads=False, block_size=1 << 30)
        self._parse = pa_csv.ParseOptions(
            delimiter=delimiter, quote_char=False, double_quote=False, ignore_empty_lines=False
        )
        self._convert = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(every, pa.string()),
            include_columns=self._columns,
            strings_can_be_null=True,
            null_values=[""],
        )

    def rows(self, block: bytes) -> EncodedRows | None:
        """The rows of these lines; None: they are not plain, or not of this width."""
        if not self._is_plain(block):
            return None
        try:
            table = pa_csv.read_csv(
                pa.BufferReader(block), self._read, self._parse, self._convert
            ).combine_chunks()
        except pa.ArrowInvalid:
            return None
        pieces: list[pa.Array | str] = []
        lead = "{"
        for key, type_name, name in zip(self._keys, self._types, self._columns, strict=True):
            found = _value_texts(table.column(name).chunk(0), type_name)
            if found is None:
                return None
            values, quote = found
            pieces += [f"{lead}{key}{quote}", values]
            lead = f"{quote},"
        pieces.append(f"{lead[:-1]}}},")
        joined = pc.binary_join_element_wise(*pieces, "")
        return EncodedRows(_bytes_of(joined)[:-1], len(joined))

    def _is_plain(self, block: bytes) -> bool:
        if b'"' in block or b"\\" in block:
            return False
        controls = block.count(b"\n")
        if self._delimiter < b" ":
            controls += block.count(self._delimiter)
        return bool(np.count_nonzero(np.frombuffer(block, np.uint8) < _CONTROLS) == controls)


def _value_texts(texts: pa.Array, type_name: str) -> tuple[pa.Array, str] | None:
    """The values as JSON and the quote that is missing around them; None: not plain."""
    quote = ""
    if type_name in NUMBER_TYPES:
        if pc.all(pc.match_substring_regex(texts, _NUMBER)).as_py() is False:
            return None
    elif type_name == "boolean":
        return _booleans(texts)
    else:
        quote = '"'
    if texts.null_count and quote:
        texts, quote = pc.binary_join_element_wise(quote, texts, quote, ""), ""
    return (pc.fill_null(texts, "null") if texts.null_count else texts), quote


def _booleans(texts: pa.Array) -> tuple[pa.Array, str] | None:
    is_true = pc.is_in(texts, pa.array(["t", "true"]))
    if not pc.all(pc.or_(is_true, pc.is_in(texts, pa.array(["f", "false", None])))).as_py():
        return None
    words = pc.if_else(is_true, "true", "false")
    return pc.if_else(pc.is_null(texts), "null", words), ""


def _bytes_of(texts: pa.Array) -> memoryview:
    """All of them one behind the other, as they lie in memory."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[
        texts.offset : texts.offset + len(texts) + 1
    ]
    return memoryview(texts.buffers()[2])[offsets[0] : offsets[-1]]
