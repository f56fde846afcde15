"""Writes one version of a dataset: hidden until it is whole, counted, hashed and on the disk."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from datafiles.durable import (
    FileNotWritten,
    disk_fault,
    make_folder,
    open_temporary,
    sync_folder,
    temporary_path,
)
from failpoints import failpoint

log = logging.getLogger(__name__)

# The source's socket holds some 200 KiB: a larger piece takes so long to hash and write that the
# server waits for its reader (1 MiB made an export a quarter slower).
BUFFER_BYTES = 1 << 18
# A piece from this size on is written as it is: a buffer that is filled and freed for each costs
# fresh pages every time, a seventh of the processor time of an export.
LARGE_BYTES = 1 << 16
# What is written goes to the disk meanwhile, so that the fsync at the end has little left to do.
WRITE_BACK_BYTES = 1 << 23


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that is complete and durable under its final name."""

    path: Path
    size_bytes: int
    sha256: str


class VersionWriter:
    """A file that appears under `path` by `commit()`, or never.

    Use as a context manager. `write` may be called once per row: bytes are gathered before they
    are hashed and written. Leaving the block without `commit`, or any fault, removes what was
    written at once, so that a full disk is free again for everybody else.
    Raises DiskFull, FolderNotWritable or FileNotWritten.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writes = 0
        self._temporary = temporary_path(path)
        self._handle = -1
        self._buffer = bytearray()
        self._flushed = 0
        self._written_back = 0
        self._hash = hashlib.sha256()

    @property
    def bytes_written(self) -> int:
        """Bytes handed to `write` so far."""
        return self._flushed + len(self._buffer)

    def __enter__(self) -> Self:
        make_folder(self.path.parent)
        try:
            self._handle = open_temporary(self._temporary)
        except OSError as exc:
            raise disk_fault(exc, self.path.parent) from exc
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._discard()

    def write(self, data: bytes) -> int:
        """Take the bytes; called once per row, so it does next to nothing."""
        buffer = self._buffer
        self.writes += 1
        if len(data) >= LARGE_BYTES:
            self._flush()
            self._put(data)
            return len(data)
        buffer += data
        if len(buffer) >= BUFFER_BYTES:
            self._flush()
        return len(data)

    def commit(self) -> WrittenFile:
        """Make the file durable, then visible. A fault of fsync throws the file away.

        The file becomes read-only where the system has such modes: a version never changes,
        and the exported file may be the same one by a hard link.
        """
        self._flush()
        try:
            if sys.platform != "win32":
                os.fchmod(self._handle, os.fstat(self._handle).st_mode & 0o444)
            os.fsync(self._handle)
            self._close()
            failpoint("after_fsync")
            self._publish()
            failpoint("after_rename")
        except OSError as exc:
            raise self._fault(exc) from exc
        return WrittenFile(self.path, self._flushed, self._hash.hexdigest())

    def _publish(self) -> None:
        if self.path.exists():
            raise FileExistsError(0, f"version {self.path.name} exists already")
        self._temporary.replace(self.path)
        try:
            sync_folder(self.path.parent)
        except OSError:
            self.path.unlink(missing_ok=True)
            raise

    def _flush(self) -> None:
        self._put(self._buffer)
        self._buffer.clear()

    def _put(self, data: bytes | bytearray) -> None:
        if self._handle < 0:
            raise FileNotWritten(f"{self.path.name} is not open for writing")
        self._hash.update(data)
        try:
            with memoryview(data) as rest:
                written = 0
                while written < len(rest):
                    written += os.write(self._handle, rest[written:])
        except OSError as exc:
            raise self._fault(exc) from exc
        self._flushed += len(data)
        if self._flushed - self._written_back >= WRITE_BACK_BYTES:
            self._start_write_back()

    def _start_write_back(self) -> None:
        """Let the system begin to write what it holds back; a hint, which may be ignored."""
        start, self._written_back = self._written_back, self._flushed
        if sys.platform == "linux":
            # On pages that are not on the disk yet the advice starts their way there, and keeps
            # them in memory (mm/fadvise.c).
            size = self._flushed - start
            os.posix_fadvise(self._handle, start, size, os.POSIX_FADV_DONTNEED)

    def _fault(self, exc: OSError) -> Exception:
        removed = self._discard()
        return disk_fault(exc, self.path.parent, removed_bytes=removed)

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def _discard(self) -> int:
        """Close and remove the temporary file if it is still there; tells its size in bytes."""
        with contextlib.suppress(OSError):
            self._close()
        # Not cleared: the traceback of a failed write may still hold a view of the old one.
        self._buffer = bytearray()
        try:
            size_bytes = self._temporary.stat().st_size
            self._temporary.unlink()
        except FileNotFoundError:
            return 0
        return size_bytes


def remove_version_file(file: Path) -> None:
    """A reader on Windows may hold the file open: then the daemon's next sweep tries again."""
    try:
        file.unlink(missing_ok=True)
    except PermissionError as exc:
        log.info("version_in_use", extra={"file": file.name, "problem": str(exc)})
