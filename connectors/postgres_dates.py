"""Whether PostgreSQL may write all dates of a query in another style without changing the query.

`DateStyle` makes COPY write DD/MM/YYYY at full speed, where to_char costs as much again as the
whole query. But it also decides how '02/01/2024' is read and what `day::text` gives inside the
query. So it is changed only for queries in which nothing can depend on it: the plan, in which
views and SQL functions are already resolved, must hold only expressions known to be indifferent.
In doubt the answer is no, and to_char does the work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dialects.dialect import DateFormat

STYLES: Mapping[DateFormat, str] = {
    "dmy": "SQL, DMY",
    "mdy": "SQL, MDY",
    "iso": "ISO",
    "dmy_dots": "German, DMY",
}

# Parts of a plan that name things instead of computing them.
_NAMES = frozenset(
    "Alias,CTE Name,Cache Mode,Command,Custom Plan Provider,Index Name,Join Type,Node Type,"
    "Operation,Parent Relationship,Partial Mode,Relation Name,Scan Direction,Schema,Storage,"
    "Strategy,Subplan Name,Function Name".split(",")
)
_FOREIGN_NODES = frozenset({"Foreign Scan", "Custom Scan"})
_LITERAL = re.compile(r"'(?:[^']|'')*'(?:::[a-z][a-z ]*(?:\([0-9, ]*\))?(?:\[\])?)?")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_CALL = re.compile(r"([A-Za-z_][\w$.]*)\s*\(")
_CAST = re.compile(r"::(double precision|timestamp with(?:out)? time zone|[\w.]+)")
_DATE_LITERAL = re.compile(r"\d{1,4}\s*[/.\- ]\s*(?:\d{1,2}|[A-Za-z]{3,})\s*[/.\- ,]\s*\d{1,4}")
_ISO_LITERAL = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?!\d)")

_INDIFFERENT_WORDS = frozenset(
    "and or not in any all exists when then else case between is distinct from filter over by "
    "order partition rows range unbounded subplan hashed alternatives exclude values row like "
    "using within on as where".split()
)
# Built-in functions that neither read dates from text nor write them into it.
_INDIFFERENT_FUNCTIONS = frozenset(
    "abs age array_length avg btrim bit_length ceil ceiling char_length character_length coalesce "
    "count cume_dist date_part date_trunc dense_rank div every exp extract first_value floor "
    "generate_series gcd greatest initcap isfinite justify_days justify_hours lag last_value lcm "
    "lead least left length ln log log10 lower lpad ltrim make_date make_interval make_timestamp "
    "max md5 min mod now nth_value ntile nullif octet_length percent_rank position pow power "
    "random rank repeat replace reverse right round row_number rpad rtrim sign split_part sqrt "
    "starts_with statement_timestamp stddev stddev_pop stddev_samp strpos substr substring sum "
    "to_date to_number to_timestamp "
    "timezone to_char translate trim trunc upper var_pop var_samp variance width_bucket "
    "bool_and bool_or percentile_cont percentile_disc mode numeric int4 int8 float8 partial".split()
)
# Casts to these neither start from a date's text nor end in one.
_INDIFFERENT_CASTS = frozenset(
    {"smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "regclass"}
)
# Casts that read text by the order of day and month, and by nothing else of DateStyle.
_ORDERED_CASTS = frozenset(
    {"date", "timestamp without time zone", "timestamp with time zone", "timestamp"}
)
# Types whose text does not depend on DateStyle, or whose values COPY shall write by it.
_PLAIN_TYPES = frozenset(
    "boolean bytea smallint integer bigint oid real numeric date text uuid json jsonb "
    '"char" name money xml inet cidr'.split()
) | {
    "double precision",
    "character varying",
    "character",
    "time without time zone",
    "time with time zone",
    "timestamp without time zone",
    "timestamp with time zone",
    "interval",
}


def is_indifferent(
    sql: str, plan: object, native_types: Sequence[str], *, keeps_order: bool
) -> bool:
    """True when the query gives the same rows under another DateStyle.

    `plan`: EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) of `sql`. `native_types`: of its columns, by
    format_type. `keeps_order`: day and month are read in the same order before and after, so it
    does not matter which dates are read from text.
    """
    if any(_bare(name) not in _PLAIN_TYPES for name in native_types):
        return False
    if not keeps_order and _DATE_LITERAL.search(_ISO_LITERAL.sub("", sql)):
        return False
    casts = _INDIFFERENT_CASTS | _ORDERED_CASTS if keeps_order else _INDIFFERENT_CASTS
    return all(_is_indifferent(expression, casts) for expression in _expressions(plan))


def _bare(native_type: str) -> str:
    """`character varying(60)` without its length; arrays and ranges keep what tells them."""
    return re.sub(r"\([0-9, ]*\)", "", native_type)


def _expressions(node: object) -> Iterator[str]:
    """Every computed expression of a plan; a node nobody knows yields one that never passes."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _expressions(item)
    elif isinstance(node, dict):
        if node.get("Node Type") in _FOREIGN_NODES:
            yield "foreign()"
        for name, value in node.items():
            if name not in _NAMES:
                yield from _expressions(value)


def _is_indifferent(expression: str, casts: frozenset[str]) -> bool:
    text = _QUOTED.sub("q", _LITERAL.sub(" ", expression))
    if "||" in text or "OPERATOR" in text:
        return False
    calls = (match[1].casefold() for match in _CALL.finditer(text))
    if any(c not in _INDIFFERENT_WORDS and c not in _INDIFFERENT_FUNCTIONS for c in calls):
        return False
    return all(cast in casts for cast in _CAST.findall(text))
