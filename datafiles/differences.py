"""What differs between two versions of a dataset, row by row, by the columns of a key.

Values are compared as the texts in the files, NULL apart from an empty text. Memory is bounded
at any number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, ClassVar

import duckdb

from auxiliares import AutomacaoError, FieldError
from datafiles.version_tables import VersionFile, identifier, opened_tables

LIMIT_S = 30.0
CANDIDATES = 5
# Of so many columns with the most values, pairs are tried where no single column is a key.
PAIRED_COLUMNS = 4
NUMBERS = frozenset({"integer", "decimal", "float"})

Row = dict[str, str | None]


class DiffKeyRequired(AutomacaoError):
    """Nobody said which columns identify a row; `errors` lists some that would."""

    code: ClassVar[str] = "diff_key_required"
    status: ClassVar[int] = 422


class DiffKeyUnknown(AutomacaoError):
    """A column of the key is not in both versions."""

    code: ClassVar[str] = "diff_key_unknown"
    status: ClassVar[int] = 422


class DiffKeyNotUnique(AutomacaoError):
    """Rows share their key, so that they cannot be told apart."""

    code: ClassVar[str] = "diff_key_not_unique"
    status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that is in both versions; `cells`: {column: (old, new)} of those that differ."""

    key: Row
    cells: dict[str, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Counts of rows, of changes in each column both have, and the first rows of each kind."""

    key: tuple[str, ...]
    added: int
    removed: int
    changed: int
    unchanged: int
    columns_added: tuple[str, ...]
    columns_gone: tuple[str, ...]
    changed_by_column: dict[str, int]
    added_rows: list[Row] = field(default_factory=list)
    removed_rows: list[Row] = field(default_factory=list)
    changed_rows: list[ChangedRow] = field(default_factory=list)


def compare(
    old: VersionFile, new: VersionFile, key: Sequence[str], *, limit: int, limit_s: float = LIMIT_S
) -> Difference:
    """Everything that differs, with at most `limit` rows of each kind, in the order of the key.

    Raises DiffKeyRequired for an empty key, DiffKeyUnknown, DiffKeyNotUnique, and what
    `opened_tables` raises.
    """
    common = [name for name in new.names if name in old.names]
    unknown = [name for name in key if name not in common]
    if unknown:
        raise _refused(DiffKeyUnknown, f"not a column of both versions: {', '.join(unknown)}.")
    with opened_tables({"old": old, "new": new}, limit_s=limit_s) as engine:
        if not key:
            raise _key_required(engine, common)
        _check_unique(engine, key)
        others = [name for name in common if name not in key]
        comparison = _Comparison(old, new, tuple(dict.fromkeys(key)), others)
        return comparison.run(engine, limit)


class _Comparison:
    """One pass over both versions; columns get names by position: o0, n0 and so on."""

    def __init__(
        self, old: VersionFile, new: VersionFile, key: tuple[str, ...], others: Sequence[str]
    ) -> None:
        self.old, self.new, self.key, self.others = old.names, new.names, key, others
        self.types = {n: c.type for n, c in zip(self.new, new.columns, strict=True)}
        self.place_old = {name: f"o{i}" for i, name in enumerate(self.old)}
        self.place_new = {name: f"n{i}" for i, name in enumerate(self.new)}

    def run(self, engine: duckdb.DuckDBPyConnection, limit: int) -> Difference:
        found = engine.execute(self._query(limit)).fetchone()
        assert found is not None
        added, removed, changed, unchanged = found[:4]
        by_column = dict(zip(self.others, found[4 : 4 + len(self.others)], strict=True))
        rows_added, rows_removed, rows_changed = (rows or [] for rows in found[-3:])
        return Difference(
            key=self.key,
            added=added,
            removed=removed,
            changed=changed,
            unchanged=unchanged,
            columns_added=tuple(name for name in self.new if name not in self.place_old),
            columns_gone=tuple(name for name in self.old if name not in self.place_new),
            changed_by_column=by_column,
            added_rows=[self._row(row, self.place_new) for row in rows_added],
            removed_rows=[self._row(row, self.place_old) for row in rows_removed],
            changed_rows=[self._changed(row) for row in rows_changed],
        )

    def _query(self, limit: int) -> str:
        same_key = " and ".join(
            f"{self.place_old[name]} is not distinct from {self.place_new[name]}"
            for name in self.key
        )
        differs = " or ".join(map(self._differs, self.others)) or "false"
        by_column = "".join(
            f"count(*) filter (where kind = 'changed' and {self._differs(name)}), "
            for name in self.others
        )
        counts = ", ".join(
            f"count(*) filter (where kind = '{kind}')"
            for kind in ("added", "removed", "changed", "unchanged")
        )
        samples = ", ".join(
            f"arg_min({self._values()}, {self._order()}, {limit}) filter (where kind = '{kind}')"
            for kind in ("added", "removed", "changed")
        )
        return f"""
            with joined as (
                select *, case when in_old is null then 'added' when in_new is null then 'removed'
                               when {differs} then 'changed' else 'unchanged' end as kind
                from (select {_renamed(self.place_old)}, true as in_old from old)
                full join (select {_renamed(self.place_new)}, true as in_new from new)
                on {same_key}
            )
            select {counts}, {by_column} {samples} from joined
        """

    def _differs(self, name: str) -> str:
        return f"{self.place_old[name]} is distinct from {self.place_new[name]}"

    def _values(self) -> str:
        places = [*self.place_old.values(), *self.place_new.values()]
        return "{" + ", ".join(f"'{place}': {place}" for place in places) + "}"

    def _order(self) -> str:
        """By the key: a single number as a number, anything else as text; NULL first."""
        texts = [
            f"coalesce({self.place_new[name]}, {self.place_old[name]}, '')" for name in self.key
        ]
        if len(self.key) == 1 and self.types[self.key[0]] in NUMBERS:
            return f"coalesce(try_cast({texts[0]} as double), '-inf'::double)"
        return " || chr(31) || ".join(texts)

    def _row(self, row: Mapping[str, Any], places: Mapping[str, str]) -> Row:
        return {name: row[place] for name, place in places.items()}

    def _changed(self, row: Mapping[str, Any]) -> ChangedRow:
        pairs = {
            name: (row[self.place_old[name]], row[self.place_new[name]]) for name in self.others
        }
        return ChangedRow(
            key={name: row[self.place_new[name]] for name in self.key},
            cells={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
        )


def _renamed(places: Mapping[str, str]) -> str:
    return ", ".join(f"{identifier(name)} as {place}" for name, place in places.items())


def _check_unique(engine: duckdb.DuckDBPyConnection, key: Sequence[str]) -> None:
    columns = ", ".join(map(identifier, key))
    for table, text in (("old", "the older version"), ("new", "the newer version")):
        found = engine.execute(
            f"select count(*), coalesce(sum(n), 0) from "
            f"(select count(*) as n from {table} group by {columns} having count(*) > 1)"
        ).fetchone()
        assert found is not None
        if found[0]:
            raise _refused(
                DiffKeyNotUnique,
                f"{', '.join(key)} does not tell rows apart: in {text} {found[1]} rows share "
                f"{found[0]} values of it. Add a column to the key.",
            )


def _key_required(engine: duckdb.DuckDBPyConnection, names: Sequence[str]) -> DiffKeyRequired:
    found = _candidates(engine, names)
    hint = "These would: " + "; ".join(found) if found else "No column or pair of columns does"
    message = f"Say which columns identify a row (key=a,b). {hint}."
    return DiffKeyRequired(
        message,
        errors=[FieldError(field="key", code="candidate", message=name) for name in found],
    )


def _candidates(engine: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[str]:
    """Keys as the parameter `key` takes them: single columns, else pairs of columns."""
    if not names:
        return []
    counts = ", ".join(f"approx_count_distinct({identifier(name)})" for name in names)
    found = engine.execute(f"select count(*), {counts} from new").fetchone()
    assert found is not None
    rows, distinct = found[0], dict(zip(names, found[1:], strict=True))
    # The estimate errs by some percent.
    likely = [name for name in names if distinct[name] >= 0.9 * rows][: 2 * CANDIDATES]
    single = [name for name in likely if _is_key(engine, [name])][:CANDIDATES]
    if single:
        return single
    widest = sorted(names, key=lambda name: -distinct[name])[:PAIRED_COLUMNS]
    pairs = [[a, b] for a, b in combinations(widest, 2) if distinct[a] * distinct[b] >= 0.9 * rows]
    return [",".join(pair) for pair in pairs if _is_key(engine, pair)][:CANDIDATES]


def _is_key(engine: duckdb.DuckDBPyConnection, names: Sequence[str]) -> bool:
    columns = ", ".join(map(identifier, names))
    return not any(
        engine.execute(
            f"select 1 from {table} group by {columns} having count(*) > 1 limit 1"
        ).fetchone()
        for table in ("new", "old")
    )


def _refused(kind: type[AutomacaoError], rest: str) -> AutomacaoError:
    message = f"The key cannot be used: {rest}"
    return kind(message, errors=[FieldError(field="key", code=kind.code, message=message)])
