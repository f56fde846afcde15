"""Who may do what, and what was recorded of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tables.base import Base, now


class User(Base):
    """A person who logs in. Password hashes: argon2id, or Werkzeug's until the next login."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('root','moderator','normal')", name="role"),)

    user_id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))


class ApiKey(Base):
    """A key for readers of data; only the SHA-256 of the secret part is stored.

    `networks`: CIDR texts, empty for every network. `rate_per_minute` None: no limit.
    """

    __tablename__ = "api_keys"

    api_key_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    dataset_patterns: Mapped[list[str]] = mapped_column(server_default=text("'[\"**\"]'::jsonb"))
    actions: Mapped[list[str]] = mapped_column(
        server_default=text('\'["read", "sql", "status", "metrics"]\'::jsonb')
    )
    networks: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    rate_per_minute: Mapped[int | None]
    last_address: Mapped[str | None]
    last_user_agent: Mapped[str | None]


class LogRecord(Base):
    """What happened. `job_id` carries no foreign key: the record outlives the job."""

    __tablename__ = "logs"
    __table_args__ = (
        Index("ix_logs_job", "job_id", text("log_id DESC")),
        Index("ix_logs_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_logs_timestamp", "timestamp"),
    )

    log_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    log_level: Mapped[str | None]
    logger_name: Mapped[str | None]
    job_id: Mapped[int | None]
    run_id: Mapped[int | None] = mapped_column(BigInteger)
    user_name: Mapped[str | None]
    log_text: Mapped[str]
    duration_ms: Mapped[int | None]
