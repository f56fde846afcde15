"""A letter in words: subject, plain text, HTML for mail, HTML for Telegram. Escapes everything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from messaging import figures
from messaging.facts import Item, Letter, Line
from vocabulary import Topic

HERE = Path(__file__).parent
SUBJECT_LENGTH = 180
MAIL_ITEMS = 50
CHAT_ITEMS = 10
MAIL_ERROR_LENGTH = 4000
CHAT_ERROR_LENGTH = 200
CHAT_LINES = 10
MAIL_LINES = 200
COLOURS = {
    Topic.FAILURE: "#ce2c31",
    Topic.GUARD: "#ad5700",
    Topic.LATE: "#ad5700",
    Topic.DELIVERY_FAILED: "#ce2c31",
    Topic.RECOVERY: "#218358",
    Topic.SUCCESS: "#218358",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as templates show it: every value a text."""

    topic: str
    colour: str
    job_name: str
    sentence: str
    error: Any
    figures: list[tuple[str, str]]
    line_heads: list[str]
    lines: list[list[str]]
    url: str | None
    data_url: str | None


@cache
def words(language: str) -> dict[str, Any]:
    """The catalogue of a language."""
    catalogue: dict[str, dict[str, Any]] = json.loads((HERE / "words.json").read_text("utf-8"))
    return catalogue[language]


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def subject(letter: Letter) -> str:
    """One line without any control character, of limited length."""
    w = words(letter.language)
    if letter.is_test:
        text = w["test_title"]
    elif len(letter.items) == 1:
        text = f"{_topic(letter.items[0], w)}: {letter.items[0].job_name}"
    else:
        topics = {_topic(item, w): 0 for item in letter.items}
        for item in letter.items:
            topics[_topic(item, w)] += 1
        counted = ", ".join(f"{name} {count}" for name, count in topics.items())
        text = f"{w['count_many'].format(n=len(letter.items))}: {counted}"
    return one_line(f"[AutomacaoSQL] {text}")[:SUBJECT_LENGTH]


def one_line(text: str) -> str:
    """Without anything that could begin a new header or turn the direction of writing."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def plain_text(letter: Letter) -> str:
    return _written(letter, "letter.txt", is_chat=False)


def html(letter: Letter) -> str:
    return _written(letter, "letter.html", is_chat=False)


def telegram(letter: Letter) -> str:
    return _written(letter, "telegram.html", is_chat=True).strip()


def _written(letter: Letter, template: str, *, is_chat: bool) -> str:
    shown = entries(letter, is_chat=is_chat)
    w = words(letter.language)
    left = len(letter.items) - len(shown)
    return (
        _templates()
        .get_template(template)
        .render(
            letter=letter,
            language=letter.language,
            subject=subject(letter),
            entries=shown,
            w=w,
            more=w["more"].format(n=left) if left else "",
            attachment_text=_attachment_text(letter, w),
        )
    )


def _attachment_text(letter: Letter, w: dict[str, Any]) -> str:
    if letter.attachment is not None:
        return str(w["attached"])
    if letter.too_large_bytes is not None:
        shown = figures.size(letter.too_large_bytes, letter.language)
        return str(w["too_large"]).format(size=shown)
    return ""


def entries(letter: Letter, *, is_chat: bool) -> list[Entry]:
    """The items as texts; a chat gets fewer and shorter ones."""
    shown = letter.items[: CHAT_ITEMS if is_chat else MAIL_ITEMS]
    return [_entry(item, letter, is_chat=is_chat) for item in shown]


def _topic(item: Item, w: dict[str, Any]) -> str:
    return str(w["topics"]["not_run" if item.not_run else item.topic])


def _entry(item: Item, letter: Letter, *, is_chat: bool) -> Entry:
    w = words(letter.language)
    length = CHAT_ERROR_LENGTH if is_chat else MAIL_ERROR_LENGTH
    error = None
    if item.error is not None:
        error = {
            name: getattr(item.error, name)
            for name in ("title", "help", "database_code", "cause", "action")
        }
        error["message"] = _shortened(item.error.message, length)
    lines = item.lines[: CHAT_LINES if is_chat else MAIL_LINES]
    heads, cells = _table(lines, letter.language)
    return Entry(
        topic=_topic(item, w),
        colour=COLOURS.get(Topic(item.topic), "#60646c"),
        job_name=_shortened(item.job_name, 200),
        sentence=w["sentences"]["not_run" if item.not_run else item.topic],
        error=error,
        figures=_figures(item, letter, w),
        line_heads=heads,
        lines=cells,
        url=item.url,
        data_url=item.data_url,
    )


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _figures(item: Item, letter: Letter, w: dict[str, Any]) -> list[tuple[str, str]]:
    language, labels = letter.language, w["labels"]

    def moment(value: Any) -> str | None:
        return None if value is None else figures.moment(value, letter.zone, language)

    left_out = None
    if item.not_run and item.not_run > 1:
        left_out = w["from_to"].format(
            n=figures.number(item.not_run, language),
            first=moment(item.first_due_at),
            last=moment(item.due_at),
        )
    found = [
        ("run", None if item.run_id is None else str(item.run_id)),
        ("due", None if left_out else moment(item.due_at)),
        ("left_out", left_out),
        ("reason", w["reasons"].get(item.reason) if item.reason else None),
        ("started", moment(item.started_at)),
        ("ended", moment(item.finished_at)),
        ("duration", _optional(item.duration_s, figures.duration, language)),
        ("rows", _optional(item.rows, figures.number, language)),
        ("size", _optional(item.size_bytes, figures.size, language)),
        ("attempt", str(item.attempt) if item.attempt and item.attempt > 1 else None),
        ("dataset", item.dataset),
        ("target", item.target),
        ("warning", item.warning),
    ]
    return [(str(labels[name]), value) for name, value in found if value]


def _optional(value: Any, show: Any, language: str) -> str | None:
    return None if value is None else str(show(value, language))


def _table(lines: Sequence[Line], language: str) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the columns of which any line has a value."""
    labels = words(language)["labels"]
    columns: list[tuple[str, list[str | None]]] = [
        ("part", [line.name for line in lines]),
        ("rows", [_optional(line.rows, figures.number, language) for line in lines]),
        ("size", [_optional(line.size_bytes, figures.size, language) for line in lines]),
        ("duration", [_optional(line.seconds, figures.duration, language) for line in lines]),
        ("error", [line.error for line in lines]),
    ]
    kept = [(name, values) for name, values in columns if any(values)]
    heads = [str(labels[name]) for name, _ in kept]
    return heads, [[values[n] or "" for _, values in kept] for n in range(len(lines))]
