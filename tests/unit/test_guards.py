"""Each guard: what passes, what fails, and what it then says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guards import Before, Candidate, Guards, examine


def columns(**types: str) -> list[dict[str, Any]]:
    return [{"name": name, "type": kind, "native_type": kind} for name, kind in types.items()]


def candidate(rows: int = 10, *, all_null: tuple[str, ...] = (), **types: str) -> Candidate:
    return Candidate(rows=rows, columns=columns(**(types or {"a": "text"})), all_null=all_null)


def failed(guards: Guards, found: Candidate, before: Before | None = None) -> list[str]:
    return [finding["guard"] for finding in examine(guards, found, before or Before())]


def test_a_job_without_guards_publishes_anything() -> None:
    assert failed(Guards.of(None), candidate(0, all_null=("a",)), Before(rows=[10**9])) == []
    assert failed(Guards.of({}), candidate(0)) == []


@pytest.mark.parametrize(("rows", "fails"), [(99, True), (100, False), (101, False)])
def test_min_rows(rows: int, fails: bool) -> None:
    findings = examine(Guards.of({"min_rows": 100}), candidate(rows), Before())
    assert bool(findings) is fails
    if fails:
        assert (findings[0]["expected"], findings[0]["found"]) == (100, 99)
        assert findings[0]["message"] == "the result has 99 rows, at least 100 are expected"


def test_not_empty() -> None:
    assert failed(Guards(not_empty=True), candidate(0)) == ["not_empty"]
    assert failed(Guards(not_empty=True), candidate(1)) == []


@pytest.mark.parametrize(
    ("before", "rows", "found"),
    [
        ([1000, 990, 1010], 800, None),
        ([1000, 990, 1010], 799, -20.1),
        ([1000, 990, 1010], 1201, 20.1),
        ([1000, 0, 0], 500, None),  # the median is 0: nothing to compare with
        ([], 5, None),
        ([1000, 3000], 2000, None),  # the median of two lies between them
        ([100], 0, -100.0),
    ],
)
def test_max_change_percent(before: list[int], rows: int, found: float | None) -> None:
    findings = examine(Guards(max_change_percent=20), candidate(rows), Before(rows=before))
    assert [finding["found"] for finding in findings] == ([] if found is None else [found])


def test_max_change_says_which_way_and_against_what() -> None:
    (finding,) = examine(
        Guards(max_change_percent=12.5), candidate(430), Before(rows=[1000, 1000, 900])
    )
    assert finding["message"] == (
        "the result has 430 rows, 57.0 % fewer than 1000, the median of the last 3 published "
        "versions; 12.5 % are allowed"
    )


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=10), st.integers(0, 10**10))
def test_a_result_within_the_range_of_the_past_fails_only_beyond_the_percentage(
    before: list[int], rows: int
) -> None:
    """An independent reckoning by whole numbers: twice the median has no fraction."""
    ordered = sorted(before)
    twice = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
    is_beyond = abs(2 * rows - twice) * 100 > 50 * twice
    guards = Guards(max_change_percent=50)
    assert bool(failed(guards, candidate(rows), Before(rows=before))) is is_beyond


def test_columns_added_gone_and_retyped_are_told_apart() -> None:
    before = Before(columns=columns(id="integer", valor="decimal", nome="text"))
    findings = examine(
        Guards(columns=True), candidate(id="integer", valor="text", extra="date"), before
    )
    assert [(f["found"], f["columns"]) for f in findings] == [
        ("added", ["extra"]),
        ("gone", ["nome"]),
        ("retyped", ["valor"]),
    ]
    assert findings[2]["message"] == "columns of another type: valor (decimal, now text)"


def test_columns_in_another_order_or_of_a_first_version_are_no_change() -> None:
    before = Before(columns=columns(a="text", b="date"))
    assert failed(Guards(columns=True), candidate(b="date", a="text"), before) == []
    assert failed(Guards(columns=True), candidate(a="text"), Before()) == []


@pytest.mark.parametrize(
    ("watched", "all_null", "named"),
    [
        (True, ("b",), ["b"]),
        (True, (), []),
        (["a"], ("b",), []),
        (["a", "b"], ("a", "b"), ["a", "b"]),
        (["c"], (), ["c"]),  # not in the result at all
    ],
)
def test_not_all_null(watched: Any, all_null: tuple[str, ...], named: list[str]) -> None:
    guards = Guards.of({"not_all_null": watched})
    findings = examine(guards, candidate(all_null=all_null, a="text", b="text"), Before())
    assert [name for finding in findings for name in finding["columns"]] == named


def test_an_empty_result_is_the_matter_of_other_guards() -> None:
    assert failed(Guards(not_all_null=True), candidate(0, all_null=("a",))) == []


def test_every_guard_that_fails_is_named() -> None:
    guards = Guards(min_rows=5, not_empty=True, max_change_percent=10)
    assert failed(guards, candidate(0), Before(rows=[100])) == [
        "not_empty",
        "min_rows",
        "max_change_percent",
    ]


def test_many_columns_are_named_in_short() -> None:
    wide = candidate(**{f"c{n}": "text" for n in range(30)})
    (finding,) = examine(Guards(columns=True), wide, Before(columns=[]))
    assert finding["message"].endswith("c9 and 20 more")
    assert len(finding["columns"]) == 30
