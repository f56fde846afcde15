"""Companions of datasets: made at the first filtered read, kept open, found by every process.

A companion serves filters, sorts and deep pages; the file of the dataset stays the truth, and
every value that is sent is read from it.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import secrets
import shutil
import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Final, Self

import duckdb

from auxiliares import AutomacaoError
from datafiles.column_keys import ColumnKey, KeyKind
from datafiles.companion_build import (
    KEYS_FILE,
    PLACES_FILE,
    SPILL_LIMIT,
    KeyBuilder,
    sandboxed,
    write_places,
)
from datafiles.durable import disk_fault, make_folder
from datafiles.formats.exact import is_plain
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from datafiles.plain_image import DELIMITER, write_image
from datafiles.records import DatasetUnreadable
from datafiles.sorted_keys import SortedColumns
from datafiles.version_rows import write_exact_image

COMPANIONS: Final = "companions"  # their folder, below the data folder
FORMAT: Final = 3
LABEL_FILE: Final = "label.json"
IMAGE_FILE: Final = "image.csv"
KEPT_OPEN: Final = 6
QUERY_MEMORY: Final = "256MB"
SPILL_FOLDER: Final = ".spill"
UNUSED_AFTER_S: Final = 30 * 86_400
ABANDONED_AFTER_S: Final = 6 * 3600
_PLACE_BYTES: Final = array("Q").itemsize


class DatasetBeingPrepared(AutomacaoError):
    """The companion is still being made; it goes on without whoever asked."""

    code: ClassVar[str] = "dataset_being_prepared"
    status: ClassVar[int] = 503
    retry_after_s: ClassVar[int] = 10


@dataclass(frozen=True, slots=True)
class DataFile:
    """The CSV of a dataset: one file, or several in order with the same columns.

    A file that is not ours has no types. Its companion, and that of a version that is not plain
    CSV (`form` is set), holds a copy of it in our own plain form.
    """

    parts: tuple[Path, ...]
    columns: tuple[ManifestColumn, ...]
    delimiter: str = ";"
    day_first: bool = True
    is_ours: bool = True
    form: FileForm | None = None

    @classmethod
    def of_version(
        cls, parts: Sequence[Path], columns: Sequence[ManifestColumn], form: FileForm
    ) -> Self:
        """The files of a version of ours."""
        return cls(
            tuple(parts),
            tuple(columns),
            form.dialect.delimiter,
            # What is not plain is read from an image with ISO dates.
            day_first=form.dialect.date_format == "dmy" and is_plain(form),
            form=None if is_plain(form) else form,
        )

    @property
    def has_image(self) -> bool:
        """Whether the companion reads a copy."""
        return not self.is_ours or self.form is not None

    def key(self) -> str:
        """Changes with every change of the files; also names the companion's folder."""
        seen = [(str(part), *_stamp(part)) for part in self.parts]
        columns = [(column.name, column.type) for column in self.columns]
        form = self.form.manifest() if self.form is not None else None
        text = json.dumps([FORMAT, seen, columns, self.delimiter, self.day_first, form])
        return hashlib.sha256(text.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Companion:
    """An open companion. `part_rows`: how many records each part has."""

    file: DataFile
    keys: tuple[ColumnKey, ...]
    part_rows: tuple[int, ...]
    folder: Path
    sorted_columns: SortedColumns
    _places: memoryview
    _database: duckdb.DuckDBPyConnection

    @property
    def rows(self) -> int:
        return sum(self.part_rows)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of one's own to the sandboxed keys; close it."""
        return self._database.cursor()

    def place(self, row: int) -> tuple[int, int, int]:
        """The part that holds a row, counted from 0, and where its record begins and ends."""
        part, first = 0, 0
        while row >= first + self.part_rows[part]:
            first += self.part_rows[part]
            part += 1
        entry = row + part  # each part has one entry more: the end of its header
        return part, self._places[entry], self._places[entry + 1]


@dataclass(slots=True)
class _Build:
    done: threading.Event = field(default_factory=threading.Event)
    fault: AutomacaoError | None = None


class Companions:
    """Opens companions of one folder, making those that are missing, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._one_build = threading.Lock()
        self._one_opening = threading.Lock()
        self._open: OrderedDict[str, Companion] = OrderedDict()
        self._builds: dict[str, _Build] = {}

    def folder_of(self, file: DataFile) -> Path:
        """Where the companion of a file lies, or would."""
        return self._folder / file.key()

    def find(self, file: DataFile) -> Companion | None:
        """The companion if it is there already."""
        key = file.key()
        found = self._kept(key)
        if found is not None:
            return found
        with self._one_opening:
            found = self._kept(key) or _opened(self._folder / key, file)
        if found is not None:
            with self._lock:
                self._open[key] = found
                while len(self._open) > KEPT_OPEN:
                    # Who still reads from it holds it; it closes with its last reader.
                    self._open.popitem(last=False)
        return found

    def _kept(self, key: str) -> Companion | None:
        with self._lock:
            found = self._open.get(key)
            if found is not None:
                self._open.move_to_end(key)
            return found

    def get(self, file: DataFile, *, wait_s: float) -> Companion:
        """The companion, made first when it is missing.

        Raises DatasetBeingPrepared after `wait_s`, or why it cannot be made.
        """
        found = self.find(file)
        if found is not None:
            return found
        build = self.begin(file)
        if not build.done.wait(wait_s):
            raise DatasetBeingPrepared(
                "This dataset is being prepared for filters and sorting, which takes longer the "
                "first time. Try again in a few seconds; reading it without them works now."
            )
        if build.fault is not None:
            raise build.fault
        found = self.find(file)
        if found is None:
            raise DatasetUnreadable("its companion vanished while it was made; ask again")
        return found

    def begin(self, file: DataFile) -> _Build:
        """Start making the companion unless somebody has."""
        key = file.key()
        with self._lock:
            running = self._builds.get(key)
            if running is not None:
                return running
            build = self._builds[key] = _Build()
        threading.Thread(
            target=self._make, args=(file, key, build), name="companion", daemon=True
        ).start()
        return build

    def _make(self, file: DataFile, key: str, build: _Build) -> None:
        try:
            with self._one_build:
                make_companion(file, self._folder / key)
        except AutomacaoError as exc:
            build.fault = exc
        finally:
            with self._lock:
                self._builds.pop(key, None)
            build.done.set()


def make_companion(file: DataFile, folder: Path) -> None:
    """Write the companion under `folder`, whole or not at all. Raises DatasetUnreadable."""
    make_folder(folder.parent)
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.part")
    try:
        beside.mkdir()
        _fill(file, beside)
        if not folder.exists():
            beside.rename(folder)
    except OSError as exc:
        if folder.exists():
            return  # another process was faster
        raise disk_fault(exc, folder.parent) from exc
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _fill(file: DataFile, folder: Path) -> None:
    counts, longest = [], 0
    sources = [[str(part), *_stamp(part)] for part in file.parts]
    if file.form is not None:
        write_exact_image(file.parts, file.columns, file.form, folder / IMAGE_FILE)
    elif not file.is_ours:
        write_image(file.parts[0], file.delimiter, len(file.columns), folder / IMAGE_FILE)
    if file.has_image:
        file = _read_from_image(file, folder)
    for part in file.parts:
        count, length = write_places(part, folder / PLACES_FILE)
        counts.append(count)
        longest = max(longest, length)
    builder = KeyBuilder(
        file.parts,
        file.columns,
        delimiter=file.delimiter,
        day_first=file.day_first,
        longest=longest,
    )
    rows = builder.build(folder)
    if rows != sum(counts):
        raise DatasetUnreadable(f"it has {sum(counts)} records, {rows} of which can be read")
    shutil.rmtree(folder / "spill", ignore_errors=True)
    label = json.dumps({"format": FORMAT, "sources": sources, "rows": counts})
    (folder / LABEL_FILE).write_text(label, encoding="utf-8")


def _read_from_image(file: DataFile, folder: Path) -> DataFile:
    return replace(file, parts=(folder / IMAGE_FILE,), delimiter=DELIMITER)


def _opened(folder: Path, file: DataFile) -> Companion | None:
    """None where there is none, or one that this version cannot read, which is then removed."""
    try:
        label = json.loads((folder / LABEL_FILE).read_text("utf-8"))
        os.utime(folder / LABEL_FILE)
        with (folder / PLACES_FILE).open("rb") as places:
            mapped = mmap.mmap(places.fileno(), 0, access=mmap.ACCESS_READ)
        database = sandboxed(
            folder / KEYS_FILE,
            read_only=True,
            memory=QUERY_MEMORY,
            spill=folder.parent / SPILL_FOLDER,
            spill_limit=SPILL_LIMIT,
        )
        rows = database.execute("SELECT * FROM key_columns ORDER BY position").fetchall()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, duckdb.Error):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    keys = tuple(
        ColumnKey(n, t, KeyKind(kind), width, scale) for _, n, t, kind, width, scale in rows
    )
    if file.has_image:
        file = _read_from_image(file, folder)
    return Companion(
        file,
        keys,
        tuple(label["rows"]),
        folder,
        SortedColumns(folder, keys, database),
        memoryview(mapped).cast("Q"),
        database,
    )


def sweep_companions(folder: Path) -> list[str]:
    """Remove companions whose files are gone or changed, or that nobody used for a month."""
    removed = []
    now = time.time()
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name == SPILL_FOLDER:
            _sweep_spill(entry, now)
            continue
        with suppress(OSError):
            if _is_useless(entry, now):
                shutil.rmtree(entry)
                removed.append(entry.name)
    return removed


def _sweep_spill(folder: Path, now: float) -> None:
    """What processes that were killed have left behind."""
    for entry in folder.iterdir():
        with suppress(OSError):
            if entry.is_dir() and now - entry.stat().st_mtime > ABANDONED_AFTER_S:
                shutil.rmtree(entry)


def _is_useless(entry: Path, now: float) -> bool:
    if entry.name.startswith("."):
        return now - entry.stat().st_mtime > ABANDONED_AFTER_S
    try:
        label = json.loads((entry / LABEL_FILE).read_text("utf-8"))
        used = (entry / LABEL_FILE).stat().st_mtime
        sources: Sequence[tuple[str, int, int]] = label["sources"]
        is_current = all(_stamp(Path(path)) == (size, changed) for path, size, changed in sources)
    except (OSError, ValueError, KeyError):
        return True
    return not is_current or now - used > UNUSED_AFTER_S


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
