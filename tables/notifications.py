"""Who is told of what, and what was sent."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, now, part_of, points_to


class Channel(Base):
    """A way to people: a mail server, a web address, a chat. Its secret is encrypted and bound to
    this row; messages are written in `language`."""

    __tablename__ = "channels"

    channel_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    language: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    secret_encrypted: Mapped[str | None]
    created_at: Mapped[datetime] = now()
    updated_at: Mapped[datetime] = now()


class NotificationRule(Base):
    """Which topics of which jobs go to a channel: of one job, of the jobs of a connection, or all.

    `recipients` empty: those of the channel. With `digest_every_min` or `digest_at` events are
    gathered and sent together. What comes from `quiet_start` to `quiet_end`, wall-clock times of
    the default zone whose end may lie on the next day, waits; failures pass where `failures_pass`.
    What comes before `muted_until` is not sent. `only_changes`: of failures in a row the first.
    """

    __tablename__ = "notification_rules"

    rule_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int | None] = part_of("jobs_he.job_id", index=True)
    connection_id: Mapped[int | None] = part_of("connections.connection_id")
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.channel_id"))
    topics: Mapped[list[str]]
    recipients: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    only_changes: Mapped[bool] = mapped_column(server_default=text("false"))
    digest_every_min: Mapped[int | None]
    digest_at: Mapped[time | None]
    quiet_start: Mapped[time | None]
    quiet_end: Mapped[time | None]
    failures_pass: Mapped[bool] = mapped_column(server_default=text("true"))
    muted_until: Mapped[datetime | None]
    attach_dataset: Mapped[bool] = mapped_column(server_default=text("false"))
    attach_limit_mb: Mapped[int] = mapped_column(server_default=text("10"))
    created_at: Mapped[datetime] = now()
    updated_at: Mapped[datetime] = now()

    channel: Mapped[Channel] = relationship(lazy="raise")


class NotificationEvent(Base):
    """Something happened; written in the transaction in which it did, turned into notifications
    afterwards. A run ends once and is late once; `detail` is what the rows do not say."""

    __tablename__ = "notification_events"
    __table_args__ = (
        Index(
            "uq_notification_events_run",
            "kind",
            "run_id",
            unique=True,
            postgresql_where=text("kind IN ('run_ended','late')"),
        ),
        Index(
            "ix_notification_events_open",
            "event_id",
            postgresql_where=text("handled_at IS NULL"),
        ),
    )

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str]
    run_id: Mapped[int | None] = part_of("runs.run_id", BigInteger)
    delivery_id: Mapped[int | None] = part_of("deliveries.delivery_id", BigInteger)
    job_id: Mapped[int | None]
    detail: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = now()
    handled_at: Mapped[datetime | None]


class Notification(Base):
    """One message to one channel about one event or several; `key` is the same at every try.

    `group_at` is set while events are gathered for this moment. `recipients` are those who have
    not got it. A claim holds until `next_try_at`.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("rule_id", "group_at"),
        CheckConstraint("state IN ('waiting','sending','sent','failed','muted')", name="state"),
        Index(
            "ix_notifications_open",
            "next_try_at",
            postgresql_where=text("state IN ('waiting','sending')"),
        ),
        Index(
            "ix_notifications_failed",
            "finished_at",
            postgresql_where=text("state = 'failed'"),
        ),
    )

    notification_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(server_default=text("gen_random_uuid()::text"))
    channel_id: Mapped[int | None] = points_to("channels.channel_id")
    channel_name: Mapped[str]
    rule_id: Mapped[int | None] = points_to("notification_rules.rule_id")
    recipients: Mapped[list[str]]
    group_at: Mapped[datetime | None]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    subject: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    next_try_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = now()
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    items: Mapped[list[NotificationItem]] = relationship(
        passive_deletes=True, order_by="NotificationItem.item_id", lazy="raise"
    )


class NotificationItem(Base):
    """One event of a notification. `job_name` outlives the job."""

    __tablename__ = "notification_items"
    __table_args__ = (Index("ix_notification_items_run_id", "run_id"),)

    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    notification_id: Mapped[int] = part_of("notifications.notification_id", BigInteger, index=True)
    topic: Mapped[str]
    job_id: Mapped[int | None] = points_to("jobs_he.job_id")
    job_name: Mapped[str]
    run_id: Mapped[int | None] = points_to("runs.run_id", BigInteger)
    delivery_id: Mapped[int | None] = points_to("deliveries.delivery_id", BigInteger)
    detail: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = now()
