"""Requests and responses of notification rules and of notifications."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, RootModel, StringConstraints

from models import Notification, NotificationItem, NotificationRule
from vocabulary import NotificationState, Topic
from webapi.channel_schemas import Recipients
from webapi.schemas import Model, Moment, OptionalInt, PageQuery, WallClock

TopicText = Annotated[str, StringConstraints(max_length=40)]
Topics = Annotated[list[TopicText], Field(max_length=20)]


class RulePath(Model):
    """A rule by number."""

    rule_id: int


class RuleQuery(Model):
    """Of which job; absent: all."""

    job_id: OptionalInt = None


class RuleCreate(Model):
    """`job_id`: of this job alone; `connection_id`: of the jobs of this connection; neither: of
    all. `topics`: failure, recovery, success, late, guard, delivery_failed. Events are gathered
    with `digest_every_min` or `digest_at`; from `quiet_start` to `quiet_end` they wait, failures
    pass where `failures_pass`; until `muted_until` they are not sent."""

    job_id: int | None = None
    connection_id: int | None = None
    channel_id: int
    topics: Topics
    recipients: Recipients = Field(default_factory=list)
    only_changes: bool = False
    digest_every_min: int | None = None
    digest_at: WallClock = None
    quiet_start: WallClock = None
    quiet_end: WallClock = None
    failures_pass: bool = True
    muted_until: Moment = None
    attach_dataset: bool = False
    attach_limit_mb: int = 10


class RuleUpdate(Model):
    """What to change; absent means unchanged."""

    job_id: int | None = None
    connection_id: int | None = None
    channel_id: int = 0
    topics: Topics = Field(default_factory=list)
    recipients: Recipients = Field(default_factory=list)
    only_changes: bool = False
    digest_every_min: int | None = None
    digest_at: WallClock = None
    quiet_start: WallClock = None
    quiet_end: WallClock = None
    failures_pass: bool = True
    muted_until: Moment = None
    attach_dataset: bool = False
    attach_limit_mb: int = 10


class RuleOut(Model):
    """A rule; `recipients` empty: those of the channel."""

    rule_id: int
    job_id: int | None
    connection_id: int | None
    channel_id: int
    channel_name: str
    topics: list[Topic]
    recipients: list[str]
    only_changes: bool
    digest_every_min: int | None
    digest_at: time | None
    quiet_start: time | None
    quiet_end: time | None
    failures_pass: bool
    muted_until: datetime | None
    attach_dataset: bool
    attach_limit_mb: int

    @classmethod
    def of(cls, rule: NotificationRule) -> Self:
        names = [name for name in cls.model_fields if name != "channel_name"]
        return cls(channel_name=rule.channel.name, **{name: getattr(rule, name) for name in names})


class RuleList(RootModel[list[RuleOut]]):
    """Rules for several jobs first."""


def _known_state(value: str | None) -> str | None:
    if value and value not in tuple(NotificationState):
        raise ValueError(f"must be one of: {', '.join(NotificationState)}")
    return value or None


class NotificationPath(Model):
    """A notification by number."""

    notification_id: int


class NotificationQuery(PageQuery):
    """Which notifications."""

    state: Annotated[str | None, AfterValidator(_known_state)] = None
    channel_id: OptionalInt = None
    job_id: OptionalInt = None
    run_id: OptionalInt = None


class NotificationItemOut(Model):
    """One thing that happened."""

    topic: Topic
    job_id: int | None
    job_name: str
    run_id: int | None
    detail: dict[str, Any] | None
    created_at: datetime

    @classmethod
    def of(cls, item: NotificationItem) -> Self:
        return cls(**{name: getattr(item, name) for name in cls.model_fields})


class NotificationOut(Model):
    """A message to a channel. While it waits `next_try_at` says until when; `recipients` are those
    who have not got it, of one that was sent all who were asked. One that was sent and has an
    error was not taken for everybody."""

    notification_id: int
    channel_id: int | None
    channel_name: str
    rule_id: int | None
    recipients: list[str]
    state: NotificationState
    attempt: int
    subject: str | None
    error_code: str | None
    error_message: str | None
    next_try_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    items: list[NotificationItemOut]

    @classmethod
    def of(cls, notification: Notification) -> Self:
        names = [n for n in cls.model_fields if n not in ("items", "next_try_at")]
        is_waiting = notification.state == NotificationState.WAITING
        return cls(
            items=[NotificationItemOut.of(item) for item in notification.items],
            next_try_at=notification.next_try_at if is_waiting else None,
            **{name: getattr(notification, name) for name in names},
        )


class NotificationPage(Model):
    """One page of notifications, the newest first."""

    items: list[NotificationOut]
    total: int
    page: int
    size: int
