"""Dates in a query: found where a value may stand, replaced by what cannot be mistaken."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import QueryRefused
from connectors.bind_values import BindValue, Bound
from connectors.binds import as_literal, as_oracle_literal, as_typed_bind, bind
from connectors.statement import _tokens, check_statement, placeholders_in
from vocabulary import ParameterType

BOTH = pytest.mark.parametrize("kind", ["postgres", "oracle"])
DATES = {"hoje": date(2024, 2, 29), "fim": date(2024, 1, 31), "1": date(2024, 1, 1)}


def names(sql: str, kind: str | None) -> list[str]:
    return [found.name for found in placeholders_in(sql, kind)]


@BOTH
@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select 1 from t where d between :1 and :2", ["1", "2"]),
        ("select 1 from t where d>=:inicio and d<:FIM+1", ["inicio", "fim"]),
        ("select (:hoje), :Hoje - 7 from t", ["hoje", "hoje"]),
        ("select case when d=:ontem then 1 end from t", ["ontem"]),
        ("select 'a:hoje', \"c:hoje\" from t -- :hoje\n/* :hoje */", []),
        ("select ':x' || ':y' from t where d = :z", ["z"]),
        ("select json_object('k':v, 'd' : :hoje) from t", ["hoje"]),
        ("select f(a => :1) from t", ["1"]),
    ],
)
def test_placeholders_of_both(sql: str, found: list[str], kind: str) -> None:
    assert names(sql, kind) == found
    assert names(sql, None) == found


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select d::date, :hoje::text, '2024-01-01'::date from t", ["hoje"]),
        ("select a[1:2], a[:2], a[x:y], b[f(:hoje):3] from t", ["hoje"]),
        ("select array[:inicio, :fim], array[[:1],[:2]] from t", ["inicio", "fim", "1", "2"]),
        ("select $$:hoje$$, $f$ :hoje $f$, E'\\':hoje', :hoje", ["hoje"]),
        ("select json_object(k:v, k: :hoje, 'x' value :fim) from t", ["hoje", "fim"]),
        ("select make_interval(days := 3), :hoje", ["hoje"]),
        ("select a from t /* :a /* :b */ :c */ where d = :fim", ["fim"]),
    ],
)
def test_colons_of_postgresql_are_no_placeholders(sql: str, found: list[str]) -> None:
    assert names(sql, "postgres") == found


def test_placeholders_of_oracle_are_those_of_its_driver() -> None:
    sql = "select q'[:no]', n'a:b', 1 from t where d >=:1and d < : fim and e = :a$b#"
    assert names(sql, "oracle") == ["1", "fim", "a$b#"]


def test_what_stands_there_is_made_of_dates() -> None:
    sql = "select 1 from t where d between:1 and:fim and e > :hoje - 7;"
    literals = bind(sql, "postgres", DATES, as_literal)
    assert literals.text == (
        "select 1 from t where d between(DATE '2024-01-01') and(DATE '2024-01-31')"
        " and e > (DATE '2024-02-29') - 7"
    )
    assert literals.values == DATES
    typed = bind(sql, "oracle", DATES, as_typed_bind)
    assert typed.text == (
        "select 1 from t where d between(CAST(:1 AS DATE)) and(CAST(:fim AS DATE))"
        " and e > (CAST(:hoje AS DATE)) - 7"
    )


@BOTH
def test_a_placeholder_that_nothing_fills_is_refused(kind: str) -> None:
    with pytest.raises(QueryRefused, match=":ontem, which nothing fills"):
        bind("select :hoje, :ontem from t", kind, DATES, as_literal)


def test_places_lead_back_to_the_text_of_the_job() -> None:
    sql = "select :hoje,\n  :fim, x from t"
    sent = bind(sql, "postgres", DATES, as_literal)
    assert sent.place(sent.text.index("x from")) == (2, 9)
    assert sent.place(sent.text.index("2024-01-31")) == (2, 3)
    assert sent.place(sent.text.index("select")) == (1, 1)
    assert sent.place(len(sent.text) - 1) == (2, len("  :fim, x from t"))


text = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)
sharp = st.text(st.sampled_from(":'\"();-/*$\\q[]eEhoje1 \n"), max_size=40)
inside = text | sharp
piece = st.sampled_from(
    [
        ":hoje", ":1", ":FIM", "a", "and", "'x:hoje'", '"y:fim"', "::date", "a[1:2]", "(", ")",
        " ", "\n", "-- :fim\n", "/* :1 */", "1", "=", ",", "$$:hoje$$", "q'[:1]'", "E'\\':1'", ":",
        "json_object('k':v)", "array[:hoje]",
    ]
)  # fmt: skip
pieces = st.lists(piece, max_size=12).map(lambda found: "select " + "".join(found))


@BOTH
@given(inside=inside)
def test_nothing_inside_literals_and_comments_is_a_placeholder(inside: str, kind: str) -> None:
    string, name = inside.replace("'", "''"), inside.replace('"', '""')
    line, block = inside.replace("\n", " "), inside.replace("*", "").replace("/", "")
    sql = f"select '{string}', \"{name}\" --{line}\n, /*{block}*/ :hoje from t"
    assert names(sql, kind) == ["hoje"]


@given(inside=inside)
def test_nothing_inside_the_strings_of_postgresql_is_a_placeholder(inside: str) -> None:
    dollar = inside.replace("$", "")
    escaped = inside.replace("\\", "\\\\").replace("'", "\\'")
    assert names(f"select $f$ {dollar}$f$, E'{escaped}', x::date, :1", "postgres") == ["1"]


@given(inside=inside)
def test_nothing_inside_the_strings_of_oracle_is_a_placeholder(inside: str) -> None:
    assert names(f"select q'[{inside.replace(']', '')}]', :1 from t", "oracle") == ["1"]


def outline(sql: str, kind: str) -> list[str]:
    return [token.text for token in _tokens(sql, is_oracle=kind == "oracle")]


values = (
    st.just(DATES["hoje"])
    | inside.map(lambda found: BindValue(ParameterType.TEXT, found))
    | st.integers().map(lambda found: BindValue(ParameterType.INTEGER, found))
    | st.decimals(allow_nan=False, allow_infinity=False).map(
        lambda found: BindValue(ParameterType.DECIMAL, found)
    )
    | st.sampled_from(list(ParameterType)).map(lambda found: BindValue(found, None))
)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("postgres", as_literal),
        ("oracle", as_typed_bind),
        ("oracle", as_oracle_literal),
    ],
)
@given(sql=pieces | sharp.map(lambda found: "select " + found), value=values)
def test_what_is_sent_is_as_sound_as_the_text_and_differs_in_the_values_alone(
    sql: str, value: Bound, kind: str, written: Callable[[str, Bound], str]
) -> None:
    with contextlib.suppress(QueryRefused):
        statement = check_statement(sql, kind)
        found = placeholders_in(statement, kind)
        sent = bind(sql, kind, dict.fromkeys(names(statement, kind), value), written)
        # It should pass the gate again, and keep every token that is no placeholder
        check_statement(sent.text, kind)
        rest = iter(outline(sent.text, kind))
        for token in _tokens(statement, is_oracle=kind == "oracle"):
            if any(token.start == place.start for place in found):
                there = outline(written(token.text[1:].strip().lower(), value), kind)
                assert [next(rest) for _ in there] == there
                assert there[0] == "("
                assert there[-1] == ")"
            else:
                assert next(rest) == token.text
        assert next(rest, None) is None
