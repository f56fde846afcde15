"""What the columns of a dataset hold: nulls, distinct values, extremes, quantiles, most frequent.

Computed by the engine over the companion and kept beside it, so a version is profiled once.
"""

from __future__ import annotations

import json
import logging
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb

from datafiles.column_keys import ColumnKey, KeyKind
from datafiles.companions import Companion
from datafiles.querying import Searches

log = logging.getLogger(__name__)

PROFILE_FILE: Final = "profile.json"
PROFILE_FORMAT: Final = 1
LIMIT_S: Final = 120.0
QUANTILES: Final = (0.25, 0.5, 0.75)
MOST_FREQUENT: Final = 5
# Exact counts of distinct values take memory for each of them.
COUNTED_EXACTLY: Final = 200_000
MAX_CHARACTERS: Final = 200
# Their keys are texts in the order of what they stand for, and no values to show.
_CODED: Final = frozenset({KeyKind.ANY_NUMBER, KeyKind.ANY_MOMENT})
_ORDERED: Final = frozenset(
    {KeyKind.INTEGER, KeyKind.DECIMAL, KeyKind.FLOAT, KeyKind.DATE, KeyKind.TIMESTAMP}
)


@dataclass(frozen=True, slots=True)
class Frequent:
    """A value and how many rows have it."""

    value: str
    rows: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column; values are texts, None where the type has no such thing.

    `quantiles`: a quarter, a half and three quarters of the rows lie at or below it.
    """

    name: str
    type: str
    nulls: int
    distinct: int
    is_distinct_exact: bool
    min: str | None = None
    max: str | None = None
    quantiles: list[str] = field(default_factory=list)
    most_frequent: list[Frequent] = field(default_factory=list)


def profile_of(companion: Companion, folder: Path, searches: Searches) -> list[ColumnProfile]:
    """The profile of every column; `folder` is the companion's, where it is kept.

    Raises QueryTimeout, QueryTooLarge or TooManyQueries.
    """
    kept = _kept(folder / PROFILE_FILE)
    if kept is not None:
        return kept

    def work(cursor: duckdb.DuckDBPyConnection) -> list[ColumnProfile]:
        return [
            _profiled(cursor, companion.rows, f"c{place}", key)
            for place, key in enumerate(companion.keys)
        ]

    profiles = searches.run(companion, work, limit_s=LIMIT_S)
    _keep(folder / PROFILE_FILE, profiles)
    return profiles


def _profiled(
    cursor: duckdb.DuckDBPyConnection, rows: int, name: str, key: ColumnKey
) -> ColumnProfile:
    is_exact = rows <= COUNTED_EXACTLY
    distinct = f"count(DISTINCT {name})" if is_exact else f"approx_count_distinct({name})"
    shown = (
        "NULL, NULL" if key.kind in _CODED else f"{_text(f'min({name})')}, {_text(f'max({name})')}"
    )
    count, different, least, most = cursor.execute(
        f"SELECT count({name}), {distinct}, {shown} FROM keys"
    ).fetchall()[0]
    return ColumnProfile(
        name=key.name,
        type=key.type,
        nulls=rows - count,
        distinct=min(different, count),
        is_distinct_exact=is_exact,
        min=least,
        max=most,
        quantiles=_quantiles(cursor, name) if count and key.kind in _ORDERED else [],
        most_frequent=_most_frequent(cursor, name) if key.kind not in _CODED else [],
    )


def _quantiles(cursor: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    wanted = ", ".join(map(str, QUANTILES))
    (found,) = cursor.execute(
        f"SELECT CAST(quantile_disc({name}, [{wanted}]) AS VARCHAR[]) FROM keys"
    ).fetchall()[0]
    return list(found)


def _most_frequent(cursor: duckdb.DuckDBPyConnection, name: str) -> list[Frequent]:
    found = cursor.execute(
        f"SELECT {_text(name)}, count(*) FROM keys WHERE {name} IS NOT NULL"
        f" GROUP BY {name} ORDER BY 2 DESC, {name} LIMIT {MOST_FREQUENT}"
    ).fetchall()
    return [Frequent(value, rows) for value, rows in found]


def _text(expression: str) -> str:
    return f"substr(CAST({expression} AS VARCHAR), 1, {MAX_CHARACTERS})"


def _kept(file: Path) -> list[ColumnProfile] | None:
    try:
        document: dict[str, Any] = json.loads(file.read_text("utf-8"))
        if document["format"] != PROFILE_FORMAT:
            return None
        return [
            ColumnProfile(
                **{**found, "most_frequent": [Frequent(**one) for one in found["most_frequent"]]}
            )
            for found in document["columns"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(file: Path, profiles: list[ColumnProfile]) -> None:
    """Whole or not at all; where there is no room it is made anew the next time."""
    document = {"format": PROFILE_FORMAT, "columns": [asdict(found) for found in profiles]}
    beside = file.with_name(f".{secrets.token_hex(6)}.part")
    try:
        beside.write_text(json.dumps(document), encoding="utf-8")
        beside.replace(file)
    except OSError as exc:
        log.info("profile_not_kept", extra={"file": str(file), "problem": str(exc)})
        with suppress(OSError):
            beside.unlink(missing_ok=True)
