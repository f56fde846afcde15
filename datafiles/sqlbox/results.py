"""The columns of a result and the exact text of its values, as exports have them."""

from __future__ import annotations

from typing import Final

from duckdb.sqltypes import DuckDBPyType

from datafiles.manifest import ManifestColumn

_INTEGERS: Final = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": None,
    "utinyint": 3,
    "usmallint": 5,
    "uinteger": 10,
    "ubigint": 20,
    "hugeint": 39,
    "uhugeint": 39,
}
_OTHERS: Final = {
    "boolean": "boolean",
    "float": "float",
    "double": "float",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp with time zone": "timestamp",  # as UTC
    "time": "time",
    "blob": "binary",
}
_JSON_TYPES: Final = {"list", "array", "struct", "map", "union", "variant"}


def column_of(name: str, engine_type: DuckDBPyType) -> ManifestColumn:
    """The column as a manifest has it."""
    native = str(engine_type)
    kind = str(engine_type.id)
    if kind in _INTEGERS:
        return ManifestColumn(name, "integer", native, _INTEGERS[kind], 0)
    if kind == "decimal":
        sizes = dict(engine_type.children)
        precision, scale = int(str(sizes["precision"])), int(str(sizes["scale"]))
        return ManifestColumn(name, "decimal", native, precision, scale)
    return ManifestColumn(name, _OTHERS.get(kind, "text"), native)


def exact_expression(position: int, engine_type: DuckDBPyType) -> str:
    """SQL that makes the exact text of the column at `position`, counted from 1."""
    kind = str(engine_type.id)
    source = f"#{position}"
    if kind in {"float", "double"}:
        return (
            f"CASE CAST({source} AS VARCHAR) WHEN 'nan' THEN 'NaN' WHEN 'inf' THEN 'Infinity' "
            f"WHEN '-inf' THEN '-Infinity' ELSE CAST({source} AS VARCHAR) END"
        )
    if kind == "blob":
        return f"'\\x' || lower(hex({source}))"
    if kind == "timestamp with time zone":
        return f"CAST({source} AT TIME ZONE 'UTC' AS VARCHAR)"
    if kind in _JSON_TYPES:
        return f"CAST(to_json({source}) AS VARCHAR)"
    return f"CAST({source} AS VARCHAR)"


def line_of(values: tuple[str | None, ...]) -> str:
    """One exact line: NULL is nothing, an empty text is quoted."""
    return ",".join([_field(value) for value in values]) + "\n"


def _field(value: str | None) -> str:
    if value is None:
        return ""
    if not value or any(sign in value for sign in ',"\n\r'):
        return '"' + value.replace('"', '""') + '"'
    return value
