"""The gate for job texts: one reading statement, whatever stands in strings and comments."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import (
    QueryEmpty,
    QueryMultipleStatements,
    QueryNotSelect,
    QueryRefused,
    QueryUnbalanced,
)
from connectors.statement import check_statement, place_of

BOTH = pytest.mark.parametrize("kind", ["postgres", "oracle"])


@BOTH
@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "SeLeCt 1 from dual",
        "with x as (select 1 as a) select a from x",
        "(select 1) union all (select 2)",
        "  \n-- vendas\n/* do mês */ select 1",
        "select 'it''s; fine' from dual",
        'select 1 as "a;b" from dual',
        'select 1 as "a""b;" from dual',
        "select 1 -- ; delete from t",
        "select /*+ full(t) ; */ 1 from t",
        "select 1 from v$session where a#b = 1",
        "select ';' || ');' || '(' from dual",
        "select deleted, updated, insert_at from t",
        "select x.update, (insert), delete from t",
        "select a from t for update_log",
        "select função from período where ação = 'é'",
    ],
)
def test_reading_statement_passes_unchanged(sql: str, kind: str) -> None:
    assert check_statement(sql, kind) == sql


@BOTH
@pytest.mark.parametrize(
    "sql", ["select 1;", "select 1 ; \n", "select 1;-- fim", "select 1\n;\n/* fim */"]
)
def test_one_closing_semicolon_is_taken_off(sql: str, kind: str) -> None:
    assert check_statement(sql, kind) == "select 1"


def test_leading_lines_stay_so_that_error_places_are_those_of_the_text() -> None:
    assert check_statement("\n\n  select x;") == "\n\n  select x"


@BOTH
@pytest.mark.parametrize("sql", ["", "  \n", ";", "-- nothing", "/* nothing */"])
def test_empty_text_is_refused(sql: str, kind: str) -> None:
    with pytest.raises(QueryEmpty) as refused:
        check_statement(sql, kind)
    assert refused.value.code == "query_empty"


@BOTH
@pytest.mark.parametrize(
    "sql",
    [
        "delete from t",
        "insert into t values (1)",
        "update t set a = 1",
        "drop table t",
        "begin null; end",
        "explain analyze delete from t",
        "copy t to program 'id'",
        "values (1)",
        "table t",
        "; select 1",
        "'select'",
        '"select" 1',
        "-- select\ncall p()",
        "with x as (insert into t values (1) returning a) select a from x",
        "with x as (delete from t returning a) select a from x",
        "with x as materialized (update t set a = 1 returning a) select a from x",
        "with x as (merge into t using u on (true) when matched then delete) select 1",
        "with x as (select 1) insert into t select * from x",
        "with x as (select 1) delete from t",
        "with x as (select 1) update t set a = 1",
    ],
)
def test_statement_that_may_change_data_is_refused(sql: str, kind: str) -> None:
    with pytest.raises(QueryNotSelect) as refused:
        check_statement(sql, kind)
    assert refused.value.code == "query_not_select"
    assert refused.value.status == 422
    assert refused.value.transient is False


@BOTH
@pytest.mark.parametrize(
    "sql",
    [
        "select 1; select 2",
        "select 1;; ",
        "select 1; commit; insert into t values (1)",
        "select 1; -- comment\n delete from t",
        "select 1) to program 'id > f'; copy (select 2",
    ],
)
def test_second_statement_is_refused(sql: str, kind: str) -> None:
    with pytest.raises(QueryMultipleStatements) as refused:
        check_statement(sql, kind)
    assert refused.value.code == "query_multiple_statements"


def test_second_statement_is_pointed_at() -> None:
    with pytest.raises(QueryMultipleStatements, match="line 2, column 4"):
        check_statement("select\n  1; select 2")


@BOTH
@pytest.mark.parametrize(
    "sql",
    [
        "select 'open",
        "select 'open''",
        'select "open',
        "select /* open",
        "select (1",
        "select 1)",
        "select 1) to program 'id > f' --",
        "select )1(",
        "select ((1)",
    ],
)
def test_unbalanced_text_is_refused(sql: str, kind: str) -> None:
    with pytest.raises(QueryUnbalanced) as refused:
        check_statement(sql, kind)
    assert refused.value.code == "query_unbalanced"


@pytest.mark.parametrize(
    "sql",
    [
        r"select E'it\'s; fine'",
        "select $$a; ' ( $$",
        "select $tag$a; $$ ( $tag$",
        "select 1 /* a /* nested; ' */ ; */",
    ],
)
def test_quoting_of_postgresql(sql: str) -> None:
    assert check_statement(sql, "postgres") == sql
    with pytest.raises(QueryRefused):
        check_statement(sql, "oracle")


@pytest.mark.parametrize(
    "sql",
    [
        "select q'[it's; fine]' from dual",
        "select Q'{it's ( fine}' from dual",
        "select nq'!it's; fine!' from dual",
        "select q'(it's; ) fine)' from dual",
        "select q'<it's; fine>' from dual",
        "select 1 /* a /* not nested */ from dual",
    ],
)
def test_quoting_of_oracle(sql: str) -> None:
    assert check_statement(sql, "oracle") == sql
    with pytest.raises(QueryRefused):
        check_statement(sql, "postgres")


@pytest.mark.parametrize(
    "sql", ["select $$;$$", "select q'[it's;]' from dual", "select 1 /* /* */ from dual"]
)
def test_without_a_kind_the_rules_of_either_do(sql: str) -> None:
    assert check_statement(sql) == sql


@pytest.mark.parametrize("sql", ["select E'a", "select $a$ $b$", "select $$", "select e'\\'"])
def test_unclosed_special_string_is_refused_for_postgresql(sql: str) -> None:
    with pytest.raises(QueryUnbalanced):
        check_statement(sql, "postgres")


def test_nul_character_is_refused() -> None:
    with pytest.raises(QueryRefused, match="NUL"):
        check_statement("select '\0'")


def test_name_called_delete_that_is_no_statement_passes() -> None:
    assert check_statement("select substring(delete from 2) from t")


def test_long_string_is_read_in_linear_time() -> None:
    sql = "select '" + "x''" * 500_000 + "'"
    assert check_statement(sql) == sql


def test_place_counts_from_one() -> None:
    assert place_of("ab\ncd", 0) == (1, 1)
    assert place_of("ab\ncd", 4) == (2, 2)


text = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60)
sharp = st.text(st.sampled_from("'\"();-/*$\\q[]eE \n"), max_size=40)
anything = text | sharp


@BOTH
@given(inside=anything)
def test_nothing_inside_a_string_changes_the_verdict(inside: str, kind: str) -> None:
    quoted = inside.replace("'", "''")
    sql = f"select '{quoted}' as a from t"
    assert check_statement(sql, kind) == sql
    with pytest.raises(QueryMultipleStatements):
        check_statement(f"{sql}; select 2", kind)


@BOTH
@given(inside=anything)
def test_nothing_inside_a_quoted_name_changes_the_verdict(inside: str, kind: str) -> None:
    quoted = inside.replace('"', '""')
    sql = f'select 1 as "{quoted}" from t'
    assert check_statement(sql, kind) == sql
    with pytest.raises(QueryNotSelect):
        check_statement(f'delete from "{quoted}"', kind)


@BOTH
@given(inside=anything)
def test_nothing_inside_a_line_comment_changes_the_verdict(inside: str, kind: str) -> None:
    comment = inside.replace("\n", " ")
    sql = f"select 1 --{comment}\nfrom t"
    assert check_statement(sql, kind) == sql
    with pytest.raises(QueryMultipleStatements):
        check_statement(f"select 1 --{comment}\n; delete from t", kind)


@BOTH
@given(inside=anything)
def test_nothing_inside_a_block_comment_changes_the_verdict(inside: str, kind: str) -> None:
    comment = inside.replace("*", "").replace("/", "")
    sql = f"select 1 /*{comment}*/ from t"
    assert check_statement(sql, kind) == sql
    with pytest.raises(QueryNotSelect):
        check_statement(f"/*{comment}*/ drop table t", kind)


@given(inside=anything)
def test_nothing_inside_a_dollar_string_changes_the_verdict(inside: str) -> None:
    body = inside.replace("$", "")
    sql = f"select $f$ {body}$$'$f$ from t"
    assert check_statement(sql, "postgres") == sql


@given(inside=anything)
def test_nothing_inside_an_escape_string_changes_the_verdict(inside: str) -> None:
    body = inside.replace("\\", "\\\\").replace("'", "\\'")
    sql = f"select E'{body}' from t"
    assert check_statement(sql, "postgres") == sql


@given(inside=anything)
def test_nothing_inside_an_oracle_q_string_changes_the_verdict(inside: str) -> None:
    body = inside.replace("]", "")
    sql = f"select q'[{body}]' from dual"
    assert check_statement(sql, "oracle") == sql


@BOTH
@given(sql=anything)
def test_any_text_is_judged_and_never_breaks_the_gate(sql: str, kind: str) -> None:
    with contextlib.suppress(QueryRefused):
        assert sql.startswith(check_statement(sql, kind))
