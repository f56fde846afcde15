"""CSV files that lie in the folder of the data API but were not published by this product."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from auxiliares import AutomacaoError
from datafiles.folders import is_within
from datafiles.names import name_fault, requested_dataset_name

SUFFIX = ".csv"


class DatasetFileNotFound(AutomacaoError):
    """No regular CSV file of this dataset name lies in the folder."""

    code: ClassVar[str] = "dataset_not_found"
    status: ClassVar[int] = 404


def unmanaged_files(root: Path) -> Iterator[str]:
    """Dataset names of the CSV files in and below `root`, sorted: the path without `.csv`.

    Only files that `open_unmanaged` opens: names that every system allows, regular, and not
    reached by a symbolic link to a folder. The caller leaves out the published ones.
    """
    real_root = Path(os.path.realpath(root))
    names: list[str] = []
    for where, folders, files in os.walk(real_root):
        below = Path(where).relative_to(real_root).parts
        folders[:] = [folder for folder in folders if name_fault([folder]) is None]
        for file in files:
            if not file.endswith(SUFFIX):
                continue
            parts = [*below, file.removesuffix(SUFFIX)]
            if _is_servable(parts, Path(where, file), real_root):
                names.append(unicodedata.normalize("NFC", "/".join(parts)))
    return iter(sorted(names))


def open_unmanaged(root: Path, name: str) -> Path:
    """The real path of a dataset's CSV file.

    Raises DatasetNameInvalid for a name that no file can have here, DatasetFileNotFound when
    there is no such regular file or when it leads out of `root`.
    """
    parts = requested_dataset_name(name).split("/")
    real_root = Path(os.path.realpath(root))
    for path in _spelled(real_root, parts):
        if _is_servable(parts, path, real_root):
            return Path(os.path.realpath(path))
    raise DatasetFileNotFound(f'Dataset "{name}" not found')


def _spelled(root: Path, parts: list[str]) -> list[Path]:
    """The file under both ways to code its accents; macOS writes them apart."""
    names = [[unicodedata.normalize(form, part) for part in parts] for form in ("NFC", "NFD")]
    return [root.joinpath(*folders, last + SUFFIX) for *folders, last in names]


def _is_servable(parts: list[str], path: Path, real_root: Path) -> bool:
    real = Path(os.path.realpath(path))
    return name_fault(parts) is None and is_within(real, real_root) and real.is_file()
