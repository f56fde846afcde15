"""Names with a date in them: `vendas_{data:%Y-%m}` is `vendas_2026-03` for a day in March."""

from __future__ import annotations

import re
from datetime import date

# What strftime writes the same way on every system and in every language.
DIRECTIVES = frozenset("YymdjGVu")
_PLACE = re.compile(r"\{data:([^{}]*)\}")
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)


def pattern_fault(pattern: str) -> str | None:
    """What is wrong with the places of a pattern, as the end of a sentence; None: nothing."""
    for form in _PLACE.findall(pattern):
        unknown = [found for found in _DIRECTIVE.findall(form) if found not in DIRECTIVES]
        if unknown or "%" not in form:
            known = " ".join(f"%{letter}" for letter in sorted(DIRECTIVES))
            return f"has {{data:{form}}}; use one or more of {known} there"
    if re.search(r"[{}]", _PLACE.sub("", pattern)):
        return "has braces that are no date; write a date as in {data:%Y-%m}"
    return None


def expanded(pattern: str, day: date) -> str:
    """The name of that day; the pattern must be without fault."""
    return _PLACE.sub(lambda found: day.strftime(found[1]), pattern)
