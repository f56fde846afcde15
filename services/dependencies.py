"""Jobs that run after others: what a job follows, and the runs that follow when one has ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from models import Job, JobDependency, Run
from vocabulary import Condition, OverlapPolicy, Reason, RunState, Trigger

# Taken while dependencies change, so that two changes at once make no circle together.
CHANGE_LOCK = 7_160_402
NAMED = 10
# What each end of a run means to those who follow. An end that is no success and no failure, such
# as a cancellation, starts only who asked for any end.
_MEETS: Mapping[str, tuple[Condition, ...]] = {
    RunState.SUCCEEDED: (Condition.SUCCESS, Condition.COMPLETION),
    RunState.FAILED: (Condition.FAILURE, Condition.COMPLETION),
    RunState.INTERRUPTED: (Condition.FAILURE, Condition.COMPLETION),
    RunState.CANCELLED: (Condition.COMPLETION,),
}


class DependencyInvalid(AutomacaoError):
    """The job is to follow what is no job, or follow one twice."""

    code = "dependency_invalid"
    status = 422


class DependencyCycle(AutomacaoError):
    """The job would wait for itself; the message names the way round."""

    code = "dependency_cycle"
    status = 422


class JobHasFollowers(AutomacaoError):
    """Other jobs run after this one."""

    code = "job_has_followers"
    status = 409


class DependencyFields(TypedDict):
    """After which job, and how its run must have ended."""

    job_id: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Dependency:
    """One job that runs after another, told from either side: `job_id` is the other one."""

    job_id: int
    job_name: str
    condition: Condition


def followed_by_job(
    session: Session, job_ids: Collection[int] | None = None
) -> dict[int, list[Dependency]]:
    """What each job follows, by name; None: every job's."""
    query = (
        select(JobDependency.job_id, Job.job_id, Job.job_name, JobDependency.condition)
        .join(Job, Job.job_id == JobDependency.after_job_id)
        .order_by(Job.job_name, Job.job_id)
    )
    if job_ids is not None:
        query = query.where(JobDependency.job_id.in_(job_ids))
    found: defaultdict[int, list[Dependency]] = defaultdict(list)
    for job_id, other, name, condition in session.execute(query):
        found[job_id].append(Dependency(other, name, Condition(condition)))
    return found


def followers_of(session: Session, job_id: int) -> list[Dependency]:
    """The jobs that run after this one, by name."""
    rows = session.execute(
        select(Job.job_id, Job.job_name, JobDependency.condition)
        .join(JobDependency, JobDependency.job_id == Job.job_id)
        .where(JobDependency.after_job_id == job_id)
        .order_by(Job.job_name, Job.job_id)
    )
    return [Dependency(other, name, Condition(condition)) for other, name, condition in rows]


