"""Which days are business days."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tables.base import Base, now


class Calendar(Base):
    """A calendar by name; what its columns mean together says
    services.business_calendars.business_calendar.

    `country` None: no computed holidays. `days` are its own: [{day, name, yearly, taken_out}, ...].
    `revision` rises with every saved change.
    """

    __tablename__ = "calendars"
    __table_args__ = (
        CheckConstraint("country IN ('BR')", name="country"),
        CheckConstraint("optional_days IN ('none','bank','all')", name="optional_days"),
    )

    calendar_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    optional_days: Mapped[str] = mapped_column(server_default=text("'none'"))
    weekend: Mapped[list[str]] = mapped_column(server_default=text('\'["Sáb", "Dom"]\'::jsonb'))
    days: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = now()
    updated_at: Mapped[datetime] = now()
