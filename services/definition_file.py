"""The text of a file of definitions: JSON that people read and compare line by line. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

FORMAT_VERSION = 1
LINE_WIDTH = 100


class Lines(list[str]):
    """A text of several lines; each has its own in the file, however short it is."""


def file_text(jobs: Sequence[Mapping[str, Any]]) -> str:
    """The file with these jobs, each as `in_lines` left it."""
    return _written({"version": FORMAT_VERSION, "jobs": list(jobs)}, depth=0) + "\n"


def in_lines(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with a list of lines for each query that has several."""
    return _changed(body, lambda text: Lines(text.split("\n")) if _has_lines(text) else text)


def from_lines(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with a text for each query that is a list of lines."""
    return _changed(body, lambda text: "\n".join(text) if _is_lines(text) else text)


def _has_lines(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _is_lines(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _changed(body: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """A copy in which `change` has seen every text that is SQL, wherever a job holds one."""
    copy = _with(body, ("sql_script",), change)
    if isinstance(sets := copy.get("parameter_sets"), Mapping):
        copy["parameter_sets"] = _with(sets, ("query",), change)
    movement = copy.get("movement")
    if isinstance(movement, Mapping) and isinstance(tables := movement.get("tables"), list):
        copy["movement"] = {
            **movement,
            "tables": [
                _with(table, ("query", "where"), change) if isinstance(table, Mapping) else table
                for table in tables
            ],
        }
    return copy


def _with(
    value: Mapping[str, Any], members: Sequence[str], change: Callable[[Any], Any]
) -> dict[str, Any]:
    return {
        member: change(found) if member in members else found for member, found in value.items()
    }


def _written(value: object, *, depth: int) -> str:
    """JSON in which what is short and lies within a job stands on one line."""
    if not isinstance(value, (dict, list)) or not value:
        return json.dumps(value, ensure_ascii=False)
    if depth > 2 and not _holds_lines(value):
        short = json.dumps(value, ensure_ascii=False)
        if len(short) + 2 * depth <= LINE_WIDTH:
            return short
    if isinstance(value, dict):
        inner = [
            f"{json.dumps(member, ensure_ascii=False)}: {_written(found, depth=depth + 1)}"
            for member, found in value.items()
        ]
    else:
        inner = [_written(found, depth=depth + 1) for found in value]
    indent = "  " * (depth + 1)
    brackets = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(indent + one for one in inner)
    return f"{brackets[0]}\n{body}\n{indent[2:]}{brackets[1]}"


def _holds_lines(value: object) -> bool:
    if isinstance(value, Lines):
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_holds_lines(found) for found in inner)
