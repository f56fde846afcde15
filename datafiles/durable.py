"""Files that appear whole: temporary names, fsync, and faults of the disk in words.

Used by the version writer and by the projection, which leave the same kind of leftovers.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, ClassVar

from auxiliares import AutomacaoError

if sys.platform != "win32":
    import fcntl

_TEMPORARY_NAME = re.compile(r"\..+\.[0-9a-f]{12}\.part", re.DOTALL)
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP}


class DiskFull(AutomacaoError):
    """The disk, or the account's share of it, has no room for the file."""

    code: ClassVar[str] = "disk_full"
    status: ClassVar[int] = 507
    error_class = "transient"


class FolderNotWritable(AutomacaoError):
    """The folder cannot be made, or no file can be made in it."""

    code: ClassVar[str] = "folder_not_writable"
    status: ClassVar[int] = 422


class FileNotWritten(AutomacaoError):
    """The file could not be written or made safe for another reason, which the message names."""

    code: ClassVar[str] = "file_not_written"
    status: ClassVar[int] = 500
    error_class = "transient"


def temporary_path(path: Path) -> Path:
    """A new name beside `path` that readers ignore: it starts with `.` and ends with `.part`."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")


def open_temporary(path: Path) -> int:
    """Make the temporary file and lock it for as long as it is open, so no sweep removes it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o666)
    _lock(handle)
    return handle


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power loss; Windows offers no such call."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make `folder` and those above it. Raises FolderNotWritable or DiskFull."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise disk_fault(exc, folder) from exc


def check_writable(folder: Path) -> None:
    """Make the folder and prove that files can be made in it, before hours of query are spent.

    Raises FolderNotWritable or DiskFull.
    """
    make_folder(folder)
    probe = temporary_path(folder / "probe")
    try:
        os.close(open_temporary(probe))
        probe.unlink()
    except OSError as exc:
        raise disk_fault(exc, folder) from exc


def disk_fault(exc: OSError, folder: Path, *, removed_bytes: int = 0) -> AutomacaoError:
    """The error to raise for a failed call; `removed_bytes` is what the unfinished file held."""
    if exc.errno in _NO_SPACE:
        return DiskFull(
            f"No space left in folder {folder}: {_free_bytes(folder)} bytes are free after the "
            f"unfinished file of {removed_bytes} bytes was removed. Make room there or choose a "
            "folder on another disk; the last published file is untouched."
        )
    if exc.errno in _NOT_WRITABLE:
        return FolderNotWritable(
            f"Folder {folder} cannot be written to ({exc.strerror}). Let the account that runs "
            "AutomacaoSQL create files there, or choose another folder."
        )
    return FileNotWritten(
        f"Writing a file in folder {folder} failed ({exc.strerror or exc}). The unfinished file "
        "was thrown away; the last published file is untouched. Check the disk and run again."
    )


def emptied(*files: IO[bytes]) -> int:
    """Give the room of unfinished files back at once; how many bytes they held."""
    size_bytes = 0
    for file in files:
        with contextlib.suppress(OSError):
            size_bytes += os.fstat(file.fileno()).st_size
            os.ftruncate(file.fileno(), 0)
    return size_bytes


def sweep_leftovers(folder: Path, *, older_than_s: float) -> list[Path]:
    """Remove temporary files of killed writers in and below `folder`; tells which.

    A file still open in a living writer is locked (on Windows it cannot be removed) and stays,
    however old it is.
    """
    removed: list[Path] = []
    latest = time.time() - older_than_s
    for path in _temporary_files(folder):
        with contextlib.suppress(OSError):
            if path.stat(follow_symlinks=False).st_mtime <= latest and _is_abandoned(path):
                path.unlink()
                removed.append(path)
    return removed


def _temporary_files(folder: Path) -> Iterator[Path]:
    """Only what `temporary_path` names: others have hidden .part files in shared folders too."""
    for where, _, names in os.walk(folder):
        for name in names:
            if _TEMPORARY_NAME.fullmatch(name):
                yield Path(where, name)


def _is_abandoned(path: Path) -> bool:
    if sys.platform == "win32":
        return True
    if path.is_symlink():
        return False
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Whether the file was free to lock; file systems without locks count as free."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True


def _free_bytes(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
