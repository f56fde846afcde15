"""Names of exported files and datasets that mean the same file on Windows and on Linux."""

from __future__ import annotations

import re
import unicodedata
from typing import ClassVar

from auxiliares import AutomacaoError, FieldError

MAX_CHARACTERS = 120
# File systems of Linux hold 255 bytes a name; the rest is for .csv, a month, a version or .part.
MAX_BYTES = 200
MAX_PARTS = 20

_FORBIDDEN = '<>:"/\\|?*'
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])", re.IGNORECASE)
# VENDAS~1 is another name of VENDAS 2024 where Windows keeps short names.
_SHORT_ALIAS = re.compile(r"~[0-9]")
# Letters, marks, numbers, punctuation and symbols are seen and typed; anything else is not.
_VISIBLE = "LMNPS"


class NameRefused(AutomacaoError):
    """A name that is to be saved cannot be a file name everywhere."""

    code: ClassVar[str] = "name_invalid"
    status: ClassVar[int] = 422


class DatasetNameInvalid(AutomacaoError):
    """A name that was asked for cannot belong to any dataset."""

    code: ClassVar[str] = "dataset_name_invalid"
    status: ClassVar[int] = 400


def check_export_name(name: str, *, field: str = "export_name") -> str:
    """The file name without extension to save, NFC-normalised. Raises NameRefused."""
    return _checked(name, [unicodedata.normalize("NFC", name)], field)


def check_dataset_name(name: str, *, field: str = "dataset") -> str:
    """The dataset name to save: names joined by `/`, NFC-normalised. Raises NameRefused."""
    return _checked(name, unicodedata.normalize("NFC", name).split("/"), field)


def requested_dataset_name(name: str) -> str:
    """The dataset name of a request, NFC-normalised. Raises DatasetNameInvalid."""
    parts = unicodedata.normalize("NFC", name).split("/")
    if name_fault(parts) is not None:
        raise DatasetNameInvalid("Invalid dataset name")
    return "/".join(parts)


def name_fault(parts: list[str]) -> str | None:
    """What is wrong with the parts of a name, as the end of a sentence; None when nothing is."""
    if len(parts) > MAX_PARTS:
        return f"has more than {MAX_PARTS} parts"
    return next((fault for fault in map(_part_fault, parts) if fault), None)


def _part_fault(part: str) -> str | None:
    if not part:
        return "is empty or has an empty part"
    if len(part) > MAX_CHARACTERS or len(part.encode(errors="replace")) > MAX_BYTES:
        return f"is longer than {MAX_CHARACTERS} characters or {MAX_BYTES} bytes"
    unfit = next((char for char in part if not _is_allowed(char)), None)
    if unfit is not None:
        return f"contains {_shown(unfit)}, which cannot be in a file name"
    if part[0] in ". " or part[-1] in ". ":
        return "starts or ends with a dot or a space"
    if _DEVICE.fullmatch(part.partition(".")[0].rstrip(" ")):
        return f"is {part[:20]!r}, which Windows keeps for a device"
    if _SHORT_ALIAS.search(part):
        return "contains ~ before a digit, which Windows reads as the short name of another file"
    return None


def _is_allowed(char: str) -> bool:
    if char == " ":
        return True
    return unicodedata.category(char)[0] in _VISIBLE and char not in _FORBIDDEN


def _shown(char: str) -> str:
    visible = unicodedata.category(char)[0] in _VISIBLE
    return repr(char) if visible else f"the character U+{ord(char):04X}"


def _checked(name: str, parts: list[str], field: str) -> str:
    fault = name_fault(parts)
    if fault is None:
        return "/".join(parts)
    shown = name if len(name) <= 60 else name[:60] + "…"
    message = (
        f"The name {shown!r} {fault}. Use letters, digits, spaces and signs such as - _ . ( ), "
        "for instance 'Vendas São Paulo 2024'."
    )
    raise NameRefused(
        message, errors=[FieldError(field=field, code=NameRefused.code, message=message)]
    )
