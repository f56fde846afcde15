"""What a reader's SQL may name: datasets and common table expressions, and functions that compute.

The text is parsed by the engine that runs it, so that both see the same statement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final

import duckdb

MAX_SQL_CHARACTERS: Final = 100_000
MAX_COLUMNS: Final = 1600
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
# Everything else that stands where a table does reads files, settings or other catalogues.
TABLE_FUNCTIONS: Final = frozenset(
    {"range", "generate_series", "unnest", "json_each", "json_tree", "generate_subscripts"}
)
# They tell of the server or of other callers, change state, or only wait.
REFUSED_FUNCTIONS: Final = frozenset(
    {
        "current_connection_id",
        "current_query",
        "current_query_id",
        "current_setting",
        "currval",
        "getenv",
        "getvariable",
        "json_serialize_plan",
        "nextval",
        "pg_sleep",
        "setseed",
        "setval",
        "sleep_ms",
        "which_secret",
        "write_log",
    }
)


class Refusal(Exception):
    """The statement is not one that may run; `code` is the product's, `offset` where it shows."""

    def __init__(self, code: str, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset


def nodes_of(database: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """The parts of the one SELECT, as the engine's parser sees them. Raises Refusal."""
    return list(_nodes(_parsed(database, sql)))


def tables_of(nodes: Sequence[dict[str, Any]], known: Iterable[str]) -> list[str]:
    """The datasets that a statement reads, by the names in `known`. Raises Refusal."""
    names = {_key(name): name for name in known}
    derived = {_key(str(name)) for node in nodes for name in _derived_names(node)}
    found: dict[str, None] = {}
    for node in nodes:
        _check_node(node)
        if node.get("type") == "BASE_TABLE":
            name = _table(node, names, derived)
            if name is not None:
                found[name] = None
    return list(found)


def columns_of(nodes: Sequence[dict[str, Any]]) -> list[str] | None:
    """Names, without regard to case, among which are those of every column that a statement reads
    which `tables_of` has let pass; None: perhaps it reads all of them."""
    rows = {_key(str(name)) for node in nodes for name in _row_names(node)}
    found: set[str] = set()
    for node in nodes:
        if _may_read_all(node):
            return None
        found |= {_key(str(name)) for name in node.get("using_columns", ())}
        if node.get("class") == "COLUMN_REF":
            first, *others = (_key(str(name)) for name in node["column_names"])
            if not others and first in rows:
                return None
            found |= {*others} if first in rows else {first, *others}
    return sorted(found)


def _row_names(node: dict[str, Any]) -> Iterator[object]:
    """What stands for a whole row of a table where it stands for a column."""
    if node.get("type") in {"BASE_TABLE", "SUBQUERY", "TABLE_FUNCTION"}:
        yield node.get("alias") or node.get("table_name", "")
    yield from _derived_names(node)


def _may_read_all(node: dict[str, Any]) -> bool:
    return bool(
        node.get("class") in {"STAR", "POSITIONAL_REFERENCE"}
        or node.get("ref_type") == "NATURAL"
        or node.get("column_name_alias")
    )


def _key(name: str) -> str:
    """Names are alike for the engine when only the case of a to z differs."""
    return name.translate(_LOWER)


def _parsed(database: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    if len(sql) > MAX_SQL_CHARACTERS:
        raise Refusal("sql_invalid", f"The SQL has more than {MAX_SQL_CHARACTERS} characters.")
    (text,) = database.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0]
    try:
        answer = json.loads(text)
    except RecursionError as exc:
        raise Refusal("sql_invalid", "The SQL is nested too deeply.") from exc
    if answer["error"]:
        if answer["error_type"] == "not implemented":
            raise Refusal("sql_not_a_select", "Only SELECT is allowed here, WITH included.")
        position = answer.get("position")
        raise Refusal(
            "sql_invalid", str(answer["error_message"]), int(position) if position else None
        )
    statements = answer["statements"]
    if len(statements) != 1:
        raise Refusal(
            "sql_not_a_select", f"Send exactly one SELECT; this text holds {len(statements)}."
        )
    found: dict[str, Any] = statements[0]
    return found


def _nodes(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object of the tree, without recursion."""
    waiting: list[object] = [statement]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _derived_names(node: dict[str, Any]) -> Iterator[object]:
    if isinstance(node.get("cte_map"), dict):
        yield from (entry["key"] for entry in node["cte_map"].get("map", ()))
    if "cte_name" in node:
        yield node["cte_name"]


def _check_node(node: dict[str, Any]) -> None:
    kind = node.get("type")
    if kind == "SHOW_REF" and node.get("query") is None:
        raise Refusal("sql_not_a_select", "SHOW is not allowed here; list datasets by their route.")
    if kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).casefold()
        if name not in TABLE_FUNCTIONS:
            raise _refused_function(name, node)
    elif kind == "FUNCTION" or node.get("class") == "FUNCTION":
        name = str(node.get("function_name", "")).casefold()
        if name in REFUSED_FUNCTIONS or node.get("catalog"):
            raise _refused_function(name, node)
    elif kind == "VALUE_PARAMETER":
        raise Refusal(
            "sql_invalid", "Parameters are not filled in here; write the values.", _offset(node)
        )


def _refused_function(name: str, node: dict[str, Any]) -> Refusal:
    return Refusal("sql_refused", f"The function {name[:80]} may not be used here.", _offset(node))


def _table(node: dict[str, Any], names: dict[str, str], derived: set[str]) -> str | None:
    """The dataset's own spelling; None for a common table expression."""
    path = node.get("qualified_name", {}).get("path") or [node["table_name"]]
    written = ".".join(map(str, path))
    key = _key(str(path[0]))
    if len(path) == 1 and key in names:
        return names[key]
    if len(path) == 1 and key in derived:
        return None
    raise Refusal(
        "sql_table_unknown",
        f"There is no dataset {written[:200]!r} that you may read. Write the name of a dataset as "
        'it is listed, in double quotes: "folder/name".',
        _offset(node),
    )


def _offset(node: dict[str, Any]) -> int | None:
    found = node.get("query_location")
    return found if isinstance(found, int) and found < MAX_SQL_CHARACTERS * 4 else None
