"""Sorted keys of a column give the rows that the engine finds, and are never in anybody's way."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datafiles import sorted_keys
from datafiles.companions import Companion, Companions
from datafiles.filters import Filter
from datafiles.querying import Searches, Selection
from tests.unit.test_datafiles_querying import (
    DATES,
    DECIMALS,
    INTEGERS,
    MOMENTS,
    WAIT_S,
    data_file,
    where,
    written,
)
from tests.waiting import wait_for

ENGINE, SORTED = Searches(sorted_from=1 << 62), Searches(sorted_from=0)
# Many rows share a key, and bounds lie between the keys and far outside of them.
NARROW: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-3, 3) | st.just(10**17),
    "decimal": st.decimals("-2", "2", places=2),
    "date": DATES,
    "timestamp": MOMENTS,
}
BOUNDS: dict[str, st.SearchStrategy[str]] = {
    "integer": INTEGERS | DECIMALS,
    "decimal": DECIMALS | st.decimals("-2", "2", places=3).map(str),
    "date": DATES.map(dt.date.isoformat),
    "timestamp": MOMENTS.map(dt.datetime.isoformat) | DATES.map(dt.date.isoformat),
}
RANGES = ("eq", "gt", "gte", "lt", "lte", "between", "in")


def rows_of(searches: Searches, companion: Companion, wanted: Filter, **more: Any) -> Any:
    rows, total = searches.find(companion, Selection((wanted,), **more), with_total=True)
    with contextlib.closing(rows):
        return [row for batch in rows.batches() for row in batch], total


def companion_of(folder: Path, kind: str, values: list[Any]) -> Companion:
    texts = [[None if value is None else written(kind, value)] for value in values]
    file = data_file(folder / "d.csv", [kind], texts)
    return Companions(folder / "companions").get(file, wait_s=WAIT_S)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(list(NARROW)))
def test_sorted_keys_find_what_the_engine_finds(tmp_path_factory, data, kind: str) -> None:
    values = data.draw(st.lists(st.none() | NARROW[kind], max_size=40))
    companion = companion_of(tmp_path_factory.mktemp("sorted"), kind, values)
    companion.sorted_columns.make(0)
    for _ in range(8):
        op = data.draw(st.sampled_from(RANGES))
        count = {"between": 2, "in": 3}.get(op, 1)
        bounds = [data.draw(BOUNDS[kind]) for _ in range(count)]
        more = {
            "offset": data.draw(st.integers(0, 3)),
            "limit": data.draw(st.none() | st.integers(0, 9)),
            "after": data.draw(st.none() | st.integers(0, 40)),
        }
        wanted = where(0, op, *bounds)
        assert rows_of(SORTED, companion, wanted, **more) == rows_of(
            ENGINE, companion, wanted, **more
        )


def test_a_column_is_sorted_by_its_first_filter_and_read_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    companion = companion_of(tmp_path, "integer", [n % 7 for n in range(500)])
    wanted = where(0, "eq", "3")
    expected = [n for n in range(500) if n % 7 == 3]
    assert rows_of(SORTED, companion, wanted) == (expected, len(expected))
    wait_for(lambda: companion.sorted_columns.find(0) is not None)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the engine is not needed any more")

    monkeypatch.setattr(Searches, "run", fail)
    assert rows_of(SORTED, companion, wanted) == (expected, len(expected))
    assert rows_of(SORTED, companion, wanted, offset=69, limit=3) == (expected[69:], 71)
    # Whoever opens the companion later finds the column as it was left
    other = Companions(companion.folder.parent).find(companion.file)
    assert other is not None
    assert rows_of(SORTED, other, wanted) == (expected, len(expected))


def test_what_is_not_sorted_is_found_by_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    companion = companion_of(tmp_path, "integer", [n % 7 for n in range(500)])
    companion.sorted_columns.make(0)
    asked: list[Callable[..., Any]] = []
    run = Searches.run

    def counted(self: Searches, companion: Companion, work: Any, **more: Any) -> Any:
        asked.append(work)
        return run(self, companion, work, **more)

    monkeypatch.setattr(Searches, "run", counted)
    monkeypatch.setattr(sorted_keys, "MOST_SORTED", 100)
    rows_of(SORTED, companion, where(0, "ne", "3"))
    rows_of(SORTED, companion, where(0, "isnull", "0"))
    rows_of(SORTED, companion, where(0, "gte", "3"))  # more rows than are put in order at once
    assert len(asked) == 3
    found, _ = SORTED.find(companion, Selection((where(0, "eq", "3"), where(0, "lt", "9"))))
    found.close()
    assert len(asked) == 4


def test_a_column_that_cannot_be_sorted_now_is_searched(tmp_path: Path) -> None:
    companion = companion_of(tmp_path, "integer", [1, 2, 2])
    (companion.folder / "sorted-0.rows").mkdir()  # nothing can take its place
    assert rows_of(SORTED, companion, where(0, "eq", "2")) == ([1, 2], 2)
    with pytest.raises(IsADirectoryError):
        companion.sorted_columns.make(0)
    assert rows_of(SORTED, companion, where(0, "eq", "2")) == ([1, 2], 2)
    assert [p.name for p in companion.folder.iterdir() if p.name.startswith(".sorted")] == []
