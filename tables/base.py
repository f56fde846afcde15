"""The declarative base of every table, and the columns many of them share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Integer, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base; names constraints so that migrations can address them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy as a class attribute
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[str]: JSONB,
    }


def now() -> Any:
    """A moment the database sets when the row is written."""
    return mapped_column(server_default=func.clock_timestamp())


def part_of(
    column: str, kind: type[Integer] = Integer, *, primary_key: bool = False, index: bool = False
) -> Any:
    """A reference to a row that this one goes with when it is deleted."""
    reference = ForeignKey(column, ondelete="CASCADE")
    return mapped_column(kind, reference, primary_key=primary_key, index=index)


def points_to(
    column: str, kind: type[Integer] = Integer, *, primary_key: bool = False, index: bool = False
) -> Any:
    """A reference that becomes None when the other row is deleted."""
    reference = ForeignKey(column, ondelete="SET NULL")
    return mapped_column(kind, reference, primary_key=primary_key, index=index)
