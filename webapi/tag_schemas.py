"""Requests and responses about tags of jobs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel

from services.tags import TagInUse
from webapi.schemas import CommaList, Model, Name

# More than a job may have, so that the rules of tags say what is wrong and how to mend it.
MAX_SENT = 100
AskedTags = Annotated[list[Name], CommaList, Field(max_length=MAX_SENT)]


class JobTagsIn(Model):
    """`tags`: at most 10, each of 1 to 40 characters without commas; sent as a whole. Capitals make
    no other tag: it is stored as the jobs that have it already write it."""

    tags: list[Name] = Field(default_factory=list, max_length=MAX_SENT)


class JobTagsOut(Model):
    """By the alphabet."""

    tags: list[str]


class TagOut(Model):
    """A tag, and how many jobs have it."""

    tag: str
    jobs: int

    @classmethod
    def of(cls, found: TagInUse) -> TagOut:
        return cls(tag=found.tag, jobs=found.jobs)


class TagList(RootModel[list[TagOut]]):
    """Every tag that a job has, by the alphabet."""
