"""What is to be done, when and where from."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CHAR, BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, now, part_of, points_to


class Connection(Base):
    """A saved address with credentials; the password is encrypted and bound to this row.

    At most `max_runs` runs use it at a time, and none starts from `quiet_start` to `quiet_end`,
    wall-clock times of the default zone; the end may lie on the next day. Jobs only read from it
    unless a moderator marked it `is_writable`: then it may be the target of a transfer. People use
    it whose role is one of `usable_roles`, whose name is one of `usable_users`, and root.
    """

    __tablename__ = "connections"

    connection_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    host: Mapped[str | None]
    port: Mapped[int | None]
    database: Mapped[str | None]
    dsn: Mapped[str | None]
    username: Mapped[str]
    password_encrypted: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    max_runs: Mapped[int | None]
    quiet_start: Mapped[time | None]
    quiet_end: Mapped[time | None]
    is_writable: Mapped[bool] = mapped_column(server_default=text("false"))
    usable_roles: Mapped[list[str]] = mapped_column(
        server_default=text('\'["normal", "moderator"]\'::jsonb')
    )
    usable_users: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    created_at: Mapped[datetime] = now()
    updated_at: Mapped[datetime] = now()


class Parameter(Base):
    """A named query whose answer says whether a period is closed."""

    __tablename__ = "parameters"

    parameter_id: Mapped[int] = mapped_column(primary_key=True)
    parameter_name: Mapped[str]
    sql_script: Mapped[str | None]


class Job(Base):
    """A definition: query, connection, schedule, target.

    `next_due_at` is the earliest moment not yet enqueued, None when there is none; moments up to
    `planned_until` have been accounted for; the present plan holds since `schedule_since`.
    `revision` rises with every saved change. The schedule is its slots, or `cron_text`, or
    `every_minutes`, or `business_days` of the month (timing.month_days); dates are days of its
    time zone, both ends included. `off_day_policy` says what becomes of its times on days that are
    no business days of its calendar. `last_data_date` is the last day of data it has exported.
    `parameter_sets`: names in the query that each set gives a value, and the sets or their query
    (services.parameter_sets). `movement` says which tables a transfer or a sync brings to the
    target connection (transfer.definition). `tags` group jobs (services.tag_rules). None in a limit
    or in `versions_kept*` means the setting of that name.
    """

    __tablename__ = "jobs_he"
    __table_args__ = (
        CheckConstraint("job_status IN ('Y','N')", name="job_status"),
        CheckConstraint("check_parameter IN ('Y','N')", name="check_parameter"),
        CheckConstraint("missed_policy IN ('none','last','all')", name="missed_policy"),
        CheckConstraint("overlap_policy IN ('skip','queue','allow')", name="overlap_policy"),
        CheckConstraint("gate_on_deadline IN ('fail','run')", name="gate_on_deadline"),
        CheckConstraint("job_kind IN ('export','transfer','sync')", name="job_kind"),
        CheckConstraint(
            "off_day_policy IN ('run','skip','next_business_day','previous_business_day')",
            name="off_day_policy",
        ),
        Index("ix_jobs_he_due", "next_due_at", postgresql_where=text("job_status = 'Y'")),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True)
    job_name: Mapped[str]
    job_status: Mapped[str] = mapped_column(CHAR(1))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    export_type: Mapped[str]
    export_path: Mapped[str]
    export_name: Mapped[str]
    days_offset: Mapped[int | None]
    check_parameter: Mapped[str] = mapped_column(CHAR(1))
    parameter_id: Mapped[int | None] = mapped_column(ForeignKey("parameters.parameter_id"))
    data_primary_key: Mapped[str | None]
    sql_script: Mapped[str | None]
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connections.connection_id"))
    time_zone: Mapped[str | None]
    time_limit_s: Mapped[int | None]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    planned_until: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    schedule_since: Mapped[datetime] = now()

    cron_text: Mapped[str | None]
    every_minutes: Mapped[int | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    business_days: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendars.calendar_id"), index=True)
    off_day_policy: Mapped[str] = mapped_column(server_default=text("'run'"))
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    missed_policy: Mapped[str] = mapped_column(server_default=text("'last'"))
    missed_cap: Mapped[int] = mapped_column(server_default=text("24"))
    missed_within_min: Mapped[int | None]
    overlap_policy: Mapped[str] = mapped_column(server_default=text("'skip'"))
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    retry_limit: Mapped[int | None]
    no_progress_limit_s: Mapped[int | None]

    last_data_date: Mapped[date | None]
    gate_check_every_min: Mapped[int | None]
    gate_deadline_min: Mapped[int | None]
    gate_on_deadline: Mapped[str] = mapped_column(server_default=text("'fail'"))

    file_format: Mapped[str] = mapped_column(server_default=text("'csv'"))
    compression: Mapped[str] = mapped_column(server_default=text("'none'"))
    dialect: Mapped[dict[str, Any] | None]
    split: Mapped[dict[str, Any] | None]
    key_columns: Mapped[list[str] | None]
    parallel_column: Mapped[str | None]
    parameter_sets: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    guards: Mapped[dict[str, Any] | None]
    versions_kept: Mapped[int | None]
    versions_kept_days: Mapped[int | None]

    job_kind: Mapped[str] = mapped_column(server_default=text("'export'"))
    target_connection_id: Mapped[int | None] = mapped_column(
        ForeignKey("connections.connection_id")
    )
    movement: Mapped[dict[str, Any] | None]

    created_by_id: Mapped[int | None] = points_to("users.user_id")
    created_at: Mapped[datetime] = now()
    updated_at: Mapped[datetime] = now()

    slots: Mapped[list[JobSlot]] = relationship(
        back_populates="job",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="JobSlot.schedule_id",
        lazy="raise",
    )
    connection: Mapped[Connection | None] = relationship(
        lazy="raise", foreign_keys="Job.connection_id"
    )
    targets: Mapped[list[JobTarget]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )

    @property
    def is_active(self) -> bool:
        return self.job_status == "Y"


class JobSlot(Base):
    """One weekday, hour and minute of a job, as text, the way the existing system stores it."""

    __tablename__ = "jobs_de"

    schedule_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = part_of("jobs_he.job_id", index=True)
    job_minute: Mapped[str]
    job_hour: Mapped[str]
    job_day: Mapped[str]

    job: Mapped[Job] = relationship(back_populates="slots", lazy="raise")


class JobDependency(Base):
    """`job_id` runs after each run of `after_job_id` that ends as `condition` says."""

    __tablename__ = "job_dependencies"
    __table_args__ = (
        CheckConstraint("condition IN ('success','failure','completion')", name="condition"),
    )

    job_id: Mapped[int] = part_of("jobs_he.job_id", primary_key=True)
    after_job_id: Mapped[int] = part_of("jobs_he.job_id", primary_key=True, index=True)
    condition: Mapped[str]


class JobTarget(Base):
    """A job's versions go to this target, under `path`."""

    __tablename__ = "job_targets"

    job_id: Mapped[int] = part_of("jobs_he.job_id", primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("targets.target_id"), primary_key=True)
    path: Mapped[str]


class Maintenance(Base):
    """The one row that says whether everything is paused: what runs ends, nothing starts.

    `last_paused_at` and `last_resumed_at` bound the last pause that is over.
    """

    __tablename__ = "maintenance"
    __table_args__ = (CheckConstraint("only_row", name="only_row"),)

    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    note: Mapped[str | None]
    last_paused_at: Mapped[datetime | None]
    last_resumed_at: Mapped[datetime | None]


class Backfill(Base):
    """A range of days asked for again, as a batch of runs: one a day, one a month, or one."""

    __tablename__ = "backfills"
    __table_args__ = (CheckConstraint("step IN ('day','month','whole')", name="step"),)

    backfill_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    job_id: Mapped[int | None] = points_to("jobs_he.job_id", index=True)
    job_name: Mapped[str]
    first_date: Mapped[date]
    last_date: Mapped[date]
    step: Mapped[str]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = now()
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
