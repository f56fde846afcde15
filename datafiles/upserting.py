"""New rows in the place of old ones with the same key; the keys wait on the disk."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

import numpy as np

from auxiliares import AutomacaoError
from datafiles.durable import disk_fault
from datafiles.manifest import ManifestColumn, place_of
from datafiles.merging import OldLines, RowsBefore
from datafiles.new_rows import Lines, NewRows, PickedRows
from datafiles.spilled import Records, Spilled
from datafiles.text_input import Row
from dialects.dialect import Dialect
from dialects.text_output import Sink, replacing

DIGEST_BYTES: Final = 16
# Digests end in zeros as often as in anything else: all have one length, so none is cut off.
KEY: Final = np.dtype([("key", "S16"), ("n", np.int64)])
MATCH: Final = np.dtype([("old", np.int64), ("new", np.int64)])
KEY_PARTS: Final = 64  # of five million rows 78,000 are compared at a time
MATCHES_SHIFT: Final = 18  # matches of so many bits of old rows are sorted at a time
FETCH_ROWS: Final = 20_000
FOLDER_PREFIX: Final = ".merge-"
ABANDONED_AFTER_S: Final = 86_400


class KeyNotUnique(AutomacaoError):
    """Several new rows have the same key."""

    code: ClassVar[str] = "key_not_unique"
    status: ClassVar[int] = 422


class KeyColumnUnknown(AutomacaoError):
    """A column of the key is not in the result."""

    code: ClassVar[str] = "key_column_unknown"
    status: ClassVar[int] = 422


class KeyedRows:
    """The keys of new and old rows, on the disk beside `beside`.

    A key is kept as a digest of 128 bits; a part of all digests is compared at a time, so that
    memory does not grow with the rows. Use as a context manager. NULL is a value like any other.
    Values are compared as the new file has them: what its encoding lacks is replaced first.
    """

    def __init__(
        self,
        columns: Sequence[ManifestColumn],
        names: Sequence[str],
        beside: Path,
        dialect: Dialect,
    ) -> None:
        """Raises KeyColumnUnknown."""
        self.columns = columns
        self.places = [_key_place(columns, name, dialect) for name in names]
        self._as_encoded = replacing(dialect)
        self._names = [columns[place].name for place in self.places]
        self._beside = beside
        self._counts = {"new": 0, "old": 0}

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            try:
                folder = Path(
                    opened.enter_context(
                        tempfile.TemporaryDirectory(
                            prefix=FOLDER_PREFIX,
                            dir=self._beside.parent,
                            ignore_cleanup_errors=True,
                        )
                    )
                )
            except OSError as exc:
                raise disk_fault(exc, self._beside.parent) from exc
            told = self._beside.parent
            self._keys = {
                side: opened.enter_context(Spilled(folder / side, KEY, told))
                for side in self._counts
            }
            self._matches = opened.enter_context(Spilled(folder / "matches", MATCH, told))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def examine(self, lines: Lines) -> None:
        """New rows."""
        self._add("new", [self._key_of(row, self.places) for _, row in lines])

    def add_old(self, lines: Lines, places: Sequence[int]) -> None:
        self._add("old", [self._key_of(row, places) for _, row in lines])

    def _key_of(self, row: Row, places: Sequence[int]) -> bytes:
        """A digest of the values; of texts that no two lists of values share."""
        values = [row[place] for place in places]
        text = "".join(["N;" if value is None else f"{len(value)}:{value};" for value in values])
        if self._as_encoded is not None:
            text = self._as_encoded(text)
        return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()

    def _add(self, side: str, keys: list[bytes]) -> None:
        if not keys:
            return
        first = self._counts[side]
        self._counts[side] += len(keys)
        digests = b"".join(keys)
        records = np.empty(len(keys), KEY)
        records["key"] = np.frombuffer(digests, "S16")
        records["n"] = np.arange(first, first + len(keys))
        parts = np.frombuffer(digests, np.uint8)[::DIGEST_BYTES] % KEY_PARTS
        self._keys[side].add(parts.astype(np.int64), records)

    def check_unique(self) -> None:
        """Raises KeyNotUnique when new rows share a key."""
        keys, rows = 0, 0
        example: tuple[int, int] | None = None
        for part in self._keys["new"].parts:
            found = _by_key(self._keys["new"].of(part))
            _, begins, counts = np.unique(found["key"], return_index=True, return_counts=True)
            shared = counts > 1
            keys += int(shared.sum())
            rows += int(counts[shared].sum())
            twins = [(int(found["n"][at]), int(found["n"][at + 1])) for at in begins[shared]]
            example = min([pair for pair in (example, *twins) if pair is not None], default=None)
        if example is None:
            return
        raise KeyNotUnique(
            f"{rows} new rows share {keys} keys ({', '.join(self._names)}), for example the rows "
            f"{example[0] + 1} and {example[1] + 1} of the result. Which of them counts cannot be "
            "known: add a column to key_columns, or let the query return one row for each key. The "
            "published file is untouched."
        )

    def matches(self) -> Iterator[tuple[int, int]]:
        """Old and new row of each key that both have, in the order of the old rows."""
        for part in self._keys["new"].parts:
            new, old = _by_key(self._keys["new"].of(part)), self._keys["old"].of(part)
            places = np.minimum(np.searchsorted(new["key"], old["key"]), len(new) - 1)
            is_match = new["key"][places] == old["key"]
            found = np.empty(int(is_match.sum()), MATCH)
            found["old"], found["new"] = old["n"][is_match], new["n"][places[is_match]]
            self._matches.add(found["old"] >> MATCHES_SHIFT, found)
        for part in self._matches.parts:
            found = self._matches.of(part)
            ordered = found[np.argsort(found["old"])]
            for begin in range(0, len(ordered), FETCH_ROWS):
                few = ordered[begin : begin + FETCH_ROWS]
                yield from zip(few["old"].tolist(), few["new"].tolist(), strict=True)


def write_upserted(
    sink: Sink, before: RowsBefore | None, keys: KeyedRows, new: NewRows, dialect: Dialect
) -> int:
    """The old rows in their order, each with a new key replaced; then the rows of new keys; how
    many.

    Raises KeyNotUnique. Old rows that share a key become one when it is replaced.
    """
    keys.check_unique()
    if before is None:
        for text in new.texts():
            sink.write(text.encode())
        return new.rows_written
    names = [column.name for column in before.columns]
    old = OldLines(before, keys.columns, dialect)
    wanted = [keys.columns[place].name for place in keys.places]
    for lines in before.lines():
        old.check()
        keys.add_old(lines, [names.index(name) for name in wanted])
    with closing(new.picked()) as picked:
        taken = bytearray(new.rows_written // 8 + 1)
        stayed = _replace_old(sink, before, old, keys.matches(), picked, taken)
        _add_new(sink, new, taken)
    return stayed + new.rows_written


def _replace_old(
    sink: Sink,
    before: RowsBefore,
    old: OldLines,
    matches: Iterator[tuple[int, int]],
    picked: PickedRows,
    taken: bytearray,
) -> int:
    """Returns how many old rows stayed."""
    number, replaced, match = 0, 0, next(matches, None)
    for lines in before.lines():
        data = bytearray()
        kept: Lines = []
        for line in lines:
            if match is None or match[0] != number:
                kept.append(line)
            else:
                data += old.encode(kept)
                kept.clear()
                replaced += 1
                new_row = match[1]
                if not taken[new_row >> 3] & 1 << (new_row & 7):
                    taken[new_row >> 3] |= 1 << (new_row & 7)
                    data += picked.line(new_row)
                match = next(matches, None)
            number += 1
        data += old.encode(kept)
        if data:
            sink.write(bytes(data))
    return number - replaced


def _add_new(sink: Sink, new: NewRows, taken: bytearray) -> None:
    number = 0
    for lines in new.lines():
        data = bytearray()
        for line, _ in lines:
            if not taken[number >> 3] & 1 << (number & 7):
                data += line.encode()
            number += 1
        if data:
            sink.write(bytes(data))


def _by_key(records: Records) -> Records:
    """Rows of one key in their order."""
    return records[np.argsort(records["key"], kind="stable")]


def _key_place(columns: Sequence[ManifestColumn], name: str, dialect: Dialect) -> int:
    place = place_of(columns, name, dialect)
    if place is not None:
        return place
    listed = ", ".join(column.name for column in columns)[:1000]
    raise KeyColumnUnknown(
        f"There is no single column {name!r} in the result; it has: {listed}. "
        "Set key_columns of the job to columns of the result."
    )


def sweep_merges(folder: Path) -> None:
    """Remove what workers that were killed while they matched keys left below `folder`."""
    limit = time.time() - ABANDONED_AFTER_S
    for left in folder.glob(f"*/{FOLDER_PREFIX}*"):
        with suppress(OSError):
            if left.stat().st_mtime < limit:
                shutil.rmtree(left, ignore_errors=True)
