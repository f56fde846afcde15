"""Puts a version where people look for it: the file at the job's export folder and name.

The projection is a hard link to the version, or a copy where the disks differ. It appears whole
and replaces the one before in one step.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from auxiliares import AutomacaoError
from datafiles.durable import (
    disk_fault,
    make_folder,
    open_temporary,
    sync_folder,
    temporary_path,
)
from datafiles.steady import held_folder

LOCKED_TRIES = 6
LOCKED_PAUSE_S = 0.5


class TargetNotReplaced(AutomacaoError):
    """Something that is not a file stands where the exported file belongs."""

    code: ClassVar[str] = "export_target_not_a_file"
    status: ClassVar[int] = 409


@dataclass(frozen=True, slots=True)
class ProjectionResult:
    """Where the version now stands; `warning` says why it is not the wanted place."""

    path: Path
    warning: str | None = None


def project(
    version: Path,
    target: Path,
    *,
    replace: Callable[[Path, Path], object] = os.replace,
    tries: int = LOCKED_TRIES,
    pause_s: float = LOCKED_PAUSE_S,
) -> ProjectionResult:
    """Make `target`, an absolute path without links, show `version`.

    A target that another program holds open (Excel on Windows) is tried again, `tries` times
    with `pause_s` between; after that the version gets a name of its own beside it and the
    result carries a warning. Raises DiskFull, FolderNotWritable, FileNotWritten or
    TargetNotReplaced; the temporary file never stays.
    """
    make_folder(target.parent)
    if target.is_dir():
        raise TargetNotReplaced(
            f"{target} is a folder, so no file can be written there. Rename the folder, or the "
            "job's export name."
        )
    try:
        with held_folder(target.parent) as folder:
            temporary = temporary_path(folder / target.name)
            try:
                _link_or_copy(version, temporary)
                placed = ProjectionResult(target)
                if not _replaced(temporary, folder / target.name, replace, tries, pause_s):
                    placed = _placed_beside(temporary, target, version)
                sync_folder(folder)
            except OSError as exc:
                raise _cleaned_fault(exc, temporary, target.parent) from exc
            finally:
                # Also after success: renaming one hard link onto another of the same file keeps
                # both.
                with suppress(OSError):
                    temporary.unlink()
    except OSError as exc:
        raise disk_fault(exc, target.parent) from exc
    return placed


def is_projected(version: Path, target: Path) -> bool:
    """Whether `target` shows `version`: the same file, or a copy of its size and time."""
    try:
        wanted, found = version.stat(), target.stat()
    except OSError:
        return False
    if os.path.samestat(wanted, found):
        return True
    return (wanted.st_size, wanted.st_mtime_ns) == (found.st_size, found.st_mtime_ns)


def ensure_projected(version: Path, target: Path) -> bool:
    """Make `target` show `version` where it does not; True when it had to be placed.

    A version without a file is left alone. Raises what `project` raises.
    """
    if not version.exists() or is_projected(version, target):
        return False
    project(version, target, tries=1)
    return True


def withdraw(version: Path, target: Path) -> bool:
    """Remove `target` while it shows `version`, byte for byte; True when it did.

    A fault leaves it there.
    """
    with suppress(OSError):
        if is_projected(version, target) and _is_same(version, target):
            target.unlink()
            return True
    return False


def _is_same(version: Path, target: Path) -> bool:
    return version.samefile(target) or filecmp.cmp(version, target, shallow=False)


def _link_or_copy(version: Path, temporary: Path) -> None:
    try:
        os.link(version, temporary)
    except FileNotFoundError:
        raise
    except OSError:
        # Another disk, or a file system without hard links, or a file of another account.
        _copy(version, temporary)


def _copy(version: Path, temporary: Path) -> None:
    with version.open("rb") as source, os.fdopen(open_temporary(temporary), "wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
    seen = version.stat()
    os.utime(temporary, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def _replaced(
    temporary: Path,
    target: Path,
    replace: Callable[[Path, Path], object],
    tries: int,
    pause_s: float,
) -> bool:
    for attempt in range(tries):
        try:
            replace(temporary, target)
        except PermissionError:
            if attempt + 1 < tries:
                time.sleep(pause_s)
        else:
            return True
    return False


def _placed_beside(temporary: Path, target: Path, version: Path) -> ProjectionResult:
    beside = target.with_name(f"{target.stem} ({version.stem}){target.suffix}")
    temporary.replace(temporary.with_name(beside.name))
    return ProjectionResult(
        beside,
        f"{target.name} is held open by another program and could not be replaced; this version "
        f"was written as {beside.name} beside it. Close the program that shows the file.",
    )


def _cleaned_fault(exc: OSError, temporary: Path, folder: Path) -> AutomacaoError:
    """The error to raise, built after the room of the unfinished file is free again."""
    size_bytes = 0
    with suppress(OSError):
        size_bytes = temporary.stat().st_size
        temporary.unlink()
    return disk_fault(exc, folder, removed_bytes=size_bytes)
