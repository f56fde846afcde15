"""What a message says, gathered before it is written: plain values, no rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

LANGUAGES = ("en", "pt-BR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Figures of one part of a run: a table, a file. None is not shown."""

    name: str
    rows: int | None = None
    size_bytes: int | None = None
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An error in plain words of the message's language; `message` is what was found."""

    code: str
    title: str
    help: str
    message: str
    database_code: str | None = None
    cause: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that happened. `url` leads to it, `data_url` to the dataset; None without a public
    address. `not_run` is how many occurrences were left out, from `first_due_at` to `due_at`."""

    topic: str
    job_id: int | None
    job_name: str
    at: datetime
    run_id: int | None = None
    url: str | None = None
    state: str | None = None
    trigger: str | None = None
    attempt: int | None = None
    due_at: datetime | None = None
    first_due_at: datetime | None = None
    not_run: int | None = None
    reason: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_s: float | None = None
    rows: int | None = None
    size_bytes: int | None = None
    error: Explanation | None = None
    warning: str | None = None
    dataset: str | None = None
    data_url: str | None = None
    target: str | None = None
    lines: Sequence[Line] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A whole message. `is_digest`: several events gathered; `is_test`: somebody tries a channel;
    `too_large_bytes`: the size of a file that was not attached."""

    key: str
    language: str
    zone: ZoneInfo
    items: Sequence[Item]
    home_url: str | None = None
    is_digest: bool = False
    is_test: bool = False
    too_large_bytes: int | None = None
    attachment: Attachment | None = None
