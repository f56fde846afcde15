"""The sets of a run in the ledger, behind the fence of its attempt.

They are written once, when the run knows them, so that every attempt has the same; an attempt that
begins later goes on with those that are not done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from metadb.engine import notify
from models import Run, RunSet
from services import ledger, windows
from services.ledger import RUNS_CHANNEL, AttemptKey, Failure
from services.parameter_sets import ParameterSet
from vocabulary import ErrorClass, RunState, SetState

# What an attempt carries out; a set that was held or cannot succeed stays as it is.
OPEN = (SetState.WAITING, SetState.RUNNING)


@dataclass(frozen=True, slots=True)
class SetEntry:
    """A set of a run: what it gives the query, and where its file goes."""

    position: int
    label: str
    values: Mapping[str, str | None]
    dataset_id: int | None
    target: Path


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """A set with its dataset and its file."""

    one: ParameterSet
    dataset_id: int
    target: Path


@dataclass(frozen=True, slots=True)
class FailedSet:
    """A set that has no new version, and why."""

    label: str
    code: str
    message: str
    error_class: ErrorClass


@dataclass(frozen=True, slots=True)
class Tally:
    """How the sets of a run have ended."""

    total: int
    done: int
    rows: int
    size_bytes: int
    failed: Sequence[FailedSet]


def has_sets(session: Session, run_id: int | None) -> bool:
    """Whether the run made files of parameter sets."""
    return bool(session.scalar(select(exists().where(RunSet.run_id == run_id))))


def sets_of(session: Session, run_id: int) -> Sequence[RunSet]:
    """The sets of a run in order; none for any other run."""
    return session.scalars(
        select(RunSet).where(RunSet.run_id == run_id).order_by(RunSet.position)
    ).all()


def plan(session: Session, key: AttemptKey, planned: Sequence[PlannedSet]) -> None:
    """Write the sets of a run; its fence must have been passed in this transaction."""
    session.add_all(
        RunSet(
            run_id=key.run_id,
            position=position,
            label=each.one.label,
            binds=dict(each.one.values),
            dataset_id=each.dataset_id,
            target_path=str(each.target),
            state=SetState.WAITING,
        )
        for position, each in enumerate(planned, start=1)
    )
    session.flush()
    notify(session, RUNS_CHANNEL, str(key.run_id))


def open_sets(session: Session, key: AttemptKey) -> list[SetEntry] | None:
    """What an attempt has to do: sets that wait, were under way, or failed for now.

    None: the run does not know its sets yet. One that failed for good is not tried again.
    """
    rows = sets_of(session, key.run_id)
    if not rows:
        return None
    return [
        SetEntry(row.position, row.label, row.binds, row.dataset_id, Path(row.target_path))
        for row in rows
        if row.state in OPEN
        or (row.state == SetState.FAILED and row.error_class != ErrorClass.PERMANENT)
    ]


def begin(session: Session, key: AttemptKey, position: int) -> None:
    """The set is executed by this attempt; the fence must have been passed."""
    change(
        session,
        key,
        position,
        state=SetState.RUNNING,
        attempt=key.attempt,
        started_at=func.clock_timestamp(),
        **dict.fromkeys(
            ("finished_at", "rows", "size_bytes", "warning", "error_code", "error_message",
             "error_class")
        ),
    )  # fmt: skip


def fail(session: Session, key: AttemptKey, position: int, failure: Failure) -> None:
    """The set has no new version; the fence must have been passed."""
    change(
        session,
        key,
        position,
        state=SetState.FAILED,
        error_code=failure.code,
        error_message=failure.message,
        error_class=failure.error_class,
        finished_at=func.clock_timestamp(),
    )


def warn(session: Session, run_id: int, position: int, warning: str) -> None:
    """Leave a warning on a set that is done, after those it has."""
    session.execute(
        update(RunSet)
        .where(RunSet.run_id == run_id, RunSet.position == position)
        .values(warning=func.concat_ws(" ", RunSet.warning, warning))
    )


def change(session: Session, key: AttemptKey, position: int, **values: object) -> None:
    """Write these columns of a set and tell whoever watches."""
    session.execute(
        update(RunSet)
        .where(RunSet.run_id == key.run_id, RunSet.position == position)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    notify(session, RUNS_CHANNEL, str(key.run_id))


def tally(session: Session, run_id: int) -> Tally:
    """How its sets stand."""
    rows = sets_of(session, run_id)
    done = [row for row in rows if row.state == SetState.DONE]
    return Tally(
        total=len(rows),
        done=len(done),
        rows=sum(row.rows or 0 for row in done),
        size_bytes=sum(row.size_bytes or 0 for row in done),
        failed=[
            FailedSet(
                row.label,
                row.error_code or "",
                row.error_message or "",
                ErrorClass(row.error_class or ErrorClass.UNKNOWN),
            )
            for row in rows
            if row.state in (SetState.FAILED, SetState.HELD)
        ],
    )


def succeed(session: Session, key: AttemptKey, found: Tally) -> None:
    """End the run: every set is done; the fence must have been passed.

    Where the job reads a window, its data now reaches to the end of it, unless only some of its
    sets were asked for: the others have not read those days.
    """
    session.execute(
        ledger.fenced(key).values(
            state=RunState.SUCCEEDED,
            reason=None,
            error_code=None,
            error_message=None,
            finished_at=func.clock_timestamp(),
            rows=found.rows,
            size_bytes=found.size_bytes,
        )
    )
    if session.scalar(select(Run.chosen_sets).where(Run.run_id == key.run_id)) is None:
        windows.move_last_data_date(session, key.run_id)
    ledger.close_attempt(session, key, state=RunState.SUCCEEDED)
    ledger.announce_end(session, key.run_id)
