"""Look-ups of staged rows: which inputs must be asked, and the answers put into the stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from psycopg2.extras import execute_values

from transfer.definition import LookUp
from transfer.lookups import Answer, Ask, Asker, Outcome
from transfer.names import quoted
from transfer.staging import SKIPPED, STAGE, Stage

CHUNK = 2000


def look_up_all(stage: Stage, ask: Ask, check: Callable[[], None]) -> list[str]:
    """Fill every looked-up column of the stage; returns notes on what failed, for the run.

    Raises LookUpFailed, and what `check` raises.
    """
    notes = []
    _take_present(stage)
    for lookup in stage.wanted.lookups:
        asker = Asker(lookup, ask, check)
        asked = _look_up(stage, lookup, asker)
        told = f"look-up of {lookup.column}: {asked} asked"
        if asker.failures:
            told += f", {asker.failures} failed ({asker.problem})"
        notes.append(told)
    return notes


def _take_present(stage: Stage) -> None:
    """What the target has stays, unless it is asked for below."""
    columns = [lookup.column for lookup in stage.wanted.lookups]
    sets = ", ".join(f"{quoted(name)} = t.{quoted(name)}" for name in columns)
    if not columns:
        return
    with stage.connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {STAGE} s SET {sets} FROM {stage.target.name.quoted} t WHERE {stage.same()}"
        )


def _look_up(stage: Stage, lookup: LookUp, asker: Asker) -> int:
    inputs = lookup.inputs
    columns = ", ".join(f"{quoted(f'in {name}')} text" for name in inputs)
    asked = 0
    with stage.connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.sync_answers")
        cursor.execute(
            f"CREATE TEMP TABLE sync_answers ({columns}, outcome text, value text) ON COMMIT DROP"
        )
        for chunk in batched_inputs(stage, lookup):
            asked += len(chunk)
            rows = [_row(answer) for answer in asker.answers(chunk)]
            execute_values(cursor, "INSERT INTO pg_temp.sync_answers VALUES %s", rows)
        _apply(stage, lookup)
    return asked


def batched_inputs(stage: Stage, lookup: LookUp) -> Iterator[list[tuple[str, ...]]]:
    """Distinct inputs of the rows that need an answer, some thousands at a time."""
    texts = ", ".join(f"s.{quoted(name)}::text" for name in lookup.inputs)
    given = " AND ".join(f"s.{quoted(name)} IS NOT NULL" for name in lookup.inputs)
    with stage.connection.cursor(name="sync_inputs") as cursor:
        cursor.itersize = CHUNK
        cursor.execute(
            f"SELECT DISTINCT {texts} FROM {STAGE} s LEFT JOIN {stage.target.name.quoted} t"
            f" ON {stage.same()} WHERE {given} AND ({_needs(stage, lookup)})"
        )
        while rows := cursor.fetchmany(CHUNK):
            yield [tuple(map(str, row)) for row in rows]


def _needs(stage: Stage, lookup: LookUp) -> str:
    """Whether a staged row must be asked for: it is new, lacks a value, or has changed."""
    if lookup.only == "all":
        return "true"
    first, column = quoted(stage.wanted.key[0]), quoted(lookup.column)
    needs = f"t.{first} IS NULL OR t.{column} IS NULL"
    if lookup.only == "changed":
        others = [each.column for each in stage.wanted.lookups]
        needs += f" OR ({stage.differs_from_source(others)})"
    return needs


def _apply(stage: Stage, lookup: LookUp) -> None:
    column = quoted(lookup.column)
    target = stage.target.column(lookup.column)
    cast = f"a.value::{target.type}" if target else "a.value"
    joined = " AND ".join(
        f"s.{quoted(name)}::text = a.{quoted(f'in {name}')}" for name in lookup.inputs
    )
    # The rows asked for are those without a partner at the target, or with one that needs it; an
    # input of another row that needs nothing changes nothing but what would be the same.
    with stage.connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {STAGE} s SET {column} = {cast} FROM pg_temp.sync_answers a"
            f" WHERE {joined} AND a.outcome <> %s",
            (Outcome.FAILED.value,),
        )
        if lookup.on_failure in ("null", "skip"):
            change = (
                f"{column} = NULL" if lookup.on_failure == "null" else f"{quoted(SKIPPED)} = true"
            )
            cursor.execute(
                f"UPDATE {STAGE} s SET {change} FROM pg_temp.sync_answers a"
                f" WHERE {joined} AND a.outcome = %s",
                (Outcome.FAILED.value,),
            )


def _row(answer: Answer) -> Sequence[str | None]:
    return (*answer.inputs, answer.outcome.value, answer.value)
