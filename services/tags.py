"""Which tags the jobs have: one spelling for all of them, and the jobs that have some.

Nothing is kept but `jobs_he.tags`: a tag is there as long as a job has it. The ledger moves the
rows of jobs all day, so an index of tags would cost more than the reading of ten thousand of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from models import Job
from services.tag_rules import in_form, in_order, key_of

# Taken before a new tag is written, so that two people at once do not spell it in two ways.
NEW_TAG_LOCK = 7_160_403


@dataclass(frozen=True, slots=True)
class TagInUse:
    """A tag, and how many jobs have it."""

    tag: str
    jobs: int


def tags_in_use(session: Session) -> list[TagInUse]:
    """By the alphabet."""
    jobs = {tag: count for tag, count, _ in _written(session, None)}
    return [TagInUse(tag, jobs[tag]) for tag in in_order(jobs)]


def as_others_write(session: Session, tags: Iterable[str], job_id: int | None) -> list[str]:
    """The tags of a job as they are stored: as the first of the other jobs writes each.

    A tag that is nowhere yet holds back whoever writes a new one until the caller's transaction
    ends. `job_id`: None for a new job. Raises TagsInvalid.
    """
    wanted = in_form(tags)
    if not wanted:
        return []
    spelling = _spelling(session, job_id)
    if not {key_of(tag) for tag in wanted} <= spelling.keys():
        session.execute(select(func.pg_advisory_xact_lock(NEW_TAG_LOCK)))
        spelling = _spelling(session, job_id)
    return in_order(spelling.get(key_of(tag)) or tag for tag in wanted)


def with_tags(session: Session, tags: Iterable[str]) -> list[ColumnElement[bool]]:
    """What is true of a job that has every one of these tags, however they are spelled."""
    asked = {key_of(tag) for tag in tags}
    if not asked:
        return []
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for tag, _, _ in _written(session, None):
        spellings[key_of(tag)].append(tag)
    return [Job.tags.overlap(spellings[key]) for key in sorted(asked)]


def _spelling(session: Session, job_id: int | None) -> dict[str, str | None]:
    """Of each tag that is in use, as the first of the other jobs writes it; None: no other."""
    found: dict[str, str | None] = {}
    for tag, _, first in _written(session, job_id):
        key = key_of(tag)
        found[key] = found.get(key) or (None if first is None else tag)
    return found


def _written(session: Session, job_id: int | None) -> Sequence[Row[str, int, int | None]]:
    """Every tag in use, its jobs, and the first of them that is not this one; in this order."""
    tags = select(Job.job_id, func.unnest(Job.tags).label("tag")).subquery()
    first = func.min(tags.c.job_id).filter(tags.c.job_id.is_distinct_from(job_id))
    query = select(tags.c.tag, func.count(), first).group_by(tags.c.tag).order_by(first)
    return session.execute(query).all()