def hold_dependencies(session: Session) -> None:
    """Keep others from changing what follows what, until the caller's transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(CHANGE_LOCK)))


def differs(session: Session, job_id: int, wanted: Sequence[DependencyFields]) -> bool:
    """True when the job does not follow exactly these."""
    stored = followed_by_job(session, [job_id]).get(job_id, [])
    return len(stored) != len(wanted) or {(d.job_id, d.condition) for d in stored} != {
        (d["job_id"], d["condition"]) for d in wanted
    }


def replace_dependencies(session: Session, job: Job, wanted: Sequence[DependencyFields]) -> None:
    """The job follows these and no others. Raises DependencyInvalid or DependencyCycle.

    A job that was there before must be locked after `hold_dependencies`.
    """
    hold_dependencies(session)
    _refuse_unknown(session, wanted)
    _refuse_circle(session, job, [found["job_id"] for found in wanted])
    session.execute(delete(JobDependency).where(JobDependency.job_id == job.job_id))
    session.add_all(
        JobDependency(job_id=job.job_id, after_job_id=found["job_id"], condition=found["condition"])
        for found in wanted
    )
    session.flush()


def refuse_followed(session: Session, job: Job) -> None:
    """Raises JobHasFollowers when other jobs run after this one."""
    followers = followers_of(session, job.job_id)
    if followers:
        names = ", ".join(follower.job_name for follower in followers[:NAMED])
        more = f" and {len(followers) - NAMED} more" if len(followers) > NAMED else ""
        raise JobHasFollowers(
            f"These jobs run after {job.job_name!r}: {names}{more}. They would no longer be "
            "started. Take it out of them first, or delete it with unlink=true."
        )


def _refuse_unknown(session: Session, wanted: Sequence[DependencyFields]) -> None:
    numbers = [found["job_id"] for found in wanted]
    known = set(session.scalars(select(Job.job_id).where(Job.job_id.in_(numbers))))
    for number in numbers:
        if number not in known:
            raise _refusal(DependencyInvalid, f"There is no job with the number {number}.")
        if numbers.count(number) > 1:
            raise _refusal(DependencyInvalid, f"Job {number} is named twice; name it once.")


def _refuse_circle(session: Session, job: Job, after: Iterable[int]) -> None:
    edges: defaultdict[int, list[int]] = defaultdict(list)
    for number, other in session.execute(select(JobDependency.job_id, JobDependency.after_job_id)):
        edges[number].append(other)
    edges[job.job_id] = list(after)
    way = _way_back(edges, job.job_id)
    if way:
        names = dict(
            session.execute(select(Job.job_id, Job.job_name).where(Job.job_id.in_(way))).all()
        )
        told = " after ".join(repr(names[number]) for number in way)
        raise _refusal(
            DependencyCycle,
            f"The job would wait for itself: {told}. Take one of these out.",
        )


def _way_back(edges: Mapping[int, Sequence[int]], start: int) -> list[int]:
    """The jobs from `start` back to it along what each follows; none when there is no way."""
    came_from: dict[int, int] = {}
    to_visit = [start]
    while to_visit:
        number = to_visit.pop()
        for other in edges.get(number, ()):
            if other == start:
                way = [number]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return [*reversed(way), start]
            if other not in came_from:
                came_from[other] = number
                to_visit.append(other)
    return []


def _refusal(
    kind: type[DependencyInvalid | DependencyCycle], message: str
) -> DependencyInvalid | DependencyCycle:
    return kind(message, errors=[FieldError(field="after", code=kind.code, message=message)])


# Made once: each end of a run asks it, and building it takes longer than the question.
_FOLLOWERS = (
    select(Run.reference_date, Run.state, JobDependency.condition, Job)
    .join(JobDependency, JobDependency.after_job_id == Run.job_id)
    .join(Job, Job.job_id == JobDependency.job_id)
    .where(Run.run_id == bindparam("run_id"), Run.backfill_id.is_(None))
    .order_by(Job.job_id)
    # Before a run of theirs, as everybody does who locks both.
    .with_for_update(of=Job, read=True, key_share=True)
)


def write_followers(session: Session, run_id: int) -> list[int]:
    """Write the runs that follow a run that has ended, in the transaction that ends it.

    Each following job gets one, whatever becomes of it: it waits for a worker, or is recorded
    because its job is inactive or paused, or because one that already waits will see the same.
    Runs of a backfill start nothing. Returns the numbers of those that were written.
    """
    rows = session.execute(_FOLLOWERS, {"run_id": run_id}).all()
    written = [
        _write(session, run_id, reference_date, job)
        for reference_date, state, condition, job in rows
        if condition in _MEETS.get(state, ())
    ]
    return [number for number in written if number is not None]


def _write(session: Session, cause_id: int, reference_date: date | None, job: Job) -> int | None:
    reason = _reason_against(session, job, reference_date)
    number: int | None = session.scalar(
        insert(Run)
        .values(
            job_id=job.job_id,
            job_name=job.job_name,
            trigger=Trigger.DEPENDENCY,
            state=RunState.QUEUED if reason is None else RunState.CANCELLED,
            reason=reason,
            finished_at=None if reason is None else func.clock_timestamp(),
            priority=job.priority,
            is_exclusive=job.overlap_policy != OverlapPolicy.ALLOW,
            caused_by_run_id=cause_id,
            reference_date=reference_date,
        )
        .on_conflict_do_nothing(
            index_elements=[Run.job_id, Run.caused_by_run_id],
            index_where=Run.caused_by_run_id.is_not(None),
        )
        .returning(Run.run_id)
    )
    return number


def _reason_against(session: Session, job: Job, reference_date: date | None) -> Reason | None:
    """A run that already waits is locked: it starts after this end is there for all to see.

    Without `reference_date`, of a run that never began, nobody knows whether its days are the same.
    """
    if not job.is_active:
        return Reason.JOB_INACTIVE
    if job.paused_at is not None:
        return Reason.PAUSED
    if job.overlap_policy == OverlapPolicy.ALLOW or reference_date is None:
        return None
    waiting = session.scalar(
        select(Run.run_id)
        .where(
            Run.job_id == job.job_id,
            Run.trigger == Trigger.DEPENDENCY,
            Run.state == RunState.QUEUED,
            Run.reference_date == reference_date,
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return None if waiting is None else Reason.OVERLAP
