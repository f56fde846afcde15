"""Records of fixed size that wait on the disk, each with others of its part."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from datafiles.durable import disk_fault, emptied

Records = npt.NDArray[Any]
# What waits in memory for its way to the disk.
PENDING_RECORDS: Final = 1 << 17


class Spilled:
    """Takes records with the numbers of their parts, and gives back those of one part, in order.

    Use as a context manager. Raises DiskFull and the like.
    """

    def __init__(self, path: Path, kind: npt.DTypeLike, folder: Path) -> None:
        """`folder` is what errors name: `path` may lie in one that goes with it."""
        self._path = path
        self._folder = folder
        self._kind = np.dtype(kind)
        self._pending: list[tuple[npt.NDArray[np.int64], Records]] = []
        self._count = 0
        self._size_bytes = 0
        self._extents: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("w+b", buffering=0)
        except OSError as exc:
            raise disk_fault(exc, self._folder) from exc
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def parts(self) -> list[int]:
        """The parts that have records, in order."""
        self._spill()
        return sorted(self._extents)

    def add(self, parts: npt.NDArray[np.int64], records: Records) -> None:
        self._pending.append((parts, records))
        self._count += len(records)
        if self._count >= PENDING_RECORDS:
            self._spill()

    def of(self, part: int) -> Records:
        self._spill()
        pieces = []
        for place, size in self._extents[part]:
            self._file.seek(place)
            pieces.append(self._file.read(size))
        return np.frombuffer(b"".join(pieces), self._kind)

    def _spill(self) -> None:
        if not self._count:
            return
        parts = np.concatenate([part for part, _ in self._pending])
        records = np.concatenate([found for _, found in self._pending])
        self._pending.clear()
        self._count = 0
        order = np.argsort(parts, kind="stable")
        numbers, begins = np.unique(parts[order], return_index=True)
        self._write(records[order].tobytes())
        ends = np.append(begins[1:], len(order))
        record_bytes = self._kind.itemsize
        for number, begin, end in zip(numbers.tolist(), begins, ends, strict=True):
            place = self._size_bytes + int(begin) * record_bytes
            self._extents[number].append((place, int(end - begin) * record_bytes))
        self._size_bytes += len(order) * record_bytes

    def _write(self, data: bytes) -> None:
        try:
            self._file.seek(self._size_bytes)
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as exc:
            raise disk_fault(exc, self._folder, removed_bytes=emptied(self._file)) from exc
