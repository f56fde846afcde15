"""How a tag of a job is written, and which two are the same. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from auxiliares import AutomacaoError, FieldError

MOST_TAGS: Final = 10
LONGEST_TAG: Final = 40


class TagsInvalid(AutomacaoError):
    """A tag that cannot be written so, or too many of them; the message says which."""

    code = "tags_invalid"
    status = 422


def key_of(tag: str) -> str:
    """Tags of one key are one tag."""
    return unicodedata.normalize("NFC", tag).casefold()


def in_form(tags: Iterable[str]) -> list[str]:
    """Without blanks around them, single blanks between words, each tag once, by the alphabet.

    Of two spellings the first one stays. Raises TagsInvalid.
    """
    found: dict[str, str] = {}
    for tag in tags:
        written = unicodedata.normalize("NFC", " ".join(tag.split()))
        _check(written)
        found.setdefault(key_of(written), written)
    if len(found) > MOST_TAGS:
        raise _refusal(f"A job has at most {MOST_TAGS} tags; these are {len(found)}.")
    return in_order(found.values())


def in_order(tags: Iterable[str]) -> list[str]:
    """By the alphabet: neither capitals nor accents come before or after all other letters."""
    return sorted(tags, key=lambda tag: (_letters(tag), key_of(tag), tag))


def _letters(tag: str) -> str:
    parts = unicodedata.normalize("NFKD", tag)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def _check(tag: str) -> None:
    if not tag:
        raise _refusal("A tag is empty; write a word, or leave it out.")
    if len(tag) > LONGEST_TAG:
        start = tag[:LONGEST_TAG]
        raise _refusal(f"The tag {start!r}... has {len(tag)} characters, of at most {LONGEST_TAG}.")
    if "," in tag or not tag.isprintable():
        raise _refusal(
            f"The tag {tag!r} has a comma or an invisible character; write letters, digits, blanks "
            "and other signs only."
        )


def _refusal(message: str) -> TagsInvalid:
    return TagsInvalid(
        message, errors=[FieldError(field="tags", code=TagsInvalid.code, message=message)]
    )
