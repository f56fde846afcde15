"""Which moving jobs may read past days again."""

from __future__ import annotations

from typing import Any

import pytest

from services.backfill_tables import BackfillUnsuitable, BackfillWithoutDates, check_tables
from transfer.definition import movement_of

WINDOW = {"source": "v", "target": "v", "where": "dia between :inicio and :fim"}
TODAY = {"query": "select * from v where dia = :hoje", "target": "w"}
WHOLE = {"source": "u", "target": "u"}


def _check(kind: str, *tables: dict[str, Any], runs: int = 3, **more: Any) -> bool:
    definition = movement_of(kind, {"tables": list(tables), **more})
    return check_tables(definition, "postgres", runs=runs)


def test_what_keeps_the_rows_before_may_be_filled_day_by_day() -> None:
    assert _check("transfer", WINDOW, mode="append") is True
    assert _check("sync", WINDOW | {"key": ["dia"]}) is True
    # It should be asked for by day alone where no window is read
    assert _check("transfer", TODAY, mode="append") is False
    # It should let tables without days be moved whole, as they always are
    assert _check("transfer", WINDOW | {"mode": "append"}, WHOLE) is True
    # It should let one run replace everything
    assert _check("transfer", WINDOW, runs=1) is True


@pytest.mark.parametrize(
    ("kind", "tables", "more", "fault", "words"),
    [
        ("transfer", [WHOLE], {}, BackfillWithoutDates, "names a day"),
        ("transfer", [], {"include": ["*.*"]}, BackfillWithoutDates, "names a day"),
        (
            "transfer",
            [WINDOW | {"where": "dia >= :inicio"}],
            {"mode": "append"},
            BackfillWithoutDates,
            "read for v does not name the end",
        ),
        ("transfer", [WINDOW], {}, BackfillUnsuitable, "take from v what the run before"),
        ("transfer", [TODAY], {"mode": "truncate"}, BackfillUnsuitable, "take from w"),
        (
            "sync",
            [WINDOW | {"key": ["dia"], "gone": "delete"}],
            {},
            BackfillUnsuitable,
            "take from v",
        ),
        (
            "sync",
            [WINDOW | {"key": ["dia"], "cursor_column": "dia"}],
            {},
            BackfillUnsuitable,
            "past days bring nothing",
        ),
        (
            "transfer",
            [WINDOW, WHOLE],
            {"mode": "append"},
            BackfillUnsuitable,
            "^u would be appended to by each run",
        ),
        (
            "transfer",
            [WINDOW],
            {"mode": "append", "include": ["x.*"]},
            BackfillUnsuitable,
            r"^x\.\* would be appended",
        ),
    ],
)
def test_what_would_lose_or_repeat_rows_is_refused_with_the_table(
    kind: str,
    tables: list[dict[str, Any]],
    more: dict[str, Any],
    fault: type[Exception],
    words: str,
) -> None:
    with pytest.raises(fault, match=words):
        _check(kind, *tables, **more)
