"""Alembic's environment: runs on the connection that metadb.migrate hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from models import Base


def _is_ours(_object: Any, name: str | None, _type: str, _reflected: bool, _other: Any) -> bool:
    """The queue's own tables belong to procrastinate and are not compared."""
    return not (name or "").startswith("procrastinate_")


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=_is_ours,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
