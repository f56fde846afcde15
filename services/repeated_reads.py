"""What may have changed between two equal reads by a key: asked of the database in one question."""

from __future__ import annotations

from typing import Final

from metadb.engine import ask
from metadb.questions import Question
from services.datasets import CURRENT_MARK_SQL, VersionMark
from services.key_readers import (
    USE_NOTED_EVERY,
    VALID_KEY_SQL,
    GivenKey,
    ValidKey,
    valid_key,
)

# The key first, then the version: none of either, no row.
_KEY_AND_MARK: Final = Question(
    "valid_key_and_current_mark",
    f"""
    SELECT k.*, m.*
    FROM ({VALID_KEY_SQL}) k CROSS JOIN ({CURRENT_MARK_SQL.replace("$1", "$3")}) m
    """,
    ("text", "interval", "text"),
)


def key_and_mark(given: GivenKey, dataset: str) -> tuple[ValidKey, VersionMark] | None:
    """What `find_key` and `current_mark` find, in one way there and back; None: one of them
    finds nothing."""
    for *of_key, version_id, change in ask(
        _KEY_AND_MARK, given.prefix, USE_NOTED_EVERY, dataset.casefold()
    ):
        key = valid_key(tuple(of_key), given)
        if key is not None:
            return key, VersionMark(version_id, change)
    return None
