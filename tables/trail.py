"""Who is logged in, who changed what, and how each job was defined before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.access import User
from tables.base import Base, now, part_of


class LoginSession(Base):
    """Somebody is logged in; the cookie holds the token, only its SHA-256 is stored."""

    __tablename__ = "sessions"

    session_id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = part_of("users.user_id", index=True)
    created_at: Mapped[datetime] = now()
    last_seen_at: Mapped[datetime] = now()
    address: Mapped[str]
    user_agent: Mapped[str | None]

    user: Mapped[User] = relationship(lazy="raise")


class LoginFailure(Base):
    """Logins that failed since `first_at`; `subject` is a SHA-256 of a name and an address."""

    __tablename__ = "login_failures"

    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    first_at: Mapped[datetime] = now()


class AuditRecord(Base):
    """A change by somebody, written by triggers in its own transaction; never changed itself.

    `entity` is the table, `before` and `after` hold what differs, all of it where a row was made
    or deleted; secrets are shown as `***`.
    """

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("action IN ('created','changed','deleted')", name="action"),
        Index("ix_audit_happened_at", "happened_at"),
        Index("ix_audit_entity", "entity", "entity_id"),
    )

    audit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    happened_at: Mapped[datetime] = now()
    actor: Mapped[str]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[str]
    entity_name: Mapped[str | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


class JobVersion(Base):
    """A job as it was saved at a revision. No foreign key: it outlives the job."""

    __tablename__ = "job_versions"

    job_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    saved_at: Mapped[datetime] = now()
    saved_by: Mapped[str | None]
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)


class JobProposal(Base):
    """A change of a job that waits for somebody who may decide."""

    __tablename__ = "job_proposals"
    __table_args__ = (CheckConstraint("state IN ('waiting','approved','refused')", name="state"),)

    proposal_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = part_of("jobs_he.job_id", index=True)
    base_revision: Mapped[int]
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    note: Mapped[str | None]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime] = now()
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
