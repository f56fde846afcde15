"""Scopes of keys: patterns of datasets, actions, and how often a key may ask."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.key_rules import ApiKeyRefused, Scope
from services.reading_rights import KeyActionRefused, Reader, matches
from vocabulary import DataAction, ReaderKind
from webapi.rate_limits import RateLimited, RateLimits


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        (
            "vendas/diario",
            ["vendas/diario", "Vendas/DIARIO"],
            ["vendas/diario2", "x/vendas/diario"],
        ),
        ("vendas/*", ["vendas/a", "vendas/.b"], ["vendas", "vendas/a/b", "vendas2/a"]),
        ("vendas/**", ["vendas/a", "vendas/a/b"], ["vendas", "vendas2/a"]),
        ("*", ["a"], ["a/b"]),
        ("**", ["a", "a/b/c"], []),
        ("**/mensal", ["mensal", "a/mensal", "a/b/mensal"], ["mensal/a", "xmensal"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/x/c", "b"]),
        ("v?nd*s", ["vendas", "vinds"], ["vndas"]),
        ("a[bc]", ["a[bc]"], ["ab"]),
        ("é*", ["É1"], ["e1"]),
    ],
)
def test_a_pattern_means_these_names(pattern: str, names: list[str], others: list[str]) -> None:
    assert [name for name in names if not matches(pattern, name)] == []
    assert [name for name in others if matches(pattern, name)] == []


def as_regex(pattern: str) -> str:
    """The same meaning by a plain regular expression, written independently."""
    parts = pattern.split("/")
    text = ""
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if part == "**":
            text += "[^/]+(?:/[^/]+)*" if is_last else "(?:[^/]+/)*"
        else:
            text += re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
            text += "" if is_last else "/"
    return text


@given(
    st.lists(st.sampled_from(["a", "b", "ab", "*", "**", "a*", "?b"]), min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "ab", "ba", "aab"]), min_size=1, max_size=5),
)
def test_patterns_agree_with_a_regular_expression(parts: list[str], name: list[str]) -> None:
    pattern, dataset = "/".join(parts), "/".join(name)
    assert matches(pattern, dataset) == bool(re.fullmatch(as_regex(pattern), dataset))


def test_a_hostile_pattern_costs_no_time() -> None:
    # A backtracking search would not end within the test.
    started = time.process_time()
    assert not matches("*a" * 90, "a" * 89 + "b")
    assert not matches("/".join(["**", "a"] * 20), "/".join(["a"] * 19 + ["b"]))
    assert time.process_time() - started < 5


def test_a_key_lacks_what_its_scope_does_not_name() -> None:
    reader = Reader(ReaderKind.KEY, "Excel", ("vendas/*",), frozenset({DataAction.READ}))
    reader.require(DataAction.READ)
    with pytest.raises(KeyActionRefused, match="read"):
        reader.require(DataAction.SQL)
    assert reader.readable(["vendas/a", "rh/salarios"]) == ["vendas/a"]


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        (Scope(patterns=()), "datasets"),
        (Scope(patterns=("a//b",)), "datasets"),
        (Scope(patterns=("a**",)), "datasets"),
        (Scope(patterns=("x" * 201,)), "datasets"),
        (Scope(actions=()), "actions"),
        (Scope(actions=("write",)), "actions"),
        (Scope(networks=("10.0.0.300",)), "networks"),
        (Scope(rate_per_minute=0), "rate_per_minute"),
    ],
)
def test_a_scope_that_means_nothing_names_its_field(scope: Scope, field: str) -> None:
    with pytest.raises(ApiKeyRefused) as refusal:
        scope.checked()
    assert [fault["field"] for fault in refusal.value.errors] == [field]


def test_networks_are_kept_in_one_form() -> None:
    scope = Scope(networks=("10.1.2.3/16", "10.1.0.0/16", "::1")).checked()
    assert scope.networks == ("10.1.0.0/16", "::1/128")


def test_a_bucket_fills_up_again_with_time() -> None:
    now = 0.0
    limits = RateLimits(lambda: now)
    for _ in range(6):
        limits.take(1, 6)
    with pytest.raises(RateLimited) as refusal:
        limits.take(1, 6)
    assert refusal.value.retry_after_s == 10
    # It should leave other keys alone.
    limits.take(2, 6)
    now = 10.0
    limits.take(1, 6)
    with pytest.raises(RateLimited):
        limits.take(1, 6)
