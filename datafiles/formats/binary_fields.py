"""Where the values of PostgreSQL's binary rows lie in a block of many.

A row is the number of its fields (2 bytes), then for each its length (4 bytes, -1 for NULL) and
its value, everything with the highest byte first. numpy reads numbers at any place of the block.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Integers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]


class Block:
    """The bytes of many rows; integers of each size can be read at every place."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.ones = np.frombuffer(data, np.uint8)
        self.twos = self._at_every_place(">i2")
        self.fours = self._at_every_place(">i4")
        self.eights = self._at_every_place(">i8")

    def _at_every_place(self, kind: str) -> npt.NDArray[Any]:
        places = len(self.data) - np.dtype(kind).itemsize + 1
        return np.ndarray((places,), kind, self.data, strides=(1,))

    def first_fields(self) -> Integers:
        """Where the length of the first field of each row is."""
        count = int(np.frombuffer(self.data, np.int64, 1)[0])
        return np.frombuffer(self.data, np.int64, count, 8) + (8 + 8 * count + 2)


class Fields:
    """One column of a block: where its values begin and how long they are."""

    def __init__(self, block: Block, places: Integers, sizes: Integers) -> None:
        self.block = block
        self.places = places
        self.sizes = sizes
        self.nulls: Bits | None = None
        if sizes.min(initial=0) < 0:
            self.nulls = sizes < 0
            sizes[self.nulls] = 0

    @property
    def count(self) -> int:
        return len(self.places)

    def int8(self, offset: int = 0) -> Integers:
        """The eight bytes at each place as an integer."""
        return self.block.eights[self.places + offset].astype(np.int64)

    def int4(self) -> Integers:
        return self.block.fours[self.places].astype(np.int64)

    def int2(self) -> Integers:
        return self.block.twos[self.places].astype(np.int64)

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
