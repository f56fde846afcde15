"""Opens files and folders of shared places so that nothing put there meanwhile leads out of them.

A path is checked when its dataset is found, and a folder of it may be replaced by a link before
the file is opened or written. Here every folder is opened by the one above it, and no link is
followed.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path


class NotRegular(OSError):
    """A pipe, a device or a folder stands where a file is expected."""


def open_steadily(path: Path) -> FileIO:
    """The regular file at an absolute path without links, for reading, unbuffered.

    Raises OSError, also where a part of the path is a link by now.
    """
    handle = _open(path)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotRegular(errno.EINVAL, "it is not a regular file")
        return os.fdopen(handle, "rb", 0)
    except BaseException:
        os.close(handle)
        raise


if sys.platform == "win32":
    import ctypes
    import msvcrt

    _LONGEST = 32_768

    def _open(path: Path) -> int:
        """Windows has no folder handles to begin from: what was opened is compared instead."""
        handle = os.open(path, os.O_RDONLY | os.O_BINARY)
        buffer = ctypes.create_unicode_buffer(_LONGEST)
        found = ctypes.windll.kernel32.GetFinalPathNameByHandleW(
            msvcrt.get_osfhandle(handle), buffer, _LONGEST, 0
        )
        if not found or not is_same_path(buffer.value, str(path)):
            os.close(handle)
            raise OSError(errno.ELOOP, "its path leads elsewhere by now")
        return handle

    def _hold(folder: Path) -> Iterator[Path]:
        yield folder

else:
    # Folders need not be listed to be passed through.
    _FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_PATH", os.O_RDONLY)
    _FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK

    def _open(path: Path) -> int:
        folder = _open_folder(path.parent)
        try:
            return os.open(path.name, _FILE, dir_fd=folder)
        finally:
            os.close(folder)

    def _open_folder(path: Path) -> int:
        root, *folders = path.parts
        folder = os.open(root, _FOLDER)
        for part in folders:
            try:
                below = os.open(part, _FOLDER, dir_fd=folder)
            finally:
                os.close(folder)
            folder = below
        return folder

    def _hold(folder: Path) -> Iterator[Path]:
        handle = _open_folder(folder)
        try:
            way = Path(f"/proc/self/fd/{handle}")
            yield way if way.exists() else folder
        finally:
            os.close(handle)


@contextmanager
def held_folder(folder: Path) -> Iterator[Path]:
    """A way into the folder at an absolute path without links, which leads there to the end.

    Only Linux has such ways; elsewhere it is the path itself. Raises OSError, on Linux and macOS
    also where a part of the path is a link by now.
    """
    yield from _hold(folder)


def is_same_path(final: str, wanted: str) -> bool:
    r"""Whether the final path of a handle, as `\\?\C:\x` or `\\?\UNC\host\x`, is the one wanted.

    Compared without regard to case, as Windows does.
    """
    if final.startswith("\\\\?\\UNC\\"):
        final = "\\\\" + final.removeprefix("\\\\?\\UNC\\")
    else:
        final = final.removeprefix("\\\\?\\")
    return final.casefold() == wanted.replace("/", "\\").casefold()
