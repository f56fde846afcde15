"""What the usual codes of Oracle and its driver mean to the people who meet them, in two languages.

The texts are in oracle_codes.json; read by the API and through it by the interface.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path


class Actor(StrEnum):
    """Who can do something about it."""

    AUTHOR = "author"  # of the query
    OPERATOR = "operator"  # of this product: connection, settings, network
    ADMINISTRATOR = "administrator"  # of the database


@dataclass(frozen=True, slots=True)
class Words:
    """Why it happens and what to do; whole sentences."""

    cause: str
    action: str


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """One code. `is_repeatable`: the same query may succeed when it is tried again by itself."""

    code: str
    actor: Actor
    is_repeatable: bool
    en: Words
    pt: Words


@cache
def meanings() -> dict[str, CodeMeaning]:
    """Every known code, as in ORA-00942, with its meaning."""
    text = Path(__file__).with_suffix(".json").read_text("utf-8")
    found = (
        CodeMeaning(
            code=entry["code"],
            actor=Actor(entry["actor"]),
            is_repeatable=entry["is_repeatable"],
            en=Words(**entry["en"]),
            pt=Words(**entry["pt"]),
        )
        for entry in json.loads(text)
    )
    return {meaning.code: meaning for meaning in found}
