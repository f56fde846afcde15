"""The words of an OData expression: what a `$filter` is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from auxiliares import AutomacaoError

MAX_CHARACTERS: Final = 20_000
MAX_TOKENS: Final = 4000

_TOKEN: Final = re.compile(
    r"(?P<space>[ \t]+)"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,12})?)"
    r"|(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?|[+-]INF)"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[^\W\d]\w*(?:\.\w+)*)"
    r"|(?P<sign>[(),])",
)


class ODataQueryInvalid(AutomacaoError):
    """A query option that cannot be read, or names or compares what is not there."""

    code: ClassVar[str] = "odata_query_invalid"
    status: ClassVar[int] = 400


class ODataNotSupported(AutomacaoError):
    """A part of OData that this feed does not have."""

    code: ClassVar[str] = "odata_not_supported"
    status: ClassVar[int] = 501


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is the name of its pattern, or `end`; `value` of a text is without its quotes."""

    kind: str
    value: str
    place: int


def tokens_of(text: str) -> list[Token]:
    """Every word and the end. Raises ODataQueryInvalid."""
    if len(text) > MAX_CHARACTERS:
        raise ODataQueryInvalid(f"An expression has at most {MAX_CHARACTERS} characters.")
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise ODataQueryInvalid(
                f"The expression cannot be read from character {place + 1}: {text[place:][:40]!r}."
            )
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, _value(match), place + 1))
        place = match.end()
    if len(found) > MAX_TOKENS:
        raise ODataQueryInvalid(f"An expression has at most {MAX_TOKENS} words.")
    return [*found, Token("end", "", len(text) + 1)]


def _value(match: re.Match[str]) -> str:
    text = match.group()
    return text[1:-1].replace("''", "'") if match.lastgroup == "text" else text
