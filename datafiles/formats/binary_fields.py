"""Where the values of PostgreSQL's binary rows lie in a block of many.

A row is the number of its fields (2 bytes), then for each its length (4 bytes, -1 for NULL) and
its value, everything with the highest byte first. They lie at any place of the block, where numpy
takes as long for a few bytes as for many: so length and value are taken as one cell, which begins
LENGTH_AT bytes before the length so that both lie even in it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Integers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]

LENGTH_AT: Final = 4
VALUE_AT: Final = 8
# From the beginning of a row to that of its first cell.
FIRST_CELL: Final = 2 - LENGTH_AT
_IS_LITTLE: Final = sys.byteorder == "little"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a kind of value lies in a row: the bytes of every value where all have as many, and how
    many from VALUE_AT on are wanted in the cell."""

    width: int | None
    wanted: int

    @property
    def cell_bytes(self) -> int:
        return VALUE_AT + -(-self.wanted // VALUE_AT) * VALUE_AT


@dataclass(slots=True)
class Fields:
    """One column of a block: where its cells begin, and where those of the next column do."""

    data: bytes | bytearray
    places: Integers
    behind: Integers
    nulls: Bits | None
    _cells: npt.NDArray[np.void]

    @classmethod
    def at(cls, data: bytes | bytearray, places: Integers, layout: Layout) -> Fields:
        """Raises ValueError for a value of another width, which no server sends for the type it
        has described."""
        cells = _taken(data, places, layout.cell_bytes)
        sizes = _integers(cells, np.int32, LENGTH_AT)
        is_null = sizes < 0
        has_nulls = bool(is_null.any())
        width = layout.width
        if width is not None and not ((sizes == width) | is_null).all():
            raise ValueError(f"a value of another length than the {width} bytes of its type")
        if has_nulls:
            sizes[is_null] = 0
        behind = places + LENGTH_AT
        behind += sizes
        return cls(data, places, behind, is_null if has_nulls else None, cells)

    @property
    def count(self) -> int:
        return len(self.places)

    def integers(self, kind: type[np.signedinteger[Any]], offset: int = 0) -> npt.NDArray[Any]:
        """The integer `offset` bytes from the beginning of each value, best within its cell; what
        it is for NULL is nobody's business."""
        at, size = VALUE_AT + offset, np.dtype(kind).itemsize
        if at + size <= self._cells.itemsize:
            return _integers(self._cells, kind, at)
        return _integers(_taken(self.data, self.places + at, size), kind, 0)

    def array(self, type_: pa.DataType, values: npt.NDArray[Any]) -> pa.Array:
        """An array of the values, with NULL where it belongs."""
        return pa.Array.from_buffers(
            type_, self.count, [self.validity(), pa.py_buffer(values)], self.null_count()
        )

    def validity(self) -> pa.Buffer | None:
        if self.nulls is None:
            return None
        return pa.py_buffer(np.packbits(~self.nulls, bitorder="little"))

    def null_count(self) -> int:
        return 0 if self.nulls is None else int(np.count_nonzero(self.nulls))

    def within(self, values: npt.NDArray[Any], least: int, most: int) -> bool:
        """Whether all values but NULL lie between these."""
        if self.nulls is not None:
            values[self.nulls] = 0
        return bool(values.min(initial=0) >= least and values.max(initial=0) <= most)


def _taken(data: bytes | bytearray, places: Integers, size: int) -> npt.NDArray[np.void]:
    """So many bytes from each place. Void, for numpy takes numbers that do not lie even one by one
    in twice the time."""
    at_every_place: npt.NDArray[np.void] = np.ndarray(
        (len(data) - size + 1,), np.dtype((np.void, size)), data, strides=(1,)
    )
    return at_every_place[places]


def _integers(
    cells: npt.NDArray[np.void], kind: type[np.signedinteger[Any]], offset: int
) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = np.ndarray(
        cells.shape, kind, cells.data, offset, strides=(cells.itemsize,)
    )
    return found.byteswap() if _IS_LITTLE else found.copy()
