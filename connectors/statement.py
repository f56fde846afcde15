"""The gate every job text passes: exactly one statement that reads; pure text, no database.

It refuses early and in words. The barrier that counts is the database itself, which prepares
the text alone in a read-only transaction before it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from connectors.base import (
    QueryEmpty,
    QueryMultipleStatements,
    QueryNotSelect,
    QueryRefused,
    QueryUnbalanced,
)

READING = ("SELECT", "WITH")
CHANGING = {"INSERT": "INTO", "DELETE": "FROM", "MERGE": "INTO", "UPDATE": None}
# A run asks several times for the text of its job.
TEXTS_KEPT = 64
ORACLE_BRACKETS = {"[": "]", "{": "}", "(": ")", "<": ">"}

_SKIP = re.compile(r"\s+|--[^\n]*")
_WORD = re.compile(r"[^\W\d][\w$#]*")
_NUMBER = re.compile(r"\d[\w.]*")
_PLAIN_STRING = re.compile(r"'[^']*(?:''[^']*)*'")
_ESCAPE_STRING = re.compile(r"[eE]'[^'\\]*(?:(?:''|\\.)[^'\\]*)*'", re.DOTALL)
_QUOTED_NAME = re.compile(r'"[^"]*(?:""[^"]*)*"')
_DOLLAR_OPENING = re.compile(r"\$(?:[^\W\d]\w*)?\$")
_ORACLE_OPENING = re.compile(r"[nN]?[qQ]'(\S)")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_COLON = re.compile(r"::|:=|:(?:\d+|[^\W\d][\w$#]*)")
# Oracle takes blanks after the colon too.
_ORACLE_COLON = re.compile(r"::|:=|:\s*(?:\d+|[^\W\d][\w$#]*)")
# After these a colon parts two things in PostgreSQL: bounds of a slice, key and value.
_ENDS_A_VALUE = frozenset({"string", "quoted name", "number", ")", "]"})
_PAIRED = frozenset({"JSON_OBJECT", "JSON_OBJECTAGG"})


class Token(NamedTuple):
    """A word in upper case, a sign, `:name` as it is written, or the kind of a literal; `start`
    is its offset."""

    text: str
    start: int


class Placeholder(NamedTuple):
    """`:name` where a value may stand, in lower case and without the colon; offsets in the text."""

    name: str
    start: int
    end: int


@lru_cache(TEXTS_KEPT)
def check_statement(sql: str, kind: str | None = None) -> str:
    """Return the one reading statement of `sql`, without a closing semicolon.

    Nothing before that is changed, so that places in the answer are places in `sql`. `kind`
    is the kind of connection, whose rules of quoting are used; without it the text passes when
    it is sound by the rules of any kind. Raises a subclass of QueryRefused.
    """
    if kind is not None:
        return _check(sql, is_oracle=kind == "oracle")
    try:
        return _check(sql, is_oracle=False)
    except QueryRefused as as_postgres:
        try:
            return _check(sql, is_oracle=True)
        except QueryRefused:
            raise as_postgres from None


@lru_cache(TEXTS_KEPT)
def placeholders_in(sql: str, kind: str | None = None) -> tuple[Placeholder, ...]:
    """Where the text names a value by `:name` or `:1`, in order.

    Never inside strings, comments and quoted names; not the second half of `::type`, the bound
    of a slice or the value of a JSON key. `kind` as in check_statement; raises what it raises.
    """
    if kind is None:
        check_statement(sql)
        try:
            return placeholders_in(sql, "postgres")
        except QueryRefused:
            return placeholders_in(sql, "oracle")
    is_oracle = kind == "oracle"
    tokens = list(_tokens(sql, is_oracle=is_oracle))
    found = _named_by_oracle(tokens) if is_oracle else _named_by_postgres(tokens)
    return tuple(
        Placeholder(token.text[1:].strip().lower(), token.start, token.start + len(token.text))
        for token in found
    )


def _is_placeholder(token: Token) -> bool:
    return token.text[0] == ":" and token.text not in {":", "::", ":="}


def _named_by_oracle(tokens: list[Token]) -> Iterator[Token]:
    """As the driver finds them: a colon after a string belongs to a JSON key."""
    previous = ""
    for token in tokens:
        if _is_placeholder(token) and previous != "string":
            yield token
        previous = token.text


def _named_by_postgres(tokens: list[Token]) -> Iterator[Token]:
    previous = ""
    opened: list[str] = []  # what a colon means inside: "" a value, else what it parts
    for token in tokens:
        if token.text == "(":
            opened.append("pair" if previous in _PAIRED else "")
        elif token.text == "[":
            is_list = previous in {"ARRAY", "[", ",", "("}
            opened.append("" if is_list else "slice")
        elif token.text in {")", "]"} and opened:
            opened.pop()
        elif _is_placeholder(token) and not _parts(previous, opened[-1] if opened else ""):
            yield token
        previous = token.text


def _parts(previous: str, inside: str) -> bool:
    """True when a colon after `previous` stands between two things of PostgreSQL."""
    is_after_key = inside == "pair" and previous not in {"(", ",", "VALUE", ":"}
    return inside == "slice" or is_after_key or previous in _ENDS_A_VALUE


def _check(sql: str, *, is_oracle: bool) -> str:
    if "\0" in sql:
        raise QueryRefused("The query holds a NUL character.", hint="Remove it and save again.")
    tokens = list(_tokens(sql, is_oracle=is_oracle))
    _refuse_unread(tokens)
    end = len(sql)
    for index, token in enumerate(tokens):
        if token.text == ";":
            _refuse_more(sql, tokens, index)
            end = token.start
            tokens = tokens[:index]
            break
    _refuse_unbalanced(sql, tokens)
    _refuse_changes(sql, tokens)
    return sql[:end].rstrip()


def _refuse_more(sql: str, tokens: list[Token], index: int) -> None:
    if index + 1 < len(tokens):
        raise QueryMultipleStatements(
            "The query holds more than one statement: another begins after the semicolon of "
            f"{_place(sql, tokens[index].start)}.",
            hint="A job runs exactly one SELECT; make a job of each statement.",
        )


def _refuse_unread(tokens: list[Token]) -> None:
    first = next((token.text for token in tokens if token.text != "("), "(")
    if all(token.text == ";" for token in tokens):
        raise QueryEmpty("The query is empty.", hint="Write one SELECT.")
    if first not in READING:
        raise QueryNotSelect(
            f"The query begins with {first[:40]}, not with SELECT or WITH.",
            hint="A job only reads; write one SELECT.",
        )


def _refuse_unbalanced(sql: str, tokens: list[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.text == "(":
            opened.append(token)
        elif token.text == ")":
            if not opened:
                raise QueryUnbalanced(
                    f"The parenthesis closed in {_place(sql, token.start)} was never opened.",
                    hint="Remove it or open it before.",
                )
            opened.pop()
    if opened:
        raise QueryUnbalanced(
            f"The parenthesis opened in {_place(sql, opened[-1].start)} is never closed.",
            hint="Close it.",
        )


def _refuse_changes(sql: str, tokens: list[Token]) -> None:
    """Refuse INSERT, UPDATE, DELETE and MERGE where WITH allows them: a branch, or its body."""
    padded = [Token("", 0), Token("", 0), *tokens, Token("", 0)]
    for before, previous, token, following in zip(
        padded, padded[1:], padded[2:], padded[3:], strict=False
    ):
        if token.text not in CHANGING or following.text in {"", ",", ")"}:
            continue
        in_branch = previous.text == "(" and before.text in {"AS", "MATERIALIZED"}
        after_branch = previous.text == ")" and tokens[0].text == "WITH"
        wanted = CHANGING[token.text]
        if (in_branch or after_branch) and wanted in {None, following.text}:
            raise QueryNotSelect(
                f"The query changes data: {token.text} in {_place(sql, token.start)}.",
                hint="A job only reads; write one SELECT.",
            )


def _tokens(sql: str, *, is_oracle: bool) -> Iterator[Token]:
    """Tokens without blanks and comments. Literals come as one token named after their kind."""
    position = 0
    while position < len(sql):
        if skipped := _SKIP.match(sql, position):
            position = skipped.end()
        elif sql.startswith("/*", position):
            position = _comment_end(sql, position, nested=not is_oracle)
        else:
            name, end = _token_at(sql, position, is_oracle=is_oracle)
            yield Token(name, position)
            position = end


def _token_at(sql: str, position: int, *, is_oracle: bool) -> tuple[str, int]:
    special = _oracle_literal(sql, position) if is_oracle else _postgres_literal(sql, position)
    if special:
        return "string", special
    for kind, opening, pattern in (
        ("string", "'", _PLAIN_STRING),
        ("quoted name", '"', _QUOTED_NAME),
    ):
        if sql[position] == opening:
            return kind, _end_of(pattern, sql, position, kind)
    if word := _WORD.match(sql, position):
        return word[0].upper(), word.end()
    if number := _NUMBER.match(sql, position):
        return "number", number.end()
    if colon := (_ORACLE_COLON if is_oracle else _COLON).match(sql, position):
        return colon[0], colon.end()
    return sql[position], position + 1


def _postgres_literal(sql: str, position: int) -> int | None:
    """End of an E'..' or $tag$..$tag$ string that starts here."""
    if sql[position] in "eE" and sql.startswith("'", position + 1):
        return _end_of(_ESCAPE_STRING, sql, position, "string")
    if opening := _DOLLAR_OPENING.match(sql, position):
        return _closed_by(opening[0], sql, opening.end(), position)
    return None


def _oracle_literal(sql: str, position: int) -> int | None:
    """End of a q'[..]' string that starts here."""
    opening = _ORACLE_OPENING.match(sql, position)
    if opening is None:
        return None
    closing = ORACLE_BRACKETS.get(opening[1], opening[1]) + "'"
    return _closed_by(closing, sql, opening.end(), position)


def _closed_by(closing: str, sql: str, body: int, position: int) -> int:
    found = sql.find(closing, body)
    if found < 0:
        raise _unclosed("string", sql, position)
    return found + len(closing)


def _end_of(pattern: re.Pattern[str], sql: str, position: int, kind: str) -> int:
    found = pattern.match(sql, position)
    if found is None:
        raise _unclosed(kind, sql, position)
    return found.end()


def _comment_end(sql: str, position: int, *, nested: bool) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, position):
        if edge[0] == "*/":
            depth -= 1
        elif nested or depth == 0:
            depth += 1
        if depth == 0:
            return edge.end()
    raise _unclosed("comment", sql, position)


def _unclosed(kind: str, sql: str, position: int) -> QueryUnbalanced:
    return QueryUnbalanced(
        f"The {kind} that begins in {_place(sql, position)} is never closed.", hint="Close it."
    )


def place_of(sql: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character offset counted from 0."""
    return sql.count("\n", 0, offset) + 1, offset - (sql.rfind("\n", 0, offset) + 1) + 1


def _place(sql: str, offset: int) -> str:
    return "line {}, column {}".format(*place_of(sql, offset))
