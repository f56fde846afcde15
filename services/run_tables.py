"""The tables of a run that moves them: each one's progress, behind the fence of its attempt.

A target commits after the ledger has written which transaction that will be (`committing`); an
attempt that begins later asks the target what became of it. So each table is moved exactly once,
also when the worker dies between the two commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from metadb.engine import notify
from models import Run, RunTable
from services import ledger, windows
from services.ledger import RUNS_CHANNEL, AttemptKey, Failure
from services.publication import AttemptNotCurrent
from vocabulary import RunState, TableState


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A table of a run: where it comes from, where it goes, and how far it is."""

    position: int
    source: str
    target: str
    state: TableState = TableState.WAITING
    target_xid: int | None = None


@dataclass(frozen=True, slots=True)
class TableProgress:
    """How far a table is that is being moved; `rows_expected` None: nothing new is known."""

    position: int
    rows: int
    size_bytes: int
    rows_expected: int | None = None


def plan(session: Session, key: AttemptKey, wanted: Sequence[tuple[str, str]]) -> list[TableEntry]:
    """The run's tables; those an earlier attempt has planned keep their state.

    When the job names other tables by now, all begin anew. Raises AttemptNotCurrent.
    """
    _hold(session, key)
    rows = _rows(session, key.run_id)
    if [(row.source, row.target) for row in rows] != list(wanted):
        session.execute(delete(RunTable).where(RunTable.run_id == key.run_id))
        session.expunge_all()
        before = _rows_before(session, key.run_id)
        session.add_all(
            RunTable(
                run_id=key.run_id,
                position=position,
                source=source,
                target=target,
                state=TableState.WAITING,
                rows_expected=before.get((source, target)),
            )
            for position, (source, target) in enumerate(wanted, start=1)
        )
        session.flush()
        rows = _rows(session, key.run_id)
    notify(session, RUNS_CHANNEL, str(key.run_id))
    return [
        TableEntry(row.position, row.source, row.target, TableState(row.state), row.target_xid)
        for row in rows
    ]


def begin(session: Session, key: AttemptKey, position: int) -> None:
    """The table is being moved by this attempt. Raises AttemptNotCurrent."""
    values = dict.fromkeys(
        ("rows", "size_bytes", "inserted", "updated", "deleted", "skipped", "duration_ms")
    )
    _change(
        session,
        key,
        position,
        state=TableState.RUNNING,
        attempt=key.attempt,
        target_xid=None,
        started_at=func.clock_timestamp(),
        finished_at=None,
        error_code=None,
        error_message=None,
        checks=None,
        notes=None,
        **values,
    )


def record_progress(session: Session, key: AttemptKey, tables: Sequence[TableProgress]) -> None:
    """Store how far the tables are that this attempt is moving; what has been told to the fence
    stays."""
    for table in tables:
        session.execute(
            update(RunTable)
            .where(
                RunTable.run_id == key.run_id,
                RunTable.position == table.position,
                RunTable.attempt == key.attempt,
                RunTable.state == TableState.RUNNING,
            )
            .values(
                # Servers that do not tell meanwhile are no reason to say that there are none.
                rows=table.rows or None,
                size_bytes=table.size_bytes,
                rows_expected=func.coalesce(table.rows_expected, RunTable.rows_expected),
            )
        )


def pass_fence(
    session: Session, key: AttemptKey, position: int, xid: int, figures: Mapping[str, Any]
) -> None:
    """The target is about to commit this transaction. Raises AttemptNotCurrent.

    The session at the target was opened before: an attempt that follows ends it, so that a commit
    can come no later than that.
    """
    _change(session, key, position, state=TableState.COMMITTING, target_xid=xid, **figures)


def finish(session: Session, key: AttemptKey, position: int) -> None:
    """The target has committed. Raises AttemptNotCurrent."""
    _change(session, key, position, state=TableState.DONE, finished_at=func.clock_timestamp())


def reopen(session: Session, key: AttemptKey, position: int) -> None:
    """The target has rolled back: the table is to be moved again. Raises AttemptNotCurrent."""
    _change(session, key, position, state=TableState.WAITING, target_xid=None)


def fail(session: Session, key: AttemptKey, position: int, failure: Failure) -> None:
    """The target has rolled back because of this. Raises AttemptNotCurrent."""
    _change(
        session,
        key,
        position,
        state=TableState.FAILED,
        rows=None,
        size_bytes=None,
        error_code=failure.code,
        error_message=failure.message,
        finished_at=func.clock_timestamp(),
    )


def succeed(session: Session, key: AttemptKey) -> None:
    """End the run: every table is done. Raises AttemptNotCurrent.

    Where the job reads a window, its data now reaches to the end of it.
    """
    windows.hold_job(session, key.run_id)
    rows, size_bytes = session.execute(
        select(func.sum(RunTable.rows), func.sum(RunTable.size_bytes)).where(
            RunTable.run_id == key.run_id
        )
    ).one()
    ended = session.execute(
        ledger.fenced(key)
        .values(
            state=RunState.SUCCEEDED,
            reason=None,
            finished_at=func.clock_timestamp(),
            rows=rows or 0,
            size_bytes=size_bytes or 0,
        )
        .returning(Run.run_id)
    ).first()
    if ended is None:
        raise _not_current(key)
    windows.move_last_data_date(session, key.run_id)
    ledger.close_attempt(session, key, state=RunState.SUCCEEDED)
    ledger.announce_end(session, key.run_id)


def tables_of(session: Session, run_id: int) -> list[RunTable]:
    """The tables of a run in order; none for a run that exports."""
    return _rows(session, run_id)


def _rows(session: Session, run_id: int) -> list[RunTable]:
    query = select(RunTable).where(RunTable.run_id == run_id).order_by(RunTable.position)
    return list(session.scalars(query))


def _rows_before(session: Session, run_id: int) -> dict[tuple[str, str], int]:
    """The rows of each table, by source and target, in the last run of the job that succeeded."""
    earlier, this = aliased(Run), aliased(Run)
    last = (
        select(func.max(earlier.run_id))
        .join(this, this.job_id == earlier.job_id)
        .where(this.run_id == run_id, earlier.state == RunState.SUCCEEDED)
    )
    rows = select(RunTable.source, RunTable.target, RunTable.rows).where(
        RunTable.run_id == last.scalar_subquery()
    )
    found = session.execute(rows)
    return {(source, target): count for source, target, count in found if count is not None}


def _hold(session: Session, key: AttemptKey) -> None:
    ours = select(Run.run_id).where(
        Run.run_id == key.run_id, Run.attempt == key.attempt, Run.state == RunState.RUNNING
    )
    if session.scalar(ours.with_for_update()) is None:
        raise _not_current(key)


def _change(session: Session, key: AttemptKey, position: int, **values: Any) -> None:
    ours = exists().where(
        Run.run_id == key.run_id, Run.attempt == key.attempt, Run.state == RunState.RUNNING
    )
    changed = session.execute(
        update(RunTable)
        .where(RunTable.run_id == key.run_id, RunTable.position == position, ours)
        .values(**values)
        .returning(RunTable.position)
    ).first()
    if changed is None:
        raise _not_current(key)
    notify(session, RUNS_CHANNEL, str(key.run_id))


def _not_current(key: AttemptKey) -> AttemptNotCurrent:
    return AttemptNotCurrent(
        f"Attempt {key.attempt} of run {key.run_id} is no longer the current one; nothing more "
        "of it is written."
    )
