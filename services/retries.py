"""Whether a run that failed is tried again, and when."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Job, Run, RunAttempt
from services.ledger import AttemptKey, Failure
from vocabulary import ErrorClass, RunState

LONGEST_WAIT_S = 900.0
GROWTH = 4.0
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often a run is tried again where its job says nothing, and the first wait in seconds."""

    limit: int
    wait_s: float


def next_wait_s(
    failure: Failure,
    earlier: Sequence[str | None],
    rule: RetryRule,
    *,
    jitter: Callable[[], float] = random.random,
) -> float | None:
    """Seconds until the run is tried again; None: not at all. Pure but for `jitter`, 0 to 1.

    `earlier`: the classes of the run's attempts that failed before this one. A transient failure
    is tried again up to the limit, one that nobody can place once at most, a permanent one never.
    Waits grow fourfold up to a quarter of an hour, each longer or shorter by up to a fifth.
    """
    if len(earlier) >= rule.limit or failure.error_class in (None, ErrorClass.PERMANENT):
        return None
    if failure.error_class == ErrorClass.UNKNOWN and ErrorClass.UNKNOWN in earlier:
        return None
    wait_s: float = min(rule.wait_s * GROWTH ** min(len(earlier), 10), LONGEST_WAIT_S)
    return max(wait_s, failure.retry_after_s) * (1 - JITTER + 2 * JITTER * jitter())


def wait_before_retry(
    session: Session, key: AttemptKey, failure: Failure, rule: RetryRule
) -> float | None:
    """What `next_wait_s` says of this run by its job's limit and its attempts in the ledger.

    None too when somebody has asked to cancel the run.
    """
    if failure.error_class in (None, ErrorClass.PERMANENT):
        return None
    run = session.execute(
        select(func.coalesce(Job.retry_limit, rule.limit).label("limit"), Run.cancel_requested_by)
        .join(Job, Job.job_id == Run.job_id)
        .where(Run.run_id == key.run_id)
    ).one_or_none()
    if run is None or run.cancel_requested_by is not None:
        return None
    earlier = session.scalars(
        select(RunAttempt.error_class).where(
            RunAttempt.run_id == key.run_id,
            RunAttempt.attempt < key.attempt,
            RunAttempt.state == RunState.FAILED,
        )
    ).all()
    return next_wait_s(failure, earlier, RetryRule(run.limit, rule.wait_s))
