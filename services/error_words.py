"""Errors in plain words of a language, from the catalogues of the interface and of Oracle's codes.

The interface keeps the words of every code in `frontend/src/i18n/errors.*.json`. They are read from
there, so that a mail says what the page says.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import NamedTuple

from auxiliares import ROOT
from connectors.oracle_codes import meanings
from messaging.facts import Explanation

_DATABASE_CODE = re.compile(r"\b(?:ORA|DPY|DPI)-\d{4,5}\b")
UNKNOWN = {"en": "An error without a name", "pt-BR": "Um erro sem nome"}


class ErrorWords(NamedTuple):
    """What a code means and what to do."""

    title: str
    help: str


@cache
def error_words(language: str) -> dict[str, ErrorWords]:
    """Words by code; none where the sources of the interface are not there."""
    path = ROOT / "frontend" / "src" / "i18n" / f"errors.{language}.json"
    try:
        text = path.read_text("utf-8")
    except OSError:
        return {}
    return {code: ErrorWords(**words) for code, words in json.loads(text).items()}


def explain(code: str | None, message: str | None, language: str) -> Explanation | None:
    """None where there is no error. A code without words is shown as it is."""
    if code is None and message is None:
        return None
    code = code or "unknown"
    words = error_words(language).get(code)
    found = _DATABASE_CODE.search(message or "")
    meaning = meanings().get(found[0]) if found else None
    said = None if meaning is None else (meaning.pt if language == "pt-BR" else meaning.en)
    return Explanation(
        code=code,
        title=words.title if words else UNKNOWN[language],
        help=words.help if words else "",
        message=message or code,
        database_code=meaning.code if meaning else None,
        cause=said.cause if said else None,
        action=said.action if said else None,
    )
