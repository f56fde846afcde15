"""Looks ahead without side effects: the first rows of a query, the next moments of a schedule."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from connectors.base import Column, ConnectionSpec, SessionTags
from connectors.bind_values import NO_VALUES, Bound
from connectors.registry import connector_for
from connectors.statement import check_statement
from services.parameter_sets import MAX_SETS
from timing.moments import first_instant, next_moments
from timing.off_moments import OffMoment, off_moments
from timing.timetable import Timetable

MAX_ROWS = 100
MAX_CELL_CHARS = 2000
MAX_CHARS = 4_000_000
MAX_PLAN_LINES = 2000
MAX_OFF = 50
TIME_LIMIT_S = 30.0
TAGS = SessionTags("preview")


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows as text, None for NULL; `is_cut` says that there are more, or that a
    hundred of them would be more than anybody reads."""

    columns: tuple[Column, ...]
    rows: list[list[str | None]]
    is_cut: bool
    elapsed_ms: int


def preview_query(
    spec: ConnectionSpec,
    sql: str,
    *,
    limit: int,
    time_zone: str,
    binds: Mapping[str, Bound] = NO_VALUES,
) -> Preview:
    """Run the query and read its first rows; nothing is published or kept.

    Opens no metadata transaction and must not be called in one. Raises what the text, the source
    or the time limit of 30 s has to say.
    """
    statement = check_statement(sql, spec.kind)
    started = time.monotonic()
    with connector_for(spec.kind).open(
        spec, tags=TAGS, time_limit_s=TIME_LIMIT_S, time_zone=time_zone, binds=binds
    ) as session:
        columns, rows = session.fetch(statement, limit + 1)
    shown = _within([[_text(value) for value in row] for row in rows[:limit]])
    elapsed_ms = round((time.monotonic() - started) * 1000)
    return Preview(columns, shown, len(rows) > len(shown), elapsed_ms)


def _within(rows: list[list[str | None]]) -> list[list[str | None]]:
    """As many of the rows as MAX_CHARS hold, the first one in any case."""
    sizes = accumulate(sum(len(cell or "") for cell in row) for row in rows)
    count = sum(size <= MAX_CHARS for size in sizes)
    return rows[: max(1, count)]


def fetch_sets(
    spec: ConnectionSpec, sql: str, *, time_zone: str, binds: Mapping[str, Bound]
) -> tuple[tuple[Column, ...], list[tuple[object, ...]]]:
    """What a query for parameter sets answers with, one row more than a run may have. See
    `preview_query`."""
    with connector_for(spec.kind).open(
        spec, tags=TAGS, time_limit_s=TIME_LIMIT_S, time_zone=time_zone, binds=binds
    ) as session:
        return session.fetch(check_statement(sql, spec.kind), MAX_SETS + 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """How the database would run a query, as it writes it itself."""

    lines: tuple[str, ...]
    elapsed_ms: int


def explain_query(
    spec: ConnectionSpec, sql: str, *, time_zone: str, binds: Mapping[str, Bound] = NO_VALUES
) -> Plan:
    """The plan of the query, which is parsed and not run. See `preview_query`."""
    statement = check_statement(sql, spec.kind)
    started = time.monotonic()
    with connector_for(spec.kind).open(
        spec, tags=TAGS, time_limit_s=TIME_LIMIT_S, time_zone=time_zone, binds=binds
    ) as session:
        lines = session.explain(statement)
    elapsed_ms = round((time.monotonic() - started) * 1000)
    return Plan(lines[:MAX_PLAN_LINES], elapsed_ms)


def _text(value: object) -> str | None:
    """A cell as people read it; digits, dates and bytes as the source gave them."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray | memoryview):
        text = bytes(value[: MAX_CELL_CHARS // 2]).hex()
    elif isinstance(value, Decimal):
        text = format(value, "f")
    elif isinstance(value, datetime):
        text = value.isoformat(sep=" ")
    elif isinstance(value, timedelta):
        text = str(value)
    else:
        text = str(value)
    return text if len(text) <= MAX_CELL_CHARS else text[:MAX_CELL_CHARS] + "…"


@dataclass(frozen=True, slots=True)
class Moments:
    """The next moments in the schedule's own zone, and those on days off up to the last of them."""

    moments: list[datetime]
    off: list[OffMoment]


def preview_schedule(timetable: Timetable, *, after: datetime, count: int) -> Moments:
    """Without any moment to come, the days off of a month; never more than those of a year."""
    moments = next_moments(timetable, after, count)
    if timetable.starts_on is not None:
        after = max(after, first_instant(timetable.starts_on, timetable.zone) - timedelta(days=1))
    until = moments[-1] if moments else after + timedelta(days=31)
    off = off_moments(timetable, after, min(until, after + timedelta(days=366)))
    return Moments([m.astimezone(timetable.zone) for m in moments], off[:MAX_OFF])
