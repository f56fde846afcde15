"""The COPY in which PostgreSQL itself writes the rows of a format: objects of JSON, binary rows,
lines that others finish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from connectors.base import Column, chosen
from connectors.postgres_select import Writing, copy_statement, names_within
from dialects.dialect import chosen_columns
from dialects.native_rows import BinaryKind, NativeRows, bare_type, binary_kind, unique_names

TEXTS: Final = frozenset({"text", "character varying", "character", "bpchar", "name"})
# What becomes a number, a boolean or its own text in JSON. Arrays, composites and JSON itself
# would become more than a text, which is what they are in every other format.
IN_JSON: Final = TEXTS | frozenset(
    "smallint,integer,bigint,real,double precision,numeric,boolean,date,"
    "timestamp without time zone,timestamp with time zone,time without time zone,"
    "time with time zone,interval,bytea,uuid".split(",")
)
# Signs that JSON only has escaped: no line needs quotes.
LINES: Final = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"


def copy_as(
    rows: NativeRows | None,
    sql: str,
    columns: Sequence[Column],
    writing: Writing,
    *,
    where: str | None = None,
) -> str:
    """The COPY of `sql` in lines of the dialect, or as `rows` says; see copy_statement."""
    dialect = writing.dialect
    if rows is NativeRows.POINTS:
        writing = replace(writing, dialect=replace(dialect, decimal_mark="."))
    if rows is None or rows is NativeRows.POINTS:
        return copy_statement(sql, columns, writing, where=where)
    names = names_within(columns)
    choice = chosen_columns(dialect.columns, [column.name for column in columns])
    places = range(len(columns)) if choice is None else [place for place, _ in choice]
    write = _in_json if rows is NativeRows.JSON else _in_binary
    written = [write(names[place], columns[place]) for place in places]
    chosen_rows = "" if where is None else f" WHERE {where}"
    source = f"FROM (\n{sql}\n) AS q ({', '.join(names)}){chosen_rows}"
    if rows is NativeRows.BINARY:
        return f"COPY (SELECT {', '.join(written)}\n{source}) TO STDOUT WITH (FORMAT binary)"
    if dialect.time_zone != writing.time_zone:
        raise ValueError("offsets are written in the zone of the session")
    keys = unique_names([column.name for column in chosen(columns, dialect)])
    members = [f"{value} AS {_identifier(key)}" for value, key in zip(written, keys, strict=True)]
    # `r` alone would be the column of that name where the query has one.
    return (
        "COPY (SELECT pg_catalog.row_to_json(r.*) FROM (SELECT "
        f"{', '.join(members)}\n{source}) AS r) TO STDOUT WITH ({LINES})"
    )


def _in_json(name: str, column: Column) -> str:
    native = bare_type(column.native_type)
    if native == "oid":
        return f"{name}::bigint"
    return name if native in IN_JSON else _as_text(name)


def _in_binary(name: str, column: Column) -> str:
    native = bare_type(column.native_type)
    kind = binary_kind(column.type, column.native_type, column.precision, column.scale)
    if native == "oid":
        return f"{name}::bigint"
    if native == "real":
        # The double nearest to its text, as in every other format.
        return f"{name}::text::double precision"
    return _as_text(name) if kind is BinaryKind.TEXT and native not in TEXTS else name


def _as_text(name: str) -> str:
    """What COPY would write as text. A cast may write another, and a composite of NULLs is no
    NULL."""
    return f"CASE WHEN pg_catalog.num_nulls({name}) = 0 THEN pg_catalog.concat({name}) END"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
