"""Where jobs may export to: only into and below the folders the settings allow."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePath, PureWindowsPath
from typing import ClassVar

from auxiliares import AutomacaoError, FieldError
from datafiles.names import name_fault

_FIELD = "export_path"


class ExportPathRefused(AutomacaoError):
    """The export folder lies outside the allowed folders, or cannot be a folder everywhere."""

    code: ClassVar[str] = "export_path_outside_roots"
    status: ClassVar[int] = 422


def resolve_export_folder(roots: Sequence[Path], text: str) -> Path:
    """The real folder meant by `text`, which need not exist yet.

    A relative text starts from `roots[0]`; an absolute one must lie in or below one of `roots`.
    Symbolic links are followed before the comparison. Raises ExportPathRefused.
    """
    text = unicodedata.normalize("NFC", text.strip())
    for root, parts in _candidates(roots, text):
        fault = name_fault(list(parts))
        if fault is not None:
            raise _refused(text, f"{fault}; every folder needs a name that Windows and Linux allow")
        real = Path(os.path.realpath(root.joinpath(*parts)))
        if any(is_within(real, Path(os.path.realpath(allowed))) for allowed in roots):
            return real
    raise _outside(roots, text)


def target_key(folder: Path, name: str) -> str:
    """Equal for two exports that would be one file on some system."""
    return place_key(str(folder / name))


def place_key(place: str) -> str:
    """Equal for two places that are one where case and accents' coding make no difference."""
    return unicodedata.normalize("NFC", place).casefold()


def is_within(path: PurePath, root: PurePath) -> bool:
    """Whether `path` is `root` or below it; both real and absolute.

    Whole names are compared (`data-secret` is not inside `data`), on Windows without regard to
    case.
    """
    return path.is_relative_to(root)


def _candidates(roots: Sequence[Path], text: str) -> list[tuple[Path, tuple[str, ...]]]:
    """Each root that `text` may lie below, with the parts below it."""
    if "\0" in text:
        return []
    windows = PureWindowsPath(text)
    if ".." in windows.parts:
        return []
    if not windows.anchor:
        # A backslash separates on every system: jobs move from Windows to Linux with their paths.
        return [(roots[0], tuple(part for part in windows.parts if part != "."))]
    if not Path(text).is_absolute():
        return []
    absolute = Path(text)
    return [
        (root, absolute.relative_to(root).parts)
        for root in _spellings(roots)
        if absolute.is_relative_to(root)
    ]


def _spellings(roots: Sequence[Path]) -> list[Path]:
    """The roots as they are configured and as they really are, each once."""
    both = (spelling for root in roots for spelling in (root, Path(os.path.realpath(root))))
    return list(dict.fromkeys(both))


def _outside(roots: Sequence[Path], text: str) -> ExportPathRefused:
    allowed = ", ".join(str(root) for root in roots)
    return _refused(
        text,
        f"is outside the folders that jobs may export to ({allowed}). Use a folder relative to "
        "the first one, such as 'vendas/2024', or add the folder to data_api.export_roots in "
        "datafile.json",
    )


def _refused(text: str, reason: str) -> ExportPathRefused:
    shown = text if len(text) <= 200 else text[:200] + "…"
    message = f"The export folder {shown!r} {reason}."
    code = ExportPathRefused.code
    return ExportPathRefused(message, errors=[FieldError(field=_FIELD, code=code, message=message)])
