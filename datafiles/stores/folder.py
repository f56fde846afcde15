"""Delivery into a folder: a local one, or a network share that is mounted."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import ClassVar

from datafiles.durable import (
    DiskFull,
    check_writable,
    disk_fault,
    make_folder,
    open_temporary,
    sync_folder,
    temporary_path,
)
from datafiles.durable import FolderNotWritable as _FolderNotWritable
from datafiles.folders import is_within
from datafiles.steady import held_folder
from datafiles.stores.base import (
    DeliveryFault,
    Hold,
    Parcel,
    StoreReport,
    TargetRefused,
    TargetUnreachable,
    opened_source,
    pieces,
    verify,
)

LEFTOVER_AGE_S = 3600


class TargetFull(DeliveryFault):
    """The target has no room for the file."""

    code: ClassVar[str] = "target_full"
    status: ClassVar[int] = 507


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Files appear below `folder`, which must be there: an empty mount point is never filled."""

    folder: Path

    def test(self) -> StoreReport:
        self._check_folder()
        try:
            check_writable(self.folder)
        except (DiskFull, _FolderNotWritable) as exc:
            raise _refusal(exc) from exc
        return StoreReport(is_ok=True)

    def deliver(self, parcel: Parcel, hold: Hold) -> None:
        self._check_folder()
        target = self.folder.joinpath(*parcel.path.split("/"))
        try:
            make_folder(target.parent)
        except (DiskFull, _FolderNotWritable) as exc:
            raise _refusal(exc) from exc
        try:
            with held_folder(self._real_folder(target)) as folder:
                _place(parcel, folder / target.name, hold, str(target.parent))
        except OSError as exc:
            raise _fault(exc, target) from exc

    def _check_folder(self) -> None:
        if not self.folder.is_dir():
            raise TargetUnreachable(
                f"The folder {self.folder} is not there. Mount the share, or make the folder."
            )

    def _real_folder(self, target: Path) -> Path:
        """A symbolic link below the folder must not lead out of it."""
        real = Path(os.path.realpath(target.parent))
        if not is_within(real, Path(os.path.realpath(self.folder))):
            raise TargetRefused(f"{target.parent} leads out of {self.folder} by a symbolic link.")
        return real


def _place(parcel: Parcel, target: Path, hold: Hold, where: str) -> None:
    temporary = temporary_path(target)
    try:
        _copy(parcel, temporary, hold)
        with temporary.open("rb") as file:
            verify(parcel, pieces(file), where)
        hold.confirm()
        temporary.replace(target)
        sync_folder(target.parent)
        _remove_leftovers(target)
    finally:
        with suppress(OSError):
            temporary.unlink()


def _copy(parcel: Parcel, temporary: Path, hold: Hold) -> None:
    with opened_source(parcel) as source, os.fdopen(open_temporary(temporary), "wb", 0) as file:
        for piece in pieces(source):
            hold.check()
            file.write(piece)
        os.fsync(file.fileno())


def _fault(exc: OSError, target: Path) -> DeliveryFault:
    if isinstance(exc, PermissionError) and os.access(target.parent, os.W_OK):
        return TargetUnreachable(
            f"{target.name} is held open by another program and could not be replaced. Close the "
            "program that shows the file; it is tried again by itself."
        )
    if isinstance(exc, IsADirectoryError):
        return TargetRefused(f"{target} is a folder, so no file can be written there.")
    return _refusal(disk_fault(exc, target.parent))


def _refusal(exc: Exception) -> DeliveryFault:
    """A full disk may have room later; a folder that refuses needs somebody."""
    text = str(exc)
    if isinstance(exc, DiskFull):
        return TargetFull(text)
    if isinstance(exc, _FolderNotWritable):
        return TargetRefused(text)
    return TargetUnreachable(text)


def _remove_leftovers(target: Path) -> None:
    """What killed deliveries of this file left behind; nobody walks a share to find them."""
    for path in target.parent.glob(f".{escape(target.name)}.*.part"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFTOVER_AGE_S:
                path.unlink()
