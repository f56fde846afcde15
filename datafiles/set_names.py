"""Names of files that change with the set of a run: `vendas_{param:uf}`, `{label}`. Pure.

What a set puts into a name is made safe first; the name that results is like any other, perhaps
with dates in it (datafiles.export_names).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

LABEL_PLACE = "{label}"
_PLACE = re.compile(r"\{label\}|\{param:([^{}]*)\}")
# What no file name holds, what would be read as a place, and what cannot be seen.
_UNSAFE = re.compile(r'[<>:"/\\|?*{}~]')
_VISIBLE = "LMNPS"


def has_set_places(name: str) -> bool:
    """Whether the name changes with the set."""
    return _PLACE.search(name) is not None


def parameters_of(name: str) -> set[str]:
    """The parameters a name holds, in lower case."""
    return {found.lower() for found in _PLACE.findall(name) if found}


def name_of_set(name: str, label: str, values: Mapping[str, str | None]) -> str:
    """The name with what this set puts into it; `values` by names in lower case."""

    def place(found: re.Match[str]) -> str:
        if found[1] is None:
            return safe_part(label)
        name = found[1].lower()
        if name not in values:
            return found[0]
        value = values[name]
        return "NULL" if value is None else safe_part(value)

    return _PLACE.sub(place, name)


def any_set(name: str) -> str:
    """The name with places of which anything may come, for comparing what two jobs can write."""
    return _PLACE.sub("{job}", name)


def safe_part(text: str) -> str:
    """The text as a part of a file name on Windows and Linux: signs that cannot be become `_`."""
    text = _UNSAFE.sub("_", unicodedata.normalize("NFC", text))
    seen = "".join(char if _is_seen(char) else "_" for char in text)
    return seen.strip(" .") or "_"


def _is_seen(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] in _VISIBLE
