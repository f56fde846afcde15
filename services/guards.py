"""Guards of a job: what a new version must be like before readers get it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypedDict

HISTORY = 10
NAMES_SHOWN = 10


class Finding(TypedDict):
    """A guard that failed: the sentence, what was allowed, what was found, which columns."""

    guard: str
    message: str
    expected: float | str | None
    found: float | str | None
    columns: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What a job asks of its versions; None, False and an empty tuple ask nothing.

    `not_all_null`: these columns must hold a value, with True every column.
    """

    min_rows: int | None = None
    max_change_percent: float | None = None
    not_empty: bool = False
    columns: bool = False
    not_all_null: bool | tuple[str, ...] = False

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Guards:
        """From the JSON of a job; None is a job without guards."""
        known = {name: value for name, value in (stored or {}).items() if name in cls.__slots__}
        if isinstance(known.get("not_all_null"), list):
            known["not_all_null"] = tuple(known["not_all_null"])
        return cls(**known)

    @property
    def reads_values(self) -> bool:
        """Whether the version must be read to examine it."""
        return bool(self.not_all_null)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version that is not published yet. `rows_read`: those the query returned, where the
    version has earlier ones too. `all_null`: columns without a single value."""

    rows: int
    rows_read: int | None = None
    columns: Sequence[Mapping[str, Any]]
    all_null: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was published so far: rows of the last versions, columns of the current one."""

    rows: Sequence[int] = ()
    columns: Sequence[Mapping[str, Any]] | None = None


def examine(guards: Guards, candidate: Candidate, before: Before) -> list[Finding]:
    """What each guard that fails has to say; empty when the version may be published."""
    return [
        *_not_empty(guards, candidate),
        *_min_rows(guards, candidate),
        *_max_change(guards, candidate, before),
        *(column_changes(candidate.columns, before.columns) if guards.columns else ()),
        *_not_all_null(guards, candidate),
    ]


def _not_empty(guards: Guards, candidate: Candidate) -> list[Finding]:
    rows = candidate.rows if candidate.rows_read is None else candidate.rows_read
    if not guards.not_empty or rows > 0:
        return []
    return [_finding("not_empty", "the query returned no rows", expected=1, found=0)]


def _min_rows(guards: Guards, candidate: Candidate) -> list[Finding]:
    if guards.min_rows is None or candidate.rows >= guards.min_rows:
        return []
    message = f"the result has {candidate.rows} rows, at least {guards.min_rows} are expected"
    return [_finding("min_rows", message, expected=guards.min_rows, found=candidate.rows)]


def _max_change(guards: Guards, candidate: Candidate, before: Before) -> list[Finding]:
    """A job that has published nothing, or mostly empty versions, has nothing to compare with."""
    usual = median(before.rows) if before.rows else 0
    if guards.max_change_percent is None or usual == 0:
        return []
    change = (candidate.rows - usual) / usual * 100
    if abs(change) <= guards.max_change_percent:
        return []
    message = (
        f"the result has {candidate.rows} rows, {abs(change):.1f} % "
        f"{'more' if change > 0 else 'fewer'} than {usual:g}, the median of the last "
        f"{len(before.rows)} published versions; {guards.max_change_percent:g} % are allowed"
    )
    return [
        _finding(
            "max_change_percent",
            message,
            expected=guards.max_change_percent,
            found=round(change, 1),
        )
    ]


def column_changes(
    found: Sequence[Mapping[str, Any]], published: Sequence[Mapping[str, Any]] | None
) -> list[Finding]:
    """Columns added, gone and retyped against the published version; a finding for each kind."""
    if published is None:
        return []
    old = {str(column["name"]): str(column["type"]) for column in published}
    new = {str(column["name"]): str(column["type"]) for column in found}
    kinds = {
        "added": ("columns that the published version does not have", set(new) - set(old)),
        "gone": ("columns that only the published version has", set(old) - set(new)),
        "retyped": (
            "columns of another type",
            {n for n in set(new) & set(old) if new[n] != old[n]},
        ),
    }
    findings = []
    for kind, (text, changed) in kinds.items():
        names = [name for name in {**old, **new} if name in changed]
        shown = [f"{n} ({old[n]}, now {new[n]})" if kind == "retyped" else n for n in names]
        if names:
            findings.append(
                _finding(
                    "columns",
                    f"{text}: {_shown(shown)}",
                    expected="unchanged",
                    found=kind,
                    columns=names,
                )
            )
    return findings


def _not_all_null(guards: Guards, candidate: Candidate) -> list[Finding]:
    """A named column that is not in the result holds no value either."""
    if not guards.not_all_null or candidate.rows == 0:
        return []
    names = [str(column["name"]) for column in candidate.columns]
    wanted = guards.not_all_null
    watched = names if isinstance(wanted, bool) else list(wanted)
    empty = [name for name in watched if name in candidate.all_null or name not in names]
    if not empty:
        return []
    message = f"columns without a single value: {_shown(empty)}"
    return [_finding("not_all_null", message, expected="a value", found="none", columns=empty)]


def _finding(
    guard: str,
    message: str,
    *,
    expected: float | str | None,
    found: float | str | None,
    columns: Sequence[str] = (),
) -> Finding:
    return Finding(
        guard=guard, message=message, expected=expected, found=found, columns=list(columns)
    )


def _shown(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def guard_message(findings: Sequence[Mapping[str, Any]]) -> str:
    """What a run says whose version was held back."""
    return (
        f"A guard held the new version back: {sentence_of(findings)} "
        "Readers keep the version before. Release the new one or discard it."
    )


def sentence_of(findings: Sequence[Mapping[str, Any]]) -> str:
    """All of them, as one sentence."""
    return "; ".join(str(finding["message"]) for finding in findings) + "."
